"""The table of priors: what is expected before the light curve is looked at, each with its source.

Laws of Giacalone et al. (2021, AJ 161, 24; section 3) with the corrections since: natural logarithms in the priors of
companions and background stars, and the right collision masks. Where the published program and the paper it cites
disagree, the paper holds and `peer=True` gives the program's number; `docs/validation.md` derives each difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from science.lightcurve import FloatArray

EARTH_IN_SUN = 6.3781e6 / 6.957e8
_AU_CM, _GM_SUN_CGS, _DAY_SECONDS = 1.495978707e13, 1.32712440e26, 86400.0


@dataclass(frozen=True, slots=True)
class BrokenPower:
    """Density ~ x^power on pieces, continuous at the edges."""

    edges: tuple[float, ...]
    powers: tuple[float, ...]

    def quantile(self, u: FloatArray) -> FloatArray:
        """Value below which a share `u` (0 … 1) lies, shape of u."""
        masses: list[float] = []
        scale = 1.0
        for i, power in enumerate(self.powers):
            low, high = self.edges[i], self.edges[i + 1]
            if i:
                scale *= low ** (self.powers[i - 1] - power)
            masses.append(scale * (high ** (power + 1.0) - low ** (power + 1.0)) / (power + 1.0))
        share = np.array(masses)
        share /= share.sum()
        start = np.concatenate([[0.0], np.cumsum(share)])
        piece = np.clip(np.searchsorted(start, u, side="right") - 1, 0, len(share) - 1)
        within = np.clip((u - start[piece]) / share[piece], 0.0, 1.0)
        grown = np.array(self.powers)[piece] + 1.0
        start_of, end_of = np.array(self.edges)[piece] ** grown, np.array(self.edges)[piece + 1] ** grown
        return np.asarray((start_of + within * (end_of - start_of)) ** (1.0 / grown), dtype=np.float64)


#: Planet radius (Earth radii): Giacalone et al. 2021, after Mulders et al. 2018 (FGK) and Dressing & Charbonneau 2015.
PLANET_RADIUS_FGK = BrokenPower((0.5, 3.0, 6.0, 20.0), (0.0, -4.0, -0.5))
PLANET_RADIUS_M = BrokenPower((0.5, 3.0, 6.0, 20.0), (0.0, -7.0, -0.5))
#: Hosts up to this mass (Sun = 1) have the second law.
M_DWARF_MASS = 0.45
#: Planet eccentricity: Beta(0.867, 3.03), Kipping 2013, MNRAS 434, L51.
PLANET_ECCENTRICITY = (0.867, 3.030)
#: Binary eccentricity ~ e^power, up to and beyond a period of ten days: Moe & Di Stefano 2017, ApJS 230, 15.
BINARY_ECCENTRICITY = (-0.8, -0.4)
#: Excess share of twins (q >= 0.95) and power above q = 0.3 for close pairs and wide companions (same paper).
CLOSE_PAIRS = (0.3, -0.5, 0.30)
WIDE_PAIRS = (0.3, -0.95, 0.05)
TWIN = 0.95
#: No star below this mass (Sun = 1).
LEAST_STAR = 0.1
#: Unresolved means nearer than this where there is no high-resolution image, arcsec (Giacalone et al. 2021).
UNRESOLVED_ARCSEC = 2.2
#: Companions of a planet's host have log10 P (days) beyond this (about 10 au: Moe & Kratter 2021, MNRAS 507, 3593);
#: those of a close binary beyond ten days.
WIDE_LOG_PERIOD, TERTIARY_LOG_PERIOD = 3.4, 1.0


def planet_radius_sun(u: FloatArray, host_mass: FloatArray) -> FloatArray:
    """Planet radius in solar radii from a share `u`, by the law for its host's mass (Sun = 1)."""
    small = PLANET_RADIUS_M.quantile(u)
    return EARTH_IN_SUN * np.where(host_mass <= M_DWARF_MASS, small, PLANET_RADIUS_FGK.quantile(u))


_BETA_X = np.linspace(-7.0, 7.0, 4001)
_BETA_E = np.asarray(special.betaincinv(*PLANET_ECCENTRICITY, special.ndtr(_BETA_X)), dtype=np.float64)


def planet_eccentricity(x: FloatArray) -> FloatArray:
    """Eccentricity of a planet's orbit from a standard normal number `x`."""
    return np.asarray(np.interp(x, _BETA_X, _BETA_E))


def binary_eccentricity(u: FloatArray, period_days: float) -> FloatArray:
    """Eccentricity of a binary's orbit from a share `u`."""
    power = BINARY_ECCENTRICITY[0 if period_days <= 10.0 else 1]
    return np.asarray(u ** (1.0 / (power + 1.0)))


def mass_ratio(u: FloatArray, primary_mass: FloatArray, law: tuple[float, float, float]) -> FloatArray:
    """Mass ratio of a pair from a share `u`, for primaries of `primary_mass` (same shape); `law` as CLOSE_PAIRS.

    Power p1 from q = 0.1 to 0.3, p2 from there to 1, and an excess beyond 0.95 so that a share F of those of q > 0.3
    are twins; the lower end is raised so that no star is below 0.1 suns. Moe & Di Stefano 2017, eqs. 2-7.
    """
    p1, p2, twins = law
    least = np.clip(LEAST_STAR / np.maximum(primary_mass, 1e-9), 0.1, 1.0)
    low_end, edge = np.minimum(least, 0.3), np.maximum(least, 0.3)

    def grown(x: FloatArray | float, power: float) -> FloatArray:
        return np.asarray(x ** (power + 1.0) / (power + 1.0), dtype=np.float64)

    scale = 0.3 ** (p1 - p2)
    excess = 1.0 + twins / (1.0 - twins) * (grown(1.0, p2) - grown(edge, p2)) / (grown(1.0, p2) - grown(TWIN, p2))
    first = grown(0.3, p1) - grown(low_end, p1)
    second = scale * np.maximum(grown(TWIN, p2) - grown(edge, p2), 0.0)
    third = excess * scale * (grown(1.0, p2) - grown(np.maximum(edge, TWIN), p2))
    whole = np.maximum(first + second + third, 1e-300)
    at = u * whole
    with np.errstate(invalid="ignore", divide="ignore"):
        small = ((p1 + 1.0) * (at + grown(low_end, p1))) ** (1.0 / (p1 + 1.0))
        middle = ((p2 + 1.0) * ((at - first) / scale + grown(edge, p2))) ** (1.0 / (p2 + 1.0))
        large = ((p2 + 1.0) * ((at - first - second) / (scale * excess) + grown(TWIN, p2))) ** (1.0 / (p2 + 1.0))
    q = np.where(at <= first, small, np.where(at <= first + second, middle, large))
    return np.asarray(np.where(primary_mass <= LEAST_STAR, 1.0, np.clip(q, least, 1.0)))


def twin_share(primary_mass: FloatArray, law: tuple[float, float, float]) -> FloatArray:
    """Share of the pairs of `mass_ratio` whose mass ratio is at least 0.95."""
    low, high = np.zeros(np.shape(primary_mass)), np.ones(np.shape(primary_mass))
    for _ in range(40):
        middle = 0.5 * (low + high)
        below = mass_ratio(middle, primary_mass, law) < TWIN
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(1.0 - high)


def companion_rate(mass: float, log_from: float, log_until: FloatArray, peer: bool = False) -> FloatArray:
    """Mean number of companions (q > 0.1) with log10 P in days from `log_from` until `log_until`, shape (m,).

    Moe & Di Stefano 2017, eqs. 20-23; scaled by 0.65 + 0.35 M below one solar mass (Giacalone et al. 2021). With `peer`
    the third piece is the published program's, whose slope starts at log P = 2.0 where the paper's does at 3.4; that
    counts up to 27 % more companions.
    """
    heavy = max(mass, 1.0)
    log_m = math.log10(heavy)
    f1 = 0.020 + 0.04 * log_m + 0.07 * log_m**2
    f2 = 0.039 + 0.07 * log_m + 0.01 * log_m**2
    f3 = 0.078 - 0.05 * log_m + 0.04 * log_m**2
    slope, width = 0.018, 0.7

    def piece(x: FloatArray, low: float, high: float, at_low: float, at_high: float) -> FloatArray:
        y = np.clip(x, low, high) - low
        return at_low * y + 0.5 * (at_high - at_low) / (high - low) * y**2

    x = np.asarray(log_until, dtype=np.float64)
    edge = f2 + slope * width
    total = piece(x, 1.0, 2.0, f1, f2 - slope * width)
    total = total + piece(x, 2.0, 3.4, f2 - slope * width, edge)
    total = total + piece(x, 3.4, 5.5, edge, f3)
    if peer:
        total = total + (f3 - edge) * (np.clip(x, 3.4, 5.5) - 3.4) * 1.4 / 2.1
    if log_from >= 3.4:
        total = np.where(x < 3.4, 0.0, total - _until_wide(f1, f2, slope, width))
    far = f3 * (1.0 - np.exp(-0.3 * (np.clip(x, 5.5, 8.0) - 5.5))) / 0.3
    return np.asarray((total + far) * (1.0 if mass >= 1.0 else 0.65 + 0.35 * mass))


def _until_wide(f1: float, f2: float, slope: float, width: float) -> float:
    return 0.5 * (f1 + f2 - slope * width) + 1.4 * f2


def log_period_of_separation(separation_au: FloatArray, mass: float) -> FloatArray:
    """log10 of the period in days of a companion at `separation_au` (as if that were the axis); mass at least 1."""
    cube = np.asarray(separation_au, dtype=np.float64) * _AU_CM
    with np.errstate(divide="ignore"):
        return np.asarray(
            1.5 * np.log10(cube) + math.log10(2.0 * math.pi / math.sqrt(_GM_SUN_CGS * max(mass, 1.0)) / _DAY_SECONDS)
        )
