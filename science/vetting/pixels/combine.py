"""One offset on the sky from the difference images of all sectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.lightcurve import FloatArray
from science.pixels import PIXEL_ARCSEC, SkyGrid
from science.prf import Prf
from science.vetting.pixels.position import Image
from science.vetting.pixels.results import Offset

#: Error that no amount of data beats, added in quadrature: 2.5 arcsec for TESS (Twicken et al. 2018, PASP 130,
#: 064502, as SPOC applies it), which is 0.12 of a pixel; the same share of a pixel elsewhere (0.47 arcsec for Kepler,
#: whose own pipeline allowed 0.067 arcsec with its measured PRF).
FLOOR_PX = 2.5 / PIXEL_ARCSEC["TESS"]
#: LEO-Vetter's limit for TESS, 15 arcsec (Kunimoto et al. 2025), as a share of a pixel.
LIMIT_PX = 15.0 / PIXEL_ARCSEC["TESS"]


@dataclass(frozen=True, slots=True)
class View:
    """One sector's difference image as the combination needs it. `target` (column, row) is registered."""

    image: Image
    prf: Prf
    target: tuple[float, float]
    registration_err: tuple[float, float]
    grid: SkyGrid

    @property
    def px_per_arcsec(self) -> FloatArray:
        """(2, 2): steps of (column, row) for one arcsec (east, north)."""
        return np.asarray(np.linalg.inv(np.array(self.grid.cd) * 3600.0))


def floor_arcsec(pixel_arcsec: float) -> float:
    """The floor of the error of an offset for pixels of this size, arcsec."""
    return FLOOR_PX * pixel_arcsec


def limit_arcsec(pixel_arcsec: float) -> float:
    """The offset beyond which dips are not the star's whatever the error, arcsec."""
    return LIMIT_PX * pixel_arcsec


def combined_offset(views: Sequence[View], pixel_arcsec: float) -> Offset | None:
    """The offset from the target that explains all difference images best: one source, one place on the sky.

    Every sector has its own light and background; the place is common. For sectors that can be placed alone this is
    the mean by inverse variance; weak ones take part by what they know, where a single fit could land on noise.
    Errors: curvature of chi², widened by the reduced chi², the registration of each sector, and the floor. None where
    no place gives missing light that is positive.
    """
    if not views:
        return None
    start = _coarse(views, pixel_arcsec)
    if start is None:
        return None
    sky = np.array(start)
    chi2, damping = _cost(views, sky), 1e-2
    for _ in range(30):
        normal, slope = _normal(views, sky)
        step = np.linalg.lstsq(normal + damping * np.diag(np.diag(normal)), slope, rcond=None)[0]
        step *= min(1.0, 0.7 * pixel_arcsec / max(float(np.hypot(*step)), 1e-12))
        trial = _cost(views, sky + step)
        if trial < chi2:
            done = chi2 - trial < 1e-4
            sky, chi2, damping = sky + step, trial, damping * 0.3
            if done:
                break
        else:
            damping *= 8.0
            if damping > 1e6:
                break
    if not math.isfinite(chi2):
        return None
    dof = max(1, sum(v.image.dof - 1 for v in views) - 2)
    normal, _ = _normal(views, sky)
    covariance = np.linalg.pinv(normal) * max(1.0, chi2 / dof) + _registration(views)
    return offset_of(float(sky[0]), float(sky[1]), covariance, pixel_arcsec, len(views))


def light_at(views: Sequence[View], offset: Offset) -> float:
    """Signal to noise of the missing light at one place of the sky, the same light in every view.

    The place that fits noise best reaches about three; single images added up would reach more with every sector.
    """
    sky = np.array([offset.east_arcsec, offset.north_arcsec])
    top, bottom, power = 0.0, 0.0, 0.0
    for view in views:
        shares = view.image.prf(view.prf, *_place(view, sky))
        top += float(shares @ view.image.values)
        bottom += float(shares @ shares)
        power += view.image.power
    if bottom <= 0:
        return 0.0
    dof = max(1, sum(v.image.dof for v in views) - 3)
    widening = max(1.0, (power - top**2 / bottom) / dof)
    return max(top, 0.0) / math.sqrt(bottom * widening)


def offset_of(east: float, north: float, covariance: FloatArray, pixel_arcsec: float, n_sectors: int) -> Offset:
    """An offset with the floor added in quadrature; `covariance` (2, 2) of (east, north) without it, arcsec²."""
    whole = covariance + np.eye(2) * floor_arcsec(pixel_arcsec) ** 2
    length = math.hypot(east, north)
    along = np.array([east, north]) / length if length > 0 else np.array([1.0, 0.0])
    err = math.sqrt(max(float(along @ whole @ along), 1e-12))
    # The distance in units of the error ellipse, not of its width in one direction.
    sigma = math.sqrt(max(float(np.array([east, north]) @ np.linalg.inv(whole) @ np.array([east, north])), 0.0))
    return Offset(
        east, north, math.sqrt(float(covariance[0, 0])), math.sqrt(float(covariance[1, 1])), length, err, sigma,
        n_sectors,
    )  # fmt: skip


def _place(view: View, sky: FloatArray) -> tuple[float, float]:
    step = view.px_per_arcsec @ sky
    return view.target[0] + float(step[0]), view.target[1] + float(step[1])


def _cost(views: Sequence[View], sky: FloatArray) -> float:
    total, lit = 0.0, False
    for view in views:
        column, row = _place(view, sky)
        if not (-1.0 <= column <= view.image.columns and -1.0 <= row <= view.image.rows):
            return math.inf
        light, _, chi2 = view.image.light(view.image.prf(view.prf, column, row))
        lit = lit or light > 0
        total += chi2 if light > 0 else view.image.power  # a source cannot brighten
    return total if lit else math.inf


def _normal(views: Sequence[View], sky: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Normal matrix and slope for (east, north), light and background of every sector eliminated."""
    normal, slope = np.zeros((2, 2)), np.zeros(2)
    for view in views:
        image = view.image
        column, row = _place(view, sky)
        shares = image.prf(view.prf, column, row)
        light, _, _ = image.light(shares)
        if light <= 0:
            continue
        places = light * image.slopes(view.prf, column, row) @ view.px_per_arcsec
        free = places - np.outer(shares, shares @ places) / float(shares @ shares)
        normal += free.T @ free
        slope += free.T @ (image.values - light * shares)
    return normal, slope


def _coarse(views: Sequence[View], pixel_arcsec: float) -> tuple[float, float] | None:
    reach = min(6.0, 0.5 * max(max(v.image.rows, v.image.columns) for v in views) + 1.0)
    steps = np.arange(-reach, reach + 0.25, 0.5) * pixel_arcsec
    east, north = (g.ravel() for g in np.meshgrid(steps, steps))
    gain = np.zeros(east.size)
    inside = np.ones(east.size, dtype=np.bool_)
    for view in views:
        offset = view.px_per_arcsec @ np.vstack([east, north])
        column, row = view.target[0] + offset[0], view.target[1] + offset[1]
        inside &= (column >= -1.0) & (column <= view.image.columns) & (row >= -1.0) & (row <= view.image.rows)
        shares = view.image.many(view.prf, column, row)
        overlap = shares @ view.image.values
        strength = np.maximum(np.square(shares).sum(axis=1), 1e-300)
        gain += np.where(overlap > 0, np.square(overlap) / strength, 0.0)
    best = int(np.argmax(np.where(inside, gain, -1.0)))
    return (float(east[best]), float(north[best])) if inside[best] and gain[best] > 0 else None


def _registration(views: Sequence[View]) -> FloatArray:
    """Covariance (2, 2) of the mean of the sectors' registrations, arcsec²."""
    total = np.zeros((2, 2))
    for view in views:
        cd = np.array(view.grid.cd) * 3600.0
        total += cd @ np.diag(np.square(view.registration_err)) @ cd.T
    return np.asarray(total / len(views) ** 2)
