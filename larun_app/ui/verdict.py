"""Verdicts: the word first, then the number. A chip for lists, a card for the head of a result."""

from __future__ import annotations

import reflex as rx

from larun_app.ui.icons import icon, tone_icon

#: Report tone → class of the colours.
TONE_CLASSES = {"pass": "pass", "warn": "warn", "fail": "fail", "none": "nrun", "info": "info"}

#: Icons of the big card.
_CARD_ICONS = {
    "pass": "badge-check",
    "warn": "circle-question-mark",
    "fail": "octagon-x",
    "none": "circle-minus",
    "info": "activity",
}


def tone_class(tone: rx.Var[str] | str, before: str) -> rx.Var[str] | str:
    """Class names for a tone, with `before` in front: "chip pass"."""
    if isinstance(tone, str):
        return f"{before} {TONE_CLASSES.get(tone, 'nrun')}"
    return rx.match(tone, *((name, f"{before} {cls}") for name, cls in TONE_CLASSES.items()), f"{before} nrun")


def chip(tone: rx.Var[str] | str, word: rx.Var[str] | str) -> rx.Component:
    """A status: icon and word, coloured."""
    return rx.el.span(tone_icon(tone, 15), rx.el.span(word), class_name=tone_class(tone, "chip"))


def verdict_card(
    tone: rx.Var[str] | str,
    headline: rx.Var[str] | str,
    *sentences: rx.Component | rx.Var | str,
    action: rx.Component | None = None,
    below: rx.Component | None = None,
    level: str = "h2",
) -> rx.Component:
    """The card at the head of a result: bar in the tone's colour, icon, serif sentence, plain sentences, one action."""
    if isinstance(tone, str):
        shape = icon(_CARD_ICONS.get(tone, "circle-minus"), 26)
    else:
        shape = rx.match(tone, *((n, icon(s, 26)) for n, s in _CARD_ICONS.items()), icon("circle-minus", 26))
    heading = rx.el.h2 if level == "h2" else rx.el.h1
    return rx.el.section(
        rx.el.span(shape, style={"paddingTop": "3px"}),
        heading(headline, class_name="vt serif"),
        rx.el.div(*sentences, class_name="vs", style={"gridColumn": "2"}),
        rx.el.div(action, class_name="act") if action is not None else rx.fragment(),
        below if below is not None else rx.fragment(),
        class_name=tone_class(tone, "verdict"),
    )
