"""Which planets this search would have found in this star's own noise: size against period.

A signal-to-noise model, not an injection campaign: a planet of radius R in an orbit of period P makes dips of depth
(R/R*)², whose noise is measured on the cleaned light over windows as long as the dip (so red noise counts), and the
real time stamps say how many dips fall on data for each phase of the orbit. The chance of detection is that of a normal
variable around the expected signal to noise passing the threshold (Jenkins et al. 1996, Icarus 119, 244, section 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from science.lightcurve import DetrendedCurve, FloatArray
from science.limb_darkening import limb_darkening_of
from science.noise import noise_by_duration
from science.search.durations import central_duration_days, star_density_gcc
from science.search.results import SearchSettings
from science.stars import Star

SUN_IN_EARTHS = 109.08
N_PERIODS = 12
N_RADII = 10
#: Impact parameters of equal probability, at the middle of five classes.
_IMPACTS = (0.1, 0.3, 0.5, 0.7, 0.9)
_PHASES = 48
#: A dip counts as observed when data cover at least half of it.
_MIN_COVER = 0.5
#: The search loses this much of the ideal signal to noise to its grids and to detrending (`larun bench sensitivity`).
EFFICIENCY = 0.95


@dataclass(frozen=True, slots=True)
class SensitivityMap:
    """`share[i, j]` is the share of planets of `radius_earth[i]` and `period_days[j]` that would have been found,
    shapes (n_radii,), (n_periods,), (n_radii, n_periods)."""

    period_days: FloatArray
    radius_earth: FloatArray
    share: FloatArray


def recovery_map(curve: DetrendedCurve, star: Star, settings: SearchSettings) -> SensitivityMap | None:
    """The map for the light that was searched; None where too little of it is left to say anything.

    Periods run over the searched range, radii around the smallest that can be found. A star of unknown size is taken
    as the Sun.
    """
    time = curve.curve.time_bjd
    use = curve.use & np.isfinite(curve.flux)
    if np.count_nonzero(use) < 100:
        return None
    span = float(time[use][-1] - time[use][0])
    longest = min(settings.period_max_days or span / 2, span)
    shortest = min(settings.period_min_days, longest / 2)
    if longest <= 0 or shortest <= 0:
        return None
    periods = np.geomspace(shortest, longest, N_PERIODS)
    density = star_density_gcc(star)
    durations = central_duration_days(periods, density[0] if density else 1.41)
    # the mean chord of random crossings is pi/4 of the diameter
    noise = noise_by_duration(time, curve.flux, use, durations * math.pi / 4)
    if not np.all(np.isfinite(noise)):
        return None
    counts = [_dips_on_data(time[use], p, d * math.pi / 4) for p, d in zip(periods, durations, strict=True)]
    radius_sun = star.radius_sun.value if star.radius_sun is not None else 1.0
    radii = _radii(noise, counts, radius_sun, settings)
    share = np.array(
        [
            [_share(r / (radius_sun * SUN_IN_EARTHS), star, n, c, settings) for n, c in zip(noise, counts, strict=True)]
            for r in radii
        ]
    )
    return SensitivityMap(periods, radii, share)


def _radii(noise: FloatArray, counts: list[FloatArray], radius_sun: float, settings: SearchSettings) -> FloatArray:
    """Radii from a third to four times the one at the threshold in the middle of the period range, within 0.2 to 25."""
    middle = len(noise) // 2
    dips = max(float(np.mean(counts[middle])), 1.0)
    depth = settings.snr_threshold * noise[middle] / math.sqrt(dips) / EFFICIENCY
    centre = math.sqrt(depth) * radius_sun * SUN_IN_EARTHS
    return np.geomspace(max(0.2, centre / 3), min(max(centre * 4, 1.0), 40.0), N_RADII)


def _share(ratio: float, star: Star, noise: float, dips: FloatArray, settings: SearchSettings) -> float:
    u1, u2 = limb_darkening_of(star)
    mean_light = 1 - u1 / 3 - u2 / 6
    total = 0.0
    for impact in _IMPACTS:
        mu = math.sqrt(1 - impact**2)
        depth = ratio**2 * (1 - u1 * (1 - mu) - u2 * (1 - mu) ** 2) / mean_light
        # a chord shorter than the mean one has fewer points: its noise grows as white noise does
        chord = mu / (math.pi / 4)
        snr = EFFICIENCY * depth / noise * np.sqrt(dips * chord)
        found = np.where(dips >= settings.min_transits, ndtr(snr - settings.snr_threshold), 0.0)
        total += float(np.mean(found))
    return total / len(_IMPACTS)


def _dips_on_data(time: FloatArray, period: float, duration: float) -> FloatArray:
    """How many dips fall on data, for `_PHASES` phases of the orbit, shape (_PHASES,). Needs sorted times."""
    step = max(duration / 4, 1e-4)
    index = np.floor((time - time[0]) / step).astype(np.int64)
    covered = np.zeros(int(index[-1]) + 2)
    covered[index] = 1.0
    # a step shorter than the cadence leaves holes between neighbours that are no gaps
    cadence = float(np.median(np.diff(time))) if time.size > 1 else step
    if cadence > step:
        covered = np.minimum(np.convolve(covered, np.ones(math.ceil(cadence / step) + 1), mode="same"), 1.0)
    total = np.concatenate(([0.0], np.cumsum(covered)))
    width = max(round(duration / step), 1)
    counts = np.zeros(_PHASES)
    last = len(covered) - width
    for i in range(_PHASES):
        starts = np.arange(i * period / _PHASES, time[-1] - time[0], period)
        first = np.clip((starts / step).astype(np.int64), 0, max(last, 0))
        share = (total[first + width] - total[first]) / width if last > 0 else np.zeros(len(starts))
        counts[i] = np.count_nonzero(share >= _MIN_COVER)
    return counts
