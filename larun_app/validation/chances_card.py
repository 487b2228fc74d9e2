"""The section on how likely each explanation is: verdict, both probabilities, the eight bars, and what lies behind."""

from __future__ import annotations

import reflex as rx

from larun_app.ui.chance_ruler import chance_ruler
from larun_app.ui.icons import icon
from larun_app.ui.log_bars import log_bars
from larun_app.ui.terms import term
from larun_app.ui.verdict import chip
from larun_app.validation.chances import ChanceNeighbour, ChancesView, Told
from larun_app.validation.chances_behind import behind
from science.rounding import THIN
from science.validation.verdict import LIKELY_FPP, VALIDATED_FPP, VALIDATED_NFPP


def _figure(key: str, told: rx.Var[Told], needs: float) -> rx.Component:
    hidden = {"aria-hidden": "true"}
    return rx.el.div(
        rx.el.dt(term(key)),
        rx.el.dd(
            rx.el.span(
                rx.el.span(told.value, class_name="num"),
                rx.cond(told.error != "", rx.el.small("± ", told.error, class_name="num"), rx.fragment()),
                class_name="val",
                custom_attrs=hidden,
            ),
            rx.el.span(told.spoken, class_name="vh"),
            rx.el.small(f"bar: under {100 * needs:g}{THIN}%", class_name="chbar"),
        ),
        class_name="kpi",
    )


def _answer(view: rx.Var[ChancesView]) -> rx.Component:
    return rx.el.div(
        rx.el.p(view.headline, class_name="kwords serif"),
        rx.cond(view.reason != "", rx.el.p(view.reason, class_name="sm mut mt4"), rx.fragment()),
        rx.el.dl(
            _figure("fpp", view.fpp, VALIDATED_FPP),
            _figure("nfpp", view.nfpp, VALIDATED_NFPP),
            class_name="kpis chkpis",
            aria_label="False-positive probabilities",
        ),
        rx.el.p("Chance that it is not a planet", class_name="sm b chruler", custom_attrs={"aria-hidden": "true"}),
        chance_ruler(view.ruler, VALIDATED_FPP, LIKELY_FPP),
        class_name="chanswer",
    )


def _bars(view: rx.Var[ChancesView]) -> rx.Component:
    return rx.cond(
        view.bars.length() > 0,
        rx.el.div(
            log_bars(view.bars, "The eight explanations, the most likely first"),
            rx.el.p(
                "Eight ", term("scenario", "explanations"), " on one scale; together they make 100\u202f%. Each "
                "quarter to the right is ten times likelier. The ticks show the error.",
                class_name="sm mut chcaption",
            ),
        ),
        rx.fragment(),
    )  # fmt: skip


def _cell(label: str, value: rx.Var[str], right: bool = True) -> rx.Component:
    return rx.el.td(value, class_name="r" if right else "", custom_attrs={"data-label": label})


def _star(row: rx.Var[ChanceNeighbour]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            row.name,
            rx.cond(row.note != "", rx.el.small(row.note, class_name="xs faint"), rx.fragment()),
            scope="row",
        ),
        _cell("Distance", row.distance),
        _cell("Brightness, mag", row.brightness),
        _cell("Its light", row.share),
        _cell("Chance it is the source", row.chance),
    )


def _stars(rows: rx.Var[list[ChanceNeighbour]], label: str) -> rx.Component:
    def name(words: str, right: bool = True) -> rx.Component:
        return rx.el.th(words, scope="col", class_name="r" if right else "")

    return rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    name("Star", False),
                    name("Distance"),
                    name("Brightness, mag"),
                    name("Its light, of the star’s"),
                    name("Chance it is the source"),
                )
            ),
            rx.el.tbody(rx.foreach(rows, _star)),
            class_name="lines cards chtable chstars",
        ),
        class_name="tabscroll",
        tab_index=0,
        role="region",
        aria_label=label,
    )


def _neighbours(view: rx.Var[ChancesView]) -> rx.Component:
    told = view.neighbours
    return rx.cond(
        told.first.length() > 0,
        rx.el.div(
            rx.el.div(
                rx.el.h3("Could it be a neighbour?"), rx.el.span(told.said, class_name="sm mut"), class_name="chsub"
            ),
            _stars(told.first, "The likeliest neighbours"),
            rx.cond(
                told.rest.length() > 0,
                rx.el.details(
                    rx.el.summary(icon("chevron-right", 18), told.more, class_name="more"),
                    _stars(told.rest, "Further neighbours"),
                    rx.cond(told.beyond != "", rx.el.p(told.beyond, class_name="sum chbeyond"), rx.fragment()),
                    class_name="chfold",
                ),
                rx.fragment(),
            ),
            class_name="chpart",
        ),
        rx.fragment(),
    )


def _list(title: str, entries: rx.Var[list[str]]) -> rx.Component:
    return rx.cond(
        entries.length() > 0,
        rx.el.div(
            rx.el.h3(title),
            rx.el.ul(rx.foreach(entries, rx.el.li), class_name="plainlist bullets sm mt4"),
        ),
        rx.fragment(),
    )


def _timing(view: rx.Var[ChancesView]) -> rx.Component:
    told = view.timing
    return rx.cond(
        told.facts.length() > 0,
        rx.el.div(
            rx.el.h3("Do the dips keep time?"),
            rx.cond(
                told.warning != "",
                rx.el.p(icon("triangle-alert", 16), rx.el.span(told.warning), class_name="chwarn sm mt4"),
                rx.fragment(),
            ),
            rx.el.dl(
                rx.foreach(
                    told.facts,
                    lambda fact: rx.el.div(
                        rx.el.dt(fact.name),
                        rx.el.dd(fact.value, rx.cond(fact.note != "", rx.el.small(fact.note), rx.fragment())),
                    ),
                ),
                class_name="facttable chfacts",
            ),
        ),
        rx.fragment(),
    )


def _weighed(view: rx.Var[ChancesView]) -> rx.Component:
    return rx.fragment(
        rx.el.div(_answer(view), _bars(view), class_name="kbody ktwo chmain"),
        _neighbours(view),
        rx.cond(
            (view.would_change.length() > 0) | (view.notes.length() > 0) | (view.timing.facts.length() > 0),
            rx.el.div(
                _list("What would change this verdict", view.would_change),
                _list("What we had to assume", view.notes),
                _timing(view),
                class_name="chpart chlists",
            ),
            rx.fragment(),
        ),
        behind(view),
    )


def chances_card(view: rx.Var[ChancesView]) -> rx.Component:
    """The section; one sentence where nothing was weighed."""
    return rx.cond(
        view.shown,
        rx.el.section(
            rx.el.div(
                rx.el.h2("How likely is each explanation?"),
                rx.cond(view.chip != "", rx.el.div(chip(view.tone, view.chip), class_name="tools"), rx.fragment()),
                class_name="ch",
            ),
            rx.cond(
                view.missing != "",
                rx.el.p(icon("circle-dashed", 16), rx.el.span(view.missing), class_name="sum kmiss chmiss"),
                _weighed(view),
            ),
            class_name="card f mt16 chances",
            id="chances",
        ),
        rx.fragment(),
    )
