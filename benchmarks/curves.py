"""Made-up light curves for the benchmarks: white noise and limb-darkened transits by transitleastsquares' own model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SUN_RADIUS_AU = 0.00465047
EARTH_RADIUS_SUN = 0.0091577


@dataclass(frozen=True, slots=True)
class Planet:
    """A planet round a Sun: period and epoch in days, radius over the star's, impact parameter."""

    period: float
    epoch: float
    radius_ratio: float
    impact: float = 0.3

    @property
    def a_over_r(self) -> float:
        """Orbit in stellar radii (Kepler's third law, solar mass and radius)."""
        return (self.period / 365.25) ** (2 / 3) / SUN_RADIUS_AU

    @property
    def duration(self) -> float:
        """First to fourth contact, days."""
        chord = math.sqrt((1 + self.radius_ratio) ** 2 - self.impact**2)
        return self.period / math.pi * math.asin(min(chord / self.a_over_r, 1.0))


def sector_times(cadence_minutes: float, sectors: int = 1, start: float = 0.0) -> Array:
    """TESS sectors of 27.4 d, one after another, each with a pause of 1.4 d for the downlink in the middle."""
    parts = []
    for sector in range(sectors):
        time = np.arange(0.0, 27.4, cadence_minutes / 1440) + sector * 27.4
        inside = time - sector * 27.4
        parts.append(time[(inside < 12.9) | (inside >= 14.3)])
    return np.concatenate(parts) + start


def kepler_times(years: float = 4.0, start: float = 0.0) -> Array:
    """Kepler long cadence with a pause of a day every 93 d."""
    time = np.arange(0.0, years * 365.25, 29.4244 / 1440)
    return time[time % 93.0 < 92.0] + start


def transit_flux(
    time: Array, planet: Planet, exposure_days: float = 0.0, u: tuple[float, float] = (0.36, 0.22)
) -> Array:
    """Relative flux of the star with the planet, averaged over the exposure (11 points) where one is given.

    The model is the reference package's, exact to 1e-12, so that no searched template is favoured.
    """
    from transitleastsquares.transit_model import occulted_fraction

    offsets = (np.arange(11) - 5) / 11 * exposure_days if exposure_days > 0 else np.zeros(1)
    flux = np.ones_like(time)
    phase_time = (time - planet.epoch + 0.5 * planet.period) % planet.period - 0.5 * planet.period
    near = np.flatnonzero(np.abs(phase_time) < 0.5 * planet.duration + exposure_days)
    loss = np.zeros(near.size)
    # A table of separations keeps long curves cheap.
    table_z = np.linspace(0.0, 1.05 + planet.radius_ratio, 400)
    table = occulted_fraction(table_z, planet.radius_ratio, list(u), "quadratic")
    for offset in offsets:
        angle = 2 * math.pi * (phase_time[near] + offset) / planet.period
        z = np.hypot(planet.a_over_r * np.sin(angle), planet.impact * np.cos(angle))
        loss += np.interp(z, table_z, table)
    flux[near] -= loss / len(offsets)
    return flux


def radius_ratio_for(
    time: Array, period: float, epoch: float, impact: float, noise: float, snr: float, exposure_days: float = 0.0
) -> float:
    """Planet size that gives the total signal-to-noise `snr` in white noise `noise` per point at these times."""
    ratio = 0.01
    for _ in range(6):
        planet = Planet(period, epoch, ratio, impact)
        signal = 1.0 - transit_flux(time, planet, exposure_days)
        have = math.sqrt(float(np.sum(signal**2))) / noise
        if have <= 0:
            return ratio
        ratio *= math.sqrt(snr / have)
    return ratio
