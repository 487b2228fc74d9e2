"""The page for addresses that lead nowhere."""

from __future__ import annotations

import reflex as rx

from larun_app.ui.links import link
from larun_app.ui.notices import empty
from larun_app.ui.shell import shell


def not_found_page() -> rx.Component:
    """Nothing is here, and where to go instead."""
    return shell(
        rx.el.h1("Nothing is here"),
        rx.el.div(
            empty(
                "This address leads nowhere",
                "It may be mistyped, or the page has moved.",
                link("Go home", href="/", class_name="btn p mt16"),
            ),
            class_name="mt16",
        ),
        title="Nothing is here",
        back="/",
    )
