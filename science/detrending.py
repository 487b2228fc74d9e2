"""Divide slow drifts out of a stitched light curve and keep the dips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from science.flares import find_outliers
from science.lightcurve import BoolArray, DetrendedCurve, FloatArray, Segment, StitchedCurve
from science.noise import robust_scatter
from science.stitching import NothingUsable

Method = Literal["biweight", "none"]

#: The window is at least this many times the longest transit searched (Hippke et al. 2019, AJ 158, 143).
WINDOW_PER_DURATION = 3.0
#: A stretch with fewer usable points has no trend of its own and is not searched.
MIN_SEGMENT_POINTS = 10
MIN_POINTS = 20
#: Known transits are masked this many durations wide.
MASK_WIDTH = 1.5


@dataclass(frozen=True, slots=True)
class DetrendSettings:
    """How the slow drifts are removed.

    `window_days` None: chosen from the data, at least three times `longest_duration_days`. `masks` are known transits
    as (period_days, epoch_bjd, duration_days); the trend is not fitted there. `hidden` are time ranges (start_bjd,
    stop_bjd) that the user took out.
    """

    method: Method = "biweight"
    window_days: float | None = None
    longest_duration_days: float = 0.3
    masks: tuple[tuple[float, float, float], ...] = ()
    hidden: tuple[tuple[float, float], ...] = ()


def detrend(curve: StitchedCurve, settings: DetrendSettings | None = None) -> DetrendedCurve:
    """Remove slow drifts segment by segment with a robust sliding average (biweight).

    Returns flux = raw / trend for every row and marks in `use` the rows that the search may use. Raises NothingUsable
    when fewer than 20 remain, ValueError for a window or duration that is not positive.
    """
    chosen = settings or DetrendSettings()
    if chosen.window_days is not None and not chosen.window_days > 0:
        raise ValueError("window_days must be positive")
    if not chosen.longest_duration_days > 0:
        raise ValueError("longest_duration_days must be positive")
    time = curve.time_bjd
    good = measured_rows(curve)
    hidden = hidden_rows(time, chosen.hidden)
    use = good & ~hidden
    masked = transit_rows(time, chosen.masks)
    window = chosen.window_days or WINDOW_PER_DURATION * chosen.longest_duration_days
    trend = np.ones(time.size)
    outlier = np.zeros(time.size, dtype=np.bool_)
    for segment in curve.segments:
        rows = slice(segment.start, segment.stop)
        if np.count_nonzero(use[rows]) < MIN_SEGMENT_POINTS:
            use[rows] = False
            continue
        if chosen.method == "none":
            marks = _mark(time[rows], curve.flux[rows], use[rows], segment)
            outlier[rows] = marks & ~masked[rows]
            continue
        fit = use[rows].copy()
        for _ in range(2):
            trend[rows] = biweight_trend(time[rows], curve.flux[rows], fit, masked[rows], window)
            outlier[rows] = _mark(time[rows], curve.flux[rows] / trend[rows], use[rows], segment) & ~masked[rows]
            fit = use[rows] & ~outlier[rows]
    use &= ~outlier
    n_use = int(np.count_nonzero(use))
    if n_use < MIN_POINTS:
        raise NothingUsable(
            f"Only {n_use:,} of {time.size:,} measurements are left after flares, outliers and hidden stretches were "
            f"taken out; at least {MIN_POINTS} are needed."
        )
    return DetrendedCurve(
        curve=curve,
        flux=curve.flux / trend,
        trend=trend,
        use=use,
        window_days=window,
        method=chosen.method,
        notes=(f"{int(np.count_nonzero(outlier)):,} values were marked as flares or outliers.",),
    )


def measured_rows(curve: StitchedCurve) -> BoolArray:
    """Rows with a real, usable measurement, shape (n,)."""
    usable = curve.usable if curve.usable is not None else np.ones(curve.flux.size, dtype=np.bool_)
    return usable & np.isfinite(curve.flux) & ~curve.filled


def hidden_rows(time: FloatArray, hidden: tuple[tuple[float, float], ...]) -> BoolArray:
    """Rows inside the ranges that the user hid, both ends included, shape (n,)."""
    result = np.zeros(time.size, dtype=np.bool_)
    for start, stop in hidden:
        result |= (time >= min(start, stop)) & (time <= max(start, stop))
    return result


def transit_rows(time: FloatArray, masks: tuple[tuple[float, float, float], ...]) -> BoolArray:
    """Rows within 0.75 durations of a known mid-transit, shape (n,)."""
    result = np.zeros(time.size, dtype=np.bool_)
    for period, epoch, duration in masks:
        # A period of 0 means one single transit.
        cycles = np.round((time - epoch) / period) if period > 0 else 0.0
        distance = np.abs(time - epoch - cycles * period)
        result |= distance <= 0.5 * MASK_WIDTH * duration
    return result


def biweight_trend(
    time: FloatArray, flux: FloatArray, fit: BoolArray, masked: BoolArray, window_days: float
) -> FloatArray:
    """Trend of one segment, shape (n,), from the rows `fit` that are not `masked`, interpolated to all others."""
    from wotan import flatten

    known = fit & ~masked
    if np.count_nonzero(known) < MIN_SEGMENT_POINTS:
        return np.full(time.size, float(np.median(flux[fit])))
    t, f = time[known], flux[known]
    _, values = flatten(t, f, method="biweight", window_length=window_days, break_tolerance=0, return_trend=True)
    finite = np.isfinite(values)
    result: FloatArray = np.interp(time, t[finite], values[finite])
    return result


def _mark(time: FloatArray, flux: FloatArray, use: BoolArray, segment: Segment) -> BoolArray:
    """Flares and outliers among the used rows of one segment, shape (n,)."""
    marks = np.zeros(time.size, dtype=np.bool_)
    noise = segment.noise if np.isfinite(segment.noise) else robust_scatter(flux[use])
    marks[use] = find_outliers(time[use], flux[use], noise, segment.cadence_days).any
    return marks
