"""Home, drawn: first visit and return on one page."""

from __future__ import annotations

import reflex as rx

from larun_app.dashboard.examples import first_three
from larun_app.dashboard.lists import RecentRow, RunningRow
from larun_app.dashboard.state import HomeState
from larun_app.dashboard.thumbnails import FOLD_HEIGHT, FOLD_WIDTH
from larun_app.ui.icons import icon, spinner
from larun_app.ui.links import link
from larun_app.ui.notices import field_error
from larun_app.ui.shell import shell
from larun_app.ui.stage_progress import stage_bars
from larun_app.ui.typed_box import typed_box
from larun_app.ui.verdict import chip

_STEPS = (
    ("telescope", "Fetch", "Brightness measured by NASA’s TESS and Kepler"),
    ("search", "Search", "Every period tried, with the odds of a fluke"),
    ("shield-check", "Test", "Two stars, a restless star or chance?"),
    ("badge-check", "Conclude", "A plain verdict with its error"),
)


def search_box() -> rx.Component:
    """The search box with its button."""
    return rx.el.form(
        rx.el.div(
            icon("search", 18),
            typed_box(
                id="star",
                value="",
                class_name="in lg",
                custom_attrs={
                    "name": "star",
                    "maxLength": 200,
                    "placeholder": "Star name, TIC number or coordinates",
                    "aria-label": "Star name, TIC number or coordinates",
                    "aria-describedby": "star-error",
                    "aria-invalid": HomeState.search_error != "",
                    "data-search": "true",
                    "enterKeyHint": "search",
                },
            ),
            class_name="inw grow",
        ),
        rx.el.button("Analyse this star", type="submit", class_name="btn p lg"),
        on_submit=HomeState.search,
        action="/analyse",  # where Enter leads while the page is not ready yet
        class_name="search mt24",
        role="search",
    )


def _try_line() -> rx.Component:
    return rx.el.p(
        "Try ",
        link("pi Mensae", href="/analyse?star=pi%20Mensae", class_name="u"),
        ", ",
        link("TOI-1798", href="/analyse?star=TOI-1798", class_name="u"),
        " or ",
        link("TIC 100100827", href="/analyse?star=TIC%20100100827", class_name="u"),
        ". Have your own data? ",
        link("Upload a FITS or CSV file", href="/analyse?way=file", class_name="u"),
        ".",
        class_name="sm mut mt8",
    )


def _greeting() -> rx.Component:
    return rx.el.div(
        rx.el.h1("Find a planet in real starlight"),
        rx.el.p(
            "Name a star. We look for dips that repeat, test every way they could fool you, "
            "and tell you plainly what we found.",
            class_name="mut lead",
        ),
        search_box(),
        field_error(HomeState.search_error, "star-error"),
        _try_line(),
        class_name="hero",
    )


def _how() -> rx.Component:
    return rx.el.section(
        rx.el.ol(
            *(
                rx.el.li(
                    icon(shape, 20),
                    rx.el.span(
                        rx.el.b(word, class_name="b"),
                        rx.el.span(sentence, class_name="mut sm", style={"display": "block", "marginTop": "2px"}),
                    ),
                )
                for shape, word, sentence in _STEPS
            ),
            class_name="how",
        ),
        class_name="mt32",
        aria_label="How it works",
    )


def _running_card(row: rx.Var[RunningRow]) -> rx.Component:
    return rx.el.section(
        link(
            rx.el.div(
                rx.el.div(
                    rx.el.span(spinner(18), class_name="info"), rx.el.h2(row.words, class_name="grow"), class_name="row"
                ),
                rx.el.span(row.left, class_name="sm mut num nw"),
                class_name="row sp",
            ),
            rx.el.div(stage_bars(row.stages), style={"margin": "12px 0 2px"}),
            href=f"/runs/{row.id}/progress",
            style={"color": "inherit", "display": "block"},
        ),
        class_name="card",
    )


def fold_picture(path: rx.Var[str] | str) -> rx.Component:
    """The folded curve of a list row; decoration, the words beside it say the same."""
    return rx.el.svg(
        rx.el.path(d=path, class_name="thumbdots"),
        class_name="fold",
        view_box=f"0 0 {FOLD_WIDTH} {FOLD_HEIGHT}",
        custom_attrs={"aria-hidden": "true"},
    )


def recent_line(row: rx.Var[RecentRow]) -> rx.Component:
    """One result in a list."""
    return link(
        fold_picture(row.fold),
        rx.el.span(
            rx.el.span(row.title, class_name="name", style={"display": "block"}),
            rx.el.span(row.facts, class_name="sm mut num"),
        ),
        rx.el.span(
            chip(row.tone, row.verdict),
            rx.cond(
                row.more != "",
                rx.el.span(row.more, class_name="sm mut", style={"display": "block", "paddingLeft": "2px"}),
                rx.fragment(),
            ),
        ),
        rx.el.span(row.when, class_name="sm mut nw when"),
        href=row.href,
        class_name="rrow",
    )


def _recent() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Recent results"),
            rx.el.div(
                link(
                    "All ",
                    HomeState.total,
                    " ",
                    icon("arrow-right", 15),
                    href="/results",
                    class_name="sm b",
                    style={"padding": "8px"},
                ),
                class_name="tools",
            ),
            class_name="ch",
            style={"paddingLeft": "20px"},
        ),
        rx.el.div(rx.foreach(HomeState.recent, recent_line), class_name="rows"),
        class_name="card f",
    )


def _returning() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1("Your stars"),
            class_name="head",
        ),
        rx.el.div(
            rx.el.div(
                rx.el.div(
                    search_box(),
                    field_error(HomeState.search_error, "star-error"),
                    class_name="top-search",
                ),
                rx.foreach(HomeState.running, _running_card),
                rx.cond(HomeState.recent.length() > 0, _recent(), rx.fragment()),
                class_name="col g16",
            ),
            rx.el.aside(
                rx.el.section(
                    rx.el.h2("Your own data?"),
                    rx.el.p(
                        "FITS, CSV and Parquet files, several sectors at once. They stay on this computer.",
                        class_name="sm mut mt4",
                    ),
                    link("Upload a file", href="/analyse?way=file", class_name="btn s mt12"),
                    class_name="card",
                ),
                rx.el.section(
                    rx.el.h2("Something to learn on"),
                    rx.el.p(
                        "A clear planet, two stars eclipsing, and a star that fools a simple search.",
                        class_name="sm mut mt4",
                    ),
                    link("Open the examples", href="/examples", class_name="btn s mt12"),
                    class_name="card q",
                ),
                class_name="col g16",
                custom_attrs={"aria-label": "More ways to start"},
            ),
            class_name="dash",
        ),
    )


def home_page() -> rx.Component:
    """Home."""
    return shell(
        rx.cond(
            HomeState.returning == "yes",
            _returning(),
            rx.el.div(
                _greeting(),
                rx.el.div(
                    rx.el.h2("Or start with an example"),
                    rx.el.span("Ready now. No account needed.", class_name="sm mut only-d"),
                    class_name="row sp mt32",
                    style={"marginBottom": "12px"},
                ),
                first_three(),
                _how(),
                class_name="first",
            ),
        ),
        here="home",
    )
