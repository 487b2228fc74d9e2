/** The three linked charts of a result, and the actions beside its title. */

import "uplot/dist/uPlot.min.css";
import { useCallback, useEffect, useRef, useState } from "react";
import { BrightnessCard } from "./brightness_card.jsx";
import { Explorer } from "./explorer.js";
import { FoldCard } from "./fold_card.jsx";
import { KeyList, useChartKeys } from "./keys.jsx";
import { PeriodogramCard } from "./periodogram_card.jsx";
import { fetchReport, fetchSeries, runInAddress } from "./series.js";

/**
 * @param {object} props
 *   runUrl: "/api/v1/runs/<id>"; without it, the run in the page's address, so that the light is on its way before
 *     the page's own state has arrived
 *   signal: index of the signal chosen on the page; onSignal(index): one was chosen here
 *   canRerun: whether "search again" is offered
 */
export function ResultsExplorer({ runUrl: given, signal, onSignal, canRerun = true }) {
  const runUrl = given ?? runInAddress();
  const [explorer, setExplorer] = useState(null);
  const [problem, setProblem] = useState("");
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (!runUrl) return undefined;
    let alive = true;
    setExplorer(null);
    setProblem("");
    Promise.all([fetchReport(runUrl), fetchSeries(runUrl, "lightcurve")])
      .then(([report, series]) => {
        if (!alive) return;
        const made = new Explorer(report, series);
        setExplorer(made);
        if (made.signals.length && made.state.signal !== made.signals[0].index) onSignal?.(made.state.signal);
      })
      .catch((error) => alive && setProblem(error.status === 404 || error.status === 409 ? "-" : error.message));
    return () => {
      alive = false;
    };
  }, [runUrl, attempt]);
  // No such run, or not finished: the page itself says so.
  if (problem === "-") return null;
  if (problem) {
    return (
      <div className="note warn" role="alert">
        <div className="grow">The charts could not be loaded. {problem}</div>
        <button type="button" className="btn s" onClick={() => setAttempt(attempt + 1)}>Try again</button>
      </div>
    );
  }
  if (!explorer) return <ChartsLoading />;
  return <Charts key={runUrl + attempt} explorer={explorer} runUrl={runUrl} signal={signal} onSignal={onSignal} canRerun={canRerun} />;
}

function ChartsLoading() {
  return (
    <div className="charts" role="status" aria-label="Loading the light curve">
      <div className="card f skcard"><div className="sk late" /></div>
      <div className="grid2">
        <div className="card f skcard"><div className="sk late" /></div>
        <div className="card f skcard"><div className="sk late" /></div>
      </div>
    </div>
  );
}

function Charts({ explorer, runUrl, signal, onSignal, canRerun }) {
  const root = useRef(null);
  const [keysShown, setKeysShown] = useState(false);
  const [said, setSaid] = useState("");
  const loads = useRef({});
  const load = useCallback((round) => {
    loads.current[round] ??= fetchSeries(runUrl, `periodogram-${round}`).catch((error) => {
      delete loads.current[round];
      throw error;
    });
    return loads.current[round];
  }, [runUrl]);
  const [keysOn, turnKeys] = useChartKeys(explorer, root, {
    onSignal,
    onList: () => setKeysShown((now) => !now),
    say: setSaid,
  });
  const first = useRef(true);
  useEffect(() => {
    // The page's first word on the signal is its default; the address may have asked for another.
    if (first.current) {
      first.current = false;
      return;
    }
    if (signal !== undefined && signal !== null && signal !== explorer.state.signal) explorer.selectSignal(signal);
  }, [signal]);
  return (
    <div className="charts" ref={root}>
      {keysShown ? <KeyList on={keysOn} turn={turnKeys} onClose={() => setKeysShown(false)} /> : null}
      <BrightnessCard explorer={explorer} runUrl={runUrl} onKeys={() => setKeysShown(!keysShown)} canRerun={canRerun} />
      <div className={explorer.report.periodograms.length ? "grid2" : ""}>
        {explorer.report.periodograms.length ? (
          <PeriodogramCard explorer={explorer} runUrl={runUrl} load={load} onSignal={onSignal} />
        ) : null}
        {explorer.ephemeris ? <FoldCard explorer={explorer} runUrl={runUrl} onSignal={onSignal} canRerun={canRerun} /> : null}
      </div>
      <p className="visually-hidden" aria-live="polite">{said}</p>
    </div>
  );
}
