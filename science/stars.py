"""What is known about a star, and what is assumed where nothing is known."""

from __future__ import annotations

from dataclasses import dataclass
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
