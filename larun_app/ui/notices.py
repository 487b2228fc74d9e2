"""Things said in the page: notes, the one live notice, field errors, empty lists, a lost connection."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from larun_app.security.guard import LarunState
from larun_app.ui.icons import icon

_NOTE_ICONS = {"info": "info", "plain": "info", "warn": "triangle-alert", "fail": "octagon-x", "pass": "circle-check"}


def note(*children: rx.Component | rx.Var | str, tone: str = "plain", shape: str = "") -> rx.Component:
    """A boxed sentence or two. `tone`: plain, info, warn or fail."""
    return rx.el.div(
        icon(shape or _NOTE_ICONS[tone], 18),
        rx.el.div(*children, class_name="grow"),
        class_name="note" if tone == "plain" else f"note {tone}",
    )


def live_notice() -> rx.Component:
    """What an event has to say, announced politely; also the way back when the session is gone."""
    return rx.el.div(
        rx.cond(
            LarunState.session_lost,
            rx.el.div(
                icon("triangle-alert", 18),
                rx.el.div(
                    rx.el.b("This page has lost its session. ", class_name="b"),
                    "Nothing is lost. ",
                    # a plain link: the page must really be fetched again, because that is what hands out the cookie
                    rx.el.a("Reload the page", href="/", class_name="u", custom_attrs={"data-reload": "true"}),
                    class_name="grow",
                ),
                class_name="note warn",
            ),
            rx.fragment(),
        ),
        rx.cond(
            LarunState.notice != "",
            rx.el.div(
                rx.match(
                    LarunState.notice_tone,
                    ("warn", icon("triangle-alert", 18)),
                    ("fail", icon("octagon-x", 18)),
                    icon("info", 18),
                ),
                rx.el.div(LarunState.notice, class_name="grow"),
                class_name=rx.match(LarunState.notice_tone, ("warn", "note warn"), ("fail", "note fail"), "note info"),
            ),
            rx.fragment(),
        ),
        class_name="noticebar",
        role="status",
        aria_live="polite",
    )


def offline_band() -> rx.Component:
    """Shown while the page cannot reach the server."""
    return rx.cond(
        has_connection_errors,
        rx.el.div(
            icon("wifi-off", 18),
            rx.el.span(
                rx.el.b("The server is not answering. ", class_name="b"),
                "What you entered is kept. The page reconnects by itself.",
            ),
            class_name="offb",
            role="status",
        ),
        rx.fragment(),
    )


def field_error(text: rx.Var | str, element_id: str) -> rx.Component:
    """The sentence under a field that says what is wrong and what to do."""
    return rx.cond(
        text != "",
        rx.el.p(icon("octagon-x", 15), rx.el.span(text), class_name="ferr", id=element_id, role="alert"),
        rx.el.p(id=element_id, hidden=True),
    )


def empty(title: str, sentence: str, *action: rx.Component) -> rx.Component:
    """An empty list: a dotted dip, a sentence, one button."""
    return rx.el.section(
        rx.el.svg(
            rx.el.path(
                d="M2,12H44c4,0 5,2 6,6l2,8c1,4 3,5 6,5h4c3,0 5,-1 6,-5l2,-8c1,-4 2,-6 6,-6H118",
                fill="none",
                stroke="var(--line2)",
                stroke_width="2",
                stroke_linecap="round",
                stroke_dasharray="1 6",
            ),
            width="120",
            height="40",
            view_box="0 0 120 40",
            custom_attrs={"aria-hidden": "true"},
            style={"marginInline": "auto", "display": "block"},
        ),
        rx.el.h2(title, class_name="mt12"),
        rx.el.p(sentence, class_name="sm mut mt4"),
        *action,
        class_name="card empty",
    )
