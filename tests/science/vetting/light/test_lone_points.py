"""Glitches that stand alone are left out; what repeats, and every dip, stays."""

from __future__ import annotations

import numpy as np

from science.vetting.light.lone_points import lone_points, without_lone_points
from tests.science.vetting.light.simulated_light import EPOCH, NOISE, PERIOD, START, crossing, light


def glitch(at: float, height: float, length: float = 0.02):
    """An effect: `height` for `length` days."""
    return lambda time: np.where(np.abs(time - at) < 0.5 * length, height, 0.0)


def test_clean_light_keeps_every_point() -> None:
    assert not lone_points(light(crossing())).any()


def test_a_single_wild_dip_away_from_the_signal_is_left_out() -> None:
    at = EPOCH + 3.4 * PERIOD
    evidence = light(crossing(), glitch(at, -0.2))
    lone = lone_points(evidence)
    assert 1 <= np.count_nonzero(lone) <= 4
    assert np.all(np.abs(evidence.time_bjd[lone] - at) < 0.05)
    kept = without_lone_points(evidence)
    assert kept.time_bjd.size == evidence.time_bjd.size - np.count_nonzero(lone)
    assert kept.segment.size == kept.raw.size == kept.time_bjd.size


def test_a_rise_in_a_dip_is_left_out_but_a_deep_dip_never() -> None:
    lone = lone_points(light(crossing(), glitch(EPOCH + 2 * PERIOD, 30 * NOISE)))
    assert 1 <= np.count_nonzero(lone) <= 6
    deep = light(crossing(which=lambda number: np.where(number == 2, 40.0, 1.0)))
    assert not np.any(lone_points(deep) & (np.abs(deep.phase_days) < deep.dip.duration_days))


def test_a_second_eclipse_stays_although_it_is_wild() -> None:
    second = crossing(depth=0.05, epoch=EPOCH + 0.5 * PERIOD, duration=0.05)
    assert not lone_points(light(crossing(), second)).any()


def test_with_one_dip_nothing_is_judged_lone() -> None:
    evidence = light(crossing(period=40.0), glitch(START + 20.0, -0.2), ephemeris=(40.0, EPOCH, 0.13), refit=False)
    assert not lone_points(evidence).any()
