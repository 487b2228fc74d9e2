"""What one cycle of a variable looks like: sine or eclipse, one minimum or two, and the period that shows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.lightcurve import FloatArray
from science.variables.periodogram import harmonic_fit

FOLD_BINS = 50
#: The strongest sine may be an overtone of the cycle: folds at these multiples of its period are compared.
MULTIPLES = (1, 2, 3, 4, 5, 6, 8)
#: A longer cycle must explain this much more of the variance than a shorter one.
LEAST_GAIN = 0.02
ORDERS = 4


@dataclass(frozen=True, slots=True)
class FoldedShape:
    """The cycle of `period_days` that shows the repeating light best.

    `multiple` of the strongest sine's period; `share` of the variance explained by the mean cycle (corrected for its
    free levels). Harmonic ratios `r21`, `r31` and phase differences `phi21`, `phi31` (radians, 0 … 2π, in cosines, as
    for RR Lyrae stars: Simon & Lee 1981, ApJ 248, 291) belong to the strongest sine's own fold, all else to the cycle:
    `depth_ratio` of the second to the first minimum, `minimum_gap` their distance in phase, `narrow` the share of
    the cycle below half of the depth, `flat` the share within a fifth of the range from the top, `skew` of the cycle,
    `ellipsoidal` the share of two equal waves per cycle in the light outside the minima, `rise` the share of the fold
    spent rising.
    """

    period_days: float
    multiple: int
    share: float
    r21: float
    r31: float
    phi21: float
    phi31: float
    depth_ratio: float
    minimum_gap: float
    narrow: float
    flat: float
    skew: float
    ellipsoidal: float
    rise: float


def fold_shape(time: FloatArray, flux: FloatArray, period_days: float, fixed: bool = False) -> FoldedShape | None:
    """Fold at small multiples of `period_days` (only at it where `fixed`) and describe the best cycle.

    Arrays (n,), flux about 0 or 1. None where fewer than 60 points or less than 1.5 cycles are there.
    """
    t = time - time[0] if time.size else time
    if time.size < 60 or t[-1] < 1.5 * period_days or not np.ptp(flux) > 0:
        return None
    x = flux - np.mean(flux)
    amplitude, angle, _ = harmonic_fit(t / period_days, x, ORDERS)
    best, best_share, mean = 1, -np.inf, np.zeros(FOLD_BINS)
    for multiple in MULTIPLES[:1] if fixed else MULTIPLES:
        period = multiple * period_days
        if multiple > 1 and t[-1] < 2.0 * period:
            continue
        got, share = _mean_cycle(t, x, period)
        if share > best_share + (LEAST_GAIN if multiple > 1 else 0.0):
            best, best_share, mean = multiple, share, got
    first = max(float(amplitude[0]), 1e-12)
    top, low = float(np.percentile(mean, 95)), float(np.min(mean))
    depth = max(top - low, 1e-12)
    place = int(np.argmin(mean))
    turned = np.roll(mean, -place)
    away = turned[8:-7]
    second = int(np.argmin(away)) + 8
    spread = float(np.std(mean))
    out = mean > low + 0.5 * depth
    phase = np.arange(FOLD_BINS) / FOLD_BINS
    waves, _, _ = harmonic_fit(phase[out] - place / FOLD_BINS, mean[out], 2) if out.sum() > 10 else (np.zeros(2),) * 3
    own, _ = _mean_cycle(t, x, period_days)
    return FoldedShape(
        period_days=best * period_days,
        multiple=best,
        share=max(best_share, 0.0),
        r21=float(amplitude[1]) / first,
        r31=float(amplitude[2]) / first,
        phi21=float((angle[1] - 2.0 * angle[0]) % (2.0 * np.pi)),
        phi31=float((angle[2] - 3.0 * angle[0]) % (2.0 * np.pi)),
        depth_ratio=float(np.clip((top - turned[second]) / depth, 0.0, 1.0)),
        minimum_gap=min(second, FOLD_BINS - second) / FOLD_BINS,
        narrow=float(np.mean(mean < low + 0.5 * depth)),
        flat=float(np.mean(mean > top - 0.2 * depth)),
        skew=float(np.mean((mean - np.mean(mean)) ** 3) / max(spread, 1e-12) ** 3),
        ellipsoidal=float(waves[1] / depth),
        rise=_rising(own),
    )


def _mean_cycle(time: FloatArray, flux: FloatArray, period: float) -> tuple[FloatArray, float]:
    """Mean flux in 50 bins of phase (empty ones bridged) and the share of the variance explained, adjusted."""
    phase = (time / period) % 1.0
    index = np.minimum((phase * FOLD_BINS).astype(np.int64), FOLD_BINS - 1)
    count = np.bincount(index, minlength=FOLD_BINS)
    sums = np.bincount(index, weights=flux, minlength=FOLD_BINS)
    full = count > 0
    means = np.zeros(FOLD_BINS)
    means[full] = sums[full] / count[full]
    left = float(np.sum((flux - means[index]) ** 2))
    total = float(np.sum(flux**2))
    free = max(flux.size - int(full.sum()), 1)
    share = 1.0 - (left / free) / (total / max(flux.size - 1, 1)) if total > 0 else 0.0
    if not full.all():
        place = np.arange(FOLD_BINS)
        means = np.interp(place, place[full], means[full], period=FOLD_BINS)
    return np.asarray(means, dtype=np.float64), share


def _rising(cycle: FloatArray) -> float:
    """Share of the cycle from its lowest to its highest bin, of a cycle smoothed over three bins."""
    smooth = (cycle + np.roll(cycle, 1) + np.roll(cycle, -1)) / 3.0
    return float((int(np.argmax(smooth)) - int(np.argmin(smooth))) % FOLD_BINS) / FOLD_BINS
