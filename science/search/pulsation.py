"""Finding and removing coherent pulsation, to see whether a dip is more than a beat of waves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.timeseries import LombScargle

from science.lightcurve import BoolArray, FloatArray

#: Periods shorter than this are looked at: pulsation of delta Scuti, beta Cephei and hot subdwarf stars. Slower waves
#: belong to detrending.
SLOWEST_PER_DAY = 4.0
FASTEST_PER_DAY = 90.0
_PEAK_OVER_MEAN = 6.0  # amplitude over the mean amplitude nearby that counts as a mode (4-5 is usual; Breger 1993)
_MODES_PER_STEP = 6
_MOST_MODES = 60


@dataclass(frozen=True, slots=True)
class Pulsation:
    """Waves found in a curve: frequencies (1/day) and semi-amplitudes (relative), strongest first, and their sum."""

    frequencies_per_day: FloatArray
    amplitudes: FloatArray
    model: FloatArray  # shape (n,), mean 0, at the times asked for

    @property
    def strongest(self) -> float:
        """Semi-amplitude of the strongest wave, 0 where there is none."""
        return float(self.amplitudes[0]) if self.amplitudes.size else 0.0


def find_pulsation(
    time: FloatArray, flux: FloatArray, err: FloatArray, fit_rows: BoolArray, least_amplitude: float = 0.0
) -> Pulsation:
    """Sine waves between 4 per day and the Nyquist limit (at most 90 per day), removed a few at a time.

    Arrays (n,). The waves are found and fitted on `fit_rows` only (leave out the dips) and evaluated at every time. It
    stops when no peak of the amplitude spectrum stands 6 times above its mean, or after 60 waves. Where already the
    strongest wave stays below `least_amplitude`, nothing is returned: it cannot matter.
    """
    nothing = Pulsation(np.empty(0), np.empty(0), np.zeros_like(flux))
    t, e = time[fit_rows], err[fit_rows]
    if t.size < 200:
        return nothing
    origin = float(t[0])
    cadence = float(np.median(np.diff(t)))
    fastest = min(FASTEST_PER_DAY, 0.5 / cadence)
    if fastest <= 1.5 * SLOWEST_PER_DAY:
        return nothing
    span = float(t[-1] - t[0])
    grid = np.arange(SLOWEST_PER_DAY, fastest, 0.25 / span)
    mean_flux = float(np.average(flux[fit_rows], weights=1.0 / np.square(e)))
    x = np.asarray(flux[fit_rows] - mean_flux, dtype=np.float64)
    residual = x
    found: list[float] = []
    coefficients = np.empty(0)
    while len(found) < _MOST_MODES:
        power = LombScargle(t - origin, residual, e, fit_mean=False, center_data=True).power(
            grid, method="fast", assume_regular_frequency=True, normalization="psd"
        )
        spectrum = np.sqrt(np.maximum(power, 0.0))
        peaks = _separate_peaks(grid, spectrum, 1.5 / span, _MODES_PER_STEP)
        mean = float(np.mean(spectrum))
        new = [float(grid[i]) for i in peaks if spectrum[i] > _PEAK_OVER_MEAN * mean]
        if not new:
            break
        found.extend(new)
        design = _waves(t - origin, np.asarray(found))
        scaled = design / e[:, None]
        normal = scaled.T @ scaled
        normal[np.diag_indices_from(normal)] *= 1.0 + 1e-9
        coefficients = np.asarray(np.linalg.solve(normal, scaled.T @ (x / e)), dtype=np.float64)
        if np.max(np.hypot(coefficients[0::2], coefficients[1::2])) < least_amplitude:
            return nothing
        residual = np.asarray(x - design @ coefficients, dtype=np.float64)
    if not found:
        return nothing
    amplitudes = np.hypot(coefficients[0::2], coefficients[1::2])
    order = np.argsort(amplitudes)[::-1]
    frequencies = np.asarray(found)
    model = _waves(time - origin, frequencies) @ coefficients
    return Pulsation(frequencies[order], amplitudes[order], model)


def _waves(time: FloatArray, frequencies: FloatArray) -> FloatArray:
    angle = 2.0 * np.pi * time[:, None] * frequencies[None, :]
    out = np.empty((time.size, 2 * frequencies.size))
    out[:, 0::2] = np.sin(angle)
    out[:, 1::2] = np.cos(angle)
    return out


def _separate_peaks(grid: FloatArray, spectrum: FloatArray, separation: float, count: int) -> list[int]:
    left = spectrum.copy()
    chosen: list[int] = []
    for _ in range(count):
        index = int(np.argmax(left))
        if left[index] <= 0:
            break
        chosen.append(index)
        left[np.abs(grid - grid[index]) < separation] = 0.0
    return chosen
