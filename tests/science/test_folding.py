"""Folding against exact rational arithmetic, and the time stamps of early TESS releases."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.folding import (
    cycle_numbers,
    phase_days,
    prediction_error_days,
    shift_epoch,
    tess_time_correction_seconds,
    transit_times,
)

SECOND = 1.0 / 86400.0
SIX_YEARS = 6 * 365.25

periods = st.floats(min_value=0.2, max_value=500.0, allow_nan=False)
epochs = st.floats(min_value=2454833.0, max_value=2462000.0, allow_nan=False)


@given(period=periods, epoch=epochs, back=st.floats(0, SIX_YEARS), ahead=st.floats(0, SIX_YEARS))
def test_transit_times_agree_with_exact_arithmetic_over_six_years(
    period: float, epoch: float, back: float, ahead: float
) -> None:
    start, stop = epoch - back, epoch + ahead
    times = transit_times(period, epoch, start, stop)
    exact_period, exact_epoch = Fraction(period), Fraction(epoch)
    first = math.ceil((Fraction(start) - exact_epoch) / exact_period)
    last = math.floor((Fraction(stop) - exact_epoch) / exact_period)
    # A transit within a microsecond of a limit may be rounded in or out; nothing else may be lost or added.
    assert abs(len(times) - (last - first + 1)) <= 2
    for time in times[:: max(1, len(times) // 50)]:
        number = round((Fraction(float(time)) - exact_epoch) / exact_period)
        exact = exact_epoch + number * exact_period
        assert abs(Fraction(float(time)) - exact) < Fraction(1, 86400 * 1000)


@given(period=periods, epoch=epochs, offset=st.floats(-SIX_YEARS, SIX_YEARS))
def test_phase_agrees_with_exact_arithmetic(period: float, epoch: float, offset: float) -> None:
    time = epoch + offset
    phase = float(phase_days(np.array([time]), period, epoch)[0])
    assert -period / 2 <= phase < period / 2
    exact = (Fraction(time) - Fraction(epoch)) % Fraction(period)
    difference = abs(Fraction(phase) - exact) % Fraction(period)
    assert min(difference, Fraction(period) - difference) < Fraction(1, 86400 * 1000)


def test_phase_at_half_a_period_is_the_lower_edge() -> None:
    assert phase_days(np.array([2.0, 6.0, -2.0]), 4.0, 0.0).tolist() == [-2.0, -2.0, -2.0]


def test_cycle_numbers_count_from_the_epoch() -> None:
    assert cycle_numbers(np.array([9.0, 10.4, 12.0, 7.9]), 2.0, 10.0).tolist() == [0, 0, 1, -1]


def test_accumulating_steps_would_fail_the_bar() -> None:
    """Negative control: a running float32 sum, the usual mistake, is off by far more than a second."""
    period, epoch = 1.3378, 2458354.1
    exact = transit_times(period, epoch, epoch, epoch + SIX_YEARS)
    running = epoch + np.cumsum(np.full(len(exact) - 1, period, dtype=np.float32), dtype=np.float32)
    assert np.max(np.abs(running - exact[1:])) > 10 * SECOND


@pytest.mark.parametrize("period", [0.0, -1.0, math.nan, math.inf])
def test_impossible_periods_are_refused(period: float) -> None:
    with pytest.raises(ValueError, match="period"):
        transit_times(period, 0.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="period"):
        phase_days(np.zeros(1), period, 0.0)


def test_limits_are_inclusive_and_empty_ranges_are_empty() -> None:
    assert transit_times(2.0, 10.0, 10.0, 14.0).tolist() == [10.0, 12.0, 14.0]
    assert transit_times(2.0, 10.0, 10.1, 11.9).size == 0
    assert transit_times(2.0, 10.0, 20.0, 10.0).size == 0


@given(period=periods, epoch=epochs, towards=epochs)
def test_shifted_epoch_is_the_nearest_transit(period: float, epoch: float, towards: float) -> None:
    shifted = shift_epoch(epoch, period, towards)
    assert abs(shifted - towards) <= period / 2 + SECOND
    assert abs(float(phase_days(np.array([shifted]), period, epoch)[0])) < SECOND


def test_prediction_error_grows_with_the_cycles() -> None:
    errors = prediction_error_days(0.003, 0.0004, np.array([0.0, 10.0, -10.0]))
    assert errors == pytest.approx([0.003, 0.005, 0.005])
    correlated = prediction_error_days(0.003, 0.0004, np.array([10.0]), covariance=-1e-6)
    assert correlated[0] < errors[1]


@pytest.mark.parametrize(
    ("sector", "release", "version", "seconds"),
    [
        (1, 1, "", -1.979),
        (19, 26, "", -1.979),
        (1, None, "", -1.979),
        (20, None, "", 0.0),
        (27, 38, "", 0.0),
        (1, 76, "", 0.0),  # an early sector, reprocessed
        (20, 27, "spoc-4.0.14-20200108", -1.979),
        (20, 27, "spoc-4.0.26-20200407", 0.0),
        (21, 29, "spoc-4.0.20-20200220", -1.979),
        (21, 29, "", 0.0),
        (None, None, "", 0.0),
    ],
)
def test_early_tess_releases_are_two_seconds_late(
    sector: int | None, release: int | None, version: str, seconds: float
) -> None:
    assert tess_time_correction_seconds(sector, release, version) == pytest.approx(seconds)


def test_full_frame_images_also_differ_by_camera() -> None:
    first = tess_time_correction_seconds(1, 1, full_frame=True, camera=1, ccd=1)
    second = tess_time_correction_seconds(1, 1, full_frame=True, camera=2, ccd=4)
    assert first == pytest.approx(-1.979)
    assert second - first == pytest.approx(1.56)
    assert tess_time_correction_seconds(30, 43, full_frame=True, camera=2, ccd=4) == 0.0
