"""What went in and how it was done: sectors, files, star, settings, versions, warnings."""

from __future__ import annotations

import reflex as rx

from larun_app.results.head import chapter, result_page
from larun_app.results.state import ResultState
from larun_app.results.wording import Fact, InputRow, SectorRow
from larun_app.ui.icons import icon


def _head_row(*names: tuple[str, bool]) -> rx.Component:
    return rx.el.thead(
        rx.el.tr(*(rx.el.th(name, scope="col", class_name="r" if right else "") for name, right in names))
    )


def _cell(label: str, value: rx.Var[str] | rx.Component, right: bool = False, **props: object) -> rx.Component:
    return rx.el.td(value, class_name="r" if right else "", custom_attrs={"data-label": label}, **props)


def _sector(row: rx.Var[SectorRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.label, scope="row"),
        _cell("Days", row.days, True),
        _cell("Step", row.cadence, True),
        _cell("Points used", row.points, True),
        _cell("Noise", rx.cond(row.noise != "", row.noise, "–"), True),
        _cell("Pipeline", row.pipeline),
        _cell("From", rx.el.span(row.source, class_name="brk")),
    )


def _sectors() -> rx.Component:
    return chapter(
        "The light that went in",
        rx.el.div(
            rx.el.table(
                _head_row(
                    ("Sector", False),
                    ("Days", True),
                    ("Step", True),
                    ("Points used", True),
                    ("Noise", True),
                    ("Pipeline", False),
                    ("From", False),
                ),
                rx.el.tbody(rx.foreach(ResultState.view.sectors, _sector)),
                class_name="lines cards",
            ),
            class_name="tabscroll",
            tab_index=0,
            role="region",
            aria_label="The light that went in",
        ),
        rx.el.p(ResultState.view.day_note, " Noise is the scatter from one point to the next.", class_name="sum mt8"),
    )


def _input(row: rx.Var[InputRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.name, class_name="b brk"),
        rx.cond(row.origin != "", rx.el.span(row.origin, class_name="mut"), rx.fragment()),
        rx.el.code(row.sha256, class_name="sha", title="SHA-256 of the file"),
    )


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(fact.name),
        rx.el.dd(
            fact.value,
            rx.cond(fact.note != "", rx.el.small(fact.note), rx.fragment()),
        ),
    )


def _facts(title: str, facts: rx.Var[list[Fact]], empty: str = "") -> rx.Component:
    return chapter(
        title,
        rx.cond(
            facts.length() > 0,
            rx.el.dl(rx.foreach(facts, _fact), class_name="facttable"),
            rx.el.p(empty, class_name="sum"),
        ),
    )


def _warnings() -> rx.Component:
    return rx.cond(
        ResultState.view.warnings.length() > 0,
        chapter(
            "Worth knowing",
            rx.el.ul(
                rx.foreach(ResultState.view.warnings, lambda text: rx.el.li(icon("info", 16), rx.el.span(text))),
                class_name="plainlist notdone padded",
            ),
        ),
        rx.fragment(),
    )


def _body() -> rx.Component:
    view = ResultState.view
    return rx.el.div(
        _sectors(),
        _warnings(),
        rx.el.div(
            rx.el.div(
                _facts("The star", view.star, "Nothing is known of the star but its light."),
                _facts("Time taken", view.timings),
                _facts("Versions", view.versions),
                class_name="col g16",
            ),
            rx.el.div(_facts("Settings", view.settings), class_name="col g16"),
            class_name="grid2",
        ),
        chapter(
            "Input files and their checksums",
            rx.el.ul(rx.foreach(view.inputs, _input), class_name="inputs"),
            rx.el.p(
                "The same files, settings and seed give the same numbers. ",
                rx.el.a(
                    "Settings as JSON",
                    href="/api/v1/runs/" + ResultState.run_id + "/download/settings.json",
                    class_name="u",
                    download="",
                ),
                class_name="sum mt8",
            ),
        ),
        class_name="col g16 datapage",
    )


def data_page() -> rx.Component:
    """/runs/<id>/data"""
    return result_page("data", _body)
