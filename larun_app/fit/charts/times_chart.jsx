/** Observed minus calculated: how late each dip came. */

import { useId, useState } from "react";
import { Table2 } from "lucide-react";
import { number } from "../../results/explorer/words.js";
import { useWidth } from "../../ui/charts/picture_chart.jsx";
import { ticks } from "../../ui/charts/scales.js";
import { useParts } from "./fit_data.js";

const cut = (v, error) => number(v, error > 0 ? Math.min(4, Math.max(0, 1 - Math.floor(Math.log10(error)))) : 1);

export function TimesChart({ signal, stamp }) {
  const { value, problem } = useParts(signal, stamp, ["fit"]);
  const [asTable, setAsTable] = useState(false);
  const times = value?.[0]?.transit_times ?? [];
  if (problem) return <p className="sum" role="alert">The times could not be loaded. {problem}</p>;
  if (!value) return <div className="skpic short" role="status" aria-label="Loading the times"><div className="sk late" /></div>;
  if (!times.length) return null;
  return (
    <>
      {asTable ? <TimesTable times={times} /> : <Plot times={times} />}
      <p className="timestools">
        <button type="button" className="btn s" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          <Table2 size={15} strokeWidth={1.75} aria-hidden="true" />{asTable ? "Show as picture" : "Show as table"}
        </button>
      </p>
    </>
  );
}

function Plot({ times }) {
  const [host, width] = useWidth();
  const clip = useId();
  const height = 196;
  const late = times.map((t) => t.minutes_late);
  const errors = times.map((t) => t.error_days * 1440);
  const y1 = 1.12 * Math.max(...late.map((v, i) => Math.abs(v) + Math.min(errors[i], 3 * Math.abs(v) + errors[i])), 0.05);
  const zero = times[0].time_bjd > 2457000 ? 2457000 : 2454833;
  const days = times.map((t) => t.time_bjd - zero);
  const span = days[days.length - 1] - days[0] || 1;
  const [x0, x1] = [days[0] - 0.04 * span, days[days.length - 1] + 0.04 * span];
  const marks = ticks(-y1, y1, 4);
  const pad = { left: 30 + 7 * Math.max(2, ...marks.map(([, words]) => words.length)), right: 14, top: 8, bottom: 40 };
  const [w, h] = [width - pad.left - pad.right, height - pad.top - pad.bottom];
  const X = (v) => pad.left + ((v - x0) / (x1 - x0)) * w;
  const Y = (v) => pad.top + h / 2 - (v / y1) * (h / 2);
  const worst = late.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  const said = `${number(times.length)} dips against an even beat; the furthest is ${cut(Math.abs(worst), errors[0])} minutes ${worst < 0 ? "early" : "late"}.`;
  return (
    <div ref={host} className="chart timesplot" style={{ minHeight: height }}>
      {w > 40 ? (
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={said}>
          <clipPath id={clip}><rect x={pad.left} y={pad.top} width={w} height={h} /></clipPath>
          {marks.map(([v, words]) => (
            <g key={v}>
              <path d={`M${pad.left} ${Math.round(Y(v)) + 0.5}h${w}`} className={Math.abs(v) < 1e-9 ? "ax" : "gr"} />
              <text x={pad.left - 8} y={Y(v) + 4} textAnchor="end">{words}</text>
            </g>
          ))}
          <path d={`M${pad.left} ${pad.top + h + 0.5}h${w}`} className="ax" />
          {ticks(x0, x1, w / 90).map(([v, words]) => (
            <text key={v} x={X(v)} y={pad.top + h + 17} textAnchor="middle">{words}</text>
          ))}
          <text x={pad.left + w / 2} y={height - 4} textAnchor="middle" className="lab">day ({zero === 2457000 ? "BTJD" : "BKJD"})</text>
          <text x={-(pad.top + h / 2)} y={12} transform="rotate(-90)" textAnchor="middle" className="lab">late, minutes</text>
          <g clipPath={`url(#${clip})`}>
            <path d={days.map((d, i) => `M${X(d).toFixed(1)} ${Y(late[i] - errors[i]).toFixed(1)}V${Y(late[i] + errors[i]).toFixed(1)}`).join("")} className="ln c-bin bars" />
            <path d={days.map((d, i) => `M${X(d).toFixed(1)} ${Y(late[i]).toFixed(1)}h0`).join("")} className="dots c-bin" strokeWidth="5.4" />
          </g>
        </svg>
      ) : null}
    </div>
  );
}

function TimesTable({ times }) {
  return (
    <div className="tablewrap" tabIndex={0} role="region" aria-label="Times of the dips, as a table">
      <table className="dt">
        <thead>
          <tr>
            <th scope="col">Dip</th>
            <th scope="col" className="r">Middle, BJD</th>
            <th scope="col" className="r">Late, min</th>
            <th scope="col" className="r">Error, min</th>
          </tr>
        </thead>
        <tbody>
          {times.map((t) => {
            const error = t.error_days * 1440;
            return (
              <tr key={t.epoch}>
                <td>{number(t.epoch)}</td>
                <td className="r">{number(t.time_bjd, 5)}</td>
                <td className="r">{cut(t.minutes_late, error)}</td>
                <td className="r">{cut(error, error)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
