"""Take rotation and pulsation out of a light curve before the slow drifts, without fitting transits away.

A sliding average cannot follow a rhythm shorter than about two of its windows. Such rhythms are removed as sums of
sines, block by block, because spots come and go; but only when a sine explains the data better than a train of dips:
transits and eclipses repeat as well, and taking their overtones out would destroy them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from science.lightcurve import BoolArray, FloatArray, StitchedCurve
from science.time_bins import TimeBins, bin_in_time
from science.variability import (
    LONGEST_PERIOD_DAYS,
    PEAK_SNR,
    SHORTEST_PERIOD_DAYS,
    Rhythm,
    dip_rows,
    refine_peak,
    spectrum,
    strongest_peak,
    strongest_rhythm,
    wave_and_dip_gain,
)

#: Data are averaged over this time (or taken as they are when the cadence is longer).
BIN_DAYS = 10.0 / 1440.0
#: Longest stretch fitted as one; longer segments are cut into equal parts.
LONGEST_BLOCK_DAYS = 35.0
MIN_BLOCK_BINS = 60
#: A slow wave is worth a word when it explains this much of the variance.
DOMINANT_SHARE = 0.5
MAX_WAVES = 30
#: Knots of the slow part fitted together with the sines, in windows.
SLOW_KNOT_WINDOWS = 1.5
#: Residuals below this many sigma lose weight quadratically, so that dips do not pull the sines …
LOW_SIGMA = 2.0
#: … and those above this many linearly, for what is left of flares.
HIGH_SIGMA = 3.0
#: Minima this much deeper than the maxima are high, with at least this range, are eclipses of a close binary.
ECLIPSE_ASYMMETRY = 1.35
ECLIPSE_RANGE = 0.08


@dataclass(frozen=True, slots=True)
class Waves:
    """What was removed: `model` (relative flux, mean about 0, shape (n,)), the strongest rhythm, how many sines."""

    model: FloatArray
    rhythm: Rhythm | None
    n_waves: int
    removed: bool
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Block:
    """One stretch that is fitted on its own; `rows` index the curve."""

    rows: slice
    bins: TimeBins
    slow: FloatArray  # design columns of the slow part
    weight: FloatArray  # counts, 0 in protected dips
    exposure_days: float
    bin_days: float

    def residual(self, model: FloatArray) -> TimeBins:
        """What a fit leaves, without the protected bins."""
        keep = self.weight > 0
        left = self.bins.flux - model
        return TimeBins(self.bins.time[keep], left[keep], self.weight[keep])


def remove_waves(curve: StitchedCurve, good: BoolArray, window_days: float) -> Waves:
    """Find and fit the waves shorter than two windows in the rows `good` (shape (n,)) of a stitched curve.

    Iterative pre-whitening (as in asteroseismology, Breger et al. 1993) in every block: the strongest frequency above
    4 times the local noise is added, all sines and a slow spline are fitted together with weights that dips cannot
    pull, until nothing is left above the limit. Frequencies whose signal looks like dips are not fitted; the dips are
    taken out of the fit instead. Close binaries with sharp, deep minima are left alone altogether.
    """
    nothing = np.zeros(curve.time_bjd.size)
    blocks = _blocks(curve, good, window_days)
    if not blocks:
        return Waves(nothing, None, 0, False)
    rhythm = _gate(blocks, window_days)
    if rhythm is None or not rhythm.is_significant or rhythm.shape == "dips":
        return Waves(nothing, rhythm, 0, False)
    if _looks_like_eclipses(blocks, rhythm):
        note = (
            f"The brightness varies every {rhythm.period_days:.4f} d with minima sharper than the maxima, as two "
            f"stars that eclipse each other do; this was left in the light curve."
        )
        return Waves(nothing, rhythm, 0, False, (note,))
    model = nothing
    n_waves = 0
    for block in blocks:
        waves = _fit_block(block, 1.0 / rhythm.period_days, window_days)
        n_waves = max(n_waves, waves.shape[0])
        time = curve.time_bjd[block.rows] - block.bins.time[0]
        for frequency, cosine, sine in waves:
            angle = 2.0 * np.pi * frequency * time
            gain = _averaging_gain(float(frequency), block)
            model[block.rows] += gain * (cosine * np.cos(angle) + sine * np.sin(angle))
    note = (
        f"A rhythm of {rhythm.period_days:.4f} d with a semi-amplitude of {rhythm.semi_amplitude * 1e6:,.0f} ppm (the "
        f"star's rotation or pulsation, or the tides of a close companion) was taken out with up to {n_waves} sines "
        f"per stretch before the slow drifts."
    )
    return Waves(model, rhythm, n_waves, n_waves > 0, (note,) if n_waves else ())


def slow_rhythm(curve: StitchedCurve, good: BoolArray, window_days: float) -> Rhythm | None:
    """The dominant wave slower than two windows, which the sliding average takes out by itself; None if none dominates.

    Two cycles must fit into a block, and one sine must explain half of the variance of the stitched brightness.
    """
    blocks = []
    for block in _blocks(curve, good, window_days, with_slow=False):
        mean = np.average(block.bins.flux, weights=block.bins.count)
        blocks.append(TimeBins(block.bins.time, block.bins.flux - mean, block.bins.count))
    longest = max((float(block.time[-1] - block.time[0]) for block in blocks), default=0.0)
    rhythm = strongest_rhythm(blocks, 2.0 * window_days, min(LONGEST_PERIOD_DAYS, 0.5 * longest))
    return rhythm if rhythm is not None and rhythm.shape == "wave" and rhythm.share >= DOMINANT_SHARE else None


def _blocks(curve: StitchedCurve, good: BoolArray, window_days: float, with_slow: bool = True) -> list[_Block]:
    """Segments, cut to at most 35 days, with the data binned and the columns of the slow part."""
    blocks: list[_Block] = []
    for segment in curve.segments:
        time = curve.time_bjd[segment.start : segment.stop]
        if time.size == 0:
            continue
        span = float(time[-1] - time[0])
        n_parts = max(1, int(np.ceil(span / LONGEST_BLOCK_DAYS)))
        edges = np.searchsorted(time, time[0] + span * np.arange(1, n_parts) / n_parts)
        bounds = [segment.start, *(segment.start + edges).tolist(), segment.stop]
        for start, stop in pairwise(bounds):
            rows = slice(int(start), int(stop))
            keep = good[rows]
            binned = segment.cadence_days < 0.7 * BIN_DAYS
            t, f = curve.time_bjd[rows][keep], curve.flux[rows][keep]
            bins = bin_in_time(t, f, BIN_DAYS) if binned else TimeBins(t, f.copy(), np.ones(t.size))
            if bins.time.size < MIN_BLOCK_BINS:
                continue
            slow = _slow_columns(bins.time, SLOW_KNOT_WINDOWS * window_days) if with_slow else np.zeros((0, 0))
            width = BIN_DAYS if binned else segment.cadence_days
            blocks.append(_Block(rows, bins, slow, bins.count.copy(), segment.exposure_days, width))
    return blocks


def _slow_columns(time: FloatArray, spacing_days: float) -> FloatArray:
    """Cubic B-splines with knots about `spacing_days` apart, shape (bins, columns); they sum to 1."""
    from scipy.interpolate import BSpline

    span = float(time[-1] - time[0])
    n_inner = max(0, int(span / spacing_days) - 1)
    inner = time[0] + span * np.arange(1, n_inner + 1) / (n_inner + 1)
    knots = np.concatenate(([time[0]] * 4, inner, [time[-1]] * 4))
    design = BSpline.design_matrix(time, knots, 3).toarray()
    # A stretch of knots without data would leave a column undetermined.
    return np.asarray(design[:, design.sum(axis=0) > 0.5], dtype=np.float64)


def _gate(blocks: list[_Block], window_days: float) -> Rhythm | None:
    """The strongest wave of all blocks together; trains of dips found on the way are protected."""
    rhythm: Rhythm | None = None
    for _ in range(3):
        flat = [block.residual(_solve(block, [])[0]) for block in blocks]
        rhythm = strongest_rhythm(flat, SHORTEST_PERIOD_DAYS, 2.0 * window_days)
        if rhythm is None or not rhythm.is_significant or rhythm.shape == "wave":
            return rhythm
        for block, left in zip(blocks, flat, strict=True):
            block.weight[dip_rows(left, block.bins.time, 1.0 / rhythm.period_days) > 0] = 0.0
        if any(np.count_nonzero(block.weight) < MIN_BLOCK_BINS // 2 for block in blocks):
            return rhythm
    return rhythm


def _looks_like_eclipses(blocks: list[_Block], rhythm: Rhythm) -> bool:
    """True for a large variation whose minima are sharper than its maxima at the period or twice the period."""
    if rhythm.semi_amplitude < 0.2 * ECLIPSE_RANGE:
        return False
    deepest = 0.0
    for multiple in (1, 2):
        ratios, ranges = [], []
        for block in blocks:
            left = block.residual(_solve(block, [])[0])
            phase = ((left.time / (multiple * rhythm.period_days)) % 1.0 * 40).astype(np.int64)
            profile = np.array([np.median(left.flux[phase == k]) for k in range(40) if np.any(phase == k)])
            middle = float(np.median(profile))
            up, down = float(profile.max()) - middle, middle - float(profile.min())
            if up > 0:
                ratios.append(down / up)
                ranges.append(up + down)
        if ratios and float(np.median(ranges)) > ECLIPSE_RANGE:
            deepest = max(deepest, float(np.median(ratios)))
    return deepest > ECLIPSE_ASYMMETRY


def _fit_block(block: _Block, first_frequency: float, window_days: float) -> FloatArray:
    """Sines of one block, shape (waves, 3): frequency per day, cosine and sine amplitude from the block's start."""
    resolution = 1.0 / float(block.bins.time[-1] - block.bins.time[0])
    frequencies: list[float] = []
    model, amplitudes = _solve(block, frequencies)
    protected = 0
    limit = min(MAX_WAVES, (block.bins.time.size // 6 - block.slow.shape[1]) // 2)
    while len(frequencies) < limit:
        left = block.residual(model)
        found = spectrum([left], SHORTEST_PERIOD_DAYS, 2.0 * window_days)
        if found is None:
            break
        first = not frequencies
        near = np.abs(found.frequency - first_frequency) <= resolution
        best = int(np.argmax(np.where(near, found.share, 0.0))) if first and near.any() else strongest_peak(found)
        # The first one was found in all blocks together; in one block alone it may be weak.
        if found.snr[best] < (0.5 * PEAK_SNR if first else PEAK_SNR):
            break
        peak = refine_peak(found, best)
        sine, box = wave_and_dip_gain([left], peak)
        if box > sine:
            protected += 1
            inside = dip_rows(left, block.bins.time, peak) > 0
            if protected > 3 or np.count_nonzero(block.weight[~inside]) < MIN_BLOCK_BINS // 2:
                break
            block.weight[inside] = 0.0
            model, amplitudes = _solve(block, frequencies)
            continue
        frequencies.append(peak)
        # A new sine alone is fitted to what is left; all together only now and then, which costs far more.
        sine_model, pair = _single_sine(left, peak, block)
        model = model + sine_model
        amplitudes = np.concatenate([amplitudes, pair[None, :]])
        if len(frequencies) % 5 == 0:
            frequencies, model, amplitudes = _sharpen(block, frequencies, amplitudes)
    if frequencies:
        frequencies, model, amplitudes = _sharpen(block, frequencies, amplitudes)
    return np.column_stack([frequencies, amplitudes]) if frequencies else np.zeros((0, 3))


def _single_sine(left: TimeBins, frequency: float, block: _Block) -> tuple[FloatArray, FloatArray]:
    """Fit one sine to residuals: (its model at all bins of the block, cosine and sine amplitude)."""

    def columns(time: FloatArray) -> FloatArray:
        angle = 2.0 * np.pi * frequency * (time - block.bins.time[0])
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)

    pair = _robust_solution(columns(left.time), left.flux, left.count, 2)
    return columns(block.bins.time) @ pair, pair


def _solve(block: _Block, frequencies: list[float], rounds: int = 3) -> tuple[FloatArray, FloatArray]:
    """Fit the slow part and the sines together: (model at the bins, amplitudes of shape (waves, 2))."""
    time = block.bins.time - block.bins.time[0]
    columns = [block.slow]
    for frequency in frequencies:
        angle = 2.0 * np.pi * frequency * time
        columns.append(np.stack([np.cos(angle), np.sin(angle)], axis=1))
    design = np.concatenate(columns, axis=1)
    solution = _robust_solution(design, block.bins.flux, block.weight, rounds)
    amplitudes = solution[block.slow.shape[1] :].reshape(-1, 2)
    return design @ solution, amplitudes


def _robust_solution(design: FloatArray, flux: FloatArray, weight: FloatArray, rounds: int) -> FloatArray:
    """Weighted least squares, repeated with less weight for low and high residuals (low ones may be transits)."""
    now: FloatArray = weight
    solution: FloatArray = np.zeros(design.shape[1])
    ridge = 1e-9 * float(np.sum(weight)) / max(design.shape[1], 1)
    for _ in range(rounds):
        weighted = design * now[:, None]
        normal = weighted.T @ design
        normal[np.diag_indices_from(normal)] += ridge
        solution = np.asarray(np.linalg.solve(normal, weighted.T @ flux), dtype=np.float64)
        residual = flux - design @ solution
        sigma = 1.4826 * float(np.median(np.abs(residual[weight > 0]))) if np.any(weight > 0) else 0.0
        if not sigma > 0:
            break
        z = residual / sigma
        low = np.minimum(1.0, (LOW_SIGMA / np.maximum(-z, 1e-9)) ** 2)
        high = np.minimum(1.0, HIGH_SIGMA / np.maximum(z, 1e-9))
        now = np.asarray(weight * np.where(z < 0, low, high), dtype=np.float64)
    return solution


def _sharpen(
    block: _Block, frequencies: list[float], amplitudes: FloatArray
) -> tuple[list[float], FloatArray, FloatArray]:
    """One Gauss-Newton step of all frequencies together, then a new fit of the amplitudes."""
    time = block.bins.time - block.bins.time[0]
    columns = [block.slow]
    for frequency, (cosine, sine) in zip(frequencies, amplitudes, strict=True):
        angle = 2.0 * np.pi * frequency * time
        slope = 2.0 * np.pi * time * (sine * np.cos(angle) - cosine * np.sin(angle))
        columns.append(np.stack([np.cos(angle), np.sin(angle), slope], axis=1))
    design = np.concatenate(columns, axis=1)
    solution = _robust_solution(design, block.bins.flux, block.weight, 1)
    step = solution[block.slow.shape[1] + 2 :: 3]
    resolution = 1.0 / float(time[-1])
    moved = [
        frequency + float(np.clip(shift, -0.2 * resolution, 0.2 * resolution))
        for frequency, shift in zip(frequencies, step, strict=True)
    ]
    model, fitted = _solve(block, moved, 2)
    return moved, model, fitted


def _averaging_gain(frequency: float, block: _Block) -> float:
    """How much larger a sine is in the rows than in the bins that average over it."""
    wide = max(block.bin_days, block.exposure_days)
    return float(np.sinc(frequency * block.exposure_days) / max(np.sinc(frequency * wide), 0.1))
