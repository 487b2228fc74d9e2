/** The light curve in the browser: which points count, averages at several widths, the points inside dips. */

import { Timeline, lowerBound } from "./timeline.js";

export const FLAG = { used: 1, bad: 2, filled: 4, hidden: 8, outlier: 16 };

/** Widths of the averages offered, in days, each with its name. */
export const AVERAGES = [
  [5 / 1440, "5-minute average"],
  [10 / 1440, "10-minute average"],
  [20 / 1440, "20-minute average"],
  [30 / 1440, "30-minute average"],
  [1 / 24, "1-hour average"],
  [2 / 24, "2-hour average"],
  [4 / 24, "4-hour average"],
  [8 / 24, "8-hour average"],
  [0.5, "12-hour average"],
  [1, "1-day average"],
  [2, "2-day average"],
  [5, "5-day average"],
];

export class LightCurve {
  constructor(series) {
    const { t, raw, flux, trend, sector, flags } = series.columns;
    Object.assign(this, { n: series.n, t, raw, flux, trend, sector, flags, meta: series.meta });
    this.timeline = new Timeline(t);
    this.u = this.timeline.u;
    this.cadenceDays = series.meta.cadence_days_min || medianStep(t);
    // 1 = counts, 0 = left out by the analysis, 2 = hidden here by hand
    this.state = new Uint8Array(this.n);
    this.version = 0;
    this.setHidden([]);
  }

  /** Marks the points inside the hand-made ranges [[start, stop], …] (days) as hidden. */
  setHidden(ranges) {
    const { state, flags, t, n } = this;
    for (let i = 0; i < n; i++) state[i] = flags[i] & FLAG.used ? 1 : 0;
    let hidden = 0;
    for (const [start, stop] of ranges) {
      const last = lowerBound(t, stop);
      for (let i = lowerBound(t, start); i < last; i++) {
        if (state[i] === 1) hidden += 1;
        state[i] = 2;
      }
    }
    this.hiddenCount = hidden;
    this.leftOutCount = 0;
    for (let i = 0; i < n; i++) if (state[i] === 0) this.leftOutCount += 1;
    this.version += 1;
    this.cache = new Map();
  }

  /** Index range [from, to) of the points with u0 <= u <= u1. */
  range(u0, u1) {
    return [lowerBound(this.u, u0), lowerBound(this.u, u1)];
  }

  values(layer) {
    return layer === "raw" ? this.raw : this.flux;
  }

  /** 1 for points inside a dip of the ephemeris, cached per ephemeris. */
  inDip(ephemeris) {
    if (!ephemeris) return null;
    const key = `${ephemeris.period}|${ephemeris.epoch}|${ephemeris.duration}`;
    if (this.dipKey === key) return this.dipMask;
    const mask = new Uint8Array(this.n);
    const half = ephemeris.duration / 48;
    for (const [from, to] of dipRanges(this.t, ephemeris.period, ephemeris.epoch, half)) mask.fill(1, from, to);
    this.dipKey = key;
    this.dipMask = mask;
    return mask;
  }

  /** Averages of width `days`: { u, t, y, count, dip }, never across a gap and never mixing dip and out-of-dip points.
   *
   * Inside a dip the width is at most a third of the dip, so that the dip keeps its depth however far out one zooms.
   */
  averages(days, layer, ephemeris) {
    const key = `${days}|${layer}|${ephemeris ? `${ephemeris.period}|${ephemeris.epoch}|${ephemeris.duration}` : ""}`;
    const cached = this.cache.get(key);
    if (cached) return cached;
    const { t, u, n, state } = this;
    const y = this.values(layer);
    const dipMask = this.inDip(ephemeris);
    const dipWidth = ephemeris ? Math.min(days, ephemeris.duration / 72) : days;
    const out = { u: [], t: [], y: [], count: [], dip: [] };
    let sumT = 0;
    let sumU = 0;
    let sumY = 0;
    let count = 0;
    let edge = -Infinity; // where the present bin ends
    let inside = 0;
    const least = Math.max(1, Math.min(3, Math.floor((0.3 * days) / this.cadenceDays)));
    const flush = () => {
      if (count >= (inside ? 1 : least)) {
        out.u.push(sumU / count);
        out.t.push(sumT / count);
        out.y.push(sumY / count);
        out.count.push(count);
        out.dip.push(inside);
      }
      sumT = sumU = sumY = count = 0;
    };
    for (let i = 0; i < n; i++) {
      const v = y[i];
      if (state[i] !== 1 || v !== v) continue;
      const now = dipMask === null ? 0 : dipMask[i];
      const time = t[i];
      if (time >= edge || now !== inside) {
        flush();
        inside = now;
        const width = now ? dipWidth : days;
        edge = (Math.floor(time / width) + 1) * width;
      }
      sumT += time;
      sumU += u[i];
      sumY += v;
      count += 1;
    }
    flush();
    const result = {
      u: Float64Array.from(out.u),
      t: Float64Array.from(out.t),
      y: Float64Array.from(out.y),
      count: Int32Array.from(out.count),
      dip: Uint8Array.from(out.dip),
    };
    if (this.cache.size > 24) this.cache.delete(this.cache.keys().next().value);
    this.cache.set(key, result);
    return result;
  }

  /** The average width that puts about `wanted` points on a window of `days` days, and its name. */
  averageFor(days, wanted) {
    for (const [width, name] of AVERAGES) {
      if (width < this.cadenceDays * 1.9) continue;
      if (days / width <= wanted) return [width, name];
    }
    return AVERAGES[AVERAGES.length - 1];
  }

  /** Robust limits of the values in [from, to): { lo, hi, median, sigma } of the points that count. */
  spread(from, to, layer) {
    const key = `spread|${from}|${to}|${layer}`;
    const cached = this.cache.get(key);
    if (cached) return cached;
    const y = this.values(layer);
    const sample = [];
    const step = Math.max(1, Math.floor((to - from) / 6000));
    for (let i = from; i < to; i += step) if (this.state[i] === 1 && y[i] === y[i]) sample.push(y[i]);
    sample.sort((a, b) => a - b);
    const at = (share) => (sample.length ? sample[Math.min(sample.length - 1, Math.floor(share * sample.length))] : 0);
    const median = at(0.5);
    const result = {
      lo: at(0.004),
      hi: at(0.996),
      median,
      sigma: Math.max(1, (at(0.84) - at(0.16)) / 2),
      n: sample.length,
    };
    this.cache.set(key, result);
    return result;
  }

  /** Mid-times of all dips of the ephemeris inside the observed time: [{ t, number, points }]. */
  dips(ephemeris) {
    const list = [];
    if (!ephemeris || !this.n) return list;
    const { period, epoch, duration } = ephemeris;
    const half = duration / 48;
    for (const piece of this.timeline.pieces) {
      const first = Math.ceil((piece.t0 - half - epoch) / period);
      const last = Math.floor((piece.t1 + half - epoch) / period);
      if (last - first > 20000) return list;
      for (let k = first; k <= last; k++) {
        const mid = epoch + k * period;
        let points = 0;
        const stop = lowerBound(this.t, mid + half);
        for (let i = lowerBound(this.t, mid - half); i < stop; i++) if (this.state[i] === 1) points += 1;
        list.push({ t: mid, number: k, points });
      }
    }
    return list;
  }
}

/** Index ranges [from, to, number] of the points within `half` days of each mid-time epoch + k period, in order.
 * `half` beyond half a period is cut to it, so that no point is in two ranges. */
export function dipRanges(t, period, epoch, half) {
  const ranges = [];
  const n = t.length;
  if (!n) return ranges;
  const reach = Math.min(half, period / 2);
  let k = Math.ceil((t[0] - reach - epoch) / period);
  let from = lowerBound(t, epoch + k * period - reach);
  while (from < n) {
    const to = lowerBound(t, epoch + k * period + reach, from);
    if (to > from) ranges.push([from, to, k]);
    // Across a gap straight to the next dip that can hold a point.
    k = to < n ? Math.max(k + 1, Math.ceil((t[to] - reach - epoch) / period)) : k + 1;
    from = lowerBound(t, epoch + k * period - reach, to);
  }
  return ranges;
}

function medianStep(t) {
  const steps = [];
  for (let i = 1; i < t.length; i += Math.max(1, Math.floor(t.length / 2000))) steps.push(t[i] - t[i - 1]);
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] || 0.02;
}
