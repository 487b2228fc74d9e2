"""Which star is it? The probability of every star of the field to make the dips, from the difference images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from science.lightcurve import BoolArray, FloatArray
from science.vetting.pixels.combine import View

#: Chance of a star, whatever its brightness, to show dips of its own light of a depth within ten days, per factor of
#: ten in depth. Up to 2 %: planets, one star in four has one that close (Fressin et al. 2013, ApJ 766, 81), seen
#: edge-on by 7 in 100, over two factors of ten. Deeper: eclipsing binaries, 0.7 % of all stars at these periods (Kirk
#: et al. 2016, AJ 151, 68) over 2.7 factors of ten. More than half of the light goes missing only where a small hot
#: star hides behind a large cool one.
OCCURRENCE = ((0.02, 0.009), (0.03, 0.0026), (0.5, 0.0026), (0.6, 0.0003))
#: A source that no catalogue lists, anywhere in the image, against one catalogued star with a planet.
_UNLISTED = 0.02
_FLUX_ERROR = 0.10  # how well a star's light in the movie is known
_STEP_PX = 0.05


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One star as the origin: probability, the light that goes missing (electrons a second) and the depth needed."""

    index: int
    probability: float
    missing: float
    needed_depth: float
    needed_depth_err: float


def occurrence(depth: float, depth_err: float) -> float:
    """Prior weight of a star that needs a dip of `depth`; fades to zero beyond 100 % within the error.

    Steps of the table are joined in log depth. Depths that are not positive have none.
    """
    if not depth > 0:
        return 0.0
    edges = np.log10([d for d, _ in OCCURRENCE])
    rates = np.log10([rate for _, rate in OCCURRENCE])
    rate = float(10.0 ** np.interp(math.log10(depth), edges, rates))
    possible = float(ndtr((1.0 - depth) / max(depth_err, 1e-9)))
    return rate * possible


def host_probabilities(
    views: Sequence[View], positions: Sequence[FloatArray], flux: FloatArray, reach_px: float = 2.0
) -> tuple[tuple[Hypothesis, ...], float]:
    """Probability of every star, and that it is none of them.

    `positions[k]` (n, 2) holds the registered (column, row) of the n stars in view k, `flux` (n,) each star's whole
    light. For each star the difference images of all views are fitted with PRF images at its place: one missing light
    common to all, a background and a step of the registration per view, held by its error. The likelihood is
    exp(−chi²/2), chi² divided by that of the best free place where the PRF does not fit; the prior is `occurrence` of
    the depth the star would need. "None" is a source at any place of the images, and no source at all.
    Stars further than `reach_px` beside every image are left out.
    """
    count = flux.size
    grid = _free_places(views)
    chi2, missing, missing_err = np.full(count, np.inf), np.zeros(count), np.full(count, np.inf)
    near = np.zeros(count, dtype=np.bool_)
    for view, place in zip(views, positions, strict=True):
        near |= _near(view, place[:, 0], place[:, 1], reach_px)
    weighed = np.flatnonzero((flux > 0) & near)
    chi2[weighed], missing[weighed], missing_err[weighed] = _plain(views, [p[weighed] for p in positions])
    # A step of the registration can win at most this much; only stars within reach of the best, and whose own light
    # could go missing that way, are worth the trouble.
    best = min(float(np.min(chi2, initial=np.inf)), float(np.min(grid)))
    step = max(max(v.registration_err) for v in views)
    strength = max(sum(v.image.power for v in views) - best, 0.0)
    close = chi2 < best + 80.0 + 8.0 * strength * step**2 + 0.2 * best
    worth = np.flatnonzero(close & (missing < 2.5 * flux))
    chi2[worth], missing[worth], missing_err[worth] = _fit(views, [p[worth] for p in positions])
    lowest = min(float(np.min(chi2, initial=np.inf)), float(np.min(grid)))
    dof = max(1, sum(v.image.dof for v in views) - 3)
    widening = max(1.0, lowest / dof)
    depth = np.where(flux > 0, missing / np.where(flux > 0, flux, 1.0), np.inf)
    seen = np.where(np.isfinite(missing_err), missing_err, 0.0)
    depth_err = np.hypot(_FLUX_ERROR * depth, seen / np.where(flux > 0, flux, 1.0))
    prior = np.array([
        occurrence(float(d), float(e)) if math.isfinite(d) and math.isfinite(c) else 0.0
        for d, e, c in zip(depth, depth_err, chi2, strict=True)
    ])  # fmt: skip
    weight = prior * np.exp(-0.5 * (np.where(np.isfinite(chi2), chi2, lowest + 1e4) - lowest) / widening)
    unlisted = _UNLISTED * OCCURRENCE[0][1] * float(np.mean(np.exp(-0.5 * (grid - lowest) / widening)))
    nothing = _UNLISTED * OCCURRENCE[0][1] * math.exp(-0.5 * max(_flat(views) - lowest, 0.0) / widening)
    total = float(weight.sum()) + unlisted + nothing
    if not total > 0:
        return (), 1.0
    found = [
        Hypothesis(i, float(weight[i] / total), float(missing[i]), float(depth[i]), float(depth_err[i]))
        for i in range(count)
        if math.isfinite(chi2[i])
    ]
    found.sort(key=lambda h: (-h.probability, h.needed_depth if h.needed_depth > 0 else math.inf))
    return tuple(found), (unlisted + nothing) / total


def _near(view: View, column: FloatArray, row: FloatArray, reach: float) -> BoolArray:
    low, high_column, high_row = -0.5 - reach, view.image.columns - 0.5 + reach, view.image.rows - 0.5 + reach
    return np.asarray((column >= low) & (column <= high_column) & (row >= low) & (row <= high_row))


def _fit(views: Sequence[View], places: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(chi², missing light, its error), each (n,), of one source at each of n places, the registration marginalised.

    With A the missing light, a step e of the registration moves A·PRF(x + e) ≈ A·PRF(x) + (A e)·PRF'(x): for a known
    A the step is one more linear term with the prior variance (A sigma)². Three rounds settle A. Per view only the
    products of PRF, derivatives and image are needed: the covariance 1 + N·Nᵀ is inverted by Woodbury's formula.
    """
    products = [_products(view, place) for view, place in zip(views, places, strict=True)]
    light = np.zeros(places[0].shape[0])
    chi2, err = np.full(light.size, np.inf), np.full(light.size, np.inf)
    for _ in range(4):
        top, bottom, rest = np.zeros(light.size), np.zeros(light.size), np.zeros(light.size)
        for sigma, power, own, seen, steps, steps_own, steps_seen in products:
            size = light[:, None] * sigma
            inner = np.eye(2) + size[:, :, None] * steps * size[:, None, :]
            a, b = size * steps_own, size * steps_seen
            solved = np.linalg.solve(inner, np.stack([a, b], axis=2))
            top += seen - (a * solved[:, :, 1]).sum(axis=1)
            bottom += own - (a * solved[:, :, 0]).sum(axis=1)
            rest += power - (b * solved[:, :, 1]).sum(axis=1)
        good = bottom > 0
        strength = np.where(good, bottom, 1.0)
        light = np.where(good, np.maximum(top / strength, 0.0), 0.0)
        err = np.where(good, 1.0 / np.sqrt(strength), np.inf)
        chi2 = rest - np.square(light) * strength
    return chi2, light, err


def _products(
    view: View, place: FloatArray
) -> tuple[FloatArray, float, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Registration error (2,), power of the image, and for n places: PRF·PRF, PRF·image (n,), derivatives among
    themselves (n, 2, 2), with the PRF and with the image (n, 2)."""
    column, row, h = place[:, 0], place[:, 1], _STEP_PX
    image, prf = view.image, view.prf
    shares = image.many(prf, column, row)
    by_column = (image.many(prf, column + h, row) - image.many(prf, column - h, row)) / (2 * h)
    by_row = (image.many(prf, column, row + h) - image.many(prf, column, row - h)) / (2 * h)
    slopes = np.stack([by_column, by_row], axis=1)  # (n, 2, p)
    return (
        np.array(view.registration_err),
        image.power,
        np.square(shares).sum(axis=1),
        shares @ image.values,
        slopes @ slopes.transpose(0, 2, 1),
        np.einsum("nkp,np->nk", slopes, shares),
        slopes @ image.values,
    )


def _free_places(views: Sequence[View]) -> FloatArray:
    """chi² of a source at any place, every half pixel of the first view's image and carried to the others."""
    first = views[0]
    steps = (np.arange(0.0, n - 0.5, 0.5) for n in (first.image.columns, first.image.rows))
    column, row = (g.ravel() for g in np.meshgrid(*steps))
    cd = np.array(first.grid.cd) * 3600.0
    sky = cd @ np.vstack([column - first.target[0], row - first.target[1]])
    return _plain(views, [(v.px_per_arcsec @ sky).T + np.array(v.target) for v in views])[0]


def _plain(views: Sequence[View], places: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(chi², missing light, its error), each (n,), of a source at each of n places with the registration as it is.

    `places[k]` (n, 2) are (column, row) in view k.
    """
    count = places[0].shape[0]
    top, bottom, rest = np.zeros(count), np.zeros(count), 0.0
    for view, place in zip(views, places, strict=True):
        shares = view.image.many(view.prf, place[:, 0], place[:, 1])
        top += shares @ view.image.values
        bottom += np.square(shares).sum(axis=1)
        rest += view.image.power
    seen = bottom > 0
    strength = np.where(seen, bottom, 1.0)
    light = np.where(seen, np.maximum(top / strength, 0.0), 0.0)
    return rest - np.square(light) * strength, light, np.where(seen, 1.0 / np.sqrt(strength), np.inf)


def _flat(views: Sequence[View]) -> float:
    return sum(view.image.power for view in views)
