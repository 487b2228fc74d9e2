"""The shape of a transit fitted again once its transits are shifted to a common time: the smear of the fold is gone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from science.fitting import orbit
from science.fitting.timing_windows import Light, TransitShape
from science.fitting.transit import transit_flux
from science.lightcurve import FloatArray

_MOST_POINTS = 40_000


def refolded_shape(
    light: Light, shape: TransitShape, times_bjd: Mapping[int, float], baseline: float = 1.0
) -> TransitShape | None:
    """Least squares for radius ratio, duration and impact parameter with every transit at its own time.

    `times_bjd` holds mid-times by number; a constant and a slope are fitted around each, over `baseline` durations to
    either side. The limb darkening and the orbit's eccentricity are held. None where there are too few points, or
    nothing fits better than `shape`.
    """
    from scipy.optimize import least_squares

    duration = shape.duration_days
    rows, late, groups = _rows(light, shape, times_bjd, (0.5 + baseline) * duration)
    if rows.size < 20 or rows.size > _MOST_POINTS * 5:
        return None
    if rows.size > _MOST_POINTS:
        keep = np.arange(0, rows.size, math.ceil(rows.size / _MOST_POINTS))
        rows, late, groups = rows[keep], late[keep], groups[keep]
    time, exposure, weight = light.time[rows] - late, light.exposure[rows], 1.0 / light.err[rows]
    edges = np.flatnonzero(np.diff(groups)) + 1
    parts = [part for part in np.split(np.arange(rows.size), edges) if part.size >= 4]
    bases = [_basis(time[part], weight[part]) for part in parts]
    flux = light.flux[rows]

    def with_values(values: FloatArray) -> TransitShape | None:
        ratio, length, impact = float(np.exp(values[0])), float(np.exp(values[1])), abs(float(values[2]))
        slow = duration / _circular(shape)
        axis = float(orbit.scaled_axis_of_duration(shape.period_days, length / slow, ratio, impact))
        if not math.isfinite(axis):
            return None
        return replace(shape, radius_ratio=ratio, scaled_axis=axis, impact_parameter=impact)

    def residuals(values: FloatArray) -> FloatArray:
        trial = with_values(values)
        if trial is None:
            return np.full(sum(p.size for p in parts), 1e3)
        dip = (1.0 - shape.dilution) * (1.0 - transit_flux(time, exposure, trial.row[None, :], shape.u1, shape.u2))
        scaled = (flux - 1.0 + dip) * weight
        return np.concatenate([scaled[p] - b @ (b.T @ scaled[p]) for p, b in zip(parts, bases, strict=True)])

    start = np.array([math.log(shape.radius_ratio), math.log(duration), shape.impact_parameter])
    before = float(np.square(residuals(start)).sum())
    best, answer = before, None
    for impact in (shape.impact_parameter, 0.2, 0.6):
        found = least_squares(
            residuals,
            np.array([start[0], start[1], impact]),
            bounds=([start[0] - 0.7, start[1] - 0.5, 0.0], [start[0] + 0.7, start[1] + 0.5, 1.0]),
            x_scale=np.array([0.05, 0.05, 0.2]),
            max_nfev=25,
        )
        if 2.0 * found.cost < best - 1e-3:
            best, answer = 2.0 * float(found.cost), with_values(found.x)
    return answer


def _circular(shape: TransitShape) -> float:
    """Length that the transit would have on a circular orbit of the same size."""
    return float(orbit.duration_of(shape.period_days, shape.scaled_axis, shape.radius_ratio, shape.impact_parameter)[0])


def _rows(
    light: Light, shape: TransitShape, times_bjd: Mapping[int, float], half_width: float
) -> tuple[np.ndarray, FloatArray, np.ndarray]:
    """Rows near the transits, how late each row's transit is against `shape`'s ephemeris, and its number."""
    rows, late, groups = [], [], []
    for epoch, at in sorted(times_bjd.items()):
        first, last = np.searchsorted(light.time, (at - half_width, at + half_width))
        inside = np.arange(first, last)
        rows.append(inside)
        late.append(np.full(inside.size, at - shape.epoch_bjd - epoch * shape.period_days))
        groups.append(np.full(inside.size, epoch))
    if not rows:
        return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0, dtype=np.int64)
    return np.concatenate(rows), np.concatenate(late), np.concatenate(groups)


def _basis(time: FloatArray, weight: FloatArray) -> FloatArray:
    basis, _ = np.linalg.qr(np.stack([weight, weight * (time - time.mean())], axis=1))
    return np.asarray(basis)
