"""Rounding rules: what a reader sees must carry exactly the digits that the error allows."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from science import rounding


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (8.0215312, 0.000034, ("8.021531", "0.000034")),
        (2.2914, 0.1312, ("2.29", "0.13")),
        (73518.0, 35.0, ("73\u202f518", "35")),
        (-1.5, 0.0996, ("\u22121.50", "0.10")),
        (1.25, None, ("1.250", "")),
        (5165.0, 104.0, ("5165", "104")),
    ],
)
def test_value_is_cut_to_the_error(value, error, expected):
    assert rounding.with_error(value, error) == expected


@given(st.floats(1e-9, 1e9))
def test_error_keeps_two_digits(error):
    places = rounding.decimals_for(error)
    shown = float(f"{error:.{places}f}")
    assert math.isclose(shown, error, rel_tol=0.051)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_no_error_no_decimals(bad):
    with pytest.raises(ValueError, match="finite and positive"):
        rounding.decimals_for(bad)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.38, "38\u202f%"),
        (0.0068, "0.68\u202f%"),
        (0.00022, "1 in 4500"),
        (0.00001, "1 in 100\u202f000"),
        (1e-9, "under 1 in a million"),
    ],
)
def test_chances_read_as_people_say_them(p, words):
    assert rounding.chance(p) == words


@pytest.mark.parametrize(
    ("p", "words"),
    [(0.0, "under 0.01 %"), (3e-6, "under 0.01 %"), (0.0012, "0.12 %"), (0.98, "98 %"), (0.9999, "over 99.9 %")],
)
def test_no_model_is_sure(p, words):
    assert rounding.model_share(p) == words.replace(" %", f"{rounding.THIN}%")


def test_zero_never_has_a_minus():
    assert rounding.number(-0.0001, 2) == "0.00"


@pytest.mark.parametrize(("hours", "words"), [(0.5, "30 minutes"), (2.63, "2.6 hours"), (72, "3.0 days")])
def test_lengths_of_time(hours, words):
    assert rounding.duration_words(hours) == words


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("18,316 of 20,076 rows", "18\u202f316 of 20\u202f076 rows"),
        ("1,038 rows", "1038 rows"),
        ("S1,S2 and 1,2 or 3", "S1,S2 and 1,2 or 3"),
        ("moved by -1.979 s (-2 at most)", "moved by \u22121.979 s (\u22122 at most)"),
        ("on 2026-11-22, TOI-1798, 3-5", "on 2026-11-22, TOI-1798, 3-5"),
        ("in less than 1 of 100,000 cases", "in less than 1 of 100\u202f000 cases"),
    ],
)
def test_numbers_in_sentences_are_grouped_one_way(said, shown):
    assert rounding.regroup(said) == shown
