"""What the tests looked at, as few points: averages over the phase, single depths, and where in time they lie."""

from __future__ import annotations

from typing import Literal

import numpy as np

from science.lightcurve import BoolArray, FloatArray, IntArray
from science.vetting.light.workings import Workings
from science.vetting.results import Series

HOURS = "hours from mid-dip"
PPM = "brightness (ppm from normal)"
_MOST_WINDOWS = 400


def folded(
    w: Workings,
    rows: BoolArray | None = None,
    centre_days: float = 0.0,
    half_width_days: float | None = None,
    style: Literal["dots", "odd", "even"] = "dots",
    label: str = "",
    n_bins: int = 41,
) -> Series:
    """Mean brightness in `n_bins` steps of phase around `centre_days`, hours and ppm. Errors are white noise only."""
    half = min(2.0 * w.duration if half_width_days is None else half_width_days, 0.5 * w.period)
    x = np.mod(w.phase - centre_days + 0.5 * w.period, w.period) - 0.5 * w.period
    use = np.abs(x) < half
    if rows is not None:
        use &= rows
    index = np.minimum(((x[use] + half) / (2 * half) * n_bins).astype(np.int64), n_bins - 1)
    total = np.bincount(index, weights=w.weight[use], minlength=n_bins)
    has = total > 0
    with_flux = np.bincount(index, weights=w.weight[use] * (w.flux[use] - w.level), minlength=n_bins)
    with_x = np.bincount(index, weights=w.weight[use] * x[use], minlength=n_bins)
    return Series(
        style,
        24.0 * with_x[has] / total[has],
        1e6 * with_flux[has] / total[has],
        1e6 / np.sqrt(total[has]),
        label,
    )


def model_line(w: Workings, label: str = "best planet", n: int = 60) -> tuple[Series, ...]:
    """The fitted transit as a line; nothing where there is no fit."""
    if w.transit is None:
        return ()
    half = min(2.0 * w.duration, 0.5 * w.period)
    x = np.linspace(-half, half, n)
    return (Series("line", 24.0 * x, 1e6 * (w.transit_at(x, w.transit.values) - w.level), None, label),)


def level_line(x: FloatArray, y: float, label: str) -> Series:
    """A dashed limit over the range of `x`."""
    ends = np.array([float(np.min(x)), float(np.max(x))]) if x.size else np.array([0.0, 1.0])
    return Series("level", ends, np.array([y, y]), None, label)


def thinned(rows: FloatArray, most: int = 60) -> FloatArray:
    """Every so-maniest entry, at most `most`."""
    return rows[:: max(1, -(-rows.size // most))]


def event_windows(w: Workings, numbers: FloatArray | IntArray, widths: float = 1.0) -> FloatArray:
    """Stretches of time (k, 2) `widths` durations long around the transits of these numbers."""
    mid = w.epoch + w.period * np.asarray(numbers, dtype=np.float64)[:_MOST_WINDOWS]
    half = 0.5 * widths * w.duration
    return np.stack((mid - half, mid + half), axis=1) if mid.size else np.empty((0, 2))


def phase_windows(w: Workings, phase_share: float) -> FloatArray:
    """Stretches of time (k, 2), one duration long, at a phase (share of the period) that have data."""
    at = phase_share * w.period
    x = np.mod(w.phase - at + 0.5 * w.period, w.period) - 0.5 * w.period
    hit = np.abs(x) < 0.5 * w.duration
    numbers = np.unique(np.floor((w.time[hit] - w.epoch - at) / w.period + 0.5))
    mid = w.epoch + at + w.period * numbers[:_MOST_WINDOWS]
    half = 0.5 * w.duration
    return np.stack((mid - half, mid + half), axis=1) if mid.size else np.empty((0, 2))
