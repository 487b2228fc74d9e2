"""How likely each of some kinds is, as bars."""

from __future__ import annotations

import dataclasses

import reflex as rx


@dataclasses.dataclass
class KindBar:
    """One class and its probability."""

    words: str = ""
    share: str = ""
    width: str = ""
    best: bool = False


def _bar(bar: rx.Var[KindBar]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(bar.words),
            rx.el.span(bar.share, class_name="num nw"),
            class_name=rx.cond(bar.best, "kl b", "kl"),
        ),
        rx.el.div(
            rx.el.i(style={"width": bar.width}),
            class_name=rx.cond(bar.best, "ktr best", "ktr"),
            custom_attrs={"aria-hidden": "true"},
        ),
    )


def kind_bars(bars: rx.Var[list[KindBar]]) -> rx.Component:
    """The list, most likely first."""
    return rx.el.ul(rx.foreach(bars, _bar), class_name="kbars", aria_label="How likely each kind is")
