"""What all pages of a result share: title, facts, actions, tabs, the word on simulated light, and what is missing."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from larun_app.results.explorer import result_actions
from larun_app.results.state import DAMAGED, ResultState
from larun_app.results.wording import SignalView
from larun_app.ui.icons import icon
from larun_app.ui.links import link
from larun_app.ui.notices import note
from larun_app.ui.shell import shell
from larun_app.ui.verdict import verdict_card

#: (key, words, end of the address) of the pages that exist.
TABS = (
    ("overview", "Overview", ""),
    ("report", "Report", "/report"),
    ("fit", "Fit", "/fit"),
    ("data", "Data", "/data"),
    ("history", "History", "/history"),
)


def _crumb() -> rx.Component:
    return rx.el.p(
        link("Results", href="/results"),
        rx.cond(ResultState.view.target != "", " / " + ResultState.view.target, ""),
        class_name="crumb only-d",
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _crumb(),
            rx.el.h1(rx.cond(ResultState.phase == "done", ResultState.view.title, "Result")),
            rx.el.div(rx.foreach(ResultState.view.facts, rx.el.span), class_name="facts num"),
        ),
        result_actions(has_result=ResultState.phase == "done"),
        class_name="head reshead",
    )


def _tabs(here: str) -> rx.Component:
    return rx.el.nav(
        *(
            link(
                words,
                href="/runs/" + ResultState.run_id + end,
                custom_attrs={"aria-current": "page"} if key == here else {},
            )
            for key, words, end in TABS
        ),
        class_name="subn",
        aria_label="This result",
    )


def _simulated() -> rx.Component:
    return rx.cond(
        ResultState.view.simulated,
        rx.el.div(
            note(
                rx.el.b("Simulated light. ", class_name="b"),
                "This star does not exist; its light was made to show what two eclipsing stars look like.",
                tone="warn",
                shape="flask-conical",
            ),
            class_name="simband",
        ),
        rx.fragment(),
    )


def _missing() -> rx.Component:
    return rx.el.div(
        rx.el.p(link("Results", href="/results"), class_name="crumb"),
        verdict_card(
            "none",
            "There is no such result",
            rx.el.p("The address may be mistyped, or the result belongs to somebody else. Nothing of yours is lost."),
            action=link("All your results", href="/results", class_name="btn p"),
            level="h1",
        ),
        class_name="notfound",
    )


def _damaged() -> rx.Component:
    return verdict_card(
        "warn",
        "This result cannot be shown",
        rx.el.p(DAMAGED),
        action=link("Analyse a star", href="/analyse", class_name="btn p"),
    )


def result_page(here: str, body: Callable[[], rx.Component]) -> rx.Component:
    """A page of a result with `body` below the tabs."""
    return shell(
        rx.match(
            ResultState.phase,
            ("missing", _missing()),
            ("damaged", rx.el.div(_head(), _damaged())),
            rx.el.div(_head(), _tabs(here), _simulated(), body()),
        ),
        here="results",
        title=rx.cond(ResultState.view.title != "", ResultState.view.title, "Result"),
        back="/results",
    )


def chapter(title: str, *children: rx.Component, shape: str = "") -> rx.Component:
    """A card with a heading."""
    return rx.el.section(
        rx.el.div(icon(shape, 18) if shape else rx.fragment(), rx.el.h2(title), class_name="ch"),
        *children,
        class_name="card f",
    )


def signal_links(tab: str, shown: rx.Var[int]) -> rx.Component:
    """The signals of the run as links to their place on a tab ("report", "fit"); `shown` is the one that is open."""

    def one(signal: rx.Var[SignalView]) -> rx.Component:
        return link(
            rx.el.i(class_name="dot-" + signal.tone.to(str)),
            signal.label,
            href="/runs/" + ResultState.run_id + f"/{tab}?signal=" + signal.index.to(str),
            custom_attrs={"aria-current": rx.cond(shown == signal.index, "true", "false")},
        )

    return rx.cond(
        ResultState.view.signals.length() > 1,
        rx.el.nav(
            rx.foreach(ResultState.view.signals, one),
            class_name="sigs seg siglinks",
            aria_label="Signals found",
        ),
        rx.fragment(),
    )
