"""Taking a star's rotation out of its light curve, so that dips under it can be found."""

from __future__ import annotations

import numpy as np

from science.lightcurve import BoolArray, FloatArray

#: Spots change from turn to turn: the waves are fitted over this many turns, at least so many days.
_TURNS = 5.0
_LEAST_DAYS = 3.0
_HARMONICS = 4
#: No wave faster than this is fitted: it would follow the dips themselves.
_FASTEST_DAYS = 0.15
_CLIP_SIGMA = 3.5


def rhythm_model(time: FloatArray, flux: FloatArray, err: FloatArray, period: float, fit_rows: BoolArray) -> FloatArray:
    """Waves of `period` (days) and its harmonics, with amplitudes that may drift. Mean about 0, shape (n,).

    In overlapping windows of five turns (at least 3 days) a sum of up to four harmonics is fitted by least squares
    to `fit_rows` (leave the dips out), clipping values 3.5 sigma off twice; the windows are blended with triangular
    weights. Stretches with too few points keep a model of 0. Arrays (n,), sorted by time, flux around 1.
    """
    window = max(_TURNS * period, _LEAST_DAYS)
    orders = [k for k in range(1, _HARMONICS + 1) if period / k >= _FASTEST_DAYS]
    if not orders:
        return np.zeros_like(flux)
    total = np.zeros_like(flux)
    blend = np.zeros_like(flux)
    start = float(time[0]) - 0.5 * window
    while start < time[-1]:
        low, high = np.searchsorted(time, [start, start + window])
        rows = slice(int(low), int(high))
        start += 0.5 * window
        used = fit_rows[rows]
        if np.count_nonzero(used) < 20 * len(orders):
            continue
        t = time[rows]
        if t[-1] - t[0] < period:
            continue
        middle = 0.5 * float(t[0] + t[-1])
        design = _harmonics(t - middle, period, orders)
        model = _robust_fit(design, flux[rows] - 1.0, err[rows], used)
        # Above zero everywhere, so that every row of a fitted window counts.
        weight = 1.02 - np.abs(t - middle) / (0.5 * window)
        weight = np.maximum(weight, 0.02)
        total[rows] += weight * model
        blend[rows] += weight
    return np.where(blend > 0, total / np.maximum(blend, 1e-12), 0.0)


def _harmonics(time: FloatArray, period: float, orders: list[int]) -> FloatArray:
    angle = 2.0 * np.pi / period * time[:, None] * np.asarray(orders, dtype=np.float64)[None, :]
    return np.concatenate((np.ones((time.size, 1)), np.sin(angle), np.cos(angle)), axis=1)


def _robust_fit(design: FloatArray, values: FloatArray, err: FloatArray, used: BoolArray) -> FloatArray:
    keep = used.copy()
    model = np.zeros_like(values)
    for _ in range(3):
        if np.count_nonzero(keep) < 2 * design.shape[1]:
            return np.zeros_like(values)
        scaled = design[keep] / err[keep, None]
        # A small ridge keeps waves from growing in the gaps of a window.
        normal = scaled.T @ scaled
        normal[np.diag_indices_from(normal)] *= 1.001
        solution = np.linalg.lstsq(normal, scaled.T @ (values[keep] / err[keep]), rcond=None)[0]
        model = np.asarray(design @ solution, dtype=np.float64)
        residual = values - model
        scatter = 1.4826 * float(np.median(np.abs(residual[keep])))
        keep = used & (np.abs(residual) < _CLIP_SIGMA * max(scatter, 1e-12))
    return model
