/** Drawn time: observation time with the long empty gaps folded away.
 *
 * A star seen in 2019 and again in 2022 is empty for 97 % of the axis. `Timeline` keeps every stretch of data at true
 * scale and draws a longer gap as a short break. All drawing happens in drawn days ("u"); everything that is said,
 * stored or typed is in real days ("t").
 */

const LONGEST_TRUE_GAP_DAYS = 5;

export class Timeline {
  /** @param {Float64Array} t ascending times in days */
  constructor(t) {
    const n = t.length;
    const pieces = [];
    let first = 0;
    let observed = 0;
    for (let i = 1; i <= n; i++) {
      if (i === n || t[i] - t[i - 1] > LONGEST_TRUE_GAP_DAYS) {
        if (n) pieces.push({ t0: t[first], t1: t[i - 1], from: first, to: i, u0: 0, u1: 0 });
        if (n) observed += t[i - 1] - t[first];
        first = i;
      }
    }
    this.breakDays = Math.max(0.6, observed * 0.016);
    let u = 0;
    for (const piece of pieces) {
      piece.u0 = u;
      piece.u1 = u + (piece.t1 - piece.t0);
      u = piece.u1 + this.breakDays;
    }
    this.pieces = pieces;
    this.start = pieces.length ? pieces[0].t0 : 0;
    this.stop = pieces.length ? pieces[pieces.length - 1].t1 : 1;
    this.length = pieces.length ? pieces[pieces.length - 1].u1 : 1;
    this.u = new Float64Array(n);
    for (const piece of pieces) {
      const shift = piece.u0 - piece.t0;
      for (let i = piece.from; i < piece.to; i++) this.u[i] = t[i] + shift;
    }
  }

  get hasBreaks() {
    return this.pieces.length > 1;
  }

  toU(t) {
    const p = this.pieces;
    if (!p.length) return 0;
    if (t <= p[0].t1) return p[0].u0 + (t - p[0].t0);
    for (let k = 1; k < p.length; k++) {
      if (t < p[k].t0) {
        const share = (t - p[k - 1].t1) / (p[k].t0 - p[k - 1].t1);
        return p[k - 1].u1 + share * this.breakDays;
      }
      if (t <= p[k].t1) return p[k].u0 + (t - p[k].t0);
    }
    const last = p[p.length - 1];
    return last.u1 + (t - last.t1);
  }

  toT(u) {
    const p = this.pieces;
    if (!p.length) return 0;
    if (u <= p[0].u1) return p[0].t0 + (u - p[0].u0);
    for (let k = 1; k < p.length; k++) {
      if (u < p[k].u0) {
        const share = (u - p[k - 1].u1) / this.breakDays;
        return p[k - 1].t1 + share * (p[k].t0 - p[k - 1].t1);
      }
      if (u <= p[k].u1) return p[k].t0 + (u - p[k].u0);
    }
    const last = p[p.length - 1];
    return last.t1 + (u - last.u1);
  }

  /** Ticks for [u0, u1] about `wanted` apart: places in u and the real day each stands for. */
  ticks(u0, u1, wanted) {
    const step = niceStep((u1 - u0) / Math.max(1, wanted));
    const ticks = [];
    const nearest = step * 0.55;
    for (const piece of this.pieces) {
      if (piece.u1 < u0 || piece.u0 > u1) continue;
      const a = Math.max(this.toT(Math.max(u0, piece.u0)), piece.t0);
      const b = Math.min(this.toT(Math.min(u1, piece.u1)), piece.t1);
      const before = ticks.length;
      for (let v = Math.ceil(a / step - 1e-9) * step; v <= b + step * 1e-6; v += step) {
        const u = piece.u0 + (v - piece.t0);
        if (!ticks.length || u - ticks[ticks.length - 1].u >= nearest) ticks.push({ u, t: v, step });
      }
      // A short stretch between two breaks still says where in time it is.
      if (ticks.length === before && this.hasBreaks) {
        const t = Math.round((a + b) / 2);
        const u = piece.u0 + (t - piece.t0);
        if (u >= u0 && u <= u1 && (!ticks.length || u - ticks[ticks.length - 1].u >= nearest)) {
          ticks.push({ u, t, step });
        }
      }
    }
    return ticks;
  }

  /** Centres of the breaks inside [u0, u1]. */
  breaks(u0, u1) {
    const centres = [];
    for (let k = 1; k < this.pieces.length; k++) {
      const u = this.pieces[k].u0 - this.breakDays / 2;
      if (u > u0 && u < u1) centres.push(u);
    }
    return centres;
  }
}

/** The 1, 2 or 5 times a power of ten nearest to `rough`. */
export function niceStep(rough) {
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const ratio = rough / magnitude;
  return (ratio < 1.5 ? 1 : ratio < 3.2 ? 2 : ratio < 7.1 ? 5 : 10) * magnitude;
}

/** First index, not before `start`, whose value is >= x in an ascending array. */
export function lowerBound(values, x, start = 0) {
  let lo = start;
  let hi = values.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (values[mid] < x) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}
