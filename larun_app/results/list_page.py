"""The list of results."""

from __future__ import annotations

import reflex as rx

from larun_app.dashboard.page import recent_line
from larun_app.results.list_state import ResultListState as State
from larun_app.results.lists import KINDS
from larun_app.ui.icons import icon
from larun_app.ui.links import link
from larun_app.ui.notices import empty
from larun_app.ui.shell import shell


def _filter() -> rx.Component:
    return rx.el.div(
        *(
            rx.el.button(
                words,
                type="button",
                aria_pressed=rx.cond(State.kind == kind, "true", "false"),
                on_click=State.choose_kind(kind),
            )
            for kind, words in KINDS
        ),
        class_name="seg kinds",
        role="group",
        aria_label="Which results",
    )


def _search() -> rx.Component:
    return rx.el.div(
        icon("search", 18),
        rx.debounce_input(
            rx.el.input(
                value=State.text,
                on_change=State.look_for,
                class_name="in",
                type="search",
                placeholder="Star or file name",
                max_length=200,
                custom_attrs={"aria-label": "Find a result by its star or file name", "data-search": "true"},
            ),
            debounce_timeout=250,
        ),
        class_name="inw resfind",
    )


def _nothing_found() -> rx.Component:
    return rx.el.div(
        rx.el.p("No result fits this.", class_name="b"),
        rx.el.p("Change the words or the filter.", class_name="sm mut"),
        class_name="nofit",
    )


def _list() -> rx.Component:
    return rx.el.div(
        rx.el.div(_search(), _filter(), class_name="restools"),
        rx.el.section(
            rx.cond(
                State.lines.length() > 0,
                rx.el.div(rx.foreach(State.lines, recent_line), class_name="rows"),
                _nothing_found(),
            ),
            class_name="card f",
            aria_label="Results",
        ),
        rx.el.div(
            rx.el.p(
                rx.cond(
                    State.found > State.lines.length(),
                    State.lines.length().to_string() + " of " + State.found.to_string() + " results",
                    rx.cond(State.found == 1, "One result", State.found.to_string() + " results"),
                ),
                class_name="sm mut num",
                role="status",
            ),
            rx.cond(
                State.found > State.lines.length(),
                rx.el.button("Show more", type="button", class_name="btn s", on_click=State.more),
                rx.fragment(),
            ),
            class_name="row sp mt12",
        ),
    )


def results_page() -> rx.Component:
    """/results"""
    return shell(
        rx.el.div(
            rx.el.h1("Results"),
            link(icon("plus", 18), "Analyse a star", href="/analyse", class_name="btn only-d"),
            class_name="head",
        ),
        rx.cond(
            State.ready,
            rx.cond(
                State.total > 0,
                _list(),
                empty(
                    "No results yet",
                    "Name a star or start with an example. What you find is kept here.",
                    link("Open the examples", href="/examples", class_name="btn mt12"),
                ),
            ),
            rx.el.div(rx.el.div(class_name="sk late"), class_name="card", role="status", aria_label="Loading"),
        ),
        here="results",
        title="Results",
    )
