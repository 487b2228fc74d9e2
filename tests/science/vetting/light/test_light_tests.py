"""Every test of the light curve on a case that passes, one that fails and one that cannot be run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from science.stars import Value
from science.vetting.light.odd_even import odd_even_depth, odd_even_time
from science.vetting.light.orbit import physical_orbit, size
from science.vetting.light.repetition import consistent_events, near_gaps, single_event, steady_depth
from science.vetting.light.secondary import planet_light, secondary
from science.vetting.light.shape import symmetry, v_shape
from science.vetting.light.sine import sine
from science.vetting.light.strength import signal_strength, transit_model, valid_transits
from science.vetting.light.table import TESTS, vet_light
from science.vetting.light.uniqueness import shape_sign, unique_in_phase, unique_locally
from science.vetting.light.verdict import PUBLISHED
from science.vetting.light.workings import Workings
from science.vetting.results import Finding
from tests.science.vetting.light.simulated_light import (
    CADENCE,
    DEPTH,
    EPOCH,
    NOISE,
    PERIOD,
    START,
    SUN,
    UNKNOWN,
    by_hand,
    crossing,
    evidence_of,
    light,
    ramp,
    shifted,
    wave,
    workings,
)

LIGHT_TESTS = tuple(test for test in TESTS if test.name != "camera_rhythm")


def one_dip(time: np.ndarray) -> np.ndarray:
    return np.abs(time - EPOCH) < 0.6 * PERIOD


def dip_numbers(factor):
    """Factor per transit number as an effect's `which`."""
    return lambda number: np.vectorize(factor)(number).astype(float)


@pytest.fixture(scope="module")
def planet() -> Workings:
    return workings(crossing())


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return {f.name: f for f in vet_light(light(crossing()))}


def test_a_planet_passes_everything(findings: dict[str, Finding]) -> None:
    assert {f.name: f.reason for f in findings.values() if f.outcome in ("fail", "warn")} == {}
    ran = [test.name for test in LIGHT_TESTS if findings[test.name].outcome == "pass"]
    assert ran == [test.name for test in LIGHT_TESTS]


def test_every_finding_is_told_with_numbers_and_a_small_picture(findings: dict[str, Finding]) -> None:
    for test in LIGHT_TESTS:
        found = findings[test.name]
        assert found.reason.endswith(".")
        assert "!" not in found.reason
        assert "nan" not in found.reason
        assert any(c.isdigit() for c in found.reason)
        assert found.value is not None
        assert np.isfinite(found.value)
        assert found.numbers[PUBLISHED] == 0.0
        assert found.windows_bjd.ndim == 2
        for series in found.picture.series if found.picture else ():
            assert series.x.shape == series.y.shape
            assert series.x.size <= 60
            assert np.isfinite(series.y).all()


def test_keys_are_unique_and_answers_come_in_table_order(findings: dict[str, Finding]) -> None:
    assert len({test.name for test in TESTS}) == len(TESTS)
    assert list(findings) == [test.name for test in TESTS]


# --- strength ---


def test_signal_strength_fails_in_noise(planet: Workings) -> None:
    assert signal_strength(planet).value == pytest.approx(DEPTH * 0.93 / planet.depth_err, rel=0.1)
    noise = signal_strength(workings(refit=False))
    assert noise.outcome == "fail"
    assert noise.fault == "noise"
    assert noise.value < 6.2


def test_valid_transits_drops_a_dip_upside_down_and_gaps() -> None:
    flipped = workings(crossing(which=dip_numbers(lambda n: -1.0 if n in (1, 2) else 1.0)))
    assert flipped.events.kept == flipped.n_transits - 2
    gone = workings(
        crossing(),
        keep=lambda t: ~((np.abs(np.mod(t - EPOCH + PERIOD / 2, PERIOD) - PERIOD / 2 - 0.2) < 0.18) & (t > START + 5)),
        refit=False,
    )
    assert gone.events.kept <= 2
    assert valid_transits(gone).outcome in ("warn", "fail")
    assert valid_transits(gone).numbers[PUBLISHED] == 1.0


def test_two_dips_are_too_few_but_no_fault() -> None:
    found = valid_transits(workings(crossing(), keep=lambda t: t < EPOCH + 1.4 * PERIOD))
    assert found.outcome == "warn"
    assert "two dips" in found.reason


def test_transit_model_against_a_line(planet: Workings) -> None:
    assert transit_model(planet).numbers["aic_difference"] < -300
    assert transit_model(workings(refit=False)).outcome == "fail"


def test_shape_sign_fails_where_the_light_rises(planet: Workings) -> None:
    assert shape_sign(planet).value < 0.3
    risen = shape_sign(workings(crossing(-DEPTH), refit=False))
    assert risen.outcome == "fail"
    assert risen.value > 0.6


# --- uniqueness ---


def test_unique_in_phase_sees_three_equal_dips() -> None:
    third = PERIOD / 3.1
    many = workings(crossing(), crossing(epoch=EPOCH + third), crossing(epoch=EPOCH + 2 * third), noise=1e-4)
    found = unique_in_phase(many)
    assert found.outcome == "fail"
    assert found.numbers["ms2"] < 0.8
    assert found.windows_bjd.shape[0] > 3


def test_unique_in_phase_sees_a_rise() -> None:
    assert unique_in_phase(workings(crossing(), crossing(-DEPTH, epoch=EPOCH + 0.9))).numbers["ms3"] < 0.8


def test_unique_in_phase_needs_light_elsewhere() -> None:
    near = workings(crossing(), keep=lambda t: np.abs(np.mod(t - EPOCH + 1.3, PERIOD) - 1.3) < 0.24)
    assert unique_in_phase(near).outcome == "not_run"


def test_unique_locally_sees_a_twin_beside_the_dip() -> None:
    alone = {"keep": lambda t: t < EPOCH + 3.4 * PERIOD}
    assert unique_locally(workings(crossing(), **alone)).outcome == "pass"
    far = unique_locally(workings(crossing(), crossing(epoch=EPOCH + 0.2), noise=1e-4, **alone))
    assert (far.outcome, far.numbers["published_rule_fails"]) == ("warn", 1.0)
    found = unique_locally(workings(crossing(), crossing(epoch=EPOCH + 0.15), noise=1e-4, **alone))
    assert found.outcome == "fail"
    assert found.value < far.value


# --- repetition ---


def test_one_strong_dip_among_weak_ones_is_noticed() -> None:
    lonely = workings(crossing(4 * DEPTH, which=dip_numbers(lambda n: 1.0 if n == 2 else 0.02)), refit=False)
    assert steady_depth(lonely).outcome == "fail"
    assert single_event(lonely).outcome == "fail"
    assert consistent_events(lonely).outcome == "fail"
    mid = EPOCH + 2 * PERIOD
    start, stop = single_event(lonely).windows_bjd[0]
    assert start < mid < stop


def test_a_single_dip_cannot_be_compared() -> None:
    alone = workings(crossing(), keep=one_dip, refit=False)
    for test in (steady_depth, single_event, consistent_events, odd_even_depth, odd_even_time):
        assert test(alone).outcome == "not_run"


def test_near_gaps_counts_dips_beside_gaps() -> None:
    keep = lambda t: ~((np.mod(t - EPOCH, PERIOD) > 0.15) & (np.mod(t - EPOCH, PERIOD) < 0.6))  # noqa: E731
    beside = near_gaps(workings(crossing(), keep=keep))
    assert beside.value == 1.0
    assert beside.outcome == "fail"
    assert beside.fault == "systematic"
    assert near_gaps(workings(crossing())).value < 0.2
    assert near_gaps(workings(crossing(), keep=one_dip, refit=False)).outcome in ("pass", "warn")


# --- two stars ---


def test_odd_even_depth_of_two_unequal_stars() -> None:
    binary = workings(crossing(which=dip_numbers(lambda n: 1.0 if n % 2 else 0.7)))
    found = odd_even_depth(binary)
    assert found.outcome == "fail"
    assert found.fault == "eclipsing_binary"
    assert found.numbers["difference_share"] == pytest.approx(0.35, abs=0.05)
    assert {s.style for s in found.picture.series} == {"odd", "even"}
    deep = found.windows_bjd.mean(axis=1)
    assert np.all(np.round((deep - EPOCH) / PERIOD) % 2 == 1)


def test_a_formal_difference_of_two_per_cent_is_no_binary() -> None:
    precise = workings(crossing(which=dip_numbers(lambda n: 1.0 if n % 2 else 0.97)), noise=2e-5)
    found = odd_even_depth(precise)
    assert found.numbers[PUBLISHED] == 1.0
    assert found.outcome == "warn"
    assert "per" not in found.reason or "%" in found.reason


def test_odd_even_time_of_an_oval_orbit() -> None:
    late = workings(crossing(period=2 * PERIOD), crossing(period=2 * PERIOD, epoch=EPOCH + PERIOD + 0.03))
    found = odd_even_time(late)
    assert found.outcome == "fail"
    assert abs(found.numbers["shift_minutes"]) == pytest.approx(0.03 * 1440, rel=0.15)


def test_secondary_of_a_star_at_any_phase() -> None:
    binary = workings(crossing(0.02, k=0.14), crossing(0.004, epoch=EPOCH + 0.3 * PERIOD))
    found = secondary(binary)
    assert found.outcome == "fail"
    assert found.numbers["secondary_phase"] == pytest.approx(0.3, abs=0.02)
    assert found.numbers["secondary_depth_ppm"] == pytest.approx(4000, rel=0.2)
    assert found.windows_bjd.mean(axis=1)[0] - EPOCH == pytest.approx(0.3 * PERIOD % PERIOD, abs=PERIOD * 9)


def test_secondary_of_a_hot_planet_is_allowed() -> None:
    planet = {"period": 1.0, "duration": 0.11}
    hot = workings(
        crossing(0.015, k=0.115, **planet),
        crossing(4e-4, epoch=EPOCH + 0.5, **planet),
        noise=1e-4,
        ephemeris=(1.0, EPOCH, 0.11),
    )
    found = secondary(hot)
    assert found.numbers["secondary_sigma"] > 15
    assert found.outcome in ("pass", "warn")
    reflected, glow = planet_light(hot)
    assert reflected == pytest.approx((0.115 / 4.2) ** 2, rel=0.1)
    assert 0 < glow < 0.1 * 0.115**2
    assert secondary(Workings(replace(hot.evidence, star=UNKNOWN))).outcome != "fail"


def test_secondary_needs_light_elsewhere() -> None:
    near = workings(crossing(), keep=lambda t: np.abs(np.mod(t - EPOCH + 1.3, PERIOD) - 1.3) < 0.24)
    assert secondary(near).outcome == "not_run"


# --- shape, orbit, size ---


def test_v_shape_of_a_grazing_star(planet: Workings) -> None:
    flat = v_shape(planet)
    assert flat.outcome == "pass"
    assert flat.numbers["chance_star_sized"] < 0.05
    pointed = v_shape(workings(crossing(0.06, b=1.15, k=0.6, duration=0.1), noise=1e-4))
    assert pointed.outcome == "fail"
    assert pointed.fault == "eclipsing_binary"
    assert v_shape(workings(crossing(-DEPTH), refit=False)).outcome == "not_run"


def test_symmetry_of_a_comet(planet: Workings) -> None:
    assert symmetry(planet).value < 5
    comet = symmetry(workings(ramp(8e-3), noise=1e-4, refit=False))
    assert comet.outcome == "fail"
    assert symmetry(workings(crossing(-DEPTH), refit=False)).outcome == "not_run"


def test_physical_orbit_of_a_dip_too_long() -> None:
    long = physical_orbit(workings(crossing(duration=0.5), ephemeris=(PERIOD, EPOCH, 0.5)))
    assert long.outcome == "fail"
    assert "hours" in long.reason
    giant = replace(SUN, radius_sun=Value(3.0, 0.1, "simulated"))
    assert physical_orbit(workings(crossing(duration=0.5), star=giant)).numbers["expected_over_measured_duration"] > 0.6


def test_a_dip_as_long_as_its_orbit_fails_by_that_alone() -> None:
    found = {f.name: f for f in vet_light(light(wave(0.5, 0.05), ephemeris=(0.5, EPOCH, 0.25), refit=False))}
    assert found["physical_orbit"].outcome == "fail"


def test_size_of_a_star_and_of_an_unknown_star(planet: Workings) -> None:
    assert size(planet).value == pytest.approx(109.2 * 0.054, rel=0.08)
    large = size(workings(crossing(0.06, k=0.23, b=0.1), noise=1e-4))
    assert large.outcome == "fail"
    assert large.fault == "too_large"
    unknown = size(Workings(replace(planet.evidence, star=UNKNOWN)))
    assert unknown.outcome == "not_run"
    assert unknown.value is None


def test_sine_of_a_star_that_waves(planet: Workings) -> None:
    assert sine(planet).value < 8
    waving = sine(workings(wave(PERIOD, -3e-3), refit=False))
    assert waving.outcome == "fail"
    assert waving.fault == "variability"
    assert waving.numbers["sine_amplitude_ppm"] == pytest.approx(3000, rel=0.05)
    ripple = sine(workings(crossing(0.01, k=0.1), wave(PERIOD, 3e-4)))
    assert ripple.numbers[PUBLISHED] == 1.0
    assert ripple.outcome == "warn"


# --- properties and bad input ---


def test_a_constant_added_and_errors_scaled_change_nothing(planet: Workings) -> None:
    base = {f.name: f for f in vet_light(planet.evidence)}
    moved = {f.name: f for f in vet_light(shifted(planet.evidence, 0.02))}
    scaled = {f.name: f for f in vet_light(replace(planet.evidence, flux_err=3 * planet.evidence.flux_err))}
    for name, found in base.items():
        assert moved[name].outcome == found.outcome
        assert scaled[name].outcome == found.outcome
    for name in ("signal_strength", "odd_even_depth", "unique_in_phase", "shape_sign", "steady_depth"):
        assert moved[name].value == pytest.approx(base[name].value, rel=1e-3, abs=1e-3)
        assert scaled[name].value == pytest.approx(base[name].value, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(
    "ephemeris",
    [
        (400.0, EPOCH, 0.3),
        (400.0, EPOCH + 200.0, 0.3),
        (PERIOD, EPOCH, 1.3),
        (0.02, EPOCH, 0.008),
        (PERIOD, EPOCH, 0.001),
    ],
)
def test_odd_ephemerides_end_no_run(ephemeris: tuple[float, float, float]) -> None:
    found = vet_light(light(crossing(), ephemeris=ephemeris, refit=False))
    assert len(found) == len(TESTS)
    assert all(f.reason for f in found)
    assert all(f.value is None for f in found if f.outcome == "not_run")


def test_few_points_and_strange_light_end_no_run() -> None:
    time = START + CADENCE * np.arange(30)
    for flux in (np.ones(30), np.linspace(1, 1.1, 30), np.where(np.arange(30) < 15, 1.0, 0.0)):
        dip = by_hand(0.1, START + 0.05, 0.03)
        found = vet_light(evidence_of(time, flux, np.full(30, NOISE), dip, UNKNOWN))
        assert len(found) == len(TESTS)
    short = vet_light(evidence_of(time[:12], np.ones(12), np.full(12, NOISE), by_hand(0.1, START, 0.03), SUN))
    assert all(f.outcome == "not_run" for f in short)


def test_a_weak_signal_is_not_called_inconsistent_for_its_weakness() -> None:
    weak = workings(crossing(depth=1.5e-4), span=80.0, noise=5e-4, seed=4)
    found = consistent_events(weak)
    assert found.value is not None
    assert found.value < 7.8
    assert found.numbers[PUBLISHED] == 1.0
    assert found.numbers["chance_of_scatter"] > 0.01
    assert found.outcome == "warn"
    assert "only weak" in found.reason
