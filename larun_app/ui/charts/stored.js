/** What the charts of the validation report read over HTTP, fetched once a page. */

import { fetchReport, runInAddress } from "../../results/explorer/series.js";

const kept = new Map();

function once(url, load) {
  if (!kept.has(url)) {
    const answer = load(url);
    kept.set(url, answer);
    answer.catch(() => kept.delete(url));
    if (kept.size > 8) kept.delete(kept.keys().next().value);
  }
  return kept.get(url);
}

/** The report of the run in the page's address. */
export const report = () => once(runInAddress(), fetchReport);

/** The pictures of its pixels for one signal; null where there are none. */
export async function skyPictures(signal) {
  try {
    return await once(`${runInAddress()}/sky/${signal}`, fetchReport);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/** The signal of the page's number; 0 is the strongest repeat of a search that found nothing. */
export const signalOf = (document, index) =>
  document.signals.find((s) => s.index === index) ?? (document.signals.length ? null : document.best_rejected);
