"""Compiled inner loops of the template search: fold, halve, correlate.

All kernels release the interpreter lock and are cached on disk. Sums are in single precision over weights scaled to
mean 1; a phase bin holds at most some thousand points, so that the rounding stays below 1e-5 of the statistic.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

#: Template lengths are padded with zeros to one of these, so that the inner loop has a fixed length.
TAP_LENGTHS = (12, 16, 20)
MOST_TAPS = TAP_LENGTHS[-1]


@njit(nogil=True, cache=True, fastmath=True)
def correlate(w, wx, n, taps, taps_sq, length, least, stat):  # type: ignore[no-untyped-def]
    """stat[i] = max(sum_j a_j wx[i+j], 0)^2 / sum_j a_j^2 w[i+j], 0 where the denominator is below `least`."""
    best = np.float32(0.0)
    for i in range(n):
        num = np.float32(0.0)
        den = np.float32(0.0)
        for j in range(length):
            num += taps[j] * wx[i + j]
            den += taps_sq[j] * w[i + j]
        s = num * num / den if (num > 0 and den >= least) else np.float32(0.0)
        stat[i] = s
        best = max(best, s)
    return best


@njit(nogil=True, cache=True, fastmath=True)
def search_block(  # type: ignore[no-untyped-def]
    time,
    w,
    wx,
    periods,
    stop,
    bin_days,
    n_levels,
    taps,
    taps_sq,
    lengths,
    levels,
    least_points,
    share,
    out_stat,
    out_duration,
    out_centre,
    out_depth,
):
    """Search all `periods` of one block; see `science.search.engine` for the meaning of the arrays."""
    n_points = time.size
    unit = 1 << (n_levels - 1)
    most = 0
    for p in range(periods.size):
        most = max(most, math.ceil(periods[p] / bin_days / unit) * unit)
    pad = 32
    fold_w = np.zeros((n_levels, most + pad), np.float32)
    fold_wx = np.zeros((n_levels, most + pad), np.float32)
    stat = np.empty(most, np.float32)
    total = np.float32(0.0)
    for i in range(n_points):
        total += w[i]
    for p in range(periods.size):
        period = periods[p]
        n_bins = math.ceil(period / bin_days / unit) * unit
        a = fold_w[0]
        b = fold_wx[0]
        a[: n_bins + pad] = 0
        b[: n_bins + pad] = 0
        f = 1.0 / period
        for i in range(n_points):
            phase = time[i] * f
            phase -= math.floor(phase)
            k = min(int(phase * n_bins), n_bins - 1)
            a[k] += w[i]
            b[k] += wx[i]
        n = n_bins
        for lev in range(n_levels):
            a = fold_w[lev]
            b = fold_wx[lev]
            if lev > 0:
                n //= 2
                a0 = fold_w[lev - 1]
                b0 = fold_wx[lev - 1]
                for i in range(n):
                    a[i] = a0[2 * i] + a0[2 * i + 1]
                    b[i] = b0[2 * i] + b0[2 * i + 1]
            for i in range(pad):
                a[n + i] = a[i % n]
                b[n + i] = b[i % n]
        best = np.float32(0.0)
        best_d = -1
        best_i = -1
        for d in range(stop[p]):
            lev = levels[d]
            n = n_bins >> lev
            norm = np.float32(0.0)
            for j in range(lengths[d]):
                norm += taps_sq[d, j]
            least = max(least_points * norm / lengths[d], share * total / n * norm)
            got = correlate(fold_w[lev], fold_wx[lev], n, taps[d], taps_sq[d], lengths[d], least, stat)
            if got > best:
                for i in range(n):
                    if stat[i] >= got:
                        best_i = i
                        break
                best = got
                best_d = d
        out_stat[p] = best
        out_duration[p] = best_d
        if best_d >= 0:
            lev = levels[best_d]
            n = n_bins >> lev
            width = period / n
            out_centre[p] = (best_i + 0.5 * lengths[best_d]) * width
            num = np.float32(0.0)
            den = np.float32(0.0)
            for j in range(lengths[best_d]):
                num += taps[best_d, j] * fold_wx[lev, best_i + j]
                den += taps_sq[best_d, j] * fold_w[lev, best_i + j]
            out_depth[p] = num / den
        else:
            out_centre[p] = 0.0
            out_depth[p] = 0.0
