"""The validation report: the verdict in words, who else is in the picture, every check, and what stays open."""

from __future__ import annotations

import reflex as rx

from larun_app.classifier.cards import classifier_card
from larun_app.results.head import result_page, signal_links
from larun_app.results.page import key_figure
from larun_app.results.state import ResultState
from larun_app.results.wording import Fact
from larun_app.ui.icons import icon
from larun_app.ui.kind_bars import kind_bars
from larun_app.ui.links import link
from larun_app.ui.sky_view import sky_view
from larun_app.ui.terms import term
from larun_app.ui.test_row import outcome_chip, test_row
from larun_app.ui.verdict import chip, verdict_card
from larun_app.validation.chances_card import chances_card
from larun_app.validation.checks import CheckRow
from larun_app.validation.ensemble_card import ensemble_card
from larun_app.validation.neighbours import NeighbourRow
from larun_app.validation.state import ValidationState
from larun_app.validation.wording import CountChip

_RUN = "/runs/" + ValidationState.run_id


def _summary_link() -> rx.Component:
    return rx.el.a(
        icon("download", 15),
        "Summary as PDF",
        href="/api/v1" + _RUN + "/summary-" + ValidationState.view.index.to(str) + ".pdf",
        download="",
        class_name="btn s",
    )


def _verdict() -> rx.Component:
    view = ValidationState.view
    return verdict_card(
        view.tone,
        view.headline,
        rx.foreach(view.sentences, lambda sentence: rx.el.p(sentence)),
        action=rx.cond(
            view.checked,
            _summary_link(),
            rx.cond(
                ResultState.view.judged & (view.index > 0),
                link("Search again", href="/analyse?from=" + ValidationState.run_id, class_name="btn p"),
                rx.fragment(),
            ),
        ),
        below=rx.cond(
            view.figures.length() > 0,
            rx.el.dl(
                rx.foreach(view.figures, key_figure),
                class_name="kpis repkpis",
                aria_label="Key figures of " + view.label,
            ),
            rx.fragment(),
        ),
    )


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(fact.name),
        rx.el.dd(fact.value, rx.cond(fact.note != "", rx.el.small(fact.note), rx.fragment())),
    )


def _star() -> rx.Component:
    star = ValidationState.view.star
    return rx.el.section(
        rx.el.div(rx.el.h2("What kind of star is it?"), class_name="ch"),
        rx.cond(
            star.missing != "",
            rx.el.p(icon("circle-dashed", 16), rx.el.span(star.missing), class_name="sum kmiss"),
            rx.el.div(
                rx.el.p(star.words, class_name="kwords serif"),
                rx.cond(star.sentence != "", rx.el.p(star.sentence, class_name="sm mut mt4"), rx.fragment()),
                rx.cond(
                    star.bars.length() > 0,
                    kind_bars(star.bars),
                    rx.fragment(),
                ),
                class_name="kbody",
            ),
        ),
        rx.cond(
            star.facts.length() > 0,
            rx.el.dl(rx.foreach(star.facts, _fact), class_name="facttable kfacts"),
            rx.fragment(),
        ),
        class_name="card f",
    )


def _count_chip(count: rx.Var[CountChip]) -> rx.Component:
    return outcome_chip(count.outcome, count.number, count.spoken)


def _check(row: rx.Var[CheckRow]) -> rx.Component:
    points = _RUN + "?signal=" + ValidationState.view.index.to(str) + "&test="
    return test_row(row, ValidationState.view.index, points, ValidationState.fetch_missing, ValidationState.starting)


def _checks() -> rx.Component:
    view = ValidationState.view
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Checks"),
            rx.el.span(view.counts, class_name="sm mut only-d"),
            rx.el.div(rx.foreach(view.chips, _count_chip), class_name="tools"),
            class_name="ch",
        ),
        rx.el.ul(rx.foreach(view.rows, _check), class_name="trows", aria_label="Checks, the weightiest first"),
        class_name="card f mt16",
    )


def _cell(label: str, value: rx.Var[str] | rx.Component, right: bool = False) -> rx.Component:
    return rx.el.td(value, class_name="r" if right else "", custom_attrs={"data-label": label})


def _neighbour(row: rx.Var[NeighbourRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.cond(row.letter != "", rx.el.span(row.letter, ", ", class_name="nletter"), rx.fragment()),
            row.name,
            scope="row",
        ),
        _cell("Distance", row.distance, True),
        _cell("Brightness, mag", row.brightness, True),
        _cell("Share of the light", row.share, True),
        _cell("Would have to dim by", row.dim),
        rx.cond(
            ValidationState.view.neighbours.with_host,
            _cell("Chance the dips are its own", rx.cond(row.host != "", row.host, "–"), True),
            rx.fragment(),
        ),
        _cell("Verdict", chip(row.tone, row.words)),
        class_name=rx.cond(row.tone == "pass", "cannot", ""),
    )


def _neighbours() -> rx.Component:
    table = ValidationState.view.neighbours

    def name(words: str, right: bool = False) -> rx.Component:
        return rx.el.th(words, scope="col", class_name="r" if right else "")

    return rx.cond(
        table.rows.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.h2("Neighbours that could fake it"),
                rx.el.span(table.said, class_name="sm mut"),
                class_name="ch nhead",
            ),
            rx.el.div(
                rx.el.table(
                    rx.el.thead(
                        rx.el.tr(
                            name("Star"),
                            name("Distance", True),
                            name("Brightness, mag", True),
                            name("Share of the light", True),
                            name("Would have to dim by"),
                            rx.cond(table.with_host, name("Chance the dips are its own", True), rx.fragment()),
                            name("Verdict"),
                        )
                    ),
                    rx.el.tbody(rx.foreach(table.rows, _neighbour)),
                    class_name="lines cards ntable",
                ),
                class_name="tabscroll",
                tab_index=0,
                role="region",
                aria_label="Neighbours",
            ),
            rx.cond(
                table.beyond != "",
                rx.el.div(
                    rx.el.span(table.beyond, class_name="sm mut"),
                    rx.cond(
                        table.more != "",
                        rx.el.button(table.more, type="button", class_name="btn s", on_click=ValidationState.show_all),
                        rx.fragment(),
                    ),
                    class_name="nmore",
                ),
                rx.fragment(),
            ),
            class_name="card f mt16",
        ),
        rx.fragment(),
    )


def _list(title: str | rx.Var[str], entries: rx.Var[list[str]]) -> rx.Component:
    return rx.cond(
        entries.length() > 0,
        rx.el.section(
            rx.el.h2(title),
            rx.el.ul(rx.foreach(entries, rx.el.li), class_name="plainlist bullets"),
            class_name="card q",
        ),
        rx.fragment(),
    )


def _words(*terms: tuple[str, str]) -> list[rx.Component | str]:
    parts: list[rx.Component | str] = []
    for i, (key, words) in enumerate(terms):
        last = i == len(terms) - 1
        parts.append(rx.el.span(term(key, words), "." if last else ",", class_name="nw"))  # no line begins with a comma
        parts += [] if last else [" "]
    return parts


def _foot() -> rx.Component:
    view = ValidationState.view
    return rx.el.div(
        rx.el.p(
            view.catalogues,
            " Words used here: ",
            *_words(
                ("vetting", "checks"),
                ("difference-image", "difference image"),
                ("aperture", "light we measure"),
                ("dilution", "undiluted size"),
            ),
        ),
        rx.cond(view.sectors != "", rx.el.p(view.sectors), rx.fragment()),
        rx.foreach(view.notes, rx.el.p),
        class_name="sm mut mt16 repfoot",
    )


def _checked() -> rx.Component:
    view = ValidationState.view
    return rx.fragment(
        rx.el.div(
            sky_view(
                signal=view.index,
                summary=view.sky.summary,
                pixel_arcsec=view.sky.pixel_arcsec,
                circle_arcsec=view.sky.circle_arcsec,
                empty=view.sky.empty,
            ),
            _star(),
            class_name="grid2 mt16 skygrid",
        ),
        _checks(),
        classifier_card(view.classifier),
        _neighbours(),
        rx.el.div(
            _list("What this does not tell you", view.not_told),
            _list(view.would_change_title, view.would_change),
            class_name="grid2 mt16 words",
        ),
        _foot(),
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.el.div(class_name="sk late", style={"width": "52%", "height": "24px"}),
        rx.el.div(class_name="sk late mt12", style={"width": "84%"}),
        rx.el.div(class_name="sk late mt8", style={"width": "70%"}),
        class_name="card verdictwait",
        role="status",
        aria_label="Loading the report",
    )


def _report() -> rx.Component:
    return rx.cond(
        ValidationState.ready,
        rx.el.div(
            signal_links("report", ValidationState.view.index),
            _verdict(),
            chances_card(ValidationState.view.chances),
            ensemble_card(ValidationState.view.ensemble),
            rx.cond(ValidationState.view.checked, _checked(), rx.fragment()),
            class_name="report",
        ),
        _waiting(),
    )


def report_page() -> rx.Component:
    """/runs/<id>/report"""
    return result_page("report", _report)
