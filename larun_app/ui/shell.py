"""The frame of every page: rail on wide screens, top and bottom bar on the phone, one main landmark."""

from __future__ import annotations

import dataclasses

import reflex as rx

from larun_app.ui.icons import icon
from larun_app.ui.links import link
from larun_app.ui.notices import live_notice, offline_band

PRODUCT = "LARUN.SPACE"


@dataclasses.dataclass(frozen=True)
class Place:
    """A place one can go to. Only places that exist are listed."""

    key: str
    words: str
    href: str
    shape: str


ANALYSE = Place("analyse", "Analyse a star", "/analyse", "plus")
HOME = Place("home", "Home", "/", "house")
RESULTS = Place("results", "Results", "/results", "telescope")
EXAMPLES = Place("examples", "Examples", "/examples", "sparkles")
LEARN = Place("learn", "Learn", "/learn", "book-open")
HELP = Place("help", "Help and glossary", "/help", "circle-question-mark")

RAIL = (HOME, RESULTS, EXAMPLES, LEARN)


def mark() -> rx.Component:
    """The sign: a dip with a star in it."""
    return rx.el.svg(
        rx.el.circle(cx="13", cy="13", r="12", fill="none", stroke="currentColor", stroke_width="1.4", opacity=".28"),
        rx.el.path(
            d="M1.6 10.5H8c1.2 0 1.6.5 2 2l.7 3c.3 1.2.8 1.6 1.8 1.6h1c1 0 1.5-.4 1.8-1.6l.7-3c.4-1.5.8-2 2-2h6.4",
            fill="none",
            stroke="currentColor",
            stroke_width="1.7",
            stroke_linecap="round",
        ),
        rx.el.circle(cx="13", cy="17.1", r="2.3", fill="var(--star)"),
        width="26",
        height="26",
        view_box="0 0 26 26",
        custom_attrs={"aria-hidden": "true"},
    )


def _current(place: Place, here: str) -> dict[str, str]:
    return {"aria-current": "page"} if place.key == here else {}


def _rail(here: str) -> rx.Component:
    return rx.el.nav(
        link(
            mark(),
            rx.el.b("LARUN", rx.el.span(".SPACE")),
            href="/",
            class_name="logo",
            custom_attrs={"aria-label": f"{PRODUCT}, home"},
        ),
        link(
            icon(ANALYSE.shape, 18),
            rx.el.span(ANALYSE.words),
            href=ANALYSE.href,
            class_name="nav cta",
            custom_attrs=_current(ANALYSE, here),
        ),
        *(
            link(
                icon(place.shape, 18),
                rx.el.span(place.words),
                href=place.href,
                class_name="nav",
                custom_attrs=_current(place, here),
            )
            for place in RAIL
        ),
        rx.el.div(
            rx.el.button(
                icon("moon", 18),
                rx.el.span("Light or dark"),
                class_name="nav",
                type="button",
                on_click=rx.toggle_color_mode,
            ),
            link(
                icon(HELP.shape, 18),
                rx.el.span(HELP.words),
                href=HELP.href,
                class_name="nav",
                custom_attrs=_current(HELP, here),
            ),
            rx.el.div(
                rx.el.span(
                    rx.el.b("On this computer", class_name="b"),
                    rx.el.br(),
                    rx.el.span("No account. Your runs stay here.", class_name="faint"),
                ),
                class_name="who",
            ),
            class_name="railend",
        ),
        class_name="rail",
        aria_label="Main",
    )


def _top_bar(title: str | rx.Var, back: str) -> rx.Component:
    start = (
        link(
            icon("chevron-left", 22),
            href=back,
            class_name="btn ic g",
            custom_attrs={"aria-label": "Back"},
            style={"marginLeft": "-12px"},
        )
        if back
        else mark()
    )
    return rx.el.header(
        start,
        rx.el.span(
            title,
            class_name="grow",
            style={"overflow": "hidden", "textOverflow": "ellipsis", "whiteSpace": "nowrap"},
        ),
        rx.el.button(
            icon("moon", 20),
            class_name="btn ic g",
            type="button",
            on_click=rx.toggle_color_mode,
            custom_attrs={"aria-label": "Light or dark"},
        ),
        class_name="mtop",
    )


def _bottom_bar(here: str) -> rx.Component:
    places = (
        HOME,
        RESULTS,
        dataclasses.replace(ANALYSE, words="Analyse"),
        LEARN,
        dataclasses.replace(HELP, words="Help"),
    )
    return rx.el.nav(
        *(
            link(
                icon(place.shape, 22),
                place.words,
                href=place.href,
                class_name="new" if place.key == ANALYSE.key else "",
                custom_attrs=_current(place, here),
            )
            for place in places
        ),
        class_name="tab",
        aria_label="Main, bottom",
    )


def shell(
    *children: rx.Component, here: str = "", title: str | rx.Var = PRODUCT, back: str = "", page_class: str = ""
) -> rx.Component:
    """A whole page. `here`: key of the place shown as current; `title`, `back`: of the phone's top bar."""
    return rx.el.div(
        rx.el.a("Skip to content", href="#main", class_name="skip"),
        rx.el.div(
            _rail(here),
            rx.el.div(
                offline_band(),
                _top_bar(title, back),
                rx.el.main(live_notice(), *children, id="main", tab_index=-1),
                class_name="page",
            ),
            class_name="shell",
        ),
        _bottom_bar(here),
        class_name=page_class,
    )
