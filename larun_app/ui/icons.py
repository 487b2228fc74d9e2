"""Icons: lucide, thin stroke, always beside a word or with a label of the control around them."""

from __future__ import annotations

import reflex as rx

#: Our names for what lucide calls otherwise.
_ALIASES = {"circle-question-mark": "circle-help", "house": "house"}

#: Icon of each tone. Status is never colour alone.
TONE_ICONS = {
    "pass": "circle-check",
    "warn": "triangle-alert",
    "fail": "octagon-x",
    "none": "circle-minus",
    "info": "activity",
}


def icon(name: str, size: int = 18, **props: object) -> rx.Component:
    """A decorative icon: hidden from screen readers, because the word beside it says the same."""
    tag = _ALIASES.get(name, name).replace("-", "_")
    class_name = " ".join(filter(None, ("i", str(props.pop("class_name", "")))))
    custom = {"aria-hidden": "true", **props.pop("custom_attrs", {})}  # type: ignore[dict-item]
    return rx.icon(tag, size=size, stroke_width=1.75, class_name=class_name, custom_attrs=custom, **props)


def tone_icon(tone: rx.Var[str] | str, size: int = 15) -> rx.Component:
    """The icon of a tone that may only be known in the browser."""
    if isinstance(tone, str):
        return icon(TONE_ICONS.get(tone, "info"), size)
    return rx.match(
        tone,
        *((name, icon(shape, size)) for name, shape in TONE_ICONS.items()),
        icon("info", size),
    )


def spinner(size: int = 18) -> rx.Component:
    """The only thing that turns; always beside a word."""
    return icon("loader-circle", size, class_name="spin")
