"""How noisy a light curve is: from point to point, and averaged over the length of a transit."""

from __future__ import annotations

import numpy as np

from science.lightcurve import BoolArray, FloatArray

#: Standard deviation of a normal distribution over its median absolute deviation.
MAD_TO_SIGMA = 1.4826

#: Below this many full windows a robust scatter of window means says little.
MIN_WINDOWS = 10


def robust_scatter(values: FloatArray) -> float:
    """Standard deviation from the median absolute deviation about the median; nan for no finite value."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return float("nan")
    return float(MAD_TO_SIGMA * np.median(np.abs(finite - np.median(finite))))


def point_to_point_scatter(flux: FloatArray) -> float:
    """White noise of one value, from each value's distance to the mean of its two neighbours.

    `flux` of shape (n,), one evenly sampled stretch in order of time. Slopes cancel, transits and flares touch only a
    few of the distances. Returns nan below three values. Distances have 3/2 of the variance of a value.
    """
    if flux.size < 3:
        return float("nan")
    distance = flux[1:-1] - 0.5 * (flux[:-2] + flux[2:])
    return float(MAD_TO_SIGMA * np.median(np.abs(distance)) / np.sqrt(1.5))


def noise_by_duration(time: FloatArray, flux: FloatArray, use: BoolArray, durations: FloatArray) -> FloatArray:
    """Noise of the mean flux over windows as long as each duration (relative flux), like Kepler's CDPP.

    `time`, `flux`, `use` have shape (n,), sorted by time, days; `durations` shape (m,), days; so has the answer. The
    signal to noise of one transit is its depth over this number. Windows step by a quarter of their length and count
    when measurements cover at least 60 % of them; the scatter of their means is robust (MAD). Red noise is in it. Where
    fewer than ten windows are full, the point-to-point noise is scaled down as white noise; nan when nothing is left.
    (Christiansen et al. 2012, PASP 124, 1279 define CDPP; the window means here do the same without wavelets.)
    """
    good = use & np.isfinite(flux) & np.isfinite(time)
    t, f = time[good], flux[good] - 1.0
    trial = np.asarray(durations, dtype=np.float64)
    result = np.full(trial.shape, np.nan)
    if t.size < 3:
        return result
    steps = np.diff(t)
    positive = steps[steps > 0]
    if positive.size == 0:
        return result
    typical = float(np.median(positive))
    # Each point stands for the time to its nearer neighbour, so that mixed cadences weigh by time and gaps by nothing.
    before = np.concatenate(([np.inf], steps))
    after = np.concatenate((steps, [np.inf]))
    cover = np.minimum(np.minimum(before, after), 0.1)
    cover[cover <= 0] = typical
    sum_cover = np.concatenate(([0.0], np.cumsum(cover)))
    sum_flux = np.concatenate(([0.0], np.cumsum(cover * f)))
    white = point_to_point_scatter(f)
    for index, duration in enumerate(trial):
        if not duration > 0:
            continue
        n_windows = int(min((t[-1] - t[0]) / (0.25 * duration), 200_000))
        starts = t[0] + 0.25 * duration * np.arange(max(n_windows, 1))
        first = np.searchsorted(t, starts)
        last = np.searchsorted(t, starts + duration)
        covered = sum_cover[last] - sum_cover[first]
        full = covered >= 0.6 * duration
        if np.count_nonzero(full) >= MIN_WINDOWS:
            means = (sum_flux[last[full]] - sum_flux[first[full]]) / covered[full]
            result[index] = robust_scatter(means)
        else:
            result[index] = white / np.sqrt(max(1.0, duration / typical))
    return result
