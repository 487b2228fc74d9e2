"""The explanations of a signal and the verdict on them in words, and their probabilities as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from data.report import SignalReport
from data.validation_report import ScenarioName, ValidationReport, ValidationVerdict
from science.rounding import THIN, number, with_error

#: Scenario → what happens in the sky, for a person who knows no names of it.
SCENARIO_WORDS: dict[ScenarioName, str] = {
    "planet": "A planet around this star",
    "eb": "A companion star eclipsing this one",
    "beb": "Two stars eclipsing far behind it",
    "heb": "Two faint companions eclipsing each other",
    "neb": "A neighbour in the picture eclipsing",
    "btp": "A planet around a different star in the line of sight",
    "artifact": "A glitch of the camera",
    "variability": "The star itself changing",
}
#: The same for a place without room.
SHORT_WORDS: dict[ScenarioName, str] = {
    "planet": "Planet",
    "eb": "EB, companion star",
    "beb": "BEB, pair far behind",
    "heb": "HEB, faint pair",
    "neb": "NEB, neighbour",
    "btp": "BTP, other planet",
    "artifact": "Camera",
    "variability": "Star itself",
}
VERDICT_WORDS: dict[ValidationVerdict, str] = {
    "validated": "Statistically validated on this platform: no mass has been measured here",
    "likely planet": "Likely a planet, not validated",
    "likely nearby false positive": "Likely a neighbour’s dips",
    "likely false positive": "Likely not a planet",
    "not decided": "Not decided",
}
#: For a chip.
VERDICT_CHIPS: dict[ValidationVerdict, str] = {
    "validated": "Statistically validated",
    "likely planet": "Likely a planet",
    "likely nearby false positive": "Likely a neighbour’s",
    "likely false positive": "Likely not a planet",
    "not decided": "Not decided",
}
VERDICT_TONES: dict[ValidationVerdict, str] = {
    "validated": "pass",
    "likely planet": "warn",
    "likely nearby false positive": "fail",
    "likely false positive": "fail",
    "not decided": "warn",
}
#: Smallest probability that is told as a number.
SMALLEST = 1e-4
_LARGEST = 0.999
#: Smaller errors are told as this one, so that no digit claims more than anybody can use.
_SMALLEST_ERROR = 1e-4


def told_probability(probability: float, error: float | None) -> tuple[str, str]:
    """Probability and error as percent, both with their sign: ("0.340 %", "0.020 %"); the error is "" where none is
    known, or where the probability is only bounded: "under 0.01 %", "over 99.9 %"."""
    spread = error or 0.0
    if probability + spread < SMALLEST:
        return f"under 0.01{THIN}%", ""
    if probability - spread > _LARGEST:
        return f"over 99.9{THIN}%", ""
    if spread < _SMALLEST_ERROR and probability <= _LARGEST:
        value = f"{number(100 * probability, 2)}{THIN}%"
        return value, f"{number(100 * _SMALLEST_ERROR, 2)}{THIN}%" if error else ""
    value, shown = with_error(100 * probability, 100 * spread)
    if probability > _LARGEST or value.startswith("100"):  # within its error it may be certain, which is never said
        return f"over {number(100 * max(0.0, probability - 3 * spread), 1)}{THIN}%", ""
    return f"{value}{THIN}%", f"{shown}{THIN}%"


def with_error_words(probability: float, error: float | None) -> str:
    """The same in one piece: "0.340 % ± 0.020 %"."""
    value, shown = told_probability(probability, error)
    return f"{value} ± {shown}" if shown else value


def listed_scenarios(found: ValidationReport) -> list[tuple[ScenarioName, float, float]]:
    """(name, probability, error) of the eight explanations, the most likely first; none where they are not known."""
    if found.scenarios is None:
        return []
    every = [(name, getattr(found.scenarios, name)) for name in SCENARIO_WORDS]
    return sorted(((n, p.probability, p.error) for n, p in every), key=lambda line: -line[1])


def not_weighed(found: ValidationReport) -> str:
    """Why there are no probabilities."""
    return f"Not worked out. {found.reason}"


_NUMBERS_FIRST = re.compile(r"FPP \S+ ± \S+?, NFPP \S+ ± [\d.e+-]*\d(?:[.:]|, but)? *")


def plain_reason(reason: str) -> str:
    """The reason of a verdict without the two numbers at its beginning, for a place where they stand beside it; ""
    where it says nothing else."""
    rest = _NUMBERS_FIRST.sub("", reason, count=1).strip() if reason.startswith("FPP ") else reason
    return f"{rest[:1].upper()}{rest[1:]}"


def chances_sentence(signal: SignalReport) -> str:
    """Verdict and both probabilities in one sentence, or why there are none; "" for runs older than them."""
    found = signal.validation
    if found is None:
        return ""
    if found.outcome == "not_run" or found.fpp is None or found.nfpp is None or found.verdict is None:
        return not_weighed(found)
    return (
        f"{VERDICT_WORDS[found.verdict]}. Chance not a planet (FPP): {with_error_words(found.fpp, found.fpp_err)}; "
        f"of a neighbouring star (NFPP): {with_error_words(found.nfpp, found.nfpp_err)}."
    )


def weighed(signal: SignalReport) -> bool:
    """Whether the signal has its probabilities."""
    return signal.validation is not None and signal.validation.outcome == "done"


def still_untested(sentences: Iterable[str], signals: Sequence[SignalReport]) -> list[str]:
    """What has not been tested, without the sentence on chances where they have been worked out for every signal."""
    done = bool(signals) and all(weighed(s) for s in signals)
    return [sentence for sentence in sentences if not (done and sentence.startswith("How likely"))]
