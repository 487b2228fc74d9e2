"""The progress page, drawn."""

from __future__ import annotations

import reflex as rx

from larun_app.progress.early import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from larun_app.progress.state import ProgressState
from larun_app.ui.icons import icon, spinner
from larun_app.ui.links import link
from larun_app.ui.notices import empty
from larun_app.ui.shell import shell
from larun_app.ui.stage_progress import stage_list
from larun_app.ui.verdict import verdict_card


def _head() -> rx.Component:
    running = (ProgressState.run_state == "queued") | (ProgressState.run_state == "running")
    return rx.el.div(
        rx.el.div(
            rx.el.h1(
                rx.match(
                    ProgressState.run_state,
                    ("failed", ProgressState.title),
                    ("cancelled", ProgressState.title),
                    ("", "Looking"),
                    "Looking at " + ProgressState.title,
                )
            ),
            rx.el.p(ProgressState.words, class_name="mut mt4 num"),
        ),
        rx.cond(
            running,
            rx.el.div(
                rx.el.button(
                    rx.cond(ProgressState.stopping, spinner(18), icon("x", 18)),
                    rx.cond(ProgressState.stopping, "Stopping", "Stop"),
                    type="button",
                    class_name="btn",
                    on_click=ProgressState.stop,
                    disabled=ProgressState.stopping,
                ),
                class_name="row",
            ),
            rx.fragment(),
        ),
        class_name="head",
    )


def _actions(first: str) -> rx.Component:
    return rx.el.div(
        rx.el.button(icon("refresh-cw", 18), first, type="button", class_name="btn p", on_click=ProgressState.again),
        link("Change the choices", href=f"/analyse?from={ProgressState.run_id}", class_name="btn"),
        class_name="row wrap mt16",
        style={"gridColumn": "1 / -1"},
    )


def _ended() -> rx.Component:
    return rx.el.div(
        rx.match(
            ProgressState.run_state,
            (
                "failed",
                verdict_card(
                    "warn",
                    "This search could not finish",
                    rx.el.p(ProgressState.error),
                    rx.el.p("What was done so far is kept."),
                    below=_actions("Try again"),
                ),
            ),
            (
                "cancelled",
                verdict_card(
                    "none",
                    "You stopped this search",
                    rx.el.p("What was done so far is kept. It can go on from there."),
                    below=_actions("Go on"),
                ),
            ),
            rx.cond(
                ProgressState.retry_words != "",
                verdict_card(
                    "warn",
                    "The archive is not answering",
                    rx.el.p(ProgressState.error),
                    rx.el.p(ProgressState.retry_words, class_name="num"),
                ),
                rx.fragment(),
            ),
        ),
        class_name="ended",
    )


def _early_look() -> rx.Component:
    look = ProgressState.look
    right, base = WIDTH - RIGHT, HEIGHT - BOTTOM
    return rx.el.section(
        rx.el.div(
            rx.el.h2("What we have so far", id="early-title"),
            rx.el.div(rx.el.span("Early look", class_name="tag"), class_name="tools"),
            class_name="ch",
        ),
        rx.el.div(
            rx.el.svg(
                rx.foreach(
                    look.y_ticks,
                    lambda tick: rx.el.g(
                        rx.el.line(x1=str(LEFT), x2=str(right), y1=tick.at, y2=tick.at, class_name="gr"),
                        rx.el.text(tick.words, x=LEFT - 8, y=tick.at, dy="4", text_anchor="end"),
                    ),
                ),
                rx.el.line(x1=LEFT, x2=right, y1=base, y2=base, class_name="ax"),
                rx.foreach(
                    look.x_ticks,
                    lambda tick: rx.el.g(
                        rx.el.line(x1=tick.at, x2=tick.at, y1=base, y2=base + 4, class_name="ax"),
                        rx.el.text(tick.words, x=tick.at, y=base + 17, text_anchor="middle"),
                    ),
                ),
                rx.el.text("day (BTJD)", x=(LEFT + right) // 2, y=HEIGHT - 3, text_anchor="middle", class_name="lab"),
                rx.el.text(
                    "brightness, ppm",
                    x=-(TOP + base) // 2,
                    y=11,
                    transform="rotate(-90)",
                    text_anchor="middle",
                    class_name="lab",
                ),
                rx.el.path(d=look.path, class_name="thumbdots"),
                view_box=f"0 0 {WIDTH} {HEIGHT}",
                class_name="early",
                role="img",
                custom_attrs={"aria-label": look.sentence},
            ),
            class_name="chart",
            style={"padding": "0 12px 4px 4px"},
        ),
        rx.el.div(
            rx.el.span(rx.el.i(class_name="d", style={"background": "var(--d-bin)"}), look.legend),
            class_name="legend",
            style={"padding": "0 16px 8px"},
        ),
        rx.el.p(look.sentence, class_name="sum"),
        class_name="card f",
        aria_labelledby="early-title",
    )


def _while_you_wait() -> rx.Component:
    return rx.el.section(
        rx.el.h2("While you wait"),
        rx.el.p(
            "A planet twice as wide as Earth hides 0.03 % of a star like the Sun, for a few hours. "
            "One such dip is easily chance; several at an even beat are not.",
            class_name="mut sm mt4",
        ),
        class_name="card q",
    )


def progress_page() -> rx.Component:
    """A run on its way."""
    return shell(
        rx.cond(
            ProgressState.missing,
            rx.el.div(
                rx.el.h1("No such search"),
                rx.el.div(
                    empty(
                        "This address leads nowhere",
                        "The search was removed, or it belongs to somebody else.",
                        link("See your results", href="/results", class_name="btn p mt16"),
                    ),
                    class_name="mt16",
                ),
            ),
            rx.fragment(
                _head(),
                _ended(),
                rx.el.p(ProgressState.spoken, class_name="vh", role="status", aria_live="polite"),
                rx.el.div(
                    rx.cond(
                        ProgressState.found,
                        rx.el.section(stage_list(ProgressState.stages), class_name="card", aria_label="Stages"),
                        rx.el.section(
                            rx.el.div(class_name="sk", style={"width": "46%", "height": "16px"}),
                            rx.el.div(class_name="sk mt12", style={"height": "184px"}),
                            class_name="card late",
                            custom_attrs={"aria-busy": "true"},
                        ),
                    ),
                    rx.el.div(
                        rx.cond(
                            ProgressState.look.path != "",
                            _early_look(),
                            rx.fragment(),
                        ),
                        rx.cond(
                            (ProgressState.run_state == "failed") | (ProgressState.run_state == "cancelled"),
                            rx.fragment(),
                            _while_you_wait(),
                        ),
                        class_name="col g16",
                    ),
                    class_name="pgd",
                ),
            ),
        ),
        here="results",
        title=rx.cond(ProgressState.title != "", ProgressState.title, "Looking"),
        back="/",
    )
