"""The fit of one signal in the words and rows of its page. Plain Python: what is stored in, dataclasses out."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from data.fit_report import FitReport
from data.report import Report, SignalReport
from larun_app.fit.choices import Chosen, from_request
from larun_app.fit.progress import Running, running
from larun_app.fit.rows import ParameterRow, main_rows, more_rows, star_note
from larun_app.results.wording import day_scale
from larun_app.ui.numbers import count, took
from science.rounding import number, regroup, significant

if TYPE_CHECKING:
    from jobs.fit_start import FitNow

OUTCOME_WORDS = {"pass": "Pass", "warn": "Look", "fail": "Fail", "not_run": "Not run"}
NEEDS_RHAT, NEEDS_ESS, NEEDS_TAU = 1.01, 400, 50
LEAST_TIMES = 3
_COUNTED = {2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six"}
#: Parameters as the reasons name them → as the page does. A name that holds another one comes first.
_IN_WORDS = (
    ("period[ _]days", "the year on the planet"),
    ("epoch[ _]bjd", "the time of a dip"),
    ("ln[ _]radius[ _]ratio", "the size ratio"),
    ("impact[ _]parameter", "the path across the star"),
    ("ln[ _]duration", "the length of a dip"),
    ("ln[ _]density", "the density of the star"),
    ("sqrt[ _]e[ _](?:cos|sin)[ _]omega", "the roundness of the orbit"),
    ("q([12])", r"the dimming of the edge, q\1"),
)


@dataclasses.dataclass
class FitView:
    """Everything the page says of one signal. `job` tells how the newest fit stands, `fitted` what is stored."""

    index: int = -1  # in the page's address
    number: int = 0  # in the names of files
    label: str = ""
    nothing: str = ""  # why there is no signal to fit
    caution: str = ""  # why a fit of this signal says little
    job: str = "none"  # none | queued | running | failed | cancelled
    error: str = ""
    running: Running = dataclasses.field(default_factory=Running)
    fitted: str = "none"  # none | converged | not_converged
    stamp: str = ""  # changes with the stored fit
    expected: str = ""
    several: bool = False
    reason: str = ""
    tries: list[str] = dataclasses.field(default_factory=list)
    rows: list[ParameterRow] = dataclasses.field(default_factory=list)
    more: list[ParameterRow] = dataclasses.field(default_factory=list)
    star_note: str = ""
    settled: str = ""
    sampled: bool = False  # there is a trace to draw
    left_over: str = ""
    density_outcome: str = ""
    density_word: str = ""
    density: str = ""
    n_times: int = 0
    timing_outcome: str = ""
    timing: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    made: str = ""


def fit_view(report: Report, now: FitNow | None, signal: SignalReport | None, ahead: int = 0) -> FitView:
    """The page for a signal; `now` is how its fit stands, `ahead` how much waits before it."""
    if signal is None or now is None:
        return FitView(nothing="This search found no dip, so there is nothing to fit.")
    fit = now.fit
    view = FitView(
        index=signal.index if report.signals else 0,
        number=signal.index,
        label=f"signal {signal.index}" if report.signals else "the strongest repeat",
        caution=caution(report, signal),
        job=now.state if now.state in ("queued", "running", "failed", "cancelled") else "none",
        error=now.error or "It ended without a word on why. Nothing is lost.",
        running=running(now, ahead),
        expected=expected(report),
        several=len(report.signals) > 1,
    )
    if fit is not None:
        _tell(view, fit, report)
    return view


def caution(report: Report, signal: SignalReport) -> str:
    """Why numbers of a planet would say little here; "" for a convincing dip."""
    if not report.signals or not signal.convincing:
        if signal.kind == "binary":
            return "These dips look like two stars. The fit takes them for a planet’s, so its sizes would mislead."
        return "This repeat is not convincing. A fit takes it for a planet whether it is one or not."
    verdict = signal.vetting_verdict
    if verdict is not None and verdict.outcome == "failed":
        return "The checks speak against a planet. A fit takes the dips for a planet’s all the same."
    return ""


def expected(report: Report) -> str:
    """How long a fit takes, before anything is known of it."""
    n = len(report.sectors)
    if n <= 2:
        return "It takes about a minute."
    return "It takes about two minutes." if n <= 8 else "With this much light it takes some minutes."


def settings_of(now: FitNow | None) -> Chosen:
    """The switches as they were for the newest fit; those of the usual one where there was none."""
    return from_request(None if now is None else now.settings)


def _tell(view: FitView, fit: FitReport, report: Report) -> None:
    view.fitted = "converged" if fit.converged else "not_converged"
    view.stamp = f"{fit.fingerprint[:12]}{fit.created}"
    view.settled = settled_words(fit)
    view.sampled = fit.steps > 0
    view.notes = [regroup(note) for note in fit.notes]
    view.made = made_words(fit)
    if not fit.converged:
        view.reason = in_words(fit.reason)
        view.tries = what_to_try(fit)
        return
    view.rows = main_rows(fit, *day_scale(report))
    view.more = more_rows(fit)
    view.star_note = star_note(fit)
    view.left_over = left_over_words(fit)
    if fit.density is not None:
        view.density_outcome, view.density = fit.density.outcome, fit.density.sentence
        view.density_word = OUTCOME_WORDS[fit.density.outcome]
    view.n_times = len(fit.transit_times) if len(fit.transit_times) >= LEAST_TIMES else 0
    if fit.timing is not None:
        view.timing_outcome, view.timing = fit.timing.outcome, list(fit.timing.sentences)


def in_words(reason: str) -> str:
    """A reason with the names of parameters as the page calls them."""
    for name, words in _IN_WORDS:
        reason = re.sub(rf"\b{name}\b", words, reason)
    return reason


def settled_words(fit: FitReport) -> str:
    """The three numbers that prove it, or do not, each with what it needs."""
    if not fit.steps:
        return "The sampling could not begin."
    parts = []
    if fit.rhat is not None:
        places = 4 if fit.rhat < 1.1 else 2
        parts.append(f"R-hat {number(fit.rhat, places)} (needs {NEEDS_RHAT} or less)")
    if fit.ess is not None:
        parts.append(f"{number(int(fit.ess))} independent samples (needs {NEEDS_ESS})")
    if fit.tau_steps:
        times = fit.steps / fit.tau_steps
        told = number(int(times)) if times >= 10 else significant(times, 2)
        parts.append(f"{told} correlation times (needs {NEEDS_TAU})")
    if fit.settings.get("sampler") == "dynesty":
        runs = "The nested runs"
    else:
        runs = f"{_COUNTED.get(fit.n_ensembles, number(fit.n_ensembles))} independent runs"
    return f"{runs} {'agree' if fit.converged else 'so far'}: {', '.join(parts)}."


def left_over_words(fit: FitReport) -> str:
    """What the best model leaves, as a sentence on its noise."""
    r = fit.residuals
    if r.red_factor is None:
        return ""
    times = number(r.red_factor, 2)
    scatter = f" Single points scatter by {significant(r.scatter_ppm, 3)} ppm." if r.scatter_ppm else ""
    if r.red_factor < 1.15:
        said = f"What the model leaves over is flat and noise-like: {times} times white noise over a dip’s length."
    elif r.red_factor < 1.5:
        said = (
            f"What the model leaves over wanders a little: {times} times white noise over a dip’s length. "
            "The errors are widened by it."
        )
    else:
        said = (
            f"What the model leaves over wanders: {times} times white noise over a dip’s length. The errors are "
            "widened by it; allowing for slow wander may describe it better."
        )
    return said + scatter


def what_to_try(fit: FitReport) -> list[str]:
    """Ways out, the likeliest first."""
    if not fit.steps:
        return ["Check the star’s radius and the signal’s length, then search again with them.",
                "Add more sectors: two clean dips with light beside them are needed."]  # fmt: skip
    tries = ["Give it more time, under Options."]
    if fit.settings.get("sampler") != "dynesty":
        tries.append("Try nested sampling: it copes when several answers fit equally well.")
    if not fit.settings.get("use_stellar_density"):
        tries.append("Use the star’s density: it ties down path and length of the dip.")
    if fit.settings.get("eccentric"):
        tries.append("Take the orbit as a circle: there is less to find out.")
    return tries


def made_words(fit: FitReport) -> str:
    """How the fit was made, in one line."""
    if not fit.steps:
        return ""
    mode = {"binned": "averaged light", "windowed": "single points near the dips"}.get(fit.data_mode, "the light")
    chosen = [
        words
        for key, words in (
            ("eccentric", "stretched orbit allowed"),
            ("use_stellar_density", "the star’s density used"),
            ("gaussian_process", "slow wander allowed for"),
        )
        if fit.settings.get(key)
    ]
    if len(fit.together) > 1:
        chosen.append(f"signals {', '.join(str(i) for i in fit.together)} fitted together")
    walkers = f"{fit.n_ensembles} runs of {fit.n_walkers} walkers, {count(fit.steps, 'step')} each"
    parts = [walkers, f"{count(fit.n_points, 'point')} of {mode}", *chosen, f"{took(fit.seconds)} of sampling"]
    return ", ".join(parts) + "."
