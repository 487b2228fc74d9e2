"""Periods that are related, and periods that gaps leave open."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.search.harmonics import gap_aliases, period_resolution, relation, same_ephemeris


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (4.86, "equal to the rotation period"),
        (2.43, "half of the rotation period"),
        (9.72, "twice the rotation period"),
        (7.29, "one and a half times the rotation period"),
        (1.62, "a third of the rotation period"),
    ],
)
def test_simple_ratios_are_named(period: float, words: str) -> None:
    match = relation(period * 1.0004, 4.86, 1e-3)
    assert match is not None
    assert match.describe("the rotation period") == words


def test_unrelated_periods_have_no_name() -> None:
    assert relation(8.463, 4.86, 0.01) is None  # AU Mic b against its star's turn
    assert relation(4.86, 0.0, 0.01) is None


@given(period=st.floats(0.3, 50), numerator=st.integers(1, 3), denominator=st.integers(1, 3))
def test_a_relation_found_is_true(period: float, numerator: int, denominator: int) -> None:
    match = relation(period * numerator / denominator, period, 1e-6)
    assert match is not None
    assert match.numerator / match.denominator == pytest.approx(numerator / denominator)


def test_left_overs_coincide_and_resonant_planets_do_not() -> None:
    assert same_ephemeris(3.0, 100.0, 6.0, 106.0, 0.05)
    assert not same_ephemeris(3.0, 100.0, 6.0, 107.2, 0.05)


def test_gaps_leave_shorter_periods_open() -> None:
    cadence = 0.01
    time = np.concatenate((np.arange(0, 4, cadence), np.arange(18, 22, cadence)))
    aliases = gap_aliases(18.5, np.array([2.0, 20.5]), 0.2, time, cadence)
    assert 18.5 / 2 in aliases  # the dip between would fall into the gap
    assert not any(a < 1.4 for a in aliases)  # there would be more dips in the data


def test_gaps_leave_longer_periods_open() -> None:
    """Two dips 18 d apart called 6 d, with nothing measured between: 18, 9 and 4.5 d fit as well."""
    time = np.concatenate((np.arange(0, 4, 0.01), np.arange(18, 22, 0.01)))
    aliases = gap_aliases(6.0, np.array([2.0, 20.0]), 0.2, time, 0.01)
    assert aliases[0] == pytest.approx(18.0)
    assert any(a == pytest.approx(9.0) for a in aliases)
    assert not any(a == pytest.approx(6.0) for a in aliases)


def test_without_gaps_no_other_period_is_open() -> None:
    time = np.arange(0, 30, 0.01)
    assert gap_aliases(10.0, np.array([2.0, 12.0, 22.0]), 0.2, time, 0.01) == ()


def test_resolution_tightens_with_the_span() -> None:
    assert period_resolution(3.0, 1000.0, 0.1) == pytest.approx(5e-5)
    assert period_resolution(3.0, 1.0, 0.1) == pytest.approx(0.1 / 6)
