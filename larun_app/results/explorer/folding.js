/** Dips on top of each other: folding, averaging, the search for a mid-time, odd and even dips. Pure functions. */

import { dipRanges } from "./lightcurve.js";

/** Points within `halfWindow` hours of a dip, folded.
 *
 * @returns {{x: Float64Array, y: Float64Array, odd: Uint8Array, dips: number}} hours from mid-dip, ppm, and whether the
 * dip's number (counted from the epoch) is odd; `dips` = how many dips have at least one point inside `duration` hours.
 */
export function foldPoints(t, y, state, period, epoch, halfWindow, duration) {
  const ranges = dipRanges(t, period, epoch, halfWindow / 24);
  let n = 0;
  for (const [from, to] of ranges) n += to - from;
  const x = new Float64Array(n);
  const v = new Float64Array(n);
  const odd = new Uint8Array(n);
  const halfDip = duration / 2;
  let m = 0;
  let dips = 0;
  for (const [from, to, k] of ranges) {
    const middle = epoch + k * period;
    const parity = k & 1;
    let inside = 0;
    for (let i = from; i < to; i++) {
      const value = y[i];
      if (state[i] !== 1 || value !== value) continue;
      const hours = (t[i] - middle) * 24;
      x[m] = hours;
      v[m] = value;
      odd[m] = parity;
      m += 1;
      if (hours < halfDip && hours > -halfDip) inside = 1;
    }
    dips += inside;
  }
  return { x: x.subarray(0, m), y: v.subarray(0, m), odd: odd.subarray(0, m), dips };
}

/** Means of folded points in bins of `width` hours: { x, y, err, count }. `parity`: undefined, 0 (even) or 1 (odd). */
export function binFold(fold, width, halfWindow, parity) {
  const bins = Math.max(1, Math.ceil((2 * halfWindow) / width));
  const half = (bins * width) / 2;
  const count = new Int32Array(bins);
  const sum = new Float64Array(bins);
  const square = new Float64Array(bins);
  const sumX = new Float64Array(bins);
  for (let i = 0; i < fold.x.length; i++) {
    if (parity !== undefined && fold.odd[i] !== parity) continue;
    const b = Math.floor((fold.x[i] + half) / width);
    if (b < 0 || b >= bins) continue;
    count[b] += 1;
    sum[b] += fold.y[i];
    square[b] += fold.y[i] * fold.y[i];
    sumX[b] += fold.x[i];
  }
  const out = { x: [], y: [], err: [], count: [] };
  for (let b = 0; b < bins; b++) {
    const c = count[b];
    if (!c) continue;
    const mean = sum[b] / c;
    const variance = c > 1 ? Math.max(0, (square[b] - c * mean * mean) / (c - 1)) : NaN;
    out.x.push(sumX[b] / c);
    out.y.push(mean);
    out.err.push(c > 1 ? Math.sqrt(variance / c) : NaN);
    out.count.push(c);
  }
  return out;
}

/** Value of the model curve at `hours` from mid-dip, by straight lines between its points; 0 outside. */
export function modelAt(model, hours) {
  const { x, y } = model;
  const n = x.length;
  if (!n || hours < x[0] || hours > x[n - 1]) return 0;
  let lo = 0;
  let hi = n - 1;
  while (hi - lo > 1) {
    const mid = (lo + hi) >> 1;
    if (x[mid] <= hours) lo = mid;
    else hi = mid;
  }
  const span = x[hi] - x[lo];
  return span > 0 ? y[lo] + ((y[hi] - y[lo]) * (hours - x[lo])) / span : y[lo];
}

/** Mean depth of a folded dip against both its sides: { depth, err, inside } in ppm, or null without enough points.
 *
 * Inside = the central 60 % of the duration, sides = between 0.75 and 2 durations from the middle.
 */
export function dipDepth(fold, duration, parity) {
  let nIn = 0;
  let sumIn = 0;
  let squareIn = 0;
  let nOut = 0;
  let sumOut = 0;
  let squareOut = 0;
  for (let i = 0; i < fold.x.length; i++) {
    if (parity !== undefined && fold.odd[i] !== parity) continue;
    const r = Math.abs(fold.x[i]) / duration;
    const v = fold.y[i];
    if (r < 0.3) {
      nIn += 1;
      sumIn += v;
      squareIn += v * v;
    } else if (r > 0.75 && r < 2) {
      nOut += 1;
      sumOut += v;
      squareOut += v * v;
    }
  }
  if (nIn < 3 || nOut < 3) return null;
  const meanIn = sumIn / nIn;
  const meanOut = sumOut / nOut;
  const varIn = Math.max(0, squareIn / nIn - meanIn * meanIn) / nIn;
  const varOut = Math.max(0, squareOut / nOut - meanOut * meanOut) / nOut;
  return { depth: meanOut - meanIn, err: Math.sqrt(varIn + varOut), inside: nIn };
}

/** Mid-time of the deepest dip at `period`: the box of `duration` hours with the highest significance.
 *
 * The curve is folded into bins of an eighth of the duration and a box slid over them around the whole orbit.
 * @returns {number} epoch in days near the middle of the data
 */
export function bestEpoch(t, y, state, period, duration) {
  const bins = Math.max(24, Math.min(20000, Math.round((period * 24 * 8) / duration)));
  const sum = new Float64Array(bins);
  const count = new Int32Array(bins);
  for (let i = 0; i < t.length; i++) {
    if (state[i] !== 1 || y[i] !== y[i]) continue;
    const cycles = t[i] / period;
    let b = Math.floor((cycles - Math.floor(cycles)) * bins);
    if (b === bins) b = 0;
    sum[b] += y[i];
    count[b] += 1;
  }
  const width = Math.max(1, Math.min(bins - 1, Math.round((duration / 24 / period) * bins)));
  let s = 0;
  let c = 0;
  for (let b = 0; b < width; b++) {
    s += sum[b];
    c += count[b];
  }
  let best = 0;
  let bestScore = Infinity;
  for (let b = 0; b < bins; b++) {
    if (c > 0 && s / Math.sqrt(c) < bestScore) {
      bestScore = s / Math.sqrt(c);
      best = b;
    }
    s += sum[(b + width) % bins] - sum[b];
    c += count[(b + width) % bins] - count[b];
  }
  const phase = ((best + width / 2) / bins) % 1;
  const middle = t.length ? (t[0] + t[t.length - 1]) / 2 : 0;
  return (Math.round(middle / period - phase) + phase) * period;
}

/** Width of the averages of a fold, in hours, from a ladder a person would name, and its name. */
export function foldWidth(duration, halfWindow) {
  const rough = Math.min(duration / 9, halfWindow / 12);
  const minutes = [1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 240, 480];
  const pick = minutes.find((m) => m >= rough * 60 * 0.75) ?? 480;
  return [pick / 60, pick < 60 ? `${pick}-minute average` : `${pick / 60}-hour average`];
}
