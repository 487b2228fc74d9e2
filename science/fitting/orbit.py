"""How the shape of an orbit, the length of a transit and the density of the star hang together.

Circular orbits: Seager & Mallén-Ornelas 2003, ApJ 585, 1038, eqs. 3, 8 and 9. Eccentric: Winn 2010 (arXiv:1001.2010),
eqs. 7, 14-16. All functions take numbers or arrays that broadcast together, and answer NaN where no orbit does what is
asked.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from science.lightcurve import FloatArray

#: Newton's constant, CODATA 2018 (astropy.constants.G), in cm3 g-1 s-2.
GRAVITY_CGS = 6.6743e-8
_DAY_SECONDS = 86400.0


def scaled_axis_of_duration(
    period_days: ArrayLike, duration_days: ArrayLike, radius_ratio: ArrayLike, impact_parameter: ArrayLike
) -> FloatArray:
    """a/R★ of the circular orbit whose transit lasts `duration_days` from first to fourth contact.

    Seager & Mallén-Ornelas 2003, eq. 8 solved for the axis. NaN for a planet that misses the star (b >= 1 + k), or a
    transit of half the period or longer.
    """
    period, duration, k, b = _floats(period_days, duration_days, radius_ratio, impact_parameter)
    with np.errstate(invalid="ignore", divide="ignore"):
        sine_squared = np.square(np.sin(math.pi * duration / period))
        chord_squared = np.square(1.0 + k) - np.square(b)
        axis = np.sqrt(np.square(b) + chord_squared / sine_squared)
        possible = (chord_squared > 0.0) & (duration > 0.0) & (duration < 0.5 * period)
    return np.where(possible, axis, np.nan)


def duration_of(
    period_days: ArrayLike,
    scaled_axis: ArrayLike,
    radius_ratio: ArrayLike,
    impact_parameter: ArrayLike,
    eccentricity: ArrayLike = 0.0,
    omega_rad: ArrayLike = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """Days from first to fourth contact (T14) and from second to third (T23).

    Exact for a circular orbit; an eccentric one is taken at the speed that it has at mid-transit (Winn 2010, eqs.
    14-16), good to about (R★/a)^2 of the duration. T14 is NaN for a planet that misses the star; T23 is 0 where the
    transit is grazing (b >= 1 - k).
    """
    period, axis, k, b, e, omega = _floats(
        period_days, scaled_axis, radius_ratio, impact_parameter, eccentricity, omega_rad
    )
    cos_i = b * (1.0 + e * np.sin(omega)) / (axis * (1.0 - np.square(e)))
    with np.errstate(invalid="ignore", divide="ignore"):
        slow = np.sqrt(1.0 - np.square(e)) / (1.0 + e * np.sin(omega))
        sin_i = np.sqrt(1.0 - np.square(cos_i))
        total = np.square(1.0 + k) - np.square(b)
        flat = np.square(1.0 - k) - np.square(b)
        t14 = period / math.pi * np.arcsin(np.sqrt(total) / (axis * sin_i)) * slow
        t23 = period / math.pi * np.arcsin(np.sqrt(np.maximum(flat, 0.0)) / (axis * sin_i)) * slow
    return np.where(total > 0.0, t14, np.nan), np.where(
        (flat > 0.0) & (k < 1.0), t23, np.where(total > 0.0, 0.0, np.nan)
    )


def density_of(period_days: ArrayLike, scaled_axis: ArrayLike) -> FloatArray:
    """Mean density of the star in g/cm3 by Kepler's third law, the planet's mass neglected: 3 pi a^3 / (G P^2)."""
    period, axis = _floats(period_days, scaled_axis)
    return np.asarray(3.0 * math.pi * axis**3 / (GRAVITY_CGS * np.square(period * _DAY_SECONDS)), dtype=np.float64)


def scaled_axis_of_density(period_days: ArrayLike, density_gcc: ArrayLike) -> FloatArray:
    """a/R★ of a planet around a star of `density_gcc` g/cm3. NaN for a negative density."""
    period, density = _floats(period_days, density_gcc)
    with np.errstate(invalid="ignore"):
        cube = density * GRAVITY_CGS * np.square(period * _DAY_SECONDS) / (3.0 * math.pi)
        return np.where(density >= 0.0, np.cbrt(cube), np.nan)


def photo_eccentric_factor(eccentricity: ArrayLike, omega_rad: ArrayLike) -> FloatArray:
    """((1 + e sin w) / sqrt(1 - e^2))^3: density read from the transit as if circular, over the true one.

    Dawson & Johnson 2012, ApJ 756, 122, eq. 7 (its g cubed).
    """
    e, omega = _floats(eccentricity, omega_rad)
    return np.asarray(((1.0 + e * np.sin(omega)) / np.sqrt(1.0 - np.square(e))) ** 3, dtype=np.float64)


def inclination_deg(
    scaled_axis: ArrayLike, impact_parameter: ArrayLike, eccentricity: ArrayLike = 0.0, omega_rad: ArrayLike = 0.0
) -> FloatArray:
    """Inclination in degrees, 90 = through the star's centre (Winn 2010, eq. 7). NaN where b is beyond the orbit."""
    axis, b, e, omega = _floats(scaled_axis, impact_parameter, eccentricity, omega_rad)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.degrees(np.arccos(b * (1.0 + e * np.sin(omega)) / (axis * (1.0 - np.square(e))))))


def _floats(*values: ArrayLike) -> tuple[FloatArray, ...]:
    return tuple(np.asarray(v, dtype=np.float64) for v in values)
