"""Values and limits of checks in words, and whether a limit is why a check ended as it did."""

from __future__ import annotations

import math

import pytest

from jobs.check_numbers import amount, limit_decides, limit_words, value_words
from science.rounding import THIN
from tests.app.vetted_runs import check


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (1.414, "σ", f"1.4{THIN}σ"),
        (735.2, "ppm", f"735{THIN}ppm"),
        (31.04, "arcsec", "31″"),
        (3.0, "", "3"),
        (0.0024, "share", f"0.24{THIN}%"),
        (-2.5, "σ", f"−2.5{THIN}σ"),
        (None, "σ", ""),
        (math.nan, "σ", ""),
        (math.inf, "", ""),
        (4e-9, "", "under 0.001"),
        (4e-4, "", "under 0.001"),
        (-0.0004, "", "0"),
        (-1232.88, "AIC difference", "−1230"),
        (2.03, "Earth radii", f"2.0{THIN}Earths"),
    ],
)
def test_amounts(value: float | None, unit: str, words: str) -> None:
    assert amount(value, unit) == words


@pytest.mark.parametrize(
    ("threshold", "limit", "unit", "outcome", "words"),
    [
        (3.0, "at_most", "σ", "pass", f"under 3{THIN}σ"),
        (6.2, "at_least", "", "fail", "over 6.2"),
        (0.05, "at_most", "share", "warn", f"under 5{THIN}%"),
        (0.0, "at_most", "stars", "warn", "should be none"),
        (-0.0, "at_least", "σ beyond what is needed", "pass", "over 0"),
        (6.563773, "at_most", "σ", "pass", f"under 6.6{THIN}σ"),
        (0.78, "at_least", "of the range searched", "pass", "over 0.78"),
        (None, "at_most", "", "pass", ""),
        (3.0, "at_most", "σ", "not_run", ""),
    ],
)
def test_limits(threshold: float | None, limit: str, unit: str, outcome: str, words: str) -> None:
    assert limit_words(check("x", outcome, threshold=threshold, limit=limit, unit=unit)) == words


@pytest.mark.parametrize(
    ("value", "threshold", "limit", "outcome", "decides"),
    [
        (15.0, 3.0, "at_least", "fail", False),  # enough dips, but together too weak
        (2.0, 3.0, "at_least", "fail", True),
        (0.33, 0.5, "at_most", "fail", False),
        (264.0, 7.8, "at_least", "warn", False),  # far inside: looked at for another number
        (9.0, 7.8, "at_least", "warn", True),  # near the limit
        (2.5, 3.0, "at_most", "warn", True),
        (0.5, 3.0, "at_most", "warn", False),
        (-80.0, -30.0, "at_most", "warn", True),
        (-800.0, -30.0, "at_most", "warn", False),
        (4.0, 3.0, "at_most", "warn", True),
        (4.0, 3.0, "at_most", "pass", False),  # past its limit, and excused
        (2.0, 3.0, "at_most", "pass", True),
        (0.0, 0.0, "at_most", "pass", True),
        (1.0, None, "at_most", "fail", False),
        (math.inf, 3.0, "at_most", "fail", False),
        (2.0, 3.0, "at_most", "not_run", False),
    ],
)
def test_which_limits_decide(value: float, threshold: float | None, limit: str, outcome: str, decides: bool) -> None:
    test = check("x", outcome, value=value, threshold=threshold, limit=limit)
    assert limit_decides(test) is decides
    if threshold is not None and math.isfinite(value):
        assert bool(limit_words(test)) is decides, "a limit that decides nothing is not shown beside the number"


def test_a_number_stands_beside_its_limit_or_is_left_to_the_sentence() -> None:
    assert value_words(check("x", value=2.0, threshold=3.0, unit="σ")) == f"2{THIN}σ"
    assert value_words(check("x", "fail", value=15.0, threshold=3.0, limit="at_least", unit="dips")) == ""
    assert value_words(check("x", value=0.0)) == "", "a bare number without a limit tells nothing"
    assert value_words(check("x", value=7.0, unit="dips")) == f"7{THIN}dips"
    assert value_words(check("x", "not_run", value=2.0, threshold=3.0)) == ""
    assert value_words(check("x")) == ""
