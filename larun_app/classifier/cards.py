"""The classifier's answer drawn: a line and a card on the overview, the card on the report."""

from __future__ import annotations

import reflex as rx

from larun_app.classifier.wording import ClassifierView
from larun_app.results.state import ResultState
from larun_app.ui.icons import icon
from larun_app.ui.kind_bars import kind_bars
from larun_app.ui.links import link


def classifier_line() -> rx.Component:
    """The overview's line on the chosen signal; nothing for runs that are older than the classifier."""
    told = ResultState.chosen.classifier
    return rx.cond(
        (told.line != "") | (told.missing != ""),
        rx.el.section(
            icon("shapes", 20),
            rx.el.h2("Kind of signal"),
            rx.el.p(rx.cond(told.line != "", told.line, told.missing), class_name="sm mut grow"),
            rx.cond(
                told.line != "",
                rx.el.a("See all six and why", href="#kind", class_name="btn s"),
                rx.fragment(),
            ),
            class_name="card checksline kindline nrun",
        ),
        rx.fragment(),
    )


def _list(title: str, entries: rx.Var[list[str]]) -> rx.Component:
    return rx.cond(
        entries.length() > 0,
        rx.fragment(
            rx.el.h3(title),
            rx.el.ul(rx.foreach(entries, rx.el.li), class_name="plainlist bullets sm"),
        ),
        rx.fragment(),
    )


def classifier_detail() -> rx.Component:
    """The overview's card on the chosen signal; the line above says it where there is no answer."""
    told = ResultState.chosen.classifier
    return rx.cond(told.headline != "", classifier_card(told), rx.fragment())


def classifier_card(told: ClassifierView) -> rx.Component:
    """Six bars, what moved the score, what else was asked."""
    return rx.cond(
        (told.line != "") | (told.missing != ""),
        rx.el.section(
            rx.el.div(
                rx.el.h2("What kind of signal is it?"),
                rx.el.div(link("Try it on the chip", href="/chip", class_name="btn s"), class_name="tools"),
                class_name="ch",
            ),
            rx.cond(
                told.missing != "",
                rx.el.p(icon("circle-dashed", 16), rx.el.span(told.missing), class_name="sum kmiss"),
                rx.el.div(
                    rx.el.div(
                        rx.el.p(told.headline, class_name="kwords serif"),
                        rx.el.p(told.caveat, class_name="sm mut mt4"),
                        kind_bars(told.bars),
                    ),
                    rx.el.div(
                        _list("What moved the score", told.moved),
                        _list("Asked as well", told.others),
                        class_name="kwhy",
                    ),
                    class_name="kbody ktwo",
                ),
            ),
            class_name="card f mt16",
            id="kind",
        ),
        rx.fragment(),
    )
