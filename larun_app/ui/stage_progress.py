"""How far a run is: six stages, in full on its page, as bars in lists."""

from __future__ import annotations

import dataclasses

import reflex as rx

from larun_app.ui.icons import icon, spinner

#: Stage name → heading on the progress page and what it will do, said before it starts.
STAGE_WORDS = {
    "fetch": ("Fetch the data", "Fetch", "Measurements of this star's brightness"),
    "clean": ("Clean the light", "Clean", "Slow drifts and bad points taken out"),
    "search": ("Search for dips", "Search", "Every period tried"),
    "test": ("Test what we find", "Test", "Could it be two stars, or chance?"),
    "measure": ("Measure it", "Measure", "Depth, length and period with their errors"),
    "conclude": ("Conclude", "Conclude", "A verdict you can read"),
}


@dataclasses.dataclass
class StageRow:
    """One stage as the page shows it."""

    name: str = ""
    title: str = ""
    short: str = ""
    state: str = "waiting"  # waiting, running, done, skipped, failed
    fact: str = ""
    time: str = ""
    percent: int = 0


def stage_list(stages: rx.Var[list[StageRow]]) -> rx.Component:
    """The full list: dot, name, one line of fact, seconds used or left."""
    return rx.el.ol(rx.foreach(stages, _stage), class_name="stg")


def _stage(stage: rx.Var[StageRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.match(
                stage.state,
                ("done", icon("check", 15)),
                ("running", spinner(15)),
                ("failed", icon("triangle-alert", 15)),
                ("skipped", icon("minus", 15)),
                rx.fragment(),
            ),
            class_name="d",
        ),
        rx.el.div(
            rx.el.div(
                rx.el.span(stage.title, class_name="t"),
                rx.el.span(stage.time, class_name="sm mut num nw"),
                class_name="row sp",
            ),
            rx.el.p(stage.fact, class_name="sm mut num"),
            rx.cond(
                stage.state == "running",
                rx.el.div(
                    rx.el.i(style={"width": stage.percent.to_string() + "%"}),
                    class_name="bar",
                    role="progressbar",
                    aria_label=stage.title,
                    aria_valuenow=stage.percent,
                    aria_valuemin=0,
                    aria_valuemax=100,
                ),
                rx.fragment(),
            ),
            class_name="grow",
        ),
        class_name=stage.state,
    )


def stage_bars(stages: rx.Var[list[StageRow]]) -> rx.Component:
    """The compact form: bars with names."""
    return rx.el.ol(
        rx.foreach(
            stages,
            lambda stage: rx.el.li(
                rx.el.i(
                    rx.cond(
                        stage.state == "running",
                        rx.el.span(style={"width": stage.percent.to_string() + "%"}),
                        rx.fragment(),
                    )
                ),
                rx.el.span(stage.short, class_name="w"),
                class_name=rx.match(
                    stage.state, ("done", "done"), ("skipped", "done"), ("running", "now"), ("failed", "failed"), ""
                ),
            ),
        ),
        class_name="stb",
    )
