"""Figures: a name, a value with its error, a unit. Read aloud in words, never as loose signs."""

from __future__ import annotations

import reflex as rx

from science.rounding import with_error


def figure(name: str | rx.Component, value: str | rx.Var, unit: str | rx.Var = "") -> rx.Component:
    """One entry of a row of key figures (`figures`)."""
    return rx.el.div(
        rx.el.dt(name),
        rx.el.dd(value, rx.el.small(unit)),
        class_name="kpi",
    )


def figures(*entries: rx.Component, **props: object) -> rx.Component:
    """A row of key figures; two a row on the phone."""
    return rx.el.dl(*entries, class_name="kpis", **props)


def value_pm(value: float, plus: float | None, minus: float | None = None, unit: str = "") -> rx.Component:
    """A value with stacked errors; `minus` defaults to `plus`. A screen reader hears "2.29 plus 0.13 minus 0.13"."""
    shown, up = with_error(value, plus)
    if not up:
        return rx.el.span(shown, class_name="val num")
    down = with_error(value, minus)[1] if minus is not None else up
    return rx.el.span(
        rx.el.span(shown, custom_attrs={"aria-hidden": "true"}),
        rx.el.span(
            rx.el.span("+" + up), rx.el.span("\u2212" + down), class_name="pm", custom_attrs={"aria-hidden": "true"}
        ),
        rx.el.span(f"{shown} plus {up} minus {down} {unit}".strip(), class_name="vh"),
        class_name="val num",
    )
