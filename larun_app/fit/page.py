"""The fit page: the planet in numbers, whether they have settled, and what they rest on."""

from __future__ import annotations

import reflex as rx

from larun_app.fit.charts import corner_chart, fold_chart, times_chart, trace_chart
from larun_app.fit.frames import asking, downloads, ended, going, not_converged, waiting
from larun_app.fit.state import FitState
from larun_app.fit.table import numbers_card
from larun_app.results.head import result_page, signal_links
from larun_app.ui.icons import icon
from larun_app.ui.notices import note
from larun_app.ui.terms import term
from larun_app.ui.test_row import outcome_chip

_VIEW = FitState.view
_TERMS = (
    ("posterior", "posterior"),
    ("credible-interval", "68\u202f% range"),
    ("corner-plot", "corner plot"),
    ("r-hat", "R-hat"),
    ("ess", "independent samples"),
    ("ttv", "late and early dips"),
)


def _settled() -> rx.Component:
    good = _VIEW.fitted == "converged"
    return rx.el.section(
        rx.el.div(
            rx.cond(
                good,
                rx.el.span(icon("circle-check", 18), class_name="pass"),
                rx.el.span(icon("triangle-alert", 18), class_name="warn"),
            ),
            rx.el.h2(rx.cond(good, "The numbers have settled", "How far the sampling came")),
            class_name="ch",
        ),
        rx.cond(
            _VIEW.sampled,
            trace_chart(signal=_VIEW.number, stamp=_VIEW.stamp),
            rx.fragment(),
        ),
        rx.el.p(_VIEW.settled, class_name="sum num"),
        class_name="card f",
    )


def _times() -> rx.Component:
    return rx.cond(
        _VIEW.timing.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.h2("Do the dips keep time?"),
                rx.el.div(
                    rx.match(
                        _VIEW.timing_outcome,
                        ("regular", outcome_chip(rx.Var.create("pass"), rx.Var.create("Regular"))),
                        ("varies", outcome_chip(rx.Var.create("warn"), rx.Var.create("They vary"))),
                        outcome_chip(rx.Var.create("not_run"), rx.Var.create("Not run")),
                    ),
                    class_name="tools",
                ),
                class_name="ch",
            ),
            rx.cond(
                _VIEW.n_times > 0,
                times_chart(signal=_VIEW.number, stamp=_VIEW.stamp),
                rx.fragment(),
            ),
            rx.el.div(rx.foreach(_VIEW.timing, rx.el.p), class_name="sum sentences"),
            class_name="card f",
        ),
        rx.fragment(),
    )


def _density() -> rx.Component:
    return rx.cond(
        _VIEW.density != "",
        rx.el.section(
            rx.el.div(
                rx.el.h2("Is it this star that dims?"),
                rx.el.div(outcome_chip(_VIEW.density_outcome, _VIEW.density_word), class_name="tools"),
                class_name="ch",
            ),
            rx.el.p(
                "A dip tells how dense the star is that it crosses. That has to match the star we look at.",
                class_name="sum fitwhy",
            ),
            rx.el.p(_VIEW.density, class_name="sum num"),
            class_name="card f",
        ),
        rx.fragment(),
    )


def _words() -> list[rx.Component | str]:
    parts: list[rx.Component | str] = []
    for i, (key, words) in enumerate(_TERMS):
        last = i == len(_TERMS) - 1
        parts.append(rx.el.span(term(key, words), "." if last else ",", class_name="nw"))  # no line begins with a comma
        parts += [] if last else [" "]
    return parts


def _notes() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "Words used here: ",
            *_words(),
        ),
        rx.cond(_VIEW.made != "", rx.el.p(_VIEW.made), rx.fragment()),
        rx.foreach(_VIEW.notes, rx.el.p),
        class_name="sm mut mt16 repfoot num",
    )


def _converged() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            numbers_card(),
            rx.el.div(
                corner_chart(signal=_VIEW.number, stamp=_VIEW.stamp, run=FitState.run_id),
                _settled(),
                class_name="col g16",
            ),
            class_name="fitg",
        ),
        rx.el.div(
            fold_chart(signal=_VIEW.number, stamp=_VIEW.stamp, run=FitState.run_id, left_over=_VIEW.left_over),
            class_name="mt16",
        ),
        rx.el.div(_times(), _density(), class_name="grid2 mt16 words fitpair"),
        downloads(),
        _notes(),
    )


def _unsettled() -> rx.Component:
    return rx.fragment(
        not_converged(),
        rx.cond(_VIEW.sampled, rx.el.div(_settled(), class_name="mt16"), rx.fragment()),
        _notes(),
    )


def _fit() -> rx.Component:
    busy = (_VIEW.job == "queued") | (_VIEW.job == "running")
    return rx.cond(
        FitState.ready,
        rx.el.div(
            signal_links("fit", _VIEW.index),
            rx.cond(
                _VIEW.caution != "",
                rx.el.div(note(_VIEW.caution, tone="warn"), class_name="simband"),
                rx.fragment(),
            ),
            rx.el.p(_VIEW.running.spoken, class_name="vh", role="status", aria_live="polite"),
            rx.cond(busy, going(), ended()),
            rx.match(
                _VIEW.fitted,
                ("converged", _converged()),
                ("not_converged", _unsettled()),
                rx.cond(busy | (_VIEW.job == "failed") | (_VIEW.job == "cancelled"), rx.fragment(), asking()),
            ),
            class_name="report fitpage",
        ),
        waiting(),
    )


def fit_page() -> rx.Component:
    """/runs/<id>/fit"""
    return result_page("fit", _fit)
