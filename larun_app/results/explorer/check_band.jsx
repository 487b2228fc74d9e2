/** The note above the light curve while the points of a check are picked out, with the way to let them go. */

import { Link } from "react-router";
import { ListChecks, X } from "lucide-react";
import { plural } from "./words.js";

/** What is picked out, in words for the summary; "" for nothing. */
export function checkedWords(explorer) {
  const { checked } = explorer;
  if (!checked) return "";
  const n = checked.windows.length;
  return `Shaded: ${plural(n, "stretch", "stretches")} whose points the check “${checked.title}” rests on.`;
}

export function CheckBand({ explorer }) {
  const { checked } = explorer;
  if (!checked) return null;
  const run = /\/runs\/[a-z0-9]{1,32}/.exec(window.location.pathname)?.[0] ?? "";
  const back = `${run}/report?signal=${explorer.state.signal}#check-${explorer.state.test}`;
  return (
    <div className="note checkband" data-check={explorer.state.test}>
      <ListChecks size={18} strokeWidth={1.75} aria-hidden="true" />
      <p className="grow">
        The points behind <b className="b">“{checked.title}”</b> are shaded and amber.
      </p>
      {run ? <Link className="btn s" to={back}>Back to the check</Link> : null}
      <button type="button" className="btn s" onClick={() => explorer.set({ test: "" })}>
        <X size={15} strokeWidth={1.75} aria-hidden="true" />
        Clear
      </button>
    </div>
  );
}
