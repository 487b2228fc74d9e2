"""Steps 2 and 3, drawn: which data, and how it is cleaned."""

from __future__ import annotations

import reflex as rx

from larun_app.ui.forms import disclosure, radio_card, radio_cards, select_field, suggested
from larun_app.ui.icons import icon, spinner
from larun_app.ui.notices import field_error, note
from larun_app.wizard.data_events import DataEvents
from larun_app.wizard.frame import fact_list, footer, side_note, step_layout
from larun_app.wizard.shown import WizardState
from larun_app.wizard.views import Chip, Fact, FileCard

TIME_SYSTEMS = (
    ("", "As recognised"),
    ("BTJD", "BTJD (BJD − 2457000, TESS)"),
    ("BKJD", "BKJD (BJD − 2454833, Kepler)"),
    ("BJD", "BJD, full barycentric date"),
    ("JD", "JD, Julian date"),
    ("MJD", "MJD (JD − 2400000.5)"),
)
FLUX_UNITS = (
    ("", "As recognised"),
    ("relative", "Relative brightness"),
    ("electron_per_s", "Electrons per second"),
    ("ppm", "Parts per million"),
    ("ppt", "Parts per thousand"),
    ("percent", "Per cent"),
    ("magnitude", "Magnitudes"),
)


def _chip(chip: rx.Var[Chip]) -> rx.Component:
    return rx.el.button(
        rx.cond(chip.on, icon("check", 15), rx.fragment()),
        rx.el.span(chip.label),
        rx.el.small(chip.detail),
        type="button",
        class_name="tog",
        on_click=DataEvents.toggle_product(chip.id),
        custom_attrs={"aria-pressed": rx.cond(chip.on, "true", "false")},
    )


def _archive_data() -> rx.Component:
    return rx.fragment(
        rx.cond(
            WizardState.authors.length() > 0,
            rx.el.div(
                rx.el.label("Measured by", html_for="author", class_name="l"),
                rx.el.select(
                    rx.foreach(WizardState.authors, lambda a: rx.el.option(a[1], value=a[0])),
                    id="author",
                    class_name="in",
                    value=WizardState.author,
                    on_change=DataEvents.choose_author,
                    style={"maxWidth": "360px"},
                ),
                rx.el.p(
                    "Several teams turn the same pixels into a light curve. Their care differs, the star does not.",
                    class_name="hint",
                ),
                class_name="mt16",
            ),
            rx.fragment(),
        ),
        rx.el.div(
            rx.el.h2("Stretches of time", id="chips-title"),
            rx.el.span(WizardState.data_words, class_name="sm mut", aria_live="polite"),
            class_name="row sp mt24",
            style={"marginBottom": "10px"},
        ),
        rx.el.div(
            rx.foreach(WizardState.chips, _chip),
            class_name="chips",
            role="group",
            aria_labelledby="chips-title",
        ),
        rx.el.p(
            "All are on because more light finds smaller planets. Switch one off if it looks spoilt, "
            "or to be finished sooner.",
            class_name="hint",
        ),
    )


def _reading_row(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(rx.el.dt(fact.name), rx.el.dd(fact.value))


def _file_remarks(file: rx.Var[FileCard]) -> rx.Component:
    return rx.fragment(
        rx.foreach(
            file.warnings,
            lambda w: rx.el.div(
                icon("triangle-alert", 18),
                rx.el.div(rx.el.b(file.name + ": ", class_name="b"), w, class_name="grow"),
                class_name="note warn mt12",
            ),
        ),
        rx.foreach(
            file.notes,
            lambda n: rx.el.div(
                icon("info", 18),
                rx.el.div(rx.el.b(file.name + ": ", class_name="b"), n, class_name="grow"),
                class_name="note mt12",
            ),
        ),
        rx.cond(
            file.error != "",
            rx.el.div(
                icon("octagon-x", 18),
                rx.el.div(rx.el.b(file.name + ": ", class_name="b"), file.error, class_name="grow"),
                class_name="note fail mt12",
            ),
            rx.fragment(),
        ),
    )


def _column_select(label: str, field: str, value: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"col-{field}", class_name="l"),
        rx.cond(
            WizardState.column_names.length() > 0,
            rx.el.select(
                rx.foreach(WizardState.column_names, lambda name: rx.el.option(name, value=name)),
                id=f"col-{field}",
                class_name="in",
                value=value,
                on_change=lambda v: DataEvents.set_column(field, v),
            ),
            rx.el.input(
                id=f"col-{field}",
                class_name="in",
                key=value,
                default_value=value,
                placeholder="Name of the column",
                max_length=40,
                on_blur=lambda v: DataEvents.set_column(field, v),
                custom_attrs={"data-commit": "enter"},
            ),
        ),
    )


def _file_data() -> rx.Component:
    return rx.fragment(
        field_error(WizardState.files_error, "files-error"),
        rx.foreach(WizardState.files, _file_remarks),
        rx.cond(
            WizardState.reading.length() > 0,
            rx.el.section(
                rx.el.div(rx.el.h2("What we read"), class_name="ch", style={"paddingLeft": "20px"}),
                rx.el.dl(rx.foreach(WizardState.reading, _reading_row), class_name="revw"),
                class_name="card f mt16",
            ),
            rx.fragment(),
        ),
        rx.cond(
            WizardState.reading_guess,
            rx.el.div(
                note(
                    rx.el.b("Part of this is a guess. ", class_name="b"),
                    "The file does not say it in so many words. Look once, and correct it below if it is wrong.",
                    tone="warn",
                ),
                class_name="mt12",
            ),
            rx.fragment(),
        ),
        rx.el.details(
            rx.el.summary(icon("chevron-right", 18), "That is not right: choose columns and units", class_name="more"),
            rx.el.div(
                _column_select("Column of the times", "time", WizardState.time_column),
                _column_select("Column of the brightness", "flux", WizardState.flux_column),
                select_field(
                    "Time system",
                    "time-system",
                    TIME_SYSTEMS,
                    value=WizardState.time_system,
                    on_change=lambda v: DataEvents.set_column("time_system", v),
                ),
                select_field(
                    "Unit of the brightness",
                    "flux-unit",
                    FLUX_UNITS,
                    value=WizardState.flux_unit,
                    on_change=lambda v: DataEvents.set_column("flux_unit", v),
                ),
                class_name="f2 mt12",
            ),
            class_name="mt16",
            open=WizardState.reading.length() == 0,
        ),
        rx.cond(
            WizardState.busy_reading,
            rx.el.div(
                rx.el.span(spinner(18), class_name="info"), "Reading again.", class_name="row mut mt12", role="status"
            ),
            rx.fragment(),
        ),
    )


def data_step() -> rx.Component:
    """Which data?"""
    return rx.cond(
        WizardState.way == "file",
        step_layout(
            2,
            "Did we read it right?",
            "This is what we found in your data. Go on if it is right, or correct it.",
            _file_data(),
            side=[
                side_note(
                    "Why ask?",
                    rx.el.p(
                        "A wrong time system moves every date, a wrong unit turns dips into peaks. "
                        "Both are easy to see here and hard to see later."
                    ),
                ),
                side_note("Your data", rx.el.p(WizardState.data_words)),
            ],
            foot=footer(2, ready=WizardState.ready),
        ),
        step_layout(
            2,
            "Which data?",
            "TESS looks at a part of the sky for about 27 days, a sector; Kepler and K2 for about 80 to 90.",
            _archive_data(),
            side=[
                side_note(
                    "Why these?",
                    rx.el.p(
                        "For each stretch we took the most careful pipeline, with a measurement every two minutes "
                        "where there is one. Shorter steps cost time and rarely show more."
                    ),
                ),
                side_note("Chosen", rx.el.p(WizardState.data_words)),
            ],
            foot=footer(2),
        ),
    )


def clean_step() -> rx.Component:
    """How is the light cleaned?"""

    def quality_card(key: str, title: str, sentence: str, tag: rx.Component | None = None) -> rx.Component:
        return radio_card(
            "quality",
            key,
            title,
            sentence,
            chosen=WizardState.quality,
            on_choose=lambda k: DataEvents.set_clean("quality", k),
            tag=tag,
        )

    def trend_card(key: str, title: str, sentence: str, tag: rx.Component | None = None) -> rx.Component:
        return radio_card(
            "detrend",
            key,
            title,
            sentence,
            chosen=WizardState.detrend,
            on_choose=lambda k: DataEvents.set_clean("detrend", k),
            tag=tag,
        )

    return step_layout(
        3,
        "How should we clean the light?",
        "The suggestion is right for nearly every star. Dips are never smoothed away: the window is longer than any "
        "transit we look for.",
        rx.el.section(
            rx.el.h2("Measurements that the satellite marked as doubtful", class_name="mt16"),
            rx.el.div(
                radio_cards(
                    "quality",
                    "Doubtful measurements",
                    (
                        quality_card(
                            "default",
                            "Leave out the spoilt ones",
                            "Pointing jitter, stray light, cosmic rays. What the mission’s own teams do.",
                            suggested(),
                        ),
                        quality_card(
                            "hard",
                            "Leave out everything marked",
                            "Also what is only suspicious. Choose it when the light looks ragged.",
                        ),
                        quality_card(
                            "none",
                            "Keep everything",
                            "For data that has been cleaned already, or to see what was left out.",
                        ),
                    ),
                ),
                class_name="mt8",
            ),
        ),
        rx.el.section(
            rx.el.h2("Slow changes of the star and the camera", class_name="mt24"),
            rx.el.div(
                radio_cards(
                    "detrend",
                    "Slow changes",
                    (
                        trend_card(
                            "yes",
                            "Take them out",
                            "Spots, heating and drifts over days go; dips of hours stay.",
                            suggested(),
                        ),
                        trend_card(
                            "no", "Leave them in", "For light that is flat already. A restless star would hide planets."
                        ),
                    ),
                ),
                class_name="mt8",
            ),
        ),
        disclosure(
            "More choices: levels, gaps, length of the window",
            rx.el.div(
                select_field(
                    "Bring sectors to one level by",
                    "normalise",
                    (("median", "Their median (suggested)"), ("mean", "Their mean"), ("running", "A running median")),
                    value=WizardState.normalise,
                    on_change=lambda v: DataEvents.set_clean("normalise", v),
                    hint="The median is not moved by dips or flares.",
                ),
                select_field(
                    "Fill gaps with",
                    "gap-fill",
                    (("none", "Nothing (suggested)"), ("interpolate", "Straight lines"), ("model", "A smooth model")),
                    value=WizardState.gap_fill,
                    on_change=lambda v: DataEvents.set_clean("gap_fill", v),
                    hint="Filled points are drawn, but never used as evidence.",
                ),
                rx.el.div(
                    rx.el.label("Window, days", html_for="window", class_name="l"),
                    rx.el.input(
                        id="window",
                        class_name="in num",
                        key=WizardState.window,
                        default_value=WizardState.window,
                        placeholder="chosen for you",
                        input_mode="decimal",
                        max_length=12,
                        on_blur=DataEvents.set_window,
                        aria_invalid=WizardState.window_error != "",
                        custom_attrs={"data-commit": "enter", "aria-describedby": "window-error"},
                    ),
                    field_error(WizardState.window_error, "window-error"),
                    rx.el.p("Empty: three times the longest transit searched.", class_name="hint"),
                ),
                class_name="f2",
            ),
        ),
        side=[
            side_note(
                "What happens here?",
                rx.el.p(
                    "Each stretch is brought to the same level, single bad points and flares are set aside, "
                    "and slow waves are divided out. Every point set aside stays visible in the result."
                ),
            ),
            side_note("Chosen so far", fact_list(WizardState.search_facts)),
        ],
        foot=footer(3),
    )
