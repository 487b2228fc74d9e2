/** The light curve: overview strip, main plot, edits. */

import { useEffect, useMemo, useRef, useState } from "react";
import {
  EyeOff, Flag, Keyboard, Maximize, Minimize, Move, Redo2, Scissors, Undo2, X, ZoomIn, ZoomOut,
} from "lucide-react";
import { ChartFrame, Dot, IconButton, Segments, Stroke, Triangle, useExplorer } from "./chart_frame.jsx";
import { averagesWanted, drawBrightness, drawOverview, yRange } from "./brightness_paint.js";
import { attachGestures } from "./gestures.js";
import { makePlot, onceAFrame, watchTheme } from "./plot.js";
import { brightnessSummary, count, hours, list, number, placesFor, significant } from "./words.js";
import { niceStep } from "./timeline.js";
import { Cloud } from "./paint.js";
import { OverviewWindow, WindowFields } from "./window_controls.jsx";
import { markedRanges } from "./marks.js";
import { CheckBand, checkedWords } from "./check_band.jsx";
import { RerunBar } from "./rerun_bar.jsx";

const ticksBetween = (min, max, wanted) => {
  const step = niceStep((max - min) / Math.max(1, wanted));
  const ticks = [];
  for (let v = Math.ceil(min / step - 1e-9) * step; v <= max + step * 1e-6; v += step) ticks.push(Number(v.toFixed(9)));
  return ticks;
};

export function BrightnessCard({ explorer, runUrl, onKeys, canRerun }) {
  const frame = useRef(null);
  const host = useRef(null);
  const overviewHost = useRef(null);
  const charts = useRef({});
  const [brush, setBrush] = useState(null);
  const [hover, setHover] = useState(null);
  const [full, setFull] = useState(false);
  const [, setReady] = useState(false); // once more after the first drawing, which knows the plot's width
  useExplorer(explorer);
  const { state, light } = explorer;

  useEffect(() => {
    const cloud = new Cloud();
    const overviewCloud = new Cloud();
    const { timeline } = light;
    let y = yRange(explorer);
    const label = () => `day (${explorer.days.name})`;
    const main = makePlot(host.current, {
      height: (box) => {
        if (document.fullscreenElement?.contains(box)) return Math.max(260, window.innerHeight - 330);
        return box.clientWidth < 560 ? 216 : 246;
      },
      padding: [8, 8, 0, 0],
      x: {
        min: state.view[0],
        max: state.view[1],
        label,
        size: 24,
        splits: (a, b, pixels) => timeline.ticks(a, b, Math.max(2, pixels / 92)).map((tick) => tick.u),
        values: (splits) => {
          const step = splits.length > 1 ? Math.min(...splits.slice(1).map((u, k) => u - splits[k])) : 1;
          const places = Math.min(4, placesFor(niceStep(Math.max(step * 0.5, 1e-4))));
          return splits.map((u) => number(timeline.toT(u) + explorer.days.shift, places));
        },
      },
      y: {
        min: y[0],
        max: y[1],
        label: () => "brightness, ppm",
        size: 52,
        splits: (a, b, pixels) => ticksBetween(a, b, pixels / 46),
        values: (splits) => splits.map((v) => number(v, 0)),
      },
      under: (ctx, plot, tokens) => drawBrightness.under(ctx, plot, tokens, explorer),
      over: (ctx, plot, tokens) => drawBrightness.over(ctx, plot, tokens, explorer, cloud),
      top: (ctx, plot, tokens) => drawBrightness.top(ctx, plot, tokens, explorer),
    });
    const overview = makePlot(overviewHost.current, {
      height: () => 62,
      padding: [17, 8, 4, 52],
      x: { min: explorer.fullView[0], max: explorer.fullView[1], hide: true, splits: () => [], values: () => [] },
      y: { min: -1, max: 1, hide: true, splits: () => [], values: () => [] },
      under: (ctx, plot, tokens) => drawOverview.under(ctx, plot, tokens, explorer),
      over: (ctx, plot, tokens) => drawOverview.over(ctx, plot, tokens, explorer, overviewCloud),
      top: (ctx, plot, tokens) => drawOverview.top(ctx, plot, tokens, explorer),
    });
    const paint = onceAFrame(() => {
      y = yRange(explorer);
      main.setScales(explorer.state.view, y);
      main.redraw();
    });
    const stopListening = explorer.subscribe((what) => {
      paint();
      if (what === "edits" || what === "period" || what === "look") overview.redraw();
    });
    const stopTheme = watchTheme(() => {
      main.retheme();
      overview.retheme();
    });
    const toU = (share) => explorer.state.view[0] + share * (explorer.state.view[1] - explorer.state.view[0]);
    const stopGestures = attachGestures(main.plot.over, {
      brushing: () => explorer.state.mode !== "move",
      pan: (share) => explorer.pan(share),
      zoom: (factor, at) => explorer.zoom(factor, at),
      canZoomOut: () => !explorer.atWidest,
      brush: (a, b) => setBrush(a === null ? null : [Math.min(a, b), Math.max(a, b)]),
      brushed: (a, b) => {
        setBrush(null);
        if (explorer.state.mode === "hide") explorer.hide(toU(a), toU(b));
        else explorer.mark(toU(a), toU(b));
      },
      tap: (at) => {
        if (explorer.state.mode === "move") return;
        const half = explorer.state.duration / 48;
        const u = toU(at);
        if (explorer.state.mode === "mark") explorer.mark(u - half, u + half);
      },
      hover: (at) => setHover(at === null ? null : toU(at)),
    });
    charts.current = { main, overview };
    setReady(true);
    performance.mark("larun-brightness-drawn");
    return () => {
      stopListening();
      stopTheme();
      stopGestures();
      paint.cancel();
      main.destroy();
      overview.destroy();
    };
  }, [explorer]);

  useEffect(() => {
    const changed = () => setFull(document.fullscreenElement === frame.current);
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, []);

  const toggleFull = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else frame.current?.requestFullscreen?.();
  };
  useEffect(() => {
    const element = frame.current;
    element?.addEventListener("larun:full", toggleFull);
    return () => element?.removeEventListener("larun:full", toggleFull);
  }, []);

  const [u0, u1] = state.view;
  const { timeline } = light;
  const shown = explorer.sectorsShown();
  const total = light.meta.sectors?.length ?? 1;
  const drawnWidth = charts.current.main ? charts.current.main.plot.bbox.width / (window.devicePixelRatio || 1) : 900;
  const [, averageName] = light.averageFor(u1 - u0, averagesWanted(drawnWidth));
  const inView = useMemo(() => {
    return explorer.dips().filter((d) => {
      const u = timeline.toU(d.t);
      return u >= u0 && u <= u1;
    });
  }, [u0, u1, state.period, state.epoch, state.duration, light.version]);
  const marked = inView.filter((d) => d.seen).length;
  const mission = explorer.report.sectors[0]?.mission;
  const ofLight = brightnessSummary({
    shown,
    total,
    marked,
    missed: inView.length - marked,
    label: explorer.ephemeris ? explorer.signalName : "",
    hidden: light.hiddenCount,
    leftOut: light.leftOutCount,
    showLeftOut: state.showLeftOut,
    layer: state.layer,
    amber: !explorer.checked,
    kind: { TESS: "sector", Kepler: "quarter", K2: "campaign" }[mission] ?? "file",
  });
  const summary = [ofLight, checkedWords(explorer)].filter(Boolean).join(" ");

  const table = () => {
    const [width, words] = light.averageFor(u1 - u0, 180);
    const bins = light.averages(width, state.layer, explorer.ephemeris);
    const rows = [];
    const step = Math.max(1, Math.ceil(bins.u.filter((u) => u >= u0 && u <= u1).length / 200));
    for (let i = 0, k = 0; i < bins.u.length; i++) {
      if (bins.u[i] < u0 || bins.u[i] > u1) continue;
      if (k++ % step) continue;
      rows.push([
        number(bins.t[i] + explorer.days.shift, 3),
        number(bins.y[i], 0),
        number(bins.count[i]),
        bins.dip[i] ? "inside a dip" : "",
      ]);
    }
    return {
      columns: [[`Day (${explorer.days.name})`, true], ["Brightness, ppm", true], ["Points", true], ["", false]],
      rows,
      note: `Each row is a ${words}${step > 1 ? `, every ${step}th shown` : ""}.`,
      all: { href: `${runUrl}/download/lightcurve.csv`, words: "All points as CSV" },
    };
  };

  const { hidden } = explorer.edits.now;
  const marks = markedRanges(explorer);
  const signalTone = state.signal && explorer.onSignal ? `var(--d-${explorer.tone(state.signal)})` : "var(--d-mark)";

  return (
    <ChartFrame
      frameRef={frame}
      title="Brightness of the star"
      name="brightness"
      summary={summary}
      focusLabel="Light curve. Arrow keys move, plus and minus zoom, N and P go from dip to dip, question mark lists all keys."
      table={table}
      onPicture={() => charts.current.main.picture(`${explorer.report.title}: brightness`)}
      startTools={
        <Segments
          label="What dragging does"
          className="modes"
          value={state.mode}
          onChange={(mode) => explorer.set({ mode })}
          options={[["move", "Move", Move, "V"], ["mark", "Mark", Flag, "M"], ["hide", "Hide", Scissors, "X"]]}
        />
      }
      tools={
        <>
          <IconButton icon={Undo2} label="Undo" keys="Ctrl Z" data-edit disabled={!explorer.edits.past.length} onClick={() => explorer.undo()} />
          <IconButton icon={Redo2} label="Redo" keys="Ctrl Shift Z" data-edit disabled={!explorer.edits.future.length} onClick={() => explorer.redo()} />
          <IconButton icon={ZoomIn} label="Zoom in" keys="+" onClick={() => explorer.zoom(0.6)} />
          <IconButton icon={ZoomOut} label="Zoom out" keys="−" onClick={() => explorer.zoom(1 / 0.6)} />
          <span className="wide-only">
            <IconButton icon={Keyboard} label="All keys" keys="?" onClick={onKeys} />
            <IconButton icon={full ? Minimize : Maximize} label={full ? "Leave full screen" : "Full screen"} keys="F" onClick={toggleFull} />
          </span>
        </>
      }
      head={
        <>
          <CheckBand explorer={explorer} />
          <div className="plotpad">
            <div className="ovbox">
              <div ref={overviewHost} className="ovplot" aria-hidden="true" />
              <OverviewWindow explorer={explorer} />
            </div>
          </div>
        </>
      }
      legend={
        <>
          <span><Dot colour="var(--d-raw)" />every point</span>
          <span><Dot colour="var(--d-bin)" />{averageName}</span>
          {explorer.ephemeris ? <span><Triangle colour={signalTone} />dip of {explorer.signalName}</span> : null}
          {explorer.checked ? <span><i className="band" />points of the check</span> : null}
          {state.layer === "raw" ? <span><Stroke colour="var(--d-model)" />slow drift</span> : null}
          <WindowFields explorer={explorer} />
        </>
      }
      aside={
        <>
          <EditList explorer={explorer} hidden={hidden} marks={marks} />
          {hidden.length && canRerun ? <RerunBar explorer={explorer} runUrl={runUrl} /> : null}
        </>
      }
    >
      <div className="plotpad mainplot">
        <div ref={host} className={`plothost mode-${state.mode}`} />
        <PlotOverlay explorer={explorer} charts={charts} brush={brush} hover={hover} />
      </div>
    </ChartFrame>
  );
}

/** The brushed range and the day under the pointer, drawn by the page: cheap, and sharp at any ratio. */
function PlotOverlay({ explorer, charts, brush, hover }) {
  const plot = charts.current.main?.plot;
  if (!plot || (!brush && hover === null)) return null;
  const ratio = window.devicePixelRatio || 1;
  const left = plot.bbox.left / ratio;
  const width = plot.bbox.width / ratio;
  const top = plot.bbox.top / ratio;
  const height = plot.bbox.height / ratio;
  const [a, b] = explorer.state.view;
  const day = (share) => explorer.light.timeline.toT(a + share * (b - a)) + explorer.days.shift;
  return (
    <div className="overlay" aria-hidden="true">
      {brush ? (
        <div
          className={`brush ${explorer.state.mode}`}
          style={{ left: left + brush[0] * width, width: Math.max(1, (brush[1] - brush[0]) * width), top, height }}
        >
          <span>{number(day(brush[0]), 2)} to {number(day(brush[1]), 2)}</span>
        </div>
      ) : null}
      {hover !== null && !brush ? (
        <div className="cross" style={{ left: left + ((hover - a) / (b - a)) * width, top, height }}>
          <span>{number(explorer.light.timeline.toT(hover) + explorer.days.shift, b - a < 30 ? 2 : 1)}</span>
        </div>
      ) : null}
    </div>
  );
}

function EditList({ explorer, hidden, marks }) {
  const { state } = explorer;
  const shift = explorer.days.shift;
  const spacing = marks.length > 1 ? Math.abs(marks[1].middle - marks[0].middle) : 0;
  const look = (from, to) => {
    const u0 = explorer.light.timeline.toU(from);
    const u1 = explorer.light.timeline.toU(to);
    const margin = Math.max(0.5, (u1 - u0) * 3);
    explorer.setView([u0 - margin, u1 + margin]);
  };
  return (
    <div className="edits">
      <div className="editrow">
        <Segments
          label="Which light"
          value={state.layer}
          onChange={(layer) => explorer.set({ layer })}
          options={[["flux", "Drifts removed"], ["raw", "As measured"]]}
        />
        {explorer.light.leftOutCount ? (
        <label className="check">
          <input
            type="checkbox"
            checked={state.showLeftOut}
            onChange={(event) => explorer.set({ showLeftOut: event.target.checked })}
          />
          {explorer.light.leftOutCount === 1
            ? "Show the one point left out"
            : `Show the ${number(explorer.light.leftOutCount)} points left out`}
        </label>
        ) : null}
      </div>
      {marks.length ? (
        <div className="editlist">
          <h3>Marked by you</h3>
          <ul>
            {marks.map((m, k) => (
              <li key={`${m.from}`}>
                <Flag size={15} strokeWidth={1.75} aria-hidden="true" />
                <button type="button" className="lnk" onClick={() => look(m.from, m.to)}>
                  Day {number(m.middle + shift, 2)}
                </button>
                <span>{hours((m.to - m.from) * 24)} long{m.depth === null ? "" : m.depth > 0 ? `, ${significant(m.depth / 1e4, 2)} % deep` : ", no dip here"}</span>
                <IconButton icon={X} size={15} label={`Remove the mark at day ${number(m.middle + shift, 2)}`} onClick={() => explorer.edits.unmark(k) || explorer.edited()} />
              </li>
            ))}
          </ul>
          {marks.length > 1 ? (
            <button
              type="button"
              className="btn s long"
              onClick={() => {
                explorer.state.epoch = marks[0].middle;
                explorer.setPeriod(spacing);
              }}
            >
              Fold on the time between the first two, {significant(spacing, 4)} days
            </button>
          ) : null}
        </div>
      ) : null}
      {hidden.length ? (
        <div className="editlist">
          <h3>Hidden by you</h3>
          <ul>
            {hidden.map(([from, to], k) => (
              <li key={`${from}`}>
                <EyeOff size={15} strokeWidth={1.75} aria-hidden="true" />
                <button type="button" className="lnk" onClick={() => look(from, to)}>
                  Days {number(from + shift, 2)} to {number(to + shift, 2)}
                </button>
                <span>{hours((to - from) * 24)}</span>
                <IconButton icon={X} size={15} label={`Show days ${number(from + shift, 2)} to ${number(to + shift, 2)} again`} onClick={() => explorer.edits.unhide(k) || explorer.edited()} />
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </div>
  );
}
