"""Numbers as people read them: two significant digits in the error, the value cut to match.

The one place where a measured number becomes text, so that page, file and paper show the same digits.
"""

from __future__ import annotations

import math
import re

THIN = "\u202f"  # narrow no-break space between thousands and before units
MINUS = "\u2212"


def decimals_for(error: float, significant: int = 2) -> int:
    """Decimal places that leave `significant` digits in `error`. 0.0123 -> 3 (0.012); 35 -> 0. Raises ValueError
    unless error is finite and positive."""
    if not (math.isfinite(error) and error > 0):
        raise ValueError("an error must be finite and positive")
    exponent = math.floor(math.log10(error))
    # 0.0996 rounds up to 0.10 with two digits: one place fewer is needed then
    if round(error / 10**exponent, significant - 1) >= 10:
        exponent += 1
    return max(0, significant - 1 - exponent)


def group(text: str) -> str:
    """Thousands of an unsigned or signed decimal text apart by narrow spaces, with a true minus."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, dot, rest = digits.partition(".")
    if len(whole) > 4:
        parts = []
        while whole:
            parts.append(whole[-3:])
            whole = whole[:-3]
        whole = THIN.join(reversed(parts))
    return (MINUS if sign else "") + whole + dot + rest


_COMMA_GROUPS = re.compile(r"(?<!\d)\d{1,3}(?:,\d{3})+(?![\d,])")


def regroup(text: str) -> str:
    """A sentence whose numbers are grouped by commas, in this project's way: "18,316 rows" with a narrow space."""
    return _COMMA_GROUPS.sub(lambda match: group(match.group().replace(",", "")), text)


def number(value: float, decimals: int = 0) -> str:
    """`value` with fixed decimals, grouped, with a true minus; "−0" never appears."""
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return group(text)


def significant(value: float, digits: int = 3) -> str:
    """`value` to `digits` significant digits without exponent: 1.338, 12.3, 1 230."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    exponent = math.floor(math.log10(abs(value)))
    rounded = round(value, digits - 1 - exponent)
    return number(rounded, max(0, digits - 1 - exponent))


def with_error(value: float, error: float | None) -> tuple[str, str]:
    """Value and error as texts with equal decimals, two significant digits in the error; error "" where unknown."""
    if error is None or not math.isfinite(error) or error <= 0:
        return significant(value, 4), ""
    places = decimals_for(error)
    return number(value, places), number(error, places)


def percent(share: float, digits: int = 2) -> str:
    """A share as percent with a narrow space: 0.0271 -> "2.7 %"."""
    return f"{significant(100 * share, digits)}{THIN}%"


def chance(probability: float) -> str:
    """A chance in words: percent from 0.1 % up, below that "1 in 4 500"; "under 1 in a million" at the very end."""
    if probability >= 0.001:
        return percent(min(probability, 1.0), 2)
    if probability <= 1e-6:
        return "under 1 in a million"
    return f"1 in {significant(1 / probability, 2)}"


def duration_words(hours: float) -> str:
    """A length of time: "46 minutes", "2.6 hours", "1.2 days"."""
    if hours < 1:
        return f"{round(hours * 60)} minutes"
    if hours < 48:
        return f"{significant(hours, 2)} hours"
    return f"{significant(hours / 24, 2)} days"
