"""The cards around the numbers: ask for a fit, follow it, learn why it told nothing, take it along."""

from __future__ import annotations

import reflex as rx

from larun_app.fit.choices import SWITCHES, TIME_LIMITS, TOGETHER, Switch
from larun_app.fit.progress import HEIGHT, WIDTH
from larun_app.fit.state import FitState
from larun_app.ui.forms import select_field
from larun_app.ui.icons import icon, spinner
from larun_app.ui.links import link
from larun_app.ui.verdict import verdict_card

_VIEW = FitState.view


def _switch(name: Switch, title: str, sentence: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=getattr(FitState.chosen, name),
            on_change=lambda on: FitState.switch(name, on),
        ),
        rx.el.span(rx.el.span(title, class_name="b"), rx.el.span(sentence, class_name="sm mut")),
        class_name="fitopt",
    )


def _options(element_id: str) -> rx.Component:
    return rx.el.details(
        rx.el.summary(icon("chevron-right", 18), "Options", class_name="more"),
        rx.el.div(
            *(_switch(*entry) for entry in SWITCHES),
            rx.cond(_VIEW.several, _switch(*TOGETHER), rx.fragment()),
            rx.el.div(
                select_field(
                    "At most",
                    element_id,
                    [(str(m), "1 minute" if m == 1 else f"{m} minutes") for m in TIME_LIMITS],
                    value=FitState.chosen.minutes.to_string(),
                    on_change=FitState.allow,
                    hint="When the time is over and the numbers have not settled, none are told.",
                ),
                class_name="fittime",
            ),
            class_name="fitopts",
        ),
        class_name="fitdetails",
    )


def _start(words: str, primary: bool = True) -> rx.Component:
    return rx.el.button(
        rx.cond(FitState.starting, spinner(18), icon("play" if primary else "refresh-cw", 18)),
        rx.cond(FitState.starting, "Starting", words),
        type="button",
        class_name="btn p" if primary else "btn",
        on_click=FitState.start,
        disabled=FitState.starting,
    )


def asking() -> rx.Component:
    """Nothing is fitted yet: what a fit gives, how long it takes, one button."""
    return rx.cond(
        _VIEW.nothing != "",
        verdict_card(
            "none",
            "There is no dip to fit",
            rx.el.p(_VIEW.nothing),
            action=link("Search again", href="/analyse?from=" + FitState.run_id, class_name="btn p"),
        ),
        rx.el.section(
            rx.el.h2("How well is it known?", class_name="serif fitask"),
            rx.el.p(
                "The search says that there is a dip. A fit tries many thousand planets that could make it, and keeps "
                "those that the light allows: size, path and year of the planet each get an honest error, and you see "
                "how they depend on each other.",
                class_name="mut mt8 fitwords",
            ),
            rx.el.p(
                _VIEW.expected,
                " Four independent runs have to agree before any number is told; if they do not, the page says so.",
                class_name="mut mt8 fitwords",
            ),
            rx.el.div(_start("Fit this signal"), class_name="row wrap mt16"),
            _options("fit-minutes"),
            class_name="card fitcard",
        ),
    )


def ended() -> rx.Component:
    """The newest fit failed or was stopped."""
    kept = rx.cond(_VIEW.fitted == "none", "Nothing was changed.", "The fit before it is kept, below.")
    return rx.match(
        _VIEW.job,
        (
            "failed",
            rx.el.div(
                verdict_card(
                    "warn",
                    "This fit could not finish",
                    rx.el.p(_VIEW.error),
                    rx.el.p(kept),
                    below=rx.el.div(
                        rx.el.div(_start("Fit this signal"), class_name="row wrap"),
                        _options("fit-minutes-failed"),
                        class_name="fitbelow",
                    ),
                ),
                class_name="simband",
            ),
        ),
        (
            "cancelled",
            rx.el.div(
                verdict_card(
                    "none",
                    "You stopped this fit",
                    rx.el.p("A fit that was stopped tells no numbers. ", kept),
                    below=rx.el.div(
                        rx.el.div(_start("Fit this signal"), class_name="row wrap"),
                        _options("fit-minutes-stopped"),
                        class_name="fitbelow",
                    ),
                ),
                class_name="simband",
            ),
        ),
        rx.fragment(),
    )


def _now(name: str, value: rx.Var[str], needs: str) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name), rx.el.dd(value, rx.cond(value != "–", rx.el.small(needs), rx.fragment())), class_name="kpi"
    )


def going() -> rx.Component:
    """A fit waits or runs."""
    run = _VIEW.running
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2(run.headline, class_name="serif fitask"),
                rx.el.p(run.words, class_name="mut sm mt4"),
            ),
            rx.el.button(
                rx.cond(run.stopping, spinner(18), icon("x", 18)),
                rx.cond(run.stopping, "Stopping", "Stop"),
                type="button",
                class_name="btn",
                on_click=FitState.stop,
                disabled=run.stopping,
            ),
            class_name="fithead",
        ),
        rx.cond(
            _VIEW.job == "running",
            rx.el.div(
                rx.el.div(
                    rx.el.i(style={"width": run.width}),
                    class_name="bar mt16",
                    role="progressbar",
                    aria_label="How far the fit is",
                    custom_attrs={"aria-valuenow": run.percent, "aria-valuemin": "0", "aria-valuemax": "100"},
                ),
                rx.cond(
                    run.doing != "",
                    rx.el.p(run.doing, class_name="sm mut mt12"),
                    rx.el.div(
                        rx.el.dl(
                            _now("R-hat", run.rhat, "needs 1.01"),
                            _now("Independent samples", run.ess, "needs 400"),
                            _now("Steps", run.steps, ""),
                            class_name="kpis fitnow",
                            aria_label="How far the sampling is",
                        ),
                        rx.cond(run.path != "", _sparkline(), rx.fragment()),
                        class_name="fitlive",
                    ),
                ),
            ),
            rx.fragment(),
        ),
        class_name="card fitcard simband",
    )


def _sparkline() -> rx.Component:
    run = _VIEW.running
    return rx.el.figure(
        rx.el.svg(
            rx.el.line(x1="0", x2=str(WIDTH), y1=run.wanted_y, y2=run.wanted_y, class_name="ln c-ink lvl"),
            rx.el.path(d=run.path, class_name="ln c-bin", stroke_width="1.6"),
            view_box=f"0 0 {WIDTH:g} {HEIGHT:g}",
            width=str(WIDTH),
            height=str(HEIGHT),
            role="img",
            custom_attrs={"aria-label": run.line_words},
        ),
        rx.el.figcaption("R-hat falls; dashed: 1.01", class_name="xs faint"),
        class_name="fitspark",
    )


def not_converged() -> rx.Component:
    """The fit has not settled: why, what to try, and no number."""
    return verdict_card(
        "warn",
        "The numbers have not settled",
        rx.el.p(_VIEW.reason),
        rx.el.p("So none are told: they could still change by more than their errors."),
        below=rx.el.div(
            rx.el.h3("What to try"),
            rx.el.ul(rx.foreach(_VIEW.tries, rx.el.li), class_name="plainlist bullets"),
            rx.cond(
                (_VIEW.job == "none"),
                rx.el.div(
                    rx.el.div(_start("Fit again"), class_name="row wrap mt12"),
                    _options("fit-minutes-longer"),
                ),
                rx.fragment(),
            ),
            class_name="fitbelow",
        ),
    )


def _file(words: str, what: str, ending: str) -> rx.Component:
    return rx.el.a(
        icon("download", 15),
        words,
        href="/api/v1/runs/" + FitState.run_id + "/download/fit-" + _VIEW.number.to(str) + ending,
        download="",
        class_name="btn s",
        title=what,
    )


def downloads() -> rx.Component:
    """Files of the fit, and the way to another one."""
    return rx.el.section(
        rx.el.div(rx.el.h2("Take it along, or fit again"), class_name="ch"),
        rx.el.div(
            _file("Numbers, CSV", "all parameters", ".csv"),
            _file("Table, LaTeX", "for a paper", ".tex"),
            rx.cond(_VIEW.n_times > 0, _file("Times of the dips, CSV", "transit times", "-times.csv"), rx.fragment()),
            _file("Chain, Parquet", "the draws themselves", "-chain.parquet"),
            _file("Corner, PDF", "figure for a paper", "-corner.pdf"),
            _file("Model, PDF", "figure for a paper", "-fold.pdf"),
            _file("Trace, PDF", "figure for a paper", "-trace.pdf"),
            rx.cond(_VIEW.n_times > 0, _file("Times, PDF", "figure for a paper", "-times.pdf"), rx.fragment()),
            class_name="fitfiles",
        ),
        rx.cond(
            _VIEW.job == "none",
            rx.el.div(
                rx.el.div(_start("Fit again", primary=False), class_name="row wrap"),
                rx.el.p(
                    "The same choices give the same numbers; change an option to learn more.", class_name="sm mut mt8"
                ),
                _options("fit-minutes-again"),
                class_name="fitagain",
            ),
            rx.fragment(),
        ),
        class_name="card f mt16",
    )


def waiting() -> rx.Component:
    """Before the page is known."""
    return rx.el.div(
        rx.el.div(class_name="sk late", style={"width": "52%", "height": "24px"}),
        rx.el.div(class_name="sk late mt12", style={"width": "84%"}),
        rx.el.div(class_name="sk late mt8", style={"width": "70%"}),
        class_name="card verdictwait",
        role="status",
        aria_label="Loading the fit",
    )
