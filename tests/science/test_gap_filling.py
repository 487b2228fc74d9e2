"""Gap filling: where rows come in, what they hold, and that nobody takes them for data."""

from __future__ import annotations

import numpy as np
import pytest

from science.detrending import detrend
from science.stitching import StitchSettings, stitch
from tests.science.light_curves import START_BJD, make_curve, sector_times

CADENCE = 10 / 1440


def curve_with_hole(hole_days: float, slope_per_day: float = 0.0, bend: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Times and noiseless flux of a sector whose rows around day 5 are missing."""
    time = sector_times()
    keep = np.abs(time - START_BJD - 5.0 - 0.3 * CADENCE) >= hole_days / 2
    day = time - START_BJD
    flux = 1.0 + slope_per_day * (day - 5.0) + bend * np.sin(2 * np.pi * day / 3.0)
    return time[keep], flux[keep] * 70.0


@pytest.mark.parametrize("how", ["interpolate", "model"])
def test_missing_cadences_come_in_evenly_and_marked(how: str) -> None:
    time, flux = curve_with_hole(0.3, slope_per_day=1e-3)
    curve = stitch([make_curve(time, flux)], StitchSettings(gap_fill=how))  # type: ignore[arg-type]
    assert np.count_nonzero(curve.filled) == sector_times().size - time.size
    first = curve.segments[0]
    steps = np.diff(curve.time_bjd[first.start : first.stop])
    assert steps == pytest.approx(CADENCE, rel=0.02)
    assert curve.usable is not None
    assert not np.any(curve.usable & curve.filled)
    filled_day = curve.time_bjd[curve.filled] - START_BJD
    expected = 1.0 + 1e-3 * (filled_day - np.median((time - START_BJD)[time < START_BJD + 13]))
    assert curve.flux[curve.filled] == pytest.approx(expected, abs=1e-4)
    assert any("filled" in note for note in curve.notes)


def test_the_model_follows_a_bend_better_than_a_line() -> None:
    time, flux = curve_with_hole(0.45, bend=0.02)
    day = np.arange(0, 12.8, CADENCE)
    errors = {}
    for how in ("interpolate", "model"):
        curve = stitch([make_curve(time, flux)], StitchSettings(gap_fill=how))  # type: ignore[arg-type]
        truth = np.interp(curve.time_bjd[curve.filled] - START_BJD, day, 1 + 0.02 * np.sin(2 * np.pi * day / 3.0))
        level = np.median(flux[time < START_BJD + 13]) / 70.0
        errors[how] = np.abs(curve.flux[curve.filled] - truth / level).max()
    assert errors["model"] < 0.5 * errors["interpolate"]


def test_gaps_longer_than_a_segment_gap_stay_open() -> None:
    time, flux = curve_with_hole(0.8)
    flux = flux * (1 + 1e-4 * np.random.default_rng(0).standard_normal(flux.size))
    curve = stitch([make_curve(time, flux)], StitchSettings(gap_fill="interpolate"))
    assert not curve.filled.any()
    assert len(curve.segments) == 3


def test_unusable_values_are_replaced_only_inside() -> None:
    time, flux = curve_with_hole(0.0, slope_per_day=1e-3)
    bad = np.zeros(time.size, dtype=bool)
    bad[:4] = bad[300:305] = True
    flux[bad] = 1e9
    curve = stitch([make_curve(time, flux, usable=~bad)], StitchSettings(gap_fill="interpolate"))
    assert np.flatnonzero(curve.filled).tolist() == [300, 301, 302, 303, 304]
    assert np.all(np.abs(curve.flux[curve.filled] - 1) < 0.02)


def test_none_adds_nothing() -> None:
    time, flux = curve_with_hole(0.3, slope_per_day=1e-3)
    curve = stitch([make_curve(time, flux)])
    assert curve.time_bjd.size == time.size
    assert not curve.filled.any()


def test_filled_rows_are_never_evidence() -> None:
    rng = np.random.default_rng(5)
    time, flux = curve_with_hole(0.4, slope_per_day=1e-3)
    flux = flux * (1 + 3e-4 * rng.standard_normal(flux.size))
    result = detrend(stitch([make_curve(time, flux)], StitchSettings(gap_fill="model")))
    assert result.curve.filled.any()
    assert not np.any(result.use & result.curve.filled)
    assert np.all(np.isfinite(result.flux[result.curve.filled]))
