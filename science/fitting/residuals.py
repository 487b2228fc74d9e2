"""What is left after the best model, and how much more of it there is over a transit's length than white noise has."""

from __future__ import annotations

import numpy as np

from science.fitting.results import Guess, ResidualNoise
from science.fitting.windows import WINDOW_DURATIONS, half_window_days, usable_rows
from science.folding import phase_days
from science.lightcurve import BoolArray, DetrendedCurve, FloatArray
from science.noise import robust_scatter

#: Places per duration where a dip is measured that is not there.
STEPS_PER_DURATION = 2.0
#: Fewer such places than this cannot tell a factor.
MIN_PLACES = 12
#: Most places looked at: more does not make the factor surer.
MOST_PLACES = 4000
#: A dip that is not there counts where at least this share of its points, and of the light beside it, was measured.
MIN_COVERAGE = 0.6


def residual_noise(curve: DetrendedCurve, residual: FloatArray, guess: Guess) -> ResidualNoise:
    """Noise of a curve whose transits are taken out. `residual` (n,) over all rows of the curve, NaN where unusable.

    `red_factor` comes from dips that are not there: at places all over the curve, away from the transits, a box of the
    transit's length is measured against level and slope of the light beside it, exactly as the fit does; the scatter of
    these depths over their white errors, robust, is the factor (the beta of Winn et al. 2008, ApJ 683, 1076, for the
    very quantity that the fit measures, so that what the baseline takes out is not counted). At least 1, and 1 where
    fewer than a dozen places can be looked at. The curve of scatter against averaging time is theirs too: means over
    bins within segments, beside point scatter / sqrt(n) sqrt(M / (M - 1)).
    """
    c = curve.curve
    use = usable_rows(curve) & np.isfinite(residual)
    reach = 0.5 * guess.duration_days
    away = use & (np.abs(phase_days(c.time_bjd, guess.period_days, guess.epoch_bjd)) > reach)
    # Half an orbit later the planet itself may be eclipsed.
    away &= np.abs(phase_days(c.time_bjd, guess.period_days, guess.epoch_bjd + 0.5 * guess.period_days)) > reach
    ratio = _absent_dips(curve, residual, away, guess)
    factor = 1.0
    if ratio.size >= MIN_PLACES:
        factor = max(1.0, robust_scatter(ratio))
    bins, scatter, expected = _averaging(curve, residual, use, guess.duration_days)
    return ResidualNoise(
        scatter=float(np.std(residual[use])) if np.any(use) else float("nan"),
        red_factor=float(factor),
        bins_minutes=bins,
        scatter_binned=scatter,
        scatter_expected=expected,
    )


def _absent_dips(curve: DetrendedCurve, residual: FloatArray, away: BoolArray, guess: Guess) -> FloatArray:
    """Depth over white error of boxes laid where there is no transit; shape (places,)."""
    c = curve.curve
    half = WINDOW_DURATIONS * guess.duration_days
    step = guess.duration_days / STEPS_PER_DURATION
    ratios: list[float] = []
    n_places = sum(max(0, int((c.time_bjd[s.stop - 1] - c.time_bjd[s.start]) / step)) for s in c.segments)
    step *= max(1.0, n_places / MOST_PLACES)
    for segment in c.segments:
        rows = np.flatnonzero(away[segment.start : segment.stop]) + segment.start
        if rows.size < 10:
            continue
        time, value = c.time_bjd[rows], residual[rows]
        half_here = half_window_days(guess, segment.exposure_days)
        noise = max(float(np.std(value)), 1e-12)  # as the fit's own noise level: of all points, drifts in it too
        cadence = max(segment.cadence_days, 1e-9)
        need_in = MIN_COVERAGE * guess.duration_days / cadence
        need_side = MIN_COVERAGE * (half_here - 0.5 * guess.duration_days) / cadence
        for middle in np.arange(time[0] + 0.5 * half, time[-1] - 0.5 * half, step):
            first, last = np.searchsorted(time, (middle - half_here, middle + half_here))
            x = (time[first:last] - middle) / half_here
            inside = np.abs(x) * half_here < 0.5 * guess.duration_days
            n_in = np.count_nonzero(inside)
            before, after = np.count_nonzero(~inside & (x < 0)), np.count_nonzero(~inside & (x > 0))
            if n_in < max(need_in, 2) or before < max(need_side, 2) or after < max(need_side, 2):
                continue
            depth, error = _depth(value[first:last], x, inside)
            ratios.append(depth / (error * noise))
    return np.array(ratios)


def _depth(value: FloatArray, x: FloatArray, inside: BoolArray) -> tuple[float, float]:
    """Depth of a box with level and slope fitted beside it, and its error for unit noise."""
    design = np.column_stack((np.ones(x.size), x, -inside.astype(np.float64)))
    inverse = np.linalg.inv(design.T @ design)
    solution = inverse @ (design.T @ value)
    return float(solution[2]), float(np.sqrt(inverse[2, 2]))


def _averaging(
    curve: DetrendedCurve, residual: FloatArray, use: BoolArray, duration: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Lengths (minutes), scatter of averages over them, and what white noise would leave."""
    c = curve.curve
    if not np.any(use):
        empty = np.zeros(0)
        return empty, empty, empty
    cadence = float(np.median([s.cadence_days for s in c.segments]))
    point = float(np.std(residual[use]))
    longest = max(3.0 * duration, 4.0 * cadence)
    lengths = np.geomspace(cadence, longest, 16)
    bins, scatters, expected = [], [], []
    segments = np.zeros(c.time_bjd.size, dtype=np.int64)
    for number, segment in enumerate(c.segments):
        segments[segment.start : segment.stop] = number
    time, value, part = c.time_bjd[use], residual[use], segments[use]
    for length in lengths:
        slot = np.floor((time - time[0]) / length).astype(np.int64)
        _, index, counts = np.unique(part * (slot.max() + 1) + slot, return_inverse=True, return_counts=True)
        full = counts >= max(1.0, MIN_COVERAGE * length / cadence)
        means = (np.bincount(index.reshape(-1), weights=value) / counts)[full]
        if means.size < MIN_PLACES:
            continue
        m = means.size
        bins.append(length * 1440.0)
        scatters.append(float(np.std(means)))
        expected.append(point / np.sqrt(float(np.mean(counts[full]))) * np.sqrt(m / (m - 1.0)))
    return np.array(bins), np.array(scatters), np.array(expected)
