"""How the light of one star falls on the pixels: the pixel response function (PRF).

A PRF here is already integrated over the pixel and over the jitter of one exposure, so its value at an offset is the
share of a star's light that one pixel receives when its centre lies that far from the star.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from science.lightcurve import FloatArray, Mission

#: Widths of the Gaussian that stands in for the PRF, pixels. TESS: 0.75, as in TRICERATOPS (Giacalone et al. 2021,
#: AJ 161, 24, section 2.2). Kepler and K2: the 95 % energy circles of the Kepler PRF are 3.1 to 7.5 pixels wide
#: (Bryson et al. 2010, ApJ 713, L97; Kepler Instrument Handbook, section 3.5), most of which are wings; 0.65 is what
#: the cores of the stars in the target pixel files ask for.
GAUSSIAN_SIGMA_PX: dict[str, float] = {"TESS": 0.75, "Kepler": 0.65, "K2": 0.65, "other": 0.75}

#: (share, width in pixels) of the light that a real image has beyond the Gaussian of `GAUSSIAN_SIGMA_PX`: a second,
#: wider Gaussian about the same middle. TESS: fitted to FLFRCSAP, the part of a star's light in its aperture, of every
#: second SPOC light curve at hand (it leaves 0.15 % of the light in a pixel at 3 pixels and puts 92 % in 4 by 4;
#: measured on frames of TIC 25155310: 0.2 %, and 90 % by Ricker et al. 2015, JATIS 1, 014003, table 1). Kepler and K2:
#: 23 quarters and 10 K2 stars ask for none beside their 0.65 pixels.
WINGS: dict[str, tuple[float, float]] = {"TESS": (0.116, 2.07)}


class Prf(Protocol):
    """The share of a star's light that falls into each pixel of an image."""

    def image(self, rows: int, columns: int, column: float, row: float) -> FloatArray:
        """Shares, shape (rows, columns), for a star at (`column`, `row`); pixel centres at integers, from 0 at the
        lower left pixel. The sum is at most one: light beside the image is not in it."""
        ...


@dataclass(frozen=True, slots=True)
class GaussianPrf:
    """A Gaussian integrated over each pixel in closed form: products of differences of error functions.

    `sigma_px` is the width along columns; `sigma_row_px` along rows, None where it is the same. Raises ValueError for
    a width that is not positive.
    """

    sigma_px: float = GAUSSIAN_SIGMA_PX["TESS"]
    sigma_row_px: float | None = None

    def __post_init__(self) -> None:
        widths = (self.sigma_px, self.sigma_px if self.sigma_row_px is None else self.sigma_row_px)
        if not all(math.isfinite(w) and w > 0 for w in widths):
            raise ValueError("The width of a PRF must be a positive number of pixels.")

    def image(self, rows: int, columns: int, column: float, row: float) -> FloatArray:
        """Shares of the star's light, shape (rows, columns). See `Prf.image`."""
        across = _shares(columns, column, self.sigma_px)
        along = _shares(rows, row, self.sigma_px if self.sigma_row_px is None else self.sigma_row_px)
        return np.outer(along, across)


@dataclass(frozen=True, slots=True)
class WingedPrf:
    """A Gaussian with wings: the share `wing` of the light lies in a second, round Gaussian of `wing_sigma_px`.

    Raises ValueError for a share outside [0, 1) or a width that is not positive.
    """

    core: GaussianPrf
    wing: float
    wing_sigma_px: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.wing < 1.0 and math.isfinite(self.wing_sigma_px) and self.wing_sigma_px > 0):
            raise ValueError("The wings of a PRF need a share from 0 to 1 and a positive width.")

    def image(self, rows: int, columns: int, column: float, row: float) -> FloatArray:
        """Shares of the star's light, shape (rows, columns). See `Prf.image`."""
        wide = GaussianPrf(self.wing_sigma_px).image(rows, columns, column, row)
        return (1.0 - self.wing) * self.core.image(rows, columns, column, row) + self.wing * wide


def images(prf: Prf, rows: int, columns: int, column: FloatArray, row: FloatArray) -> FloatArray:
    """Shares of many stars at once, shape (k, rows, columns), for positions `column` and `row` (k,)."""
    if isinstance(prf, GaussianPrf):
        across = _many_shares(columns, column, prf.sigma_px)
        along = _many_shares(rows, row, prf.sigma_px if prf.sigma_row_px is None else prf.sigma_row_px)
        return np.asarray(along[:, :, None] * across[:, None, :])
    if isinstance(prf, WingedPrf):
        wide = images(GaussianPrf(prf.wing_sigma_px), rows, columns, column, row)
        return (1.0 - prf.wing) * images(prf.core, rows, columns, column, row) + prf.wing * wide
    if isinstance(prf, TabulatedPrf):
        low_row, bottom, top = _between(rows, row[:, None], prf.per_pixel, prf.samples.shape[0])
        low_column, left, right = _between(columns, column[:, None], prf.per_pixel, prf.samples.shape[1])
        y, x = low_row[:, :, None], low_column[:, None, :]
        below = prf.samples[y, x] * left[:, None, :] + prf.samples[y, x + 1] * right[:, None, :]
        above = prf.samples[y + 1, x] * left[:, None, :] + prf.samples[y + 1, x + 1] * right[:, None, :]
        return np.asarray(below * bottom[:, :, None] + above * top[:, :, None])
    return np.array([prf.image(rows, columns, float(c), float(r)) for c, r in zip(column, row, strict=True)]).reshape(
        -1, rows, columns
    )


def image_of_stars(
    prf: Prf, rows: int, columns: int, column: FloatArray, row: FloatArray, light: FloatArray
) -> FloatArray:
    """The picture of many stars, shape (rows, columns): the sum of light · share at (`column`, `row`), each (k,)."""
    return np.asarray(np.tensordot(light, images(prf, rows, columns, column, row), axes=1))


def _many_shares(count: int, centres: FloatArray, sigma: float) -> FloatArray:
    edges = np.arange(count + 1, dtype=np.float64) - 0.5
    return np.asarray(0.5 * np.diff(erf((edges[None, :] - centres[:, None]) / (math.sqrt(2.0) * sigma)), axis=1))


def _shares(count: int, centre: float, sigma: float) -> FloatArray:
    edges = np.arange(count + 1, dtype=np.float64) - 0.5
    return np.asarray(0.5 * np.diff(erf((edges - centre) / (math.sqrt(2.0) * sigma))))


@dataclass(frozen=True, slots=True)
class TabulatedPrf:
    """A measured PRF: its value at offsets of 1/`per_pixel` of a pixel, interpolated bilinearly between them.

    `samples` has shape (p, q), odd in both; the middle sample is a pixel centred on the star, rows along the first
    axis. Values beyond the table are zero.
    """

    samples: FloatArray
    per_pixel: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or min(self.samples.shape) < 3 or self.per_pixel < 1:
            raise ValueError("A PRF table needs two dimensions of at least three samples, and samples per pixel.")
        if not np.all(np.isfinite(self.samples)) or not self.samples.sum() > 0:
            raise ValueError("A PRF table must be finite, with a positive sum.")

    def image(self, rows: int, columns: int, column: float, row: float) -> FloatArray:
        """Shares of the star's light, shape (rows, columns). See `Prf.image`."""
        low_row, bottom, top = _between(rows, row, self.per_pixel, self.samples.shape[0])
        low_column, left, right = _between(columns, column, self.per_pixel, self.samples.shape[1])
        below, above = self.samples[low_row], self.samples[low_row + 1]
        by_row = below * bottom[:, None] + above * top[:, None]
        return np.asarray(by_row[:, low_column] * left + by_row[:, low_column + 1] * right)


def _between(
    count: int, centre: float | FloatArray, per_pixel: int, size: int
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Lower sample for every pixel along an axis, and the weights of it and the next; zero beside the table."""
    place = (np.arange(count, dtype=np.float64) - centre) * per_pixel + 0.5 * (size - 1)
    inside = (place >= 0.0) & (place <= size - 1.0)
    low = np.clip(np.floor(place), 0, size - 2).astype(np.int64)
    share = np.clip(place - low, 0.0, 1.0)
    return low, np.where(inside, 1.0 - share, 0.0), np.where(inside, share, 0.0)


@dataclass(frozen=True, slots=True)
class PrfTable:
    """PRF tables measured at several places of one detector.

    `samples` has shape (k, p, q); `columns` and `rows` (k,) are the detector positions in pixels.
    """

    samples: FloatArray
    columns: FloatArray
    rows: FloatArray
    per_pixel: int

    def at(self, column: float, row: float) -> TabulatedPrf:
        """The PRF at a detector position: bilinear where the positions make a rectangular grid (TESS: 5 by 5), else
        weighted by the inverse square of the distance (Kepler: four corners and the middle). Its light sums to one.
        """
        weights = _grid_weights(self.columns, self.rows, column, row)
        if weights is None:
            distance2 = np.square(self.columns - column) + np.square(self.rows - row)
            weights = 1.0 / np.maximum(distance2, 1e-6)
        weights = weights / weights.sum()
        mean = np.tensordot(weights, self.samples, axes=1)
        # Neighbouring samples share the light of one pixel: a sum over all offsets counts it per_pixel² times.
        return TabulatedPrf(mean * (self.per_pixel**2 / mean.sum()), self.per_pixel)


def _grid_weights(columns: FloatArray, rows: FloatArray, column: float, row: float) -> FloatArray | None:
    across, along = np.unique(columns), np.unique(rows)
    if across.size * along.size != columns.size or len(set(zip(columns, rows, strict=True))) != columns.size:
        return None
    by_column, by_row = _line_weights(across, column), _line_weights(along, row)
    return by_column[np.searchsorted(across, columns)] * by_row[np.searchsorted(along, rows)]


def _line_weights(places: FloatArray, at: float) -> FloatArray:
    """Weights of sorted places for linear interpolation; the nearest one alone beyond the ends."""
    return np.array([float(np.interp(at, places, np.eye(places.size)[i])) for i in range(places.size)])


def table_of(
    samples: Sequence[FloatArray], columns: Sequence[float], rows: Sequence[float], per_pixel: int
) -> PrfTable:
    """A `PrfTable` of single tables of one shape. Raises ValueError where there is none, or the shapes differ."""
    if not samples or len({s.shape for s in samples}) != 1:
        raise ValueError("A PRF needs at least one table, all of one shape.")
    stack = np.stack([np.asarray(s, dtype=np.float64) for s in samples])
    return PrfTable(stack, np.asarray(columns, dtype=np.float64), np.asarray(rows, dtype=np.float64), per_pixel)


def prf_for(mission: Mission, table: PrfTable | None = None, detector: tuple[float, float] = (0.0, 0.0)) -> Prf:
    """The official PRF at a `detector` (column, row) where a table is there, else the Gaussian of the mission."""
    return GaussianPrf(GAUSSIAN_SIGMA_PX[mission]) if table is None else table.at(*detector)


def winged_prf(mission: Mission | str) -> GaussianPrf | WingedPrf:
    """The Gaussian of the mission with the wings of its real images; without, where they show none (`WINGS`)."""
    core = GaussianPrf(GAUSSIAN_SIGMA_PX.get(mission, GAUSSIAN_SIGMA_PX["other"]))
    return WingedPrf(core, *WINGS[mission]) if mission in WINGS else core
