/** The corner picture: each parameter's histogram, and each pair's cloud in five shades. */

import { useId, useMemo, useState } from "react";
import { Download, Table2 } from "lucide-react";
import { IconButton, Segments } from "../../results/explorer/chart_frame.jsx";
import { capital, number, significant } from "../../results/explorer/words.js";
import { useWidth } from "../../ui/charts/picture_chart.jsx";
import { ticks } from "../../ui/charts/scales.js";
import { NAMES, SPOKEN, axisName, fileOf, useParts } from "./fit_data.js";

const MAIN = ["radius_ratio", "impact_parameter", "duration_hours", "density_transit_gcc"];
const SHADES = [0.12, 0.28, 0.46, 0.66, 0.9];
const STRONG = 0.5;

/** Everything to draw: chosen parameters scaled for their axes, and their pairs. */
function sceneOf(document, all) {
  const places = document.parameters
    .map((p, i) => [p, i])
    .filter(([p]) => all || MAIN.includes(p.name) || document.parameters.length <= 4);
  const shown = places.length >= 2 ? places : document.parameters.slice(0, 4).map((p, i) => [p, i]);
  const axes = shown.map(([p, place]) => {
    const factor = NAMES[p.name]?.[2] ?? 1;
    return { ...p, place, edges: p.edges.map((v) => v * factor), quantiles: p.quantiles.map((v) => v * factor) };
  });
  const pairs = [];
  axes.forEach((y, row) => {
    axes.slice(0, row).forEach((x, column) => {
      const found = document.pairs.find((p) => p.x === x.place && p.y === y.place);
      if (found) pairs.push({ ...found, row, column, r: correlation(found.counts) });
    });
  });
  return { axes, pairs };
}

function correlation(counts) {
  let [n, sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0, 0];
  counts.forEach((line, y) => line.forEach((c, x) => {
    n += c;
    sx += c * x;
    sy += c * y;
    sxx += c * x * x;
    syy += c * y * y;
    sxy += c * x * y;
  }));
  const spread = Math.sqrt((sxx - (sx * sx) / n) * (syy - (sy * sy) / n));
  return spread > 0 ? (sxy - (sx * sy) / n) / spread : 0;
}

function words({ axes, pairs }) {
  const strongest = [...pairs].sort((a, b) => Math.abs(b.r) - Math.abs(a.r))[0];
  const general = "Round clouds: independent. A slanted cloud: the data cannot tell the two apart.";
  if (!strongest || Math.abs(strongest.r) < STRONG) return `${general} None here is strongly slanted.`;
  const [x, y] = [axes[strongest.column].name, axes[strongest.row].name].map((key) => SPOKEN[key] ?? key);
  const how = strongest.r > 0 ? "rise together" : "trade off: more of one is less of the other";
  return `${general} Here ${x} and ${y} ${how} (correlation ${number(strongest.r, 2)}).`;
}

/** A value as the axis shows it, cut to its own 68 % range. */
function value(axis, v) {
  const error = (axis.quantiles[3] - axis.quantiles[1]) / 2;
  const places = error > 0 ? Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(error)))) : 2;
  return number(v, places);
}

export function CornerChart({ signal, stamp, run }) {
  const { value: read, problem } = useParts(signal, stamp, ["corner"]);
  const [all, setAll] = useState(false);
  const [asTable, setAsTable] = useState(false);
  const title = useId();
  const document = read?.[0];
  const scene = useMemo(() => (document?.parameters.length ? sceneOf(document, all) : null), [document, all]);
  const summary = scene ? words(scene) : "";
  return (
    <section className="card f cornercard" aria-labelledby={title}>
      <div className="ch">
        <h2 id={title}>How the numbers depend on each other</h2>
        <div className="tools">
          <IconButton icon={Table2} label={asTable ? "Show as picture" : "Show as table"} aria-pressed={asTable} onClick={() => setAsTable(!asTable)} />
          <a className="btn s ic g" href={fileOf(run, signal, "-corner.pdf")} download="" aria-label="Save the corner plot, PDF" title="Save the corner plot, PDF">
            <Download size={17} strokeWidth={1.75} aria-hidden="true" />
          </a>
        </div>
      </div>
      {problem ? <p className="sum" role="alert">The picture could not be loaded. {problem}</p> : null}
      {!problem && !scene ? <div className="skpic" role="status" aria-label="Loading the picture"><div className="sk late" /></div> : null}
      {scene && !asTable && (all || document.parameters.length > scene.axes.length) ? (
        <div className="cornerhead">
          <Segments label="Which numbers" options={[[false, "The main four"], [true, "All"]]} value={all} onChange={setAll} />
        </div>
      ) : null}
      {scene ? (asTable ? <CornerTable scene={scene} /> : <Picture key={all} scene={scene} summary={summary} />) : null}
      {scene ? <p className="sum num" data-summary="corner">{summary}</p> : null}
    </section>
  );
}

function Picture({ scene, summary }) {
  const [host, width] = useWidth();
  const [at, setAt] = useState(null);
  const n = scene.axes.length;
  const pad = { left: 44, right: 8, top: 4, bottom: 40 };
  const gap = n > 5 ? 3 : 5;
  const size = Math.floor((width - pad.left - pad.right - gap * (n - 1)) / n);
  const height = pad.top + pad.bottom + n * size + gap * (n - 1);
  const place = (i) => i * (size + gap);
  const labelled = size >= 52;
  const move = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left - pad.left, event.clientY - box.top - pad.top];
    const [column, row] = [Math.floor(x / (size + gap)), Math.floor(y / (size + gap))];
    const [u, v] = [(x - place(column)) / size, 1 - (y - place(row)) / size];
    const out = column < 0 || row >= n || column > row || u < 0 || u > 1 || v < 0 || v > 1;
    setAt(out ? null : { column, row, u, v });
  };
  return (
    <>
      <div ref={host} className="chart cornerplot" style={{ minHeight: width ? height : 300 }}>
        {size > 12 ? (
          <svg
            width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={summary}
            onPointerMove={move} onPointerDown={move} onPointerLeave={() => setAt(null)}
          >
            <rect width={width} height={height} fill="transparent" />
            <g transform={`translate(${pad.left} ${pad.top})`}>
              {scene.axes.map((axis, i) => <Bars key={axis.name} axis={axis} x={place(i)} y={place(i)} size={size} />)}
              {scene.pairs.map((pair) => (
                <Cloud key={`${pair.row} ${pair.column}`} pair={pair} x={place(pair.column)} y={place(pair.row)} size={size} />
              ))}
              {scene.axes.map((axis, i) => (
                <Labels key={axis.name} {...{ axis, i, n, size, labelled }} at={place(i)} bottom={place(n - 1) + size} />
              ))}
              {at ? <Cross at={at} x={place(at.column)} y={place(at.row)} size={size} /> : null}
            </g>
          </svg>
        ) : null}
      </div>
      <p className="readout num" aria-hidden="true">{at ? said(scene, at) : ""}</p>
    </>
  );
}

function said(scene, at) {
  const of = (i, share) => {
    const axis = scene.axes[i];
    const v = axis.edges[0] + share * (axis.edges[axis.edges.length - 1] - axis.edges[0]);
    const unit = NAMES[axis.name]?.[1] ?? axis.unit;
    return `${NAMES[axis.name]?.[0] ?? axis.name} ${axis.offset && v > 0 ? "+" : ""}${value(axis, v)}${unit ? `\u202f${unit}` : ""}`;
  };
  return at.row === at.column ? capital(of(at.column, at.u)) : capital(`${of(at.column, at.u)}, ${of(at.row, at.v)}`);
}

function Bars({ axis, x, y, size }) {
  const top = Math.max(...axis.counts, 1);
  const step = size / axis.counts.length;
  const heights = axis.counts.map((c) => (size - (c / top) * size * 0.92).toFixed(1));
  const path = `M0 ${size}${heights.map((y, i) => `V${y}H${((i + 1) * step).toFixed(1)}`).join("")}V${size}`;
  return (
    <g transform={`translate(${x} ${y})`}>
      <rect x="0.5" y="0.5" width={size - 1} height={size - 1} className="cframe" />
      <path d={path} className="pfill" />
      <path d={path} className="ln c-bin" strokeWidth="1.1" />
    </g>
  );
}

function Cloud({ pair, x, y, size }) {
  const paths = useMemo(() => {
    const made = SHADES.map(() => "");
    const most = Math.max(...pair.counts.flat(), 1);
    const floor = Math.min(pair.levels[1] || 0, most * 0.06) || most * 0.02;
    const cell = size / pair.counts.length;
    pair.counts.forEach((line, j) => line.forEach((c, i) => {
      if (c < floor) return;
      const shade = Math.min(SHADES.length - 1, Math.floor((c / most) * SHADES.length));
      made[shade] += `M${(i * cell).toFixed(2)} ${(size - (j + 1) * cell).toFixed(2)}h${cell.toFixed(2)}v${cell.toFixed(2)}h-${cell.toFixed(2)}z`;
    }));
    return made;
  }, [pair, size]);
  return (
    <g transform={`translate(${x} ${y})`}>
      <rect x="0.5" y="0.5" width={size - 1} height={size - 1} className="cframe" />
      {paths.map((d, k) => (d ? <path key={k} d={d} className="ccell" opacity={SHADES[k]} /> : null))}
    </g>
  );
}

function Labels({ axis, i, n, size, labelled, at, bottom }) {
  const [low, high] = [axis.edges[0], axis.edges[axis.edges.length - 1]];
  const marks = labelled ? ticks(low, high, 2).filter(([v]) => v > low + 0.08 * (high - low) && v < high - 0.08 * (high - low)) : [];
  const share = (v) => ((v - low) / (high - low)) * size;
  const ends = marks.length > 2 ? [marks[0], marks[marks.length - 1]] : marks;
  const apart = ends.length < 2 || share(ends[1][0]) - share(ends[0][0]) > 3.4 * (ends[0][1].length + ends[1][1].length) + 6;
  const few = apart ? ends : [marks[Math.floor(marks.length / 2)]];
  const name = labelled ? axisName(axis.name, axis.unit) : NAMES[axis.name]?.[0] ?? axis.name;
  const fits = size >= 56;
  return (
    <>
      {few.map(([v, words]) => <text key={`x${v}`} x={at + share(v)} y={bottom + 15} textAnchor="middle">{words}</text>)}
      {fits ? <text x={at + size / 2} y={bottom + (labelled ? 32 : 16)} textAnchor="middle" className="lab clab">{name}</text> : (
        <text x={at + size / 2} y={bottom + 14 + 12 * (i % 2)} textAnchor="middle" className="lab clab">{name.split(" ").pop()}</text>
      )}
      {i > 0 ? few.map(([v, words]) => <text key={`y${v}`} x={-5} y={at + size - share(v) + 4} textAnchor="end">{words}</text>) : null}
      {i > 0 ? (
        <text x={-(at + size / 2)} y={labelled ? -35 : -8} transform="rotate(-90)" textAnchor="middle" className="lab clab">
          {size < 66 ? (NAMES[axis.name]?.[0] ?? axis.name).split(" ").pop() : name}
        </text>
      ) : null}
    </>
  );
}

function Cross({ at, x, y, size }) {
  return (
    <g transform={`translate(${x} ${y})`} className="ccross">
      <path d={`M${at.u * size} 0V${size}`} />
      {at.row === at.column ? null : <path d={`M0 ${(1 - at.v) * size}H${size}`} />}
    </g>
  );
}

function CornerTable({ scene }) {
  return (
    <div className="tablewrap" tabIndex={0} role="region" aria-label="How the numbers depend on each other, as a table">
      <table className="dt">
        <thead>
          <tr><th scope="col">Two numbers</th><th scope="col" className="r">Correlation</th></tr>
        </thead>
        <tbody>
          {[...scene.pairs].sort((a, b) => Math.abs(b.r) - Math.abs(a.r)).map((p) => {
            const [x, y] = [scene.axes[p.column].name, scene.axes[p.row].name].map((key) => SPOKEN[key] ?? key);
            return <tr key={`${x} ${y}`}><td>{capital(x)} and {y}</td><td className="r">{significant(Math.round(p.r * 100) / 100, 2)}</td></tr>;
          })}
        </tbody>
      </table>
    </div>
  );
}
