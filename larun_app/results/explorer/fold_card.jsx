/** All dips on top of each other: the fold, its period control, odd and even, what the model leaves. */

import { useEffect, useMemo, useRef, useState } from "react";
import { Minus, Plus } from "lucide-react";
import { ChartFrame, Dot, Segments, Stroke, useExplorer } from "./chart_frame.jsx";
import { binFold, dipDepth, foldPoints, foldWidth, modelAt } from "./folding.js";
import { Cloud, dots, errorBars, line, squares } from "./paint.js";
import { PeriodCheck } from "./period_check.jsx";
import { makePlot, onceAFrame, watchTheme } from "./plot.js";
import { niceStep } from "./timeline.js";
import { foldSummary, number, period as periodText, placesFor, significant } from "./words.js";
import { parseNumber } from "./window_controls.jsx";

/** Everything the fold shows for the present choice; pure given the explorer. */
export function makeFold(explorer) {
  const { light, state } = explorer;
  const { period, epoch, duration } = state;
  const orbit = state.foldSpan === "orbit";
  const halfWindow = orbit ? period * 12 : Math.min(period * 12, Math.max(2.2 * duration, 1));
  let fold = foldPoints(light.t, light.flux, light.state, period, epoch, halfWindow, duration);
  const signal = explorer.signal;
  const model =
    signal && explorer.onSignal && signal.model_phase_hours?.length > 1
      ? { x: signal.model_phase_hours, y: signal.model_ppm }
      : null;
  const leftover = state.foldMode === "leftover" && model;
  if (leftover) {
    const y = new Float64Array(fold.y.length);
    for (let i = 0; i < y.length; i++) y[i] = fold.y[i] - modelAt(model, fold.x[i]);
    fold = { ...fold, y };
  }
  const [width, widthName] = foldWidth(duration, halfWindow);
  const all = binFold(fold, width, halfWindow);
  const odd = state.foldMode === "oddeven" ? binFold(fold, width, halfWindow, 1) : null;
  const even = state.foldMode === "oddeven" ? binFold(fold, width, halfWindow, 0) : null;
  const binSpread = { lo: Math.min(0, ...all.y), hi: Math.max(0, ...all.y) };
  const sigma = robustSigma(fold.y);
  const depth = signal ? signal.depth_ppm : 0;
  let lo = Math.min(binSpread.lo, -depth * (leftover ? 0.3 : 1.05));
  let hi = Math.max(binSpread.hi, depth * 0.25);
  // Enough of the cloud to show its width, never so much that the dip is lost in it.
  const room = Math.min(2.2 * sigma, 1.1 * (hi - lo) + 1);
  lo -= room * 0.55;
  hi += room * 0.75;
  return { fold, all, odd, even, model: leftover ? null : model, leftover: !!leftover, halfWindow, width, widthName, lo, hi, orbit };
}

function robustSigma(values) {
  if (!values.length) return 1;
  const sample = [];
  const step = Math.max(1, Math.floor(values.length / 3000));
  for (let i = 0; i < values.length; i += step) sample.push(Math.abs(values[i]));
  sample.sort((a, b) => a - b);
  return 1.4826 * sample[sample.length >> 1] || 1;
}

/** "flat" when the middle of the dip is level, "pointed" when it falls towards one point, "" when noise hides it. */
export function dipShape(bins, duration) {
  let middle = 0;
  let middleWeight = 0;
  let flank = 0;
  let flankWeight = 0;
  for (let i = 0; i < bins.x.length; i++) {
    const r = Math.abs(bins.x[i]) / (duration / 2);
    const w = 1 / (bins.err[i] * bins.err[i]);
    if (!Number.isFinite(w)) continue;
    if (r < 0.3) {
      middle += w * bins.y[i];
      middleWeight += w;
    } else if (r > 0.5 && r < 0.75) {
      flank += w * bins.y[i];
      flankWeight += w;
    }
  }
  if (!middleWeight || !flankWeight) return "";
  const deep = -middle / middleWeight;
  const side = -flank / flankWeight;
  const err = Math.hypot(1 / Math.sqrt(middleWeight), 1 / Math.sqrt(flankWeight));
  if (deep / err < 8) return "";
  const share = side / deep;
  const shareErr = err / deep;
  if (share - 2 * shareErr > 0.62) return "flat";
  if (share + 2 * shareErr < 0.62) return "pointed";
  return "";
}

export function FoldCard({ explorer, runUrl, onSignal, canRerun }) {
  useExplorer(explorer, ["period", "look", "edits"]);
  const { state, light } = explorer;
  const host = useRef(null);
  const chart = useRef(null);
  const latest = useRef(null);
  const key = [state.period, state.epoch, state.duration, state.foldMode, state.foldSpan, light.version].join("|");
  const data = useMemo(() => makeFold(explorer), [key]);
  latest.current = data;

  useEffect(() => {
    const cloud = new Cloud();
    const start = latest.current;
    const made = makePlot(host.current, {
      height: (box) => (box.clientWidth < 420 ? 220 : 246),
      padding: [8, 10, 0, 0],
      x: {
        min: -start.halfWindow,
        max: start.halfWindow,
        label: () => (latest.current.orbit ? "part of the orbit" : "hours from the middle of the dip"),
        size: 24,
        splits: (a, b, pixels) => {
          if (latest.current.orbit) return [-0.4, -0.2, 0, 0.2, 0.4].map((p) => p * 2 * latest.current.halfWindow * 0.999);
          const step = niceStep((b - a) / Math.max(2, pixels / 62));
          const ticks = [];
          for (let v = Math.ceil(a / step - 1e-9) * step; v <= b + step * 1e-6; v += step) ticks.push(Number(v.toFixed(9)));
          return ticks;
        },
        values: (splits) =>
          latest.current.orbit
            ? splits.map((v) => number(v / (2 * latest.current.halfWindow * 0.999), 1))
            : splits.map((v) => number(v, placesFor(Math.abs(splits[1] - splits[0]) || 1))),
      },
      y: {
        min: start.lo,
        max: start.hi,
        label: () => "brightness, ppm",
        size: 52,
        splits: (a, b, pixels) => {
          const step = niceStep((b - a) / Math.max(2, pixels / 48));
          const ticks = [];
          for (let v = Math.ceil(a / step - 1e-9) * step; v <= b + step * 1e-6; v += step) ticks.push(Number(v.toFixed(9)));
          return ticks;
        },
        values: (splits) => splits.map((v) => number(v, 0)),
      },
      under: (ctx, plot, tokens) => {
        const half = explorer.state.duration / 2;
        const x0 = plot.valToPos(-half, "x", true);
        const x1 = plot.valToPos(half, "x", true);
        ctx.fillStyle = tokens.markGround;
        ctx.fillRect(x0, plot.bbox.top, x1 - x0, plot.bbox.height);
      },
      over: (ctx, plot, tokens) => paintFold(ctx, plot, tokens, latest.current, cloud),
    });
    chart.current = made;
    const stopTheme = watchTheme(() => made.retheme());
    return () => {
      stopTheme();
      made.destroy();
      chart.current = null;
    };
  }, [explorer]);

  const paint = useRef(null);
  if (!paint.current) {
    paint.current = onceAFrame(() => {
      const now = latest.current;
      if (!chart.current) return;
      chart.current.setScales([-now.halfWindow, now.halfWindow], [now.lo, now.hi]);
      chart.current.redraw();
    });
  }
  useEffect(() => {
    paint.current();
  }, [data]);

  const depthNow = dipDepth(data.fold, state.duration);
  const planetLike = !!explorer.signal?.convincing && explorer.signal.kind === "dip";
  const summary = foldSummary({
    mode: state.foldMode === "leftover" && !data.leftover ? "all" : state.foldMode,
    dips: explorer.dips().filter((d) => d.seen).length,
    periodDays: state.period,
    depthNow,
    fitted: explorer.onSignal ? { depth: explorer.signal.depth_ppm, err: explorer.signal.depth_ppm_err ?? NaN } : null,
    duration: state.duration,
    shape: state.foldMode === "all" && explorer.onSignal && planetLike ? dipShape(data.all, state.duration) : "",
    odd: state.foldMode === "oddeven" ? dipDepth(data.fold, state.duration, 1) : null,
    even: state.foldMode === "oddeven" ? dipDepth(data.fold, state.duration, 0) : null,
  });

  const table = () => {
    const rows = [];
    const step = Math.max(1, Math.ceil(data.all.x.length / 200));
    for (let i = 0; i < data.all.x.length; i += step) {
      rows.push([number(data.all.x[i], 2), number(data.all.y[i], 0), number(data.all.err[i], 0), number(data.all.count[i])]);
    }
    return {
      columns: [["Hours from mid-dip", true], ["Brightness, ppm", true], ["± ppm", true], ["Points", true]],
      rows,
      note: `Each row is a ${data.widthName}.`,
      all: { href: `${runUrl}/download/lightcurve.csv`, words: "All points as CSV" },
    };
  };

  return (
    <ChartFrame
      title="All dips on top of each other"
      name="fold"
      summary={summary}
      focusLabel="Fold. Brackets halve and double the period, comma and point nudge it, O shows odd and even dips, R what the model leaves."
      table={table}
      onPicture={() => chart.current.picture(`${explorer.report.title}: folded on ${periodText(state.period)} days`)}
      head={<PeriodControl explorer={explorer} onSignal={onSignal} hasModel={!!explorer.signal?.model_phase_hours?.length} />}
      legend={
        <>
          {data.odd ? (
            <>
              <span><Dot colour="var(--d-odd)" />odd dips</span>
              <span><Dot colour="var(--d-even)" square />even dips</span>
            </>
          ) : (
            <span><Dot colour="var(--d-bin)" />{data.widthName}</span>
          )}
          {data.model ? <span><Stroke colour="var(--d-model)" />{planetLike ? "best model of a planet" : "best-fitting dip"}</span> : null}
          {data.leftover ? <span><Stroke colour="var(--d-model)" dashed />the model, taken away</span> : null}
        </>
      }
    >
      <div className="plotpad">
        <div ref={host} className="plothost" style={{ minHeight: 220 }} />
      </div>
      {canRerun && !explorer.onSignal ? <PeriodCheck explorer={explorer} runUrl={runUrl} /> : null}
    </ChartFrame>
  );
}

function paintFold(ctx, plot, tokens, data, cloud) {
  const ratio = devicePixelRatio || 1;
  const { left, top, width, height } = plot.bbox;
  const { fold, halfWindow } = data;
  const { min, max } = plot.scales.y;
  const scaleX = width / (2 * halfWindow);
  const scaleY = -height / (max - min);
  const x = (v) => left + (v + halfWindow) * scaleX;
  const y = (v) => top + (v - max) * scaleY;
  if (fold.x.length > 1200) {
    cloud.draw(ctx, { left, top, width, height }, fold.x, fold.y, null, 0, fold.x.length, scaleX, halfWindow * scaleX, scaleY, -max * scaleY, tokens.raw, ratio);
  } else {
    ctx.globalAlpha = 0.8;
    dots(ctx, Array.from(fold.x, x), Array.from(fold.y, y), 1.2 * ratio, tokens.raw);
    ctx.globalAlpha = 1;
  }
  const bars = (bins, colour) =>
    errorBars(ctx, bins.x.map(x), bins.y.map((v, i) => y(v - bins.err[i])), bins.y.map((v, i) => y(v + bins.err[i])), colour, 1.2 * ratio);
  const size = data.all.x.length > 120 ? 1.8 : 2.6;
  if (data.odd) {
    bars(data.odd, tokens.odd);
    bars(data.even, tokens.even);
    dots(ctx, data.odd.x.map(x), data.odd.y.map(y), size * ratio, tokens.odd);
    squares(ctx, data.even.x.map(x), data.even.y.map(y), size * ratio, tokens.even, tokens.panel, 1.5 * ratio);
  } else {
    bars(data.all, tokens.bin);
    dots(ctx, data.all.x.map(x), data.all.y.map(y), size * ratio, tokens.bin);
  }
  if (data.model) {
    const xs = [left, ...data.model.x.map(x), left + width];
    const ys = [y(0), ...data.model.y.map(y), y(0)];
    line(ctx, xs, ys, tokens.model, 2.2 * ratio);
  } else if (data.leftover) {
    line(ctx, [left, left + width], [y(0), y(0)], tokens.model, 1.6 * ratio, [5 * ratio, 4 * ratio]);
  }
}

/** ÷2, −, field, +, ×2, reset; a slider for fine steps; what is shown. */
function PeriodControl({ explorer, hasModel }) {
  const { state } = explorer;
  const [text, setText] = useState(null);
  const anchor = useRef(state.period);
  const sliding = useRef(false);
  if (!sliding.current) anchor.current = state.period;
  const step = explorer.nudgeStep;
  const places = Math.min(8, Math.max(5, placesFor(step) + 0));
  const shown = state.period.toFixed(places);
  const commit = () => {
    if (text !== null) {
      const value = parseNumber(text);
      if (Number.isFinite(value) && value > 0) explorer.setPeriod(value);
    }
    setText(null);
  };
  const offset = Math.round((state.period - anchor.current) / step);
  return (
    <div className="foldhead">
      <div className="per">
        <label htmlFor="fold-period">Period</label>
        <button type="button" className="btn s g num" aria-label="÷2, half the period" title="÷2  [" onClick={() => explorer.setPeriod(state.period / 2)}>÷2</button>
        <button type="button" className="btn s ic" aria-label="A little shorter" title="A little shorter  ," onClick={() => explorer.setPeriod(state.period - step)}>
          <Minus size={15} strokeWidth={1.75} aria-hidden="true" />
        </button>
        <input
          id="fold-period"
          className="in num"
          inputMode="decimal"
          aria-label="Period in days"
          value={text ?? shown}
          onChange={(event) => setText(event.target.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === "Enter") commit();
            else if (event.key === "Escape") setText(null);
          }}
        />
        <span className="mut sm unit">days</span>
        <button type="button" className="btn s ic" aria-label="A little longer" title="A little longer  ." onClick={() => explorer.setPeriod(state.period + step)}>
          <Plus size={15} strokeWidth={1.75} aria-hidden="true" />
        </button>
        <button type="button" className="btn s g num" aria-label="×2, double the period" title="×2  ]" onClick={() => explorer.setPeriod(state.period * 2)}>×2</button>
        <button type="button" className="btn s g reset" disabled={explorer.onSignal} onClick={() => explorer.resetPeriod()}>Reset</button>
      </div>
      <input
        type="range"
        className="perslide"
        min={-40}
        max={40}
        step={1}
        value={Math.max(-40, Math.min(40, offset))}
        aria-label="Fine change of the period"
        aria-valuetext={`${shown} days`}
        onPointerDown={() => {
          sliding.current = true;
          anchor.current = state.period;
        }}
        onPointerUp={() => {
          sliding.current = false;
          explorer.tell("look");
        }}
        onChange={(event) => explorer.setPeriod(anchor.current + Number(event.target.value) * step)}
        onKeyUp={() => {
          anchor.current = explorer.state.period;
          explorer.tell("look");
        }}
      />
      <div className="foldwhat">
        <Segments
          label="What the fold shows"
          value={state.foldMode}
          onChange={(foldMode) => explorer.set({ foldMode })}
          options={[["all", "All"], ["oddeven", "Odd / even", null, "O"], ...(hasModel ? [["leftover", "Leftover", null, "R"]] : [])]}
        />
        <Segments
          label="How wide"
          value={state.foldSpan}
          onChange={(foldSpan) => explorer.set({ foldSpan })}
          options={[["dip", "Dip"], ["orbit", "Whole orbit"]]}
        />
      </div>
    </div>
  );
}
