"""Numbers as people read them: two significant digits in the error, the value cut to match.

The one place where a measured number becomes text, so that page, file and paper show the same digits.
"""

from __future__ import annotations

import math
import re
from typing import Literal

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


_HYPHEN_MINUS = re.compile(r"(?<![^\s(])-(?=\d)")


def regroup(text: str) -> str:
    """A sentence with its numbers in this project's way: "18,316 rows" with a narrow space, "-1.98 s" with a true
    minus."""
    text = _COMMA_GROUPS.sub(lambda match: group(match.group().replace(",", "")), text)
    return _HYPHEN_MINUS.sub(MINUS, text)


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


def model_share(probability: float) -> str:
    """A probability that a model gives, as percent; no model is surer than "over 99.9 %" and "under 0.01 %"."""
    if probability < 1e-4:
        return f"under 0.01{THIN}%"
    return f"over 99.9{THIN}%" if probability > 0.999 else percent(probability, 2)


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


def places_of(error: float, digits: int = 2) -> int:
    """Decimal places that leave `digits` digits in `error`, below 0 for tens and hundreds: 0.0123 -> 3, 1234 -> -2.

    Raises ValueError unless error is finite and positive.
    """
    if not (math.isfinite(error) and error > 0):
        raise ValueError("an error must be finite and positive")
    exponent = math.floor(math.log10(error))
    if round(error / 10**exponent, digits - 1) >= 10:  # 0.0996 is shown as 0.10
        exponent += 1
    return digits - 1 - exponent


def _cut(value: float, minus: float, plus: float) -> tuple[str, str, str]:
    """Plain texts of a value and its two errors, cut to two digits of the smaller error that is one."""
    errors = [e for e in (minus, plus) if math.isfinite(e) and e > 0]
    if not math.isfinite(value):
        return "", "", ""
    if not errors:
        return _plain(value, 3 - math.floor(math.log10(abs(value))) if value else 0), "", ""
    places = places_of(min(errors))
    # An error that could not be had stays empty: 0 would claim that the value is exact.
    texts = [_plain(e, places) if math.isfinite(e) and e >= 0 else "" for e in (minus, plus)]
    return _plain(value, places), texts[0], texts[1]


def _plain(value: float, places: int) -> str:
    text = f"{round(value, places):.{max(0, places)}f}"
    return text.lstrip("-") if float(text) == 0 else text


def asymmetric(value: float, minus: float, plus: float) -> tuple[str, str, str]:
    """Value and the lengths of its lower and upper error as texts for a page, two digits in the smaller error.

    (2.29142, 0.1312, 0.1744) -> ("2.29", "0.13", "0.17"). Errors are given and shown without sign; texts are grouped
    and carry a true minus. An error that is unknown is "", and so is everything where the value is not a number.
    """
    texts = _cut(value, minus, plus)
    return group(texts[0]), group(texts[1]), group(texts[2])


def asymmetric_words(value: float, minus: float, plus: float) -> str:
    """The same as one text for a sentence: "2.29 +0.17 −0.13", or "2.29 ± 0.15" where both errors look alike."""
    shown, low, high = asymmetric(value, minus, plus)
    if low == high:
        return f"{shown} ± {low}" if low else shown
    return " ".join([shown, *([f"+{high}"] if high else []), *([f"{MINUS}{low}"] if low else [])])


def asymmetric_csv(value: float, minus: float, plus: float) -> tuple[str, str, str]:
    """The same digits in ASCII without groups, for files: ("-2.29", "0.13", "0.17")."""
    return _cut(value, minus, plus)


def asymmetric_latex(value: float, minus: float, plus: float) -> str:
    """The same digits for a paper: `$2.29^{+0.17}_{-0.13}$`, or `$2.29 \\pm 0.15$` where both errors look alike."""
    shown, low, high = _cut(value, minus, plus)
    if not shown:
        return r"\ldots"
    if low == high:
        return rf"${shown} \pm {low}$" if low else f"${shown}$"
    return "$" + shown + (f"^{{+{high}}}" if high else "") + (f"_{{-{low}}}" if low else "") + "$"


def _limit_text(value: float, upper: bool) -> str:
    """Two digits, rounded away from what the limit excludes, so that the text never claims more than the number."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else ""
    places = 1 - math.floor(math.log10(abs(value)))
    scaled = value * 10.0**places
    whole = math.ceil(scaled - 1e-9) if upper else math.floor(scaled + 1e-9)
    return _plain(whole / 10.0**places, places)


def limit(value: float, side: Literal["upper", "lower"] = "upper") -> str:
    """A one-sided limit for a page, two digits: 0.3141 -> "< 0.32"; as a lower limit "> 0.31"."""
    return f"{'<' if side == 'upper' else '>'} {group(_limit_text(value, side == 'upper'))}"


def limit_csv(value: float, side: Literal["upper", "lower"] = "upper") -> str:
    """The digits of a one-sided limit, in ASCII and without the sign, which has a column of its own."""
    return _limit_text(value, side == "upper")


def limit_latex(value: float, side: Literal["upper", "lower"] = "upper") -> str:
    """A one-sided limit for a paper: `$<0.32$`."""
    return f"${'<' if side == 'upper' else '>'}{_limit_text(value, side == 'upper')}$"
