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
#: Chance that dips found in a star's light are its own, before the pictures are looked at. In TESS's difference images
#: the light goes missing within half a pixel of the star for 66 % of 4,601 stars with threshold crossings (table of
#: centroid distances of Tey et al. 2023, AJ 165, 95, fits of quality above 0.9); of 7,133 transit-like KOIs 88 % carry
#: no centroid-offset flag (NASA Exoplanet Archive, cumulative table of August 2024).
TARGET_SHARE = 2.0 / 3.0
#: Chance of a source that no catalogue lists, anywhere in the image, on the same scale.
_UNLISTED = 0.01
_FLUX_ERROR = 0.10  # how well a star's light in the movie is known
_STEP_PX = 0.05


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One star as the origin: probability, the light that goes missing (electrons a second) and the depth needed.

    `likelihood` is what the pictures alone say of it, 1 for the place that explains them best.
    """

    index: int
    probability: float
    missing: float
    needed_depth: float
    needed_depth_err: float
    likelihood: float


def occurrence(depth: float, depth_err: float) -> float:
    """Relative weight of a star that needs a dip of `depth`; fades to zero beyond 100 % within the error.

    Steps of the table are joined in log depth. Depths that are not positive have none.
    """
    if not depth > 0:
        return 0.0
    edges = np.log10([d for d, _ in OCCURRENCE])
    rates = np.log10([rate for _, rate in OCCURRENCE])
    rate = float(10.0 ** np.interp(math.log10(depth), edges, rates))
    return rate * _possible(depth, depth_err)


def _possible(depth: float, depth_err: float) -> float:
    """Chance that the true depth is at most all of the light; 0 for a depth that is not positive or not finite."""
    if not (depth > 0 and math.isfinite(depth)):
        return 0.0
    return float(ndtr((1.0 - depth) / max(depth_err, 1e-9)))


def host_probabilities(
    views: Sequence[View],
    positions: Sequence[FloatArray],
    flux: FloatArray,
    target: int | None = None,
    captured: FloatArray | None = None,
    reach_px: float = 2.0,
) -> tuple[tuple[Hypothesis, ...], float]:
    """Probability of every star, and that it is none of them.

    `positions[k]` (n, 2) holds the registered (column, row) of the n stars in view k, `flux` (n,) each star's whole
    light, `captured` (n,) the part of it inside the aperture of the light curve (all of it where not given). For each
    star the difference images of all views are fitted with PRF images at its place: one missing light common to all, a
    background and a step of the registration per view, held by its error. The likelihood is exp(−chi²/2), chi² divided
    by that of the best free place where the PRF does not fit. The prior is `TARGET_SHARE` for the `target` and what is
    left for the others, shared by the `occurrence` of the dip that each would need to make the light missing in the
    aperture; without a target among the stars they share all. Nobody can lose more than all its light. "None" is a
    source at any place of the images, and no source at all. Stars further than `reach_px` beside every image are left
    out.
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
    likelihood = np.exp(-0.5 * (np.where(np.isfinite(chi2), chi2, lowest + 1e4) - lowest) / widening)
    usable = np.isfinite(chi2) & np.isfinite(depth)
    part = np.ones(count) if captured is None else captured
    prior = _prior(np.where(usable, depth, np.inf), depth_err, likelihood, flux * part, missing * part, target)
    weight = prior * likelihood
    unlisted = _UNLISTED * float(np.mean(np.exp(-0.5 * (grid - lowest) / widening)))
    nothing = _UNLISTED * math.exp(-0.5 * max(_flat(views) - lowest, 0.0) / widening)
    total = float(weight.sum()) + unlisted + nothing
    if not total > 0:
        return (), 1.0
    found = [
        Hypothesis(
            i, float(weight[i] / total), float(missing[i]), float(depth[i]), float(depth_err[i]), float(likelihood[i])
        )
        for i in range(count)
        if math.isfinite(chi2[i])
    ]
    found.sort(key=lambda h: (-h.probability, h.needed_depth if h.needed_depth > 0 else math.inf))
    return tuple(found), (unlisted + nothing) / total


def _prior(
    depth: FloatArray,
    depth_err: FloatArray,
    likelihood: FloatArray,
    light: FloatArray,
    missing: FloatArray,
    target: int | None,
) -> FloatArray:
    """Prior weight of every star, shape (n,). `light` is each star's light in the aperture, `missing` what it would
    lose there; `depth` and its error are of the pictures (inf where a star is not weighed).

    The neighbours share their part over all that could make the dip of the aperture, wherever they are: many that could
    do not make dips from neighbours likelier, each of them is the less likely.
    """
    rate = np.array(
        [occurrence(float(d), float(e)) if math.isfinite(d) else 0.0 for d, e in zip(depth, depth_err, strict=True)]
    )
    if not rate.any():
        return rate
    best = int(np.argmax(likelihood * rate))
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(light > 0, missing[best] / light, np.inf)
    able = np.array([occurrence(float(d), _FLUX_ERROR * float(d)) if math.isfinite(d) else 0.0 for d in needed])
    able = np.maximum(able, rate * likelihood)
    others = np.arange(depth.size) != (-1 if target is None else target)
    shared = float(able[others].sum())
    prior = rate / shared if shared > 0 else np.zeros(depth.size)
    if target is not None:
        prior *= 1.0 - TARGET_SHARE
        prior[target] = TARGET_SHARE * _possible(float(depth[target]), float(depth_err[target]))
    return np.asarray(prior)


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
