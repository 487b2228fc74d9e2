"""Lomb-Scargle spectra of short stretches of light, their peaks taken out one by one, and a search for boxes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from science.lightcurve import FloatArray

#: No wave faster than this is looked for, per day: the fast end of delta Scuti stars.
FASTEST_PER_DAY = 80.0
#: Trial frequencies per resolution element 1/T.
OVERSAMPLING = 5
#: Amplitude over the noise around it at which a peak counts (Breger et al. 1993, A&A 271, 482).
PEAK_SNR = 4.0
#: The mean of a Rayleigh distribution over its median: noise around a peak is measured by the median.
_MEAN_OVER_MEDIAN = 1.064
_NOISE_WIDTH_PER_DAY = 6.0
BOX_BINS = 40
_BOX_WIDTHS = np.array([1, 2, 3, 5, 8])


@dataclass(frozen=True, slots=True)
class WaveSpectrum:
    """Shares of the variance explained by one sine (shape (k,)) at frequencies per day, and their amplitudes."""

    frequency: FloatArray
    power: FloatArray
    amplitude: FloatArray

    @property
    def best(self) -> int:
        """Index of the highest peak."""
        return int(np.argmax(self.power))


@dataclass(frozen=True, slots=True)
class Peaks:
    """Frequencies (per day) taken out one after another, with amplitudes, signal to noise, and what is left."""

    frequency: FloatArray
    amplitude: FloatArray
    snr: FloatArray
    residual: FloatArray
    explained: float  # share of the variance that all of them explain together


def lomb_scargle(time: FloatArray, flux: FloatArray, slowest: float, fastest: float) -> WaveSpectrum:
    """Generalised Lomb-Scargle periodogram (Zechmeister & Kürster 2009, A&A 496, 577), all points alike.

    `time` (days) and `flux` have shape (n,); frequencies run from `slowest` to `fastest` (per day) in steps of a fifth
    of 1/T. Computed by a non-uniform fast Fourier transform (nifty-ls, Garrison et al. 2024, RNAAS 8, 250).
    Raises ValueError for fewer than 8 points or an empty range.
    """
    span = float(time[-1] - time[0]) if time.size else 0.0
    if time.size < 8 or not span > 0 or not fastest > slowest > 0:
        raise ValueError("A spectrum needs eight points and a range of frequencies.")
    import nifty_ls  # type: ignore[import-untyped]

    size = max(8, int((fastest - slowest) * span * OVERSAMPLING))
    frequency = np.linspace(slowest, fastest, size)
    if not np.ptp(flux) > 0:
        return WaveSpectrum(frequency, np.zeros(size), np.zeros(size))
    result = nifty_ls.lombscargle(
        time - time[0], flux, None, fmin=slowest, fmax=fastest, Nf=size, backend="finufft", nthreads=1
    )
    power = np.clip(np.nan_to_num(np.asarray(result.power, dtype=np.float64)), 0.0, 1.0)
    return WaveSpectrum(frequency, power, np.sqrt(2.0 * power * float(np.var(flux))))


def log10_false_alarm(power: float, n: int, time: FloatArray, fastest: float) -> float:
    """log10 of the chance that white noise gives so high a peak anywhere (Baluev 2008, MNRAS 385, 1279), ≥ −300.

    `power` is a share of the variance; `n` points at `time`, frequencies up to `fastest` per day. Real noise is not
    white: a small value says that there is structure, not that it is periodic.
    """
    if n < 8 or not power > 0:
        return 0.0
    left = max(1.0 - power, 1e-12)
    width = fastest * math.sqrt(4.0 * math.pi * float(np.var(time)))
    half = 0.5 * (n - 1)
    gamma = math.exp(math.lgamma(half + 0.5) - math.lgamma(half)) / math.sqrt(half)
    log_tau = math.log10(max(gamma * width * math.sqrt(half * power), 1e-300)) + 0.5 * (n - 4) * math.log10(left)
    return float(np.clip(log_tau, -300.0, 0.0))


def take_out_peaks(time: FloatArray, flux: FloatArray, slowest: float, fastest: float, most: int) -> Peaks:
    """Iterative pre-whitening: the highest peak is added to a joint sine fit until none is 4 times the noise.

    The noise is the mean amplitude within 3 per day of the peak in the spectrum that is left. Shapes (n,).
    """
    residual = flux - np.mean(flux)
    total = float(np.sum(residual**2))
    start = residual
    t = time - time[0]
    found: list[float] = []
    strength: list[float] = []
    columns = [np.ones(t.size)]
    solution = np.zeros(1)
    while len(found) < most and total > 0:
        spectrum = lomb_scargle(time, residual, slowest, fastest)
        best = spectrum.best
        step = float(spectrum.frequency[1] - spectrum.frequency[0])
        near = np.abs(spectrum.frequency - spectrum.frequency[best]) < 0.5 * _NOISE_WIDTH_PER_DAY
        noise = _MEAN_OVER_MEDIAN * float(np.median(spectrum.amplitude[near]))
        snr = float(spectrum.amplitude[best]) / noise if noise > 0 else 0.0
        frequency = vertex(spectrum.power, best, spectrum.frequency[0], step)
        if snr < PEAK_SNR or any(abs(frequency - old) < 0.3 * step * OVERSAMPLING for old in found):
            break
        found.append(frequency)
        strength.append(snr)
        angle = 2.0 * np.pi * frequency * t
        columns += [np.cos(angle), np.sin(angle)]
        design = np.stack(columns, axis=1)
        normal = design.T @ design
        normal[np.diag_indices_from(normal)] += 1e-9 * t.size
        solution = np.asarray(np.linalg.solve(normal, design.T @ start), dtype=np.float64)
        residual = np.asarray(start - design @ solution, dtype=np.float64)
    amplitude = np.hypot(solution[1::2], solution[2::2])
    explained = 1.0 - float(np.sum(residual**2)) / total if total > 0 else 0.0
    return Peaks(np.asarray(found), amplitude, np.asarray(strength), residual, explained)


def vertex(power: FloatArray, index: int, first: float, step: float) -> float:
    """Frequency of a peak by the parabola through three points of a regular grid."""
    at = float(first) + index * step
    if index in (0, power.size - 1):
        return at
    left, middle, right = (float(value) for value in power[index - 1 : index + 2])
    bend = left - 2.0 * middle + right
    return at + step * float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else at


def harmonic_fit(phase: FloatArray, flux: FloatArray, orders: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Amplitudes and phases (radians) of a Fourier series Σ A_k cos(2πkφ + φ_k) in phase, and the fit, shape (n,)."""
    columns = [np.ones(phase.size)]
    for order in range(1, orders + 1):
        angle = 2.0 * np.pi * order * phase
        columns += [np.cos(angle), np.sin(angle)]
    design = np.stack(columns, axis=1)
    normal = design.T @ design
    normal[np.diag_indices_from(normal)] += 1e-9 * phase.size
    solution = np.asarray(np.linalg.solve(normal, design.T @ flux), dtype=np.float64)
    cosine, sine = solution[1::2], solution[2::2]
    return np.hypot(cosine, sine), np.arctan2(-sine, cosine), np.asarray(design @ solution, dtype=np.float64)


def best_box(time: FloatArray, flux: FloatArray, shortest_days: float, longest_days: float) -> tuple[float, float]:
    """Period of the best train of boxes below the rest, and the share of the sum of squares it explains.

    Arrays (n,); periods between the two limits, frequencies in steps of half of the narrowest box over T
    (Kovács, Zucker & Mazeh 2002, A&A 391, 369). (0, 0) where nothing can be tried.
    """
    span = float(time[-1] - time[0]) if time.size else 0.0
    longest = min(longest_days, span)
    if time.size < BOX_BINS or not longest > shortest_days:
        return 0.0, 0.0
    step = 0.5 / BOX_BINS / span
    frequency = np.arange(1.0 / longest, 1.0 / shortest_days, step)
    x = np.asarray(flux - np.mean(flux), dtype=np.float64)
    total = float(np.sum(x**2))
    if total <= 0 or frequency.size == 0:
        return 0.0, 0.0
    gain = box_gains(np.asarray(time - time[0], dtype=np.float64), x, frequency, BOX_BINS, _BOX_WIDTHS)
    best = int(np.argmax(gain))
    return 1.0 / float(frequency[best]), float(gain[best]) / total


@njit(cache=True)  # type: ignore[untyped-decorator]
def box_gains(time: FloatArray, flux: FloatArray, frequency: FloatArray, bins: int, widths: FloatArray) -> FloatArray:
    """Sum of squares gained by the best box dip on the fold at each frequency; flux of mean 0, boxes in whole bins."""
    out = np.zeros(frequency.size)
    n = time.size
    for k in range(frequency.size):
        sums = np.zeros(bins)
        counts = np.zeros(bins)
        for i in range(n):
            phase = time[i] * frequency[k]
            place = int((phase - math.floor(phase)) * bins)
            if place >= bins:
                place = bins - 1
            sums[place] += flux[i]
            counts[place] += 1.0
        best = 0.0
        for width in widths:
            inside = 0.0
            number = 0.0
            for j in range(width):
                inside += sums[j]
                number += counts[j]
            for start in range(bins):
                if inside < 0.0 and 0.0 < number < n:
                    gain = inside * inside * n / (number * (n - number))
                    if gain > best:
                        best = gain
                ahead = (start + width) % bins
                inside += sums[ahead] - sums[start]
                number += counts[ahead] - counts[start]
        out[k] = best
    return out
