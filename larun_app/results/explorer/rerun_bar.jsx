/** "Search again without these points": starts a new run with the hidden ranges and goes to its progress page. */

import { useState } from "react";
import { RefreshCw } from "lucide-react";
import { count } from "./words.js";

export function RerunBar({ explorer, runUrl }) {
  const [phase, setPhase] = useState("idle");
  const [problem, setProblem] = useState("");
  const { hidden } = explorer.edits.now;
  const start = async () => {
    setPhase("sending");
    setProblem("");
    try {
      const response = await fetch(`${runUrl}/rerun`, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
          hidden: hidden.map(([a, b]) => ({ start_bjd: a + explorer.offset, stop_bjd: b + explorer.offset })),
        }),
      });
      const answer = await response.json().catch(() => ({}));
      if (!response.ok) throw new Error(answer.error || `The server answered ${response.status}.`);
      window.location.assign(answer.page);
    } catch (error) {
      setPhase("idle");
      setProblem(error.message || "The search could not be started.");
    }
  };
  return (
    <div className="note info rerun">
      <div className="grow">
        <p>
          {hidden.length === 1 ? "One stretch is" : `${count(hidden.length)[0].toUpperCase()}${count(hidden.length).slice(1)} stretches are`} hidden
          in these pictures. The numbers above still come from the search that used them.
        </p>
        {problem ? <p className="problem" role="alert">{problem} Nothing is lost.</p> : null}
      </div>
      <button type="button" className="btn s long" disabled={phase === "sending"} onClick={start}>
        <RefreshCw size={15} strokeWidth={1.75} aria-hidden="true" />
        {phase === "sending" ? "Starting" : "Search again without these points"}
      </button>
    </div>
  );
}
