"""What the folded curve looks like away from the dip: other dips, bumps, waves. Numbers that screening judges by.

The idea of comparing the main dip with everything else in the fold is the model-shift test of the Kepler Robovetter
(Coughlin et al. 2016, ApJS 224, 12; Thompson et al. 2018, ApJS 235, 38), here with a box of the dip's duration on a
binned fold, which costs milliseconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erfcinv

from science.folding import phase_days
from science.lightcurve import FloatArray

_BINS_PER_DURATION = 8
_MOST_BINS = 40_000


@dataclass(frozen=True, slots=True)
class FoldedProfile:
    """Significances (sigma, white noise) of boxes of one duration at every phase.

    primary: at phase 0. secondary, tertiary: the two next deepest that overlap neither phase 0 nor each other.
    positive: the highest bump more than 1.5 durations from phase 0. red_factor: observed scatter of all the others over
    what white noise gives (1 = white), at least 1. secondary_phase in (0, 1).
    """

    primary: float
    secondary: float
    secondary_phase: float
    secondary_depth: float
    tertiary: float
    positive: float
    red_factor: float
    look_elsewhere_sigma: float  # what the highest of all independent phases reaches by chance, once in a fold
    sine_share: float  # chi-square gained by waves of P and P/2, over that gained by the dip


def folded_profile(
    time: FloatArray, flux: FloatArray, err: FloatArray, period: float, epoch: float, duration: float
) -> FoldedProfile:
    """Profile of a fold. Arrays (n,), flux around 1; days. The duration is held between 4 bins and a third of P."""
    width = min(duration, period / 4.0)
    n_bins = int(np.clip(round(period / width * _BINS_PER_DURATION), 4 * _BINS_PER_DURATION, _MOST_BINS))
    phase = phase_days(time, period, epoch) / period  # [-0.5, 0.5)
    index = np.minimum((np.floor((phase + 0.5) * n_bins)).astype(np.int64), n_bins - 1)
    weight = 1.0 / np.square(err)
    bin_weight = np.bincount(index, weights=weight, minlength=n_bins).astype(np.float64)
    bin_sum = np.bincount(index, weights=weight * (flux - 1.0), minlength=n_bins).astype(np.float64)
    out = np.abs((np.arange(n_bins) + 0.5) / n_bins - 0.5) * period > 0.6 * duration
    level = bin_sum[out].sum() / max(bin_weight[out].sum(), 1e-300)
    bin_sum = bin_sum - level * bin_weight
    size = max(2, round(0.9 * width / period * n_bins))
    depth, error = _boxes(bin_weight, bin_sum, size)
    sigma = np.where(np.isfinite(error), depth / error, 0.0)
    centre = n_bins // 2
    distance = np.abs(np.arange(n_bins) - centre) * (period / n_bins)
    distance = np.minimum(distance, period - distance)
    near = distance <= max(0.25 * duration, period / n_bins)
    primary = float(np.max(sigma[near]))
    far = distance > duration
    secondary_at = int(np.argmax(np.where(far, sigma, -np.inf))) if np.any(far) else centre
    secondary = float(sigma[secondary_at]) if np.any(far) else 0.0
    gap = np.abs(np.arange(n_bins) - secondary_at) * (period / n_bins)
    gap = np.minimum(gap, period - gap)
    others = far & (gap > duration)
    tertiary = float(np.max(sigma[others])) if np.any(others) else 0.0
    wide = distance > 1.5 * duration
    positive = float(np.max(-sigma[wide])) if np.any(wide) else 0.0
    spread = sigma[others & np.isfinite(error)]
    red = 1.4826 * float(np.median(np.abs(spread - np.median(spread)))) if spread.size >= 10 else 1.0
    independent = max(2.0, period / width)
    return FoldedProfile(
        primary=primary,
        secondary=secondary,
        secondary_phase=((secondary_at - centre) / n_bins) % 1.0,
        secondary_depth=float(depth[secondary_at]) if np.any(far) else 0.0,
        tertiary=tertiary,
        positive=positive,
        red_factor=max(1.0, red),
        look_elsewhere_sigma=float(math.sqrt(2.0) * erfcinv(1.0 / independent)),
        sine_share=_sine_share(bin_weight, bin_sum, size, centre),
    )


def _boxes(weight: FloatArray, total: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Depth and white error of a box of `size` bins centred at every bin, round the fold."""
    half = size // 2

    def running(values: FloatArray) -> FloatArray:
        around = np.concatenate((values[-half:], values, values[: size - half]))
        cumulative = np.concatenate(([0.0], np.cumsum(around)))
        return cumulative[size : size + values.size] - cumulative[: values.size]

    box_weight, box_sum = running(weight), running(total)
    filled = box_weight > 0.15 * np.median(box_weight)
    depth = np.where(filled, -box_sum / np.where(filled, box_weight, 1.0), 0.0)
    error = np.where(filled, 1.0 / np.sqrt(np.where(filled, box_weight, 1.0)), np.inf)
    return depth, error


def _sine_share(weight: FloatArray, total: FloatArray, size: int, centre: int) -> float:
    """Chi-square gained by sine waves of the period and half of it, relative to that gained by the dip (box)."""
    used = weight > 0
    if np.count_nonzero(used) < 12:
        return 0.0
    mean = np.where(used, total / np.where(used, weight, 1.0), 0.0)[used]
    w = weight[used]
    angle = 2.0 * math.pi * (np.flatnonzero(used) + 0.5) / weight.size
    box = np.zeros(weight.size)
    box[np.arange(centre - size // 2, centre - size // 2 + size) % weight.size] = 1.0
    root = np.sqrt(w)
    mean = mean - np.average(mean, weights=w)

    def gained(columns: list[FloatArray]) -> float:
        matrix = np.stack([np.ones_like(mean), *columns], axis=1) * root[:, None]
        solution, *_ = np.linalg.lstsq(matrix, mean * root, rcond=None)
        return float(np.sum(np.square(mean * root)) - np.sum(np.square(mean * root - matrix @ solution)))

    dip = gained([box[used]])
    waves = max(
        gained([np.sin(angle), np.cos(angle)]),
        gained([np.sin(2 * angle), np.cos(2 * angle)]),
    )
    return waves / dip if dip > 0 else float("inf")
