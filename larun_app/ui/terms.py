"""A word that explains itself: tapped or reached by keyboard, it opens its entry of the glossary."""

from __future__ import annotations

import reflex as rx

from larun_app.learn.glossary import term_of
from larun_app.ui.links import link


def term(key: str, words: str | rx.Var | None = None) -> rx.Component:
    """`words` (default: the glossary's) as a popover with the plain explanation and the exact name."""
    entry = term_of(key)
    return explained(entry.word, entry.exact, entry.plain, words)


def explained(
    word: rx.Var[str] | str, exact: rx.Var[str] | str, plain: rx.Var[str] | str, words: rx.Var | str | None = None
) -> rx.Component:
    """The same for an entry that may only be known in the browser."""
    return rx.popover.root(
        rx.popover.trigger(rx.el.button(words if words is not None else word, type="button", class_name="term")),
        rx.popover.content(
            rx.el.div(
                rx.el.b(word),
                rx.el.p(plain, class_name="mt4"),
                rx.el.p("In papers: ", exact, ". ", class_name="xs faint mt8"),
                link("All terms", href="/help#glossary", class_name="u sm"),
                class_name="pop",
            ),
            size="1",
            side="top",
            aria_label=word,
        ),
    )
