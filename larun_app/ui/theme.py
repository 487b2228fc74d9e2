"""The look: Radix settings and the style sheets. Colours come from `assets/tokens.css`, never from Python."""

from __future__ import annotations

import reflex as rx

#: Style sheets of every page, in order: colours, then fonts and pieces, then charts, then the report, then the fit.
STYLESHEETS = ["/tokens.css", "/app.css", "/pages.css", "/results.css", "/report.css", "/chances.css", "/fit.css"]


def radix_theme() -> rx.Component:
    """Radix theme that our tokens sit on; it follows the page's light or dark class."""
    return rx.theme(
        accent_color="indigo",
        gray_color="sand",
        radius="medium",
        scaling="100%",
        panel_background="solid",
        appearance="inherit",
        has_background=False,
    )
