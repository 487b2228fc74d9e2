"""How long a star takes to turn once, from the spots that come and go on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.lightcurve import FloatArray, IntArray
from science.time_bins import TimeBins, bin_in_time
from science.variables.autocorrelation import autocorrelation
from science.variables.features import stretches
from science.variables.periodogram import OVERSAMPLING, harmonic_fit, lomb_scargle, vertex

BIN_DAYS = 10.0 / 1440.0
SHORTEST_DAYS = 0.08
#: Peak amplitude over the median amplitude of the spectrum, and share of the variance in one sine, to be believed.
LEAST_SNR = 6.0
LEAST_SHARE = 0.03
#: Twice the period is taken where the light repeats better after it by this much correlation.
BETTER_AFTER_TWO = 0.05
#: Half width of a peak of a stretch of length T is 0.44/T; as a standard deviation that is 0.38/T.
PEAK_SIGMA = 0.38
#: From this many stretches on, the scatter of their periods gives the error.
ENOUGH_STRETCHES = 3


@dataclass(frozen=True, slots=True)
class RotationPeriod:
    """A repeating wave: period and error in days, half of its range in ppm, how well the light repeats after it
    (autocorrelation, at most 1), and whether the strongest sine had half of this period."""

    period_days: float
    error_days: float
    amplitude_ppm: float
    repeats: float
    doubled: bool


def rotation_period(time_bjd: FloatArray, flux: FloatArray, segment: IntArray) -> RotationPeriod | None:
    """The strongest slow rhythm of stitched, not detrended light; shapes (n,), rows finite and sorted. None if none.

    Lomb-Scargle powers of stretches of at most 27.5 days are added up without regard to phase, for periods from two
    hours up to the longest segment (each segment has its own level, so that nothing slower can be seen). Twice the
    period is taken where the autocorrelation says that two unlike halves make one turn (McQuillan et al. 2013, MNRAS
    432, 1203). The error is the scatter of the stretches' own periods over √n, or the width of the peak.
    Whether it is rotation, and not pulsation or tides, only the shape and the class can tell.
    """
    parts = [part for part in stretches(time_bjd) if np.ptp(time_bjd[part]) > 3.0 and time_bjd[part].size > 100]
    if not parts:
        return None
    lengths = [np.ptp(time_bjd[segment == number]) for number in np.unique(segment)]
    longest = min(max(float(max(lengths)), 1.0), max(float(np.ptp(time_bjd[part])) for part in parts) / 1.8)
    binned = [bin_in_time(time_bjd[part], _calm(flux[part]), BIN_DAYS) for part in parts]
    fastest = min(1.0 / SHORTEST_DAYS, 0.5 / float(np.median(np.diff(binned[0].time))))
    slowest = 1.0 / longest
    span = max(float(np.ptp(part.time)) for part in binned)
    grid = np.linspace(slowest, fastest, max(8, int((fastest - slowest) * span * OVERSAMPLING)))
    power, weight = np.zeros(grid.size), 0.0
    spectra = [lomb_scargle(part.time, part.flux, slowest, fastest) for part in binned if part.time.size > 50]
    for spectrum, part in zip(spectra, [part for part in binned if part.time.size > 50], strict=True):
        power += part.time.size * np.interp(grid, spectrum.frequency, spectrum.power)
        weight += part.time.size
    if weight == 0:
        return None
    power /= weight
    best = int(np.argmax(power))
    snr = float(np.sqrt(power[best] / max(float(np.median(power)), 1e-12)))
    if power[best] < LEAST_SHARE or snr < LEAST_SNR or best == 0:
        return None
    frequency = vertex(power, best, slowest, float(grid[1] - grid[0]))
    period = 1.0 / frequency
    once, twice = _repeats(binned, period), _repeats(binned, 2.0 * period)
    doubled = 2.0 * period <= longest and twice > once + BETTER_AFTER_TWO
    own = [_own_frequency(spectrum.frequency, spectrum.power, frequency) for spectrum in spectra]
    periods = np.array([1.0 / f for f in own if f is not None])
    factor = 2.0 if doubled else 1.0
    error = PEAK_SIGMA / span * period**2
    if periods.size >= ENOUGH_STRETCHES:
        spread = float(np.std(periods, ddof=1)) / np.sqrt(periods.size)
        error = max(spread, error / periods.size)
        period = float(np.mean(periods)) if abs(float(np.mean(periods)) / period - 1.0) < 0.05 else period
    return RotationPeriod(
        period_days=factor * period,
        error_days=float(factor * error),
        amplitude_ppm=1e6 * _half_range(binned, factor * period),
        repeats=twice if doubled else once,
        doubled=doubled,
    )


def _calm(flux: FloatArray) -> FloatArray:
    """About 0, flares and glints cut."""
    low, middle, high = (float(value) for value in np.percentile(flux, [5.0, 50.0, 95.0]))
    reach = 2.0 * max(high - middle, middle - low, 1e-9)
    return np.asarray(np.clip(flux, middle - reach, middle + reach) / middle - 1.0, dtype=np.float64)


def _repeats(binned: list[TimeBins], lag_days: float) -> float:
    """Mean autocorrelation at a lag, over the stretches long enough for it."""
    values = []
    for part in binned:
        lag, correlation = autocorrelation(part.time, part.flux, BIN_DAYS * 1.0001)
        if lag.size and lag_days < lag[-1]:
            near = np.abs(lag - lag_days) < max(0.04 * lag_days, 1.5 * BIN_DAYS)
            values.append(float(np.max(correlation[near])) if near.any() else 0.0)
    return float(np.mean(values)) if values else 0.0


def _own_frequency(frequency: FloatArray, power: FloatArray, around: float) -> float | None:
    """The peak of one stretch within 15 % of a frequency; None where it lies at the edge or is weak."""
    near = np.flatnonzero(np.abs(frequency / around - 1.0) < 0.15)
    if near.size < 3:
        return None
    best = int(near[np.argmax(power[near])])
    if best in (near[0], near[-1]) or power[best] < 0.5 * LEAST_SHARE:
        return None
    return vertex(power, best, float(frequency[0]), float(frequency[1] - frequency[0]))


def _half_range(binned: list[TimeBins], period: float) -> float:
    """Half of the range of a three-harmonic fit to each stretch, averaged by points."""
    total, weight = 0.0, 0
    for part in binned:
        if part.time.size < 50 or np.ptp(part.time) < 1.2 * period:
            continue
        _, _, model = harmonic_fit((part.time - part.time[0]) / period, part.flux, 3)
        total += part.time.size * 0.5 * float(np.ptp(model))
        weight += part.time.size
    return total / weight if weight else 0.0
