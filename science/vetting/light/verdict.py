"""From a measured value to an outcome: the same few steps in every test."""

from __future__ import annotations

import math
from collections.abc import Mapping

from science.lightcurve import FloatArray
from science.rounding import asymmetric_words, number
from science.vetting.results import Fault, Finding, Limit, Outcome, Picture

#: In `numbers`: 1 where the rule as published (Kunimoto et al. 2025) would fail the signal, 0 where it would not. It
#: differs from the outcome where this project has a reason to judge otherwise, and the reason is in the sentence.
PUBLISHED = "published_rule_fails"


def outcome_of(fails: bool, near: bool) -> Outcome:
    """fail before warn before pass."""
    return "fail" if fails else "warn" if near else "pass"


def judged(
    name: str,
    outcome: Outcome,
    reason: str,
    value: float,
    threshold: float,
    limit: Limit,
    unit: str,
    fault: Fault,
    numbers: Mapping[str, float],
    published_fails: bool,
    picture: Picture | None = None,
    windows_bjd: FloatArray | None = None,
) -> Finding:
    """A Finding; the fault is kept only where the test failed or asks for a look."""
    more = {} if windows_bjd is None else {"windows_bjd": windows_bjd}
    return Finding(
        name=name,
        outcome=outcome,
        reason=reason,
        value=value,
        threshold=threshold,
        limit=limit,
        unit=unit,
        numbers={**numbers, PUBLISHED: float(published_fails)},
        picture=picture,
        fault=fault if outcome in ("fail", "warn") else None,
        **more,
    )


def ppm(value: float, err: float | None = None) -> str:
    """A depth as text: "735 ± 84 ppm"."""
    if not math.isfinite(value):
        return "unknown"
    if err is None or not (math.isfinite(err) and err > 0):
        return f"{number(1e6 * value)} ppm"
    return f"{asymmetric_words(1e6 * value, 1e6 * err, 1e6 * err)} ppm"


def one(value: float, decimals: int = 1) -> str:
    """A number with few decimals, "unknown" where it is not finite."""
    return number(value, decimals) if math.isfinite(value) else "unknown"
