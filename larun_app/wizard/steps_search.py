"""Steps 4 and 5, drawn: how hard to look, and the start."""

from __future__ import annotations

import reflex as rx

from jobs.presets import PRESET_WORDS
from larun_app.ui.forms import disclosure, radio_card, radio_cards, select_field, suggested
from larun_app.ui.icons import icon, spinner
from larun_app.ui.links import link
from larun_app.ui.notices import field_error
from larun_app.wizard.draft import SLIDER_STEPS, slider_of_period
from larun_app.wizard.frame import fact_list, footer, side_note, step_layout, stepper
from larun_app.wizard.reach import CELL_H, CELL_W, COLUMNS, HEIGHT, LEFT, ROWS, TOP, WIDTH
from larun_app.wizard.search_events import SearchEvents
from larun_app.wizard.shown import WizardState
from larun_app.wizard.views import PlanetChoice

ENGINES = (
    ("", "As the depth above says (suggested)"),
    ("larun", "Real transit shapes, fast"),
    ("bls", "Boxes (BLS)"),
    ("reference", "Reference programme (TLS), slow"),
)
_TICKS = (0.5, 1, 2, 5, 10, 20, 50)


def _slider() -> rx.Component:
    return rx.el.div(
        rx.slider(
            default_value=WizardState.slider,
            key=WizardState.slider_key,
            min=0,
            max=SLIDER_STEPS,
            step=1,
            min_steps_between_thumbs=2,
            on_value_commit=SearchEvents.set_slider,
            size="2",
            custom_attrs={"aria-label": "Period limits"},
        ),
        rx.el.div(
            *(
                rx.el.span(f"{days:g} d" if days in (0.5, 50) else f"{days:g}", style={"left": f"{_percent(days)}%"})
                for days in _TICKS
            ),
            class_name="tks num",
            custom_attrs={"aria-hidden": "true"},
        ),
        class_name="rng",
    )


def _percent(days: float) -> float:
    return round(100 * slider_of_period(days) / SLIDER_STEPS, 1)


def _period_field(label: str, element_id: str, end: str, value: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=element_id, class_name="l"),
        rx.el.input(
            id=element_id,
            class_name="in num",
            key=value,
            default_value=value,
            input_mode="decimal",
            max_length=12,
            on_blur=lambda v: SearchEvents.set_period(end, v),
            aria_invalid=WizardState.period_error != "",
            custom_attrs={"data-commit": "enter", "aria-describedby": "period-error"},
        ),
    )


def _periods() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2("How long is a year on the planet?", id="period-title"),
            rx.cond(
                WizardState.periods_suggested,
                rx.el.span("default fits your data", class_name="sm mut"),
                rx.el.button(
                    "Back to what fits the data",
                    type="button",
                    class_name="btn s g",
                    on_click=SearchEvents.suggest_periods,
                ),
            ),
            class_name="row sp wrap",
            style={"marginBottom": "4px", "minHeight": "32px"},
        ),
        _slider(),
        rx.el.div(
            _period_field("Shortest, days", "period-min", "min", WizardState.period_min),
            _period_field("Longest, days", "period-max", "max", WizardState.period_max),
            rx.el.p(WizardState.period_hint, class_name="hint", style={"alignSelf": "end"}),
            class_name="pr",
        ),
        field_error(WizardState.period_error, "period-error"),
        class_name="mt24",
        aria_labelledby="period-title",
    )


def _planet(planet: rx.Var[PlanetChoice]) -> rx.Component:
    return rx.el.button(
        rx.cond(planet.on, icon("check", 15), rx.fragment()),
        rx.el.span(planet.name),
        rx.el.small(planet.words),
        type="button",
        class_name="tog",
        disabled=~planet.possible,
        on_click=SearchEvents.toggle_planet(planet.name),
        custom_attrs={"aria-pressed": rx.cond(planet.on, "true", "false")},
    )


def _star_field(label: str, field: str, value: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"star-{field}", class_name="l"),
        rx.el.input(
            id=f"star-{field}",
            class_name="in num",
            key=value,
            default_value=value,
            placeholder="from the catalogue",
            input_mode="decimal",
            max_length=12,
            on_blur=lambda v: SearchEvents.set_star(field, v),
            custom_attrs={"data-commit": "enter", "aria-describedby": "star-numbers-error"},
        ),
    )


def _more() -> rx.Component:
    return disclosure(
        "More choices: engine, number of planets, known planets, the star",
        rx.el.div(
            select_field(
                "Search with",
                "engine",
                ENGINES,
                value=WizardState.engine,
                on_change=SearchEvents.set_engine,
                hint="Real shapes find smaller planets than boxes.",
            ),
            select_field(
                "Planets to look for at most",
                "max-signals",
                (("", "As the depth above says"), *((str(n), str(n)) for n in range(1, 9))),
                value=WizardState.max_signals,
                on_change=SearchEvents.set_max_signals,
                hint="After each find its dips are hidden and the search runs again.",
            ),
            _star_field("Radius of the star, Suns", "radius_sun", WizardState.star_radius),
            _star_field("Mass of the star, Suns", "mass_sun", WizardState.star_mass),
            class_name="f2",
        ),
        field_error(WizardState.star_error_numbers, "star-numbers-error"),
        rx.cond(
            WizardState.planets.length() > 0,
            rx.el.div(
                rx.el.h3("Hide planets that are known already"),
                rx.el.p("Their dips are left out, so that the search looks for others.", class_name="sm mut mt4"),
                rx.el.div(
                    rx.foreach(WizardState.planets, _planet),
                    class_name="chips mt8",
                    role="group",
                    aria_label="Known planets to hide",
                ),
            ),
            rx.fragment(),
        ),
    )


def _reach_map() -> rx.Component:
    """What could be found here: stronger colour is surer."""
    reach = WizardState.reach
    base = TOP + ROWS * CELL_H
    return rx.el.div(
        rx.el.h2("What you could find here"),
        rx.el.svg(
            rx.foreach(reach.levels, lambda level: rx.el.path(d=level.d, fill="var(--d-bin)", opacity=level.opacity)),
            rx.foreach(
                reach.y_ticks,
                lambda tick: rx.el.text(tick.words, x=LEFT - 8, y=tick.at, dy="4", text_anchor="end"),
            ),
            rx.foreach(
                reach.x_ticks,
                lambda tick: rx.el.text(tick.words, x=tick.at, y=round(base + 16), text_anchor="middle"),
            ),
            rx.el.text("year, days", x=round(LEFT + COLUMNS * CELL_W / 2), y=HEIGHT - 6, text_anchor="middle"),
            rx.el.text(
                "planet size, Earths",
                x=-round(TOP + ROWS * CELL_H / 2),
                y=11,
                transform="rotate(-90)",
                text_anchor="middle",
            ),
            view_box=f"0 0 {WIDTH} {HEIGHT}",
            class_name="heat",
            role="img",
            custom_attrs={"aria-label": reach.sentence},
        ),
        rx.el.p(reach.sentence, class_name="sm"),
        rx.el.p(
            "An estimate from the star’s brightness and size. The result will say it exactly.",
            class_name="xs faint mt4",
        ),
    )


def search_step() -> rx.Component:
    """How hard should we look?"""
    cards = [
        radio_card(
            "preset",
            key,
            words.name,
            words.sentence,
            chosen=WizardState.preset,
            on_choose=SearchEvents.set_preset,
            aside=WizardState.times[key],
            tag=suggested() if key == "standard" else None,
        )
        for key, words in PRESET_WORDS.items()
    ]
    return step_layout(
        4,
        "How hard should we look?",
        "All three tell you how likely a find is to be a fluke. They differ in how small a planet they can reach.",
        rx.el.div(radio_cards("preset", "Search depth", cards), class_name="mt16"),
        _periods(),
        _more(),
        side=[
            rx.cond(WizardState.reach.levels.length() > 0, _reach_map(), rx.fragment()),
            side_note(
                "What is being tried?",
                rx.el.p(
                    "For each possible year, the light is folded on top of itself. If a planet crosses, all its dips "
                    "fall on one place and stand out; if not, they smear away."
                ),
            ),
            side_note("This search", fact_list(WizardState.search_facts)),
        ],
        foot=footer(4),
    )


def _review_row(name: str, words: rx.Var | str, step: int) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name),
        rx.el.dd(
            rx.el.span(words),
            link(
                "Change",
                href=f"/analyse?step={step}",
                class_name="u sm",
                custom_attrs={"aria-label": f"Change: {name.lower()}"},
            ),
            class_name="row sp",
        ),
    )


def run_step() -> rx.Component:
    """Check and run."""
    looking = rx.match(WizardState.preset, *((key, words.name) for key, words in PRESET_WORDS.items()), "")
    return rx.fragment(
        stepper(5),
        rx.el.div(
            rx.el.div(
                rx.el.h1("Ready to look?"),
                rx.el.p(
                    "Everything can still be changed. You may leave the page while it runs; the result will wait for "
                    "you.",
                    class_name="mut mt8",
                ),
                rx.el.section(
                    rx.el.dl(
                        _review_row("Star", WizardState.heading, 1),
                        _review_row("Data", WizardState.data_words, 2),
                        _review_row("Cleaning", WizardState.cleaning_words, 3),
                        _review_row("Search", looking, 4),
                        _review_row(
                            "Years tried", WizardState.period_min + " to " + WizardState.period_max + " days", 4
                        ),
                        class_name="revw",
                    ),
                    class_name="card f mt16",
                    aria_label="Your choices",
                ),
                rx.el.div(
                    link(icon("chevron-left", 18), "Back", href="/analyse?step=4", class_name="btn g"),
                    rx.el.button(
                        rx.cond(WizardState.starting, spinner(18), rx.fragment()),
                        "Start the search",
                        type="button",
                        class_name="btn p lg",
                        on_click=SearchEvents.start,
                        disabled=WizardState.starting,
                    ),
                    class_name="wfoot",
                ),
            ),
            rx.el.aside(
                side_note("How long?", rx.el.p("It will take ", WizardState.times[WizardState.preset], ".")),
                side_note(
                    "What you will get",
                    rx.el.p(
                        "A verdict in words, the light with its dips marked, every period tried, and the numbers with "
                        "their errors. If nothing is there, it says so, and what would have shown."
                    ),
                ),
                class_name="side",
                custom_attrs={"aria-label": "What this means"},
            ),
            class_name="wiz",
        ),
    )
