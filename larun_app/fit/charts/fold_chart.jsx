/** Model against data: the light folded on the fitted period, the posterior's band, and what is left over. */

import { useId, useState } from "react";
import { Download, Table2 } from "lucide-react";
import { IconButton } from "../../results/explorer/chart_frame.jsx";
import { number, significant } from "../../results/explorer/words.js";
import { useWidth } from "../../ui/charts/picture_chart.jsx";
import { ticks } from "../../ui/charts/scales.js";
import { fileOf, useParts } from "./fit_data.js";

const GROUP = 4; // stored averages in one of the drawn ones

/** Averages of neighbouring bins, weighted with their points. */
function grouped(fold) {
  const made = [];
  const { hours, mean_ppm: mean, residual_ppm: left, err_ppm: error, points } = fold.columns;
  for (let i = 0; i < fold.n; i += GROUP) {
    let [n, h, m, r, v] = [0, 0, 0, 0, 0];
    for (let k = i; k < Math.min(i + GROUP, fold.n); k += 1) {
      n += points[k];
      h += points[k] * hours[k];
      m += points[k] * mean[k];
      r += points[k] * left[k];
      v += (points[k] * error[k]) ** 2;
    }
    if (n) made.push({ hours: h / n, mean: m / n, left: r / n, error: Math.sqrt(v) / n });
  }
  return made;
}

const minutes = (days) => {
  const m = days * 60;
  return m < 2 ? `${significant(m, 2)}-minute` : `${number(m)}-minute`;
};

export function FoldChart({ signal, stamp, run, leftOver }) {
  const { value, problem } = useParts(signal, stamp, ["band", "fold"]);
  const [asTable, setAsTable] = useState(false);
  const title = useId();
  const [band, fold] = value ?? [];
  const points = fold ? fold.columns.points.reduce((a, b) => a + b, 0) : 0;
  const rows = fold ? grouped(fold) : [];
  const width = fold ? (fold.columns.hours[fold.n - 1] - fold.columns.hours[0]) / Math.max(1, fold.n - 1) : 0;
  const depth = band ? -Math.min(...band.columns.median_ppm) : 0;
  const said = fold
    ? `${leftOver} The model dips by ${depth >= 1000 ? `${significant(depth / 1e4, 3)}\u202f%` : `${number(depth)}\u202fppm`}; ${number(points)} points are drawn.`.trim()
    : "";
  return (
    <section className="card f foldfit" aria-labelledby={title}>
      <div className="ch">
        <h2 id={title}>Model against data</h2>
        <div className="tools">
          <IconButton icon={Table2} label={asTable ? "Show as picture" : "Show as table"} aria-pressed={asTable} onClick={() => setAsTable(!asTable)} />
          <a className="btn s ic g" href={fileOf(run, signal, "-fold.pdf")} download="" aria-label="Save this figure, PDF" title="Save this figure, PDF">
            <Download size={17} strokeWidth={1.75} aria-hidden="true" />
          </a>
        </div>
      </div>
      {problem ? <p className="sum" role="alert">The picture could not be loaded. {problem}</p> : null}
      {!problem && !fold ? <div className="skpic" role="status" aria-label="Loading the picture"><div className="sk late" /></div> : null}
      {fold ? (asTable ? <FoldTable rows={rows} /> : <Plot {...{ band, fold, rows, said }} />) : null}
      {fold && !asTable ? (
        <div className="legend cl">
          <span><i className="d" style={{ background: "var(--d-raw)" }} />{minutes(width)} average</span>
          <span><i className="d" style={{ background: "var(--d-bin)" }} />{minutes(GROUP * width)} average</span>
          <span><i style={{ borderColor: "var(--d-model)" }} />model, with its 68{"\u202f"}% range</span>
        </div>
      ) : null}
      {fold ? <p className="sum num" data-summary="fit-fold">{said}</p> : null}
    </section>
  );
}

function Plot({ band, fold, rows, said }) {
  const [host, width] = useWidth();
  const clip = useId();
  const [top, bottom] = width < 480 ? [190, 104] : [220, 120];
  const { hours, mean_ppm: mean } = fold.columns;
  const edge = Math.max(Math.abs(hours[0]), Math.abs(hours[fold.n - 1]));
  const inBand = [...band.columns.hours].map((h, i) => [h, i]).filter(([h]) => Math.abs(h) <= edge * 1.02);
  const all = [...mean, ...inBand.map(([, i]) => band.columns.median_ppm[i])].filter(Number.isFinite).sort((a, b) => a - b);
  const [low, high] = [all[Math.floor(0.005 * all.length)], all[Math.ceil(0.995 * (all.length - 1))]];
  const [y0, y1] = [low - 0.1 * (high - low), high + 0.12 * (high - low)];
  const worst = Math.max(...rows.map((r) => Math.abs(r.left) + r.error), 1e-6) * 1.1;
  const percent = Math.max(Math.abs(y0), Math.abs(y1)) >= 5000;
  const upper = ticks(y0, y1, top / 48);
  const lower = ticks(-worst, worst, 2);
  const longest = Math.max(...[...upper, ...lower].map(([, words]) => words.length));
  const pad = { left: 30 + 7 * Math.max(3, longest), right: 14, top: 6 };
  const w = width - pad.left - pad.right;
  const height = top + bottom;
  const [h1, h2, from2] = [top - pad.top - 10, bottom - 46, top + 2];
  const X = (v) => pad.left + ((v + edge) / (2 * edge)) * w;
  const Y = (v) => pad.top + h1 - ((v - y0) / (y1 - y0)) * h1;
  const R = (v) => from2 + h2 / 2 - (v / worst) * (h2 / 2);
  const line = (key) => inBand.map(([h, i]) => `${X(h).toFixed(1)} ${Y(band.columns[key][i]).toFixed(1)}`);
  return (
    <div ref={host} className="chart foldplot" style={{ minHeight: height }} data-percent={percent}>
      {w > 40 ? (
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={said}>
          <clipPath id={clip}><rect x={pad.left} y={pad.top} width={w} height={h1} /></clipPath>
          {upper.map(([v, words]) => (
            <g key={`u${v}`}>
              <path d={`M${pad.left} ${Math.round(Y(v)) + 0.5}h${w}`} className="gr" />
              <text x={pad.left - 8} y={Y(v) + 4} textAnchor="end">{words}</text>
            </g>
          ))}
          <path d={`M${pad.left} ${pad.top + h1 + 0.5}h${w}`} className="ax" />
          {lower.map(([v, words]) => (
            <g key={`l${v}`}>
              <path d={`M${pad.left} ${Math.round(R(v)) + 0.5}h${w}`} className="gr" />
              <text x={pad.left - 8} y={R(v) + 4} textAnchor="end">{words}</text>
            </g>
          ))}
          <g clipPath={`url(#${clip})`}>
            <path d={[...hours].map((x, i) => `M${X(x).toFixed(1)} ${Y(mean[i]).toFixed(1)}h0`).join("")} className="dots c-raw" strokeWidth="2.6" />
            <path d={`M${line("lo68_ppm").join("L")}L${line("hi68_ppm").reverse().join("L")}Z`} className="fitband" />
            <path d={`M${line("median_ppm").join("L")}`} className="ln c-model" strokeWidth="2.2" />
            <path d={rows.map((r) => `M${X(r.hours).toFixed(1)} ${Y(r.mean - r.error).toFixed(1)}V${Y(r.mean + r.error).toFixed(1)}`).join("")} className="ln c-bin bars" />
            <path d={rows.map((r) => `M${X(r.hours).toFixed(1)} ${Y(r.mean).toFixed(1)}h0`).join("")} className="dots c-bin" strokeWidth="4.6" />
          </g>
          <path d={`M${pad.left} ${R(0)}h${w}`} className="ln c-model" strokeWidth="1.4" />
          <path d={rows.map((r) => `M${X(r.hours).toFixed(1)} ${R(r.left - r.error).toFixed(1)}V${R(r.left + r.error).toFixed(1)}`).join("")} className="ln c-bin bars" />
          <path d={rows.map((r) => `M${X(r.hours).toFixed(1)} ${R(r.left).toFixed(1)}h0`).join("")} className="dots c-bin" strokeWidth="4.6" />
          <path d={`M${pad.left} ${from2 + h2 + 0.5}h${w}`} className="ax" />
          {ticks(-edge, edge, w / 90).map(([v, words]) => (
            <g key={`x${v}`}>
              <path d={`M${Math.round(X(v)) + 0.5} ${from2 + h2}v4`} className="ax" />
              <text x={X(v)} y={from2 + h2 + 18} textAnchor="middle">{words}</text>
            </g>
          ))}
          <text x={pad.left + w / 2} y={height - 6} textAnchor="middle" className="lab">hours from mid-transit</text>
          <text x={-(pad.top + h1 / 2)} y={12} transform="rotate(-90)" textAnchor="middle" className="lab">brightness, ppm</text>
          <text x={-(from2 + h2 / 2)} y={12} transform="rotate(-90)" textAnchor="middle" className="lab">left over</text>
        </svg>
      ) : null}
    </div>
  );
}

function FoldTable({ rows }) {
  return (
    <div className="tablewrap" tabIndex={0} role="region" aria-label="Model against data, as a table">
      <table className="dt">
        <thead>
          <tr>
            <th scope="col" className="r">Hours from mid-transit</th>
            <th scope="col" className="r">Brightness, ppm</th>
            <th scope="col" className="r">Error, ppm</th>
            <th scope="col" className="r">Left over, ppm</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.hours}>
              <td className="r">{number(r.hours, 2)}</td>
              <td className="r">{number(r.mean)}</td>
              <td className="r">{number(r.error)}</td>
              <td className="r">{number(r.left)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
