/** The window on the overview strip: drag it, drag its ends, or type its days. */

import { useEffect, useRef, useState } from "react";
import { number } from "./words.js";
import { onceAFrame } from "./plot.js";
import { useExplorer } from "./chart_frame.jsx";

// The overview plot's own margins, see its `padding` and hidden axes in brightness_card.jsx.
const PLOT = { left: 52, right: 8, top: 15, height: 45 };

export function OverviewWindow({ explorer }) {
  const box = useRef(null);
  const window_ = useRef(null);

  useEffect(() => {
    const place = () => {
      const element = window_.current;
      if (!element) return;
      const [low, high] = explorer.fullView;
      const [a, b] = explorer.state.view;
      const left = ((a - low) / (high - low)) * 100;
      const right = ((b - low) / (high - low)) * 100;
      element.style.left = `${left}%`;
      element.style.width = `${Math.max(0.6, right - left)}%`;
      element.classList.toggle("all", right - left > 99.5);
    };
    const later = onceAFrame(place);
    place();
    const stop = explorer.subscribe((what) => what === "view" && later());
    return () => {
      stop();
      later.cancel();
    };
  }, [explorer]);

  const drag = (part) => (event) => {
    if (event.button > 0) return;
    event.preventDefault();
    event.stopPropagation();
    const width = box.current.getBoundingClientRect().width;
    const [low, high] = explorer.fullView;
    const startX = event.clientX;
    const [a, b] = explorer.state.view;
    const target = event.currentTarget;
    target.setPointerCapture(event.pointerId);
    const least = Math.max(0.15, (high - low) * 0.004);
    const move = (e) => {
      const by = ((e.clientX - startX) / width) * (high - low);
      if (part === "all") {
        const kept = Math.min(Math.max(by, low - a), high - b);
        explorer.setView([a + kept, b + kept]);
      } else if (part === "left") {
        explorer.setView([Math.max(low, Math.min(a + by, b - least)), b]);
      } else {
        explorer.setView([a, Math.min(high, Math.max(b + by, a + least))]);
      }
    };
    const end = () => {
      target.removeEventListener("pointermove", move);
      target.removeEventListener("pointerup", end);
      target.removeEventListener("pointercancel", end);
    };
    target.addEventListener("pointermove", move);
    target.addEventListener("pointerup", end);
    target.addEventListener("pointercancel", end);
  };

  /** A press beside the window brings its middle there. */
  const jump = (event) => {
    if (event.target !== box.current) return;
    const rect = box.current.getBoundingClientRect();
    const [low, high] = explorer.fullView;
    const u = low + ((event.clientX - rect.left) / rect.width) * (high - low);
    const [a, b] = explorer.state.view;
    explorer.setView([u - (b - a) / 2, u + (b - a) / 2]);
  };

  return (
    <div className="ovwin" ref={box} onPointerDown={jump} style={{ left: PLOT.left, right: PLOT.right, top: PLOT.top, height: PLOT.height }}>
      <div className="win" ref={window_} onPointerDown={drag("all")}>
        <i className="h l" onPointerDown={drag("left")} />
        <i className="h r" onPointerDown={drag("right")} />
      </div>
    </div>
  );
}

/** First and last day of the window as fields: what dragging does, without dragging. */
export function WindowFields({ explorer }) {
  useExplorer(explorer, ["view"]);
  const { timeline } = explorer.light;
  const shift = explorer.days.shift;
  const [u0, u1] = explorer.state.view;
  const { t } = explorer.light;
  const [first, last] = explorer.light.range(u0, u1);
  const from = (last > first ? t[first] : timeline.toT(u0)) + shift;
  const to = (last > first ? t[last - 1] : timeline.toT(u1)) + shift;
  // Read at the moment of the change: what is drawn here may be a moment older than the window.
  const daysNow = () => explorer.state.view.map((u) => timeline.toT(u) + shift);
  const commit = (a, b) => {
    if (Number.isFinite(a) && Number.isFinite(b) && a < b) {
      const margin = Math.min(0.02, (b - a) * 0.01);
      explorer.setView([timeline.toU(a - shift) - margin, timeline.toU(b - shift) + margin]);
    }
  };
  return (
    <div className="winfields">
      <span>Days</span>
      <DayField label="First day shown" value={from} onCommit={(v) => commit(v, daysNow()[1])} />
      <span>to</span>
      <DayField label="Last day shown" value={to} onCommit={(v) => commit(daysNow()[0], v)} />
      <button type="button" className="btn s g" onClick={() => explorer.setView(explorer.fullView)}>
        Show all
      </button>
    </div>
  );
}

function DayField({ label, value, onCommit }) {
  const shown = value.toFixed(2);
  const [text, setText] = useState(null);
  return (
    <input
      className="in num"
      inputMode="decimal"
      aria-label={label}
      value={text ?? shown}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => {
        if (text !== null) onCommit(parseNumber(text));
        setText(null);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          onCommit(parseNumber(text ?? shown));
          setText(null);
        } else if (event.key === "Escape") setText(null);
      }}
    />
  );
}

/** A number as people type it: a comma for the point, spaces between thousands, a true minus. */
export function parseNumber(text) {
  const plain = text.replace(/[\s\u00a0\u202f]/g, "").replace("\u2212", "-").replace(",", ".");
  return plain === "" ? NaN : Number(plain);
}
