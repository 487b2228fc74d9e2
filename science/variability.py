"""The strongest rhythm of a light curve, and whether it is a wave (rotation, pulsation) or a train of dips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from science.lightcurve import FloatArray
from science.time_bins import TimeBins

Shape = Literal["wave", "dips"]

SHORTEST_PERIOD_DAYS = 0.05
LONGEST_PERIOD_DAYS = 15.0
#: Trial frequencies per resolution element 1/T of the longest block.
OVERSAMPLING = 6
#: The local noise of a spectrum is measured over this range of frequency (per day), on both sides together.
BACKGROUND_WIDTH_PER_DAY = 3.0
#: Amplitude over local noise at which a peak is believed (Breger et al. 1993, A&A 271, 482, use 4).
PEAK_SNR = 4.0
#: Dips are looked for on folds at these multiples of the trial period.
FOLD_MULTIPLES = (1, 2, 3, 4, 5, 6, 8, 10, 12)
FOLD_BINS = 100
#: Box widths tried, in bins of the fold: up to a fifth of it.
BOX_WIDTHS = (1, 2, 3, 4, 6, 8, 11, 15, 20)
_BOX_ENDS = np.arange(FOLD_BINS)[None, :] + np.array(BOX_WIDTHS)[:, None]
HARMONICS = 4


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The strongest repeating variation.

    `semi_amplitude` in relative flux; `share` of the variance that one sine explains; `snr` its amplitude over the
    noise in neighbouring frequencies; `harmonics` the amplitudes at 1, 2, 3 and 4 times the frequency; `shape` says
    whether a sine or a train of dips explains the data better.
    """

    period_days: float
    semi_amplitude: float
    share: float
    snr: float
    harmonics: tuple[float, ...]
    shape: Shape

    @property
    def is_significant(self) -> bool:
        """True where the peak stands clearly above its neighbourhood."""
        return self.snr >= PEAK_SNR


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Mean amplitude spectrum of some blocks; arrays of shape (frequencies,), per day and relative flux."""

    frequency: FloatArray
    share: FloatArray  # of the variance, by the best sine at each frequency
    amplitude: FloatArray
    snr: FloatArray


def spectrum(blocks: Sequence[TimeBins], shortest_days: float, longest_days: float) -> Spectrum | None:
    """Periodograms of some blocks (binned flux, mean about 0), added up without regard to phase.

    Adding powers block by block keeps rhythms whose phase wanders (spots come and go) and costs little for years of
    data. Each block is put on a fine regular grid and Fourier transformed, as fast Lomb-Scargle methods do (Press &
    Rybicki 1989, ApJ 338, 277), without their correction for uneven phase coverage, which is small for blocks of two
    cycles and more. Frequencies resolve the longest block six times over. None where no frequency fits.
    """
    from scipy.fft import next_fast_len, rfft

    blocks = [block for block in blocks if block.time.size >= 8 and np.ptp(block.flux) > 0]
    span = max((float(block.time[-1] - block.time[0]) for block in blocks), default=0.0)
    if span <= 0 or min(longest_days, span) <= shortest_days:
        return None
    # Times are rounded to the grid; an eighth of the shortest period is at most 0.4 rad off and loses 3 % there.
    step = shortest_days / 8.0
    size = next_fast_len(int(OVERSAMPLING * span / step) + 1, real=True)
    frequency = np.arange(size // 2 + 1) / (size * step)
    chosen = slice(
        int(np.searchsorted(frequency, 1.0 / min(longest_days, span))),
        int(np.searchsorted(frequency, 1.0 / shortest_days, side="right")),
    )
    if chosen.stop - chosen.start < 8:
        return None
    explained = np.zeros(chosen.stop - chosen.start)
    total = 0.0
    weight = 0.0
    for block in blocks:
        share = float(np.sum(block.count))
        around = block.count * (block.flux - np.average(block.flux, weights=block.count))
        grid = np.bincount(np.rint((block.time - block.time[0]) / step).astype(np.int64), weights=around)
        explained += np.abs(rfft(grid, n=size)[chosen]) ** 2 * 2.0 / share
        total += float(np.sum(around**2 / block.count))
        weight += share
    amplitude = np.sqrt(2.0 * explained / weight)
    frequency = frequency[chosen]
    return Spectrum(frequency, explained / total, amplitude, amplitude / _background(frequency, amplitude, len(blocks)))


def _background(frequency: FloatArray, amplitude: FloatArray, n_blocks: int) -> FloatArray:
    """Amplitude that noise has around each frequency; never zero.

    From the lower quartile, not the median, because stars with many modes fill half of a neighbourhood with peaks. In
    the spectrum of one block of white noise the median is 1.55 times the lower quartile (Rayleigh distribution); in
    the mean of many blocks the two draw together.
    """
    from scipy.ndimage import percentile_filter

    if frequency.size < 3:
        return np.full(frequency.size, np.inf)
    width = int(BACKGROUND_WIDTH_PER_DAY / (frequency[1] - frequency[0])) | 1
    # A coarse grid is enough: the background changes slowly.
    stride = max(1, width // 50)
    coarse = percentile_filter(amplitude[::stride], 25, size=max(3, width // stride), mode="nearest")
    smooth = (1.0 + 0.55 / np.sqrt(max(n_blocks, 1))) * np.interp(frequency, frequency[::stride], coarse)
    floor = 1e-6 * float(np.max(amplitude)) if np.max(amplitude) > 0 else 1.0
    return np.asarray(np.maximum(smooth, floor), dtype=np.float64)


def strongest_peak(found: Spectrum) -> int:
    """Index of the highest peak among those that stand out from their neighbourhood; the highest if none does."""
    significant = found.snr >= PEAK_SNR
    share = np.where(significant, found.share, 0.0) if np.any(significant) else found.share
    return int(np.argmax(share))


def strongest_rhythm(
    blocks: Sequence[TimeBins],
    shortest_days: float = SHORTEST_PERIOD_DAYS,
    longest_days: float = LONGEST_PERIOD_DAYS,
) -> Rhythm | None:
    """The strongest rhythm between two periods in blocks of binned flux (mean 0 each); None for too little data."""
    blocks = [block for block in blocks if block.time.size >= 8]
    found = spectrum(blocks, shortest_days, longest_days)
    if found is None:
        return None
    best = strongest_peak(found)
    if found.share[best] <= 0:
        return None
    peak = refine_peak(found, best)
    sine, box = wave_and_dip_gain(blocks, peak)
    return Rhythm(
        period_days=1.0 / peak,
        semi_amplitude=float(found.amplitude[best]),
        share=float(found.share[best]),
        snr=float(found.snr[best]),
        harmonics=harmonic_amplitudes(blocks, peak),
        shape="wave" if sine >= box else "dips",
    )


def refine_peak(found: Spectrum, index: int) -> float:
    """Frequency of a peak by a parabola through three points."""
    if index in (0, found.frequency.size - 1):
        return float(found.frequency[index])
    left, middle, right = (float(value) for value in found.share[index - 1 : index + 2])
    curvature = left - 2 * middle + right
    shift = 0.5 * (left - right) / curvature if curvature < 0 else 0.0
    step = float(found.frequency[1] - found.frequency[0])
    return float(found.frequency[index]) + float(np.clip(shift, -0.5, 0.5)) * step


def harmonic_amplitudes(blocks: Sequence[TimeBins], frequency: float) -> tuple[float, ...]:
    """Root mean square amplitudes at 1, 2, 3 and 4 times a frequency (per day), relative flux, over the blocks."""
    power = np.zeros(HARMONICS)
    weight = 0.0
    for block in blocks:
        if frequency * (block.time[-1] - block.time[0]) < 1.5:
            continue  # less than one and a half cycles cannot tell harmonics from a slope
        angle = 2.0 * np.pi * frequency * (block.time - block.time[0])
        columns = [np.ones(block.time.size)]
        for order in range(1, HARMONICS + 1):
            columns += [np.cos(order * angle), np.sin(order * angle)]
        solution = _least_squares(np.stack(columns, axis=1), block.flux, block.count)
        share = float(np.sum(block.count))
        power += share * (solution[1::2] ** 2 + solution[2::2] ** 2)
        weight += share
    if weight == 0:
        return (0.0,) * HARMONICS
    return tuple(float(value) for value in np.sqrt(power / weight))


def wave_and_dip_gain(blocks: Sequence[TimeBins], frequency: float) -> tuple[float, float]:
    """How much of the sum of squares one sine at `frequency` explains, and how much the best train of dips.

    Dips are boxes below the rest on folds at small multiples of the period, because the strongest sine in a train of
    short dips may be any of its overtones. A train of transits as long as a tenth of its period gives one sine 20 % of
    its sum of squares and a box all of it; a sine gives a box at most 45 %: the two are never confused when the
    signal is clear. Each block has its own phase.
    """
    sine_gain = 0.0
    box_gain = np.zeros(len(FOLD_MULTIPLES))
    for block in blocks:
        flux = block.flux - np.average(block.flux, weights=block.count)
        span = block.time[-1] - block.time[0]
        angle = 2.0 * np.pi * frequency * (block.time - block.time[0])
        design = np.stack([np.ones(angle.size), np.cos(angle), np.sin(angle)], axis=1)
        solution = _least_squares(design, flux, block.count)
        residual = flux - design @ solution
        sine_gain += float(np.sum(block.count * flux**2) - np.sum(block.count * residual**2))
        for place, multiple in enumerate(FOLD_MULTIPLES):
            if multiple > 1 and multiple / frequency > 0.5 * span:
                continue
            box_gain[place] += _best_box(block.time - block.time[0], flux, block.count, multiple / frequency)[0]
    return sine_gain, float(np.max(box_gain))


def _least_squares(design: FloatArray, flux: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted least squares by normal equations, kept solvable by a tiny ridge."""
    weighted = design * weight[:, None]
    normal = weighted.T @ design
    normal[np.diag_indices_from(normal)] += 1e-12 * float(np.trace(normal))
    return np.asarray(np.linalg.solve(normal, weighted.T @ flux), dtype=np.float64)


def _best_box(time: FloatArray, flux: FloatArray, weight: FloatArray, period: float) -> tuple[float, float, float]:
    """Best box-shaped dip on one fold: (sum of squares explained, mid-dip phase in 0..1, width as share)."""
    phase = (time / period) % 1.0
    index = np.minimum((phase * FOLD_BINS).astype(np.int64), FOLD_BINS - 1)
    counts = np.bincount(index, weights=weight, minlength=FOLD_BINS)
    sums = np.bincount(index, weights=weight * flux, minlength=FOLD_BINS)
    total, whole = float(sums.sum()), float(counts.sum())
    around = BOX_WIDTHS[-1]
    sum_counts = np.concatenate(([0.0], np.cumsum(np.concatenate((counts, counts[:around])))))
    sum_flux = np.concatenate(([0.0], np.cumsum(np.concatenate((sums, sums[:around])))))
    # One row for each width, one column for each first bin.
    inside = sum_counts[_BOX_ENDS] - sum_counts[:FOLD_BINS]
    dip = sum_flux[_BOX_ENDS] - sum_flux[:FOLD_BINS]
    outside = whole - inside
    valid = (inside > 0) & (outside > 0)
    safe_in, safe_out = np.where(valid, inside, 1.0), np.where(valid, outside, 1.0)
    depth = (total - dip) / safe_out - dip / safe_in
    gain = np.where(valid & (depth > 0), depth**2 * safe_in * safe_out / whole, 0.0)
    row, at = divmod(int(np.argmax(gain)), FOLD_BINS)
    width = BOX_WIDTHS[row]
    return float(gain[row, at]), ((at + 0.5 * width) / FOLD_BINS) % 1.0, width / FOLD_BINS


def dip_rows(block: TimeBins, time: FloatArray, frequency: float) -> FloatArray:
    """Where the strongest train of dips found by `wave_and_dip_gain` lies: 1.0 in a dip, else 0.0, shape of `time`.

    One and a half times as wide as the box, because dips have sloping sides.
    """
    flux = block.flux - np.average(block.flux, weights=block.count)
    start = block.time[0]
    span = block.time[-1] - start
    best = (0.0, 0.0, 0.0)
    period = 1.0 / frequency
    for multiple in FOLD_MULTIPLES:
        if multiple > 1 and multiple / frequency > 0.5 * span:
            continue
        found = _best_box(block.time - start, flux, block.count, multiple / frequency)
        if found[0] > best[0]:
            best, period = found, multiple / frequency
    distance = np.abs(((time - start) / period - best[1] + 0.5) % 1.0 - 0.5)
    return np.asarray(distance <= 0.75 * best[2] + 0.5 / FOLD_BINS, dtype=np.float64)
