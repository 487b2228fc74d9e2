"""Whole searches on simulated curves: what must be found, and what must not be called a planet."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

from science.search.find import find_signals
from science.search.results import Engine, SearchSettings
from science.stars import Star, Value

sys.path.insert(0, str(Path(__file__).parent))
from simulated import START, curve, dips, wave

QUICK = SearchSettings(fap_trials=0, oversampling=2, duration_step=1.25, max_signals=2)
SUN = Star(radius_sun=Value(1.0, 0.05, "test"), mass_sun=Value(1.0, 0.05, "test"))


def test_two_planets_are_found_strongest_first() -> None:
    light = curve(dips(4.31, START + 1.2, 0.14, 1.6e-3), dips(7.77, START + 3.0, 0.16, 1.2e-3))
    result = find_signals(light, SUN, QUICK)
    assert [s.kind for s in result.signals] == ["dip", "dip"]
    assert [s.index for s in result.signals] == [1, 2]
    first, second = (s.measurement for s in result.signals)
    assert first.period_days == pytest.approx(4.31, rel=1e-3)
    assert second.period_days == pytest.approx(7.77, rel=1e-3)
    assert first.depth == pytest.approx(1.6e-3, rel=0.12)
    assert len(result.periodograms) >= 2
    assert all(s.convincing and s.false_alarm.probability <= 0.01 for s in result.signals)


def test_noise_gives_nothing_and_says_why() -> None:
    result = find_signals(curve(seed=4), SUN, QUICK)
    assert result.signals == ()
    assert result.best_rejected is not None
    assert not result.best_rejected.convincing
    assert result.best_rejected.reasons


def test_dips_in_points_that_may_not_be_used_are_not_seen() -> None:
    light = curve(dips(4.31, START + 1.2, 0.14, 1.6e-3))
    light.use[:] = ~(np.abs((light.curve.time_bjd - START - 1.2 + 2.155) % 4.31 - 2.155) < 0.1)
    assert find_signals(light, SUN, QUICK).signals == ()


def test_a_period_found_at_twice_its_value_is_halved_below_the_grid() -> None:
    light = curve(dips(0.44, START + 0.1, 0.05, 1.5e-3))
    result = find_signals(light, SUN, QUICK)
    assert result.signals[0].measurement.period_days == pytest.approx(0.44, rel=1e-3)


def test_two_dips_further_apart_than_any_period_searched_are_not_three_of_half_the_distance() -> None:
    light = curve(dips(14.7, START + 3.0, 0.2, 2.5e-3))
    found = find_signals(light, SUN, QUICK).signals[0].measurement
    assert found.period_days == pytest.approx(14.7, rel=1e-3)
    assert found.n_transits == 2
    three = curve(dips(9.5, START + 2.0, 0.2, 2.5e-3))
    assert find_signals(three, SUN, QUICK).signals[0].measurement.n_transits == 3


def test_unequal_eclipses_are_a_binary_of_twice_the_period() -> None:
    light = curve(dips(3.0, START + 1.0, 0.15, 6e-3), dips(6.0, START + 1.0, 0.15, 3e-3))
    result = find_signals(light, SUN, QUICK)
    assert result.signals == ()
    rejected = result.best_rejected
    assert rejected is not None
    assert rejected.kind == "binary"
    assert any(abs(p / 6.0 - 1) < 1e-3 for p in (*rejected.aliases_days, rejected.measurement.period_days))


def test_a_second_eclipse_is_a_binary() -> None:
    light = curve(dips(3.0, START + 1.0, 0.15, 6e-3), dips(3.0, START + 2.5, 0.15, 2e-3))
    rejected = find_signals(light, SUN, QUICK).best_rejected
    assert rejected is not None
    assert rejected.kind == "binary"


def test_a_dip_too_deep_for_the_star_is_a_binary_but_not_on_a_red_dwarf() -> None:
    light = curve(dips(3.0, START + 1.0, 0.09, 0.09))
    dwarf = Star(radius_sun=Value(0.35, 0.02, "test"), mass_sun=Value(0.35, 0.02, "test"))
    rejected = find_signals(light, SUN, QUICK).best_rejected
    assert rejected is not None
    assert rejected.kind == "binary"
    assert find_signals(light, dwarf, QUICK).signals[0].kind == "dip"


@pytest.mark.parametrize("period", [0.73, 1.9])
def test_rotation_is_not_a_planet(period: float) -> None:
    light = curve(wave(period, 2e-3), wave(period / 2, 8e-4))
    result = find_signals(light, SUN, QUICK)
    assert result.signals == ()


def test_a_planet_under_rotation_is_found() -> None:
    light = curve(wave(0.73, 2e-3), dips(1.24, START + 0.3, 0.05, 2.5e-3))
    result = find_signals(light, SUN, QUICK)
    assert [round(s.measurement.period_days, 2) for s in result.signals] == [1.24]


def test_pulsation_is_not_a_planet() -> None:
    light = curve(*(wave(1 / f, a) for f, a in ((11.3, 2e-3), (13.9, 1.5e-3), (17.13, 1.2e-3), (9.7, 1e-3))))
    assert find_signals(light, SUN, QUICK).signals == ()


def test_one_glitch_is_not_a_planet() -> None:
    light = curve(dips(200.0, START + 5.0, 0.2, 8e-3), noise=4e-4)
    assert find_signals(light, SUN, QUICK).signals == ()


def test_dips_at_the_edges_of_gaps_are_systematic() -> None:
    settings = SearchSettings(fap_trials=0, oversampling=2, duration_step=1.25, period_max_days=20.0, min_transits=1)
    result = find_signals(curve(dips(14.2, START + 0.03, 0.24, 3e-3)), SUN, settings)
    assert result.signals == ()
    assert result.best_rejected is not None
    assert result.best_rejected.kind == "systematic"


def test_progress_never_goes_back_and_ends_full() -> None:
    seen: list[float] = []
    light = curve(dips(4.31, START + 1.2, 0.14, 1.6e-3))
    settings = SearchSettings(fap_trials=8, oversampling=2, duration_step=1.25)
    find_signals(light, SUN, settings, lambda done, total: seen.append(done / total))
    assert len(seen) > 5
    assert all(b >= a for a, b in itertools.pairwise(seen))
    assert seen[-1] == 1.0


def test_progress_can_cancel() -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        find_signals(curve(), SUN, QUICK, stop)


def test_the_same_seed_gives_the_same_answer() -> None:
    light = curve(dips(4.31, START + 1.2, 0.14, 9e-4))
    settings = SearchSettings(fap_trials=10, oversampling=2, duration_step=1.25, max_signals=1)
    one, two = (find_signals(light, SUN, settings) for _ in range(2))
    assert one.signals[0].false_alarm == two.signals[0].false_alarm
    assert one.signals[0].false_alarm.method == "shuffled n=10 + inverted"
    assert one.signals[0].measurement.period_days == two.signals[0].measurement.period_days


@pytest.mark.parametrize("engine", ["bls", "reference"])
def test_other_engines_go_the_same_way(engine: Engine) -> None:
    light = curve(dips(4.31, START + 1.2, 0.14, 1.6e-3))
    settings = SearchSettings(engine=engine, oversampling=1, duration_step=1.3, max_signals=1, period_min_days=2.0)
    first = find_signals(light, SUN, settings).signals[0]
    assert first.measurement.period_days == pytest.approx(4.31, rel=1e-3)


def test_a_gap_between_two_dips_leaves_the_period_open() -> None:
    light = curve(dips(15.0, START + 5.0, 0.2, 4e-3), gap=(8.0, 17.0))
    first = find_signals(light, SUN, QUICK).signals[0]
    periods = (first.measurement.period_days, *first.aliases_days)
    assert any(abs(p / 15.0 - 1) < 1e-3 for p in periods)
    assert any(abs(p / 7.5 - 1) < 1e-3 for p in periods)  # the dip between would have fallen into the gap


def test_too_few_points_are_refused() -> None:
    light = curve()
    light.use[5:] = False
    with pytest.raises(ValueError, match="ten"):
        find_signals(light, SUN, QUICK)
