"""What Gaia's colour and parallax tell about a star that the TESS Input Catalog leaves out.

Temperature from the colour of the dwarf sequence; radius from the luminosity (Stefan-Boltzmann), or for red dwarfs
from the absolute magnitude; mass from the dwarf sequence, for dwarfs only. Nothing replaces a value that is known, and
each estimate names its source.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from science import dwarf_sequence
from science.dwarf_sequence import dwarf_at_absolute_magnitude, dwarf_at_colour, dwarf_at_temperature
from science.neighbours import FieldStar
from science.stars import SUN_TEFF_K, Star, Value, complete

#: How estimates are marked in `Value.source`.
FROM_COLOUR_AND_PARALLAX = "estimated from Gaia colour and parallax"
FROM_COLOUR = "estimated from Gaia colour"

SUN_BOLOMETRIC_MAG = 4.74  # IAU 2015 resolution B2
LEAST_PARALLAX_SNR = 5.0
#: Magnitudes above (below) the dwarf sequence from which on a star is no dwarf. A pair of equal dwarfs is 0.75 above.
EVOLVED_ABOVE_MAG = 1.2
BELOW_SEQUENCE_MAG = 1.5
#: Red dwarfs from here on (K5 V): size and mass follow the absolute magnitude, because they have not evolved.
RED_DWARF_M_G = 6.85
_RUWE_OF_SINGLE_STARS = 1.4  # Lindegren et al. 2021, A&A 649, A2
_GIANT_TEFF_SCATTER = 0.03
_BOLOMETRIC_ERROR_MAG = 0.05
_COLOUR_ERROR_MAG = 0.02
_UNKNOWN_REDDENING_TEFF_SCATTER = 0.10
_LOGG_SUN_CGS = 4.43807
_DENSITY_SUN_GCC = 1.40978

# A mean dust disc (as in Bahcall & Soneira 1980, ApJS 44, 73): 1 mag of A_V a kpc in the plane, scale height 100 pc,
# and none in the first 100 pc. Ratios to A_V in Gaia's bands: Gaia DR3 extinction law for a solar-type star.
_DUST_MAG_PER_PC = 1e-3
_DUST_HEIGHT_PC = 100.0
_DUST_FREE_PC = 100.0
_A_G = 0.84
_E_BP_RP = 0.41
_DUST_ERROR = 0.5  # relative: dust is patchy

# The north pole of the Galaxy, J2000 (degrees).
_POLE_RA_DEG, _POLE_DEC_DEG = 192.85948, 27.12825

Kind = Literal["dwarf", "evolved", "below the dwarf sequence", "unknown"]


@dataclass(frozen=True, slots=True)
class GaiaEstimate:
    """What colour and parallax say. None where they cannot say it; `kind` "unknown" where the parallax is too poor.

    `above_sequence_mag`: how far brighter than the dwarf of its colour (negative: fainter). `visual_extinction_mag` is
    the mean dust assumed on the way.
    """

    kind: Kind
    teff_k: Value | None
    radius_sun: Value | None
    mass_sun: Value | None
    above_sequence_mag: float | None = None
    visual_extinction_mag: float = 0.0


def estimate_star(star: Star, field_star: FieldStar) -> Star:
    """`star` with the gaps filled from Gaia: temperature, radius, mass, gravity, density, TESS magnitude, distance.

    Known values stay, and what follows from them exactly comes first (`science.stars.complete`). A star without a
    Gaia colour comes back as it was. Giants get no mass, nor anything that needs one.
    """
    star = complete(star)
    estimate = estimate_from_gaia(field_star, star.teff_k)
    parallax = _trusted_parallax(field_star)
    if star.distance_pc is None and parallax is not None:
        star = replace(star, distance_pc=1000.0 / parallax[0])
    if star.tmag is None and math.isfinite(field_star.tmag):
        star = replace(star, tmag=field_star.tmag)
    if star.teff_k is None:
        star = replace(star, teff_k=estimate.teff_k)
    if star.radius_sun is None:
        star = replace(star, radius_sun=estimate.radius_sun)
    if star.mass_sun is None and _is_dwarf_sized(star.radius_sun, estimate):
        star = replace(star, mass_sun=estimate.mass_sun)
    return _with_gravity_and_density(star)


def estimate_from_gaia(field_star: FieldStar, teff_k: Value | None = None) -> GaiaEstimate:
    """Temperature, radius and mass from Gaia G, BP - RP and parallax, freed from a mean amount of dust.

    `teff_k`: a temperature known from elsewhere, used for the luminosity instead of the colour's. Errors hold the
    scatter of the sequence, the parallax (widened by RUWE above 1.4) and half of the dust.
    """
    colour, g = field_star.bp_rp, field_star.gmag
    if colour is None or not math.isfinite(colour):
        return GaiaEstimate("unknown", None, None, None)
    parallax = _trusted_parallax(field_star)
    if parallax is None or g is None or not math.isfinite(g):
        seen = float(dwarf_at_colour(colour).teff_k)
        guess = Value(seen, _UNKNOWN_REDDENING_TEFF_SCATTER * seen, FROM_COLOUR) if math.isfinite(seen) else None
        return GaiaEstimate("unknown", guess, None, None)

    distance = 1000.0 / parallax[0]
    dust = mean_extinction(distance, galactic_latitude_deg(field_star.ra_deg, field_star.dec_deg))
    colour_error = math.hypot(_COLOUR_ERROR_MAG, _DUST_ERROR * _E_BP_RP * dust)
    bluest = dwarf_sequence.COLOURS[0]
    own_colour = max(colour - _E_BP_RP * dust, min(colour, bluest))
    m_g = g + 5.0 * math.log10(parallax[0] / 100.0) - _A_G * dust
    brightness_error = math.hypot(5.0 / math.log(10.0) * parallax[1] / parallax[0], _DUST_ERROR * _A_G * dust)
    mean = dwarf_at_colour(own_colour)
    if not math.isfinite(float(mean.teff_k)):
        return GaiaEstimate("unknown", None, None, None, visual_extinction_mag=dust)

    above = float(mean.m_g) - m_g
    kind: Kind = "dwarf"
    if above > EVOLVED_ABOVE_MAG:
        kind = "evolved"
    elif above < -BELOW_SEQUENCE_MAG:
        kind = "below the dwarf sequence"
    scatter = dwarf_sequence.TEFF_SCATTER if kind == "dwarf" else _GIANT_TEFF_SCATTER
    teff_error = math.hypot(scatter * float(mean.teff_k), _teff_slope(own_colour) * colour_error)
    teff = teff_k or Value(float(mean.teff_k), teff_error, FROM_COLOUR_AND_PARALLAX)
    at_teff = dwarf_at_temperature(np.clip(teff.value, *dwarf_sequence.TEMPERATURES_K))
    radius = _radius_from_luminosity(m_g + float(at_teff.bolometric_correction_g), brightness_error, teff)
    mass = None
    if kind == "dwarf":
        red = m_g >= RED_DWARF_M_G
        place = dwarf_at_absolute_magnitude(m_g) if red else at_teff
        if red and math.isfinite(float(place.radius_sun)):
            spread = math.hypot(dwarf_sequence.RADIUS_SCATTER, _share_of_slope(m_g, brightness_error, "radius_sun"))
            value = float(place.radius_sun)
            radius = Value(value, spread * value, FROM_COLOUR_AND_PARALLAX)
        if math.isfinite(value := float(place.mass_sun)):
            relative = (teff.error or scatter * teff.value) / teff.value
            spread = math.hypot(
                dwarf_sequence.MASS_SCATTER,
                _share_of_slope(m_g, brightness_error, "mass_sun") if red else 1.5 * relative,
            )
            mass = Value(value, spread * value, FROM_COLOUR_AND_PARALLAX)
    return GaiaEstimate(kind, teff, radius, mass, above, dust)


def mean_extinction(distance_pc: float, latitude_deg: float) -> float:
    """A_V (mag) of the mean dust disc out to a distance at a galactic latitude; right to about a factor of 1.5."""
    length = max(0.0, distance_pc - _DUST_FREE_PC)
    slope = abs(math.sin(math.radians(latitude_deg)))
    if slope * length < 1e-6 * _DUST_HEIGHT_PC:
        return _DUST_MAG_PER_PC * length
    start = math.exp(-_DUST_FREE_PC * slope / _DUST_HEIGHT_PC)
    return _DUST_MAG_PER_PC * _DUST_HEIGHT_PC / slope * start * (1.0 - math.exp(-length * slope / _DUST_HEIGHT_PC))


def galactic_latitude_deg(ra_deg: float, dec_deg: float) -> float:
    """Galactic latitude of a position (J2000), degrees."""
    dec, pole = math.radians(dec_deg), math.radians(_POLE_DEC_DEG)
    across = math.cos(math.radians(ra_deg - _POLE_RA_DEG))
    sine = math.sin(dec) * math.sin(pole) + math.cos(dec) * math.cos(pole) * across
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def _trusted_parallax(star: FieldStar) -> tuple[float, float] | None:
    """(parallax, error) in mas where it is at least five times its error; None otherwise."""
    value, error = star.parallax_mas, star.parallax_err_mas
    if value is None or error is None or not (math.isfinite(value) and math.isfinite(error)) or error <= 0:
        return None
    if star.ruwe is not None and math.isfinite(star.ruwe) and star.ruwe > _RUWE_OF_SINGLE_STARS:
        error *= star.ruwe
    return (value, error) if value >= LEAST_PARALLAX_SNR * error else None


def _radius_from_luminosity(m_bol: float, error_mag: float, teff: Value) -> Value:
    """R = sqrt(L) / T² in solar units (Stefan-Boltzmann), L from the bolometric magnitude."""
    radius = 10.0 ** (-0.2 * (m_bol - SUN_BOLOMETRIC_MAG)) * (SUN_TEFF_K / teff.value) ** 2
    light = 0.2 * math.log(10.0) * math.hypot(error_mag, _BOLOMETRIC_ERROR_MAG)
    warmth = 2.0 * (teff.error or dwarf_sequence.TEFF_SCATTER * teff.value) / teff.value
    return Value(radius, radius * math.hypot(light, warmth), FROM_COLOUR_AND_PARALLAX)


def _teff_slope(colour: float) -> float:
    """Kelvin a magnitude of BP - RP along the sequence, over ± 0.05 mag."""
    around = np.clip(np.array([colour - 0.05, colour + 0.05]), *dwarf_sequence.COLOURS)
    teff = dwarf_at_colour(around).teff_k
    return abs(float(teff[1] - teff[0])) / float(around[1] - around[0])


def _share_of_slope(m_g: float, error_mag: float, what: Literal["radius_sun", "mass_sun"]) -> float:
    """Relative change of radius or mass along the sequence over ± one error of the absolute magnitude."""
    error = math.hypot(error_mag, 0.1)
    values = getattr(dwarf_at_absolute_magnitude(np.array([m_g - error, m_g + error])), what)
    if not np.all(np.isfinite(values)):
        return 0.2
    return abs(float(math.log(values[0] / values[1]))) / 2.0


def _is_dwarf_sized(radius: Value | None, estimate: GaiaEstimate) -> bool:
    """False where a radius from elsewhere says that the star is no dwarf (or not the star that Gaia saw)."""
    if estimate.mass_sun is None or radius is None or estimate.radius_sun is None:
        return estimate.mass_sun is not None
    return 1 / 1.6 < radius.value / estimate.radius_sun.value < 1.6


def _with_gravity_and_density(star: Star) -> Star:
    """log g and density from mass and radius, marked as estimates where one of the two is."""
    mass, radius = star.mass_sun, star.radius_sun
    if mass is None or radius is None or mass.value <= 0 or radius.value <= 0:
        return star
    if FROM_COLOUR_AND_PARALLAX not in (mass.source, radius.source):
        return star
    share = (mass.error or 0.0) / mass.value, (radius.error or 0.0) / radius.value
    if star.logg_cgs is None:
        value = _LOGG_SUN_CGS + math.log10(mass.value / radius.value**2)
        error = math.hypot(share[0], 2 * share[1]) / math.log(10.0)
        star = replace(star, logg_cgs=Value(value, error, FROM_COLOUR_AND_PARALLAX))
    if star.density_gcc is None:
        value = _DENSITY_SUN_GCC * mass.value / radius.value**3
        density = Value(value, value * math.hypot(share[0], 3 * share[1]), FROM_COLOUR_AND_PARALLAX)
        star = replace(star, density_gcc=density)
    return star
