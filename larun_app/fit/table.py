"""The planet in numbers: the table with its switch between 68 and 95 %."""

from __future__ import annotations

import reflex as rx

from larun_app.fit.charts import posterior_shape
from larun_app.fit.rows import ParameterRow, Told
from larun_app.fit.state import FitState
from larun_app.ui.icons import icon


def _told(told: rx.Var[Told]) -> rx.Component:
    hidden = {"aria-hidden": "true"}
    return rx.fragment(
        rx.el.span(
            rx.el.span(told.value),
            rx.cond(
                told.plus != "",
                rx.el.span(rx.el.span("+" + told.plus), rx.el.span("\u2212" + told.minus), class_name="pm"),
                rx.fragment(),
            ),
            class_name="val num",
            custom_attrs=hidden,
        ),
        rx.cond(told.unit != "", rx.el.span(" ", told.unit, class_name="sm mut", custom_attrs=hidden), rx.fragment()),
        rx.el.span(told.spoken, class_name="vh"),
    )


def _row(row: rx.Var[ParameterRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.span(row.name, class_name="b"),
            rx.cond(row.plain != "", rx.el.span(row.plain, class_name="sm mut"), rx.fragment()),
            scope="row",
        ),
        rx.el.td(
            rx.cond(
                row.shape,
                posterior_shape(
                    signal=FitState.view.number,
                    stamp=FitState.view.stamp,
                    parameter=row.key,
                    wide=FitState.wide,
                    side=row.side,
                ),
                rx.fragment(),
            ),
            class_name="only-dc prmshape",
        ),
        rx.el.td(rx.cond(FitState.wide, _told(row.at95), _told(row.at68)), class_name="r"),
    )


def _table(rows: rx.Var[list[ParameterRow]], label: str) -> rx.Component:
    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                rx.el.th(rx.el.span("Quantity", class_name="vh"), scope="col"),
                rx.el.th(rx.el.span("Shape", class_name="vh"), scope="col", class_name="only-dc"),
                rx.el.th(
                    rx.cond(FitState.wide, "Middle value, 95\u202f% range", "Middle value, 68\u202f% range"),
                    scope="col",
                    class_name="r",
                ),
            ),
        ),
        rx.el.tbody(rx.foreach(rows, _row)),
        class_name="prm",
        aria_label=label,
    )


def _level(words: str, wide: bool) -> rx.Component:
    pressed = FitState.wide if wide else ~FitState.wide
    return rx.el.button(
        words,
        type="button",
        aria_pressed=rx.cond(pressed, "true", "false"),
        on_click=FitState.show_wide(wide),
    )


def numbers_card() -> rx.Component:
    """Every number with its error."""
    view = FitState.view
    return rx.el.section(
        rx.el.div(
            rx.el.h2("The planet in numbers"),
            rx.el.div(
                rx.el.div(
                    _level("68\u202f%", False),
                    _level("95\u202f%", True),
                    class_name="seg",
                    role="group",
                    aria_label="How certain",
                ),
                class_name="tools",
            ),
            class_name="ch",
        ),
        _table(view.rows, "The planet in numbers"),
        rx.cond(view.star_note != "", rx.el.p(view.star_note, class_name="sum prmnote"), rx.fragment()),
        rx.cond(
            view.more.length() > 0,
            rx.el.details(
                rx.el.summary(icon("chevron-right", 18), "More numbers", class_name="more"),
                _table(view.more, "More numbers"),
                class_name="prmmore",
            ),
            rx.fragment(),
        ),
        class_name="card f",
    )
