"""Step 1, drawn: which star?"""

from __future__ import annotations

import reflex as rx

from larun_app.ui.figures import figure, figures
from larun_app.ui.forms import segments
from larun_app.ui.icons import icon, spinner
from larun_app.ui.links import link
from larun_app.ui.notices import field_error, note
from larun_app.ui.typed_box import typed_box
from larun_app.ui.upload_box import upload_box
from larun_app.ui.verdict import chip
from larun_app.uploads.store import MAX_BYTES
from larun_app.wizard.frame import footer, side_note, step_layout
from larun_app.wizard.shown import WizardState
from larun_app.wizard.star_events import StarEvents
from larun_app.wizard.views import FileCard

ACCEPT = ".fits,.fit,.fz,.gz,.csv,.tsv,.txt,.dat,.npz,.npy,.parquet"


def _name_form() -> rx.Component:
    return rx.el.form(
        rx.el.div(
            icon("search", 18),
            typed_box(
                id="star",
                value=WizardState.text,
                class_name="in lg",
                custom_attrs={
                    "name": "star",
                    "maxLength": 200,
                    "placeholder": "pi Mensae, TOI-1798 or TIC 261136679",
                    "aria-label": "Star name or number",
                    "aria-describedby": "star-error",
                    "aria-invalid": WizardState.star_error != "",
                    "data-search": "true",
                },
            ),
            class_name="inw grow",
        ),
        rx.el.button("Find it", type="submit", class_name="btn lg"),
        on_submit=StarEvents.find,
        action="/analyse",  # where Enter leads while the page is not ready yet
        class_name="search mt12",
        role="search",
    )


def _coordinate_form() -> rx.Component:
    def field(name: str, label: str, value: rx.Var[str], placeholder: str) -> rx.Component:
        return rx.el.div(
            rx.el.label(label, html_for=name, class_name="l"),
            typed_box(
                id=name,
                value=value,
                class_name="in num",
                custom_attrs={
                    "name": name,
                    "maxLength": 40,
                    "placeholder": placeholder,
                    "aria-describedby": "star-error",
                },
            ),
        )

    return rx.el.form(
        rx.el.div(
            field("ra", "Right ascension", WizardState.ra, "84.2912 or 05:37:09.9"),
            field("dec", "Declination", WizardState.dec, "−80.4691 or −80:28:09"),
            class_name="f2 mt12",
        ),
        rx.el.button("Find the star there", type="submit", class_name="btn mt12"),
        on_submit=StarEvents.find,
    )


def _picture() -> rx.Component:
    """The star beside the Sun, to scale."""
    card = WizardState.card
    return rx.cond(
        card.size != "",
        rx.el.svg(
            rx.el.circle(cx="30", cy="30", r=card.radius_px, fill=card.colour),
            rx.el.circle(
                cx="30",
                cy="30",
                r=card.sun_px,
                fill="none",
                stroke="var(--ink3)",
                stroke_dasharray="2 3",
            ),
            width="60",
            height="60",
            view_box="0 0 60 60",
            role="img",
            custom_attrs={"aria-label": "The star beside the Sun, to scale"},
        ),
        rx.el.span(icon("star", 28), class_name="faint"),
    )


def _found_card() -> rx.Component:
    card = WizardState.card
    return rx.el.div(
        rx.el.div(
            _picture(),
            rx.el.div(
                rx.el.div(
                    rx.el.h2(card.name, style={"fontSize": "18px"}),
                    chip("pass", "Found"),
                    rx.cond(card.cached != "", chip("warn", card.cached), rx.fragment()),
                    class_name="row wrap",
                    style={"gap": "4px 10px"},
                ),
                rx.el.p(card.words, class_name="sm mut mt4"),
            ),
            style={
                "padding": "16px 20px",
                "display": "grid",
                "gridTemplateColumns": "auto 1fr",
                "gap": "16px",
                "alignItems": "center",
            },
        ),
        figures(
            figure("Brightness", rx.cond(card.brightness != "", card.brightness, "unknown"), "TESS mag"),
            figure("Size", rx.cond(card.size != "", card.size, "unknown"), card.size_err),
            figure("Surface", rx.cond(card.surface != "", card.surface, "unknown"), card.surface_err),
            figure("Watched", card.watched, card.watched_unit),
            style={"margin": "0"},
        ),
        rx.cond(
            card.coverage.length() > 0,
            rx.el.div(
                rx.el.div(
                    rx.foreach(card.coverage, lambda on: rx.el.i(class_name=rx.cond(on, "on", ""))),
                    class_name="cov",
                    role="img",
                    custom_attrs={"aria-label": card.coverage_words},
                ),
                rx.el.div(
                    rx.el.span(card.coverage_first), rx.el.span(card.coverage_last), class_name="row sp xs faint mt8"
                ),
                style={"padding": "12px 20px 16px", "borderTop": "1px solid var(--line)"},
            ),
            rx.fragment(),
        ),
        class_name="card f",
    )


def _archive() -> rx.Component:
    return rx.fragment(
        rx.cond(WizardState.way == "coordinates", _coordinate_form(), _name_form()),
        field_error(WizardState.star_error, "star-error"),
        rx.el.div(
            rx.cond(
                WizardState.looking,
                rx.el.div(
                    rx.el.span(spinner(18), class_name="info"),
                    rx.el.span("Asking the archive what it knows of this star."),
                    class_name="row mut mt16",
                ),
                rx.cond(WizardState.card.shown, _found_card(), rx.fragment()),
            ),
            class_name="mt16",
            aria_live="polite",
        ),
        rx.cond(
            WizardState.card.planets != "",
            rx.el.div(note(WizardState.card.planets), class_name="mt12"),
            rx.fragment(),
        ),
    )


def _file_row(file: rx.Var[FileCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.span(file.name, class_name="b", style={"overflowWrap": "anywhere"}),
                rx.el.span(file.size, class_name="sm faint nw"),
                class_name="row wrap",
            ),
            rx.cond(
                file.error != "",
                rx.el.p(icon("octagon-x", 15), rx.el.span(file.error), class_name="ferr"),
                rx.el.p(file.summary, class_name="sm mut"),
            ),
            class_name="grow",
        ),
        rx.el.button(
            icon("x", 18),
            type="button",
            class_name="btn ic g",
            on_click=StarEvents.remove_file(file.id),
            custom_attrs={"aria-label": "Remove " + file.name},
        ),
    )


def _upload() -> rx.Component:
    return rx.el.div(
        upload_box(
            endpoint="/api/v1/uploads",
            max_bytes=MAX_BYTES,
            accept=ACCEPT,
            prompt="Drop light curves here, or choose files",
            hint="FITS, CSV, npz or Parquet, also gzipped. Several files are taken as sectors of one star.",
            on_uploaded=StarEvents.add_files,
        ),
        field_error(WizardState.files_error, "files-error"),
        field_error(rx.cond(WizardState.files.length() > 0, "", WizardState.star_error), "star-error"),
        rx.cond(
            WizardState.files.length() > 0,
            rx.el.section(
                rx.el.ul(rx.foreach(WizardState.files, _file_row), class_name="files"),
                class_name="card mt16",
                style={"paddingBlock": "6px"},
                aria_label="Files",
            ),
            rx.fragment(),
        ),
        class_name="mt12",
    )


def star_step() -> rx.Component:
    """Which star?"""
    return step_layout(
        1,
        "Which star?",
        "A name, a catalogue number, a place in the sky, or your own file.",
        rx.el.div(
            segments(
                "way",
                "How to name the star",
                (
                    ("name", "Name", "star"),
                    ("coordinates", "Coordinates", "map-pin"),
                    ("file", "File", "upload"),
                ),
                chosen=WizardState.way,
                on_choose=StarEvents.choose_way,
            ),
            class_name="mt16",
        ),
        rx.cond(WizardState.way == "file", _upload(), _archive()),
        side=[
            side_note(
                "Not sure where to start?",
                rx.el.p(
                    "Bright, quiet, small stars show planets best. ",
                    link("Open an example", href="/examples", class_name="u"),
                ),
            ),
            side_note(
                "What happens to my file?",
                rx.el.p(
                    "It stays on this computer. FITS, CSV, npz and Parquet work, up to 200 MB each. "
                    "We show what we read in it before anything is searched."
                ),
            ),
            rx.el.div(
                rx.el.h2("Shortcuts"),
                rx.el.p(rx.el.kbd("/"), " jump to the search box", rx.el.br(), rx.el.kbd("Enter"), " find the star"),
                class_name="only-d",
            ),
        ],
        foot=footer(1, ready=WizardState.ready),
    )
