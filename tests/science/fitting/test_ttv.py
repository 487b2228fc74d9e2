"""Tests on transit times: chance levels hold on noise, planted variations are found with their size and period."""

import numpy as np
import pytest

from science.fitting.results import TransitTime
from science.fitting.ttv import alternation, best_sinusoid, linear_ephemeris, no_variation, timing_test

PERIOD, ZERO = 10.0, 2458000.0


def times_of(late_days, epochs=None, error=0.003, rng=None):
    epochs = np.arange(len(late_days)) if epochs is None else epochs
    noise = np.zeros(len(late_days)) if rng is None else rng.normal(0, error, len(late_days))
    return tuple(
        TransitTime(int(n), ZERO + n * PERIOD + late + e, error, 0.0, 10.0, 1.0)
        for n, late, e in zip(epochs, late_days, noise, strict=True)
    )


def test_line_is_that_of_least_squares_with_its_errors():
    rng = np.random.default_rng(2)
    epochs = np.array([0, 1, 4, 5, 11, 30])
    times = times_of(np.zeros(6), epochs, rng=rng)
    found = linear_ephemeris(times)
    design = np.stack([np.ones(6), epochs], axis=1) / 0.003
    want = np.linalg.solve(design.T @ design, design.T @ (np.array([t.time_bjd for t in times]) - ZERO) / 0.003)
    assert found.epoch_bjd - ZERO == pytest.approx(want[0], abs=1e-8)
    assert found.period_days == pytest.approx(want[1], abs=1e-9)
    assert found.covariance == pytest.approx(np.linalg.inv(design.T @ design), rel=1e-6)


def test_noise_alone_is_called_varying_no_more_often_than_said():
    rng = np.random.default_rng(3)
    chances, sines, chops, called = [], [], [], 0
    for _ in range(300):
        test = timing_test(times_of(np.zeros(25), rng=rng), 0.15)
        chances.append(test.chance)
        sines.append(test.sinusoid.false_alarm)
        chops.append(test.chopping.chance)
        called += test.varies
    assert np.mean(np.array(chances) < 0.1) == pytest.approx(0.1, abs=0.06)
    assert np.mean(np.array(chops) < 0.1) == pytest.approx(0.1, abs=0.06)
    assert np.mean(np.array(sines) < 0.1) < 0.16
    assert called <= 0.05 * 300


def test_planted_sinusoid_is_found_with_size_and_period():
    rng = np.random.default_rng(4)
    epochs = np.delete(np.arange(60), [3, 17, 18, 40])
    late = 0.008 * np.sin(2 * np.pi * epochs * PERIOD / 173.0 + 0.7)
    test = timing_test(times_of(late, epochs, rng=rng), 0.15)
    assert test.varies
    assert test.amplitude_kind == "sinusoid"
    assert test.sinusoid.period_days == pytest.approx(173.0, rel=0.03)
    assert test.amplitude_minutes == pytest.approx(0.008 * 1440, rel=0.25)
    assert test.amplitude_per_duration == pytest.approx(test.amplitude_minutes / 1440 / 0.15)
    assert test.amplitude_per_period == pytest.approx(test.amplitude_minutes / 1440 / PERIOD, rel=1e-4)
    latest = (test.sinusoid.late_bjd - ZERO) / 173.0 + 0.7 / (2 * np.pi)
    assert abs((latest - 0.25 + 0.5) % 1.0 - 0.5) < 0.06
    assert "come early and late by" in " ".join(test.sentences)


def test_alternation_is_found_and_its_sign_told():
    rng = np.random.default_rng(5)
    late = 0.004 * np.where(np.arange(30) % 2 == 1, 1.0, -1.0)
    found = alternation(times_of(late, rng=rng))
    assert found.amplitude_minutes == pytest.approx(0.004 * 1440, rel=0.3)
    assert found.chance < 1e-6
    assert timing_test(times_of(late, rng=rng), 0.15).varies


def test_one_bad_time_is_no_variation():
    late = np.zeros(20)
    late[7] = 0.03
    test = timing_test(times_of(late, rng=np.random.default_rng(6)), 0.15)
    assert test.chance < 1e-6
    assert test.chance_without_worst > 0.01
    assert not test.varies
    assert "One transit stands out" in " ".join(test.sentences)


def test_what_too_few_times_cannot_say():
    assert timing_test(times_of(np.zeros(2)), 0.15) is None
    three = timing_test(times_of(np.zeros(3)), 0.15)
    assert three.sinusoid is None
    assert three.chopping is None
    assert not three.varies
    assert best_sinusoid(times_of(np.zeros(6)), PERIOD) is None
    assert no_variation(times_of(np.zeros(2)), linear_ephemeris(times_of(np.zeros(2))))[2] == 1.0
    with pytest.raises(ValueError, match="two transits"):
        linear_ephemeris(times_of(np.zeros(1)))
