"""What is known about a star, and what is assumed where nothing is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Literal

SUN_TEFF_K = 5772.0


@dataclass(frozen=True, slots=True)
class Value:
    """A number with its error and where it comes from ("TIC", "FITS header", "assumed" …)."""

    value: float
    error: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Star:
    """Stellar parameters used by search and fit; None where unknown. Nothing is silently made up.

    radius and mass in solar units, teff in K, logg in cgs, density in g/cm3, magnitudes in the TESS band.
    """

    name: str = ""
    tic_id: int | None = None
    ra_deg: float | None = None
    dec_deg: float | None = None
    tmag: float | None = None
    distance_pc: float | None = None
    teff_k: Value | None = None
    logg_cgs: Value | None = None
    radius_sun: Value | None = None
    mass_sun: Value | None = None
    density_gcc: Value | None = None
    band: Literal["TESS", "Kepler"] = "TESS"

    @property
    def is_known(self) -> bool:
        """True where radius and mass (or density) come from data, so that durations can be limited by them."""
        return self.density_gcc is not None or (self.radius_sun is not None and self.mass_sun is not None)


# Constants of the IAU 2015 nominal solar values (Prša et al. 2016, AJ 152, 41), cgs.
_LOGG_SUN_CGS = 4.43807
_DENSITY_SUN_GCC = 1.40978


def merge(preferred: Star, fallback: Star) -> Star:
    """`preferred` with the gaps filled from `fallback`; each value keeps its own source."""
    changes = {
        f.name: getattr(fallback, f.name)
        for f in fields(Star)
        if getattr(preferred, f.name) in (None, "") and getattr(fallback, f.name) not in (None, "")
    }
    return replace(preferred, **changes)


def complete(star: Star) -> Star:
    """Add what follows from the known values: mass from gravity and radius, density from mass and radius.

    M = g R², ρ = M / R³ in solar units. Errors are propagated in quadrature (relative). Nothing is assumed here.
    """
    mass = star.mass_sun
    if mass is None and star.logg_cgs is not None and star.radius_sun is not None:
        value = 10 ** (star.logg_cgs.value - _LOGG_SUN_CGS) * star.radius_sun.value**2
        relative = _relative(star.logg_cgs.error, 1 / math.log(10)), 2 * _share(star.radius_sun)
        mass = Value(value, value * math.hypot(*relative) or None, "from gravity and radius")
        star = replace(star, mass_sun=mass)
    if star.density_gcc is None and mass is not None and star.radius_sun is not None:
        value = _DENSITY_SUN_GCC * mass.value / star.radius_sun.value**3
        error = value * math.hypot(_share(mass), 3 * _share(star.radius_sun))
        star = replace(star, density_gcc=Value(value, error or None, "from mass and radius"))
    return star


def _relative(error: float | None, scale: float) -> float:
    return 0.0 if error is None else error / scale


def _share(value: Value) -> float:
    return 0.0 if value.error is None or value.value == 0 else value.error / value.value


#: Upper edges of temperature (K) and the colour a person would see; dwarfs after Pecaut & Mamajek 2013, ApJS 208, 9.
_COLOURS = ((3900.0, "Red"), (5300.0, "Orange"), (6000.0, "Yellow"), (7300.0, "Yellow-white"), (10000.0, "White"))


def describe(star: Star) -> str:
    """The star in a few words, from what is known: "Orange dwarf, 10.5 mag"; "" where nothing is known."""
    words = []
    if star.teff_k is not None:
        colour = next((name for edge, name in _COLOURS if star.teff_k.value < edge), "Blue-white")
        words.append(f"{colour} {_kind(star)}")
    if star.tmag is not None:
        words.append(f"{star.tmag:.1f} mag")
    return ", ".join(words)


def _kind(star: Star) -> str:
    if star.logg_cgs is not None:
        return "giant" if star.logg_cgs.value < 3.5 else "subgiant" if star.logg_cgs.value < 3.9 else "dwarf"
    if star.radius_sun is not None and star.radius_sun.value > 4:
        return "giant"
    return "dwarf" if star.radius_sun is not None else "star"
