"""The network for a microcontroller: what it takes, how long, and the package."""

from __future__ import annotations

import reflex as rx

from larun_app.api.chip import PATH
from larun_app.classifier.chip_state import ChipState
from larun_app.results.page import key_figure
from larun_app.results.wording import Fact
from larun_app.ui.icons import icon
from larun_app.ui.links import link
from larun_app.ui.shell import shell

_STEPS = (
    ("Unpack it.", "unzip larun-cortex-m4.zip && cd larun-cortex-m4"),
    ("Run it on an emulated chip: it classifies a built-in signal and prints the six probabilities.", "make run"),
    (
        "Link it into a program of your own: lib/liblarun-cortex-m4.a and generated/network.h. Nothing else is needed, "
        "and no memory is allocated.",
        "arm-none-eabi-gcc … -Igenerated -Ikernels main.c lib/liblarun-cortex-m4.a",
    ),
)


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(fact.name),
        rx.el.dd(fact.value, rx.cond(fact.note != "", rx.el.small(fact.note), rx.fragment())),
    )


def _figures() -> rx.Component:
    view = ChipState.view
    return rx.el.section(
        rx.el.dl(rx.foreach(view.figures, key_figure), class_name="kpis chipkpis", aria_label="What the network takes"),
        rx.el.div(
            # an address that is known when the page is compiled becomes a link inside the product unless told otherwise
            link(
                icon("download", 16),
                "Download the package",
                href=PATH,
                reload_document=True,
                download="",
                class_name="btn p",
            ),
            class_name="chipget",
        ),
        rx.el.p(view.how, class_name="sm mut chiphow"),
        class_name="card f mt16",
    )


def _steps() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Try it"),
        rx.el.ol(
            *(rx.el.li(rx.el.p(words), rx.el.pre(rx.el.code(command), tab_index=0)) for words, command in _STEPS),
            class_name="chipsteps",
        ),
        rx.el.p(
            "Needs gcc-arm-none-eabi, make, gcc and qemu-system-arm; on Debian and Ubuntu they are packages of these "
            "names. README.md in the package says more.",
            class_name="sm mut mt8",
        ),
        class_name="card q",
    )


def _facts() -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h2("In numbers"), class_name="ch"),
        rx.el.dl(rx.foreach(ChipState.view.facts, _fact), class_name="facttable"),
        class_name="card f",
    )


def _missing() -> rx.Component:
    return rx.el.section(
        rx.el.p(icon("circle-dashed", 16), rx.el.span(ChipState.view.missing), class_name="sum kmiss"),
        rx.el.p(
            "The rest of the site works without it. Start it with ",
            rx.el.code("larun up"),
            ", then open this page again.",
            class_name="sm mut mt8",
        ),
        class_name="card q mt16",
    )


def chip_page() -> rx.Component:
    """/chip"""
    return shell(
        rx.el.h1("The classifier on a chip"),
        rx.el.p(
            "The network that tells planets from everything else, made small enough for a microcontroller. On an "
            "emulated Cortex-M4 it gives the answers of its reference on a computer, byte for byte.",
            class_name="lead mut mt8",
        ),
        rx.cond(
            ~ChipState.ready,
            rx.el.div(
                rx.el.div(class_name="sk late", style={"width": "52%", "height": "24px"}),
                rx.el.div(class_name="sk late mt12", style={"width": "84%"}),
                class_name="card verdictwait mt16",
                role="status",
                aria_label="Asking the model service",
            ),
            rx.cond(
                ChipState.view.missing != "",
                _missing(),
                rx.fragment(_figures(), rx.el.div(_steps(), _facts(), class_name="grid2 mt16")),
            ),
        ),
        here="learn",
        title="On a chip",
        back="/learn",
    )
