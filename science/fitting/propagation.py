"""From the shape of a transit to the planet: every quantity that follows, draw by draw, with the star's errors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from science.fitting import orbit
from science.fitting.transit import transit_flux_many
from science.lightcurve import FloatArray
from science.stars import SUN_TEFF_K, Star, Value

#: Added to the unit of whatever rests on a stellar value whose error nobody gives.
WITHOUT_STAR_ERROR = "error of the star unknown, not included"
_FROM_GRAVITY = "from gravity and radius"


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Draws of one stellar value, shape (n,), and whether its error is known."""

    values: FloatArray
    known_error: bool


def derive(draws: Mapping[str, FloatArray], star: Star, rng: np.random.Generator) -> dict[str, tuple[FloatArray, str]]:
    """What follows from draws of the transit's parameters, by samples: name -> (values of shape (n,), unit).

    `draws` holds arrays of shape (n,): period_days, radius_ratio (or ln_radius_ratio), impact_parameter, and the size
    of the orbit as scaled_axis, ln_density (g/cm3) or ln_duration (days, first to fourth contact, circular orbit);
    eccentricity with omega_rad and u1, u2 (or q1, q2) where sampled. Always answered: radius_ratio, scaled_axis,
    inclination_deg, duration_hours, full_duration_hours (second to third contact, 0 where the transit grazes),
    density_transit_gcc, and depth_ppm at mid-transit with the limb darkening. As far as the star is known:

    - radius_earth = k R★.
    - semi_major_axis_au: by Kepler's third law where the star's mass is known, because a third of the mass's relative
      error is far smaller than what impact parameter and eccentricity leave open in a/R★; else a/R★ times R★.
    - insolation_earth = (L★/L☉) / a², averaged over the orbit (1 / sqrt(1 - e²)), L★ = R★² (T/5772 K)⁴.
    - equilibrium_temperature_k for an albedo of 0 and heat spread over the whole planet: T sqrt(R★ / 2a); an albedo A
      lowers it by (1 - A)^(1/4), 0.915 for A = 0.3.

    Without mass and radius the last two rest on the transit's own a/R★. Stellar values are drawn from Gaussians cut at
    zero; mass "from gravity and radius" is drawn through both. Where a stellar error is unknown the value is held, and
    the unit says so. Constants are astropy's (IAU 2015 nominal values). Raises KeyError where a parameter is missing.
    """
    period = np.asarray(draws["period_days"], dtype=np.float64)
    n = period.size
    ratio = np.exp(draws["ln_radius_ratio"]) if "radius_ratio" not in draws else np.asarray(draws["radius_ratio"])
    impact = np.asarray(draws["impact_parameter"], dtype=np.float64)
    eccentricity = np.asarray(draws.get("eccentricity", np.zeros(n)), dtype=np.float64)
    omega = np.asarray(draws.get("omega_rad", np.full(n, 0.5 * np.pi)), dtype=np.float64)
    axis = _scaled_axis(draws, period, ratio, impact)
    total, full = orbit.duration_of(period, axis, ratio, impact, eccentricity, omega)
    answer: dict[str, tuple[FloatArray, str]] = {
        "radius_ratio": (ratio, ""),
        "scaled_axis": (axis, ""),
        "inclination_deg": (orbit.inclination_deg(axis, impact, eccentricity, omega), "°"),
        "duration_hours": (24.0 * total, "h"),
        "full_duration_hours": (24.0 * np.where(np.isfinite(full), full, 0.0), "h"),
        "density_transit_gcc": (orbit.density_of(period, axis), "g/cm³"),
    }
    law = _limb_darkening(draws)
    if law is not None:
        answer["depth_ppm"] = (_depth_ppm(period, ratio, axis, impact, eccentricity, omega, law), "ppm")
    return answer | _of_star(period, ratio, axis, eccentricity, star, rng)


def notes_on_star(star: Star) -> tuple[str, ...]:
    """Sentences on what of the planet cannot be told, or only without the star's error."""
    notes = []
    values = {"radius": star.radius_sun, "mass": star.mass_sun, "temperature": star.teff_k}
    missing = [name for name, value in values.items() if value is None]
    if star.radius_sun is None:
        notes.append("The star's radius is unknown, so the planet's size in Earths cannot be told.")
    if "temperature" in missing:
        notes.append("The star's temperature is unknown, so the planet's warmth cannot be told.")
    bare = [name for name, value in values.items() if value is not None and not _has_error(value)]
    if bare:
        verb, them = ("has", "it") if len(bare) == 1 else ("have", "them")
        notes.append(
            f"The star's {' and '.join(bare)} {verb} no known error: what rests on {them} is told with the transit's "
            "error alone, which is too small."
        )
    return tuple(notes)


def draw_positive(value: Value, n: int, rng: np.random.Generator) -> FloatArray:
    """`n` draws of a Gaussian cut at zero; the value itself, n times, where its error is unknown."""
    error = value.error if value.error is not None else 0.0
    if not _has_error(value):
        return np.full(n, value.value)
    lowest = float(ndtr(-value.value / error))
    return np.asarray(value.value + error * ndtri(rng.uniform(lowest, 1.0, n)), dtype=np.float64)


def star_density_draws(star: Star, n: int, rng: np.random.Generator) -> FloatArray | None:
    """Draws of the star's mean density in g/cm3, from its own value or from mass and radius; None where unknown."""
    if star.mass_sun is not None and star.radius_sun is not None:
        from astropy import constants

        radius = draw_positive(star.radius_sun, n, rng)
        mass = _mass(star, n, radius, rng)
        assert mass is not None
        # kg/m3 to g/cm3 by hand: astropy takes a third of a second for it
        sun = float(constants.M_sun.value / (4 / 3 * math.pi * constants.R_sun.value**3)) / 1000.0
        return np.asarray(sun * mass.values / radius**3)
    return None if star.density_gcc is None else draw_positive(star.density_gcc, n, rng)


def _scaled_axis(
    draws: Mapping[str, FloatArray], period: FloatArray, ratio: FloatArray, impact: FloatArray
) -> FloatArray:
    if "scaled_axis" in draws:
        return np.asarray(draws["scaled_axis"], dtype=np.float64)
    if "ln_density" in draws:
        return orbit.scaled_axis_of_density(period, np.exp(draws["ln_density"]))
    return orbit.scaled_axis_of_duration(period, np.exp(draws["ln_duration"]), ratio, impact)


def _limb_darkening(draws: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray] | None:
    """u1 and u2, from q1 and q2 where those were sampled (Kipping 2013, MNRAS 435, 2152, eqs 15-16)."""
    if "u1" in draws and "u2" in draws:
        return np.asarray(draws["u1"]), np.asarray(draws["u2"])
    if "q1" in draws and "q2" in draws:
        root = np.sqrt(draws["q1"])
        return 2 * root * draws["q2"], root * (1 - 2 * draws["q2"])
    return None


def _depth_ppm(
    period: FloatArray,
    ratio: FloatArray,
    axis: FloatArray,
    impact: FloatArray,
    eccentricity: FloatArray,
    omega: FloatArray,
    law: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Light missing at mid-transit of an unblurred transit."""
    planets = np.stack([period, np.zeros_like(period), ratio, axis, impact, eccentricity, omega], axis=1)
    middle = transit_flux_many(np.zeros(1), np.zeros(1), planets[:, None, :], np.stack(law, axis=1))
    return np.asarray(1e6 * (1.0 - middle[:, 0]))


def _of_star(
    period: FloatArray,
    ratio: FloatArray,
    axis: FloatArray,
    eccentricity: FloatArray,
    star: Star,
    rng: np.random.Generator,
) -> dict[str, tuple[FloatArray, str]]:
    from astropy import constants

    n = period.size
    answer: dict[str, tuple[FloatArray, str]] = {}
    au_in_suns = float(constants.au / constants.R_sun)
    radius = None if star.radius_sun is None else _drawn(star.radius_sun, n, rng)
    mass = _mass(star, n, None if radius is None else radius.values, rng)
    teff = None if star.teff_k is None else _drawn(star.teff_k, n, rng)
    if radius is not None:
        earths = float(constants.R_sun / constants.R_earth)
        answer["radius_earth"] = (ratio * radius.values * earths, _unit("R⊕", radius))
    orbit_au: FloatArray | None = None
    basis: tuple[_Drawn, ...] = ()
    if mass is not None:
        seconds = 86400.0 * period
        cubed = float(constants.GM_sun.value) * mass.values * np.square(seconds / (2 * math.pi))
        orbit_au, basis = np.cbrt(cubed) / float(constants.au.value), (mass,)
    elif radius is not None:
        orbit_au, basis = axis * radius.values / au_in_suns, (radius,)
    if orbit_au is not None:
        answer["semi_major_axis_au"] = (orbit_au, _unit("AU", *basis))
    if teff is not None:
        rests: tuple[_Drawn, ...] = (teff,)
        scaled = axis
        if mass is not None and radius is not None and orbit_au is not None:
            scaled, rests = orbit_au * au_in_suns / radius.values, (teff, mass, radius)
        mean = 1.0 / np.sqrt(1.0 - np.square(eccentricity))  # of 1/r² over an orbit, times a²
        answer["equilibrium_temperature_k"] = (teff.values * np.sqrt(0.5 / scaled) * mean**0.25, _unit("K", *rests))
        sunlight = np.square(au_in_suns / scaled) * (teff.values / SUN_TEFF_K) ** 4 * mean
        answer["insolation_earth"] = (sunlight, _unit("S⊕", *rests))
    return answer


def _mass(star: Star, n: int, radius: FloatArray | None, rng: np.random.Generator) -> _Drawn | None:
    mass = star.mass_sun
    if mass is None:
        return None
    if mass.source == _FROM_GRAVITY and star.logg_cgs is not None and radius is not None and star.radius_sun:
        # The same radius must stand in the mass: drawn apart, density and orbit would come out too uncertain.
        gravity = _drawn(star.logg_cgs, n, rng)
        scale = mass.value / (10**star.logg_cgs.value * star.radius_sun.value**2)
        return _Drawn(
            scale * 10**gravity.values * np.square(radius), gravity.known_error and _has_error(star.radius_sun)
        )
    return _drawn(mass, n, rng)


def _drawn(value: Value, n: int, rng: np.random.Generator) -> _Drawn:
    return _Drawn(draw_positive(value, n, rng), _has_error(value))


def _has_error(value: Value) -> bool:
    return value.error is not None and math.isfinite(value.error) and value.error > 0


def _unit(unit: str, *rests: _Drawn) -> str:
    return unit if all(r.known_error for r in rests) else f"{unit} ({WITHOUT_STAR_ERROR})"
