"""Light a planet's disc hides, and the dip's shape as a table for fast fits.

The integral is done numerically over rings of the star (any impact parameter, any radius ratio, quadratic limb
darkening), about 1e-6 of the star's light accurate: far below what a search needs, and simple enough to trust.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from science.lightcurve import FloatArray

_RINGS = 48
_TABLE_SIZE = 401


@njit(cache=True)  # type: ignore[untyped-decorator]
def blocked_light(separation: float, radius_ratio: float, u1: float, u2: float) -> float:
    """Share of the star's light hidden by a dark disc of `radius_ratio` at `separation` (both in stellar radii).

    Intensity 1 - u1 (1 - mu) - u2 (1 - mu)^2. Each ring of radius r loses the arc 2 acos((r^2+z^2-k^2)/(2rz)); the
    substitution r = mid - half cos(theta) makes the integrand smooth at both ends, so the midpoint rule converges
    fast, also where the disc crosses the limb.
    """
    z, k = abs(separation), radius_ratio
    if k <= 0.0 or z >= 1.0 + k:
        return 0.0
    total = math.pi * (1.0 - u1 / 3.0 - u2 / 6.0)
    hidden = 0.0
    if k > z:  # rings wholly behind the disc, integrated in closed form
        edge = min(k - z, 1.0)
        mu_edge = math.sqrt(max(0.0, 1.0 - edge * edge))
        # integral of (1 - u1 (1-mu) - u2 (1-mu)^2) mu dmu from mu_edge to 1, times 2 pi
        constant = 1.0 - u1 - u2
        linear = u1 + 2.0 * u2
        hidden += (
            2.0
            * math.pi
            * (constant * (1.0 - mu_edge**2) / 2.0 + linear * (1.0 - mu_edge**3) / 3.0 - u2 * (1.0 - mu_edge**4) / 4.0)
        )
    low, high = abs(z - k), min(1.0, z + k)
    if high > low:
        middle, half = 0.5 * (high + low), 0.5 * (high - low)
        step = math.pi / _RINGS
        ring_sum = 0.0
        for i in range(_RINGS):
            theta = (i + 0.5) * step
            radius = middle - half * math.cos(theta)
            cosine = (radius * radius + z * z - k * k) / (2.0 * radius * z) if z > 0.0 and radius > 0.0 else -1.0
            cosine = min(1.0, max(-1.0, cosine))
            dark = 1.0 - math.sqrt(max(0.0, 1.0 - radius * radius))
            ring_sum += (1.0 - u1 * dark - u2 * dark * dark) * 2.0 * radius * math.acos(cosine) * half * math.sin(theta)
        hidden += ring_sum * step
    return hidden / total


@njit(cache=True)  # type: ignore[untyped-decorator]
def _profile(x: FloatArray, impact: float, k: float, u1: float, u2: float) -> FloatArray:
    half_chord = (1.0 + k) ** 2 - impact**2
    out = np.empty(x.size)
    for i in range(x.size):
        out[i] = blocked_light(math.sqrt(impact**2 + half_chord * x[i] * x[i]), k, u1, u2)
    return out


@dataclass(frozen=True, slots=True)
class DipShape:
    """A dip of depth 1 as a table over x = |phase| / (T14 / 2); zero beyond the last entry."""

    x: FloatArray
    value: FloatArray
    radius_ratio: float
    impact_parameter: float

    def at(self, phase: FloatArray, duration: float) -> FloatArray:
        """Shape at `phase` (days from mid-transit) for a first-to-fourth-contact `duration` in days. Shape (n,)."""
        return np.interp(np.abs(phase) * (2.0 / duration), self.x, self.value, right=0.0)


def dip_shape(
    radius_ratio: float,
    impact_parameter: float,
    limb_darkening: tuple[float, float],
    exposure_over_duration: float = 0.0,
) -> DipShape:
    """Tabulate the dip of a planet that crosses at constant speed, blurred by the exposure.

    `exposure_over_duration` is exposure time / T14: averaging over the exposure is what super-sampling does, done
    once on the table instead of at every point (Kipping 2010). The blurred dip keeps the depth scale of the sharp
    one, so a fitted depth stays that of the planet. Raises ValueError for an impact parameter beyond 1 + k.
    """
    if not 0.0 <= impact_parameter < 1.0 + radius_ratio:
        raise ValueError("The planet must cross the star: 0 <= impact parameter < 1 + radius ratio.")
    reach = 1.0 + max(0.0, exposure_over_duration)
    x = np.linspace(0.0, reach, _TABLE_SIZE)
    u1, u2 = limb_darkening
    centre = blocked_light(impact_parameter, radius_ratio, u1, u2)
    if exposure_over_duration <= 0.02:
        value = _profile(x, impact_parameter, radius_ratio, u1, u2) / centre
    else:
        samples = (np.arange(15) + 0.5) / 15.0 - 0.5
        smeared = np.abs(x[:, None] + 2.0 * exposure_over_duration * samples[None, :])
        value = (
            _profile(smeared.ravel(), impact_parameter, radius_ratio, u1, u2).reshape(smeared.shape).mean(axis=1)
            / centre
        )
    value[-1] = 0.0
    return DipShape(x, value, radius_ratio, impact_parameter)


def radius_ratio_for_depth(depth: float, impact_parameter: float, limb_darkening: tuple[float, float]) -> float:
    """Radius ratio whose dip is `depth` deep at mid-transit, by bisection (exact to 1e-7; capped at 1).

    The impact parameter is held inside the disc's reach, as a grazing companion of any size can make a shallow dip.
    """
    if depth <= 0.0:
        return 0.0
    u1, u2 = limb_darkening
    low, high = 0.0, 1.0
    if blocked_light(impact_parameter, high, u1, u2) <= depth:
        return high
    for _ in range(40):
        middle = 0.5 * (low + high)
        if blocked_light(impact_parameter, middle, u1, u2) < depth:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
