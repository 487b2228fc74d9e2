"""Folding light curves and predicting transit times to well under a second over years."""

from __future__ import annotations

import math

import numpy as np

from science.lightcurve import FloatArray, IntArray

#: Processing versions of the first, uncorrected issue of data releases 27 (sector 20) and 29 (sector 21). Both
#: releases were issued twice under the same number; only the version of the pipeline tells them apart.
_UNCORRECTED_VERSIONS: dict[int, frozenset[str]] = {
    27: frozenset({"spoc-4.0.14-20200108", "spoc-4.0.15-20200114", "spoc-4.0.17-20200130"}),
    29: frozenset({"spoc-4.0.17-20200130", "spoc-4.0.20-20200220", "spoc-4.0.21-20200227"}),
}
#: Mid-exposure times of those releases are late by this much: 2 s of miscounted cadences less 21 ms of read-out.
_MID_TIME_OFFSET_SECONDS = -1.979
_LAST_UNCORRECTED_RELEASE = 26
_LAST_UNCORRECTED_SECTOR = 19
#: Full-frame images only: the cameras read out one after the other (s after camera 1), and the CCDs within one.
_CAMERA_STAGGER_SECONDS = {1: 0.0, 2: 1.5, 3: 0.5, 4: 1.0}
_CCD_STAGGER_SECONDS = {1: 0.00, 2: 0.02, 3: 0.04, 4: 0.06}


def cycle_numbers(time: FloatArray, period: float, epoch: float) -> IntArray:
    """Number of whole periods between `epoch` and the transit nearest each `time` (days). Shape (n,), int32.

    Raises ValueError for a period that is not positive and finite.
    """
    _check_period(period)
    return np.floor((np.asarray(time, dtype=np.float64) - epoch) / period + 0.5).astype(np.int32)


def phase_days(time: FloatArray, period: float, epoch: float) -> FloatArray:
    """Days from the nearest transit, in [-period/2, period/2). Shape (n,).

    The difference to the epoch is taken before anything else, so that the only error is the 40 microseconds with
    which a date near 2.46 million days fits into float64. Raises ValueError for a period that is not positive.
    """
    elapsed = np.asarray(time, dtype=np.float64) - epoch
    cycles = np.floor(elapsed / _check_period(period) + 0.5)
    phase = elapsed - cycles * period
    half = 0.5 * period
    # Rounding in the division can put a time that lies exactly between two transits on the wrong side of the cut.
    phase = np.where(phase >= half, phase - period, phase)
    result: FloatArray = np.where(phase < -half, phase + period, phase)
    return np.maximum(result, -half)


def transit_times(period: float, epoch: float, start: float, stop: float) -> FloatArray:
    """Mid-times epoch + k * period that fall in [start, stop], ascending (days; shape (k,), may be empty).

    Each time is one product and one sum, never an accumulated step, so the error stays below 0.1 ms over decades.
    Raises ValueError for a period that is not positive and finite, or limits that are not finite.
    """
    _check_period(period)
    if not (math.isfinite(start) and math.isfinite(stop) and math.isfinite(epoch)):
        raise ValueError("The epoch and both limits of the time range must be finite numbers.")
    # One cycle more on each side, then cut by the times themselves: the division may round across a limit.
    first = math.floor((start - epoch) / period) - 1
    last = math.ceil((stop - epoch) / period) + 1
    if last < first:
        return np.empty(0)
    times = epoch + np.arange(first, last + 1, dtype=np.float64) * period
    return times[(times >= start) & (times <= stop)]


def shift_epoch(epoch: float, period: float, towards: float) -> float:
    """The mid-transit time nearest `towards`. Used to keep the epoch in the middle of the data, where it is known
    best and hardly correlated with the period."""
    return epoch + math.floor((towards - epoch) / _check_period(period) + 0.5) * period


def prediction_error_days(
    epoch_err: float, period_err: float, cycles: FloatArray | IntArray | float, covariance: float = 0.0
) -> FloatArray:
    """One-sigma error of the predicted mid-times `cycles` periods after the epoch, same shape as `cycles`.

    sqrt(epoch_err^2 + 2 n cov + n^2 period_err^2), with the covariance of epoch and period in days^2.
    """
    number = np.asarray(cycles, dtype=np.float64)
    variance = epoch_err**2 + 2.0 * number * covariance + (number * period_err) ** 2
    return np.sqrt(np.maximum(variance, 0.0))


def tess_time_correction_seconds(
    sector: int | None,
    data_release: int | None,
    processing_version: str = "",
    full_frame: bool = False,
    camera: int | None = None,
    ccd: int | None = None,
) -> float:
    """Seconds to ADD to the mid-exposure times of a TESS file to bring them onto one time scale.

    SPOC products up to data release 26 (sectors 1-19) count cadences from one, which makes their times late by
    2.000 s less 21 ms of detailed read-out timing; releases 27 (sector 20) and 29 (sector 21) were issued twice, and
    only the first issue, known by `processing_version` (header PROCVER), has the error. Later releases, and every
    reprocessing of early sectors (their DATA_REL is above 29), are right. `data_release` (header DATA_REL) decides;
    where it is missing the sector does: up to 19 is taken as the original release. Images of the full frame
    (`full_frame`) of releases up to 27 also differ by camera and CCD (0-1.56 s); without camera and CCD that part is
    left out. An unknown version of release 27 or 29 counts as corrected.

    Source: TESS Data Release Notes 25 (sector 18), section 3.3, and the revision memos of releases 27 and 29.
    """
    if data_release is not None:
        release = data_release
    elif sector is not None and sector <= _LAST_UNCORRECTED_SECTOR:
        release = _LAST_UNCORRECTED_RELEASE
    else:
        return 0.0
    first_issue = processing_version in _UNCORRECTED_VERSIONS.get(release, frozenset())
    if release > _LAST_UNCORRECTED_RELEASE and not first_issue:
        return 0.0
    correction = _MID_TIME_OFFSET_SECONDS
    if full_frame and release <= 27 and camera in _CAMERA_STAGGER_SECONDS and ccd in _CCD_STAGGER_SECONDS:
        correction += _CAMERA_STAGGER_SECONDS[camera] + _CCD_STAGGER_SECONDS[ccd]
    return correction


def _check_period(period: float) -> float:
    if not (math.isfinite(period) and period > 0):
        raise ValueError(f"A period must be a positive number of days, not {period}.")
    return period
