"""The bundled examples as cards, on Home and on their own page. One click starts the analysis."""

from __future__ import annotations

import reflex as rx

from data.examples import Example, list_examples
from larun_app.dashboard.state import HomeState
from larun_app.dashboard.thumbnails import dots
from larun_app.ui.icons import icon, spinner
from larun_app.ui.notices import note
from larun_app.ui.shell import shell
from science.rounding import THIN, significant

_WIDTH, _HEIGHT = 290, 84


def _caption(example: Example) -> tuple[str, str]:
    """What the small picture shows: its length, and how deep its dips are."""
    picture = example.thumbnail
    span = max(picture.x) - min(picture.x) if picture.x else 0.0
    left = {
        "fold": f"{significant(span, 2)} hours, folded",
        "phase": "one turn, folded",
        "curve": f"{significant(span, 2)} days",
    }[picture.kind]
    if not example.known:
        return left, "no repeating dip"
    depth = example.known[0].depth_ppm
    shown = f"{significant(depth / 1e4, 2)}{THIN}%" if depth >= 1000 else f"{significant(depth, 2)}{THIN}ppm"
    return left, f"dips of {shown}"


def _source(example: Example) -> str:
    """Star and observation; a simulation only says what it is built on."""
    if example.simulated:
        return example.observed[:1].upper() + example.observed[1:]
    return f"{example.target}, {example.observed}"


def example_card(example: Example) -> rx.Component:
    """One example: a small picture of its real light, what it teaches, and one click to start."""
    picture = example.thumbnail
    left, right = _caption(example)
    return rx.el.button(
        rx.el.span(
            rx.el.svg(
                rx.el.path(d=dots(picture.x, picture.y_ppm, _WIDTH, _HEIGHT, 4), class_name="thumbdots"),
                view_box=f"0 0 {_WIDTH} {_HEIGHT}",
                custom_attrs={"aria-hidden": "true", "preserveAspectRatio": "none"},
            ),
            rx.el.span(rx.el.span(left), rx.el.span(right), class_name="cap"),
            class_name="pic",
        ),
        rx.el.span(
            rx.el.span(
                example.title.removesuffix(" (simulated)"),
                rx.el.span("Simulated", class_name="tag", style={"fontWeight": "400"})
                if example.simulated
                else rx.fragment(),
                class_name="t row wrap",
            ),
            rx.el.span(example.teaser, class_name="sm mut"),
            rx.el.span(
                rx.el.span(_source(example), class_name="faint"),
                rx.el.span(
                    rx.cond(
                        HomeState.starting == example.id,
                        rx.fragment("Starting ", spinner(15)),
                        rx.fragment("Open ", icon("arrow-right", 15)),
                    ),
                    class_name="info b nw",
                ),
                class_name="foot",
            ),
            class_name="body",
        ),
        type="button",
        class_name="card f ex",
        on_click=HomeState.start_example(example.id),
        disabled=HomeState.starting != "",
    )


def example_cards(limit: int | None = None) -> rx.Component:
    """The first `limit` examples, all without a limit."""
    return rx.el.div(*(example_card(e) for e in list_examples()[:limit]), class_name="grid3 ex-grid")


def first_three() -> rx.Component:
    """A clear planet, two stars, and an honest "no": one of each for a first visit."""
    examples = list_examples()
    clear = examples[0]
    binary = next((e for e in examples if e.simulated), None)
    nothing = next((e for e in examples if not e.known), None)
    chosen = [e for e in (clear, binary, nothing) if e is not None]
    return rx.el.div(*(example_card(e) for e in chosen), class_name="grid3 ex-grid")


def examples_page() -> rx.Component:
    """All examples."""
    return shell(
        rx.el.div(
            rx.el.div(
                rx.el.h1("Examples to start from"),
                rx.el.p(
                    "Light that NASA’s TESS measured, in the public domain, with the suggested settings. "
                    "One click starts the analysis; it takes less than a minute.",
                    class_name="mut mt4 prose",
                ),
            ),
            class_name="head",
        ),
        example_cards(),
        rx.el.div(
            note(
                "The light marked “Simulated” was computed, not observed: a small file of a real eclipsing binary "
                "could not be shipped. Its result says so too.",
            ),
            class_name="mt16",
        ),
        here="examples",
        title="Examples",
        back="/",
    )
