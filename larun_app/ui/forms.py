"""Form pieces: labelled fields, radio cards, segments, disclosure. All native controls, so that keys just work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from larun_app.ui.icons import icon


def text_field(
    label: str, element_id: str, *, value: Any, on_commit: Any, hint: str = "", error: Any = None, **props: Any
) -> rx.Component:
    """A labelled one-line field. `on_commit` runs when the field is left or Enter is pressed, not at each key."""
    described = f"{element_id}-error" if error is not None else ""
    return rx.el.div(
        rx.el.label(label, html_for=element_id, class_name="l"),
        rx.el.input(
            id=element_id,
            class_name="in num",
            default_value=value,
            key=f"{element_id}-{value!s}" if isinstance(value, str) else value,
            on_blur=on_commit,
            custom_attrs={"aria-describedby": described, "data-commit": "enter"} if described else {},
            **props,
        ),
        rx.el.p(hint, class_name="hint") if hint else rx.fragment(),
    )


def select_field(
    label: str, element_id: str, options: Any, *, value: Any, on_change: Any, hint: str = ""
) -> rx.Component:
    """A labelled native select. `options`: (value, words) pairs, or a Var of such pairs."""
    entries = (
        rx.foreach(options, lambda o: rx.el.option(o[1], value=o[0]))
        if isinstance(options, rx.Var)
        else rx.fragment(*(rx.el.option(words, value=key) for key, words in options))
    )
    return rx.el.div(
        rx.el.label(label, html_for=element_id, class_name="l"),
        rx.el.select(entries, id=element_id, class_name="in", value=value, on_change=on_change),
        rx.el.p(hint, class_name="hint") if hint else rx.fragment(),
    )


def radio_cards(name: str, legend: str, cards: Sequence[rx.Component]) -> rx.Component:
    """A group of radio cards (`radio_card`) with a spoken name."""
    return rx.el.div(*cards, class_name="pre", role="radiogroup", aria_label=legend, id=name)


def radio_card(
    group: str, key: str, title: str, sentence: Any, *, chosen: Any, on_choose: Any, aside: Any = "", tag: Any = None
) -> rx.Component:
    """One answer: radio button, name, one sentence why; `aside` at the right says what it costs."""
    return rx.el.label(
        rx.el.input(type="radio", name=group, value=key, checked=chosen == key, on_change=lambda _: on_choose(key)),
        rx.el.span(class_name="rd", custom_attrs={"aria-hidden": "true"}),
        rx.el.span(
            rx.el.span(title, class_name="b"),
            tag if tag is not None else rx.fragment(),
        ),
        rx.el.span(aside, class_name="sm mut num nw"),
        rx.el.p(sentence),
        class_name="opt",
    )


def suggested() -> rx.Component:
    """The mark of our own choice."""
    return rx.el.span("Suggested", class_name="tag suggested")


def segments(
    group: str, legend: str, options: Sequence[tuple[str, str, str]], *, chosen: Any, on_choose: Any
) -> rx.Component:
    """A row of exclusive choices: (key, words, icon name)."""
    return rx.el.div(
        *(
            rx.el.label(
                rx.el.input(
                    type="radio", name=group, value=key, checked=chosen == key, on_change=lambda _, k=key: on_choose(k)
                ),
                icon(shape, 15) if shape else rx.fragment(),
                rx.el.span(words),
            )
            for key, words, shape in options
        ),
        class_name="tabrow",
        role="radiogroup",
        aria_label=legend,
    )


def disclosure(words: str, *children: rx.Component, **props: Any) -> rx.Component:
    """More choices, folded away."""
    return rx.el.details(
        rx.el.summary(icon("chevron-right", 18), words, class_name="more"),
        rx.el.div(*children, class_name="mt12 col g16"),
        class_name="mt16",
        **props,
    )
