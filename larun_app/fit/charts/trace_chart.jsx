/** How the independent runs went: the median of each run's walkers, step by step. */

import { useState } from "react";
import { useWidth } from "../../ui/charts/picture_chart.jsx";
import { ticks } from "../../ui/charts/scales.js";
import { number, significant } from "../../results/explorer/words.js";
import { useParts } from "./fit_data.js";

const HUES = ["var(--d-odd)", "var(--d-even)", "var(--d-alt)", "var(--d-bin)", "var(--d-mark)", "var(--d-model)"];
const WORDS = {
  ln_radius_ratio: ["size ratio, %", (v) => 100 * Math.exp(v)],
  impact_parameter: ["path across the star", (v) => v],
  ln_duration: ["length of a dip, hours", (v) => 24 * Math.exp(v)],
  ln_density: ["density of the star, g/cm³", (v) => Math.exp(v)],
  period_days: ["year, seconds from its middle", null, 86400],
  epoch_bjd: ["time of a dip, minutes from its middle", null, 1440],
  q1: ["limb darkening, q1", (v) => v],
  q2: ["limb darkening, q2", (v) => v],
  sqrt_e_cos_omega: ["√e cos ω", (v) => v],
  sqrt_e_sin_omega: ["√e sin ω", (v) => v],
};

export function TraceChart({ signal, stamp }) {
  const { value, problem } = useParts(signal, stamp, ["trace"]);
  const [chosen, setChosen] = useState("");
  const trace = value?.[0];
  if (problem) return <p className="sum" role="alert">The trace could not be loaded. {problem}</p>;
  if (!trace) return <div className="skpic short" role="status" aria-label="Loading the trace"><div className="sk late" /></div>;
  const named = Object.entries(trace.meta.columns ?? {}).filter(([column]) => trace.columns[column]);
  if (!named.length) return null;
  const column = chosen || (named.find(([, name]) => name === "ln_radius_ratio") ?? named[0])[0];
  const name = trace.meta.columns[column];
  return (
    <>
      <div className="tracehead">
        <select className="in" aria-label="Which number" value={column} onChange={(event) => setChosen(event.target.value)}>
          {named.map(([c, parameter]) => <option key={c} value={c}>{(WORDS[parameter]?.[0] ?? parameter).replace(/^./, (l) => l.toUpperCase())}</option>)}
        </select>
      </div>
      <Plot trace={trace} column={column} name={name} />
    </>
  );
}

function lines(trace, column, name) {
  const [, change, factor] = WORDS[name] ?? [name, (v) => v];
  const values = trace.columns[column];
  const middle = factor ? [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] : 0;
  const runs = new Map();
  for (let i = 0; i < trace.n; i += 1) {
    const run = trace.columns.ensemble[i];
    if (!runs.has(run)) runs.set(run, []);
    const v = factor ? (values[i] - middle) * factor : change(values[i]);
    runs.get(run).push([trace.columns.step[i], v]);
  }
  return [...runs.values()];
}

function Plot({ trace, column, name }) {
  const [host, width] = useWidth();
  const runs = lines(trace, column, name);
  const discarded = trace.meta.discarded ?? 0;
  const kept = runs.flat().filter(([step, v]) => step >= discarded && Number.isFinite(v)).map(([, v]) => v);
  const shown = kept.length > 8 ? kept : runs.flat().map(([, v]) => v).filter(Number.isFinite);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const room = 0.25 * (high - low) || Math.abs(high) * 0.01 || 1;
  const [y0, y1] = [low - room, high + room];
  const last = Math.max(...runs.flat().map(([step]) => step), 1);
  const height = 132;
  const marks = ticks(y0, y1, 3);
  const pad = { left: 22 + 7 * Math.max(2, ...marks.map(([, words]) => words.length)), right: 14, top: 6, bottom: 34 };
  const [w, h] = [width - pad.left - pad.right, height - pad.top - pad.bottom];
  const X = (v) => pad.left + (v / last) * w;
  const Y = (v) => pad.top + Math.min(h, Math.max(0, h - ((v - y0) / (y1 - y0)) * h));
  const what = WORDS[name]?.[0] ?? name;
  const said = `Trace of ${what}: ${runs.length} runs over ${number(last + 1)} steps, between ${significant(low, 4)} and ${significant(high, 4)} once settled.`;
  return (
    <>
      <div ref={host} className="chart traceplot" style={{ minHeight: height }}>
        {w > 40 ? (
          <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={said}>
            {discarded ? <rect x={X(0)} y={pad.top} width={Math.max(0, X(discarded) - X(0))} height={h} className="bmask" /> : null}
            {marks.map(([v, words]) => (
              <g key={v}>
                <path d={`M${pad.left} ${Math.round(Y(v)) + 0.5}h${w}`} className="gr" />
                <text x={pad.left - 7} y={Y(v) + 4} textAnchor="end">{words}</text>
              </g>
            ))}
            {runs.map((run, k) => (
              <path key={k} className="ln" stroke={HUES[k % HUES.length]} strokeWidth="1" opacity="0.85"
                d={run.map(([s, v], i) => `${i ? "L" : "M"}${X(s).toFixed(1)} ${Y(v).toFixed(1)}`).join("")} />
            ))}
            <path d={`M${pad.left} ${pad.top + h + 0.5}h${w}`} className="ax" />
            {ticks(0, last, w / 90, true).map(([v, words]) => (
              <text key={v} x={X(v)} y={pad.top + h + 16} textAnchor="middle">{words}</text>
            ))}
            <text x={pad.left + w / 2} y={height - 3} textAnchor="middle" className="lab">steps</text>
          </svg>
        ) : null}
      </div>
      <p className="sum tracesaid">
        One line a run, the middle of its walkers.{discarded ? " Grey: the beginning, which is set aside." : ""}
      </p>
    </>
  );
}
