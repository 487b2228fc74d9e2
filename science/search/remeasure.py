"""Measure found dips again on light whose drifts were fitted beside them.

The first detrending does not know where the dips are and fits a part of each away, about its length over the width of
the window. Once they are found they are masked in the trend, and what is measured then is the dip as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from science.lightcurve import DetrendedCurve, FloatArray
from science.search.refit import in_transit, measure
from science.search.results import DipMeasurement
from science.stars import Star

#: Dips of the other signals are left out this many durations wide.
_MASK_WIDTH = 2.0
#: A second measurement that loses more than this of the signal to noise met something the first had removed.
_LEAST_SNR_SHARE = 0.8
#: The detrending mask is wider than the dip, so that an inexact first length does no harm.
MASK_DURATIONS = 1.5


def masks_of(dips: Sequence[tuple[float, float, float]]) -> tuple[tuple[float, float, float], ...]:
    """Masks (period, epoch, length in days) for detrending from (period, epoch, duration) of dips."""
    return tuple((period, epoch, MASK_DURATIONS * duration) for period, epoch, duration in dips)


def remeasure(
    curve: DetrendedCurve, star: Star, first: Sequence[tuple[float, float, float, float]]
) -> tuple[DipMeasurement | None, ...]:
    """Measurements on `curve`, detrended with the dips masked; `first` holds (period, epoch, duration, S/N) of each.

    None where the second measurement is worse than the first, or cannot be made: the first then stands.
    """
    answers: list[DipMeasurement | None] = []
    again = measure_all(curve, star, [(period, epoch, duration) for period, epoch, duration, _ in first])
    for found, (period, _, duration, snr) in zip(again, first, strict=True):
        if found is None:
            answers.append(None)
            continue
        better = found.depth > 0 and math.isfinite(found.snr) and found.snr >= _LEAST_SNR_SHARE * snr
        same = abs(found.period_days - period) < 0.25 * duration and 0.4 < found.duration_days / duration < 2.5
        answers.append(found if better and same else None)
    return tuple(answers)


def measure_all(
    curve: DetrendedCurve, star: Star, dips: Sequence[tuple[float, float, float]], held: bool = False
) -> tuple[DipMeasurement | None, ...]:
    """A measurement of each dip (period, epoch, duration in days), the others' transits left out; None where the light
    holds too little of it. `held` keeps the times as they are given."""
    stitched = curve.curve
    rows = curve.use & np.isfinite(curve.flux) & np.isfinite(stitched.flux_err) & (stitched.flux_err > 0)
    time, flux, err = stitched.time_bjd[rows], curve.flux[rows], stitched.flux_err[rows]
    exposure = _exposures(curve)[rows]
    answers: list[DipMeasurement | None] = []
    for i, (period, epoch, duration) in enumerate(dips):
        free = np.ones(time.size, dtype=np.bool_)
        for j, (other_period, other_epoch, other_duration) in enumerate(dips):
            if j != i:
                free &= ~in_transit(time, other_period, other_epoch, other_duration, _MASK_WIDTH)
        try:
            found = measure(time[free], flux[free], err[free], period, epoch, duration, star, exposure[free], held)
            answers.append(found)
        except ValueError:  # the other dips' masks left nothing of this one
            answers.append(None)
    return tuple(answers)


def _exposures(curve: DetrendedCurve) -> FloatArray:
    exposure = np.zeros(curve.flux.size)
    for segment in curve.curve.segments:
        exposure[segment.start : segment.stop] = segment.exposure_days
    return exposure
