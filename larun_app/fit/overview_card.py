"""One line of the overview on the fit of the chosen signal, and the way to its page."""

from __future__ import annotations

import reflex as rx

from larun_app.results.state import ResultState
from larun_app.ui.icons import icon
from larun_app.ui.links import link
from larun_app.ui.verdict import tone_class


def fit_card() -> rx.Component:
    """What the fit says, or the invitation to make one; nothing for a signal that is not convincing."""
    chosen = ResultState.chosen
    fit = chosen.fit
    return rx.cond(
        fit.title != "",
        rx.el.section(
            rx.match(
                fit.tone,
                ("pass", icon("circle-check", 20)),
                ("warn", icon("triangle-alert", 20)),
                icon("circle-dashed", 20),
            ),
            rx.el.h2(fit.title),
            rx.el.p(fit.words, class_name="sm mut grow num"),
            link(
                fit.action,
                href="/runs/" + ResultState.run_id + "/fit?signal=" + chosen.index.to(str),
                class_name="btn s",
            ),
            class_name=tone_class(fit.tone, "card fitline"),
        ),
        rx.fragment(),
    )
