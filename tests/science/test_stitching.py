"""Stitching: levels, weights, overlaps, flags, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from science.lightcurve import LightCurve, StitchedCurve
from science.noise import noise_by_duration, point_to_point_scatter
from science.stitching import NothingUsable, StitchSettings, stitch
from tests.science.light_curves import START_BJD, box_dips, make_curve, sector_times


def noisy_sector(index: int, level: float, noise: float, cadence_days: float = 10 / 1440, seed: int = 0) -> LightCurve:
    rng = np.random.default_rng(seed + index)
    time = sector_times(index, cadence_days)
    return make_curve(time, level * (1 + noise * rng.standard_normal(time.size)), label=f"S{index + 1}")


def check_is_sound(curve: StitchedCurve) -> None:
    """What every stitched curve must hold."""
    n_rows = curve.time_bjd.size
    assert np.all(np.diff(curve.time_bjd) > 0)
    for name in ("flux", "flux_err", "quality", "sector", "filled", "usable"):
        assert getattr(curve, name).shape == (n_rows,)
    assert [segment.start for segment in curve.segments] == [0, *[s.stop for s in curve.segments[:-1]]]
    assert curve.segments[-1].stop == n_rows
    assert curve.usable is not None
    assert np.all(np.isfinite(curve.flux[curve.usable]))
    assert np.all(np.isfinite(curve.flux_err))
    assert np.all(curve.flux_err > 0)
    assert not np.any(curve.usable & curve.filled)
    for segment in curve.segments:
        assert segment.stop > segment.start
        assert {curve.labels[i] for i in curve.sector[segment.start : segment.stop]} == {segment.label}


def test_sectors_of_any_scale_come_to_one_level() -> None:
    levels = [1.0, 850.0, 3.2e5, 1e-3, 40.0, 7.0]
    curve = stitch([noisy_sector(i, level, 1e-3) for i, level in enumerate(levels)])
    check_is_sound(curve)
    assert curve.labels == ("S1", "S2", "S3", "S4", "S5", "S6")
    assert len(curve.segments) == 12  # two orbits each
    for index in range(6):
        assert abs(np.median(curve.flux[curve.sector == index]) - 1) < 1e-4


@pytest.mark.parametrize("normalise", ["median", "mean", "running"])
def test_every_normalisation_gives_level_one(normalise: str) -> None:
    curve = stitch(
        [noisy_sector(i, level, 2e-3) for i, level in enumerate((3.0, 500.0))],
        StitchSettings(normalise=normalise),  # type: ignore[arg-type]
    )
    check_is_sound(curve)
    for segment in curve.segments:
        assert abs(np.median(curve.flux[segment.start : segment.stop]) - 1) < 3e-4


def test_running_follows_a_slow_drift_and_median_does_not() -> None:
    time = sector_times()
    flux = 100 * (1 + 0.05 * np.sin(2 * np.pi * (time - START_BJD) / 40))
    spread = {
        how: np.std(stitch([make_curve(time, flux)], StitchSettings(normalise=how)).flux)  # type: ignore[arg-type]
        for how in ("median", "running")
    }
    assert spread["running"] < 0.15 * spread["median"]


def test_a_huge_outlier_does_not_pull_the_mean() -> None:
    curve = noisy_sector(0, 10.0, 1e-3)
    curve.flux[5] = 1e6
    stitched = stitch([curve], StitchSettings(normalise="mean"))
    assert abs(np.median(stitched.flux) - 1) < 1e-4


def test_errors_are_the_measured_scatter_of_each_cadence() -> None:
    photon_noise = 1e-3  # per 10 minutes
    cadences = {0: 20 / 86400, 1: 2 / 1440, 2: 10 / 1440, 3: 30 / 1440}
    curves = [
        noisy_sector(i, 100.0, photon_noise * np.sqrt(10 / 1440 / cadence), cadence) for i, cadence in cadences.items()
    ]
    stitched = stitch(curves)
    check_is_sound(stitched)
    for segment in stitched.segments:
        expected = photon_noise * np.sqrt(10 / 1440 / segment.cadence_days)
        assert segment.noise == pytest.approx(expected, rel=0.06)
        assert np.all(stitched.flux_err[segment.start : segment.stop] == segment.noise)
    # Equal exposure, equal information: the weights of the sectors agree whatever their cadence.
    weights = [np.sum(stitched.flux_err[stitched.sector == i] ** -2) for i in range(4)]
    assert np.ptp(weights) / np.mean(weights) < 0.15


def test_believable_errors_lift_the_scatter_and_placeholders_do_not() -> None:
    base = noisy_sector(0, 100.0, 1e-3)
    lifted = make_curve(base.time_bjd, base.flux, flux_err=0.2)
    placeholder = make_curve(base.time_bjd, base.flux, flux_err=100.0)
    assert stitch([lifted]).segments[0].noise == pytest.approx(2e-3, rel=1e-2)
    assert stitch([placeholder]).segments[0].noise == pytest.approx(1e-3, rel=0.1)


def test_scatter_ignores_slopes_and_transits() -> None:
    rng = np.random.default_rng(1)
    flux = 1e-3 * rng.standard_normal(5000) + np.linspace(0, 1, 5000)
    flux[2000:2100] -= 0.5
    assert point_to_point_scatter(flux) == pytest.approx(1e-3, rel=0.06)


def test_same_sector_in_two_cadences_is_used_once() -> None:
    fast = noisy_sector(0, 50.0, 1e-3, 2 / 1440)
    slow = noisy_sector(0, 900.0, 1e-3 / np.sqrt(15), 30 / 1440, seed=5)
    curve = stitch([slow, fast])
    check_is_sound(curve)
    assert curve.time_bjd.size == fast.time_bjd.size
    assert curve.labels == ("S1 (2 min)",)
    assert any("S1 (30 min)" in note and "left out" in note for note in curve.notes)


def test_the_quieter_of_two_products_wins() -> None:
    noisy = noisy_sector(0, 50.0, 5e-3, 2 / 1440)
    quiet = noisy_sector(0, 50.0, 1e-3 / np.sqrt(15), 30 / 1440, seed=5)
    assert stitch([noisy, quiet]).labels == ("S1 (30 min)",)


def test_the_other_product_fills_what_the_better_one_lacks() -> None:
    fast = noisy_sector(0, 50.0, 1e-3, 2 / 1440)
    first_orbit = fast.time_bjd < START_BJD + 13
    half = make_curve(fast.time_bjd[first_orbit], fast.flux[first_orbit])
    slow = noisy_sector(0, 900.0, 1e-3 / np.sqrt(15), 30 / 1440, seed=5)
    curve = stitch([half, slow])
    check_is_sound(curve)
    assert curve.labels == ("S1 (2 min)", "S1 (30 min)")
    assert [round(s.cadence_days * 1440) for s in curve.segments] == [2, 30]


def test_the_same_file_twice_counts_once() -> None:
    sector = noisy_sector(0, 50.0, 1e-3)
    assert stitch([sector, sector]).time_bjd.size == sector.time_bjd.size


def test_repeated_and_unsorted_times_are_put_right() -> None:
    sector = noisy_sector(0, 50.0, 1e-3)
    order = np.random.default_rng(2).permutation(np.concatenate([np.arange(sector.time_bjd.size), [3, 4, 5]]))
    mixed = make_curve(sector.time_bjd[order], sector.flux[order], cadence_days=sector.cadence_days)
    curve = stitch([mixed])
    check_is_sound(curve)
    assert np.array_equal(curve.time_bjd, sector.time_bjd)
    assert any("3 rows repeat a time stamp" in note for note in curve.notes)


def test_flagged_rows_stay_in_but_are_not_usable() -> None:
    base = noisy_sector(0, 50.0, 1e-3)
    quality = np.zeros(base.time_bjd.size, dtype=np.int32)
    quality[:30] = 4096
    quality[500:505] = 128
    gap = (base.time_bjd > START_BJD + 4) & (base.time_bjd < START_BJD + 6)
    quality[gap] = 16
    curve = stitch([make_curve(base.time_bjd, base.flux, quality=quality, usable=quality == 0)])
    check_is_sound(curve)
    assert curve.time_bjd.size == base.time_bjd.size
    assert np.array_equal(curve.quality, quality)
    assert curve.usable is not None
    assert np.array_equal(curve.usable, quality == 0)
    assert len(curve.segments) == 3  # the flagged two days are a gap


def test_a_step_at_a_momentum_dump_splits_the_segment() -> None:
    base = noisy_sector(0, 50.0, 3e-4)
    time = base.time_bjd
    quality = np.zeros(time.size, dtype=np.int32)
    for day in (3.0, 6.0, 9.0, 17.0):
        quality[np.searchsorted(time, START_BJD + day)] = 32
    stepped = np.where((time > START_BJD + 6.0) & (time < START_BJD + 13), base.flux * 1.004, base.flux)
    curve = stitch([make_curve(time, stepped, quality=quality, usable=quality == 0)])
    check_is_sound(curve)
    edges = [curve.time_bjd[s.start] - START_BJD for s in curve.segments]
    assert edges == pytest.approx([0.0, 6.0, 14.0], abs=0.02)
    plain = stitch([make_curve(time, base.flux, quality=quality, usable=quality == 0)])
    assert len(plain.segments) == 2


@pytest.mark.parametrize("hours_after_dump", [0.0, 1.5, 2.9, 4.0])
def test_a_transit_at_a_momentum_dump_does_not_split(hours_after_dump: float) -> None:
    base = noisy_sector(0, 50.0, 1e-4)
    time = base.time_bjd
    quality = np.zeros(time.size, dtype=np.int32)
    quality[np.searchsorted(time, START_BJD + 6.0)] = 32
    dip = box_dips(time, 1e4, START_BJD + 6.0 + hours_after_dump / 24, 0.25, 2e-3)
    curve = stitch([make_curve(time, base.flux * dip, quality=quality, usable=quality == 0)])
    assert len(curve.segments) == 2


def test_a_star_that_varies_is_not_split_at_every_dump() -> None:
    base = noisy_sector(0, 50.0, 3e-4)
    time = base.time_bjd
    quality = np.zeros(time.size, dtype=np.int32)
    for day in (3.0, 6.0, 9.0, 17.0, 20.0, 23.0):
        quality[np.searchsorted(time, START_BJD + day)] = 32
    wave = 1 + 0.01 * np.sin(2 * np.pi * time / 0.7)
    curve = stitch([make_curve(time, base.flux * wave, quality=quality, usable=quality == 0)])
    assert len(curve.segments) == 2


def test_nothing_usable_says_how_many_there_are() -> None:
    with pytest.raises(NothingUsable, match="at least 20"):
        stitch([])
    few = make_curve(START_BJD + np.arange(3) / 144, np.ones(3))
    with pytest.raises(NothingUsable, match=r"Only 3 of 3 measurements .* at least 20 are needed"):
        stitch([few])
    sector = noisy_sector(0, 1.0, 1e-3)
    none = make_curve(sector.time_bjd, np.full(sector.flux.size, np.nan))
    with pytest.raises(NothingUsable, match="Only 0 of"):
        stitch([none])


@pytest.mark.parametrize("level", [0.0, -5.0])
def test_levels_that_cannot_be_divided_by_are_refused_with_the_reason(level: float) -> None:
    rng = np.random.default_rng(3)
    time = sector_times()
    bad = make_curve(time, level + 1e-3 * rng.standard_normal(time.size) - 1e-2)
    with pytest.raises(NothingUsable, match="not above zero"):
        stitch([bad])


def test_constant_flux_is_refused_alone_and_left_out_among_good_sectors() -> None:
    time = sector_times(1)
    constant = make_curve(time, np.full(time.size, 7.0), label="S2")
    with pytest.raises(NothingUsable, match="never changes"):
        stitch([constant])
    curve = stitch([noisy_sector(0, 50.0, 1e-3), constant])
    check_is_sound(curve)
    assert curve.labels == ("S1",)
    assert any("S2" in note for note in curve.notes)


def test_an_empty_sector_among_good_ones_does_no_harm() -> None:
    time = sector_times(1)
    empty = make_curve(time, np.full(time.size, np.nan), label="S2")
    curve = stitch([noisy_sector(0, 50.0, 1e-3), empty, noisy_sector(2, 5.0, 1e-3)])
    check_is_sound(curve)
    assert curve.labels == ("S1", "S3")


def test_wrong_gap_length_is_refused() -> None:
    with pytest.raises(ValueError, match="segment_gap_days"):
        stitch([noisy_sector(0, 1.0, 1e-3)], StitchSettings(segment_gap_days=0))


def test_inputs_are_not_changed() -> None:
    sector = noisy_sector(0, 50.0, 1e-3)
    before = sector.flux.copy()
    stitch([sector])
    assert np.array_equal(sector.flux, before)


def test_noise_of_averages_falls_as_the_root_of_time() -> None:
    rng = np.random.default_rng(4)
    time = sector_times(0, 2 / 1440)
    flux = 1 + 1e-3 * rng.standard_normal(time.size)
    hours = np.array([1.0, 4.0])
    noise = noise_by_duration(time, flux, np.ones(time.size, dtype=bool), hours / 24)
    assert noise == pytest.approx(1e-3 / np.sqrt(hours * 30), rel=0.12)


def test_noise_of_averages_sees_red_noise() -> None:
    time = sector_times(0, 2 / 1440)
    rng = np.random.default_rng(4)
    red = 5e-4 * np.sin(2 * np.pi * time / 0.8)
    flux = 1 + red + 1e-3 * rng.standard_normal(time.size)
    noise = noise_by_duration(time, flux, np.ones(time.size, dtype=bool), np.array([4 / 24]))
    assert noise[0] > 2.5e-4


def test_noise_of_nothing_is_nan() -> None:
    time = sector_times()
    assert np.isnan(noise_by_duration(time, np.ones(time.size), np.zeros(time.size, dtype=bool), np.array([0.1]))[0])


@st.composite
def ragged_curves(draw: st.DrawFn) -> list[LightCurve]:
    """Up to four curves with random gaps, repeated times, NaN, flags and sizes down to nothing."""
    curves = []
    for index in range(draw(st.integers(1, 4))):
        n_rows = draw(st.integers(0, 120))
        steps = draw(
            npst.arrays(np.float64, n_rows, elements=st.sampled_from([0.0, 0.0069, 0.0069, 0.0069, 0.3, 0.6, 5.0]))
        )
        seed = draw(st.integers(0, 2**31))
        rng = np.random.default_rng(seed)
        time = START_BJD + draw(st.floats(0, 30)) + np.cumsum(steps)
        flux = draw(st.sampled_from([1.0, 1e4, -2.0])) + draw(st.sampled_from([0.0, 0.1])) * rng.standard_normal(n_rows)
        flux[rng.random(n_rows) < draw(st.sampled_from([0.0, 0.3, 1.0]))] = np.nan
        quality = np.where(rng.random(n_rows) < 0.1, 32, 0)
        usable = (quality == 0) & np.isfinite(flux)
        curves.append(make_curve(time, flux, label=f"S{index}", quality=quality, usable=usable, cadence_days=0.0069))
    return curves


@settings(max_examples=150, deadline=None)
@given(
    ragged_curves(), st.sampled_from(["median", "mean", "running"]), st.sampled_from(["none", "interpolate", "model"])
)
def test_any_input_gives_a_sound_curve_or_a_sentence(curves: list[LightCurve], normalise: str, fill: str) -> None:
    try:
        curve = stitch(curves, StitchSettings(normalise=normalise, gap_fill=fill))  # type: ignore[arg-type]
    except NothingUsable:
        return  # the sentences are held by tests of their own
    check_is_sound(curve)
    assert curve.usable is not None
    assert np.count_nonzero(curve.usable) >= 20
