"""Stretches beside gaps that still bend after detrending, as scattered light and a warming telescope leave them."""

from __future__ import annotations

import numpy as np

from science.lightcurve import BoolArray, FloatArray
from science.noise import robust_scatter

#: Lengths of the averages compared, as shares of the detrending window, and how many may be taken off.
AVERAGE_SHARES = (1.0 / 40.0, 1.0 / 12.0)
MOST_AVERAGES = 4
LONGEST_BEND_WINDOW_DAYS = 1.2
#: The outermost average must stand out this much; the next ones go as long as they stand out that much.
FIRST_SIGMA_UP = 4.0
FIRST_SIGMA_DOWN = 6.0
NEXT_SIGMA = 2.0
MIN_AVERAGES = 12
#: Stray light: averages of an hour, how far above the segment they stand, and how much of a segment may go.
STRAY_BIN_DAYS = 1.0 / 24.0
STRAY_SIGMA = 10.0
STRAY_SHARE = 0.05
STRAY_LOOK_IN = 2
STRAY_LONGEST = 0.3


def stray_light(time: FloatArray, flux: FloatArray, use: BoolArray) -> BoolArray:
    """Rows at the ends of one stitched segment where light that is not the star's lifts it, shape (n,).

    Light of the Earth or the Moon can outshine a faint star many times for a day. From either end, hourly means more
    than 10 sigma and 5 % above the segment's median are followed inwards down to 3 sigma (sigma: the scatter of all
    hourly means, so that stars that vary much are safe), through at most 30 % of the segment. Only rises count.
    """
    stray = np.zeros(time.size, dtype=np.bool_)
    rows = np.flatnonzero(use)
    if rows.size < MIN_AVERAGES:
        return stray
    index = ((time[rows] - time[rows[0]]) / STRAY_BIN_DAYS).astype(np.int64)
    first = np.flatnonzero(np.diff(index, prepend=-1) > 0)
    if first.size < 2 * MIN_AVERAGES:
        return stray
    last = np.concatenate((first[1:], [rows.size]))
    means = np.add.reduceat(flux[rows], first) / (last - first)
    middle = float(np.median(means))
    sigma = robust_scatter(means)
    limit = max(STRAY_SIGMA * sigma, STRAY_SHARE * abs(middle))
    for inwards in (range(first.size), range(first.size - 1, -1, -1)):
        found: list[int] = []
        high = False
        for place in inwards:
            high = high or means[place] - middle > limit
            # A glint may begin an hour or two inside the end; look no further where nothing is high by then.
            if not high and len(found) >= STRAY_LOOK_IN:
                break
            if high and means[place] - middle < 3.0 * sigma:
                break
            found.append(place)
        if high and len(found) <= STRAY_LONGEST * first.size:
            for place in found:
                stray[rows[first[place] : last[place]]] = True
    return stray


def bent_edges(time: FloatArray, flux: FloatArray, use: BoolArray, window_days: float) -> BoolArray:
    """Rows of one detrended segment to leave out at its two ends, shape (n,).

    Averages of `flux` (about 1) from each end inwards are compared with the scatter of all such averages of the
    segment. A dip at an end may be a transit cut by the gap, so a fall must be clearer than a rise, lowest at the very
    end, and seen in the short averages. At most four averages are given up, never more than 0.4 d.
    """
    bent = np.zeros(time.size, dtype=np.bool_)
    rows = np.flatnonzero(use)
    if rows.size < MIN_AVERAGES:
        return bent
    for share in AVERAGE_SHARES:
        length = share * min(window_days, LONGEST_BEND_WINDOW_DAYS)
        for sign in (1.0, -1.0):
            t = time[rows] if sign > 0 else -time[rows][::-1]
            f = flux[rows] - 1.0 if sign > 0 else flux[rows][::-1] - 1.0
            index = ((t - t[0]) / length).astype(np.int64)
            counts = np.bincount(index)
            means = np.bincount(index, weights=f) / np.maximum(counts, 1)
            full = counts >= 0.5 * np.median(counts[counts > 0])
            if np.count_nonzero(full[2:]) < MIN_AVERAGES or not counts[0]:
                continue
            sigma = robust_scatter(means[full])
            if not sigma > 0:
                continue
            # A first average with few points is noisier than the others.
            level = (
                means[:MOST_AVERAGES]
                / sigma
                * np.sqrt(np.minimum(counts[:MOST_AVERAGES] / np.median(counts[full]), 1.0))
            )
            if not _sticks_out(level) or (level[0] < 0 and share != AVERAGE_SHARES[0]):
                continue
            n_off = 1
            while n_off < level.size and np.sign(level[0]) * level[n_off] > NEXT_SIGMA:
                n_off += 1
            gone = index < n_off
            bent[rows[gone] if sign > 0 else rows[::-1][gone]] = True
    return bent


def _sticks_out(level: FloatArray) -> bool:
    """True where the outermost average is too high, or too low and lowest at the end."""
    if level[0] > 0:
        return bool(level[0] > FIRST_SIGMA_UP)
    return bool(level[0] < -FIRST_SIGMA_DOWN and level[0] <= level.min())
