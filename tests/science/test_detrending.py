"""Detrending: drifts and rhythms go, dips stay, edges stay flat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.formats import read
from science.detrending import DetrendSettings, detrend
from science.lightcurve import DetrendedCurve, LightCurve
from science.noise import noise_by_duration
from science.stitching import NothingUsable, stitch
from tests.science.light_curves import START_BJD, box_dips, make_curve, sector_times
from tests.science.test_stitching import ragged_curves

FAST = 2 / 1440


def star(
    *,
    n_sectors: int = 2,
    noise: float = 5e-4,
    cadence_days: float = 10 / 1440,
    drift: float = 0.0,
    rotation: tuple[float, float] | None = None,
    dips: tuple[float, float, float] | None = None,
    seed: int = 0,
) -> list[LightCurve]:
    """Sectors of a star; `rotation` = (period, semi-amplitude), `dips` = (period, duration, depth), epoch day 1.1."""
    rng = np.random.default_rng(seed)
    curves = []
    for index in range(n_sectors):
        time = sector_times(index, cadence_days)
        day = time - START_BJD
        flux = 1 + drift * np.sin(2 * np.pi * day / 9.0)
        if rotation:
            period, amplitude = rotation
            flux = flux + amplitude * (
                np.sin(2 * np.pi * day / period) + 0.4 * np.sin(4 * np.pi * day / period + index)
            )
        if dips:
            flux = flux * box_dips(time, dips[0], START_BJD + 1.1, dips[1], dips[2])
        flux = flux * (1 + noise * rng.standard_normal(time.size))
        curves.append(make_curve(time, 1000 * flux, label=f"S{index + 1}"))
    return curves


def depth_of(result: DetrendedCurve, period: float, duration: float) -> float:
    """Depth of the dips of `star` by least squares over the used rows."""
    time = result.curve.time_bjd[result.use]
    model = 1 - box_dips(time, period, START_BJD + 1.1, duration, 1.0)
    around = model - model.mean()
    return -float(np.sum(around * result.flux[result.use]) / np.sum(around**2))


def test_drifts_go_and_flux_is_raw_over_trend() -> None:
    curve = stitch(star(drift=0.01))
    result = detrend(curve)
    assert result.flux == pytest.approx(curve.flux / result.trend)
    assert np.std(result.flux[result.use]) == pytest.approx(5e-4, rel=0.05)
    assert result.method == "biweight"
    assert result.use.mean() > 0.995


@pytest.mark.parametrize("duration_hours", [1, 3, 8])
def test_masked_transits_keep_their_depth(duration_hours: int) -> None:
    duration = duration_hours / 24
    dips = (4.3, duration, 5e-4)
    settings_ = DetrendSettings(longest_duration_days=1 / 3, masks=((4.3, START_BJD + 1.1, duration),))
    bias = []
    for seed in range(4):
        deep = detrend(stitch(star(drift=0.003, dips=dips, seed=seed)), settings_)
        flat = detrend(stitch(star(drift=0.003, seed=seed)), settings_)
        bias.append((depth_of(deep, 4.3, duration) - depth_of(flat, 4.3, duration)) / 5e-4 - 1)
    assert abs(np.mean(bias)) < 0.02


def test_deep_transits_survive_without_a_mask() -> None:
    result = detrend(stitch(star(dips=(3.3, 0.12, 0.01), drift=0.005)))
    assert depth_of(result, 3.3, 0.12) == pytest.approx(0.01, rel=0.02)


def test_a_fast_rotator_is_flattened_and_its_planet_kept() -> None:
    planet = (1.239, 0.03, 2.2e-3)
    rotation = (0.7265, 2e-3)
    with_planet = stitch(star(n_sectors=3, noise=1e-3, rotation=rotation, dips=planet))
    result = detrend(with_planet)
    assert result.variability_period_days == pytest.approx(0.7265, rel=5e-3)
    assert result.variability_amplitude == pytest.approx(2e-3, rel=0.15)
    out = result.use & (box_dips(result.curve.time_bjd, 1.239, START_BJD + 1.1, 0.04, 1.0) == 1)
    assert np.std(result.flux[out]) == pytest.approx(1e-3, rel=0.06)
    # Against the same star without the rotation: what the whitening itself takes from the transits.
    still = detrend(stitch(star(n_sectors=3, noise=1e-3, dips=planet)))
    assert depth_of(result, 1.239, 0.03) == pytest.approx(depth_of(still, 1.239, 0.03), rel=0.05)


def test_without_whitening_that_rotator_would_drown_the_planet() -> None:
    curve = stitch(star(n_sectors=3, noise=1e-3, rotation=(0.7265, 2e-3)))
    hours = np.array([1 / 24])
    flat = detrend(curve)
    raw = noise_by_duration(curve.time_bjd, curve.flux, flat.use, hours)[0]
    assert noise_by_duration(curve.time_bjd, flat.flux, flat.use, hours)[0] < 0.3 * raw


def test_pulsation_with_several_frequencies_goes() -> None:
    curves = star(n_sectors=1, noise=3e-4)
    time = curves[0].time_bjd
    for period, amplitude in ((0.061, 4e-3), (0.083, 2e-3), (0.21, 1e-3), (0.9, 1e-3)):
        curves[0].flux[:] += 1000 * amplitude * np.sin(2 * np.pi * time / period)
    result = detrend(stitch(curves))
    assert result.variability_period_days == pytest.approx(0.061, rel=2e-3)
    assert np.std(result.flux[result.use]) < 4e-4


def test_errors_are_measured_anew_under_a_pulsation() -> None:
    curves = star(n_sectors=1, noise=3e-4, cadence_days=30 / 1440)
    curves[0].flux[:] += 1000 * 1e-2 * np.sin(2 * np.pi * curves[0].time_bjd / 0.11)
    stitched = stitch(curves)
    assert stitched.segments[0].noise > 1e-3
    result = detrend(stitched)
    assert result.curve.segments[0].noise == pytest.approx(3e-4, rel=0.2)
    assert result.curve.flux_err[0] == result.curve.segments[0].noise


@pytest.mark.parametrize(
    ("period", "duration", "depth"),
    [(0.55, 0.06, 3e-3), (0.71, 0.08, 0.02), (1.3, 0.12, 0.3), (1.5, 0.1, 0.015)],
    ids=["usp", "hot Jupiter", "eclipsing binary", "WASP"],
)
def test_short_transits_and_eclipses_are_not_whitened_away(period: float, duration: float, depth: float) -> None:
    result = detrend(stitch(star(dips=(period, duration, depth))))
    assert result.variability_period_days is None
    # Three windows of a transit leave nine tenths of a shallow dip; nothing more may be lost.
    assert depth_of(result, period, duration) > 0.85 * depth


def test_transits_on_a_pulsating_star_survive() -> None:
    curves = star(n_sectors=2, noise=3e-4, dips=(1.22, 0.11, 0.01))
    for curve in curves:
        curve.flux[:] += 1000 * 1.5e-3 * np.sin(2 * np.pi * curve.time_bjd / 0.0475 * 0.7)
    result = detrend(stitch(curves))
    assert depth_of(result, 1.22, 0.11) > 0.85 * 0.01


def test_a_close_binary_keeps_its_eclipses() -> None:
    curves = star(n_sectors=1, noise=1e-3)
    time = curves[0].time_bjd
    phase = ((time - START_BJD) / 0.62) % 1.0
    primary = np.exp(-0.5 * ((phase - 0.25) / 0.05) ** 2)
    secondary = np.exp(-0.5 * ((phase - 0.75) / 0.05) ** 2)
    curves[0].flux[:] *= 1 - 0.35 * primary - 0.3 * secondary - 0.02 * np.cos(4 * np.pi * phase + np.pi)
    result = detrend(stitch(curves))
    in_eclipse = np.abs(phase[result.use] - 0.25) < 0.01
    assert np.median(result.flux[result.use][in_eclipse]) < 0.8
    assert any("eclipse" in note for note in result.notes) or result.variability_period_days is None


def test_steep_edges_leave_no_artefact() -> None:
    curves = star(n_sectors=3, noise=2e-4, cadence_days=FAST)
    for curve in curves:
        day = curve.time_bjd - curve.time_bjd[0]
        for start in (0.0, 14.0):
            after = np.where(day >= start - 0.01, day - start, np.inf)
            curve.flux[:] *= 1 + 0.01 * np.exp(-after / 0.3)
    result = detrend(stitch(curves))
    assert result.use.mean() > 0.93
    for segment in result.curve.segments:
        rows = np.arange(segment.start, segment.stop)
        rows = rows[result.use[rows]]
        for end in (rows[:45], rows[-45:]):  # an hour and a half of 2-min data
            assert abs(np.mean(result.flux[end]) - 1) < 4.5 * 2e-4 / np.sqrt(45) + 1e-4


@pytest.mark.parametrize("slope", [0.02, -0.02])
def test_a_slope_stays_straight_up_to_the_edge(slope: float) -> None:
    curves = star(n_sectors=1, noise=1e-4, cadence_days=FAST)
    day = curves[0].time_bjd - START_BJD
    curves[0].flux[:] *= 1 + slope * (day - 13.5) / 13.5
    result = detrend(stitch(curves))
    for segment in result.curve.segments:
        for end in (slice(segment.start, segment.start + 60), slice(segment.stop - 60, segment.stop)):
            assert result.use[end].mean() > 0.9
            assert abs(np.mean(result.flux[end]) - 1) < 8e-5


@pytest.mark.parametrize("hours_after_gap", [1.5, 2.5, 4.0])
def test_a_transit_just_after_a_gap_is_no_bend(hours_after_gap: float) -> None:
    curves = star(n_sectors=1, noise=3e-4, cadence_days=FAST)
    middle = START_BJD + 14.0 + hours_after_gap / 24
    curves[0].flux[:] *= box_dips(curves[0].time_bjd, 1e4, middle, 2 / 24, 8e-3)
    result = detrend(stitch(curves))
    inside = np.abs(result.curve.time_bjd - middle) < 0.8 / 24
    assert result.use[inside].mean() > 0.9
    assert np.median(result.flux[inside]) < 1 - 5e-3


def test_a_transit_at_the_very_edge_is_not_taken_for_the_trend() -> None:
    curves = star(n_sectors=1, noise=3e-4, drift=0.004)
    middle = START_BJD + 14.0 + 0.06
    curves[0].flux[:] *= box_dips(curves[0].time_bjd, 1e4, middle, 0.12, 8e-3)
    result = detrend(stitch(curves))
    inside = np.abs(result.curve.time_bjd - middle) < 0.045
    assert np.mean(result.flux[inside]) == pytest.approx(1 - 8e-3, abs=1e-3)


def test_slow_rotation_is_named_though_the_average_removes_it() -> None:
    curves = star(n_sectors=2)
    for curve in curves:
        curve.flux[:] *= 1 + 0.01 * np.sin(2 * np.pi * curve.time_bjd / 4.86)
    result = detrend(stitch(curves))
    assert result.variability_period_days == pytest.approx(4.86, rel=0.04)
    assert result.variability_amplitude == pytest.approx(0.01, rel=0.15)
    assert np.std(result.flux[result.use]) < 6e-4
    assert detrend(stitch(star())).variability_period_days is None


def test_stray_light_that_outshines_the_star_is_left_out() -> None:
    curves = star(n_sectors=2, noise=1e-2)
    day = curves[1].time_bjd - curves[1].time_bjd[0]
    curves[1].flux[:] += 1000 * 40 * np.exp(-day / 0.2)
    result = detrend(stitch(curves))
    second = result.curve.sector == 1
    bright = second & (result.curve.flux > 1.3)
    assert bright.sum() > 50
    assert not np.any(result.use & bright)
    assert result.use[second].mean() > 0.9
    assert any("outshines" in note for note in result.notes)
    assert abs(np.mean(result.flux[result.use & second]) - 1) < 1e-3


def test_flares_leave_the_search_and_dips_do_not() -> None:
    curves = star(n_sectors=1, noise=1e-3, cadence_days=FAST, dips=(5.0, 0.02, 0.01))
    time = curves[0].time_bjd
    age = time - START_BJD - 3.0
    curves[0].flux[:] += 1000 * np.where(age >= 0, 0.1 * np.exp(-age / 0.02), 0)
    curves[0].flux[5000] -= 1000 * 0.05
    result = detrend(stitch(curves))
    flare = (age >= 0) & (age < 0.05)
    assert not result.use[flare].any()
    dip = box_dips(time, 5.0, START_BJD + 1.1, 0.02, 1.0) < 1
    assert result.use[dip].mean() > 0.95
    assert not result.use[5000]


def test_hidden_ranges_and_flagged_rows_are_not_used() -> None:
    curves = star(n_sectors=1)
    curves[0].usable[1500:1520] = False
    hidden = ((START_BJD + 2.0, START_BJD + 3.0), (START_BJD + 6.0, START_BJD + 5.5))
    result = detrend(stitch(curves), DetrendSettings(hidden=hidden))
    day = result.curve.time_bjd - START_BJD
    assert not result.use[(day >= 2) & (day <= 3)].any()
    assert not result.use[(day >= 5.5) & (day <= 6)].any()
    assert not result.use[1500:1520].any()
    assert result.use[(day > 3.1) & (day < 5.4)].mean() > 0.98
    assert np.all(np.isfinite(result.flux[(day >= 2) & (day <= 3)]))


def test_hiding_everything_is_refused_with_a_sentence() -> None:
    hidden = ((START_BJD - 1, START_BJD + 100),)
    with pytest.raises(NothingUsable, match="at least 20 are needed"):
        detrend(stitch(star()), DetrendSettings(hidden=hidden))


def test_no_detrending_keeps_the_flux() -> None:
    curve = stitch(star(drift=0.01))
    result = detrend(curve, DetrendSettings(method="none"))
    assert np.array_equal(result.flux, curve.flux)
    assert np.all(result.trend == 1)
    assert result.method == "none"


def test_a_given_window_is_kept_and_the_default_is_at_least_three_durations() -> None:
    curve = stitch(star())
    assert detrend(curve, DetrendSettings(window_days=0.77)).window_days == 0.77
    assert detrend(curve, DetrendSettings(longest_duration_days=0.2)).window_days >= 0.6
    quiet = detrend(curve, DetrendSettings(longest_duration_days=0.2)).window_days
    drifting = stitch(star(n_sectors=2, noise=1e-4, drift=0.0))
    day = drifting.time_bjd - START_BJD
    drifting.flux[:] *= 1 + 0.01 * np.sin(2 * np.pi * day / 2.4)
    assert detrend(drifting, DetrendSettings(longest_duration_days=0.2)).window_days < quiet


@pytest.mark.parametrize("settings_", [DetrendSettings(window_days=0), DetrendSettings(longest_duration_days=-1)])
def test_impossible_settings_are_refused(settings_: DetrendSettings) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        detrend(stitch(star(n_sectors=1)), settings_)


def test_inputs_are_not_changed_and_results_repeat() -> None:
    curve = stitch(star(n_sectors=1, rotation=(0.7, 3e-3)))
    before = curve.flux.copy()
    first, second = detrend(curve), detrend(curve)
    assert np.array_equal(curve.flux, before)
    assert np.array_equal(first.flux, second.flux)
    assert np.array_equal(first.use, second.use)


def test_the_real_rotator_toi_540_is_flattened_and_its_planet_stays(realdata: Path) -> None:
    found = read(realdata / "lightcurves/multisector/toi540_tess_2min_s4_s5_s6.npz").curves
    result = detrend(stitch(found))
    assert result.variability_period_days == pytest.approx(0.7265, rel=3e-3)
    curve = result.curve
    hour = np.array([1 / 24])
    raw = noise_by_duration(curve.time_bjd, curve.flux, result.use, hour)[0]
    assert noise_by_duration(curve.time_bjd, result.flux, result.use, hour)[0] < 0.4 * raw
    phase = (curve.time_bjd - 2458411.82601 + 0.5 * 1.239149) % 1.239149 - 0.5 * 1.239149
    inside = result.use & (np.abs(phase) < 0.007)
    outside = result.use & (np.abs(phase) > 0.02) & (np.abs(phase) < 0.08)
    depth = np.median(result.flux[outside]) - np.mean(result.flux[inside])
    assert depth == pytest.approx(1.85e-3, abs=3e-4)


def test_the_real_flare_star_au_mic_turns_in_five_days(realdata: Path) -> None:
    found = read(realdata / "lightcurves/multisector/aumic_tess_s1_clean.npz").curves
    result = detrend(stitch(found))
    assert result.variability_period_days == pytest.approx(4.86, rel=0.03)
    assert 0.9 < result.use.sum() / np.count_nonzero(found[0].usable) < 0.995


@settings(max_examples=80, deadline=None)
@given(ragged_curves())
def test_any_stitched_curve_can_be_detrended_or_is_refused(curves: list[LightCurve]) -> None:
    try:
        curve = stitch(curves)
        result = detrend(curve, DetrendSettings(longest_duration_days=0.1))
    except NothingUsable:
        return
    n_rows = curve.time_bjd.size
    assert result.flux.shape == result.trend.shape == result.use.shape == (n_rows,)
    assert np.all(np.isfinite(result.trend))
    assert np.all(result.trend > 0)
    assert np.all(np.isfinite(result.flux[result.use]))
    assert np.count_nonzero(result.use) >= 20


@pytest.mark.filterwarnings("error")
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 0.98), st.sampled_from([1e-5, 1e-3, 0.05, 0.5, 3.0]), st.booleans())
def test_lost_rows_and_wild_values_are_survived(seed: int, lost: float, noise: float, spikes: bool) -> None:
    rng = np.random.default_rng(seed)
    curves = star(n_sectors=2, noise=noise, seed=seed)
    for curve in curves:
        gone = rng.random(curve.flux.size) < lost
        curve.flux[gone] = np.nan
        curve.usable[gone] = False
        if spikes:
            curve.flux[rng.integers(0, curve.flux.size, 20)] *= rng.choice([1e6, -1e6, 0.0, 1e-9], 20)
    try:
        result = detrend(stitch(curves))
    except NothingUsable:
        return
    assert np.all(np.isfinite(result.trend))
    assert np.all(result.trend > 0)
    assert np.all(np.isfinite(result.flux[result.use]))
