"""Pink noise and the white-noise table."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.search.significance import noise_at_duration, pink_snr, white_noise_false_alarm

CADENCE = 2.0 / 1440.0


@pytest.mark.parametrize(("sde", "probability"), [(5.65, 0.1), (6.06, 0.05), (6.98, 0.01), (8.33, 0.0009)])
def test_table_gives_the_published_anchors(sde: float, probability: float) -> None:
    assert white_noise_false_alarm(sde) == pytest.approx(probability, rel=0.07)


@given(first=st.floats(-5, 40), second=st.floats(-5, 40))
def test_table_never_rises_and_stays_a_probability(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert 1.0 >= white_noise_false_alarm(low) >= white_noise_false_alarm(high) >= 1e-4


def test_no_sde_is_certain_noise() -> None:
    assert white_noise_false_alarm(math.nan) == 1.0


def curve(red: float, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    time = 2458000.0 + np.arange(19000) * CADENCE
    wander = np.interp(time, time[::90], red * rng.normal(size=time[::90].size))
    return time, 1e-3 * rng.normal(size=time.size) + wander, np.full(time.size, 1e-3)


def test_white_noise_has_no_red_part() -> None:
    time, residual, err = curve(0.0)
    noise = noise_at_duration(time, residual, err, 0.125)
    assert noise.white == pytest.approx(1e-3 / math.sqrt(90), rel=0.05)
    assert noise.red < 0.4 * noise.white


def test_correlated_noise_is_measured_and_lowers_the_signal_to_noise() -> None:
    time, residual, err = curve(4e-4)
    noise = noise_at_duration(time, residual, err, 0.125)
    means = residual[: 19000 // 90 * 90].reshape(-1, 90).mean(axis=1)
    assert noise.total == pytest.approx(float(np.std(means)), rel=0.15)
    assert pink_snr(1e-3, noise.white / 2, noise.red, 4) < 0.6 * pink_snr(1e-3, noise.white / 2, 0.0, 4)


def test_too_few_blocks_say_nothing_about_red_noise() -> None:
    time, residual, err = curve(4e-4)
    noise = noise_at_duration(time[:300], residual[:300], err[:300], 0.2)
    assert noise.red == 0.0
    assert noise.n_blocks < 8


def test_one_wild_stretch_does_not_make_the_curve_red() -> None:
    time, residual, err = curve(0.0)
    residual[4000:4180] -= 0.01
    assert noise_at_duration(time, residual, err, 0.125).red < 0.6 * 1e-3 / math.sqrt(90)
