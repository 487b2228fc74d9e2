"""Which impact parameters and radius ratios the shape of a dip allows.

A grid over impact parameter, duration and depth: at each impact parameter the radius ratio is the one whose dip is as
deep as measured, so that the grid follows the narrow ridge along which a small central and a large grazing body look
alike. Every point is weighted by exp(-chi2 / 2) of the folded dip and, where the star's density is known, by how well
the implied density agrees with it (orbits may be eccentric; Seager & Mallén-Ornelas 2003, ApJ 585, 1038).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from science.lightcurve import FloatArray
from science.search.occultation import blocked_light

_IMPACTS = np.concatenate((np.linspace(0.0, 0.8, 9), np.arange(0.85, 1.925, 0.05)))
_DURATIONS = np.geomspace(0.6, 1.8, 19)
_SIGMAS = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
#: Natural logarithm of the factor by which an orbit's eccentricity and an unsure star move the density, one sigma.
_LOG_DENSITY_SCATTER = 0.5
_SUBSAMPLES = 5
_MODEL_ERROR = 0.01


@dataclass(frozen=True, slots=True)
class ImpactScan:
    """Posterior-like weights over the grid, shape (k,), summing to one, with `b` and `ratio` at each entry."""

    b: FloatArray
    ratio: FloatArray
    weight: FloatArray
    best_reduced_chi2: float

    def chance_ratio_above(self, limit: float) -> float:
        """Weight of radius ratios above `limit`."""
        return float(self.weight[self.ratio > limit].sum())

    @property
    def chance_grazing(self) -> float:
        """Weight of crossings in which the body never lies wholly before the star (b > 1 - k)."""
        return float(self.weight[self.b > 1.0 - self.ratio].sum())

    def credible(self, values: FloatArray, share: float) -> float:
        """The value below which `share` of the weight lies."""
        order = np.argsort(values)
        total = np.cumsum(self.weight[order])
        return float(values[order][min(int(np.searchsorted(total, share)), values.size - 1)])


def impact_scan(
    phase: FloatArray,
    flux: FloatArray,
    err: FloatArray,
    period: float,
    duration: float,
    depth: float,
    law: tuple[float, float],
    exposure_days: float,
    density_gcc: tuple[float, float] | None,
) -> ImpactScan:
    """Scan the folded dip. `phase` days from mid-transit (n,), `flux` relative to the light around (1 = normal).

    `density_gcc` is the star's density and its error, or None. Raises ValueError for a depth that is not positive or
    fewer than eight points."""
    if not depth > 0:
        raise ValueError("The light does not dip.")
    if phase.size < 8:
        raise ValueError("Fewer than eight points show the shape of the dip.")
    # limb darkening and the grid itself are good to a hundredth of the depth, not better
    weight = 1.0 / (np.square(err) + (_MODEL_ERROR * depth) ** 2)
    rows = []
    for b in _IMPACTS:
        ratio = _ratio_for(depth, float(b), law)
        if ratio is None:
            continue
        for share in _DURATIONS:
            trial = duration * share
            if trial > 0.9 * period:
                continue
            found = _ridge(np.abs(phase), flux, weight, float(b), ratio, law, trial, exposure_days)
            if found is not None:
                rows.append((float(b), *found, trial))
    if not rows:
        raise ValueError("No body that crosses the star makes a dip this deep.")
    table = np.array(rows)
    freedom = max(1, phase.size - 5)
    best = float(table[:, 2].min())
    log_weight = -0.5 * (table[:, 2] - best) / max(1.0, best / freedom)
    if density_gcc is not None:
        log_weight += _density_term(table, period, density_gcc)
    # grid steps in b are not equal
    log_weight += np.log(np.interp(table[:, 0], _IMPACTS, np.gradient(_IMPACTS)))
    # a depth off by s errors moves the radius by half of it in relative terms
    b = np.repeat(table[:, 0], _SIGMAS.size)
    ratio = (table[:, 1][:, None] * (1.0 + 0.5 * _SIGMAS[None, :] * table[:, 3][:, None])).ravel()
    total = np.exp(log_weight - log_weight.max())[:, None] * np.exp(-0.5 * np.square(_SIGMAS))[None, :]
    return ImpactScan(b, ratio, (total / total.sum()).ravel(), best / freedom)


def _ridge(
    apart: FloatArray,
    flux: FloatArray,
    weight: FloatArray,
    b: float,
    ratio: float,
    law: tuple[float, float],
    duration: float,
    exposure_days: float,
) -> tuple[float, float, float] | None:
    """Radius ratio that fits best at this impact parameter and duration, its chi2, and the relative error of its depth.

    From `ratio` on, the radius follows the depth that its shape asks for. A depth that no radius reaches costs as many
    sigmas as it is off. None where the shape wants no dip."""
    k, miss = ratio, 0.0
    for _ in range(3):
        shape = _blurred(apart, b, k, law[0], law[1], duration, exposure_days)
        scale, scale_err, chi2 = _scaled(flux, weight, shape)
        if not scale > 0.05:
            return None
        miss = (1.0 - scale) / scale_err
        refined = _ratio_for(scale * blocked_light(b, k, *law), b, law)
        if refined is None or abs(refined / k - 1.0) < 1e-3:
            break
        k = refined
    return k, chi2 + miss**2, scale_err


def _density_term(table: FloatArray, period: float, density: tuple[float, float]) -> FloatArray:
    b, k, duration = table[:, 0], table[:, 1], table[:, 4]
    chord = np.sqrt(np.maximum(np.square(1.0 + k) - np.square(b), 1e-6))
    orbit = chord / np.sin(np.pi * np.minimum(duration / period, 0.49))
    implied = 1.40978 * np.power(orbit / 4.2066, 3) / period**2
    scatter = math.hypot(_LOG_DENSITY_SCATTER, density[1] / density[0])
    return np.asarray(-0.5 * np.square(np.log(implied / density[0]) / scatter))


def _ratio_for(depth: float, b: float, law: tuple[float, float]) -> float | None:
    """Radius ratio (up to 1) whose dip is `depth` deep at impact parameter `b`; None where no ratio is."""
    ratio = _bisected(depth, b, law[0], law[1])
    return None if math.isnan(ratio) else ratio


@njit(cache=True)  # type: ignore[untyped-decorator]
def _bisected(depth: float, b: float, u1: float, u2: float) -> float:
    low, high = max(1e-4, b - 1.0), 1.0
    if b >= 2.0 or blocked_light(b, high, u1, u2) < depth:
        return math.nan
    for _ in range(36):
        middle = 0.5 * (low + high)
        if blocked_light(b, middle, u1, u2) < depth:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _blurred(
    phase: FloatArray, b: float, k: float, u1: float, u2: float, duration: float, exposure: float
) -> FloatArray:
    """Light hidden at `phase` days, averaged over the exposure."""
    samples = _SUBSAMPLES if exposure > 0.05 * duration else 1
    chord2 = max((1.0 + k) ** 2 - b * b, 1e-12)
    out = np.zeros(phase.size)
    for i in range(phase.size):
        if phase[i] > 0.5 * (duration + exposure):
            continue
        for j in range(samples):
            x = 2.0 * (phase[i] + exposure * ((j + 0.5) / samples - 0.5)) / duration
            out[i] += blocked_light(math.sqrt(b * b + chord2 * x * x), k, u1, u2) / samples
    return out


def _scaled(flux: FloatArray, weight: FloatArray, shape: FloatArray) -> tuple[float, float, float]:
    """Least squares of level - scale * shape: scale, its error, chi2."""
    sw, sv, svv = float(weight.sum()), float(weight @ shape), float((weight * shape) @ shape)
    sf, sfv = float(weight @ flux), float((weight * shape) @ flux)
    determinant = sw * svv - sv * sv
    if determinant <= 1e-12 * sw * max(svv, 1e-300):
        return 0.0, math.inf, math.inf
    level = (sf * svv - sfv * sv) / determinant
    scale = -(sfv * sw - sf * sv) / determinant
    return scale, math.sqrt(sw / determinant), float(weight @ np.square(flux - level + scale * shape))
