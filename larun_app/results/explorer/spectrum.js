/** The periodogram in the browser: peaks, parts and multiples of a period, thinning for the screen. Pure functions. */

import { lowerBound } from "./timeline.js";

export const RATIOS = [
  [1 / 3, "⅓"],
  [1 / 2, "½"],
  [2, "×2"],
  [3, "×3"],
];

/** Is `a` a whole multiple or part (up to 4, also 2/3 and 3/2) of `b`, within 1.2 %? Returns the ratio or 0. */
export function harmonicRatio(a, b) {
  for (const ratio of [1, 2, 3, 4, 1 / 2, 1 / 3, 1 / 4, 2 / 3, 3 / 2]) {
    if (Math.abs(a / b / ratio - 1) < 0.012) return ratio;
  }
  return 0;
}

/** Is a : b as two small whole numbers (up to 12), within 0.6 %? Folding on such a period lines up part of the dips. */
export function commensurate(a, b) {
  for (let q = 1; q <= 12; q++) {
    const p = Math.round((a / b) * q);
    if (p >= 1 && p <= 12 && Math.abs((a / b) * (q / p) - 1) < 0.006) return true;
  }
  return false;
}

/** The highest peaks, at most `limit`, each at least 3 % in period from a higher one:
 * [{ index, period, power, harmonicOf }], sorted by power; `harmonicOf` = period of the higher peak it belongs to. */
export function findPeaks(periods, power, limit = 20) {
  const n = periods.length;
  const candidates = [];
  for (let i = 0; i < n; i++) {
    const p = power[i];
    if (p !== p) continue;
    if ((i === 0 || p >= power[i - 1]) && (i === n - 1 || p > power[i + 1])) candidates.push(i);
  }
  candidates.sort((a, b) => power[b] - power[a]);
  const peaks = [];
  for (const i of candidates.slice(0, 4000)) {
    if (peaks.some((q) => Math.abs(Math.log(q.period / periods[i])) < 0.03)) continue;
    const parent = peaks.find((q) => !q.harmonicOf && harmonicRatio(periods[i], q.period));
    peaks.push({ index: i, period: periods[i], power: power[i], harmonicOf: parent ? parent.period : 0 });
    if (peaks.length >= limit) break;
  }
  return peaks;
}

/** Highest power within `share` (relative) of a period: { period, power } or null. */
export function nearestPeak(periods, power, wanted, share) {
  const from = lowerBound(periods, wanted * (1 - share));
  const to = lowerBound(periods, wanted * (1 + share));
  let best = -1;
  for (let i = from; i < to; i++) if (best < 0 || power[i] > power[best]) best = i;
  return best < 0 ? null : { index: best, period: periods[best], power: power[best] };
}

/** Lowest and highest power per screen column of a logarithmic axis: { lo, hi } of `width` columns (NaN = empty). */
export function thinLog(periods, power, p0, p1, width) {
  const lo = new Float64Array(width).fill(NaN);
  const hi = new Float64Array(width).fill(NaN);
  const scale = width / Math.log(p1 / p0);
  const last = lowerBound(periods, p1 * (1 + 1e-12));
  for (let i = lowerBound(periods, p0); i < last; i++) {
    const v = power[i];
    if (v !== v) continue;
    let c = Math.floor(Math.log(periods[i] / p0) * scale);
    if (c >= width) c = width - 1;
    if (!(v >= lo[c])) lo[c] = lo[c] < v ? lo[c] : v;
    if (!(v <= hi[c])) hi[c] = hi[c] > v ? hi[c] : v;
  }
  return { lo, hi };
}

/** Ticks of a logarithmic period axis: 1-2-5 or, when it spans little, finer. */
export function logTicks(p0, p1, wanted) {
  const ladders = [
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 5],
    [1, 3],
    [1],
  ];
  const decades = Math.log10(p1 / p0);
  if (decades < 0.5) {
    const ticks = [];
    const step = (p1 - p0) / Math.max(2, wanted);
    const magnitude = 10 ** Math.floor(Math.log10(step));
    const nice = [1, 2, 5, 10].map((m) => m * magnitude).find((s) => s >= step);
    for (let v = Math.ceil(p0 / nice) * nice; v <= p1; v += nice) ticks.push(Number(v.toPrecision(8)));
    return ticks;
  }
  // Doubling steps read best over one to two decades: 0.5, 1, 2, 4, 8, 16.
  const doubling = [];
  for (let v = 2 ** Math.ceil(Math.log2(p0)); v <= p1; v *= 2) doubling.push(v);
  if (doubling.length <= wanted * 1.3 && doubling.length >= 2) return doubling;
  for (const ladder of ladders) {
    const ticks = [];
    for (let d = Math.floor(Math.log10(p0)); d <= Math.log10(p1); d++) {
      for (const m of ladder) {
        const v = m * 10 ** d;
        if (v >= p0 && v <= p1) ticks.push(v);
      }
    }
    if (ticks.length <= wanted * 1.3) return ticks;
  }
  return [p0, p1];
}
