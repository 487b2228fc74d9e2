"""The rules of the fit page: numbers in words, states, choices, the density among the checks, and who may see what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.fit_report import DensityComparison, FitProgress, FitReport, FittedParameter, TimingReport
from data.report import Report
from data.requests import FitChoice
from data.session import session_scope
from jobs import fitting
from jobs.fit_start import FitNow
from jobs.work import work_on
from larun_app import jobs_door
from larun_app.fit.choices import SWITCHES, Chosen, from_request, to_request
from larun_app.fit.line import fit_line
from larun_app.fit.progress import HEIGHT, rhat_path, running
from larun_app.fit.rows import in_a_sentence, main_rows, told
from larun_app.fit.state import load_fit
from larun_app.fit.wording import caution, fit_view, in_words, settled_words
from larun_app.results.wording import result_view
from larun_app.validation.wording import validation_view
from science.rounding import MINUS, THIN
from tests.app.made_light import INNER, made_light
from tests.app.stored_runs import CONVINCING, NOTHING, made_report, signal_report, store_all
from tests.app.vetted_runs import planet_report
from tests.standins.made_fit import stand_in


def parameter(median: float, minus: float, plus: float, **more: Any) -> FittedParameter:
    given: dict[str, Any] = {
        "median": median, "lo68": median - minus, "hi68": median + plus, "lo95": median - 2 * minus,
        "hi95": median + 2.2 * plus, "sampled": True,
    }  # fmt: skip
    return FittedParameter(**{**given, **more})


def fitted(**changes: Any) -> FitReport:
    given: dict[str, Any] = {
        "converged": True,
        "parameters": {
            "radius_earth": parameter(2.29142, 0.1312, 0.1744, unit="R⊕"),
            "period_days": parameter(8.021531, 4.1e-5, 3.2e-5, unit="d"),
            "epoch_bjd": parameter(2458340.21, 0.001, 0.001),
            "impact_parameter": parameter(0.15, 0.1, 0.1, upper95=0.314),
            "u1": parameter(0.4, 0.1, 0.1),
        },
        "rhat": 1.0003, "ess": 6610.4, "tau_steps": 24.0, "steps": 1416, "n_ensembles": 4, "n_walkers": 32,
        "fingerprint": "ab", "created": "now", "settings": {"sampler": "emcee", "budget_seconds": 120.0},
    }  # fmt: skip
    return FitReport(**{**given, **changes})


def unsettled(**changes: Any) -> FitReport:
    return fitted(**{"converged": False, "parameters": {}, "reason": "Too short in epoch bjd.", "rhat": 1.2, **changes})


def report_with(fit: FitReport | None, **changes: Any) -> Report:
    light = made_light()
    signal = signal_report(light, INNER, 1, **changes).model_copy(update={"fit": fit})
    return made_report(light, "r", signals=(signal,), verdict=CONVINCING)


def view_of(report: Report, **now: Any):  # type: ignore[no-untyped-def]
    signal = report.signals[0]
    return fit_view(report, FitNow(**{"state": "done", "fit": signal.fit, **now}), signal)


def test_numbers_carry_two_digits_of_the_smaller_error_at_both_levels() -> None:
    p = parameter(2.29142, 0.1312, 0.1744)
    near, far = told(p, "Earths", "Earths"), told(p, "Earths", "Earths", wide=True)
    assert (near.value, near.minus, near.plus, near.unit) == ("2.29", "0.13", "0.17", "Earths")
    assert near.spoken == "2.29 plus 0.17 minus 0.13 Earths"
    assert (far.value, far.minus, far.plus) == ("2.29", "0.26", "0.38")
    assert in_a_sentence(near) == f"2.29 +0.17 {MINUS}0.13{THIN}Earths"


def test_limits_and_what_the_light_does_not_decide_have_no_error() -> None:
    under = told(parameter(0.15, 0.1, 0.1, upper95=0.314))
    assert (under.value, under.plus, under.unit) == ("under 0.32", "", f"at 95{THIN}%")
    over = told(parameter(0.95, 0.1, 0.1, lower95=0.87), wide=True)
    assert over.value == "over 0.87"
    tilt = told(parameter(89.0, 0.5, 0.5, lower95=87.3), "°", "°")
    assert (tilt.value, tilt.unit) == ("over 87°", f"at 95{THIN}%")
    assert tilt.spoken == "over 87°, with 95 percent certainty"
    open_ended = told(parameter(0.5, 0.3, 0.3, upper95=0.9, lower95=0.1, lo95=0.0512, hi95=0.9419))
    assert (open_ended.value, open_ended.plus) == ("anything from 0.051 to 0.95", "")


def test_a_star_without_an_error_gives_no_false_precision() -> None:
    bare = told(parameter(14.8403, 0.079, 0.088, unit="R⊕ (error of the star unknown, not included)"), "Earths")
    assert (bare.value, bare.plus, bare.minus) == ("14.8", "", "")
    rows = main_rows(fitted(), "BTJD", 2457000)
    assert [row.name for row in rows][:3] == ["Year on the planet", "Time of a dip", "Size"]
    assert rows[1].at68.value == "1340.2100"
    assert [row.side for row in rows] == ["", "", "", "upper"]


def test_a_settled_fit_tells_its_proof_and_an_unsettled_one_no_number() -> None:
    good = view_of(report_with(fitted()))
    assert good.fitted == "converged"
    assert good.settled == (
        "Four independent runs agree: R-hat 1.0003 (needs 1.01 or less), 6610 independent samples (needs 400), "
        "59 correlation times (needs 50)."
    )
    assert {row.key for row in good.more} == {"u1"}
    bad = view_of(report_with(unsettled()))
    assert (bad.fitted, bad.rows, bad.more, bad.timing, bad.density) == ("not_converged", [], [], [], "")
    assert bad.reason == "Too short in the time of a dip."
    assert bad.tries[0].startswith("Give it more time")
    assert "agree" not in bad.settled
    assert "R-hat 1.20" in bad.settled
    none = view_of(report_with(unsettled(steps=0, rhat=None)))
    assert (none.sampled, none.settled) == (False, "The sampling could not begin.")
    assert settled_words(fitted(settings={"sampler": "dynesty"})).startswith("The nested runs agree")
    assert in_words("in ln radius ratio and q2") == "in the size ratio and the dimming of the edge, q2"


def test_times_are_drawn_from_three_on() -> None:
    few = TimingReport(outcome="not_run", sentences=("2 transits could be timed.",))
    view = view_of(report_with(fitted(timing=few)))
    assert (view.n_times, view.timing_outcome) == (0, "not_run")
    times = tuple({"epoch": i, "time_bjd": 1.0 * i, "error_days": 0.1, "minutes_late": 0.0} for i in range(3))
    assert view_of(report_with(fitted(transit_times=times))).n_times == 3


def test_what_is_no_convincing_dip_is_fitted_with_a_warning() -> None:
    report = report_with(None)
    assert caution(report, report.signals[0]) == ""
    assert fit_line(report.signals[0]).action == "Fit it"
    pair = report_with(None, kind="binary", convincing=False)
    assert "two stars" in caution(pair, pair.signals[0])
    assert fit_line(pair.signals[0]).title == ""
    light = made_light()
    weak = signal_report(light, INNER, 1, convincing=False)
    nothing = made_report(light, "r", rejected=weak, verdict=NOTHING)
    view = fit_view(nothing, FitNow(state="none"), weak)
    assert (view.index, view.number) == (0, 1)
    assert "not convincing" in view.caution
    assert fit_view(made_report(light, "r", verdict=NOTHING), None, None).nothing.endswith("nothing to fit.")


def test_the_overview_tells_the_main_numbers_or_that_there_are_none() -> None:
    line = fit_line(report_with(fitted()).signals[0])
    assert (line.title, line.tone) == ("Fit", "pass")
    assert "Size 2.29 +0.17" in line.words
    assert "Path across the star under 0.32" in line.words
    assert fit_line(report_with(unsettled()).signals[0]).words == "The fit did not settle, so it tells no numbers."


def test_a_fit_on_its_way_in_words() -> None:
    waits = running(FitNow(state="queued"), ahead=2)
    assert waits.words.startswith("2 pieces of work are before it. You can leave this page")
    assert running(FitNow(state="done")).headline == ""
    begins = running(FitNow(state="running", progress=FitProgress(words="choosing the light")))
    assert (begins.doing, begins.path) == ("Choosing the light.", "")
    history = ((250, None, None), (500, 1.4, 30.0), (750, 1.02, 300.0), (1000, 1.008, 450.0))
    progress = FitProgress(fraction=0.4, steps=1000, rhat=1.008, ess=450.3, history=history)
    runs = running(FitNow(state="running", stopping=True, progress=progress))
    assert (runs.headline, runs.percent, runs.rhat, runs.ess, runs.steps) == (
        "Stopping the fit",
        40,
        "1.008",
        "450",
        "1000",
    )
    heights = [float(point.split()[1]) for point in runs.path.removeprefix("M").split("L")]
    assert len(heights) == 3
    assert heights == sorted(heights), "R-hat falls"
    assert heights[1] < float(runs.wanted_y) < heights[2] < HEIGHT


def test_the_line_of_a_long_fit_stays_short() -> None:
    history = tuple((250 * i, 1.0 + 1.0 / i, 10.0 * i) for i in range(1, 201))
    path = rhat_path(FitProgress(history=history))
    assert 40 < path.count("L") <= 80
    assert len(path) < 1000


def test_choices_come_back_as_they_were_made() -> None:
    chosen = Chosen(eccentric=True, nested=True, minutes=15)
    request = to_request(chosen)
    assert (request.sampler, request.budget_seconds, request.eccentric) == ("dynesty", 900.0, True)
    assert from_request(request) == chosen
    assert from_request(FitChoice(budget_seconds=61)).minutes == 2
    assert from_request(None) == Chosen()
    assert to_request(Chosen()) == FitChoice()
    assert {name for name, _, _ in SWITCHES} | {"together", "minutes"} == set(Chosen.__dataclass_fields__)


@pytest.mark.parametrize(
    ("outcome", "counts", "headline"),
    [
        ("pass", "10 pass, 1 to look at", "Nothing speaks against a planet, one check needs a look"),
        ("warn", "9 pass, 2 to look at", "Nothing speaks against a planet, one check needs a look"),
        ("fail", "1 fails, 9 pass, 1 to look at", "2 things need a second look"),
    ],
)
def test_the_density_is_a_check_of_the_report(outcome: str, counts: str, headline: str) -> None:
    report, _ = planet_report()
    density = DensityComparison(
        transit_gcc=2.0, transit_lo68_gcc=1.8, transit_hi68_gcc=2.2, star_gcc=2.1, outcome=outcome,
        sigma=4.2 if outcome == "fail" else 1.0, sentence="The transit gives 2.0 g/cm³, the star 2.1.",  # type: ignore[arg-type]
    )  # fmt: skip
    first = report.signals[0].model_copy(update={"fit": fitted(density=density)})
    report = report.model_copy(update={"signals": (first, *report.signals[1:])})
    view = validation_view(report)
    row = next(row for row in view.rows if row.key == "fitted_density")
    assert (row.outcome, row.title, row.reason.startswith(density.sentence)) == (outcome, "Density of the star", True)
    assert (view.counts, view.headline) == (counts, headline)
    assert result_view(report).signals[0].checks == counts
    assert (density.sentence in view.sentences) == (outcome == "fail")


@pytest.fixture
def own_runs(database: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(fitting, "fit_transits", stand_in())
    with session_scope() as session:
        return store_all(session)


def test_a_fit_from_the_question_to_the_numbers(own_runs: dict[str, str]) -> None:
    run = own_runs["planets"]
    before = load_fit("local", run, None)
    assert before is not None
    assert (before.view.index, before.view.job, before.view.fitted, before.view.several) == (1, "none", "none", True)
    first = jobs_door.start_fit("local", run, 1, FitChoice(eccentric=True))
    second = jobs_door.start_fit("local", run, 2, FitChoice())
    waits = load_fit("local", run, 2)
    assert waits is not None
    assert waits.view.running.words.startswith("One piece of work is before it.")
    work_on(first, may_exit=False)
    done = load_fit("local", run, 1)
    assert done is not None
    assert (done.view.job, done.view.fitted, done.chosen.eccentric) == ("none", "converged", True)
    assert [row.key for row in done.view.rows][:2] == ["period_days", "epoch_bjd"]
    assert jobs_door.stop_fit("local", run, 2)
    stopped = load_fit("local", run, 2)
    assert stopped is not None
    assert (stopped.view.job, stopped.view.fitted) == ("cancelled", "none")
    del second


def test_others_and_what_is_not_there_have_no_page(own_runs: dict[str, str]) -> None:
    assert load_fit("local", own_runs["other"], 1) is None
    assert load_fit("local", own_runs["failed"], 1) is None
    assert load_fit("local", "nowhere", 1) is None
    shown = load_fit("local", own_runs["planets"], 77)
    assert shown is not None
    assert shown.view.index == 1, "an unknown number shows the first"
    rejected = load_fit("local", own_runs["nothing"], 0)
    assert rejected is not None
    assert rejected.view.label == "the strongest repeat"
