/** What the charts of the fit page read over HTTP, fetched once for each stored fit. */

import { useEffect, useState } from "react";
import { fetchReport, fetchSeries, runInAddress } from "../../results/explorer/series.js";

const kept = new Map();

function once(key, load) {
  if (!kept.has(key)) {
    const answer = load();
    kept.set(key, answer);
    answer.catch(() => kept.delete(key));
    if (kept.size > 12) kept.delete(kept.keys().next().value);
  }
  return kept.get(key);
}

const read = {
  corner: (run, signal) => fetchReport(`${run}/signals/${signal}/fit/corner`),
  fit: async (run, signal) => (await fetchReport(`${run}/signals/${signal}/fit`)).fit,
  series: (run, signal, name) => fetchSeries(run, `fit-${signal}-${name}`),
};

/** Part of a fit: "corner", "fit", or the name of a series. `stamp` changes with the stored fit. */
export function part(signal, stamp, what) {
  const run = runInAddress();
  const load = read[what] ?? ((r, s) => read.series(r, s, what));
  return once(`${run} ${signal} ${stamp} ${what}`, () => load(run, signal));
}

/** { value, problem } of the parts of a fit, in the order of `names`; value null while they are on their way. */
export function useParts(signal, stamp, names) {
  const wanted = names.join();
  const [state, setState] = useState({ value: null, problem: "" });
  useEffect(() => {
    let alive = true;
    if (!stamp) return undefined;
    Promise.all(wanted.split(",").map((name) => part(signal, stamp, name)))
      .then((value) => alive && setState({ value, problem: "" }))
      .catch((error) => alive && setState({ value: null, problem: error.message }));
    return () => {
      alive = false;
    };
  }, [signal, stamp, wanted]);
  return state;
}

/** Address of a download of this fit. */
export const fileOf = (run, signal, ending) => `/api/v1/runs/${run}/download/fit-${signal}${ending}`;

/** Short names of parameters, for axes; their unit; and what an axis multiplies by to be read easily. */
export const NAMES = {
  period_days: ["year", "s", 1],
  epoch_bjd: ["time", "min", 1],
  radius_ratio: ["size ratio", "%", 100],
  impact_parameter: ["path", "", 1],
  duration_hours: ["dip", "h", 1],
  density_transit_gcc: ["star density", "", 1],
  u1: ["edge u1", "", 1],
  u2: ["edge u2", "", 1],
  eccentricity: ["roundness", "", 1],
  omega_deg: ["direction", "°", 1],
  dilution: ["other light", "%", 100],
};

/** Words for the same in a sentence. */
export const SPOKEN = {
  period_days: "the year",
  epoch_bjd: "the time of a dip",
  radius_ratio: "the size ratio",
  impact_parameter: "the path across the star",
  duration_hours: "the length of a dip",
  density_transit_gcc: "the star’s density",
  u1: "the dimming of the edge, u1",
  u2: "the dimming of the edge, u2",
  eccentricity: "the roundness of the orbit",
  omega_deg: "the orbit’s direction",
  dilution: "the light of others",
};

export const axisName = (key, unit) => {
  const [name, own] = NAMES[key] ?? [key, unit];
  return own ? `${name}, ${own}` : name;
};
