"""Whether single dips come early or late, and what that does to the chances."""

from __future__ import annotations

import dataclasses

from data.validation_report import TimingReport, ValidationReport
from jobs.chance_words import with_error_words
from larun_app.results.wording import Fact
from larun_app.ui.numbers import count
from science.rounding import THIN, percent, significant


@dataclasses.dataclass
class TimingView:
    """Facts on the times; `warning` where they ask for a look by eye. No facts: nothing was measured."""

    facts: list[Fact] = dataclasses.field(default_factory=list)
    warning: str = ""


def timing_view(found: ValidationReport) -> TimingView:
    """The times of the dips and what they change."""
    timing = found.timing
    if timing is None:
        return TimingView()
    facts = [
        Fact("Dips come early or late by", f"{significant(timing.amplitude_minutes, 2)}{THIN}min", _sure(timing)),
        Fact("Of a dip’s length", percent(timing.amplitude_over_duration, 2)),
    ]
    told = (
        ("Chance not a planet, strictly periodic", timing.fpp_folded, timing.fpp_folded_err),
        ("Chance not a planet, each dip at its own time", timing.fpp_aligned, timing.fpp_aligned_err),
    )
    if timing.fpp_aligned is not None:  # else the first is the one on top
        facts += [Fact(name, with_error_words(p, error)) for name, p, error in told if p is not None]
    warning = (
        "Dips come early or late by more than a tenth of their length. Look at their times by eye before you trust "
        "these chances."
    )
    return TimingView(facts, warning if timing.scrutinise else "")


def _sure(timing: TimingReport) -> str:
    seen = f"over {count(timing.transits, 'dip')}"
    return f"{seen}; more than their errors" if timing.significant else f"{seen}; no more than their errors"
