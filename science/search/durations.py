"""Trial durations: which transits are physically possible at each period."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from science.lightcurve import FloatArray, IntArray
from science.search.grids import SECONDS_PER_DAY, SUN_GM_M3_S2, SUN_RADIUS_M
from science.stars import Star

SUN_DENSITY_GCC = 1.4099
JUPITER_RADIUS_SUN = 0.1005

#: Where the star is unknown: the limits of Hippke & Heller (2019, A&A 623, A39), an M dwarf and a subgiant.
UNKNOWN_SHORT = (0.13, 0.1)  # radius, mass in solar units
UNKNOWN_LONG = (3.5, 1.0)
LARGEST_DUTY_CYCLE = 0.12  # no longer transit than this part of the period where the star is unknown

#: Where the density is known: T14 lies between these multiples of that of a central, circular, point-like transit.
#: Short end: b = 0.9 (0.50 for a small planet) and some eccentricity. Long end: k = 0.1, apastron of e = 0.2. What lies
#: beyond is still found, with a template that is a little too long or too short.
DENSITY_SHORT_FACTOR = 0.42
DENSITY_LONG_FACTOR = 1.35
LARGEST_DUTY_CYCLE_KNOWN = 0.25


@dataclass(frozen=True, slots=True)
class DurationGrid:
    """All trial durations and, for each period, which of them are tried.

    `durations_days` ascends by a constant ratio, shape (m,); at period i the durations
    `first[i]:stop[i]` (half open, never empty) are tried, both arrays of shape (n,).
    """

    durations_days: FloatArray
    first: IntArray
    stop: IntArray
    step: float
    notes: tuple[str, ...] = ()


def central_duration_days(period_days: FloatArray, density_gcc: float) -> FloatArray:
    """First-to-fourth-contact duration of a small planet crossing the star's centre on a circular orbit, days.

    T = (P/pi) (R*/a), with a/R* = (G rho P^2 / 3 pi)^(1/3) (Seager & Mallen-Ornelas 2003).
    """
    gravity = SUN_GM_M3_S2 / (4 / 3 * math.pi * SUN_RADIUS_M**3 * SUN_DENSITY_GCC)  # G per unit of g/cm3
    period_s = np.asarray(period_days, dtype=np.float64) * SECONDS_PER_DAY
    r_over_a = (3 * math.pi / (gravity * density_gcc * period_s**2)) ** (1 / 3)
    return np.asarray(period_days * r_over_a / math.pi, dtype=np.float64)


def duration_grid(
    periods_days: FloatArray, star: Star | None, step: float, *, cadence_days: float = 0.0
) -> DurationGrid:
    """Trial durations for each period: logarithmic steps of ratio `step` within what the star allows.

    With a known density (g/cm3, or from radius and mass) the range follows from it, its error (2 sigma, at least 10 %),
    impact parameters up to 0.9 and small eccentricities. Without it the wide limits of TLS hold. Nothing shorter
    than `cadence_days` is tried: an exposure smears any transit to at least its own length.

    Raises ValueError for a step outside (1, 1.5] or periods that are not positive.
    """
    periods = np.asarray(periods_days, dtype=np.float64)
    if not 1.0 < step <= 1.5:
        raise ValueError(f"The ratio of neighbouring durations must lie between 1 and 1.5, not at {step}.")
    if periods.size == 0 or not np.all(periods > 0):
        raise ValueError("Periods must be positive and at least one is needed.")
    notes: list[str] = []
    density = star_density_gcc(star)
    if density is None:
        short = _central_duration_for(periods, *UNKNOWN_SHORT)
        radius, mass = UNKNOWN_LONG
        long = _central_duration_for(periods, radius, mass) * (1 + 2 * JUPITER_RADIUS_SUN / radius)
        cap = LARGEST_DUTY_CYCLE * periods
        notes.append("The star's density is unknown: transits of everything from M dwarfs to subgiants were tried.")
    else:
        value, error = density
        # Errors enter as a factor, so that a density never becomes negative.
        spread = 1 + 2 * max(error / value, 0.1)
        short = central_duration_days(periods, value * spread) * DENSITY_SHORT_FACTOR
        long = central_duration_days(periods, value / spread) * DENSITY_LONG_FACTOR
        cap = LARGEST_DUTY_CYCLE_KNOWN * periods
        notes.append(f"Durations were limited by the star's density, {value:.3g} ± {error:.2g} g/cm³.")
    short = np.minimum(np.maximum(short, cadence_days), cap)
    long = np.maximum(np.minimum(long, cap), short)

    log_step = math.log(step)
    start = float(short.min())
    n = math.ceil(math.log(float(long.max()) / start) / log_step - 1e-9) + 1
    durations = start * step ** np.arange(n, dtype=np.float64)
    # The nearest trial within the range; the last one may reach half a step beyond the longest.
    first = np.floor(np.log(short / start) / log_step + 1e-9).astype(np.int32)
    stop = np.ceil(np.log(long / start) / log_step - 1e-9).astype(np.int32) + 1
    return DurationGrid(
        durations_days=durations,
        first=np.clip(first, 0, n - 1).astype(np.int32),
        stop=np.clip(stop, first + 1, n).astype(np.int32),
        step=step,
        notes=tuple(notes),
    )


def star_density_gcc(star: Star | None) -> tuple[float, float] | None:
    """Mean density and its error in g/cm3: as measured, else from radius and mass; None where unknown."""
    if star is None:
        return None
    if star.density_gcc is not None and star.density_gcc.value > 0:
        value = star.density_gcc.value
        error = star.density_gcc.error
        return value, 0.2 * value if error is None else abs(error)
    if star.radius_sun is None or star.mass_sun is None or not (star.radius_sun.value > 0 and star.mass_sun.value > 0):
        return None
    radius, mass = star.radius_sun, star.mass_sun
    value = SUN_DENSITY_GCC * mass.value / radius.value**3
    radius_part = 3 * (0.06 if radius.error is None else abs(radius.error) / radius.value)
    mass_part = 0.1 if mass.error is None else abs(mass.error) / mass.value
    return value, value * math.hypot(radius_part, mass_part)


def _central_duration_for(periods: FloatArray, radius_sun: float, mass_sun: float) -> FloatArray:
    return central_duration_days(periods, SUN_DENSITY_GCC * mass_sun / radius_sun**3)
