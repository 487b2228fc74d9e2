"""What stars the parts of the Galaxy are made of: how many of each mass and age, and how large, hot and bright.

A stellar population is a list of kinds of stars. Masses follow the mass function of systems of Chabrier (2005, in "The
Initial Mass Function 50 years later", p. 41), because a pair that is not resolved counts as one star; ages follow a
constant rate of birth between two ages. A star is a dwarf of the mean sequence (`science.dwarf_sequence`) that grows
brighter with age, then a subgiant, a red giant and a clump star for a set share of its time as a dwarf. White dwarfs,
the stars beyond the clump and brown dwarfs are left out: they are few in the light that TESS sees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from science.dwarf_sequence import COLOURS, TEMPERATURES_K, dwarf_at_colour, dwarf_at_temperature
from science.lightcurve import FloatArray
from science.tess_magnitude import tess_magnitude
from science.validation.priors import LEAST_STAR

SUN_TEFF_K, SUN_LOGG, SUN_BOLOMETRIC = 5772.0, 4.438, 4.74  # IAU 2015 resolutions B2 and B3

# Chabrier (2005), eq. for unresolved systems: log-normal up to one solar mass, a power of 1.35 (per log mass) above;
# systems per cubic parsec and unit of log10 mass near the Sun.
_SYSTEMS_PEAK, _PEAK_MASS, _WIDTH_DEX, _POWER = 0.076, 0.25, 0.55, 1.35
_MOST_MASSIVE = 8.0

#: Time as a dwarf of one solar mass, and how it falls with mass; Gyr. A power law through the lifetimes of Hurley, Pols
#: and Tout (2000, MNRAS 315, 543).
_DWARF_GYR, _DWARF_POWER = 10.0, -3.0
#: log10 of the light grows by this much from the first to the last day as a dwarf (the Sun: 0.7 to 2 of today's).
_BRIGHTENING_DEX = 0.45
#: Later lives as shares of the time as a dwarf, for stars that ignite helium in a flash, and for those that do not.
_FLASH_MASS = 2.0
_SUBGIANT_SHARE, _GIANT_SHARE, _CLUMP_GYR = 0.15, 0.06, 0.10
_HEAVY_GAP_SHARE, _HEAVY_CLUMP_SHARE = 0.02, 0.20
#: Subgiants end here; the red-giant branch starts at this light (log10, Sun = 1) and ends in the helium flash.
_SUBGIANT_GROWTH_DEX, _GIANT_BASE_TEFF_K = 0.15, 5050.0
_GIANT_LOG_LIGHT = (0.4, 3.3)
#: Time that a giant spends at a light falls with this power of it (the bump left out).
_GIANT_POWER = -0.8
_CLUMP_LOG_LIGHT, _CLUMP_TEFF_K = 1.70, 4800.0

_SUBGIANT_STEPS, _GIANT_STEPS = 8, 14


@dataclass(frozen=True, slots=True)
class StellarKinds:
    """Kinds of stars of one population; arrays of shape (k,).

    `per_pc3` counts stars per cubic parsec where the population has the density of births of the solar neighbourhood.
    """

    per_pc3: FloatArray
    mass_sun: FloatArray
    radius_sun: FloatArray
    teff_k: FloatArray
    logg_cgs: FloatArray
    absolute_tmag: FloatArray  # without dust


@dataclass(frozen=True, slots=True)
class _Sequence:
    """The mean dwarfs over mass (Sun = 1, ascending): log10 of light and temperature."""

    mass: FloatArray
    log_light: FloatArray
    log_teff: FloatArray

    def at(self, mass: FloatArray) -> tuple[FloatArray, FloatArray]:
        """log10 of light (Sun = 1) and temperature (K); power laws beyond the most massive star of the table."""
        beyond = np.log10(np.maximum(mass, self.mass[-1]) / self.mass[-1])
        light = np.interp(mass, self.mass, self.log_light) + 3.5 * beyond
        return np.asarray(light), np.asarray(np.interp(mass, self.mass, self.log_teff) + 0.5 * beyond)


def _sequence() -> _Sequence:
    dwarfs = dwarf_at_colour(np.linspace(COLOURS[1], COLOURS[0], 600))
    keep = np.concatenate([[True], np.diff(dwarfs.mass_sun) > 0])
    log_teff = np.log10(dwarfs.teff_k[keep])
    log_light = 2.0 * np.log10(dwarfs.radius_sun[keep]) + 4.0 * (log_teff - math.log10(SUN_TEFF_K))
    return _Sequence(dwarfs.mass_sun[keep], log_light, log_teff)


_DWARFS = _sequence()
_LOG_TEFF = np.linspace(math.log10(TEMPERATURES_K[0]), math.log10(TEMPERATURES_K[1]), 400)


def _bolometric_less_tess() -> FloatArray:
    dwarfs = dwarf_at_temperature(np.clip(10.0**_LOG_TEFF, *TEMPERATURES_K))
    return np.asarray(dwarfs.bolometric_correction_g + dwarfs.m_g - tess_magnitude(dwarfs.m_g, dwarfs.bp_rp))


_CORRECTION = _bolometric_less_tess()


def systems_per_pc3(mass_edges: FloatArray) -> FloatArray:
    """Systems born per cubic parsec between neighbouring edges of mass (Sun = 1), shape (n - 1,), near the Sun.

    Chabrier (2005): 0.076 exp(-(log m - log 0.25)^2 / (2 0.55^2)) per unit of log10 m, m^-1.35 above one solar mass.
    """
    middle = np.sqrt(mass_edges[1:] * mass_edges[:-1])
    offset = np.log10(np.minimum(middle, 1.0)) - math.log10(_PEAK_MASS)
    per_dex = _SYSTEMS_PEAK * np.exp(-0.5 * (offset / _WIDTH_DEX) ** 2) * np.maximum(middle, 1.0) ** -_POWER
    return np.asarray(per_dex * np.diff(np.log10(mass_edges)))


def stellar_kinds(
    age_from_gyr: float, age_until_gyr: float, *, dwarf_gyr: float = _DWARF_GYR, brighter_mass: float = 1.0
) -> StellarKinds:
    """Kinds of stars of a population born at a constant rate between two ages (Gyr).

    `dwarf_gyr` is the time as a dwarf that one solar mass would have. `brighter_mass`: stars poor in metals are hotter
    and brighter than others; they take the place on the sequence of a star this many times their mass.
    """
    # Finer where a small step in mass is a large one in age: about the turn-off of old stars.
    edges = np.concatenate(
        [np.geomspace(LEAST_STAR, 0.7, 45)[:-1], np.linspace(0.7, 1.3, 61)[:-1], np.geomspace(1.3, _MOST_MASSIVE, 50)]
    )
    mass = np.sqrt(edges[1:] * edges[:-1])
    born = systems_per_pc3(edges)
    lifetime = dwarf_gyr * mass**_DWARF_POWER
    flash = mass < _FLASH_MASS
    light, log_teff = _DWARFS.at(mass * brighter_mass)
    # The sequence is that of dwarfs of all ages near the Sun; a star is fainter than it before their mean age.
    usual = 0.5 * np.minimum(lifetime, _DWARF_GYR) / lifetime
    span = age_until_gyr - age_from_gyr

    def between(start: FloatArray, end: FloatArray) -> FloatArray:
        """Share of the population whose age lies between two ages."""
        shared = np.minimum(end, age_until_gyr) - np.maximum(start, age_from_gyr)
        return np.asarray(np.clip(shared, 0.0, None) / span)

    alive = between(np.zeros_like(mass), lifetime)
    age = 0.5 * (age_from_gyr + np.clip(lifetime, age_from_gyr, age_until_gyr))
    dwarf_light = light + _BRIGHTENING_DEX * (np.minimum(age / lifetime, 1.0) - usual)
    found = [(born * alive, dwarf_light, log_teff)]

    last = light + _BRIGHTENING_DEX * (1.0 - usual)
    base = math.log10(_GIANT_BASE_TEFF_K)
    length = np.where(flash, _SUBGIANT_SHARE, _HEAVY_GAP_SHARE) * lifetime
    for step in range(_SUBGIANT_STEPS):
        part = (step + 0.5) / _SUBGIANT_STEPS
        start = lifetime + length * step / _SUBGIANT_STEPS
        share = between(start, start + length / _SUBGIANT_STEPS)
        found.append((born * share, last + _SUBGIANT_GROWTH_DEX * part, log_teff + (base - log_teff) * part))

    grown = last + _SUBGIANT_GROWTH_DEX
    length = np.where(flash, _GIANT_SHARE * lifetime, 0.0)
    steps = np.linspace(*_GIANT_LOG_LIGHT, _GIANT_STEPS + 1)
    spent = 1.0 - 10.0 ** (_GIANT_POWER * (steps - steps[0]))
    spent /= spent[-1]
    for step in range(_GIANT_STEPS):
        at = 0.5 * (steps[step] + steps[step + 1])
        start = lifetime * (1.0 + _SUBGIANT_SHARE) + length * spent[step]
        share = between(start, start + length * (spent[step + 1] - spent[step]))
        found.append((born * share, np.maximum(grown, at), np.full_like(mass, _giant_log_teff(at))))

    start = lifetime * np.where(flash, 1.0 + _SUBGIANT_SHARE + _GIANT_SHARE, 1.0 + _HEAVY_GAP_SHARE)
    share = between(start, start + np.where(flash, _CLUMP_GYR, _HEAVY_CLUMP_SHARE * lifetime))
    clump = np.where(flash, _CLUMP_LOG_LIGHT, np.maximum(grown, _CLUMP_LOG_LIGHT))
    found.append((born * share, clump, np.full_like(mass, math.log10(_CLUMP_TEFF_K))))
    return _kinds(mass, found)


def _giant_log_teff(log_light: float) -> float:
    """Temperature along the red-giant branch: 5,070 K at its foot, 4,600 at 30, 4,000 at 300, 3,450 at 2,000 suns."""
    x = log_light - 0.5
    return 3.705 - 0.028 * x - 0.0105 * x * x


def _kinds(mass: FloatArray, found: list[tuple[FloatArray, FloatArray, FloatArray]]) -> StellarKinds:
    count = np.concatenate([f[0] for f in found])
    keep = count > 0
    count, light = count[keep], np.concatenate([f[1] for f in found])[keep]
    log_teff, masses = np.concatenate([f[2] for f in found])[keep], np.tile(mass, len(found))[keep]
    log_radius = 0.5 * light - 2.0 * (log_teff - math.log10(SUN_TEFF_K))
    bolometric = SUN_BOLOMETRIC - 2.5 * light
    return StellarKinds(
        per_pc3=count,
        mass_sun=masses,
        radius_sun=np.asarray(10.0**log_radius),
        teff_k=np.asarray(10.0**log_teff),
        logg_cgs=np.asarray(SUN_LOGG + np.log10(masses) - 2.0 * log_radius),
        absolute_tmag=np.asarray(bolometric - np.interp(log_teff, _LOG_TEFF, _CORRECTION)),
    )
