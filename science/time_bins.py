"""Averages over short, equal stretches of time: fewer points where the full cadence says nothing more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.lightcurve import FloatArray


@dataclass(frozen=True, slots=True)
class TimeBins:
    """Means of `count` values each, shape (bins,), sorted by time (days); empty bins are absent."""

    time: FloatArray
    flux: FloatArray
    count: FloatArray


def bin_in_time(time: FloatArray, flux: FloatArray, width_days: float) -> TimeBins:
    """Mean time and flux in bins of `width_days` from the first time on. Inputs finite, sorted, shape (n,)."""
    if time.size == 0:
        return TimeBins(np.zeros(0), np.zeros(0), np.zeros(0))
    index = np.floor((time - time[0]) / width_days).astype(np.int64)
    first = np.flatnonzero(np.concatenate(([True], np.diff(index) > 0)))
    count = np.diff(np.concatenate((first, [time.size]))).astype(np.float64)
    start = time[0]
    mean_time = start + np.add.reduceat(time - start, first) / count
    return TimeBins(mean_time, np.add.reduceat(flux, first) / count, count)
