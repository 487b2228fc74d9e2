"""What the classifier takes a signal for, as the pages tell it."""

from __future__ import annotations

import dataclasses

from data.classification_report import BranchChange, Classification
from data.report import SignalReport
from jobs.class_words import CLASS_WORDS, DECIDED_FROM
from larun_app.ui.kind_bars import KindBar
from science.rounding import model_share

_HEADLINES = {
    "planet": "The dip looks like a planet’s",
    "eb": "It looks like two stars eclipsing each other",
    "beb": "It looks like an eclipsing pair in the background",
    "variable": "It looks like a star that varies by itself",
    "artifact": "It looks like something in the camera",
    "no_signal": "It looks like chance",
}
_UNSURE = "The classifier cannot decide"
_BRANCH_WORDS = {
    "global": "the light over the whole orbit",
    "local": "the dip up close",
    "secondary": "the strongest other dip",
    "scalars": "period, depth, length and star",
}
#: Changes of the planet's probability below this are not told.
_TOLD_FROM = 0.02
CAVEAT = "Judged by shape, after signals that people have labelled. It confirms no planet."


@dataclasses.dataclass
class ClassifierView:
    """The card. `missing` says why there is nothing to show; both are empty where the run is older than the classifier.

    `line` is the one sentence of the overview.
    """

    headline: str = ""
    line: str = ""
    bars: list[KindBar] = dataclasses.field(default_factory=list)
    moved: list[str] = dataclasses.field(default_factory=list)
    others: list[str] = dataclasses.field(default_factory=list)
    caveat: str = ""
    missing: str = ""


def classifier_view(signal: SignalReport) -> ClassifierView:
    """The card of one signal."""
    found = signal.classification
    if found is None:
        return ClassifierView()
    if found.outcome == "not_run" or found.probabilities is None or found.label is None:
        return ClassifierView(missing=f"Not classified. {found.reason or ''}".strip())
    chances = found.probabilities.model_dump()
    listed = sorted(chances.items(), key=lambda item: -item[1])
    best, chance = listed[0]
    bars = [
        KindBar(CLASS_WORDS[name], model_share(p), f"{100 * min(1.0, p):.1f}%", best=name == best) for name, p in listed
    ]
    headline = _HEADLINES[best] if chance >= DECIDED_FROM else _UNSURE
    return ClassifierView(
        headline=headline,
        line=f"{headline}, {model_share(chance)}. {CAVEAT}"
        if chance >= DECIDED_FROM
        else f"{headline}: {CLASS_WORDS[best].lower()} with {model_share(chance)} at best.",
        bars=bars,
        moved=_moved(found.explanation),
        others=_others(signal, found),
        caveat=CAVEAT,
    )


def _moved(explanation: tuple[BranchChange, ...]) -> list[str]:
    """Which inputs moved the planet's probability, the strongest first."""
    told = sorted((b for b in explanation if abs(b.change) >= _TOLD_FROM), key=lambda b: -abs(b.change))
    if explanation and not told:
        return ["No single input decides: without any one of them the answer is the same."]
    sentences = []
    for branch in told:
        words = _BRANCH_WORDS[branch.branch]
        side = "for" if branch.change < 0 else "against"
        points = f"{100 * abs(branch.change):.0f}"
        sentences.append(f"{words[:1].upper()}{words[1:]}: {points} points {side} a planet")
    return sentences


def _others(signal: SignalReport, found: Classification) -> list[str]:
    told = []
    placed = signal.pixels is not None and signal.pixels.offset_arcsec is not None
    if found.planet_with_vetting is not None and placed:  # else nothing of the checks has entered
        told.append(f"With where the dips come from: planet {model_share(found.planet_with_vetting)}")
    if found.student_probabilities is not None:
        told.append(
            f"The small network for a microcontroller: planet {model_share(found.student_probabilities.planet)}"
        )
    return told
