/** The keyboard of the charts, and the list of its keys. */

import { useEffect, useRef, useState } from "react";
import { X } from "lucide-react";
import { IconButton } from "./chart_frame.jsx";

const STORE = "larun-keys"; // the product's one switch for keys, also on the help page

export const KEYS = [
  ["← →", "move by a tenth, with Shift by a screen"],
  ["+  −  0", "zoom in, zoom out, show all"],
  ["N  P", "next dip, previous dip"],
  ["[  ]", "half the period, double the period"],
  [",  .", "period a little shorter, a little longer"],
  ["1 to 9", "choose a signal"],
  ["O  R", "odd and even dips, what the model leaves"],
  ["V  M  X", "move, mark, hide"],
  ["Ctrl Z  Ctrl Shift Z", "undo, redo"],
  ["T  F", "table, full screen"],
  ["?", "this list"],
];

const typing = (element) =>
  element instanceof HTMLElement &&
  (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) && element.type !== "checkbox");

export function useChartKeys(explorer, root, { onSignal, onList, say }) {
  const [on, setOn] = useState(() => window.localStorage.getItem(STORE) !== "off");
  useEffect(() => {
    const press = (event) => {
      const active = document.activeElement;
      const inside = root.current?.contains(active);
      if (event.key === "?" && !typing(active)) {
        event.preventDefault();
        onList();
        return;
      }
      if (!on || event.altKey || event.defaultPrevented) return;
      const slider = active instanceof HTMLInputElement && active.type === "range";
      if (typing(active) && !slider) return;
      if (slider && /^(Arrow|Home|End|Page)/.test(event.key)) return;
      if (active?.closest?.("[role=menu], [role=dialog], [role=listbox], details[open]") && !inside) return;
      const ctrl = event.ctrlKey || event.metaKey;
      const { state } = explorer;
      const key = event.key;
      const act = () => {
        if (ctrl) {
          if (key.toLowerCase() === "z") return event.shiftKey ? explorer.redo() : explorer.undo();
          if (key.toLowerCase() === "y") return explorer.redo();
          return false;
        }
        const dip = (direction) => {
          const d = explorer.goToDip(direction);
          say(d ? `Dip at day ${(d.t + explorer.days.shift).toFixed(2)}` : "No dip here");
        };
        const card = () => (inside && active.closest("[data-chart]")) || root.current?.querySelector("[data-chart]");
        switch (key) {
          case "ArrowLeft": return explorer.pan(event.shiftKey ? -1 : -0.1);
          case "ArrowRight": return explorer.pan(event.shiftKey ? 1 : 0.1);
          case "+":
          case "=": return explorer.zoom(0.6);
          case "-":
          case "_":
          case "\u2212": return explorer.zoom(1 / 0.6);
          case "0": return explorer.setView(explorer.fullView);
          case "n":
          case "N": return dip(1);
          case "p":
          case "P": return dip(-1);
          case "[": return explorer.setPeriod(state.period / 2);
          case "]": return explorer.setPeriod(state.period * 2);
          case ",": return explorer.setPeriod(state.period - explorer.nudgeStep);
          case ".": return explorer.setPeriod(state.period + explorer.nudgeStep);
          case "o":
          case "O": return explorer.set({ foldMode: state.foldMode === "oddeven" ? "all" : "oddeven" });
          case "r":
          case "R": return explorer.set({ foldMode: state.foldMode === "leftover" ? "all" : "leftover" });
          case "v":
          case "V": return explorer.set({ mode: "move" });
          case "m":
          case "M": return explorer.set({ mode: "mark" });
          case "x":
          case "X": return explorer.set({ mode: "hide" });
          case "t":
          case "T": return card()?.dispatchEvent(new Event("larun:table"));
          case "f":
          case "F": return root.current?.querySelector('[data-chart="brightness"]')?.dispatchEvent(new Event("larun:full"));
          default: {
            const n = Number(key);
            if (Number.isInteger(n) && n >= 1 && n <= 9 && explorer.find(n)) {
              explorer.selectSignal(n);
              onSignal?.(n);
              return say(`Signal ${n}`);
            }
            return false;
          }
        }
      };
      // A letter after G belongs to the page's own "go to" keys.
      const now = performance.now();
      if (key === "g" || key === "G") {
        press.afterG = now;
        return;
      }
      if (press.afterG && now - press.afterG < 1500) {
        press.afterG = 0;
        return;
      }
      if (act() !== false) event.preventDefault();
    };
    // Before the product's own keys hear it: here "?" lists the charts' keys.
    document.addEventListener("keydown", press, true);
    return () => document.removeEventListener("keydown", press, true);
  }, [explorer, on]);
  const turn = (next) => {
    window.localStorage.setItem(STORE, next ? "on" : "off");
    setOn(next);
  };
  return [on, turn];
}

export function KeyList({ on, turn, onClose }) {
  const box = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.focus();
    return () => before?.focus?.();
  }, []);
  return (
    <section
      className="card keylist"
      aria-labelledby="keylist-title"
      tabIndex={-1}
      ref={box}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <div className="row sp">
        <h2 id="keylist-title">Keys for the charts</h2>
        <IconButton icon={X} label="Close the list of keys" onClick={onClose} />
      </div>
      <dl>
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys.split("  ").map((k) => <kbd key={k}>{k}</kbd>)}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input type="checkbox" checked={on} onChange={(event) => turn(event.target.checked)} />
        Use these keys
      </label>
    </section>
  );
}
