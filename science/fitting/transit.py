"""The light of a star crossed by planets, averaged over each exposure."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from science.fitting.dip_table import (
    AVERAGED,
    HEAD,
    INVERSE,
    SIDE,
    TABLE,
    average_piece0,
    build_dip,
    dip_at,
    lost_until,
    polynomial,
)
from science.lightcurve import FloatArray

#: Columns of a planet. The axis is a / R★; the impact parameter (a cos i / R★) (1 - e^2) / (1 + e sin w), that at
#: conjunction; the epoch the conjunction (mid-transit), w the argument of periastron of the star's orbit.
PLANET_COLUMNS = (
    "period_days",
    "epoch_bjd",
    "radius_ratio",
    "scaled_axis",
    "impact_parameter",
    "eccentricity",
    "omega_rad",
)

#: Exposures shorter than this (about a second) are moments.
_MOMENT_DAYS = 1e-5
#: Points passed over at once between transits.
_LEAP = 24


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _lost(table: FloatArray, x: float, terms: int) -> float:
    """Integral of the light lost from the middle to `x` days after it (negative: before it)."""
    if x >= 0.0:
        return float(lost_until(table, HEAD + SIDE, x, terms))
    return float(-lost_until(table, HEAD, -x, terms))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _lost_in_all(table: FloatArray, x: float, terms: int) -> float:
    """The same for any x, earlier and later transits counted."""
    period = table[1]
    turns = math.floor(x / period + 0.5)
    half = 0.5 * period
    return float(
        turns * (_lost(table, half, terms) - _lost(table, -half, terms)) + _lost(table, x - turns * period, terms)
    )


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_dip(
    time: FloatArray, exposure: FloatArray, longest: float, epoch: float, table: FloatArray, flux: FloatArray
) -> None:
    """Take the dip off the flux. `longest` exposure where times are in order, NaN where they are not."""
    terms, period, centre = int(table[0]), table[1], table[2]
    before, after = HEAD, HEAD + SIDE
    reach = max(table[before + 3], table[after + 3])
    plain_reach = min(table[before], table[after])
    per_day = 1.0 / period
    averaged_width = -1.0
    # No point this far from a mid-transit can be touched; the next transit's window is a known time away.
    window = reach + 0.5 * longest
    i = 0
    while i < time.size:
        x = (time[i] - epoch) - centre
        x -= period * math.floor(x * per_day + 0.5)
        away = abs(x)
        width = exposure[i]
        if away >= reach + 0.5 * width and reach + 0.5 * width < 0.5 * period:
            if away > window:
                next_window = time[i] + (-x if x < 0.0 else period - x) - window
                while i + _LEAP < time.size and time[i + _LEAP] < next_window:
                    i += _LEAP
            i += 1
            continue
        if not (math.isfinite(x) and math.isfinite(width)):
            flux[i] = math.nan
        elif width <= _MOMENT_DAYS:
            if away < table[(after if x >= 0.0 else before) + 3]:
                flux[i] -= dip_at(table, after if x >= 0.0 else before, away, terms)
        elif away + 0.5 * width < plain_reach and away > 0.5 * width:
            if width != averaged_width:
                average_piece0(table, width)
                averaged_width = width
            side = after if x >= 0.0 else before
            flux[i] -= polynomial(table, side + AVERAGED, terms, 2.0 * away * table[side + INVERSE] - 1.0)
        elif away + 0.5 * width < 0.5 * period:
            flux[i] -= (_lost(table, x + 0.5 * width, terms) - _lost(table, x - 0.5 * width, terms)) / width
        else:
            lost = _lost_in_all(table, x + 0.5 * width, terms) - _lost_in_all(table, x - 0.5 * width, terms)
            flux[i] -= lost / width
        i += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _longest_exposure(time: FloatArray, exposure: FloatArray) -> float:
    """NaN where the times are not in ascending order, or a number is missing."""
    longest = 0.0
    for i in range(time.size):
        if not (exposure[i] < math.inf and (i == 0 or time[i] >= time[i - 1])):
            return math.nan
        longest = max(longest, exposure[i])
    return longest


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fill(time: FloatArray, exposure: FloatArray, planets: FloatArray, limb: FloatArray, flux: FloatArray) -> None:
    table = np.zeros(TABLE)
    longest = _longest_exposure(time, exposure)
    for row in range(planets.shape[0]):
        flux[row, :] = 1.0
        for number in range(planets.shape[1]):
            planet = planets[row, number]
            state = build_dip(planet, limb[row, 0], limb[row, 1], table)
            if state > 0:
                _add_dip(time, exposure, longest, planet[1], table, flux[row])
            elif state < 0:
                flux[row, :] = math.nan


def transit_flux(
    time_bjd: FloatArray, exposure_days: FloatArray, planets: FloatArray, u1: float, u2: float
) -> FloatArray:
    """Relative flux of a star crossed by planets, 1 outside transit; dips of planets add. Shape (n,).

    `time_bjd` (n,) middle of each exposure, in any order; `exposure_days` (n,) or one number, the average over it is
    exact for any length (0 = the moment); `planets` (p, 7), columns PLANET_COLUMNS; quadratic limb darkening `u1`,
    `u2`. Right to 1 ppm of the star's light for radius ratios up to 0.3. All NaN where a planet's numbers describe no
    orbit (see `dip_table.build_dip`); NaN at single points whose time or exposure is not finite.

    Raises ValueError where shapes do not fit together.
    """
    planets = np.asarray(planets, dtype=np.float64)
    flux: FloatArray = transit_flux_many(time_bjd, exposure_days, planets[None], np.array([[u1, u2]]))[0]
    return flux


def transit_flux_many(
    time_bjd: FloatArray, exposure_days: FloatArray, planets: FloatArray, limb: FloatArray
) -> FloatArray:
    """`transit_flux` for m parameter vectors in one call that lets other threads run. Shape (m, n).

    `planets` (m, p, 7), `limb` (m, 2). Raises ValueError where shapes do not fit together.
    """
    time = np.ascontiguousarray(time_bjd, dtype=np.float64)
    planets = np.ascontiguousarray(planets, dtype=np.float64)
    limb = np.ascontiguousarray(limb, dtype=np.float64)
    if time.ndim != 1 or planets.ndim != 3 or planets.shape[2] != len(PLANET_COLUMNS):
        raise ValueError("Times must have shape (n,) and planets (m, p, 7).")
    if limb.shape != (planets.shape[0], 2):
        raise ValueError("Limb darkening must have shape (m, 2), one pair for each parameter vector.")
    exposure = np.ascontiguousarray(np.broadcast_to(exposure_days, time.shape), dtype=np.float64)
    flux = np.empty((planets.shape[0], time.size))
    _fill(time, exposure, planets, limb, flux)
    return flux
