/** Which period repeats: the periodogram, its peaks, and what they are to each other. */

import { useEffect, useMemo, useRef, useState } from "react";
import { ChartFrame, Segments, useExplorer } from "./chart_frame.jsx";
import { attachGestures } from "./gestures.js";
import { label, line } from "./paint.js";
import { makePlot, onceAFrame, watchTheme } from "./plot.js";
import { RATIOS, commensurate, findPeaks, harmonicRatio, logTicks, nearestPeak, thinLog } from "./spectrum.js";
import { niceStep } from "./timeline.js";
import { list, number, period as periodText, periodogramSummary, plural, shortPeriod, significant } from "./words.js";

/** The round whose periodogram shows the selected signal best: where its period is the round's best. */
export function roundOf(explorer) {
  const s = explorer.signal;
  const rounds = explorer.report.periodograms;
  const own = s ? rounds.find((r) => Math.abs(r.best_period_days / s.period_days - 1) < 0.005) : null;
  return (own ?? rounds[0])?.round ?? 1;
}

export function PeriodogramCard({ explorer, runUrl, load, onSignal }) {
  useExplorer(explorer, ["period", "look"]);
  const rounds = explorer.report.periodograms;
  const [chosen, setChosen] = useState(null);
  const round = chosen ?? roundOf(explorer);
  const [series, setSeries] = useState({});
  const [problem, setProblem] = useState("");
  const host = useRef(null);
  const chart = useRef(null);
  const [hover, setHover] = useState(null);

  useEffect(() => setChosen(null), [explorer.state.signal]);
  useEffect(() => {
    let alive = true;
    if (!series[round]) {
      load(round)
        .then((loaded) => alive && setSeries((now) => ({ ...now, [round]: loaded })))
        .catch((error) => alive && setProblem(error.message));
    }
    return () => {
      alive = false;
    };
  }, [round]);

  const shown = series[round];
  const info = rounds.find((r) => r.round === round);
  const data = useMemo(() => {
    if (!shown) return null;
    const { period, power } = shown.columns;
    let top = 1;
    for (let i = 0; i < power.length; i++) if (power[i] > top) top = power[i];
    const threshold = info?.threshold_sde ?? shown.meta.threshold ?? NaN;
    return { period, power, threshold, top: Math.max(top, threshold || 0), peaks: findPeaks(period, power, 24) };
  }, [shown]);

  useEffect(() => {
    if (!data) return undefined;
    const { period, power } = data;
    const low = Math.log10(period[0]) - 0.01;
    const high = Math.log10(period[period.length - 1]) + 0.01;
    const state = { view: [low, high] };
    const made = makePlot(host.current, {
      height: (box) => (box.clientWidth < 420 ? 250 : rounds.length > 1 ? 306 : 342),
      padding: [26, 10, 0, 0],
      x: {
        min: low,
        max: high,
        label: () => "period, days",
        size: 24,
        splits: (a, b, pixels) => logTicks(10 ** a, 10 ** b, pixels / 62).map(Math.log10),
        values: (splits) => splits.map((v) => String(Number((10 ** v).toPrecision(5)))),
      },
      y: {
        min: 0,
        max: data.top * 1.1,
        label: () => "strength (SDE)",
        size: 38,
        splits: (a, b, pixels) => {
          const step = niceStep(b / Math.max(2, pixels / 50));
          const ticks = [];
          for (let v = 0; v <= b; v += step) ticks.push(v);
          return ticks;
        },
        values: (splits) => splits.map((v) => number(v, 0)),
      },
      over: (ctx, plot, tokens) => paintSpectrum(ctx, plot, tokens, data, explorer),
      top: (ctx, plot, tokens) => labelPeaks(ctx, plot, tokens, data, explorer, info),
    });
    chart.current = made;
    const paint = onceAFrame(() => {
      made.setScales(state.view);
      made.redraw();
    });
    const clamp = ([a, b]) => {
      const width = Math.min(high - low, Math.max(0.004, b - a));
      const from = Math.min(Math.max((a + b) / 2 - width / 2, low), high - width);
      return [from, from + width];
    };
    const toPeriod = (share) => 10 ** (state.view[0] + share * (state.view[1] - state.view[0]));
    const stopGestures = attachGestures(made.plot.over, {
      pan: (share) => {
        const by = share * (state.view[1] - state.view[0]);
        const kept = Math.min(Math.max(by, low - state.view[0]), high - state.view[1]);
        state.view = [state.view[0] + kept, state.view[1] + kept];
        paint();
      },
      zoom: (factor, at) => {
        const [a, b] = state.view;
        const centre = a + at * (b - a);
        state.view = clamp([centre - (centre - a) * factor, centre + (b - centre) * factor]);
        paint();
      },
      canZoomOut: () => state.view[1] - state.view[0] < (high - low) * 0.999,
      tap: (at) => {
        const reach = 10 ** ((9 / Math.max(1, made.plot.over.clientWidth)) * (state.view[1] - state.view[0])) - 1;
        const peak = nearestPeak(period, power, toPeriod(at), reach);
        const known = explorer.pickPeriod(peak ? peak.period : toPeriod(at));
        if (known !== null) onSignal?.(known);
      },
      hover: (at) => {
        if (at === null) return setHover(null);
        const reach = 10 ** ((6 / Math.max(1, made.plot.over.clientWidth)) * (state.view[1] - state.view[0])) - 1;
        return setHover(nearestPeak(period, power, toPeriod(at), reach));
      },
    });
    const stopListening = explorer.subscribe((what) => what === "period" && paint());
    const stopTheme = watchTheme(() => made.retheme());
    return () => {
      stopGestures();
      stopListening();
      stopTheme();
      paint.cancel();
      made.destroy();
      chart.current = null;
    };
  }, [data]);

  // Signals still in the light of this round whose peak passes the line, and what the other peaks are to them.
  const named = !data
    ? []
    : explorer.signals
        .filter((s) => !s.rejected && (nearestPeak(data.period, data.power, s.period_days, 0.006)?.power ?? 0) >= data.threshold)
        .map((s) => s.period_days);
  const base = named.length || !data?.peaks.length ? named : [data.peaks[0].period];
  const summary = data
    ? periodogramSummary({
        peaks: data.peaks.map((peak) => {
          const own = base.some((p) => Math.abs(peak.period / p - 1) < 0.006);
          return { ...peak, own, relatives: !own && base.some((p) => commensurate(peak.period, p)) };
        }),
        named,
        threshold: data.threshold,
        thresholdWords: info?.threshold_words ?? "",
        best: data.peaks[0],
        round,
      })
    : problem
      ? `The periodogram could not be loaded: ${problem}`
      : "Loading the periodogram.";

  const table = () => ({
    columns: [["Period, days", true], ["Strength", true], ["What it is", false], ["", false]],
    rows: (data?.peaks ?? []).slice(0, 20).map((peak) => [
      periodText(peak.period, 5),
      number(peak.power, 1),
      relationWords(peak, data, explorer),
      <button
        key="go"
        type="button"
        className="lnk"
        aria-label={`Fold on ${periodText(peak.period, 5)} days`}
        onClick={() => {
          const known = explorer.pickPeriod(peak.period);
          if (known !== null) onSignal?.(known);
        }}
      >
        Fold here
      </button>,
    ]),
    note: "The 20 highest peaks, the highest first.",
    all: { href: `${runUrl}/download/periodogram.csv?round=${round}`, words: "The whole curve as CSV" },
  });

  return (
    <ChartFrame
      title="Which period repeats?"
      name="periodogram"
      summary={summary}
      focusLabel="Periodogram. Brackets halve and double the period, comma and point nudge it; the table lists the peaks with a button to fold on each."
      table={table}
      onPicture={() => chart.current.picture(`${explorer.report.title}: periodogram`)}
      head={
        rounds.length > 1 ? (
          <div className="roundrow">
            <Segments
              label="Which search"
              value={round}
              onChange={setChosen}
              options={rounds.map((r) => [r.round, r.round === 1 ? "First search" : `Without ${list(rounds.slice(0, r.round - 1).map((q) => String(q.round)))}`])}
            />
          </div>
        ) : null
      }
    >
      <div className="plotpad">
        <div ref={host} className="plothost pick" style={{ minHeight: 250 }}>
          {data || problem ? null : <div className="sk late skplot" />}
        </div>
        <p className="readout num" aria-hidden="true">
          {hover ? `${significant(hover.period, 5)} days, strength ${number(hover.power, 1)}` : "\u00a0"}
        </p>
      </div>
    </ChartFrame>
  );
}

function relationWords(peak, data, explorer) {
  const signal = explorer.signals.find((s) => Math.abs(s.period_days / peak.period - 1) < 0.004);
  if (signal) return signal.rejected ? "the strongest repeat" : `signal ${signal.index}`;
  const parent = explorer.signals.find((s) => harmonicRatio(peak.period, s.period_days));
  if (parent) {
    const ratio = harmonicRatio(peak.period, parent.period_days);
    const words =
      { 2: "twice", 3: "three times", 4: "four times", 0.5: "half of", 1.5: "one and a half times" }[ratio] ??
      (ratio < 0.3 ? "a quarter of" : ratio < 0.5 ? "a third of" : "two thirds of");
    return `${words} ${parent.rejected ? "the strongest repeat" : `signal ${parent.index}`}`;
  }
  return peak.power < data.threshold ? "below the line" : "";
}

function paintSpectrum(ctx, plot, tokens, data, explorer) {
  const ratio = devicePixelRatio || 1;
  const { left, top, width, height } = plot.bbox;
  const { min, max } = plot.scales.x;
  const columns = Math.max(60, Math.round(width / ratio));
  const thin = thinLog(data.period, data.power, 10 ** min, 10 ** max, columns);
  const y = (v) => top + height - (v / plot.scales.y.max) * height;
  const x = (c) => left + ((c + 0.5) / columns) * width;
  // Between the lowest and the highest value of each column a light ground, along the highest a line: peaks stay
  // sharp where thousands of periods share a column.
  ctx.fillStyle = tokens.bin;
  ctx.globalAlpha = 0.42;
  const columnWidth = width / columns;
  for (let c = 0; c < columns; c++) {
    if (!(thin.lo[c] < thin.hi[c])) continue;
    ctx.fillRect(left + c * columnWidth, y(thin.hi[c]), columnWidth, y(thin.lo[c]) - y(thin.hi[c]));
  }
  ctx.globalAlpha = 1;
  const draw = (keep, colour, lineWidth, toFloor) => {
    ctx.strokeStyle = colour;
    ctx.lineWidth = lineWidth * ratio;
    ctx.lineJoin = "round";
    ctx.setLineDash([]);
    ctx.beginPath();
    let pen = false;
    for (let c = 0; c < columns; c++) {
      if (thin.hi[c] !== thin.hi[c]) continue;
      if (!keep(c)) {
        pen = false;
        continue;
      }
      if (pen) ctx.lineTo(x(c), y(thin.hi[c]));
      else ctx.moveTo(x(c), y(thin.hi[c]));
      if (toFloor && thin.lo[c] < thin.hi[c]) ctx.lineTo(x(c), y(thin.lo[c]));
      pen = true;
    }
    ctx.stroke();
  };
  draw(() => true, tokens.bin, 1, false);
  for (const signal of explorer.signals) {
    const centre = ((Math.log10(signal.period_days) - min) / (max - min)) * columns;
    const reach = Math.max(2.2, Math.min(6, columns * 0.004));
    const colour = explorer.tone(signal.index) === "alt" ? tokens.alt : tokens.mark;
    draw((c) => Math.abs(c + 0.5 - centre) <= reach, colour, signal.index === explorer.state.signal ? 2.4 : 1.8, true);
  }
  if (Number.isFinite(data.threshold)) {
    const at = Math.round(y(data.threshold)) + 0.5;
    line(ctx, [left, left + width], [at, at], tokens.ink2, 1.2 * ratio, [4 * ratio, 4 * ratio]);
  }
}

function labelPeaks(ctx, plot, tokens, data, explorer) {
  const ratio = devicePixelRatio || 1;
  const { left, top, width, height } = plot.bbox;
  const { min, max } = plot.scales.x;
  const x = (p) => left + ((Math.log10(p) - min) / (max - min)) * width;
  const y = (v) => top + height - (v / plot.scales.y.max) * height;
  const placed = [];
  const put = (text, p, power, colour, weight) => {
    const at = x(p);
    if (at < left - 2 || at > left + width + 2) return;
    ctx.font = `${weight} ${11.5 * ratio}px sans-serif`;
    const half = ctx.measureText(text).width / 2 + 3 * ratio;
    let middle = Math.min(Math.max(at, left + half), left + width - half);
    let bottom = Math.max(top - 8 * ratio, y(power) - 7 * ratio);
    for (const other of placed) {
      if (Math.abs(other.middle - middle) < other.half + half && Math.abs(other.bottom - bottom) < 14 * ratio) {
        const right = other.middle + other.half + half + 3 * ratio;
        if (right + half <= left + width) middle = right;
        else bottom = other.bottom - 14 * ratio;
      }
    }
    placed.push({ middle, half, bottom });
    label(ctx, text, middle, bottom, colour, { ratio, weight, ground: tokens.panel });
  };
  const { state } = explorer;
  for (const signal of [...explorer.signals].sort((a, b) => (b.index === state.signal) - (a.index === state.signal))) {
    const peak = nearestPeak(data.period, data.power, signal.period_days, 0.006);
    if (!peak) continue;
    const colour = explorer.tone(signal.index) === "alt" ? tokens.alt : tokens.mark;
    const name = `${shortPeriod(signal.period_days)} d`;
    put(explorer.signals.length > 1 && signal.index > 1 ? `${name}, signal ${signal.index}` : name, signal.period_days, peak.power, colour, 600);
  }
  for (const [ratio_, mark] of RATIOS) {
    const p = state.period * ratio_;
    if (p < data.period[0] || p > data.period[data.period.length - 1]) continue;
    if (explorer.signals.some((s) => Math.abs(s.period_days / p - 1) < 0.01)) continue;
    const peak = nearestPeak(data.period, data.power, p, 0.008);
    if (peak && peak.power > 0.45 * data.threshold) put(mark, peak.period, peak.power, tokens.ink3, 400);
  }
  if (!explorer.onSignal) {
    const at = x(state.period);
    if (at >= left && at <= left + width) {
      line(ctx, [at, at], [top, top + height], tokens.acc, 1.4 * ratio, [3 * ratio, 3 * ratio]);
      const peak = nearestPeak(data.period, data.power, state.period, 0.004);
      put(`${shortPeriod(state.period)} d`, state.period, peak ? peak.power : data.threshold || 0, tokens.acc, 600);
    }
  }
}
