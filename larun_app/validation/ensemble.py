"""What the chances, the classifier and the checks say together."""

from __future__ import annotations

import dataclasses

from data.report import SignalReport
from larun_app.results.wording import Fact
from science.rounding import model_share, percent


@dataclasses.dataclass
class EnsembleView:
    """The card; all empty where the run is older than it."""

    recommendation: str = ""
    facts: list[Fact] = dataclasses.field(default_factory=list)
    disagreements: list[str] = dataclasses.field(default_factory=list)
    missing: list[str] = dataclasses.field(default_factory=list)


def ensemble_view(signal: SignalReport) -> EnsembleView:
    """The card of one signal."""
    found = signal.ensemble
    if found is None:
        return EnsembleView()
    facts = []
    if found.agreement is not None:
        facts.append(Fact("How far the opinions agree", percent(found.agreement, 2)))
    if found.planet is not None:
        facts.append(Fact("Planet of this star, all together", model_share(found.planet)))
    return EnsembleView(found.recommendation, facts, list(found.disagreements), list(found.missing))
