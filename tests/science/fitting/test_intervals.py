"""Intervals of densities whose answers are known in closed form."""

import math

import numpy as np
import pytest

from science.fitting.intervals import interval, interval_csv, interval_latex, interval_words, smoothed_density

RNG = np.random.default_rng(4)
N = 40_000


def test_gaussian():
    found = interval(RNG.normal(3.0, 0.5, N), (0.0, None))
    assert found.median == pytest.approx(3.0, abs=0.01)
    assert (found.lo68, found.hi68) == pytest.approx((3.0 - 0.4972, 3.0 + 0.4972), abs=0.015)
    assert (found.lo95, found.hi95) == pytest.approx((2.02, 3.98), abs=0.03)
    assert found.hdi68 == pytest.approx((2.503, 3.497), abs=0.06)
    assert found.mode == pytest.approx(3.0, abs=0.1)
    assert found.upper95 is None
    assert found.lower95 is None


def test_half_normal_gives_an_upper_limit_and_a_mode_at_the_limit():
    found = interval(np.abs(RNG.normal(0.0, 1.0, N)), (0.0, 1.5e3))
    assert found.upper95 == pytest.approx(1.95996, abs=0.03)
    assert found.lower95 is None
    assert found.mode < 0.12
    assert found.hdi68[0] < 0.02
    assert found.hdi68[1] == pytest.approx(0.9945, abs=0.03)


def test_mirrored_half_normal_gives_a_lower_limit():
    found = interval(90.0 - np.abs(RNG.normal(0.0, 1.0, N)), (None, 90.0))
    assert found.lower95 == pytest.approx(90.0 - 1.95996, abs=0.03)
    assert found.upper95 is None


def test_uniform_touches_both_limits():
    found = interval(RNG.uniform(0.0, 1.0, N), (0.0, 1.0))
    assert found.upper95 == pytest.approx(0.95, abs=0.01)
    assert found.lower95 == pytest.approx(0.05, abs=0.01)
    assert found.hdi95[1] - found.hdi95[0] == pytest.approx(0.95, abs=0.01)


def test_without_limits_no_limit_is_told():
    found = interval(np.abs(RNG.normal(0.0, 1.0, N)))
    assert found.upper95 is None
    assert found.lower95 is None


@pytest.mark.parametrize(("distance", "touches"), [(1.0, True), (1.6, True), (2.6, False), (4.0, False)])
def test_a_gaussian_touches_its_limit_within_two_errors(distance, touches):
    draws = RNG.normal(distance, 1.0, 4 * N)
    assert (interval(draws[draws > 0], (0.0, None)).upper95 is not None) is touches


def test_mode_of_two_narrow_peaks_is_the_higher_one():
    draws = np.concatenate([RNG.normal(0.2, 0.02, 6 * N // 10), RNG.normal(0.8, 0.02, 4 * N // 10)])
    found = interval(draws, (0.0, 1.0))
    assert found.mode == pytest.approx(0.2, abs=0.01)
    assert found.hdi95[0] < 0.2 < 0.8 < found.hdi95[1]  # one piece, the gap inside it
    assert found.upper95 is None


def test_density_integrates_to_one_and_is_not_halved_at_a_limit():
    at, density = smoothed_density(np.sort(RNG.uniform(0.0, 1.0, N)), (0.0, 1.0))
    assert float(density.sum() * (at[1] - at[0])) == pytest.approx(1.0, abs=1e-6)
    assert density[0] == pytest.approx(1.0, abs=0.15)


def test_a_long_tail_does_not_hide_the_mode():
    found = interval(np.exp(RNG.normal(0.0, 1.5, N)), (0.0, None))
    assert found.mode == pytest.approx(math.exp(-(1.5**2)), abs=0.12)


def test_empty_constant_and_broken_draws():
    assert math.isnan(interval(np.array([np.nan, np.inf])).median)
    constant = interval(np.full(50, 2.5), (0.0, None))
    assert constant.median == constant.lo95 == constant.hi95 == 2.5
    assert constant.mode == pytest.approx(2.5)
    assert constant.upper95 is None
    assert interval(np.array([1.0])).median == 1.0
    assert interval(np.array([1.0, np.nan, 3.0])).median == 2.0


def test_one_text_for_page_paper_and_file():
    two_sided = interval(np.linspace(1.0, 3.0, 2001))
    assert interval_words(two_sided) == "2.00 ± 0.68"
    assert interval_latex(two_sided) == r"$2.00 \pm 0.68$"
    assert interval_csv(two_sided) == {"value": "2.00", "minus": "0.68", "plus": "0.68", "lower_95": "", "upper_95": ""}
    upper = interval(np.abs(np.linspace(-1.0, 1.0, 4001)) ** 2, (0.0, None))
    assert interval_words(upper) == "< 0.91 (95\u202f%)"
    assert interval_latex(upper) == "$<0.91$"
    assert interval_csv(upper)["upper_95"] == "0.91"
    flat = interval(np.linspace(0.0, 1.0, 4001), (0.0, 1.0))
    assert interval_words(flat) == "not constrained (0.025 to 0.98)"
    assert interval_latex(flat) == "$0.025$--$0.98$"
    assert interval_latex(interval(np.linspace(-1, 0, 4001), (None, 0.0))) == "$>-0.95$"
