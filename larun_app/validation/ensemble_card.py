"""What all opinions say together, drawn."""

from __future__ import annotations

import reflex as rx

from larun_app.validation.ensemble import EnsembleView


def _list(title: str, entries: rx.Var[list[str]]) -> rx.Component:
    return rx.cond(
        entries.length() > 0,
        rx.fragment(
            rx.el.h3(title),
            rx.el.ul(rx.foreach(entries, rx.el.li), class_name="plainlist bullets sm"),
        ),
        rx.fragment(),
    )


def ensemble_card(view: rx.Var[EnsembleView]) -> rx.Component:
    """Recommendation, agreement, who disagrees, who could not be asked; nothing for runs older than it."""
    return rx.cond(
        view.recommendation != "",
        rx.el.section(
            rx.el.div(rx.el.h2("What do chances, shape and checks say together?"), class_name="ch"),
            rx.el.div(
                rx.el.div(
                    rx.el.p(view.recommendation, class_name="kwords serif"),
                    rx.el.dl(
                        rx.foreach(view.facts, lambda fact: rx.el.div(rx.el.dt(fact.name), rx.el.dd(fact.value))),
                        class_name="facttable chfacts",
                    ),
                ),
                rx.el.div(
                    _list("Where they differ", view.disagreements),
                    _list("Opinions that are missing", view.missing),
                    class_name="kwhy",
                ),
                class_name="kbody ktwo",
            ),
            class_name="card f mt16",
            id="together",
        ),
        rx.fragment(),
    )
