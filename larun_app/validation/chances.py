"""How likely each explanation of a signal is, in the words and rows of the report's page."""

from __future__ import annotations

import dataclasses

from data.report import SignalReport
from data.validation_report import NeighbourChance, ValidationReport
from jobs.chance_words import (
    SCENARIO_WORDS,
    VERDICT_CHIPS,
    VERDICT_TONES,
    VERDICT_WORDS,
    listed_scenarios,
    not_weighed,
    plain_reason,
    told_probability,
    with_error_words,
)
from larun_app.learn.chance_terms import SCENARIO_KEY
from larun_app.learn.glossary import term_of
from larun_app.ui.chance_ruler import Ruler, ruler
from larun_app.ui.log_bars import LogBar, log_bar
from larun_app.ui.numbers import count
from larun_app.validation.evidence import EvidenceRow, evidence_rows, evidence_said, how_it_was_drawn
from larun_app.validation.neighbours import share_words
from larun_app.validation.timing import TimingView, timing_view
from science.rounding import THIN, number, regroup, significant

#: Neighbours that are shown at once, and with the rest unfolded.
FIRST = 5
MOST = 60
NOT_ASKED = "Not worked out in this run. Search again to have it done; nothing is lost."
NOT_OF_THIS = "Not worked out: only the strongest signals of a star are weighed."


@dataclasses.dataclass
class ChanceNeighbour:
    """A star in the same light, in words."""

    name: str = ""
    note: str = ""
    distance: str = ""
    brightness: str = ""
    share: str = ""
    chance: str = ""


@dataclasses.dataclass
class ChanceNeighbours:
    """The first stars, the others, and what is said of them all."""

    said: str = ""
    first: list[ChanceNeighbour] = dataclasses.field(default_factory=list)
    rest: list[ChanceNeighbour] = dataclasses.field(default_factory=list)
    more: str = ""  # on the fold
    beyond: str = ""  # what even that does not list


@dataclasses.dataclass
class Told:
    """A probability and its error, as they are written and as they are read aloud."""

    value: str = ""
    error: str = ""
    spoken: str = ""


@dataclasses.dataclass
class ChancesView:
    """The section. `missing` says why there is nothing to show; `shown` is False where there is no section at all."""

    shown: bool = False
    missing: str = ""
    tone: str = "none"
    chip: str = ""
    headline: str = ""
    reason: str = ""
    fpp: Told = dataclasses.field(default_factory=Told)
    nfpp: Told = dataclasses.field(default_factory=Told)
    ruler: Ruler = dataclasses.field(default_factory=Ruler)
    bars: list[LogBar] = dataclasses.field(default_factory=list)
    neighbours: ChanceNeighbours = dataclasses.field(default_factory=ChanceNeighbours)
    would_change: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    timing: TimingView = dataclasses.field(default_factory=TimingView)
    evidence: list[EvidenceRow] = dataclasses.field(default_factory=list)
    evidence_said: str = ""
    drawn: str = ""


def chances_view(signal: SignalReport, others_have: bool = False) -> ChancesView:
    """The section of one signal; `others_have`: other signals of the run were weighed."""
    found = signal.validation
    if found is None:
        return ChancesView(shown=True, missing=NOT_OF_THIS if others_have else NOT_ASKED)
    if found.outcome == "not_run" or found.fpp is None or found.nfpp is None or found.verdict is None:
        return ChancesView(shown=True, missing=not_weighed(found))
    return ChancesView(
        shown=True,
        tone=VERDICT_TONES[found.verdict],
        chip=VERDICT_CHIPS[found.verdict],
        headline=VERDICT_WORDS[found.verdict],
        reason=regroup(plain_reason(found.reason)),
        fpp=_told(found.fpp, found.fpp_err),
        nfpp=_told(found.nfpp, found.nfpp_err),
        ruler=ruler(
            told_probability(found.fpp, found.fpp_err)[0],
            f"Chance not a planet: {_spoken(found.fpp, found.fpp_err)}, on a scale from 0.01 to 100 percent",
            found.fpp,
            found.fpp_err,
        ),
        bars=_bars(found),
        neighbours=_neighbours(found),
        would_change=_sentences(found.would_change),
        notes=_sentences(found.notes),
        timing=timing_view(found),
        evidence=evidence_rows(found),
        evidence_said=evidence_said(found),
        drawn=how_it_was_drawn(found),
    )


def _sentences(told: tuple[str, ...]) -> list[str]:
    return [regroup(sentence) for sentence in told]


def _told(probability: float, error: float | None) -> Told:
    value, shown = told_probability(probability, error)
    return Told(value, shown, _spoken(probability, error))


def _spoken(probability: float, error: float | None) -> str:
    return with_error_words(probability, error).replace(f"{THIN}%", " percent").replace("±", "plus or minus")


def _bars(found: ValidationReport) -> list[LogBar]:
    bars = []
    for place, (name, probability, error) in enumerate(listed_scenarios(found)):
        entry = term_of(SCENARIO_KEY.format(name))
        kind = "" if place else "good" if name == "planet" else "best"
        told = told_probability(probability, error)
        bars.append(log_bar(SCENARIO_WORDS[name], entry.exact, entry.plain, told, probability, error, kind))
    return bars


def _neighbours(found: ValidationReport) -> ChanceNeighbours:
    listed = sorted(found.neighbours, key=lambda star: -star.probability)
    if not listed:
        return ChanceNeighbours()
    rows = [_neighbour(star) for star in listed[:MOST]]
    folded, left = len(rows[FIRST:]), len(listed) - len(rows)
    assert found.nfpp is not None
    return ChanceNeighbours(
        said=f"{count(len(listed), 'star')} in the same light, {with_error_words(found.nfpp, found.nfpp_err)} in all",
        first=rows[:FIRST],
        rest=rows[FIRST:],
        more=f"{count(folded, 'star')} more" if folded else "",
        beyond=f"{count(left, 'star')} more, all less likely, in the report’s JSON." if left else "",
    )


def _neighbour(star: NeighbourChance) -> ChanceNeighbour:
    apart = star.separation_arcsec
    return ChanceNeighbour(
        name=star.name,
        note="size not known, the Sun’s assumed" if star.assumed else "",
        distance="–" if apart is None else f"{significant(apart, 2 if apart >= 1 else 1)}″",
        brightness="–" if star.tmag is None else number(star.tmag, 1),
        share=share_words(star.light_share),
        chance=with_error_words(star.probability, star.error),
    )
