"""The overview of a result: verdict, key figures, charts."""

from __future__ import annotations

import reflex as rx

from larun_app.classifier.cards import classifier_detail, classifier_line
from larun_app.fit.overview_card import fit_card
from larun_app.results.explorer import results_explorer
from larun_app.results.head import result_page
from larun_app.results.state import ResultState
from larun_app.results.wording import Figure, SignalView
from larun_app.ui.icons import icon
from larun_app.ui.links import link
from larun_app.ui.verdict import verdict_card
from larun_app.validation.overview_card import chances_card_line, checks_card


def _signal_tab(signal: rx.Var[SignalView]) -> rx.Component:
    return rx.el.button(
        rx.el.i(class_name="dot-" + signal.tone.to(str)),
        signal.label,
        type="button",
        aria_pressed=rx.cond(ResultState.signal == signal.index, "true", "false"),
        on_click=ResultState.choose(signal.index),
    )


def _signals() -> rx.Component:
    return rx.cond(
        ResultState.view.signals.length() > 1,
        rx.el.div(
            rx.foreach(ResultState.view.signals, _signal_tab),
            class_name="sigs seg",
            role="group",
            aria_label="Signals found",
        ),
        rx.fragment(),
    )


def key_figure(figure: rx.Var[Figure]) -> rx.Component:
    """One entry of a row of key figures."""
    hidden = {"aria-hidden": "true"}
    return rx.el.div(
        rx.el.dt(figure.name),
        rx.el.dd(
            rx.el.span(
                rx.el.span(figure.value, class_name="num"),
                rx.cond(
                    figure.plus != "",
                    rx.el.span(rx.el.span("+" + figure.plus), rx.el.span("\u2212" + figure.minus), class_name="pm num"),
                    rx.fragment(),
                ),
                rx.el.small(figure.unit),
                class_name="val",
                custom_attrs=hidden,
            ),
            rx.el.span(figure.spoken, class_name="visually-hidden"),
        ),
        class_name="kpi",
    )


def _figures() -> rx.Component:
    return rx.cond(
        ResultState.chosen.figures.length() > 0,
        rx.el.dl(
            rx.foreach(ResultState.chosen.figures, key_figure),
            class_name="kpis",
            aria_label="Key figures of " + ResultState.chosen.label,
        ),
        rx.fragment(),
    )


def _verdict() -> rx.Component:
    view = ResultState.view
    return rx.cond(
        ResultState.phase == "done",
        verdict_card(
            view.tone,
            view.headline,
            rx.el.p(view.sentences),
            rx.cond(view.sensitivity != "", rx.el.p(view.sensitivity), rx.fragment()),
            below=_figures(),
        ),
        rx.el.div(
            rx.el.div(class_name="sk late", style={"width": "52%", "height": "24px"}),
            rx.el.div(class_name="sk late mt12", style={"width": "84%"}),
            rx.el.div(class_name="sk late mt8", style={"width": "70%"}),
            class_name="card verdictwait",
            role="status",
            aria_label="Loading the result",
        ),
    )


def _about_signal() -> rx.Component:
    """Why this signal is (not) convincing."""
    return rx.cond(
        ResultState.chosen.reasons.length() > 0,
        rx.el.section(
            rx.el.h2(rx.cond(ResultState.view.rejected, "Why this is not enough", "What speaks for and against it")),
            rx.el.ul(rx.foreach(ResultState.chosen.reasons, rx.el.li), class_name="plainlist"),
            class_name="card q",
        ),
        rx.fragment(),
    )


def _not_done() -> rx.Component:
    return rx.cond(
        ResultState.view.not_done.length() > 0,
        rx.el.section(
            rx.el.h2("What has not been tested"),
            rx.el.ul(
                rx.foreach(
                    ResultState.view.not_done,
                    lambda sentence: rx.el.li(icon("circle-dashed", 16), rx.el.span(sentence)),
                ),
                class_name="plainlist notdone",
            ),
            class_name="card q",
        ),
        rx.fragment(),
    )


def _too_little() -> rx.Component:
    return rx.cond(
        (ResultState.phase == "done") & ~ResultState.view.judged,
        rx.el.p(
            link("Add more sectors or files", href="/analyse?from=" + ResultState.run_id, class_name="u"),
            " and search again: two dips are needed at the very least.",
            class_name="sm mut mt8",
        ),
        rx.fragment(),
    )


def _overview() -> rx.Component:
    return rx.el.div(
        _signals(),
        _verdict(),
        _too_little(),
        checks_card(),
        chances_card_line(),
        classifier_line(),
        fit_card(),
        rx.el.div(
            results_explorer(signal=ResultState.signal, can_rerun=True, on_signal=ResultState.choose),
            class_name="mt16",
        ),
        classifier_detail(),
        rx.el.div(_about_signal(), _not_done(), class_name="grid2 mt16 words"),
    )


def overview_page() -> rx.Component:
    """/runs/<id>"""
    return result_page("overview", _overview)
