/** "Search again without these points": starts a new run with the hidden ranges and goes to its progress page. */

import { useState } from "react";
import { RefreshCw } from "lucide-react";
import { rerun } from "./rerun.js";
import { count } from "./words.js";

export function RerunBar({ explorer, runUrl }) {
  const [phase, setPhase] = useState("idle");
  const [problem, setProblem] = useState("");
  const { hidden } = explorer.edits.now;
  const start = async () => {
    setPhase("sending");
    setProblem("");
    try {
      await rerun(runUrl, {
        hidden: hidden.map(([a, b]) => ({ start_bjd: a + explorer.offset, stop_bjd: b + explorer.offset })),
      });
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
