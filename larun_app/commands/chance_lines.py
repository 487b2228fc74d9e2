"""How likely each explanation is, as lines of a terminal."""

from __future__ import annotations

from data.report import SignalReport
from data.validation_report import EnsembleReport, TimingReport, ValidationReport
from jobs.chance_words import (
    SCENARIO_WORDS,
    VERDICT_WORDS,
    chances_sentence,
    listed_scenarios,
    not_weighed,
    plain_reason,
    weighed,
    with_error_words,
)
from science.rounding import THIN, model_share, percent, significant
from science.validation.verdict import VALIDATED_FPP, VALIDATED_NFPP

_INDENT = " " * 12
_MOST_NEIGHBOURS = 10


def short_chance_lines(signal: SignalReport) -> list[str]:
    """Verdict and probabilities, and what all opinions say together: for the middle of a longer report."""
    said = chances_sentence(signal)
    lines = [f"  chances   {said}"] if said else []
    return lines + ([f"{_INDENT}Together: {signal.ensemble.recommendation}"] if signal.ensemble is not None else [])


def chance_lines(signal: SignalReport) -> list[str]:
    """Everything that was worked out of one signal, or why nothing was."""
    found = signal.validation
    if found is None:
        return ["  chances   Not worked out in this run."]
    if not weighed(signal) or found.fpp is None or found.nfpp is None or found.verdict is None:
        return [f"  chances   {not_weighed(found)}"]
    lines = [
        f"  chances   {VERDICT_WORDS[found.verdict]}",
        *([f"{_INDENT}{why}"] if (why := plain_reason(found.reason)) else []),
        f"{_INDENT}FPP   {with_error_words(found.fpp, found.fpp_err)} (bar: under {100 * VALIDATED_FPP:g}{THIN}%)",
        f"{_INDENT}NFPP  {with_error_words(found.nfpp, found.nfpp_err)} (bar: under {100 * VALIDATED_NFPP:g}{THIN}%)",
    ]
    lines += [
        f"{_INDENT}{with_error_words(p, error):>20}  {SCENARIO_WORDS[name]} ({name})"
        for name, p, error in listed_scenarios(found)
    ]
    lines += _neighbours(found)
    lines += _timing(found.timing) if found.timing is not None else []
    lines += _block("What would change it:", found.would_change)
    lines += _block("Assumed:", found.notes)
    return lines + (_together(signal.ensemble) if signal.ensemble is not None else [])


def _block(title: str, sentences: tuple[str, ...]) -> list[str]:
    return [f"{_INDENT}{title}", *(f"{_INDENT}  {s}" for s in sentences)] if sentences else []


def _neighbours(found: ValidationReport) -> list[str]:
    listed = sorted(found.neighbours, key=lambda star: -star.probability)
    rows = []
    for star in listed[:_MOST_NEIGHBOURS]:
        apart = "" if star.separation_arcsec is None else f", {significant(star.separation_arcsec, 2)}″"
        assumed = ", size of the Sun assumed" if star.assumed else ""
        rows.append(f"{with_error_words(star.probability, star.error):>18}  {star.name}{apart}{assumed}")
    rest = len(listed) - len(rows)
    if rest:
        rows.append(f"and {rest} more, all less likely")
    return _block("Neighbours:", tuple(rows))


def _timing(timing: TimingReport) -> list[str]:
    sure = "" if timing.significant else ", no more than their errors"
    said = [
        f"Dips come early or late by {significant(timing.amplitude_minutes, 2)} min, "
        f"{percent(timing.amplitude_over_duration)} of their length{sure}."
    ]
    if timing.fpp_folded is not None and timing.fpp_aligned is not None:
        said.append(f"Strictly periodic FPP {with_error_words(timing.fpp_folded, timing.fpp_folded_err)}.")
    if timing.fpp_aligned is not None:
        said.append(
            f"With each dip at its own time FPP {with_error_words(timing.fpp_aligned, timing.fpp_aligned_err)}."
        )
    if timing.scrutinise:
        said.append("More than a tenth of their length: look at the times by eye before you trust these chances.")
    return _block("Times:", tuple(said))


def _together(found: EnsembleReport) -> list[str]:
    said = [found.recommendation]
    if found.agreement is not None:
        said.append(f"The opinions agree by {percent(found.agreement)}.")
    if found.planet is not None:
        said.append(f"Planet of this star, all together: {model_share(found.planet)}.")
    return _block("Together with shape and checks:", (*said, *found.disagreements, *found.missing))
