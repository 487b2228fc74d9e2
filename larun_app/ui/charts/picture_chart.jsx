/** The thumbnail of a check as a button, and the chart it opens: axes, legend in words, summary, table. */

import { useEffect, useId, useRef, useState } from "react";
import { Link } from "react-router";
import { Table2 } from "lucide-react";
import { number, significant } from "../../results/explorer/words.js";
import { counts, extent, layerPaths, ticks } from "./scales.js";
import { report, signalOf } from "./stored.js";

const WORDS = { dots: "measured", odd: "odd dips", even: "even dips", line: "model", level: "limit", mark: "dips" };
const MOST_ROWS = 60;

/** @param {object} props signal, check: which picture; thumb: paths by style; title; question: what was
 * asked; pointsHref: "" or an address */
export function PictureChart({ signal, check, title, question, thumb, pointsHref }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const button = useRef(null);
  useEffect(() => {
    // the browser looks for the place in the address before the rows are there
    if (window.location.hash === `#check-${check}`) button.current.closest("li")?.scrollIntoView({ block: "center" });
  }, [check]);
  return (
    <>
      <button type="button" ref={button} className="tpic" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        <Thumb thumb={thumb} />
        <span className="tword">{open ? "Hide picture" : "Show picture"}<span className="vh">: {title}</span></span>
      </button>
      <div className="tpanel" id={id} hidden={!open}>
        {open ? <Opened {...{ signal, check, title, question, pointsHref }} /> : null}
      </div>
    </>
  );
}

function Thumb({ thumb }) {
  return (
    <svg className="tthumb" width="110" height="38" viewBox="0 0 110 38" aria-hidden="true">
      {thumb.level ? <path d={thumb.level} className="ln c-ink lvl" /> : null}
      {thumb.bars ? <path d={thumb.bars} className="ln c-bin bars" /> : null}
      {thumb.dots ? <path d={thumb.dots} className="dots c-bin" strokeWidth="3" /> : null}
      {thumb.odd ? <path d={thumb.odd} className="dots c-odd" strokeWidth="3.2" /> : null}
      {thumb.even ? <path d={thumb.even} className="c-even opensq" /> : null}
      {thumb.line ? <path d={thumb.line} className="ln c-model" strokeWidth="1.8" /> : null}
      {thumb.mark ? <path d={thumb.mark} className="fillmark" /> : null}
    </svg>
  );
}

function Opened({ signal, check, title, question, pointsHref }) {
  const [picture, setPicture] = useState(null);
  const [problem, setProblem] = useState("");
  const [asTable, setAsTable] = useState(false);
  useEffect(() => {
    let alive = true;
    report()
      .then((document) => {
        const found = signalOf(document, signal)?.vetting?.[check]?.picture;
        if (!alive) return;
        if (found) setPicture(found);
        else setProblem("This picture is not in the report.");
      })
      .catch((error) => alive && setProblem(`The picture could not be loaded. ${error.message}`));
    return () => {
      alive = false;
    };
  }, [signal, check]);
  if (problem) return <p className="sum" role="alert">{problem}</p>;
  if (!picture) return <div className="skpic" role="status" aria-label="Loading the picture"><div className="sk late" /></div>;
  return (
    <figure>
      <div className="tools">
        {question ? <p className="tasked">{question}</p> : null}
        {pointsHref ? <Link className="btn s" to={pointsHref}>See these points in the light curve</Link> : null}
        <button type="button" className="btn s" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          <Table2 size={15} strokeWidth={1.75} aria-hidden="true" />
          {asTable ? "Show as picture" : "Show as table"}
        </button>
      </div>
      {asTable ? <PictureTable picture={picture} title={title} /> : <Plot picture={picture} />}
      <figcaption>{picture.summary}</figcaption>
    </figure>
  );
}

/** Width of an element in CSS pixels, followed as it changes. */
export function useWidth() {
  const host = useRef(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = host.current;
    const measure = () => setWidth(Math.round(element.clientWidth));
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return [host, width];
}

function Plot({ picture }) {
  const [host, width] = useWidth();
  const clip = useId();
  const box = extent(picture.series);
  const height = width < 480 ? 200 : 236;
  const longest = box ? Math.max(...ticks(box[2], box[3], 3).map(([, words]) => words.length)) : 0;
  const pad = { left: 30 + 7 * Math.max(3, longest), right: 12, top: 12, bottom: 40 };
  const w = width - pad.left - pad.right;
  const h = height - pad.top - pad.bottom;
  return (
    <>
      <div ref={host} className="chart picplot" style={{ minHeight: height }}>
        {w > 40 && box ? (
          <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={picture.summary}>
            <Drawn {...{ picture, box, pad, w, h, height, clip }} />
          </svg>
        ) : null}
        {width && !box ? <p className="sum">There is nothing to draw: no point of this picture has a value.</p> : null}
      </div>
      <div className="legend">
        {picture.series.map((s, k) => (
          <span key={k}><Key style={s.style} />{s.label || WORDS[s.style]}</span>
        ))}
      </div>
    </>
  );
}

function Drawn({ picture, box, pad, w, h, height, clip }) {
  const [x0, x1, y0, y1] = box;
  const X = (v) => pad.left + ((v - x0) / (x1 - x0)) * w;
  const Y = (v) => pad.top + h - ((v - y0) / (y1 - y0)) * h;
  const floor = pad.top + h;
  return (
    <>
      <clipPath id={clip}><rect x={pad.left} y={pad.top - 4} width={w} height={h + 8} /></clipPath>
      {ticks(y0, y1, h / 46).map(([v, words]) => (
        <g key={`y${v}`}>
          <path d={`M${pad.left} ${Math.round(Y(v)) + 0.5}h${w}`} className="gr" />
          <text x={pad.left - 8} y={Y(v) + 4} textAnchor="end">{words}</text>
        </g>
      ))}
      <path d={`M${pad.left} ${floor + 0.5}h${w}`} className="ax" />
      {ticks(x0, x1, w / 84, counts(picture.series)).map(([v, words]) => (
        <g key={`x${v}`}>
          <path d={`M${Math.round(X(v)) + 0.5} ${floor}v4`} className="ax" />
          <text x={X(v)} y={floor + 17} textAnchor="middle">{words}</text>
        </g>
      ))}
      <text x={pad.left + w / 2} y={height - 4} textAnchor="middle" className="lab">{picture.x_label}</text>
      <text x={-(pad.top + h / 2)} y={12} transform="rotate(-90)" textAnchor="middle" className="lab">{picture.y_label}</text>
      <g clipPath={`url(#${clip})`}>
        {picture.series.map((layer, k) => {
          const widest = layer.style === "level" && layer.x.length
            ? { ...layer, x: [x0, x1], y: [layer.y[0], layer.y[layer.y.length - 1]] }
            : layer;
          const { marks, bars } = layerPaths(widest, X, Y, floor);
          const many = layer.x.length > 120;
          return (
            <g key={k}>
              {bars ? <path d={bars} className={`ln bars ${layer.style === "odd" ? "c-odd" : layer.style === "even" ? "c-even" : "c-bin"}`} /> : null}
              {layer.style === "dots" ? <path d={marks} className="dots c-bin" strokeWidth={many ? 3.4 : 5} /> : null}
              {layer.style === "odd" ? <path d={marks} className="dots c-odd" strokeWidth={many ? 3.6 : 5.4} /> : null}
              {layer.style === "even" ? <path d={marks} className="c-even opensq" /> : null}
              {layer.style === "line" ? <path d={marks} className="ln c-model" strokeWidth="2.2" /> : null}
              {layer.style === "level" ? <path d={marks} className="ln c-ink lvl" /> : null}
              {layer.style === "mark" ? <path d={marks} className="fillmark" /> : null}
            </g>
          );
        })}
      </g>
    </>
  );
}

function Key({ style }) {
  if (style === "mark") return <svg width="10" height="8" aria-hidden="true"><path d="M0,8h10l-5,-8z" fill="var(--d-mark)" /></svg>;
  if (style === "even") return <i className="bx hollow" style={{ borderColor: "var(--d-even)" }} />;
  if (style === "line") return <i style={{ borderColor: "var(--d-model)" }} />;
  if (style === "level") return <i style={{ borderColor: "var(--ink2)", borderTopStyle: "dashed", borderTopWidth: 1.5 }} />;
  return <i className="d" style={{ background: style === "odd" ? "var(--d-odd)" : "var(--d-bin)" }} />;
}

function PictureTable({ picture, title }) {
  const all = picture.series.flatMap((s) =>
    s.x.map((x, i) => [s.label || WORDS[s.style], x, s.style === "mark" ? null : s.y[i], s.err?.[i] ?? null]),
  );
  const step = Math.max(1, Math.ceil(all.length / MOST_ROWS));
  const rows = all.filter((_, k) => k % step === 0);
  const errors = rows.some((row) => row[3] !== null);
  // a date keeps its decimals
  const cell = (v) => (v === null || v === undefined ? "" : Math.abs(v) >= 1e5 ? number(v, 3) : significant(v, 4));
  return (
    <>
      <div className="tablewrap" tabIndex={0} role="region" aria-label={`${title}, as a table`}>
        <table className="dt">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col" className="r">{picture.x_label}</th>
              <th scope="col" className="r">{picture.y_label}</th>
              {errors ? <th scope="col" className="r">Error</th> : null}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, k) => (
              <tr key={k}>
                <td>{row[0]}</td>
                <td className="r">{cell(row[1])}</td>
                <td className="r">{cell(row[2])}</td>
                {errors ? <td className="r">{cell(row[3])}</td> : null}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {step > 1 ? <p className="xs faint">Every {step === 2 ? "second" : `${step}th`} value; the report as JSON holds all of them.</p> : null}
    </>
  );
}
