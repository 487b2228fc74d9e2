"""Probabilities as bars on a logarithmic scale, so that one in a thousand can still be seen, with their errors."""

from __future__ import annotations

import dataclasses

import reflex as rx

from larun_app.ui.chance_ruler import place
from larun_app.ui.terms import explained


@dataclasses.dataclass
class LogBar:
    """One explanation. `kind` is "good", "best" (the likeliest, where that is not the good one) or ""; `exact` and
    `plain` are what its word opens."""

    words: str = ""
    exact: str = ""
    plain: str = ""
    share: str = ""
    error: str = ""
    width: str = "0%"
    error_from: str = "0%"
    error_width: str = ""
    kind: str = ""


def log_bar(
    words: str, exact: str, plain: str, told: tuple[str, str], probability: float, error: float, kind: str
) -> LogBar:
    """A bar; no ticks where the probability lies below the scale with its error."""
    low, high = place(probability - error), place(probability + error)
    ticks = f"{high - low:.1f}%" if high > 0 and error > 0 else ""
    return LogBar(words, exact, plain, *told, f"{place(probability):.1f}%", f"{low:.1f}%", ticks, kind)


def _bar(bar: rx.Var[LogBar]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            explained(bar.words, bar.exact, bar.plain),
            rx.el.span(
                rx.el.span(bar.share, class_name="b"),
                rx.cond(bar.error != "", rx.el.span(" ± ", bar.error, class_name="mut"), rx.fragment()),
                class_name="num nw",
            ),
            class_name="kl",
        ),
        rx.el.div(
            rx.el.i(style={"width": bar.width}),
            rx.cond(
                bar.error_width != "",
                rx.el.u(style={"left": bar.error_from, "width": bar.error_width}),
                rx.fragment(),
            ),
            class_name=rx.match(bar.kind, ("good", "ltr good"), ("best", "ltr best"), "ltr"),
            custom_attrs={"aria-hidden": "true"},
        ),
        class_name=rx.cond(bar.kind != "", "lead", ""),
    )


def log_bars(bars: rx.Var[list[LogBar]], label: str) -> rx.Component:
    """The list, most likely first, and its axis."""
    return rx.fragment(
        rx.el.ul(rx.foreach(bars, _bar), class_name="kbars lbars", aria_label=label),
        rx.el.div(
            rx.el.span("0.01\u202f%", style={"left": "0%"}),
            rx.el.span("1\u202f%", style={"left": "50%"}),
            rx.el.span("100\u202f%", style={"left": "100%"}),
            class_name="rulticks laxis xs faint num",
            custom_attrs={"aria-hidden": "true"},
        ),
    )
