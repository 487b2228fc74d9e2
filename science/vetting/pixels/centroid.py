"""Flux-weighted centroids: does the middle of the light move in the dips, and to where?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.lightcurve import BoolArray, FloatArray
from science.pixels import PixelCube
from science.vetting.pixels.events import Event, design

_FEWEST_FOR_SCATTER = 3


@dataclass(frozen=True, slots=True)
class CentroidShift:
    """The shift of the centroid at mid-transit, (column, row) in pixels, in less out, with errors.

    `out` is the centroid out of transit, `depth` the dip of the light in the aperture. `days` and `series` (n, 2) are
    the shifts against each event's surroundings, for a picture.
    """

    shift: tuple[float, float]
    shift_err: tuple[float, float]
    out: tuple[float, float]
    depth: float
    depth_err: float
    days: FloatArray
    series: FloatArray

    def source(self) -> tuple[float, float]:
        """(column, row) of the light that goes missing: X_out − shift (1 − depth) / depth (Batalha et al. 2010, ApJ
        713, L103; Bryson et al. 2013), in the coordinates of the centroid itself."""
        factor = (1.0 - self.depth) / self.depth
        return self.out[0] - self.shift[0] * factor, self.out[1] - self.shift[1] * factor

    def source_err(self) -> tuple[float, float]:
        """Errors of `source`, that of the depth included."""
        factor = (1.0 - self.depth) / self.depth
        share = self.depth_err / self.depth / max(1.0 - self.depth, 1e-6)
        errors = [factor * math.hypot(e, s * share) for s, e in zip(self.shift, self.shift_err, strict=True)]
        return errors[0], errors[1]


def centroid_shift(
    cube: PixelCube, events: Sequence[Event], aperture: BoolArray, pixels: BoolArray
) -> CentroidShift | None:
    """Fit the dip's shape to the centroid series around each event, with level, slope and pointing free.

    X = sum(x f) / sum(f) over the pixels of `aperture`, the sky's light taken off first where the file has not. A
    deep dip moves the centroid by depth·shape / (1 − depth·shape), not by the shape itself, which is what is fitted.
    None where the aperture is empty or its light is not positive.
    """
    mask = aperture & pixels
    if not mask.any() or not events:
        return None
    frames = np.unique(np.concatenate([e.frames for e in events]))
    light = cube.flux[frames][:, mask].astype(np.float64, copy=False)
    if not cube.background_subtracted:
        light = light - _sky(cube.flux[frames][:, pixels])[:, None]
    total = light.sum(axis=1)
    if not (np.median(total) > 0):
        return None
    row, column = np.nonzero(mask)
    total = np.where(total > 0.05 * np.median(total), total, np.nan)
    series = np.column_stack([light @ column / total, light @ row / total, total])
    place = {int(f): i for i, f in enumerate(frames)}
    rows = [np.array([place[int(f)] for f in e.frames]) for e in events]
    depth, depth_err = _depth(cube, events, rows, series[:, 2])
    if not math.isfinite(depth):
        return None
    shifts, variances, levels = [], [], []
    days, moves = [], []
    for event, index in zip(events, rows, strict=True):
        local = series[index]
        good = np.isfinite(local).all(axis=1)
        if np.count_nonzero(good) < 6:
            continue
        matrix = design(event, cube.pos_corr)[good]
        matrix[:, 0] = _pull(event.shape[good], depth)
        inverse = np.linalg.pinv(matrix.T @ matrix)
        solution = inverse @ (matrix.T @ local[good, :2])
        residual = local[good, :2] - matrix @ solution
        dof = max(1, int(good.sum()) - matrix.shape[1])
        shifts.append(solution[0])
        variances.append(np.square(residual).sum(axis=0) / dof * inverse[0, 0])
        levels.append(solution[1])
        days.append(event.days[good])
        moves.append(local[good, :2] - matrix[:, 1:] @ solution[1:])
    if not shifts:
        return None
    mean, err = _mean(np.array(shifts), np.array(variances))
    level = np.median(np.array(levels), axis=0)
    return CentroidShift(
        (float(mean[0]), float(mean[1])),
        (float(err[0]), float(err[1])),
        (float(level[0]), float(level[1])),
        depth,
        depth_err,
        np.concatenate(days),
        np.concatenate(moves),
    )


def _pull(shape: FloatArray, depth: float) -> FloatArray:
    """How far the centroid is on its way at each shape of the dip: 0 outside, 1 at mid-transit."""
    if not depth > 0:
        return shape
    deepest = min(depth, 0.95)
    loss = deepest * shape
    return np.asarray(loss / (1.0 - loss) * (1.0 - deepest) / deepest)


def _sky(light: FloatArray) -> FloatArray:
    """Light of the sky in each frame: the median of the darkest fifth of its pixels, always the same ones."""
    typical = np.median(light, axis=0)
    dark = np.argsort(typical)[: max(3, typical.size // 5)]
    return np.asarray(np.median(light[:, dark], axis=1))


def _depth(
    cube: PixelCube, events: Sequence[Event], rows: Sequence[FloatArray], total: FloatArray
) -> tuple[float, float]:
    depths, variances = [], []
    for event, index in zip(events, rows, strict=True):
        local = total[index]
        good = np.isfinite(local)
        if np.count_nonzero(good) < 6:
            continue
        matrix = design(event, cube.pos_corr)[good]
        inverse = np.linalg.pinv(matrix.T @ matrix)
        solution = inverse @ (matrix.T @ local[good])
        residual = local[good] - matrix @ solution
        dof = max(1, int(good.sum()) - matrix.shape[1])
        depths.append(-solution[0] / solution[1])
        variances.append(float(residual @ residual) / dof * inverse[0, 0] / solution[1] ** 2)
    if not depths:
        return math.nan, math.nan
    mean, err = _mean(np.array(depths)[:, None], np.array(variances)[:, None])
    return float(mean[0]), float(err[0])


def _mean(values: FloatArray, variances: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean over events by inverse variance, (k, m) -> (m,); the error widened where events differ by more."""
    weight = 1.0 / np.maximum(variances, 1e-30)
    mean = (values * weight).sum(axis=0) / weight.sum(axis=0)
    err = 1.0 / np.sqrt(weight.sum(axis=0))
    if values.shape[0] >= _FEWEST_FOR_SCATTER:
        reduced = (np.square(values - mean) * weight).sum(axis=0) / (values.shape[0] - 1)
        err = err * np.sqrt(np.maximum(1.0, reduced))
    return mean, err


def nominal_aperture(shape: tuple[int, int], column: float, row: float, radius_px: float = 1.6) -> BoolArray:
    """Pixels whose centres lie within `radius_px` of a position: the aperture where the file names none."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    return np.asarray(np.hypot(x - column, y - row) <= radius_px)


def centroid_of_star(shares: FloatArray, aperture: BoolArray) -> tuple[float, float] | None:
    """Where the centroid of a star's own light lies that falls into the aperture: `shares` (rows, columns)."""
    inside = np.where(aperture, shares, 0.0)
    total = float(inside.sum())
    if total < 1e-3:
        return None
    y, x = np.mgrid[0 : shares.shape[0], 0 : shares.shape[1]]
    return float((x * inside).sum() / total), float((y * inside).sum() / total)
