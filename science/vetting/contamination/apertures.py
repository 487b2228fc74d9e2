"""How much of each star's light falls into an aperture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import chndtr, erf

from science.lightcurve import BoolArray, FloatArray
from science.pixels import PixelCube
from science.prf import GAUSSIAN_SIGMA_PX, WINGS, GaussianPrf, Prf, images

#: The width of a Gaussian PRF differs by this much over the detector; sets the error of what a neighbour leaves.
WIDTH_ERROR = 0.15
#: Light of a star in one pixel far from it: 0.2 % at 3 pixels, a factor 2.8 less for each pixel more. Measured on the
#: frames of TIC 25155310 (sector 1); a Gaussian has none of it.
OUTSKIRTS_AT_3_PX = 0.002
OUTSKIRTS_DECADES_PER_PX = 0.45
#: Stars farther from the aperture than this leave nothing in it.
REACH_PX = 12.0
#: Stars with less light than this, compared with the target, get the Gaussian even where a measured PRF is at hand.
_FAINTEST = 1e-5


@dataclass(frozen=True, slots=True)
class Captured:
    """Parts of each star's light inside an aperture, all shape (k,), in [0, 1].

    `part` is what shares of light are counted by: the target and its neighbours lose their wings alike, so that a
    Gaussian does, and the shares stay TRICERATOPS's. `with_wings` is what FLFRCSAP states, the part of the whole light
    (the same as `part` with a measured PRF, or one that was chosen). `relative_err` is what the width of the PRF leaves
    open; `outskirts` what the far wings of the image may add at most, which a Gaussian lacks (zeros with a measured
    PRF).
    """

    part: FloatArray
    with_wings: FloatArray
    relative_err: FloatArray
    outskirts: FloatArray


def nominal_pixels(magnitude: float, mission: str) -> int:
    """Pixels of a usual aperture. TESS: 10^(1.6 - 0.1 (T - 5)), at least 7, as the apertures of twelve SPOC light
    curves have (T 5.1: 45, T 10.5: 11, T 14.3: 7). Kepler: about 20 at Kp 10, 6 at Kp 15."""
    if not math.isfinite(magnitude):
        magnitude = 11.0
    if mission in ("Kepler", "K2"):
        return int(np.clip(round(10 ** (1.3 - 0.1 * (magnitude - 10.0))), 4, 60))
    return int(np.clip(round(10 ** (1.6 - 0.1 * (magnitude - 5.0))), 7, 60))


def nominal_aperture(cube: PixelCube, column: float, row: float, magnitude: float) -> BoolArray:
    """The pixels nearest to a star, as many as a usual aperture has, shape (rows, columns); pixels without data are
    left out. All False where the star is not on the picture."""
    rows, columns = cube.shape
    chosen = np.zeros((rows, columns), dtype=np.bool_)
    if not (-0.5 <= column <= columns - 0.5 and -0.5 <= row <= rows - 0.5):
        return chosen
    y, x = np.mgrid[0:rows, 0:columns]
    distance = np.hypot(x - column, y - row)
    distance[~np.isfinite(cube.flux).any(axis=0)] = np.inf
    nearest = np.argsort(distance, axis=None)[: nominal_pixels(magnitude, cube.mission)]
    chosen.flat[nearest] = np.isfinite(distance.flat[nearest])
    return chosen


def captured_by_pixels(
    aperture: BoolArray, columns: FloatArray, rows: FloatArray, light: FloatArray, mission: str, prf: Prf | None = None
) -> Captured:
    """Parts of the stars' light in the pixels of `aperture` (rows, columns).

    `columns`, `rows` (k,) are positions with pixel centres at integers, `light` (k,) relative to the target. Without a
    `prf` the Gaussian of the mission, to whose `with_wings` the mission's wings are added. A Gaussian is integrated for
    all stars at once, any other PRF only for those near and bright enough to matter.
    """
    gauss = prf if isinstance(prf, GaussianPrf) else GaussianPrf(GAUSSIAN_SIGMA_PX.get(mission, 0.75))
    part = _gaussian(aperture, columns, rows, gauss, 1.0)
    wide = _gaussian(aperture, columns, rows, gauss, 1.0 + WIDTH_ERROR)
    narrow = _gaussian(aperture, columns, rows, gauss, 1.0 - WIDTH_ERROR)
    tiny = 1e-300
    relative = 0.5 * np.abs(np.log((wide + tiny) / (narrow + tiny)))
    inside = np.argwhere(aperture)
    distance = np.hypot(columns[:, None] - inside[None, :, 1], rows[:, None] - inside[None, :, 0])
    nearest = distance.min(axis=1) if inside.size else np.full(columns.shape, np.inf)
    if prf is None or isinstance(prf, GaussianPrf):
        outskirts = np.where(nearest < REACH_PX, _outskirts(distance).sum(axis=1), 0.0)
        whole = part
        if prf is None and mission in WINGS:
            wing, width = WINGS[mission]
            whole = (1.0 - wing) * part + wing * _gaussian(aperture, columns, rows, GaussianPrf(width), 1.0)
        return Captured(part, whole, np.minimum(relative, 3.0), np.minimum(outskirts, 1.0))
    part = np.where(light >= _FAINTEST, 0.0, part)
    counted = np.flatnonzero((light >= _FAINTEST) & (nearest < REACH_PX))
    if counted.size:
        height, width_px = aperture.shape
        part[counted] = images(prf, height, width_px, columns[counted], rows[counted])[:, aperture].sum(axis=1)
    part = np.clip(part, 0.0, 1.0)
    return Captured(part, part, np.full(part.shape, 0.05), np.zeros_like(part))


def captured_by_circle(separation_px: FloatArray, n_pixels: int, mission: str) -> Captured:
    """Parts of the stars' light in a circle of `n_pixels` pixels' area around the target, without any picture.

    A round Gaussian displaced by d, inside radius r: the noncentral chi-square distribution with two degrees of freedom
    at r²/σ², noncentrality d²/σ².
    """
    sigma = GAUSSIAN_SIGMA_PX.get(mission, 0.75)
    radius = math.sqrt(n_pixels / math.pi)

    def inside(width: float) -> FloatArray:
        near = np.minimum(separation_px, radius + 12.0 * width)  # beyond, nothing is left and the series is slow
        return np.asarray(np.where(near < separation_px, 0.0, chndtr((radius / width) ** 2, 2.0, (near / width) ** 2)))

    part, wide, narrow = inside(sigma), inside(sigma * (1 + WIDTH_ERROR)), inside(sigma * (1 - WIDTH_ERROR))
    whole = part
    if mission in WINGS:
        wing, width = WINGS[mission]
        whole = (1.0 - wing) * part + wing * inside(width)
    tiny = 1e-300
    relative = 0.5 * np.abs(np.log((wide + tiny) / (narrow + tiny)))
    edge = np.maximum(separation_px - 0.5 * radius, 0.0)  # most pixels of the circle are at least that far
    outskirts = np.where(separation_px < REACH_PX + radius, n_pixels * _outskirts(edge), 0.0)
    return Captured(part, whole, np.minimum(relative, 3.0), np.minimum(outskirts, 1.0))


def _gaussian(aperture: BoolArray, columns: FloatArray, rows: FloatArray, prf: GaussianPrf, scale: float) -> FloatArray:
    across = _shares(aperture.shape[1], columns, prf.sigma_px * scale)
    along = _shares(aperture.shape[0], rows, (prf.sigma_row_px or prf.sigma_px) * scale)
    return np.asarray(((along @ aperture.astype(np.float64)) * across).sum(axis=1))


def _shares(count: int, centres: FloatArray, sigma: float) -> FloatArray:
    """Part of a one-dimensional Gaussian in each of `count` pixels, shape (k, count)."""
    edges = np.arange(count + 1, dtype=np.float64) - 0.5
    return np.asarray(0.5 * np.diff(erf((edges[None, :] - centres[:, None]) / (math.sqrt(2.0) * sigma)), axis=1))


def _outskirts(distance_px: FloatArray) -> FloatArray:
    beyond = np.maximum(distance_px, 3.0) - 3.0
    return np.asarray(OUTSKIRTS_AT_3_PX * 10.0 ** (-OUTSKIRTS_DECADES_PER_PX * beyond))
