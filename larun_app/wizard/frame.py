"""The frame of a wizard step: stepper, question, one line why, side column, Back and Next."""

from __future__ import annotations

from typing import Any

import reflex as rx

from larun_app.ui.icons import icon
from larun_app.ui.links import link
from larun_app.wizard.draft import STEPS
from larun_app.wizard.shown import WizardState
from larun_app.wizard.star_events import StarEvents
from larun_app.wizard.views import Fact

_NEXT_WORDS = {
    1: "Next: choose the data",
    2: "Next: clean the light",
    3: "Next: the search",
    4: "Next: check and run",
}


def stepper(step: int) -> rx.Component:
    """Where we are; steps behind us are links back, and nothing is lost by following them."""

    def entry(number: int, word: str) -> rx.Component:
        if number < step:
            return rx.el.li(
                link(
                    rx.el.span(icon("check", 15), class_name="d"),
                    word,
                    href=f"/analyse?step={number}",
                    custom_attrs={"aria-label": f"Back to step {number}: {word}"},
                ),
                class_name="done",
            )
        current = {"aria-current": "step"} if number == step else {}
        return rx.el.li(
            rx.el.span(str(number), class_name="d"),
            rx.el.span(word),
            class_name="now" if number == step else "",
            custom_attrs=current,
        )

    word = STEPS[step - 1]
    return rx.fragment(
        rx.el.ol(
            *(entry(i, name) for i, name in enumerate(STEPS, start=1)),
            class_name="wst only-d",
            aria_label="Steps",
        ),
        rx.el.div(
            rx.el.span(f"Step {step} of {len(STEPS)}: {word}", class_name="b"),
            rx.el.div(
                rx.el.i(style={"width": f"{100 * step // len(STEPS)}%"}),
                class_name="bar grow",
                custom_attrs={"aria-hidden": "true"},
            ),
            class_name="only-m wsm",
        ),
    )


def footer(step: int, *, ready: Any = True) -> rx.Component:
    """Back (or Cancel) and Next. On the phone it sticks to the bottom."""
    back = (
        rx.el.button("Cancel", type="button", class_name="btn g", on_click=StarEvents.cancel)
        if step == 1
        else link(icon("chevron-left", 18), "Back", href=f"/analyse?step={step - 1}", class_name="btn g")
    )
    return rx.el.div(
        back,
        rx.el.span("Saved as you go", class_name="wsaid"),
        rx.el.button(
            _NEXT_WORDS[step],
            icon("arrow-right", 18),
            type="button",
            class_name="btn p lg",
            on_click=StarEvents.next,
            custom_attrs={"aria-disabled": rx.cond(ready, "false", "true")} if ready is not True else {},
        ),
        class_name="wfoot",
    )


def step_layout(
    step: int, question: str, why: str, *children: rx.Component, side: list[rx.Component], foot: rx.Component
) -> rx.Component:
    """One step: the question with its answer at the left, what follows from it at the right."""
    return rx.fragment(
        stepper(step),
        rx.el.div(
            rx.el.div(
                rx.el.h1(question),
                rx.el.p(why, class_name="mut mt8"),
                *children,
                foot,
            ),
            rx.el.aside(*side, class_name="side", custom_attrs={"aria-label": "What this means"}),
            class_name="wiz",
        ),
    )


def side_note(title: str, *children: Any) -> rx.Component:
    """One paragraph of the side column."""
    return rx.el.div(rx.el.h2(title), *children)


def fact_list(facts: rx.Var[list[Fact]]) -> rx.Component:
    """Names and values, two columns."""
    return rx.el.dl(rx.foreach(facts, lambda f: rx.fragment(rx.el.dt(f.name), rx.el.dd(f.value))), class_name="kv num")


def title() -> Any:
    """Title of the phone's top bar."""
    return rx.cond(WizardState.card.shown, "Analyse " + WizardState.heading, WizardState.heading)
