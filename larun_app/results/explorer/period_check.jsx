/** "Check these dips": a new run that measures and tests the dips at the period chosen in the fold, without a search. */

import { useState } from "react";
import { ListChecks } from "lucide-react";
import { rerun } from "./rerun.js";
import { period as periodText } from "./words.js";

export function PeriodCheck({ explorer, runUrl }) {
  const [phase, setPhase] = useState("idle");
  const [problem, setProblem] = useState("");
  const { period, epoch, duration } = explorer.state;
  const start = async () => {
    setPhase("sending");
    setProblem("");
    try {
      await rerun(runUrl, {
        signal: { period_days: period, epoch_bjd: epoch + explorer.offset, duration_hours: duration },
      });
    } catch (error) {
      setPhase("idle");
      setProblem(error.message || "The checks could not be started.");
    }
  };
  return (
    <div className="periodcheck">
      <p className="mut sm">
        This is not the period that was found.
        {problem ? <span className="problem" role="alert"> {problem} Nothing is lost.</span> : null}
      </p>
      <button type="button" className="btn s" disabled={phase === "sending"} onClick={start}>
        <ListChecks size={15} strokeWidth={1.75} aria-hidden="true" />
        {phase === "sending" ? "Starting" : `Check the dips every ${periodText(period)} days`}
      </button>
    </div>
  );
}
