"""Lines of the overview on the checks and on the chances, and the way to their report."""

from __future__ import annotations

import reflex as rx

from larun_app.results.state import ResultState
from larun_app.ui.icons import icon
from larun_app.ui.links import link
from larun_app.ui.verdict import tone_class


def checks_card() -> rx.Component:
    """The overview's line on the checks of the chosen signal, with the way to the report."""
    chosen = ResultState.chosen
    return rx.cond(
        chosen.checks != "",
        rx.el.section(
            rx.match(
                chosen.checks_tone,
                ("pass", icon("circle-check", 20)),
                ("warn", icon("triangle-alert", 20)),
                ("fail", icon("octagon-x", 20)),
                icon("circle-dashed", 20),
            ),
            rx.el.h2("Checks"),
            rx.el.p(chosen.checks, class_name="sm mut grow"),
            link(
                "Read the report",
                href="/runs/" + ResultState.run_id + "/report?signal=" + chosen.index.to(str),
                class_name="btn s",
            ),
            class_name=tone_class(chosen.checks_tone, "card checksline"),
        ),
        rx.fragment(),
    )


def chances_card_line() -> rx.Component:
    """The overview's line on how likely a false positive is; nothing for runs that are older than that."""
    chosen = ResultState.chosen
    told = chosen.chances
    return rx.cond(
        told.words != "",
        rx.el.section(
            rx.match(
                told.tone,
                ("pass", icon("badge-check", 20)),
                ("warn", icon("circle-question-mark", 20)),
                ("fail", icon("octagon-x", 20)),
                icon("circle-dashed", 20),
            ),
            rx.el.h2("Chance not a planet"),
            rx.el.p(told.words, class_name="sm mut grow num"),
            rx.cond(
                told.done,
                link(
                    "See all eight explanations",
                    href="/runs/" + ResultState.run_id + "/report?signal=" + chosen.index.to(str) + "#chances",
                    class_name="btn s",
                ),
                rx.fragment(),
            ),
            class_name=tone_class(told.tone, "card checksline chanceline"),
        ),
        rx.fragment(),
    )
