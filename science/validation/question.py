"""What is asked: one folded signal, its star, what else may be in the light. Wrong questions are refused by name."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from science.lightcurve import FloatArray, IntArray
from science.validation.kernel import BOTH
from science.validation.priors import LEAST_STAR, UNRESOLVED_ARCSEC

LEAST_POINTS_IN_TRANSIT = 10


class ValidationRefused(ValueError):
    """The question cannot be answered; the message says why, for a user."""


class NoStellarParameters(ValidationRefused):
    """Mass, radius or temperature of the target is unknown."""


class StarTooSmall(ValidationRefused):
    """The target is below 0.1 solar masses: no law for its companions."""


class TooFewPoints(ValidationRefused):
    """Fewer than ten points in transit."""


class ImpossibleDepth(ValidationRefused):
    """The dip is not one of light: deeper than all of it, or none at all."""


class UnusableCurve(ValidationRefused):
    """Points, errors or the period are no numbers."""


@dataclass(frozen=True, slots=True)
class FoldedCurve:
    """One signal folded at its period; arrays of shape (n,). Light of the target alone is 1 (neighbours removed).

    `parity` 0, 1 for points of even and odd dips, 2 for averages over both. `covers_orbit` says that the points reach
    all phases, so that a second dip would be seen; else `secondary_depth` and `secondary_error` tell how deep a second
    dip between two dips is (None: not looked for).
    """

    time_days: FloatArray  # from mid-transit
    flux: FloatArray
    flux_err: FloatArray
    exposure_days: FloatArray
    period_days: float
    duration_days: float
    parity: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    covers_orbit: bool = False
    secondary_error: float | None = None
    secondary_depth: float = 0.0

    def __post_init__(self) -> None:
        """Check everything that a likelihood needs. Raises a ValidationRefused."""
        arrays = (self.time_days, self.flux, self.flux_err, self.exposure_days)
        if any(a.shape != self.time_days.shape or a.ndim != 1 for a in arrays):
            raise UnusableCurve("Times, flux, errors and exposures differ in length.")
        if not all(np.isfinite(a).all() for a in arrays) or not (self.flux_err > 0).all():
            raise UnusableCurve("Some points of the folded light curve are no numbers, or have no error.")
        if not (math.isfinite(self.period_days) and self.period_days > 0 and self.duration_days > 0):
            raise UnusableCurve("The period and the duration have to be positive.")
        if self.parity.size == 0:
            object.__setattr__(self, "parity", np.full(self.time_days.size, BOTH, dtype=np.int64))
        inside = np.abs(self.time_days) < 0.5 * self.duration_days
        if int(inside.sum()) < LEAST_POINTS_IN_TRANSIT:
            raise TooFewPoints(f"Only {int(inside.sum())} points lie in the transit; ten are needed.")
        depth = 1.0 - float(np.mean(self.flux[np.abs(self.time_days) < 0.25 * self.duration_days]))
        if depth <= 0.0:
            raise ImpossibleDepth("The star is not fainter in the dip than beside it.")
        if depth >= 1.0:
            raise ImpossibleDepth("The dip is deeper than all the light of the star.")


@dataclass(frozen=True, slots=True)
class HostStar:
    """A star that may host the event. `light` is its share of the aperture's light over the target's."""

    name: str
    mass_sun: float
    radius_sun: float
    teff_k: float
    tmag: float = math.nan
    parallax_mas: float = math.nan
    light: float = 1.0
    limb_darkening: tuple[float, float] | None = None  # None: from temperature and gravity
    log_likelihood: float = 0.0  # ln of how likely the pixels are with the event on this star
    assumed: bool = False  # parameters are not known and those of the Sun stand in

    def check(self) -> None:
        """Raises NoStellarParameters or StarTooSmall."""
        if not all(math.isfinite(v) and v > 0 for v in (self.mass_sun, self.radius_sun, self.teff_k)):
            raise NoStellarParameters("The star's mass, radius and temperature are needed, and not all are known.")
        if self.mass_sun < LEAST_STAR:
            raise StarTooSmall(f"The star has {self.mass_sun:.2f} solar masses; nothing is known of pairs below 0.1.")


@dataclass(frozen=True, slots=True)
class Population:
    """Stars of the field, drawn from counts or from a model of the Galaxy; arrays of shape (s,)."""

    tmag: FloatArray
    mass_sun: FloatArray
    radius_sun: FloatArray
    teff_k: FloatArray
    logg_cgs: FloatArray
    area_deg2: float

    def fainter_than(self, tmag: float) -> Population:
        """Those fainter than `tmag`, brightest first."""
        keep = np.flatnonzero(self.tmag >= tmag)
        keep = keep[np.argsort(self.tmag[keep], kind="stable")]
        return Population(
            self.tmag[keep],
            self.mass_sun[keep],
            self.radius_sun[keep],
            self.teff_k[keep],
            self.logg_cgs[keep],
            self.area_deg2,
        )


@dataclass(frozen=True, slots=True)
class ContrastCurve:
    """High-resolution imaging: companions `delta_mag` fainter (TESS) than the target are seen from there outwards."""

    separation_arcsec: FloatArray
    delta_mag: FloatArray

    def separation_at(self, delta_mag: FloatArray) -> FloatArray:
        """Widest separation at which a star that much fainter can hide, arcsec."""
        return np.asarray(np.interp(delta_mag, self.delta_mag, self.separation_arcsec))


@dataclass(frozen=True, slots=True)
class Question:
    """All that one validation is asked. `peer` takes the conventions of TRICERATOPS 1.1.0, for comparison only."""

    curve: FoldedCurve
    target: HostStar
    neighbours: tuple[HostStar, ...] = ()
    population: Population | None = None
    contrast: ContrastCurve | None = None
    peer: bool = False

    def unresolved_arcsec(self, delta_mag: FloatArray) -> FloatArray:
        """Widest separation at which a star that much fainter than the target is not resolved."""
        if self.contrast is None:
            return np.full(np.shape(delta_mag), UNRESOLVED_ARCSEC)
        return self.contrast.separation_at(delta_mag)
