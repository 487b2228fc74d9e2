"""Values and limits of checks as the page and the summary write them."""

from __future__ import annotations

import math

from data.vetting_report import VettingTest
from science.rounding import THIN, group, number, percent, significant

#: A unit longer than this stands on a line of its own.
LONGEST_UNIT = 6
_SHORT = {"arcsec": "″", "Earth radii": "Earths", "dex": "dex"}
#: Units of what is counted; none of it is the good outcome.
_COUNTED = ("stars", "dips", "neighbours")
#: A look this many times inside its limit is not one for the limit's sake.
_FAR = 3.0
#: Below this a bare number says no more than that it is small.
_SMALLEST = 1e-3


def short_unit(unit: str) -> str:
    """The unit where it is short enough to stand behind a number, "" else."""
    unit = _SHORT.get(unit, unit)
    return unit if len(unit) <= LONGEST_UNIT and " " not in unit else ""


def long_unit(unit: str) -> str:
    """The unit where it needs a line of its own, "" else."""
    return "" if unit == "share" or short_unit(unit) else unit


def amount(value: float | None, unit: str, digits: int = 2) -> str:
    """A measured value with its unit: "1.4 σ", "735 ppm", "31″"; "" where there is none."""
    if value is None or not math.isfinite(value):
        return ""
    if unit == "share":
        return percent(value, digits)
    if not unit and 0 < abs(value) < _SMALLEST:
        return f"under {_SMALLEST:g}" if value > 0 else "0"
    if float(value).is_integer() and abs(value) < 1e6:
        text = number(value)
    else:
        text = significant(value, 3 if abs(value) >= 100 else digits)
    return with_unit(text, unit)


def limit_value(value: float, unit: str) -> str:
    """A threshold: as short as it was set ("3 σ", "0.78"), cut like a measured value where it was computed."""
    if unit == "share":
        return f"{group(f'{100 * value:.6g}')}{THIN}%"
    set_as = f"{value + 0.0:.6g}"  # no "−0"
    if sum(c.isdigit() for c in set_as.lstrip("-0.")) > 3:
        return amount(value, unit)
    return with_unit(group(set_as), unit)


def with_unit(text: str, unit: str) -> str:
    """A short unit behind a number, as its field writes it; a long one is told elsewhere (`long_unit`)."""
    unit = short_unit(unit)
    if unit == "″":
        return f"{text}″"
    return f"{text}{THIN}{unit}" if unit else text


def inside(value: float, test: VettingTest, times: float = 1.0) -> bool:
    """Whether a value is on the good side of the test's threshold made stricter by a factor."""
    assert test.threshold is not None
    strict = test.threshold / times if (test.limit == "at_most") == (test.threshold >= 0) else test.threshold * times
    return value <= strict if test.limit == "at_most" else value >= strict


def limit_decides(test: VettingTest) -> bool:
    """Whether value and threshold explain how the test ended. A pass outside its limit, a fail inside it and a look far
    inside it have another reason, which their sentence tells."""
    numbers = (test.value, test.threshold)
    if test.outcome == "not_run" or any(n is None or not math.isfinite(n) for n in numbers):
        return False
    assert test.value is not None
    if test.outcome == "warn":
        return not inside(test.value, test, _FAR)
    return inside(test.value, test) == (test.outcome == "pass")


def value_words(test: VettingTest) -> str:
    """The number that stands beside the limit; "" where the limit did not decide, or a bare number has none: then the
    sentence alone tells."""
    if test.outcome == "not_run" or test.value is None:
        return ""
    if test.threshold is None:
        return amount(test.value, test.unit) if test.unit else ""
    return amount(test.value, test.unit) if limit_decides(test) else ""


def limit_words(test: VettingTest) -> str:
    """ "under 3 σ", "over 6.2", "should be none"; "" where nothing was compared or the limit did not decide."""
    if test.threshold is None or test.outcome == "not_run" or not math.isfinite(test.threshold):
        return ""
    if test.value is not None and math.isfinite(test.value) and not limit_decides(test):
        return ""
    if test.threshold == 0 and test.limit == "at_most" and test.unit in _COUNTED:
        return "should be none"
    return f"{'under' if test.limit == 'at_most' else 'over'} {limit_value(test.threshold, test.unit)}"
