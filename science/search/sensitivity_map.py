"""Which planets this search would have found around this star: share recovered by radius and period.

A model, not an injection: the signal to noise of planets of a given size follows from the real time stamps, the
errors and the correlated noise at the length of their transits; the chance that a search finds them follows from
that. It takes a fraction of a second, so that a wizard can show it before the search;
`benchmarks/fap_calibration.py` compares it with injected planets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from science.lightcurve import DetrendedCurve, FloatArray
from science.limb_darkening import limb_darkening_of
from science.search.durations import SUN_DENSITY_GCC, central_duration_days, star_density_gcc
from science.search.occultation import blocked_light, dip_shape
from science.search.results import Periodogram, SearchSettings, needed_snr
from science.search.significance import noise_at_duration
from science.stars import Star

EARTH_RADIUS_SUN = 0.0091705
_IMPACTS = (0.1, 0.3, 0.5, 0.7, 0.85)  # equally likely fifths of the stellar disc
_PHASES = 12
#: What a search adds by choosing period, epoch, duration and depth so as to fit the noise best (chi-square).
_FITTED_NOISE = 3.0
#: The measured S/N scatters by 1 about the true one.
_WIDTH = 1.0
_LEAST_POINTS_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class SensitivityMap:
    """`recovered[i, j]`: share of planets of `radii_earth[i]` with `periods_days[j]` that the search would find, in [0,
    1], averaged over phase and impact parameter. `n_transits[j]` is the mean number of transits with data,
    `snr_of_one_earth[j]` the median S/N of a planet of one Earth radius. `assumed_sun` is True where the star's radius
    or density is unknown and the Sun's was used."""

    radii_earth: FloatArray
    periods_days: FloatArray
    recovered: FloatArray
    n_transits: FloatArray
    snr_of_one_earth: FloatArray
    threshold_snr: float
    assumed_sun: bool


def sensitivity_map(
    curve: DetrendedCurve,
    star: Star,
    settings: SearchSettings,
    spectrum: Periodogram | None = None,
    radii_earth: FloatArray | None = None,
    periods_days: FloatArray | None = None,
    seed: int = 1,
) -> SensitivityMap:
    """Map for the usable rows of `curve`. Radii default to 0.5-16 Earths (25, logarithmic), periods to the range that
    `settings` searches (24, logarithmic).

    `spectrum`, the periodogram of a round in which nothing more was found, tells which S/N the asked SDE means on this
    star; without it only the S/N threshold counts. Raises ValueError where fewer than 10 points may be used.
    """
    stitched = curve.curve
    rows = curve.use & np.isfinite(curve.flux) & np.isfinite(stitched.flux_err) & (stitched.flux_err > 0)
    time, err = stitched.time_bjd[rows], stitched.flux_err[rows]
    if time.size < 10:
        raise ValueError("A sensitivity map needs at least ten usable points.")
    residual = np.asarray(curve.flux[rows] - 1.0, dtype=np.float64)
    span = float(time[-1] - time[0])
    longest = span / max(1, settings.min_transits)
    if settings.period_max_days is not None:
        longest = min(longest, settings.period_max_days)
    radii = np.geomspace(0.5, 16.0, 25) if radii_earth is None else np.asarray(radii_earth, dtype=np.float64)
    periods = (
        np.geomspace(settings.period_min_days, max(longest, 1.01 * settings.period_min_days), 24)
        if periods_days is None
        else np.asarray(periods_days, dtype=np.float64)
    )
    density = star_density_gcc(star)
    radius = star.radius_sun.value if star.radius_sun is not None and star.radius_sun.value > 0 else None
    ratios = radii * EARTH_RADIUS_SUN / (radius or 1.0)
    central = central_duration_days(periods, density[0] if density is not None else SUN_DENSITY_GCC)
    law = limb_darkening_of(star)
    depths = np.array([[blocked_light(b, k, *law) for b in _IMPACTS] for k in ratios])
    threshold = max(settings.snr_threshold, _snr_of_sde(spectrum, settings.sde_threshold))
    shape = dip_shape(0.05, 0.3, law)
    fill = float(np.mean(np.square(shape.value)))  # how much of a box of full depth a real dip is worth
    red_at = _red_noise(time, residual, err, central)
    weights = np.concatenate(([0.0], np.cumsum(1.0 / np.square(err))))
    rate = float(np.median(1.0 / np.square(err))) / float(np.median(np.diff(time)))
    rng = np.random.default_rng(seed)
    recovered = np.zeros((radii.size, periods.size))
    transits = np.zeros(periods.size)
    unit_snr = np.zeros(periods.size)
    earth = (EARTH_RADIUS_SUN / (radius or 1.0)) ** 2
    for j, period in enumerate(periods):
        starts = time[0] + (np.arange(_PHASES) + rng.random(_PHASES)) / _PHASES * period
        per_depth = []
        for start in starts:
            mids = np.arange(start, time[-1] + period, period)
            for i, impact in enumerate(_IMPACTS):
                duration = float(central[j]) * math.sqrt(1.0 - impact**2)
                low, high = np.searchsorted(time, mids - duration / 2), np.searchsorted(time, mids + duration / 2)
                information = weights[high] - weights[low]
                seen = information > _LEAST_POINTS_SHARE * rate * duration
                count = int(np.count_nonzero(seen))
                transits[j] += count / (_PHASES * len(_IMPACTS))
                variance = 1.0 / information[seen] / fill + red_at[j] ** 2
                snr_per_depth = math.sqrt(float(np.sum(1.0 / variance))) if count else 0.0
                per_depth.append(snr_per_depth)
                if count >= max(2, settings.min_transits):
                    snr = np.sqrt(np.square(depths[:, i] * snr_per_depth) + _FITTED_NOISE)
                    asked = needed_snr(count, threshold)
                    recovered[:, j] += ndtr((snr - asked) / _WIDTH) / (_PHASES * len(_IMPACTS))
        unit_snr[j] = float(np.median(per_depth)) * earth
    recovered = np.minimum(recovered, 1.0)
    return SensitivityMap(radii, periods, recovered, transits, unit_snr, threshold, radius is None or density is None)


def smallest_certain_radius(found: SensitivityMap, period_max_days: float, share: float = 0.9) -> float | None:
    """Radius in Earth radii above which at least `share` of the planets with periods up to `period_max_days` would have
    been found, averaged over those periods; None where no radius of the map reaches that.

    For the sentence "planets larger than 2.1 Earths inside 10 days would have shown".
    """
    inside = found.periods_days <= period_max_days
    if not np.any(inside):
        return None
    mean = found.recovered[:, inside].mean(axis=1)
    below = np.flatnonzero(mean < share)
    first = 0 if below.size == 0 else int(below[-1]) + 1
    if first >= found.radii_earth.size:
        return None
    if first == 0:
        return float(found.radii_earth[0])
    low, high = mean[first - 1], mean[first]
    part = (share - low) / (high - low)
    return float(found.radii_earth[first - 1] * (found.radii_earth[first] / found.radii_earth[first - 1]) ** part)


def _snr_of_sde(spectrum: Periodogram | None, sde: float) -> float:
    """White S/N whose improvement in chi-square stands `sde` scatters above the mean of a star's noise."""
    if spectrum is None or spectrum.delta_chi2.size < 10:
        return 0.0
    trend_free = spectrum.delta_chi2 - np.median(spectrum.delta_chi2)
    scatter = 1.4826 * float(np.median(np.abs(trend_free - np.median(trend_free))))
    return math.sqrt(max(0.0, float(np.median(spectrum.delta_chi2)) + sde * scatter))


def _red_noise(time: FloatArray, residual: FloatArray, err: FloatArray, durations: FloatArray) -> FloatArray:
    """Red noise at each duration, from six durations between."""
    knots = np.geomspace(float(durations.min()), float(durations.max()) * 1.001, 6)
    red = np.array([noise_at_duration(time, residual, err, float(d)).red for d in knots])
    return np.asarray(np.interp(durations, knots, red), dtype=np.float64)
