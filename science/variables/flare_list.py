"""The flares of a light curve: when, how high, how long, how much light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.flares import FLARE_POINTS, find_outliers
from science.lightcurve import FloatArray, IntArray
from science.noise import point_to_point_scatter, robust_scatter
from science.time_bins import bin_in_time
from science.variables.periodogram import harmonic_fit

#: The slow part under flares: means of half an hour, smoothed by a median over this many of them.
BASE_BIN_DAYS = 0.5 / 24.0
BASE_MEANS = 11
#: Data of longer cadence show a flare as one or two values, which a glitch does as well.
LONGEST_CADENCE_DAYS = 11.0 / 1440.0
#: The slow part may bend less within this distance than the flare is high: shoulders of eclipses are no flares.
BESIDE_DAYS = 0.12
#: No flare is so many times brighter than its star in the red light of TESS and Kepler; a glint of the Earth can be.
HIGHEST_FLARE = 25.0
#: A flare rises faster than it decays: its peak lies in the first part of it, unless it is too short to tell.
LATEST_PEAK_SHARE = 0.6
SHORT_FLARE_POINTS = 5
#: Peaks gathered at one phase of the star's rhythm are its maxima, not flares (resultant length of the phases).
GATHERED = 0.75
GATHERED_FLARES = 5


@dataclass(frozen=True, slots=True)
class Flare:
    """One flare. Amplitude in relative flux, equivalent duration in seconds: the time in which the quiet star gives
    as much light as the flare did."""

    peak_bjd: float
    start_bjd: float
    stop_bjd: float
    amplitude: float
    amplitude_sigma: float
    equivalent_duration_s: float

    @property
    def duration_minutes(self) -> float:
        """From start to end."""
        return (self.stop_bjd - self.start_bjd) * 1440.0


def find_flares(
    time_bjd: FloatArray, flux: FloatArray, segment: IntArray, rhythm_days: float | None = None
) -> tuple[Flare, ...]:
    """Flares of a light curve, in order of time; shapes (n,), flux relative and about 1, not detrended.

    A rhythm of `rhythm_days` is taken out first as a Fourier series, then running medians. Three or more values in a
    row above 3 sigma with one above 4.5 (`science.flares`, after Chang et al. 2015, ApJ 814, 35), fast rise: the peak
    lies in the first 60 % of the flare. Where five or more gather at one phase of the rhythm, they are maxima of a
    pulsation, and none is returned. Cadences above 11 minutes give none: a flare is one value there.
    """
    found: list[Flare] = []
    for number in np.unique(segment):
        rows = np.flatnonzero(segment == number)
        if rows.size < 60:
            continue
        t, f = time_bjd[rows], flux[rows]
        cadence = float(np.median(np.diff(t)))
        if not 0 < cadence <= LONGEST_CADENCE_DAYS:
            continue
        found += _in_one(t, f, cadence, rhythm_days)
    if rhythm_days and len(found) >= GATHERED_FLARES:
        angle = 2.0 * np.pi * np.array([flare.peak_bjd for flare in found]) / rhythm_days
        if float(np.abs(np.mean(np.exp(1j * angle)))) > GATHERED:
            return ()
    return tuple(found)


def _in_one(time: FloatArray, flux: FloatArray, cadence: float, rhythm_days: float | None) -> list[Flare]:
    from scipy.ndimage import median_filter

    level = float(np.median(flux))
    if not level > 0:
        return []
    rest = flux / level - 1.0
    if rhythm_days and time[-1] - time[0] > 1.5 * rhythm_days:
        sigma = robust_scatter(rest)
        calm = np.abs(rest - np.median(rest)) < 4.0 * sigma
        phase = (time - time[0]) / rhythm_days
        if np.count_nonzero(calm) > 50:
            amplitude, angle, _ = harmonic_fit(phase[calm], rest[calm], 6)
            for order in range(1, 7):
                rest = rest - amplitude[order - 1] * np.cos(2.0 * np.pi * order * phase + angle[order - 1])
    bins = bin_in_time(time, rest, BASE_BIN_DAYS)
    smooth = median_filter(bins.flux, size=min(BASE_MEANS, bins.flux.size), mode="nearest")
    rest = rest - np.interp(time, bins.time, smooth)
    marked = find_outliers(time, 1.0 + rest, point_to_point_scatter(rest), cadence).flare
    noise = max(point_to_point_scatter(rest), 1e-12)
    flares: list[Flare] = []
    turn = np.flatnonzero(np.diff(np.concatenate(([False], marked, [False])).astype(np.int8)))
    for start, stop in zip(turn[::2], turn[1::2], strict=True):
        size = int(stop - start)
        peak = int(start + np.argmax(rest[start:stop]))
        if (
            rest[peak] > HIGHEST_FLARE
            or size < FLARE_POINTS
            or (size > SHORT_FLARE_POINTS and peak - start > LATEST_PEAK_SHARE * (size - 1))
        ):
            continue
        beside = smooth[np.abs(bins.time - time[peak]) < BESIDE_DAYS]
        if beside.size and np.ptp(beside) > rest[peak]:
            continue
        flares.append(
            Flare(
                peak_bjd=float(time[peak]),
                start_bjd=float(time[start]),
                stop_bjd=float(time[stop - 1]),
                amplitude=float(rest[peak]),
                amplitude_sigma=float(rest[peak] / noise),
                equivalent_duration_s=float(np.sum(np.clip(rest[start:stop], 0.0, None)) * cadence * 86400.0),
            )
        )
    return flares
