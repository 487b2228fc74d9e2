"""Chi-square of many two-body systems against one folded light curve: the inner loop of every evidence.

A system is a star crossed by a body, and the body crossed by the star half an orbit later. Each of the two dips is the
exposure-averaged one of `science.fitting.dip_table`, scaled by the share of the light that its star gives. A dip of
an eccentric orbit is that of the circular one with the same impact parameter and speed at conjunction: what differs is
its asymmetry and, where the eclipse is a large part of the orbit, its duration by some per cent, which no prior here
knows that well.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit

from science.fitting.dip_table import HEAD, SIDE, TABLE, build_dip, dip_at, lost_until
from science.fitting.kernels import hidden_light, star_light
from science.lightcurve import FloatArray, IntArray

#: Columns of a system: orbit of the body around its star; limb darkening of the star; its share of the light that the
#: curve is normalised to; the same for the body as a star (share 0 = dark); turns of the fold in one orbit (1 or 2).
SYSTEM_COLUMNS: Final = (
    "period_days",
    "radius_ratio",
    "scaled_axis",
    "cos_inclination",
    "eccentricity",
    "omega_rad",
    "u1",
    "u2",
    "share",
    "body_u1",
    "body_u2",
    "body_share",
    "folds",
)
#: Dips smaller than this share of the light are not drawn (a hundredth of a ppm).
_DARK = 1e-8
#: Exposures shorter than this (about a second) are moments.
_MOMENT_DAYS = 1e-5
#: Parity of a point: dips of even number, of odd number, or an average over both kinds.
EVEN, ODD, BOTH = 0, 1, 2


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _lost(table: FloatArray, x: float, terms: int) -> float:
    """Integral of the light lost from the middle to `x` days after it (negative: before it)."""
    if x >= 0.0:
        return float(lost_until(table, HEAD + SIDE, x, terms))
    return float(-lost_until(table, HEAD, -x, terms))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add(
    time: FloatArray,
    exposure: FloatArray,
    parity: IntArray,
    table: FloatArray,
    middle: float,
    span: float,
    weights: FloatArray,
    model: FloatArray,
) -> None:
    """Take one dip off a folded model of length `span` days; `weights` by parity."""
    terms = int(table[0])
    reach = max(table[HEAD + 3], table[HEAD + SIDE + 3])
    per_span = 1.0 / span
    for i in range(time.size):
        x = time[i] - middle
        x -= span * math.floor(x * per_span + 0.5)
        half = 0.5 * exposure[i]
        weight = weights[parity[i]]
        if abs(x) >= reach + half or weight == 0.0:
            continue
        if exposure[i] <= _MOMENT_DAYS:
            side = HEAD + SIDE if x >= 0.0 else HEAD
            if abs(x) < table[side + 3]:
                model[i] -= weight * dip_at(table, side, abs(x), terms)
        else:
            model[i] -= weight * (_lost(table, x + half, terms) - _lost(table, x - half, terms)) / exposure[i]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _secondary_time(period: float, e: float, omega: float) -> float:
    """Days from the primary conjunction to the other one, 0 ... period."""
    half = math.sqrt((1.0 - e) / (1.0 + e))
    first = 2.0 * math.atan(half * math.tan(0.5 * (0.5 * math.pi - omega)))
    second = 2.0 * math.atan(half * math.tan(0.5 * (1.5 * math.pi - omega)))
    turn = ((second - e * math.sin(second)) - (first - e * math.sin(first))) / (2.0 * math.pi)
    return period * (turn - math.floor(turn))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _as_circle(system: FloatArray, primary: bool, planet: FloatArray) -> None:
    """The circular orbit with the impact parameter and the speed at conjunction of one dip of a system."""
    k, axis, cos_i, e = system[1], system[2], system[3], system[4]
    turned = math.sin(system[5]) if primary else -math.sin(system[5])
    slow = math.sqrt(1.0 - e * e) / (1.0 + e * turned)
    planet[0], planet[1], planet[5], planet[6] = system[0] * slow, 0.0, 0.0, 0.5 * math.pi
    planet[2] = k if primary else 1.0 / k
    planet[3] = axis if primary else axis / k
    planet[4] = cos_i * planet[3] * (1.0 - e * e) / (1.0 + e * turned)
    # a circle has to keep clear of the star where the ellipse does
    planet[3] = max(planet[3], 1.001 * (1.0 + planet[2]), 1.001 * planet[4])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _touch(system: FloatArray) -> bool:
    """Whether the two bodies meet, or the system is none."""
    if not math.isfinite(system.sum()) or system[0] <= 0.0 or system[1] <= 0.0 or not 0.0 <= system[4] < 1.0:
        return True
    return bool(system[2] * (1.0 - system[4]) <= 1.0 + system[1])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _draw(
    time: FloatArray,
    exposure: FloatArray,
    parity: IntArray,
    farthest: float,
    system: FloatArray,
    table: FloatArray,
    planet: FloatArray,
    weights: FloatArray,
    model: FloatArray,
) -> bool:
    """Fill `model` with the flux of one system; False where it is no orbit. `farthest` is the last moment of any
    exposure from time 0: what happens beyond it is not drawn."""
    folds = system[12]
    model[:] = 1.0
    if _touch(system):
        return False
    span = system[0] / folds
    # The fold puts both dips of an orbit of two turns at one place; a mean of both kinds holds half of each.
    if system[8] > _DARK:
        _as_circle(system, True, planet)
        state = build_dip(planet, system[6], system[7], table)
        if state < 0:
            return False
        if state > 0:
            weights[0] = system[8]
            weights[1] = system[8] if folds == 1.0 else 0.0
            weights[2] = system[8] / folds
            # The dip's nearest approach is where the fold has its time 0.
            _add(time, exposure, parity, table, 0.0, span, weights, model)
    if system[11] > _DARK:
        when = _secondary_time(system[0], system[4], system[5])
        _as_circle(system, False, planet)
        reach = (1.0 + planet[2]) / planet[3]
        longest = planet[0] / (2.0 * math.pi) * (0.5 * math.pi if reach >= 1.0 else math.asin(reach))
        away = when - span * math.floor(when / span + 0.5)
        if abs(away) - longest < farthest:
            state = build_dip(planet, system[9], system[10], table)
            if state < 0:
                return False
            if state > 0:
                weights[0] = system[11] if folds == 1.0 else 0.0
                weights[1] = system[11]
                weights[2] = system[11] / folds
                _add(time, exposure, parity, table, when, span, weights, model)
    return True


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _chi_squares(
    time: FloatArray,
    flux: FloatArray,
    weight: FloatArray,
    exposure: FloatArray,
    parity: IntArray,
    systems: FloatArray,
    answer: FloatArray,
) -> None:
    table, planet, weights = np.zeros(TABLE), np.empty(7), np.empty(3)
    model = np.empty(time.size)
    farthest = 0.0
    for i in range(time.size):
        farthest = max(farthest, abs(time[i]) + 0.5 * exposure[i])
    for row in range(systems.shape[0]):
        if not _draw(time, exposure, parity, farthest, systems[row], table, planet, weights, model):
            answer[row] = math.inf
            continue
        total = 0.0
        for i in range(time.size):
            miss = flux[i] - model[i]
            total += miss * miss * weight[i]
        answer[row] = total if total == total else math.inf


def chi_squares(
    time_days: FloatArray,
    flux: FloatArray,
    flux_err: FloatArray,
    exposure_days: FloatArray,
    parity: IntArray,
    systems: FloatArray,
) -> FloatArray:
    """Chi-square of each system, shape (m,); infinite for what is no orbit (the bodies meet, no number).

    The light curve is folded (n points, `time_days` from mid-transit, 1 out of eclipse); `systems` (m, 13) has the
    columns SYSTEM_COLUMNS. `parity` is EVEN, ODD or BOTH for each point and matters where `folds` is 2.
    """
    answer = np.empty(systems.shape[0])
    _chi_squares(time_days, flux, 1.0 / np.square(flux_err), exposure_days, parity, systems, answer)
    return answer


def system_flux(time_days: FloatArray, exposure_days: FloatArray, parity: IntArray, system: FloatArray) -> FloatArray:
    """Folded relative flux of one system (columns SYSTEM_COLUMNS), shape (n,); NaN where it is no orbit."""
    model = np.empty(time_days.size)
    farthest = float(np.max(np.abs(time_days) + 0.5 * exposure_days))
    if not _draw(time_days, exposure_days, parity, farthest, system, np.zeros(TABLE), np.empty(7), np.empty(3), model):
        model[:] = np.nan
    return model


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _secondary_depths(systems: FloatArray, answer: FloatArray) -> None:
    planet = np.empty(7)
    for row in range(systems.shape[0]):
        system = systems[row]
        answer[row] = 0.0
        if system[11] <= _DARK or _touch(system):
            continue
        _as_circle(system, False, planet)
        light = star_light(system[9], system[10])
        if planet[4] < 1.0 + planet[2] and light > 0.0:
            answer[row] = system[11] * hidden_light(planet[4], planet[2], system[9], system[10]) / light


def secondary_depths(systems: FloatArray) -> FloatArray:
    """Depth of the body's own eclipse at its middle, in the units of the curve, shape (m,); 0 for dark bodies."""
    answer = np.empty(systems.shape[0])
    _secondary_depths(systems, answer)
    return answer
