"""Where in an image a star-like source lies: PRF fits that know how the noise of the pixels hangs together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from science.lightcurve import FloatArray
from science.prf import Prf, images

_STEP_PX = 0.02  # of numerical derivatives


@dataclass(frozen=True, slots=True)
class Image:
    """An image ready to be fitted. `project` (p, p) whitens its noise and takes out the background (the same in all
    pixels); `values` (p,) is the image after it; `index` (p,) the pixels in the flattened image; `err` (p,)."""

    values: FloatArray
    project: FloatArray
    index: NDArray[np.int64]
    err: FloatArray
    rows: int
    columns: int

    @classmethod
    def of(cls, image: FloatArray, err: FloatArray, modes: FloatArray | None = None) -> Image:
        """Pixels with a finite value and a finite, positive error.

        `modes` (m, rows, columns) are patterns of noise that many pixels share (pointing, stray light), each as large
        as one sigma of it; `err` is what each pixel has by itself. Covariance: diag(err²) + sum of modes·modesᵀ.
        Raises ValueError where fewer than six pixels are usable.
        """
        use = np.isfinite(image) & np.isfinite(err) & (err > 0)
        if np.count_nonzero(use) < 6:
            raise ValueError("Fewer than six pixels hold data.")
        index = np.flatnonzero(use)
        own = err[use]
        project = np.diag(1.0 / own)
        if modes is not None and modes.size:
            shared = modes.reshape(modes.shape[0], -1)[:, index] / own  # (m, p)
            values, vectors = np.linalg.eigh(np.eye(index.size) + shared.T @ shared)
            project = (vectors * (1.0 / np.sqrt(values))) @ vectors.T @ project
        flat = project.sum(axis=1)
        flat = flat / float(np.linalg.norm(flat))
        project = project - np.outer(flat, flat @ project)
        return cls(project @ image[use], project, index, own, image.shape[0], image.shape[1])

    def prf(self, prf: Prf, column: float, row: float) -> FloatArray:
        """Projected shares of light of a source at (`column`, `row`), shape (p,)."""
        return np.asarray(self.project @ prf.image(self.rows, self.columns, column, row).ravel()[self.index])

    def many(self, prf: Prf, column: FloatArray, row: FloatArray) -> FloatArray:
        """Projected shares of sources at many places (k,), shape (k, p)."""
        shares = images(prf, self.rows, self.columns, column, row)
        return np.asarray(shares.reshape(column.size, self.rows * self.columns)[:, self.index] @ self.project.T)

    def slopes(self, prf: Prf, column: float, row: float, step: float = _STEP_PX) -> FloatArray:
        """Projected derivatives of the shares by column and by row, shape (p, 2)."""
        by_column = self.prf(prf, column + step, row) - self.prf(prf, column - step, row)
        by_row = self.prf(prf, column, row + step) - self.prf(prf, column, row - step)
        return np.column_stack([by_column, by_row]) / (2.0 * step)

    @property
    def power(self) -> float:
        """chi² of the image without any source."""
        return float(self.values @ self.values)

    @property
    def dof(self) -> int:
        """Pixels less the background."""
        return max(1, self.values.size - 1)

    def light(self, shares: FloatArray) -> tuple[float, float, float]:
        """(light, its error, chi²) of the best a·shares, the background free."""
        strength = float(shares @ shares)
        if strength <= 0:
            return 0.0, math.inf, self.power
        light = float(shares @ self.values) / strength
        return light, 1.0 / math.sqrt(strength), max(self.power - light**2 * strength, 0.0)


@dataclass(frozen=True, slots=True)
class PositionFit:
    """A PRF fitted to an image: position in pixels with its covariance (2, 2), light with its error.

    Errors are widened by the reduced chi² where that is above one. `chi2` is of `dof` free pixels.
    """

    column: float
    row: float
    covariance: FloatArray
    flux: float
    flux_err: float
    chi2: float
    dof: int

    @property
    def signal_to_noise(self) -> float:
        """Light over its error."""
        return self.flux / self.flux_err if self.flux_err > 0 else 0.0


def fit_position(image: Image, prf: Prf, start: tuple[float, float]) -> PositionFit:
    """Position, light and background of one source by least squares, from `start` and from the likeliest pixels.

    The position stays within half a pixel of the image.
    """
    best: tuple[float, float, float] | None = None
    for column, row in (start, *_peaks(image, prf)):
        place = _descend(image, prf, column, row)
        if best is None or place[2] < best[2] - 1e-9:
            best = place
    assert best is not None
    return describe(image, prf, best[0], best[1])


def describe(image: Image, prf: Prf, column: float, row: float) -> PositionFit:
    """The fit at a given best position."""
    shares = image.prf(prf, column, row)
    light, light_err, chi2 = image.light(shares)
    dof = max(1, image.dof - 3)
    widening = max(1.0, chi2 / dof)
    if light > 0:
        matrix = np.column_stack([light * image.slopes(prf, column, row), shares])
        covariance = (np.linalg.pinv(matrix.T @ matrix) * widening)[:2, :2]
    else:
        covariance = np.eye(2) * float(max(image.rows, image.columns)) ** 2
    return PositionFit(column, row, np.asarray(covariance), light, light_err * math.sqrt(widening), chi2, dof)


def likeness(fit: PositionFit) -> float:
    """Correlation of the image with the PRF, freed of the known noise, from 0 to 1.

    The fit explains the power S² (S: light over its error before widening); what is left beyond the noise is
    chi² − dof. The value is sqrt(S² / (S² + that)): 1 where nothing but noise is left, and, for a bright source, the
    plain correlation of the two images.
    """
    if fit.flux <= 0 or not math.isfinite(fit.flux_err) or fit.flux_err <= 0:
        return 0.0
    power = fit.signal_to_noise**2 * max(1.0, fit.chi2 / fit.dof)
    beyond = max(0.0, fit.chi2 - fit.dof - 2.0 * math.sqrt(2.0 * fit.dof))
    return math.sqrt(power / (power + beyond))


def _peaks(image: Image, prf: Prf, count: int = 3) -> list[tuple[float, float]]:
    """Pixel centres at which a source explains most of the image."""
    row, column = (g.ravel().astype(np.float64) for g in np.mgrid[0 : image.rows, 0 : image.columns])
    shares = image.many(prf, column, row)
    overlap, strength = shares @ image.values, np.square(shares).sum(axis=1)
    gain = np.where(overlap > 0, np.square(overlap) / np.maximum(strength, 1e-300), 0.0)
    return [(float(column[i]), float(row[i])) for i in np.argsort(-gain)[:count]]


def _descend(image: Image, prf: Prf, column: float, row: float) -> tuple[float, float, float]:
    """Damped Gauss-Newton in the position, light and background solved at each step: (column, row, chi²)."""

    def cost(c: float, r: float) -> float:
        light, _, chi2 = image.light(image.prf(prf, c, r))
        return chi2 if light > 0 else math.inf

    low, high_column, high_row = -0.5, image.columns - 0.5, image.rows - 0.5
    column, row = min(max(column, low), high_column), min(max(row, low), high_row)
    chi2, damping = cost(column, row), 1e-2
    for _ in range(25):
        shares = image.prf(prf, column, row)
        light, _, _ = image.light(shares)
        if light <= 0:
            return column, row, math.inf
        matrix = np.column_stack([light * image.slopes(prf, column, row), shares])
        normal, slope = matrix.T @ matrix, matrix.T @ (image.values - light * shares)
        step = np.linalg.lstsq(normal + np.diag(damping * np.diag(normal)), slope, rcond=None)[0][:2]
        step *= min(1.0, 0.7 / max(float(np.hypot(step[0], step[1])), 1e-12))
        c = min(max(column + float(step[0]), low), high_column)
        r = min(max(row + float(step[1]), low), high_row)
        trial = cost(c, r)
        if trial < chi2:
            done = chi2 - trial < 1e-4 and math.hypot(c - column, r - row) < 1e-3
            column, row, chi2, damping = c, r, trial, damping * 0.3
            if done:
                break
        else:
            damping *= 8.0
            if damping > 1e6:
                break
    return column, row, chi2
