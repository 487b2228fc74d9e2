/** The frame of every chart: title, tools, plot or table, legend in words, summary sentence. */

import { useEffect, useId, useRef, useState, useSyncExternalStore } from "react";
import { Download, Table2 } from "lucide-react";

/** Re-renders when the explorer says that something of `kinds` changed; views wait until the hand rests. */
export function useExplorer(explorer, kinds = ["period", "look", "edits", "view"]) {
  const version = useRef(0);
  const wanted = kinds.join();
  const subscribe = useRef(null);
  if (!subscribe.current) {
    subscribe.current = (notify) => {
      let timer = 0;
      const stop = explorer.subscribe((what) => {
        if (!wanted.includes(what)) return;
        clearTimeout(timer);
        const tell = () => {
          version.current += 1;
          notify();
        };
        if (what === "view") timer = setTimeout(tell, 140);
        else tell();
      });
      return () => {
        clearTimeout(timer);
        stop();
      };
    };
  }
  return useSyncExternalStore(subscribe.current, () => version.current);
}

export function IconButton({ icon: Icon, label, keys, size = 17, ...rest }) {
  return (
    <button type="button" className="btn s ic g" aria-label={label} title={keys ? `${label}  ${keys}` : label} {...rest}>
      <Icon size={size} strokeWidth={1.75} aria-hidden="true" />
    </button>
  );
}

/** A row of buttons of which one is pressed. `options`: [[value, word, icon?, key?], …] */
export function Segments({ label, options, value, onChange, className = "" }) {
  return (
    <div className={`seg ${className}`} role="group" aria-label={label}>
      {options.map(([key, word, Icon, shortcut]) => (
        <button
          key={key}
          type="button"
          aria-pressed={value === key}
          title={shortcut ? `${word}  ${shortcut}` : undefined}
          onClick={() => onChange(key)}
        >
          {Icon ? <Icon size={15} strokeWidth={1.75} aria-hidden="true" /> : null}
          {word}
        </button>
      ))}
    </div>
  );
}

/** Saves a canvas as a PNG through a link, so that nothing but a download happens. */
export function savePicture(canvas, name) {
  canvas.toBlob((blob) => {
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }, "image/png");
}

/**
 * @param {object} props
 *   title, name (short, for file names and test ids), tools (extra buttons), head (rows between title and plot)
 *   summary: the sentence that is also the picture's name for those who do not see it
 *   table: () => ({ columns: [[name, numeric]], rows: [[…]], note, all: {href, words} })
 *   onPicture: () => canvas; legend; hint: how the keyboard moves this chart
 *   focusLabel: name of the focusable group around the plot
 */
export function ChartFrame({
  title, name, tools, head, children, legend, summary, table, onPicture, focusLabel, aside, frameRef, startTools,
}) {
  const id = useId();
  const [asTable, setAsTable] = useState(false);
  const own = useRef(null);
  const outer = frameRef ?? own;
  useEffect(() => {
    const element = outer.current;
    const toggle = () => setAsTable((now) => !now);
    element?.addEventListener("larun:table", toggle);
    return () => element?.removeEventListener("larun:table", toggle);
  }, [outer]);
  return (
    <section className="card f chartcard" aria-labelledby={id} ref={outer} data-chart={name}>
      <div className="ch">
        <h2 id={id}>{title}</h2>
        <div className="tools">
          {startTools}
          {tools}
          <IconButton
            icon={Table2}
            label={asTable ? "Show as picture" : "Show as table"}
            keys="T"
            aria-pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          />
          <IconButton icon={Download} label="Save this picture" onClick={() => savePicture(onPicture(), `${name}.png`)} />
        </div>
      </div>
      {head}
      <div
        className="plotfocus"
        role="group"
        tabIndex={0}
        aria-label={focusLabel}
        style={asTable ? { display: "none" } : undefined}
      >
        <div className="plotbox" role="img" aria-label={summary || `${title}, being drawn`}>
          {children}
        </div>
      </div>
      {asTable ? <DataTable {...table()} caption={title} /> : null}
      {legend && !asTable ? <div className="legend cl">{legend}</div> : null}
      <p className="sum" data-summary={name}>{summary}</p>
      {aside}
    </section>
  );
}

function DataTable({ columns, rows, note, all, caption }) {
  return (
    <>
    <div className="tablewrap" tabIndex={0} role="region" aria-label={`${caption}, as a table`}>
      <table className="dt">
        <thead>
          <tr>
            {columns.map(([word, numeric]) => (
              <th key={word} scope="col" className={numeric ? "r" : undefined}>{word}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={r}>
              {row.map((cell, c) => (
                <td key={c} className={columns[c][1] ? "r" : undefined}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
    <p className="sum tnote">
      {note} {all ? <a className="u" href={all.href} download>{all.words}</a> : null}
    </p>
    </>
  );
}

export const Dot = ({ colour, square }) => (
  <i className={square ? "bx hollow" : "d"} style={square ? { borderColor: colour } : { background: colour }} />
);
export const Stroke = ({ colour, dashed }) => (
  <i style={{ borderColor: colour, borderTopStyle: dashed ? "dashed" : "solid" }} />
);
export const Triangle = ({ colour }) => (
  <svg width="10" height="8" aria-hidden="true"><path d="M0,8h10l-5,-8z" fill={colour} /></svg>
);
