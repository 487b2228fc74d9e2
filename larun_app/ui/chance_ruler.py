"""A false-positive probability on a ruler from 0.01 to 100 %: its zone, and how far its error reaches."""

from __future__ import annotations

import dataclasses
import math

import reflex as rx

_DECADES = 4.0  # 0.01 % to 100 %
_TICKS = (
    ("0%", "0.01\u202f%"),
    ("25%", "0.1\u202f%"),
    ("50%", "1\u202f%"),
    ("75%", "10\u202f%"),
    ("100%", "100\u202f%"),
)


@dataclasses.dataclass
class Ruler:
    """Places are percent of the ruler's length, as text. `spoken` is read instead of the picture."""

    value: str = ""
    needle: str = "0%"
    error_from: str = "0%"
    error_width: str = "0%"
    spoken: str = ""


def place(probability: float) -> float:
    """Where a probability stands, from 0 (0.01 % and less) to 100 (certain)."""
    if probability <= 10**-_DECADES:
        return 0.0
    return 100 * (1 + math.log10(min(1.0, probability)) / _DECADES)


def ruler(value: str, spoken: str, probability: float, error: float | None) -> Ruler:
    """The ruler of a probability with its error, which is told as `value`."""
    spread = error or 0.0
    low, high = place(probability - spread), place(probability + spread)
    return Ruler(value, f"{place(probability):.1f}%", f"{low:.1f}%", f"{high - low:.1f}%", spoken)


def chance_ruler(told: rx.Var[Ruler], meets: float, fails: float) -> rx.Component:
    """The ruler; up to `meets` the bar is met, from `fails` on it is no planet."""
    first, second = place(meets), place(fails)
    return rx.el.div(
        rx.el.div(
            rx.el.span(
                told.value,
                class_name="rulval b num",
                style={"left": "clamp(46px, " + told.needle + ", calc(100% - 46px))"},
            ),
            rx.el.div(
                rx.el.i("meets the bar", class_name="a", style={"width": f"{first:.1f}%"}),
                rx.el.i("undecided", class_name="m", style={"width": f"{second - first:.1f}%"}),
                rx.el.i(class_name="z", style={"width": f"{100 - second:.1f}%"}),
                class_name="rulzones",
            ),
            rx.el.u(class_name="rulerr", style={"left": told.error_from, "width": told.error_width}),
            rx.el.b(class_name="rulneedle", style={"left": told.needle}),
            class_name="rulbox",
        ),
        rx.el.div(
            *(rx.el.span(words, style={"left": at}) for at, words in _TICKS),
            class_name="rulticks xs faint num",
        ),
        class_name="ruler",
        role="img",
        aria_label=told.spoken,
    )
