"""The overview's line on the fit of a signal: what is known, or that it can be fitted."""

from __future__ import annotations

import dataclasses

from data.report import SignalReport
from larun_app.fit.rows import MAIN, in_a_sentence, told

#: Told on the overview, as far as the fit has them.
_MAIN_NUMBERS = ("radius_earth", "period_days", "impact_parameter")


@dataclasses.dataclass
class FitLine:
    """Title, one sentence and the words of the way to the page; title "" where there is nothing to say."""

    title: str = ""
    words: str = ""
    action: str = ""
    tone: str = "none"


def fit_line(signal: SignalReport, rejected: bool = False) -> FitLine:
    """For a fitted signal what came of it; for a convincing dip the invitation; nothing else."""
    fit = signal.fit
    if fit is None:
        if rejected or not signal.convincing or signal.kind != "dip":
            return FitLine()
        words = "A fit gives every number its honest error, and shows how they depend on each other."
        return FitLine("How well is it known?", words, "Fit it")
    if not fit.converged:
        return FitLine("Fit", "The fit did not settle, so it tells no numbers.", "See why", "warn")
    said = []
    for shown in MAIN:
        found = fit.parameters.get(shown.key)
        if found is not None and shown.key in _MAIN_NUMBERS:
            said.append(f"{shown.name} {in_a_sentence(told(found, shown.unit, scale=shown.scale))}")
    return FitLine("Fit", "; ".join(said) + "." if said else "The numbers have settled.", "See the fit", "pass")
