"""Simulate the light of an eclipsing binary, for the one example that is not an observation.

Two spherical stars with quadratic limb darkening on a circular orbit, the light of each eclipse integrated over the
rings of the star behind; a slow spot rhythm, the tidal bulge, and noise. Times and quality flags are those of a real
TESS sector, so that gaps look as they do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.lightcurve import FloatArray

_RINGS = 400
_SOLAR_RADIUS_AU = 0.00465047


@dataclass(frozen=True)
class Binary:
    """The invented pair. Radii and masses in solar units, surface brightness of the second relative to the first."""

    period_days: float = 4.3712
    epoch_btjd: float = 1356.2035
    radius_1: float = 1.25
    radius_2: float = 0.74
    mass_1: float = 1.16
    mass_2: float = 0.75
    surface_ratio: float = 0.34
    impact: float = 0.97  # of the second star's centre, in radii of the first
    limb: tuple[float, float] = (0.32, 0.24)
    spot_period_days: float = 6.1
    spot_amplitude: float = 0.0016
    bulge_amplitude: float = 0.0004
    flux_electrons_per_s: float = 9500.0
    noise: float = 0.0009  # relative, one 2-min point
    slow_noise: float = 0.0003
    seed: int = 20181

    @property
    def separation(self) -> float:
        """Distance of the two centres in radii of the first star, by Kepler's third law."""
        axis_au = float(np.cbrt((self.mass_1 + self.mass_2) * (self.period_days / 365.25) ** 2))
        return axis_au / _SOLAR_RADIUS_AU / self.radius_1


def relative_light(binary: Binary, time_btjd: FloatArray) -> FloatArray:
    """Light of both stars, 1 outside eclipses, without noise. Shape of `time_btjd`."""
    angle = 2 * np.pi * (time_btjd - binary.epoch_btjd) / binary.period_days
    cos_i = binary.impact / binary.separation
    distance = binary.separation * np.sqrt(np.sin(angle) ** 2 + (cos_i * np.cos(angle)) ** 2)
    ratio = binary.radius_2 / binary.radius_1
    light_1 = 1.0
    light_2 = binary.surface_ratio * ratio**2
    second_in_front = np.cos(angle) > 0
    hidden_1 = np.where(second_in_front, _hidden_share(distance, ratio, binary.limb), 0.0)
    hidden_2 = np.where(second_in_front, 0.0, _hidden_share(distance / ratio, 1 / ratio, binary.limb))
    eclipses = 1 - (light_1 * hidden_1 + light_2 * hidden_2) / (light_1 + light_2)
    bulge = -binary.bulge_amplitude * np.cos(2 * angle)
    spots = binary.spot_amplitude * np.sin(2 * np.pi * time_btjd / binary.spot_period_days)
    return np.asarray(eclipses * (1 + bulge) * (1 + spots), dtype=np.float64)


def observed(binary: Binary, time_btjd: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Electrons per second and their errors as a telescope would measure them (NaN where the time is). Shape (n,)."""
    rng = np.random.default_rng(binary.seed)
    finite = np.isfinite(time_btjd)
    time = time_btjd[finite]
    knots = np.arange(time[0], time[-1] + 0.5, 0.25)
    slow = np.interp(time, knots, rng.normal(0, 1, len(knots)))
    light = relative_light(binary, time) * (1 + binary.slow_noise * slow) + rng.normal(0, binary.noise, len(time))
    flux = np.full(len(time_btjd), np.nan)
    flux[finite] = binary.flux_electrons_per_s * light
    error = np.where(finite, binary.flux_electrons_per_s * binary.noise, np.nan)
    return flux, error


def _hidden_share(distance: FloatArray, radius: float, limb: tuple[float, float]) -> FloatArray:
    """Share of a star's light hidden by a disc of `radius` (star radii) whose centre is `distance` away.

    The star is cut into rings; of each ring the disc covers the arc given by the law of cosines.
    """
    edges = np.sqrt(np.linspace(0, 1, _RINGS + 1))
    rho = np.sqrt((edges[1:] ** 2 + edges[:-1] ** 2) / 2)
    mu = np.sqrt(1 - rho**2)
    weight = 1 - limb[0] * (1 - mu) - limb[1] * (1 - mu) ** 2
    weight /= weight.sum()
    touched = distance < 1 + radius
    near = np.maximum(distance[touched], 1e-12)[:, None]
    cosine = (near**2 + rho**2 - radius**2) / (2 * near * rho)
    arc = np.arccos(np.clip(cosine, -1, 1)) / np.pi
    hidden = np.zeros(len(distance))
    hidden[touched] = arc @ weight
    return hidden
