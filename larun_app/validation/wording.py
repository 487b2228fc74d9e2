"""The validation report of one signal in the words and rows of its page. Plain Python: a report in, dataclasses out."""

from __future__ import annotations

import dataclasses

from data.archives.sectors import sectors_in_words
from data.report import Report, SignalReport
from data.requests import VetChoice
from jobs.chance_words import weighed
from jobs.summary_words import known_already
from larun_app.classifier.wording import ClassifierView, classifier_view
from larun_app.results.wording import Figure
from larun_app.ui.sky_view import circle_arcsec, pixel_arcsec
from larun_app.validation.chances import ChancesView, chances_view
from larun_app.validation.checks import CheckRow, check_rows
from larun_app.validation.counts import counts_of, verdict_tone
from larun_app.validation.density_check import with_density
from larun_app.validation.ensemble import EnsembleView, ensemble_view
from larun_app.validation.figures import key_figures, sky_summary
from larun_app.validation.neighbours import NeighbourTable, neighbour_table
from larun_app.validation.open_questions import not_told, would_change
from larun_app.validation.star_kind import StarKind, star_kind
from science.rounding import regroup

NO_SIGNAL = "There is no dip to check"
UNCHECKED = "These dips have not been checked"
CHANGES, CHECKS_CHANGE = "What would change the verdict", "What would change the verdict of the checks"
#: How a catalogue that was not asked anew says so.
_OLD = ", from the cache, "


@dataclasses.dataclass
class CountChip:
    """How many checks ended one way."""

    outcome: str = ""
    number: str = ""
    spoken: str = ""


@dataclasses.dataclass
class SkyFacts:
    """What the sky view is told; the stars and pixels it fetches itself. `empty` says why there is nothing to draw."""

    summary: str = ""
    pixel_arcsec: float = 21.0
    circle_arcsec: float = 0.0
    empty: str = ""


@dataclasses.dataclass
class ValidationView:
    """Everything the page says of one signal. `checked` is False where the run holds no checks of it."""

    index: int = 0
    label: str = ""
    checked: bool = False
    tone: str = "none"
    headline: str = ""
    sentences: list[str] = dataclasses.field(default_factory=list)
    figures: list[Figure] = dataclasses.field(default_factory=list)
    counts: str = ""
    chips: list[CountChip] = dataclasses.field(default_factory=list)
    rows: list[CheckRow] = dataclasses.field(default_factory=list)
    sky: SkyFacts = dataclasses.field(default_factory=SkyFacts)
    star: StarKind = dataclasses.field(default_factory=StarKind)
    classifier: ClassifierView = dataclasses.field(default_factory=ClassifierView)
    neighbours: NeighbourTable = dataclasses.field(default_factory=NeighbourTable)
    catalogues: str = ""
    sectors: str = ""
    not_told: list[str] = dataclasses.field(default_factory=list)
    would_change: list[str] = dataclasses.field(default_factory=list)
    would_change_title: str = CHANGES
    chances: ChancesView = dataclasses.field(default_factory=ChancesView)
    ensemble: EnsembleView = dataclasses.field(default_factory=EnsembleView)
    notes: list[str] = dataclasses.field(default_factory=list)


def shown_signals(report: Report) -> list[tuple[int, SignalReport]]:
    """The signals of the page with the numbers of its address; the strongest repeat of an empty search is 0."""
    if report.signals:
        return [(s.index, s) for s in report.signals]
    return [(0, report.best_rejected)] if report.best_rejected is not None else []


def validation_view(
    report: Report, wanted: int | None = None, asked: VetChoice | None = None, everything: bool = False
) -> ValidationView:
    """The page for signal `wanted` (default, and where there is none of that number: the first).

    `asked` says which archives the run was allowed to ask; `everything` lists all neighbours.
    """
    listed = shown_signals(report)
    if not listed:
        return ValidationView(headline=NO_SIGNAL, sentences=list(report.verdict.sentences), star=star_kind(report))
    index, signal = next(((i, s) for i, s in listed if i == wanted), listed[0])
    signal = with_density(signal)
    if not signal.vetting:
        return ValidationView(
            index=index,
            headline=UNCHECKED,
            sentences=_why_unchecked(report),
            star=star_kind(report),
            chances=chances_view(signal) if signal.validation is not None else ChancesView(),
            ensemble=ensemble_view(signal),
        )
    asked = asked or VetChoice()
    pixel = pixel_arcsec([s.mission for s in report.sectors])
    verdict = signal.vetting_verdict
    counts = counts_of(signal)
    return ValidationView(
        index=index,
        label="the strongest repeat" if index == 0 else f"signal {index}",
        checked=True,
        tone=verdict_tone(signal),
        headline=verdict.headline if verdict is not None else counts.words,
        sentences=[*(verdict.sentences if verdict is not None else ()), *known_already(signal)],
        figures=key_figures(signal),
        counts=counts.words,
        chips=[
            CountChip(outcome, str(n), f"{n} {words}")
            for outcome, n, words in (
                ("fail", counts.failed, "failed"),
                ("warn", counts.look, "to look at"),
                ("not_run", counts.not_run, "not run"),
                ("pass", counts.passed, "passed"),
            )
            if n
        ],
        rows=check_rows(signal, report.field, asked),
        sky=_sky(report, signal, pixel),
        star=star_kind(report),
        classifier=classifier_view(signal),
        neighbours=neighbour_table(signal, everything),
        catalogues=_catalogues(report),
        sectors=_sectors(report),
        not_told=not_told(signal, report.field, pixel),
        would_change=would_change(signal, report.field, asked),
        would_change_title=CHECKS_CHANGE if weighed(signal) else CHANGES,
        chances=chances_view(signal, any(s.validation is not None for s in report.signals)),
        ensemble=ensemble_view(signal),
        notes=[regroup(note) for note in report.field.notes] if report.field is not None else [],
    )


def _why_unchecked(report: Report) -> list[str]:
    if not report.signals:
        return ["Nothing convincing was found, and the strongest repeat is not worth the checks."]
    return ["This search ended before the checks were part of it. Search again to have them run; nothing is lost."]


def _sky(report: Report, signal: SignalReport, pixel: float) -> SkyFacts:
    aperture = signal.contamination.aperture if signal.contamination is not None else ""
    field = report.field
    empty = ""
    if not signal.neighbours and signal.pixels is None:
        missing = (field.why_no_field, field.why_no_pixels) if field is not None else ()
        reasons = list(dict.fromkeys(why for why in missing if why))  # one reason may stand for both
        empty = " ".join(reasons) or "No star catalogue was read and no pixels were fetched in this run."
    return SkyFacts(sky_summary(signal), pixel, circle_arcsec(aperture, pixel), empty)


def _catalogues(report: Report) -> str:
    field = report.field
    if field is None or not field.catalogues:
        return ""
    pixels = f" Pixels of {', '.join(field.pixels)}." if field.pixels else ""
    named = [catalogue.partition(_OLD) for catalogue in field.catalogues]
    ages = {age for _, old, age in named if old}
    if len(ages) == 1 and all(old for _, old, _ in named):  # one age for all is said once
        return f"Stars from {', '.join(name for name, _, _ in named)} (from the cache, {ages.pop()}).{pixels}"
    listed = [f"{name} (from the cache, {age})" if old else name for name, old, age in named]
    return f"Stars from {', '.join(listed)}.{pixels}"


def _sectors(report: Report) -> str:
    """When TESS saw the star, and how much of that this report rests on; "" for other missions and where nobody
    asked."""
    observed = report.field.sectors_observed if report.field is not None else ()
    if not observed:
        return ""
    used = {s.number for s in report.sectors if s.mission == "TESS"} & set(observed)
    if len(used) == len(set(observed)):
        tail = " This report uses it." if len(used) == 1 else " This report uses all of them."
    else:
        tail = f" This report uses {len(used)} of them." if used else ""
    return sectors_in_words(observed) + tail
