"""Find flares and outliers in a detrended light curve, without touching anything that may be a transit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.lightcurve import BoolArray, FloatArray
from science.noise import robust_scatter

#: A flare is a run of at least this many values above FLARE_SIGMA, one of them above FLARE_PEAK_SIGMA.
FLARE_POINTS = 3
FLARE_SIGMA = 3.0
FLARE_PEAK_SIGMA = 4.5
#: The run is followed down to this level on the decaying side.
DECAY_SIGMA = 1.0
#: A single value this high is an outlier.
HIGH_SIGMA = 4.5
#: A single low value is an outlier when it lies this deep while both neighbours lie at most a fifth as deep …
LOW_SIGMA = 6.0
NEIGHBOUR_SHARE = 0.2
#: … and the cadence is so short that no transit fits between the neighbours (the shortest last about half an hour).
LONGEST_IMPULSE_CADENCE_DAYS = 5.0 / 1440.0


@dataclass(frozen=True, slots=True)
class Outliers:
    """Rows marked in one stretch, each of shape (n,): flares with their decay, single high values, single low ones."""

    flare: BoolArray
    high: BoolArray
    impulse: BoolArray

    @property
    def any(self) -> BoolArray:
        """Rows of any kind."""
        return self.flare | self.high | self.impulse


def find_outliers(time: FloatArray, flux: FloatArray, noise: float, cadence_days: float) -> Outliers:
    """Mark flares and outliers of one evenly sampled, detrended stretch.

    `time` (days) and `flux` (relative, about 1) have shape (n,), finite, sorted. `noise` is the white noise of a value;
    the larger of it and the scatter about the median counts, so that variability left in the curve is not taken for
    flares. Flares: three or more consecutive values above 3 sigma with a peak above 4.5 (after Chang et al. 2015,
    ApJ 814, 35), with the decay down to 1 sigma. Low values are only ever marked when they stand alone in data of at
    most 5 minutes cadence, where a transit would show in the neighbours; anything longer may be a transit and stays.
    """
    size = flux.size
    none = np.zeros(size, dtype=np.bool_)
    if size < FLARE_POINTS:
        return Outliers(none, none.copy(), none.copy())
    sigma = np.nanmax([noise, robust_scatter(flux)])
    if not sigma > 0:
        return Outliers(none, none.copy(), none.copy())
    level = (flux - np.median(flux)) / sigma
    flare = _flares(time, level, cadence_days)
    high = (level > HIGH_SIGMA) & ~flare
    impulse = none
    if cadence_days <= LONGEST_IMPULSE_CADENCE_DAYS:
        impulse = _impulses(time, level, cadence_days)
    return Outliers(flare, high, impulse)


def _flares(time: FloatArray, level: FloatArray, cadence_days: float) -> BoolArray:
    """Runs of high values and their decay."""
    flare = np.zeros(level.size, dtype=np.bool_)
    above = level > FLARE_SIGMA
    if not above.any():
        return flare
    edges = np.flatnonzero(np.diff(np.concatenate(([False], above, [False])).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start < FLARE_POINTS or level[start:stop].max() < FLARE_PEAK_SIGMA:
            continue
        # A run may not bridge a gap in time.
        if time[stop - 1] - time[start] > 1.5 * cadence_days * (stop - start + 2):
            continue
        end = int(stop)
        # The decay ends at the second value in a row below one sigma; one alone may be noise.
        while end < level.size and (
            level[end] > DECAY_SIGMA or (end + 1 < level.size and level[end + 1] > DECAY_SIGMA)
        ):
            if time[end] - time[end - 1] > 3 * cadence_days:
                break
            end += 1
        begin = int(start)
        while begin > 0 and level[begin - 1] > DECAY_SIGMA and time[begin] - time[begin - 1] < 3 * cadence_days:
            begin -= 1
        flare[begin:end] = True
    return flare


def _impulses(time: FloatArray, level: FloatArray, cadence_days: float) -> BoolArray:
    """Single low values whose two neighbours, one cadence away, are not low."""
    impulse = np.zeros(level.size, dtype=np.bool_)
    middle = level[1:-1]
    before, after = level[:-2], level[2:]
    steps = np.diff(time)
    close = (steps[:-1] < 1.5 * cadence_days) & (steps[1:] < 1.5 * cadence_days)
    allowed = NEIGHBOUR_SHARE * middle
    impulse[1:-1] = (middle < -LOW_SIGMA) & (before > allowed) & (after > allowed) & close
    return impulse
