"""The validation report of one signal in the words and rows of its page. Plain Python: a report in, dataclasses out."""

from __future__ import annotations

import dataclasses

from data.report import Report, SignalReport
from data.requests import VetChoice
from larun_app.results.wording import Figure
from larun_app.ui.sky_view import circle_arcsec, pixel_arcsec
from larun_app.validation.checks import CheckRow, check_rows, told
from larun_app.validation.counts import counts_of, verdict_tone
from larun_app.validation.figures import key_figures, sky_summary
from larun_app.validation.neighbours import NeighbourTable, neighbour_table
from larun_app.validation.open_questions import not_told, would_change
from larun_app.validation.star_kind import StarKind, star_kind
from science.rounding import regroup

NO_SIGNAL = "There is no dip to check"
UNCHECKED = "These dips have not been checked"


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
    neighbours: NeighbourTable = dataclasses.field(default_factory=NeighbourTable)
    light: str = ""
    catalogues: str = ""
    not_told: list[str] = dataclasses.field(default_factory=list)
    would_change: list[str] = dataclasses.field(default_factory=list)
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
    if not signal.vetting:
        return ValidationView(index=index, headline=UNCHECKED, sentences=_why_unchecked(report), star=star_kind(report))
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
        sentences=list(verdict.sentences) if verdict is not None else [],
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
        neighbours=neighbour_table(signal, everything),
        light=signal.contamination.sentence if signal.contamination is not None else "",
        catalogues=_catalogues(report),
        not_told=not_told(signal, report.field, pixel),
        would_change=would_change(signal, report.field, asked),
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
        missing = {"neighbours": field.why_no_field, "pixels": field.why_no_pixels} if field is not None else {}
        reasons = [told(reason, group) for group, reason in missing.items()]
        empty = (
            " ".join(r for r in reasons if r) or "No star catalogue was read and no pixels were fetched in this run."
        )
    return SkyFacts(sky_summary(signal), pixel, circle_arcsec(aperture, pixel), empty)


def _catalogues(report: Report) -> str:
    field = report.field
    if field is None or not field.catalogues:
        return ""
    pixels = f" Pixels of {', '.join(field.pixels)}." if field.pixels else ""
    return f"Stars from {', '.join(field.catalogues)}.{pixels}"
