"""Asymmetric errors: two digits of the smaller one, alike on page, in files and in papers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from science import rounding

THIN, MINUS = rounding.THIN, rounding.MINUS


@pytest.mark.parametrize(
    ("value", "minus", "plus", "shown"),
    [
        (2.29142, 0.1312, 0.1744, ("2.29", "0.13", "0.17")),
        (2.29142, 0.1312, 3.1744, ("2.29", "0.13", "3.17")),  # the smaller error rules
        (0.5, 0.0996, 0.2, ("0.50", "0.10", "0.20")),
        (12345.6, 1234.0, 2345.0, (f"12{THIN}300", "1200", "2300")),
        (-1.5, 0.25, 0.31, (f"{MINUS}1.50", "0.25", "0.31")),
        (2458765.4321121, 0.00012, 0.00013, (f"2{THIN}458{THIN}765.43211", "0.00012", "0.00013")),
        (0.31, 0.0, 0.12, ("0.31", "0.00", "0.12")),
        (0.31, math.nan, 0.12, ("0.31", "", "0.12")),
        (0.31, math.nan, math.nan, ("0.3100", "", "")),
        (math.nan, 0.1, 0.1, ("", "", "")),
    ],
)
def test_value_and_both_errors_are_cut_alike(value, minus, plus, shown):
    assert rounding.asymmetric(value, minus, plus) == shown


def test_one_text_for_page_file_and_paper():
    assert rounding.asymmetric_words(2.29142, 0.1312, 0.1744) == f"2.29 +0.17 {MINUS}0.13"
    assert rounding.asymmetric_words(2.29142, 0.1312, 0.1309) == "2.29 ± 0.13"
    assert rounding.asymmetric_csv(-12345.6, 1234.0, 2345.0) == ("-12300", "1200", "2300")
    assert rounding.asymmetric_latex(2.29142, 0.1312, 0.1744) == "$2.29^{+0.17}_{-0.13}$"
    assert rounding.asymmetric_latex(2.29142, 0.1312, 0.1309) == r"$2.29 \pm 0.13$"
    assert rounding.asymmetric_latex(math.nan, 1, 1) == r"\ldots"
    assert rounding.asymmetric_latex(1.5, math.nan, math.nan) == "$1.500$"


@pytest.mark.parametrize(
    ("value", "side", "shown"),
    [(0.3141, "upper", "< 0.32"), (0.3141, "lower", "> 0.31"), (89.13, "lower", "> 89"), (0.30, "upper", "< 0.30")],
)
def test_limits_are_rounded_away_from_what_they_exclude(value, side, shown):
    assert rounding.limit(value, side) == shown
    assert rounding.limit_csv(value, side) == shown[2:]
    assert rounding.limit_latex(value, side) == f"${shown.replace(' ', '')}$"


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6), st.floats(-1e6, 1e6))
def test_digits_never_lose_more_than_a_twentieth_of_the_smaller_error(minus, plus, value):
    shown, low, high = (float(t) for t in rounding.asymmetric_csv(value, minus, plus))
    smaller = min(minus, plus)
    assert abs(shown - value) <= 0.0501 * smaller + 1e-9
    assert abs(low - minus) <= 0.0501 * smaller + 1e-9
    assert abs(high - plus) <= 0.0501 * smaller + 1e-9


@given(st.floats(1e-6, 1e6))
def test_a_limit_never_claims_more_than_the_number(value):
    assert float(rounding.limit_csv(value, "upper")) >= value * (1 - 1e-8)
    assert float(rounding.limit_csv(value, "lower")) <= value * (1 + 1e-8)
