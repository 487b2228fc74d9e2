"""The stars of the field on the pixels of one movie: where they lie, how bright they are, how their light spreads."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from science.lightcurve import BoolArray, FloatArray
from science.neighbours import FieldStar, StarField
from science.pixels import PIXEL_ARCSEC, PixelCube
from science.prf import GAUSSIAN_SIGMA_PX, GaussianPrf, Prf, image_of_stars
from science.stars import Star

#: How well the sky positions in the files are known before the picture is looked at, pixels (1 sigma a coordinate).
REGISTRATION_PRIOR_PX = 0.2
#: A larger step is no error of the sky grid but another star; K2 rolled by about a pixel.
_PRIOR_PX = {"TESS": 0.2, "Kepler": 0.2, "K2": 0.5, "other": 0.2}
_LONGEST_STEP_PX = {"TESS": 0.5, "Kepler": 0.5, "K2": 1.2, "other": 0.5}
#: A registration found on the picture is not trusted beyond this: PRF and neighbours are known no better.
REGISTRATION_FLOOR_PX = 0.015
#: Share of a pixel's light by which a model picture may be wrong: PRF, flat field, magnitudes.
_MODEL_ERROR = 0.05
_REACH_PX = 2.5  # pixels this near the target decide on the registration
_SCALE_PRIOR = 0.15  # share by which the light of the others may differ from their magnitudes
_FAINTEST = 1e-4  # stars with less light than this in the picture, compared with the target, are left out of it


@dataclass(frozen=True, slots=True)
class Scene:
    """Stars of one movie. `column`, `row` (k,) are catalogue positions moved by proper motion to the movie's epoch and
    by the registration; `flux` (k,) is each star's whole light, electrons a second. `names` order is the field's, the
    target at `target`. `registered` is False where the picture could not confirm the positions."""

    stars: tuple[FieldStar | None, ...]
    column: FloatArray
    row: FloatArray
    flux: FloatArray
    target: int
    registration: tuple[float, float]
    registration_err: tuple[float, float]
    registered: bool
    prf: Prf


def target_sky(star: Star, field: StarField | None, epoch_year: float) -> tuple[float, float] | None:
    """(ra, dec) of the target at an epoch: from the field where it knows the star, else the star's own; None
    where neither does."""
    if field is not None and field.target is not None:
        return moved(field.target, epoch_year)
    if star.ra_deg is not None and star.dec_deg is not None:
        return star.ra_deg, star.dec_deg
    return (field.ra_deg, field.dec_deg) if field is not None else None


def moved(star: FieldStar, epoch_year: float) -> tuple[float, float]:
    """(ra, dec) of a star carried by its proper motion to `epoch_year`, degrees."""
    years = epoch_year - star.epoch_year
    ra_mas = star.pm_ra_mas if star.pm_ra_mas is not None and math.isfinite(star.pm_ra_mas) else 0.0
    dec_mas = star.pm_dec_mas if star.pm_dec_mas is not None and math.isfinite(star.pm_dec_mas) else 0.0
    ra = star.ra_deg + ra_mas * years / 3.6e6 / max(math.cos(math.radians(star.dec_deg)), 1e-6)
    return ra, star.dec_deg + dec_mas * years / 3.6e6


def scene_of(
    cube: PixelCube,
    out: FloatArray,
    out_err: FloatArray,
    star: Star,
    field: StarField | None,
    prf: Prf | None = None,
) -> Scene | None:
    """Lay the catalogue on the out-of-transit image `out` (rows, columns): one common step, and the stars' scale.

    The model is a flat background, the target's light and the others' by magnitude. The step is fitted, and where
    `prf` is None or a Gaussian (which only stands in for a measured one) also its widths; light linearly at each
    trial. None where nothing says where the target is.
    """
    sky = target_sky(star, field, cube.epoch_year)
    if sky is None:
        return None
    listed = _listed(field)
    epoch = cube.epoch_year
    placed = [sky if s is None or s.is_target else moved(s, epoch) for s in listed]
    column, row = cube.grid.to_pixel(np.array([p[0] for p in placed]), np.array([p[1] for p in placed]))
    target = next(i for i, s in enumerate(listed) if s is None or s.is_target)
    share = _relative_light(listed, target, star, cube)
    usable = np.isfinite(out) & np.isfinite(out_err)
    fit = _Registration(cube, out, out_err, usable, column, row, share, target, prf)
    return fit.scene(listed)


def _listed(field: StarField | None) -> tuple[FieldStar | None, ...]:
    """Stars of the field; None stands for a target that the field does not know."""
    if field is None:
        return (None,)
    return field.stars if field.target is not None else (None, *field.stars)


def _relative_light(listed: tuple[FieldStar | None, ...], target: int, star: Star, cube: PixelCube) -> FloatArray:
    """Light of each star compared with the target's, in the band of the mission; 0 where no magnitude is known."""
    kepler = cube.mission in ("Kepler", "K2")
    mags = np.array([_magnitude(s, star, kepler) for s in listed])
    if not math.isfinite(mags[target]):
        return np.where(np.arange(mags.size) == target, 1.0, 0.0)
    return np.where(np.isfinite(mags), 10.0 ** (-0.4 * (mags - mags[target])), 0.0)


def _magnitude(listed: FieldStar | None, star: Star, kepler: bool) -> float:
    if listed is None:
        return star.tmag if star.tmag is not None else math.nan
    if kepler:
        first = listed.kepmag if listed.kepmag is not None else listed.gmag
        return first if first is not None else listed.tmag
    return listed.tmag


class _Registration:
    """The fit of `scene_of`, with what it needs at each step."""

    def __init__(
        self,
        cube: PixelCube,
        out: FloatArray,
        out_err: FloatArray,
        usable: BoolArray,
        column: FloatArray,
        row: FloatArray,
        share: FloatArray,
        target: int,
        prf: Prf | None,
    ) -> None:
        self.cube, self.out, self.usable = cube, out, usable
        self.prf = None if isinstance(prf, GaussianPrf) else prf
        self.nominal = prf if isinstance(prf, GaussianPrf) else GaussianPrf(GAUSSIAN_SIGMA_PX[cube.mission])
        self.column, self.row, self.share, self.target = column, row, share, target
        rows, columns = cube.shape
        self.rows, self.columns = rows, columns
        near_image = (column > -3) & (column < columns + 2) & (row > -3) & (row < rows + 2)
        order = np.argsort(-share)
        self.bright = np.array(
            [i for i in order if i != target and near_image[i] and share[i] > _FAINTEST][:150], dtype=np.int64
        )
        y, x = np.mgrid[0:rows, 0:columns]
        self.near = np.hypot(x - column[target], y - row[target]) <= _REACH_PX
        self.err = np.hypot(out_err, _MODEL_ERROR * np.abs(np.where(usable, out, 0.0)))
        level = float(np.nanpercentile(out, 20)) if usable.any() else 0.0
        peak = float(np.nanmax(np.where(usable & self.near, out, np.nan))) - level if (usable & self.near).any() else 0
        self.err = np.hypot(self.err, _MODEL_ERROR * 0.2 * max(peak, 1e-9))

    def model_prf(self, parameters: FloatArray) -> Prf:
        if self.prf is not None:
            return self.prf
        return GaussianPrf(float(parameters[2]), float(parameters[3]))

    def light(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Columns (target, others, flat) as (pixels, 3), and the linear solution (3,)."""
        prf = self.model_prf(parameters)
        step = parameters[:2]
        mine = prf.image(self.rows, self.columns, self.column[self.target] + step[0], self.row[self.target] + step[1])
        near = self.bright
        column, row = self.column[near] + step[0], self.row[near] + step[1]
        others = image_of_stars(prf, self.rows, self.columns, column, row, self.share[near])
        matrix = np.column_stack([mine[self.usable], others[self.usable], np.ones(int(self.usable.sum()))])
        weighted = matrix / self.err[self.usable][:, None]
        data = self.out[self.usable] / self.err[self.usable]
        if not self.bright.size:
            return matrix, np.asarray(np.linalg.lstsq(weighted, data, rcond=None)[0])
        # All magnitudes are of one catalogue, so the others' scale is the target's within some percent.
        together = np.column_stack([weighted[:, 0] + weighted[:, 1], weighted[:, 2]])
        common = max(abs(float(np.linalg.lstsq(together, data, rcond=None)[0][0])), 1e-9)
        tie = np.array([-1.0, 1.0, 0.0]) / (_SCALE_PRIOR * common)
        solution = np.linalg.lstsq(np.vstack([weighted, tie]), np.append(data, 0.0), rcond=None)
        return matrix, np.asarray(solution[0])

    def residual(self, parameters: FloatArray) -> FloatArray:
        matrix, solution = self.light(parameters)
        misfit = (matrix @ solution - self.out[self.usable]) / self.err[self.usable]
        prior = parameters[:2] / _PRIOR_PX[self.cube.mission]
        return np.concatenate([misfit, prior])

    def scene(self, listed: tuple[FieldStar | None, ...]) -> Scene:
        nominal = self.nominal.sigma_px
        start = np.array([0.0, 0.0] if self.prf is not None else [0.0, 0.0, nominal, nominal])
        step, err, good, parameters = np.zeros(2), np.full(2, REGISTRATION_PRIOR_PX), False, start
        if self.inside() and np.count_nonzero(self.usable & self.near) >= 6:
            parameters, err, good = self.solve(start)
            step = parameters[:2]
        if not good:
            step, parameters, err = np.zeros(2), start, np.full(2, REGISTRATION_PRIOR_PX)
        _, solution = self.light(np.concatenate([step, parameters[2:]]))
        own = float(solution[0])
        flux = self.share * (own if own > 0 else np.nan)
        return Scene(
            listed,
            self.column + step[0],
            self.row + step[1],
            flux,
            self.target,
            (float(step[0]), float(step[1])),
            (float(err[0]), float(err[1])),
            good,
            self.model_prf(parameters),
        )

    def inside(self) -> bool:
        c, r = self.column[self.target], self.row[self.target]
        return bool(-0.5 <= c <= self.columns - 0.5 and -0.5 <= r <= self.rows - 0.5)

    def solve(self, start: FloatArray) -> tuple[FloatArray, FloatArray, bool]:
        from scipy.optimize import least_squares

        low, high = np.array([-1.5, -1.5, 0.35, 0.35]), np.array([1.5, 1.5, 1.6, 1.6])
        bounds = (low[: start.size], high[: start.size])
        fit = least_squares(self.residual, start, bounds=bounds, x_scale=0.1, max_nfev=40, diff_step=1e-3)
        dof = max(1, int(self.usable.sum()) - start.size - 3)
        reduced = max(1.0, 2.0 * float(fit.cost) / dof)
        try:
            covariance = np.linalg.inv(fit.jac.T @ fit.jac) * reduced
        except np.linalg.LinAlgError:
            return start, np.full(2, REGISTRATION_PRIOR_PX), False
        err = np.sqrt(np.maximum(np.diag(covariance)[:2], 0.0))
        err = np.minimum(np.hypot(err, REGISTRATION_FLOOR_PX), REGISTRATION_PRIOR_PX)
        _, solution = self.light(fit.x)
        longest = _LONGEST_STEP_PX[self.cube.mission]
        good = bool(solution[0] > 0 and np.hypot(fit.x[0], fit.x[1]) < longest and np.isfinite(err).all())
        return np.asarray(fit.x), err, good


def pixel_arcsec(cube: PixelCube) -> float:
    """Edge of a pixel: from the sky grid, from the mission where the grid is degenerate."""
    size = cube.grid.pixel_arcsec
    return size if math.isfinite(size) and size > 0 else PIXEL_ARCSEC[cube.mission]
