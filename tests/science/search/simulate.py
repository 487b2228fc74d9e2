"""Made-up light curves with known transits, and the slow, obvious search that judges the fast one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from science.search.templates import transit_shape

Array = NDArray[np.float64]


def sampled(span_days: float, cadence_days: float, gaps: tuple[tuple[float, float], ...] = ()) -> Array:
    """Evenly spaced times in BJD with gaps (start, stop, days from the beginning) cut out."""
    time = np.arange(0.0, span_days, cadence_days)
    for start, stop in gaps:
        time = time[(time < start) | (time >= stop)]
    return time + 2458325.3


def with_transits(
    time: Array, period: float, epoch: float, duration: float, depth: float, noise: float, seed: int
) -> Array:
    """Relative flux with limb-darkened transits (Sun in the TESS band, b = 0.3) and white noise."""
    x = ((time - epoch + 0.5 * period) % period - 0.5 * period) / duration
    rng = np.random.default_rng(seed)
    return 1.0 - depth * transit_shape(0.35, 0.23).value(x) + rng.normal(0.0, noise, time.size)


def direct_delta_chi2(
    time: Array, flux: Array, err: Array, period: float, durations: Array, steps: int = 60
) -> tuple[float, float, float, float]:
    """Largest chi-square gained at one period, unbinned: every duration, mid-transit times a 60th of it apart.

    Returns (delta chi2, duration, epoch, depth).
    """
    weight = 1.0 / err**2
    dip = 1.0 - flux
    shape = transit_shape(0.35, 0.23)
    best = (0.0, 0.0, 0.0, 0.0)
    for duration in durations:
        for epoch in np.arange(time[0], time[0] + period, duration / steps):
            x = ((time - epoch + 0.5 * period) % period - 0.5 * period) / duration
            near = np.flatnonzero(np.abs(x) < 0.5)
            a = shape.value(x[near])
            denominator = np.sum(weight[near] * a**2)
            if near.size < 3 or denominator <= 0:
                continue
            numerator = np.sum(weight[near] * a * dip[near])
            if numerator > 0 and numerator**2 / denominator > best[0]:
                best = (numerator**2 / denominator, float(duration), float(epoch), numerator / denominator)
    return best
