"""Planets and eclipsing binaries to inject: drawn from simple physics, and their light as relative flux.

Planets: radius set so that the expected signal to noise is drawn evenly in its logarithm from 7.5 to 50, kept where it
lies between 0.5 and 20 Earth radii; period evenly in its logarithm from 0.6 d to a third of the data (25 d at most);
impact parameter evenly from 0 to 1; circular orbits; the star's own density.

Binaries: the companion's mass is 0.1 to 1 times the primary's, evenly (Raghavan et al. 2010), at least 0.085 Suns, on
the dwarf sequence; period as above; impact parameter evenly over all that eclipse; circular below 8 d, above with
eccentricities up to 0.5. Primary, secondary, ellipsoidal waves (Morris 1985: 1.2 q (R/a)^3 sin^2 i) and reflection by
both bodies are in the light. A third each: "deep", the target star itself is the binary and no other light is there;
"shallow", the same but with a depth below 10 %; "blended", a binary of another star whose light is diluted to a depth
drawn evenly in its logarithm from 500 ppm to 10 %.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from benchmarks.vetting_catalogues import DWARFS
from science.limb_darkening import limb_darkening_of
from science.search.occultation import blocked_light, radius_ratio_for_depth
from science.stars import Star

Floats = npt.NDArray[np.float64]

EARTH_RADIUS_SUN = 0.009168
#: Wavelength (cm) at which the brightness of two stars is compared: between the Kepler and the TESS band.
WAVELENGTH_CM = 7.0e-5
_SAMPLES = 7


@dataclass(frozen=True, slots=True)
class Body:
    """What eclipses a star, and how. Lengths in radii of the eclipsed primary, times in days.

    `light_share` is the primary's share of all light in the picture, `companion_share` the companion's.
    """

    kind: str
    period_days: float
    phase: float
    radius_ratio: float
    scaled_axis: float
    impact_parameter: float
    light_share: float = 1.0
    companion_share: float = 0.0
    mass_ratio: float = 0.0
    eccentricity: float = 0.0
    argument: float = 0.5 * math.pi

    @property
    def duration_days(self) -> float:
        """First to fourth contact of the primary eclipse."""
        chord = (1 + self.radius_ratio) ** 2 - self.impact_parameter**2
        sine = min(1.0, math.sqrt(max(chord, 1e-6)) / self.scaled_axis)
        return self.period_days / math.pi * math.asin(sine)


@njit(cache=True)
def _eclipses(phase: Floats, width: float, axis: float, impact: float, ratio: float, u1: float, u2: float) -> Floats:
    """Hidden share of a star's disc at orbital phases (in periods from mid-eclipse), averaged over `width` periods."""
    out = np.zeros(phase.size)
    cosine_i = min(impact / axis, 1.0)
    for i in range(phase.size):
        near = abs(phase[i]) - 0.5 * width
        if near > 0.25 or axis * math.sin(2 * math.pi * max(near, 0.0)) > 1.0 + ratio:
            continue
        total = 0.0
        for k in range(_SAMPLES):
            angle = 2 * math.pi * (phase[i] + width * ((k + 0.5) / _SAMPLES - 0.5))
            if math.cos(angle) <= 0:
                continue
            z = axis * math.sqrt(math.sin(angle) ** 2 + (cosine_i * math.cos(angle)) ** 2)
            total += blocked_light(z, ratio, u1, u2)
        out[i] = total / _SAMPLES
    return out


def light(body: Body, time: Floats, epoch: float, exposure_days: float, star: Star) -> Floats:
    """Relative flux (1 outside eclipses, on average) of the whole picture at `time`, shape (n,)."""
    u1, u2 = limb_darkening_of(star)
    turns = (time - epoch) / body.period_days
    phase = turns - np.round(turns)
    width = exposure_days / body.period_days
    axis, impact, ratio = body.scaled_axis, body.impact_parameter, body.radius_ratio
    flux = 1.0 - body.light_share * _eclipses(phase, width, axis, impact, ratio, u1, u2)
    if body.companion_share > 0:
        e, w = body.eccentricity, body.argument
        later = 0.5 + 2 / math.pi * e * math.cos(w)
        # Seen from behind the other star is as far away; the impact parameter changes by the distance.
        behind = impact * (1 + e * math.sin(w)) / (1 - e * math.sin(w))
        shifted = turns - later
        hidden = _eclipses(shifted - np.round(shifted), width, axis / ratio, behind / ratio, 1 / ratio, u1, u2)
        flux -= body.companion_share * hidden
        angle = 2 * math.pi * turns
        tide = 1.2 * body.mass_ratio / axis**3
        tide_other = 1.2 / max(body.mass_ratio, 0.05) * (ratio / axis) ** 3
        flux -= (body.light_share * tide + body.companion_share * tide_other) * np.cos(2 * angle)
        lit = 0.3 * (body.light_share * (ratio / axis) ** 2 + body.companion_share / axis**2)
        flux -= lit * np.cos(angle)
    return flux


def draw_planet(
    random: np.random.Generator, star: Star, noise_of: Callable[[float], float], span_days: float, share_on: float
) -> Body:
    """A planet of the population above. `noise_of` gives the noise of one dip of a duration (days), relative flux."""
    radius, mass = _size(star)
    for _ in range(1000):
        period = _between(random, 0.6, min(span_days / 3.0, 25.0))
        impact = random.uniform(0.0, 1.0)
        axis = _axis(mass, period, radius)
        if axis < 2.0:
            continue
        wanted = _between(random, 7.5, 50.0)
        duration = period / math.pi * math.asin(min(1.0, math.sqrt(max(1.05**2 - impact**2, 0.02)) / axis))
        dips = max(1.0, span_days * share_on / period)
        depth = wanted * noise_of(duration) / math.sqrt(dips)
        ratio = _ratio_for(depth, impact, star)
        earths = ratio * radius / EARTH_RADIUS_SUN
        if 0.5 <= earths <= 20.0 and impact < 1 + ratio and ratio < 0.9:
            return Body("planet", period, random.uniform(), ratio, axis, impact)
    raise ValueError("no planet of this population would show in this light")


def draw_binary(random: np.random.Generator, star: Star, kind: str, span_days: float) -> Body:
    """A binary of the population above; `kind` is deep, shallow or blended."""
    for _ in range(5000):
        _, mass = _size(star)
        if kind == "blended":
            mass = random.uniform(0.4, 1.5)
        other = random.uniform(0.1, 1.0) * mass
        if other < 0.085:
            continue
        r1, t1 = _dwarf(mass)
        r2, t2 = _dwarf(other)
        period = _between(random, 0.6, min(span_days / 3.0, 25.0))
        axis = _axis(mass + other, period, r1)
        ratio = r2 / r1
        if axis < 1.6 * (1 + ratio):
            continue
        impact = random.uniform(0.0, 1.0 + ratio)
        e = 0.0 if period < 8 else min(0.5, float(random.rayleigh(0.2)))
        w = random.uniform(0, 2 * math.pi)
        share = 1.0 / (1.0 + ratio**2 * _planck(t2) / _planck(t1))
        u1, u2 = limb_darkening_of(star)
        depth = share * float(blocked_light(impact, ratio, u1, u2))
        if depth < 500e-6 or (kind == "shallow" and depth > 0.1) or (kind == "deep" and depth <= 0.1):
            continue
        dilution = 1.0
        if kind == "blended":
            wanted = _between(random, 500e-6, 0.1)
            if wanted > 0.8 * depth:
                continue
            dilution = wanted / depth
        return Body(
            kind,
            period,
            random.uniform(),
            ratio,
            axis,
            impact,
            dilution * share,
            dilution * (1 - share),
            other / mass,
            e,
            w,
        )
    raise ValueError(f"no {kind} binary of this population fits this star")


def _ratio_for(depth: float, impact: float, star: Star) -> float:
    """Radius ratio whose dip is `depth` deep at mid-transit, also for a centre near the limb (bisection)."""
    law = limb_darkening_of(star)
    if impact < 0.7:
        return radius_ratio_for_depth(depth, impact, law)
    low, high = max(1e-4, impact - 1.0), 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if blocked_light(impact, middle, *law) < depth else (low, middle)
    return 0.5 * (low + high)


def _between(random: np.random.Generator, low: float, high: float) -> float:
    return float(math.exp(random.uniform(math.log(low), math.log(high))))


def _axis(mass_sun: float, period_days: float, radius_sun: float) -> float:
    """Semi-major axis in stellar radii (Kepler's third law; 4.2083 for the Sun and one day)."""
    return 4.2083 * mass_sun ** (1 / 3) * period_days ** (2 / 3) / radius_sun


def _size(star: Star) -> tuple[float, float]:
    return (star.radius_sun.value if star.radius_sun else 1.0), (star.mass_sun.value if star.mass_sun else 1.0)


def _dwarf(mass_sun: float) -> tuple[float, float]:
    return float(np.interp(mass_sun, DWARFS[:, 0], DWARFS[:, 1])), float(
        np.interp(mass_sun, DWARFS[:, 0], DWARFS[:, 2])
    )


def _planck(teff_k: float) -> float:
    return 1.0 / math.expm1(1.4388 / (WAVELENGTH_CM * teff_k))
