"""One check as a row: how it ended, what was asked as the good outcome, why, a picture on demand, value over limit."""

from __future__ import annotations

import reflex as rx

from larun_app.ui.icons import icon
from larun_app.ui.links import link
from larun_app.ui.picture import picture_chart

#: Outcome of a check → class of its colours and icon; the word always stands beside it.
OUTCOMES = {
    "pass": ("pass", "circle-check"),
    "warn": ("warn", "triangle-alert"),
    "fail": ("fail", "octagon-x"),
    "not_run": ("nrun", "circle-dashed"),
}


def outcome_chip(outcome: rx.Var[str], word: rx.Var[str], spoken: rx.Var[str] | None = None) -> rx.Component:
    """Icon and word; `spoken` is read aloud instead of the word."""
    shape = rx.match(
        outcome, *((name, icon(shape, 15)) for name, (_, shape) in OUTCOMES.items()), icon("circle-dashed", 15)
    )
    shown = rx.el.span(word) if spoken is None else rx.el.span(word, custom_attrs={"aria-hidden": "true"})
    return rx.el.span(
        shape,
        shown,
        rx.fragment() if spoken is None else rx.el.span(spoken, class_name="vh"),
        class_name=rx.match(outcome, *((name, f"chip {cls}") for name, (cls, _) in OUTCOMES.items()), "chip nrun"),
    )


def test_row(
    row: rx.Var,
    signal: rx.Var[int],
    points_href: rx.Var[str],
    on_action: rx.EventHandler | rx.event.EventSpec,
    waiting: rx.Var[bool],
) -> rx.Component:
    """A list item for a `validation.checks.CheckRow`. `on_action` runs what was not run; `waiting` while it starts."""
    return rx.el.li(
        rx.el.div(outcome_chip(row.outcome, row.word), class_name="tchip"),
        rx.el.div(
            rx.el.h3(row.title),
            rx.el.p(row.reason, class_name="sm mut num"),
            rx.cond(
                row.points & ((row.outcome == "fail") | (row.outcome == "warn") | ~row.has_picture),
                rx.el.p(
                    link(
                        "See these points in the light curve",
                        rx.el.span(": ", row.title, class_name="vh"),
                        href=points_href + row.key,
                        class_name="u sm",
                    ),
                    class_name="tlinks",
                ),
                rx.fragment(),
            ),
            class_name="twords",
        ),
        rx.el.div(
            rx.cond(row.value != "", rx.el.span(row.value, class_name="b num"), rx.fragment()),
            rx.cond(row.limit != "", rx.el.span(row.limit, class_name="xs faint num"), rx.fragment()),
            rx.cond(row.unit != "", rx.el.span(row.unit, class_name="xs faint"), rx.fragment()),
            class_name="tvalue",
        ),
        rx.cond(
            row.has_picture,
            picture_chart(
                signal=signal,
                check=row.key,
                title=row.title,
                question=row.question,
                thumb=row.thumb,
                points_href=rx.cond(row.points & (row.outcome == "pass"), points_href + row.key, ""),
            ),
            rx.cond(
                row.action != "",
                rx.el.button(
                    icon("refresh-cw", 15),
                    rx.cond(waiting, "Starting", row.action),
                    rx.el.span(": ", row.title, class_name="vh"),
                    type="button",
                    class_name="btn s taction",
                    on_click=on_action,
                    disabled=waiting,
                ),
                rx.fragment(),
            ),
        ),
        id="check-" + row.key.to(str),
        class_name="trow",
    )


test_row.__test__ = False  # type: ignore[attr-defined]  # a row about a test, not a test
