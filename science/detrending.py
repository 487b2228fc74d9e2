"""Divide slow drifts out of a stitched light curve and keep the dips."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from science.edges import bent_edges, stray_light
from science.flares import find_outliers
from science.lightcurve import BoolArray, DetrendedCurve, FloatArray, StitchedCurve
from science.noise import noise_by_duration, point_to_point_scatter
from science.prewhitening import remove_waves, slow_rhythm
from science.stitching import NothingUsable
from science.trend import NODES_PER_WINDOW, Nodes, make_nodes, smooth_nodes

Method = Literal["biweight", "none"]

#: The window is at least this many times the longest transit searched (Hippke et al. 2019, AJ 158, 143).
WINDOW_PER_DURATION = 3.0
#: Wider windows are tried up to this many times the smallest one …
WINDOW_FACTORS = (1.0, 1.5, 2.0, 3.0, 4.0)
#: … and taken when they raise the mean log signal to noise by more than this.
WINDOW_GAIN = 0.005
#: Averages per smallest window while windows are compared, and for the rough trend: a verdict, not a result.
SCAN_NODES = 20
#: Window of the rough trend over which flares are looked for first.
FIRST_WINDOW_DAYS = 0.3
#: A stretch with fewer usable points has no trend of its own and is not searched.
MIN_SEGMENT_POINTS = 10
MIN_POINTS = 20
#: Known transits are masked this many durations wide.
MASK_WIDTH = 1.5


@dataclass(frozen=True, slots=True)
class DetrendSettings:
    """How the slow drifts are removed.

    `window_days` None: chosen from the data, at least three times `longest_duration_days`. `masks` are known transits
    as (period_days, epoch_bjd, duration_days), period 0 for a single one; the trend is not fitted there. `hidden` are
    time ranges (start_bjd, stop_bjd) that the user took out.
    """

    method: Method = "biweight"
    window_days: float | None = None
    longest_duration_days: float = 0.3
    masks: tuple[tuple[float, float, float], ...] = ()
    hidden: tuple[tuple[float, float], ...] = ()


def detrend(curve: StitchedCurve, settings: DetrendSettings | None = None) -> DetrendedCurve:
    """Divide drifts and stellar rhythms out of a stitched curve; dips stay.

    Rotation and pulsation faster than two windows are taken out first as sines (see `prewhitening`), then a robust
    sliding average (biweight) runs over every segment by itself, known transits left out of it. Flares, high outliers,
    single low values that no transit can make, and segment ends that still bend are marked and not in `use`; longer
    dips always stay. `flux` is brightness over trend at every row; `trend` holds the rhythm as well. Where the rhythm
    dominated the point-to-point scatter, the errors of the returned curve are measured anew.

    Raises NothingUsable when fewer than 20 rows remain, ValueError for a window or duration that is not positive.
    """
    chosen = settings or DetrendSettings()
    if chosen.window_days is not None and not chosen.window_days > 0:
        raise ValueError("window_days must be positive")
    if not chosen.longest_duration_days > 0:
        raise ValueError("longest_duration_days must be positive")
    time = curve.time_bjd
    measured = measured_rows(curve) & ~hidden_rows(time, chosen.hidden)
    use = measured.copy()
    masked = transit_rows(time, chosen.masks)
    for segment in curve.segments:
        rows = slice(segment.start, segment.stop)
        use[rows] &= ~stray_light(time[rows], curve.flux[rows], use[rows] & ~masked[rows])
    stray = measured & ~use
    _drop_short_segments(curve, use)
    if chosen.method == "none":
        return _without_trend(curve, use, masked)

    smallest = chosen.window_days or WINDOW_PER_DURATION * chosen.longest_duration_days
    # Flares would pull every fit, so they are looked for first, over a trend short enough for any star.
    first = _trend(curve, curve.flux, use, masked, min(FIRST_WINDOW_DAYS, smallest), SCAN_NODES)
    outlier = _outliers(curve, curve.flux / first, use) & ~masked
    waves = remove_waves(curve, use & ~outlier & ~masked, smallest)
    still = curve.flux - waves.model
    window = smallest
    if chosen.window_days is None:
        window = best_window(curve, still, use & ~outlier, masked, chosen.longest_duration_days)
    trend = np.ones(time.size)
    for _ in range(2):
        trend = _trend(curve, still, use & ~outlier, masked, window)
        # What stood out from the short first trend may have been a wave; only the last word counts.
        before, outlier = outlier, _outliers(curve, still / trend, use) & ~masked
        if np.array_equal(before, outlier):
            break
    bent = np.zeros(time.size, dtype=np.bool_)
    for segment in curve.segments:
        rows = slice(segment.start, segment.stop)
        clean = use[rows] & ~outlier[rows] & ~masked[rows]
        bent[rows] = bent_edges(time[rows], still[rows] / trend[rows], clean, window)
    trend = trend + waves.model
    flux = curve.flux / trend
    notes = [*waves.notes, *_counted(outlier & use, "values were marked as flares or outliers")]
    notes += _counted(stray, "values at the ends of segments were left out: other light outshines the star there")
    notes += _counted(bent, "values at the ends of segments still bend after detrending and were left out")
    use &= ~outlier & ~bent
    _require(use)
    rhythm = waves.rhythm if waves.removed else None
    slow = slow_rhythm(curve, use & ~masked, window)
    if slow:
        # What was taken out as sines is then most often an overtone of this one.
        rhythm = slow
        notes.append(
            f"The brightness swings about every {slow.period_days:.2f} d, by {slow.semi_amplitude * 1e6:,.0f} ppm to "
            f"either side; the sliding average follows that."
        )
    return DetrendedCurve(
        curve=_with_new_noise(curve, flux, use) if waves.removed else curve,
        flux=flux,
        trend=trend,
        use=use,
        window_days=window,
        method=chosen.method,
        variability_period_days=rhythm.period_days if rhythm else None,
        variability_amplitude=rhythm.semi_amplitude if rhythm else 0.0,
        notes=tuple(notes),
    )


def _without_trend(curve: StitchedCurve, use: BoolArray, masked: BoolArray) -> DetrendedCurve:
    """The curve as it is, with outliers marked."""
    outlier = _outliers(curve, curve.flux, use) & ~masked
    notes = _counted(outlier, "values were marked as flares or outliers")
    use = use & ~outlier
    _require(use)
    return DetrendedCurve(
        curve=curve,
        flux=curve.flux.copy(),
        trend=np.ones(curve.flux.size),
        use=use,
        window_days=0.0,
        method="none",
        notes=tuple(notes),
    )


def _drop_short_segments(curve: StitchedCurve, use: BoolArray) -> None:
    """Take segments with too few points out of `use` (in place): their level cannot be told from a dip."""
    for segment in curve.segments:
        rows = slice(segment.start, segment.stop)
        if np.count_nonzero(use[rows]) < MIN_SEGMENT_POINTS:
            use[rows] = False
    _require(use)


def _require(use: BoolArray) -> None:
    n_use = int(np.count_nonzero(use))
    if n_use < MIN_POINTS:
        raise NothingUsable(
            f"Only {n_use:,} of {use.size:,} measurements are left after flares, outliers, hidden and short stretches "
            f"were taken out; at least {MIN_POINTS} are needed."
        )


def _counted(rows: BoolArray, what: str) -> list[str]:
    n_rows = int(np.count_nonzero(rows))
    return [f"{n_rows:,} {what}."] if n_rows else []


def _trend(
    curve: StitchedCurve,
    flux: FloatArray,
    fit: BoolArray,
    masked: BoolArray,
    window_days: float,
    per_window: int = NODES_PER_WINDOW,
) -> FloatArray:
    """Trend of all segments, shape (n,); a constant where a segment has too few rows to fit."""
    trend = np.ones(flux.size)
    places: list[slice] = []
    parts: list[Nodes] = []
    for segment in curve.segments:
        rows = slice(segment.start, segment.stop)
        known = fit[rows] & ~masked[rows]
        nodes = make_nodes(curve.time_bjd[rows], flux[rows], known, segment.cadence_days, window_days, per_window)
        if nodes is not None:
            places.append(rows)
            parts.append(nodes)
            continue
        known = known if np.any(known) else fit[rows]
        if np.any(known):
            trend[rows] = np.median(flux[rows][known])
    for rows, (at, values) in zip(places, smooth_nodes(parts, window_days), strict=True):
        trend[rows] = np.interp(curve.time_bjd[rows], at, values)
    # A trend that reaches zero (a star lost in scattered light) cannot be divided by.
    return np.where(trend > 0, trend, 1.0)


def _outliers(curve: StitchedCurve, flux: FloatArray, use: BoolArray) -> BoolArray:
    """Flares and outliers among the used rows, shape (n,)."""
    marks = np.zeros(flux.size, dtype=np.bool_)
    for segment in curve.segments:
        rows = slice(segment.start, segment.stop)
        keep = use[rows]
        if not np.any(keep):
            continue
        found = find_outliers(curve.time_bjd[rows][keep], flux[rows][keep], segment.noise, segment.cadence_days)
        marks[np.flatnonzero(keep) + segment.start] = found.any
    return marks


def best_window(
    curve: StitchedCurve, flux: FloatArray, fit: BoolArray, masked: BoolArray, longest_duration_days: float
) -> float:
    """The window (days) with which transits of the durations searched stand out most from the noise that is left.

    A window W takes about the share T/W out of a shallow dip as long as T, so quiet stars want a long one; drifts want
    a short one. Candidates are 3 to 12 times the longest duration; for each the noise of averages as long as the
    transits (CDPP-like) is measured in the detrended data, and the mean of log((1 - T/W) / noise) decides.
    """
    durations = longest_duration_days * np.array([0.25, 0.5, 1.0])
    best, best_score = WINDOW_PER_DURATION * longest_duration_days, -np.inf
    smallest = best
    parts = []
    for segment in curve.segments:
        rows = slice(segment.start, segment.stop)
        known = fit[rows] & ~masked[rows]
        nodes = make_nodes(curve.time_bjd[rows], flux[rows], known, segment.cadence_days, smallest, SCAN_NODES)
        if nodes is not None:
            parts.append(nodes)
    if not parts:
        return best
    time = np.concatenate([nodes.time for nodes in parts])
    real = np.concatenate([nodes.real for nodes in parts])
    for factor in WINDOW_FACTORS:
        window = factor * smallest
        smoothed = smooth_nodes(parts, window, rough=True)
        flat = [
            nodes.flux / np.interp(nodes.time, at, trend) for nodes, (at, trend) in zip(parts, smoothed, strict=True)
        ]
        noise = noise_by_duration(time, np.concatenate(flat), real, durations)
        if not np.all(noise > 0):
            continue
        score = float(np.mean(np.log((1.0 - durations / window) / noise)))
        if score > best_score + WINDOW_GAIN:
            best, best_score = window, score
    return best


def _with_new_noise(curve: StitchedCurve, flux: FloatArray, use: BoolArray) -> StitchedCurve:
    """Errors measured in the curve without its rhythm, where they are lower."""
    errors = curve.flux_err.copy()
    segments = []
    for segment in curve.segments:
        rows = slice(segment.start, segment.stop)
        noise = point_to_point_scatter(flux[rows][use[rows]])
        if noise > 0 and noise < 0.9 * segment.noise:
            errors[rows] = noise
            segments.append(replace(segment, noise=noise))
        else:
            segments.append(segment)
    return replace(curve, flux_err=errors, segments=tuple(segments))


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
