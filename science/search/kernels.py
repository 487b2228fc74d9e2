"""Compiled inner loops of the template search: fold, merge, halve, correlate.

All kernels release the interpreter lock and are cached on disk. Sums are in single precision over weights scaled to
mean 1; a phase bin holds at most some thousand points, so that the rounding stays below 1e-5 of the statistic.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

#: Template lengths are padded with zeros to one of these: a loop of fixed length is unrolled and vectorised.
TAP_LENGTHS = (12, 16, 20)
MOST_TAPS = 20
#: Durations tried round the best one on bins half as wide: half a step apart, from one step below to one above.
FINE_DURATIONS = 5
#: Mid-transit times tried there, so many of the finer bins to either side. Parabolas place the best time and duration
#: between those tried.
FINE_SHIFTS = 2
#: These templates have at most this many taps: 2 x 20 x one step of at most 1.5.
MOST_FINE_TAPS = 60
#: Bins repeated after the last one, so that templates wrap round without a test.
PAD = 64
#: Mid-transit times are tried in tiles of this many bins, so that both sums stay in the first-level cache.
TILE = 1024
#: Phases are checked for a second transit's data on this many bins.
COVERAGE_BINS = 128

_ZERO = np.float32(0.0)
_fast = {"nogil": True, "cache": True, "fastmath": True, "error_model": "numpy"}


@njit(**_fast)
def _correlate_12(w, wx, n, taps, taps_sq, least, stat):  # type: ignore[no-untyped-def]
    for i in range(n):
        num = _ZERO
        den = _ZERO
        for j in range(12):
            num += taps[j] * wx[i + j]
            den += taps_sq[j] * w[i + j]
        num = num if num > _ZERO else _ZERO
        stat[i] = num * num / den if den > least else _ZERO


@njit(**_fast)
def _correlate_16(w, wx, n, taps, taps_sq, least, stat):  # type: ignore[no-untyped-def]
    for i in range(n):
        num = _ZERO
        den = _ZERO
        for j in range(16):
            num += taps[j] * wx[i + j]
            den += taps_sq[j] * w[i + j]
        num = num if num > _ZERO else _ZERO
        stat[i] = num * num / den if den > least else _ZERO


@njit(**_fast)
def _correlate_20(w, wx, n, taps, taps_sq, least, stat):  # type: ignore[no-untyped-def]
    for i in range(n):
        num = _ZERO
        den = _ZERO
        for j in range(20):
            num += taps[j] * wx[i + j]
            den += taps_sq[j] * w[i + j]
        num = num if num > _ZERO else _ZERO
        stat[i] = num * num / den if den > least else _ZERO


@njit(nogil=True, cache=True)
def _largest(bits):  # type: ignore[no-untyped-def]
    """Largest of non-negative floats by their bits as integers: that reduction vectorises, a float one does not."""
    most = np.int32(0)
    for i in range(bits.size):
        most = max(most, bits[i])
    return most


@njit(**_fast)
def _add(target, source):  # type: ignore[no-untyped-def]
    for i in range(source.size):
        target[i] += source[i]


@njit(**_fast)
def _halve(target, source, n):  # type: ignore[no-untyped-def]
    for i in range(n):
        target[i] = source[2 * i] + source[2 * i + 1]


@njit(nogil=True, cache=True, error_model="numpy")
def _fold_chunks(time, w, wx, first, frequency, n_bins, offsets, sums_w, sums_wx):  # type: ignore[no-untyped-def]
    """Fold each chunk of points by itself, counting phase from the chunk's first point.

    Chunk c fills the cells offsets[c]:offsets[c+1]: as many as its time span needs, at most one turn (`n_bins`).
    """
    n_chunks = first.size - 1
    offsets[0] = 0
    for c in range(n_chunks):
        lo = first[c]
        hi = first[c + 1]
        t0 = time[lo]
        turns = (time[hi - 1] - t0) * frequency
        n_cells = n_bins if turns >= 1.0 - 2.0 / n_bins else int(turns * n_bins) + 1
        start = offsets[c]
        offsets[c + 1] = start + n_cells
        cells_w = sums_w[start : start + n_cells]
        cells_wx = sums_wx[start : start + n_cells]
        cells_w[:] = _ZERO
        cells_wx[:] = _ZERO
        if n_cells < n_bins:
            scale = frequency * n_bins
            for i in range(lo, hi):
                k = int((time[i] - t0) * scale)
                cells_w[k] += w[i]
                cells_wx[k] += wx[i]
        else:
            for i in range(lo, hi):
                phase = (time[i] - t0) * frequency
                k = int((phase - math.floor(phase)) * n_bins)
                cells_w[k] += w[i]
                cells_wx[k] += wx[i]


@njit(nogil=True, cache=True, error_model="numpy")
def _merge(time, first, centre_frequency, frequency, n_bins, offsets, sums_w, sums_wx, fold_w, fold_wx):  # type: ignore[no-untyped-def]
    """Add the folded chunks, each turned so that its middle has the phase that `frequency` gives it."""
    fold_w[:n_bins] = _ZERO
    fold_wx[:n_bins] = _ZERO
    for c in range(first.size - 1):
        t0 = time[first[c]]
        middle = 0.5 * (t0 + time[first[c + 1] - 1])
        phase = middle * frequency - (middle - t0) * centre_frequency
        phase -= math.floor(phase)
        at = int(phase * n_bins + 0.5)
        if at >= n_bins:
            at -= n_bins
        lo = offsets[c]
        hi = offsets[c + 1]
        before_wrap = min(hi - lo, n_bins - at)
        _add(fold_w[at : at + before_wrap], sums_w[lo : lo + before_wrap])
        _add(fold_wx[at : at + before_wrap], sums_wx[lo : lo + before_wrap])
        if lo + before_wrap < hi:
            _add(fold_w[: hi - lo - before_wrap], sums_w[lo + before_wrap : hi])
            _add(fold_wx[: hi - lo - before_wrap], sums_wx[lo + before_wrap : hi])


@njit(nogil=True, cache=True, error_model="numpy")
def _blank_thin_phases(starts, ends, frequency, min_transits, n_bins, seen, fold_w, fold_wx):  # type: ignore[no-untyped-def]
    """Empty the phase bins that fewer than `min_transits` turns have data for; `starts`, `ends`: stretches of data."""
    seen[:] = 0
    for s in range(starts.size):
        lo = math.ceil(starts[s] * frequency * COVERAGE_BINS - 0.5)
        hi = math.floor(ends[s] * frequency * COVERAGE_BINS - 0.5) + 1
        if hi - lo >= min_transits * COVERAGE_BINS:
            return
        k = lo % COVERAGE_BINS
        for _ in range(hi - lo):
            seen[k] += 1
            k += 1
            if k == COVERAGE_BINS:
                k = 0
    for k in range(COVERAGE_BINS):
        if seen[k] < min_transits:
            lo = k * n_bins // COVERAGE_BINS
            hi = (k + 1) * n_bins // COVERAGE_BINS
            fold_w[lo:hi] = _ZERO
            fold_wx[lo:hi] = _ZERO


@njit(**_fast)
def _gain(w, wx, start, taps, length):  # type: ignore[no-untyped-def]
    """Chi-square gained and depth of one template that begins at bin `start`."""
    num = _ZERO
    den = _ZERO
    for j in range(length):
        num += taps[j] * wx[start + j]
        den += taps[j] * taps[j] * w[start + j]
    if num <= _ZERO or den <= _ZERO:
        return _ZERO, _ZERO
    return num * num / den, num / den


@njit(nogil=True, cache=True)
def _vertex(values, best):  # type: ignore[no-untyped-def]
    """Where between its neighbours the parabola through the largest value has its top, in steps; 0 at the ends."""
    if best == 0 or best == values.size - 1:
        return 0.0
    curvature = 2.0 * values[best] - values[best - 1] - values[best + 1]
    return 0.5 * (values[best + 1] - values[best - 1]) / curvature if curvature > 0.0 else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def search_block(  # type: ignore[no-untyped-def]
    time,
    w,
    wx,
    first,
    starts,
    ends,
    min_transits,
    periods,
    stop,
    group,
    bin_days,
    n_levels,
    taps,
    taps_sq,
    lengths,
    levels,
    fine_taps,
    fine_lengths,
    fine_bins,
    least_points,
    least_share,
    out_stat,
    out_duration,
    out_centre,
    out_depth,
):
    """Best template at every period of a block that shares templates.

    time (days, sorted, from the reference time), w, wx: points; `first`: index of the first point of each chunk, and
    the number of points; starts, ends: stretches without gaps (days). `stop[p]`: durations tried at period p.
    `group`: so many neighbouring periods share one fold of the chunks. Bins of level 0 last at most `bin_days`.
    taps, taps_sq: (durations, MOST_TAPS) with true lengths and dyadic levels (1 or more), sorted by duration.
    fine_taps: (FINE_DURATIONS x durations, MOST_FINE_TAPS), those round each duration, one level finer and all of even
    length; fine_bins: their durations in bins.
    Out: chi-square gained (0: no dip), duration, mid-transit after the reference (days), depth.
    """
    n_periods = periods.size
    n_chunks = first.size - 1
    unit = 1 << (n_levels - 1)
    most = math.ceil(periods[n_periods - 1] / bin_days / unit) * unit + unit
    fold_w = np.zeros((n_levels, most + PAD), np.float32)
    fold_wx = np.zeros((n_levels, most + PAD), np.float32)
    stat = np.zeros(TILE, np.float32)
    stat_bits = stat.view(np.int32)
    offsets = np.zeros(n_chunks + 1, np.int64)
    room = 0
    for c in range(n_chunks):
        turns = (time[first[c + 1] - 1] - time[first[c]]) / periods[0]
        room += min(most, int(turns * most) + 2)
    sums_w = np.empty(room, np.float32)
    sums_wx = np.empty(room, np.float32)
    seen = np.zeros(COVERAGE_BINS, np.int64)
    by_shift = np.zeros(2 * FINE_SHIFTS + 1)
    by_duration = np.zeros(FINE_DURATIONS)
    norms = np.zeros(taps.shape[0], np.float32)
    for d in range(taps.shape[0]):
        for j in range(lengths[d]):
            norms[d] += taps_sq[d, j]
    total = 0.0
    for i in range(time.size):
        total += w[i]

    for lo in range(0, n_periods, group):
        hi = min(lo + group, n_periods)
        centre_frequency = 0.5 * (1.0 / periods[lo] + 1.0 / periods[hi - 1])
        n_bins = math.ceil(1.0 / (centre_frequency * bin_days * unit)) * unit
        _fold_chunks(time, w, wx, first, centre_frequency, n_bins, offsets, sums_w, sums_wx)
        for p in range(lo, hi):
            frequency = 1.0 / periods[p]
            _merge(time, first, centre_frequency, frequency, n_bins, offsets, sums_w, sums_wx, fold_w[0], fold_wx[0])
            if min_transits > 1:
                _blank_thin_phases(starts, ends, frequency, min_transits, n_bins, seen, fold_w[0], fold_wx[0])
            for i in range(PAD):
                fold_w[0, n_bins + i] = fold_w[0, i]
                fold_wx[0, n_bins + i] = fold_wx[0, i]
            best_bits = np.int32(0)
            best = -1
            best_bin = 0
            d = 0
            for level in range(1, n_levels):
                if d >= stop[p]:
                    break
                n = n_bins >> level
                level_w = fold_w[level]
                level_wx = fold_wx[level]
                _halve(level_w, fold_w[level - 1], n)
                _halve(level_wx, fold_wx[level - 1], n)
                for i in range(PAD):
                    level_w[n + i] = level_w[i % n]
                    level_wx[n + i] = level_wx[i % n]
                last = d
                while last < stop[p] and levels[last] == level:
                    last += 1
                for tile in range(0, n, TILE):
                    size = min(TILE, n - tile)
                    tile_w = level_w[tile:]
                    tile_wx = level_wx[tile:]
                    for k in range(d, last):
                        least = np.float32(norms[k] * max(least_points / lengths[k], least_share * total / n))
                        if lengths[k] <= 12:
                            _correlate_12(tile_w, tile_wx, size, taps[k], taps_sq[k], least, stat)
                        elif lengths[k] <= 16:
                            _correlate_16(tile_w, tile_wx, size, taps[k], taps_sq[k], least, stat)
                        else:
                            _correlate_20(tile_w, tile_wx, size, taps[k], taps_sq[k], least, stat)
                        bits = _largest(stat_bits[:size])
                        if bits <= best_bits:
                            continue
                        best_bits = bits
                        best = k
                        for i in range(size):
                            if stat_bits[i] == bits:
                                best_bin = tile + i
                                break
                d = last

            out_stat[p] = 0.0
            out_duration[p] = 0.0
            out_centre[p] = 0.0
            out_depth[p] = 0.0
            if best < 0:
                continue
            # One level finer: between the durations and times tried so far.
            level = levels[best] - 1
            n = n_bins >> level
            width = periods[p] / n
            middle = 2 * best_bin + lengths[best]
            best_k = -1
            best_shift = 0
            for k in range(FINE_DURATIONS):
                row = FINE_DURATIONS * best + k
                length = fine_lengths[row]
                by_duration[k] = 0.0
                for shift in range(2 * FINE_SHIFTS + 1):
                    start = middle + shift - FINE_SHIFTS - length // 2
                    if start < 0:
                        start += n
                    elif start >= n:
                        start -= n
                    gain, depth = _gain(fold_w[level], fold_wx[level], start, fine_taps[row], length)
                    by_shift[shift] = gain
                    by_duration[k] = max(by_duration[k], gain)
                    if gain > out_stat[p]:
                        out_stat[p] = gain
                        out_depth[p] = depth
                        best_k = k
                        best_shift = shift
                if best_k == k:
                    out_centre[p] = (middle + best_shift - FINE_SHIFTS + _vertex(by_shift, best_shift)) * width
            row = FINE_DURATIONS * best + max(best_k, 0)
            ratio = fine_bins[FINE_DURATIONS * best + 1] / fine_bins[FINE_DURATIONS * best]
            out_duration[p] = fine_bins[row] * width * ratio ** _vertex(by_duration, max(best_k, 0))
