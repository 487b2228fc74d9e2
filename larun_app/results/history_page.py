"""All searches of this star."""

from __future__ import annotations

import reflex as rx

from larun_app.dashboard.page import fold_picture
from larun_app.results.head import result_page
from larun_app.results.history import HistoryRow
from larun_app.results.state import ResultState
from larun_app.ui.icons import icon
from larun_app.ui.links import link
from larun_app.ui.verdict import chip


def _row(row: rx.Var[HistoryRow]) -> rx.Component:
    return link(
        fold_picture(row.line.fold),
        rx.el.span(
            rx.el.span(
                row.line.title,
                rx.cond(row.here, rx.el.span("this one", class_name="tag here"), rx.fragment()),
                class_name="name",
                style={"display": "block"},
            ),
            rx.el.span(rx.cond(row.changed != "", row.changed, row.line.facts), class_name="sm mut num"),
        ),
        rx.el.span(
            chip(row.line.tone, row.line.verdict),
            rx.cond(
                (row.changed != "") & (row.line.facts != ""),
                rx.el.span(row.line.facts, class_name="sm mut num", style={"display": "block", "paddingLeft": "2px"}),
                rx.fragment(),
            ),
        ),
        rx.el.span(row.line.when, class_name="sm mut nw when"),
        href=row.line.href,
        class_name="rrow",
    )


def _body() -> rx.Component:
    return rx.el.div(
        rx.el.section(
            rx.el.div(rx.el.h2("Searches of this star"), class_name="ch", style={"paddingLeft": "20px"}),
            rx.el.div(rx.foreach(ResultState.rows, _row), class_name="rows"),
            class_name="card f",
        ),
        rx.el.div(
            link(
                icon("refresh-cw", 18),
                "Search again with other choices",
                href="/analyse?from=" + ResultState.run_id,
                class_name="btn",
            ),
            class_name="row mt16",
        ),
    )


def history_page() -> rx.Component:
    """/runs/<id>/history"""
    return result_page("history", _body)
