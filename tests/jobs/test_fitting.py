"""The stage that fits: what is stored, what is told, and what is not told where the sampling has not converged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from data.fit_report import FitProgress, FitReport, FittedParameter
from data.report import SignalReport
from data.requests import FitChoice
from data.vetting_report import ContaminationReport, VettingTest
from jobs import fit_table, fitting
from jobs.context import MemoryContext
from jobs.fit_corner import contour_levels
from jobs.fit_lines import of_planet, progress_report
from science.fitting.results import Progress
from science.fitting.windows import NothingToFit
from science.lightcurve import DetrendedCurve
from science.stars import Star, Value
from tests.app.made_light import INNER, OUTER, made_light
from tests.app.stored_runs import signal_report
from tests.standins.made_fit import stand_in

STAR = Star(
    name="Test star",
    teff_k=Value(5100.0, 120.0, "TIC"),
    radius_sun=Value(0.78, 0.05, "TIC"),
    mass_sun=Value(0.82, 0.08, "TIC"),
    density_gcc=Value(2.4, 0.5, "from mass and radius"),
)


@pytest.fixture(scope="module")
def light() -> DetrendedCurve:
    return made_light()


@pytest.fixture(scope="module")
def signals(light: DetrendedCurve) -> tuple[SignalReport, ...]:
    return signal_report(light, INNER, 1), signal_report(light, OUTER, 2)


def fit(
    light: DetrendedCurve,
    signals: tuple[SignalReport, ...],
    monkeypatch: pytest.MonkeyPatch,
    *,
    store: MemoryContext | None = None,
    wanted: tuple[int, ...] = (1,),
    choice: FitChoice | None = None,
    again: bool = False,
    told: list[FitProgress] | None = None,
    **options: Any,
) -> dict[int, FitReport]:
    monkeypatch.setattr(fitting, "fit_transits", stand_in(**options))
    tell = (lambda index, progress: told.append(progress)) if told is not None else (lambda index, progress: None)
    return fitting.fit_signals(
        light, STAR, signals, wanted, choice or FitChoice(), 7, store or MemoryContext(), tell, again=again
    )


def test_a_converged_fit_is_told_with_intervals_diagnostics_and_times(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, told = MemoryContext(), list[FitProgress]()
    report = fit(light, signals, monkeypatch, store=store, told=told)[1]
    assert report.converged
    assert report.reason == ""
    period = report.parameters["period_days"]
    assert period.median == pytest.approx(4.2, abs=1e-4)
    assert period.lo95 < period.lo68 < period.median < period.hi68 < period.hi95
    assert (period.rhat, period.ess, period.tau_steps) == (1.002, 800.0, 12.0)
    assert (report.seed, report.settings["seed"], report.n_ensembles) == (7, 7, 4)
    assert len(report.transit_times) >= 5
    assert all(abs(t.minutes_late) < 20 for t in report.transit_times)
    assert report.timing is not None
    assert report.timing.outcome == "regular"
    assert report.density is not None
    assert [round(p.fraction, 2) for p in told] == [0.25, 0.5, 0.75, 1.0]
    assert len(told[-1].history) == 4
    assert FitReport.model_validate(store.documents["fit-1"]) == report
    assert set(store.columns) == {"fit-1-chain", "fit-1-trace", "fit-1-band", "fit-1-fold"}, "a checkpoint was left"
    assert set(store.documents) == {"fit-1", "fit-1-corner"}


def test_an_unconverged_fit_has_no_numbers_only_the_reason(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryContext()
    report = fit(light, signals, monkeypatch, store=store, converged=False)[1]
    assert not report.converged
    assert report.reason == "The time of 5 s ended after 60 steps."
    assert (report.parameters, report.best, report.transit_times) == ({}, {}, ())
    assert (report.density, report.timing) == (None, None)
    assert report.diagnostics["period_days"].rhat == 1.2
    assert report.rhat == pytest.approx(1.2)
    assert store.columns["fit-1-chain"][1]["converged"] is False
    assert store.documents["fit-1-corner"]["converged"] is False
    said = "\n".join(fit_table.text_lines(report))
    assert "NOT CONVERGED" in said
    assert "4.2" not in said.replace("R-hat 1.2", "")
    assert "4.2" not in fit_table.csv_bytes(report).decode()
    assert r"\begin{table}" not in fit_table.latex(report, "X", 1).decode()


def test_the_model_itself_refuses_numbers_without_proof() -> None:
    some = FittedParameter(median=1, lo68=0, hi68=2, lo95=-1, hi95=3, sampled=True)
    with pytest.raises(ValidationError, match="tells no numbers"):
        FitReport(converged=False, reason="Too short.", parameters={"period_days": some})
    with pytest.raises(ValidationError, match="says why"):
        FitReport(converged=False)


def test_what_cannot_be_fitted_is_told_not_raised(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NothingToFit("The dips are too weak.")

    store = MemoryContext()
    fit(light, signals, monkeypatch, store=store)
    monkeypatch.setattr(fitting, "fit_transits", refuse)
    choice = FitChoice(eccentric=True)
    [report] = fitting.fit_signals(light, STAR, signals, (1,), choice, 7, store, lambda i, p: None).values()
    assert (report.converged, report.reason) == (False, "The dips are too weak.")
    assert not store.columns, "the chain of another fit stayed"
    assert set(store.documents) == {"fit-1"}


def test_the_same_fit_is_not_made_twice_unless_it_failed_and_is_asked_again(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, runs = MemoryContext(), list[int]()
    first = fit(light, signals, monkeypatch, store=store, resumed_from=runs)
    assert fit(light, signals, monkeypatch, store=store, resumed_from=runs, again=True) == first
    assert (
        fit(light, signals, monkeypatch, store=store, resumed_from=runs, choice=FitChoice(budget_seconds=60)) == first
    )
    assert len(runs) == 1
    fit(light, signals, monkeypatch, store=store, resumed_from=runs, choice=FitChoice(eccentric=True), converged=False)
    assert len(runs) == 2
    fit(light, signals, monkeypatch, store=store, resumed_from=runs, choice=FitChoice(eccentric=True))
    assert len(runs) == 2
    fit(light, signals, monkeypatch, store=store, resumed_from=runs, choice=FitChoice(eccentric=True), again=True)
    assert len(runs) == 3


def test_a_stopped_fit_goes_on_from_its_checkpoint(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(block: int) -> None:
        if block == 2:
            raise Killed

    monkeypatch.setattr("jobs.fit_checkpoints.EVERY_SECONDS", 0.0)
    monkeypatch.setattr(fitting.Checkpoints.__init__, "__kwdefaults__", {"every_seconds": 0.0, "clock": _ticks()})
    store, runs = MemoryContext(), list[int]()
    with pytest.raises(Killed):
        fit(light, signals, monkeypatch, store=store, pause=die, resumed_from=runs)
    assert "fit-1" not in store.documents
    report = fit(light, signals, monkeypatch, store=store, resumed_from=runs)[1]
    assert runs == [0, 2]
    assert report.seconds > 1.5, "the time of the first attempt counts"
    assert not [kind for kind in (*store.columns, *store.documents) if "checkpoint" in kind]


def _ticks() -> Any:
    moments = iter(range(10_000))
    return lambda: float(next(moments))


def test_signals_fitted_together_have_reports_of_their_own(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryContext()
    found = fit(light, signals, monkeypatch, store=store, choice=FitChoice(together=True))
    assert set(found) == {1, 2}
    assert [f.together for f in found.values()] == [(1, 2), (1, 2)]
    for index, period in ((1, 4.2), (2, 9.7)):
        assert found[index].parameters["period_days"].median == pytest.approx(period, abs=1e-3)
        assert not [name for name in found[index].parameters if name.endswith((":b", ":c"))]
        chain = store.columns[f"fit-{index}-chain"][0]
        assert np.median(chain["period_days"]) == pytest.approx(period, abs=1e-3)
        assert "q1" in chain


def test_shared_names_and_blocks_stay_with_every_planet() -> None:
    named = {"period_days:b": 1, "period_days:c": 2, "q1": 3, "noise_ppm:S16": 4}
    assert of_planet(named, 1, 2) == {"period_days": 2, "q1": 3, "noise_ppm:S16": 4}
    assert of_planet({"period_days": 1}, 0, 1) == {"period_days": 1}


def test_the_chain_is_thin_complete_and_in_step(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.fit_chains.MOST_DRAWS", 1000)
    store = MemoryContext()
    fit(light, signals, monkeypatch, store=store)
    columns, meta = store.columns["fit-1-chain"]
    assert 500 < len(columns["step"]) <= 1000
    assert {"radius_ratio", "scaled_axis", "radius_earth", "insolation_earth", "u1", "log_probability"} <= set(columns)
    np.testing.assert_allclose(columns["radius_ratio"], np.exp(columns["ln_radius_ratio"]))
    assert columns["step"].min() >= 10, "a step of the burn-in"
    assert set(np.unique(columns["ensemble"])) == {0, 1, 2, 3}
    assert meta["columns"]["period_days"] == {"parameter": "period_days", "unit": "d", "sampled": True}
    assert all(len(values) == len(columns["step"]) for values in columns.values())


def test_fold_and_corner_are_those_of_the_fit(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryContext()
    fit(light, signals, monkeypatch, store=store)
    fold, meta = store.columns["fit-1-fold"]
    assert meta["period_days"] == pytest.approx(4.2)
    inside = np.abs(fold["hours"]) < 0.3 * signals[0].duration_hours
    assert np.mean(fold["mean_ppm"][inside]) == pytest.approx(-signals[0].depth_ppm, rel=0.15)
    corner = store.documents["fit-1-corner"]
    names = [p["name"] for p in corner["parameters"]]
    assert names[:4] == ["period_days", "epoch_bjd", "radius_ratio", "impact_parameter"]
    epoch = corner["parameters"][1]
    assert (epoch["unit"], epoch["scale"]) == ("min", 1440.0)
    assert epoch["quantiles"][3] == pytest.approx(5e-4 * 1440, rel=0.15)
    assert len(corner["pairs"]) == len(names) * (len(names) - 1) // 2


def test_contours_hold_their_shares() -> None:
    x = np.random.default_rng(1).standard_normal((2, 400_000))
    counts = np.histogram2d(*x, bins=80, range=((-4, 4), (-4, 4)))[0]
    inner, outer = contour_levels(counts)
    assert counts[counts >= inner].sum() / counts.sum() == pytest.approx(0.393, abs=0.01)
    assert counts[counts >= outer].sum() / counts.sum() == pytest.approx(0.865, abs=0.01)
    assert contour_levels(np.zeros((3, 3))) == (0.0, 0.0)


def test_light_that_is_not_corrected_is_corrected_in_the_fit(signals: tuple[SignalReport, ...]) -> None:
    test = VettingTest(title="t", group="neighbours", outcome="pass", reason="r", numbers={"target_share_err": 0.02})
    mixed = signals[0].model_copy(
        update={
            "contamination": ContaminationReport(target_share=0.8, already_corrected=False),
            "vetting": {"dilution": test},
        }
    )
    settings = fitting.settings_of(FitChoice(), 1, (mixed,))
    assert (settings.dilution, settings.dilution_err) == (pytest.approx(0.2), 0.02)
    for corrected in (True, None):
        told = ContaminationReport(target_share=0.8, already_corrected=corrected)
        same = mixed.model_copy(update={"contamination": told})
        assert fitting.settings_of(FitChoice(), 1, (same,)).dilution == 0.0


def test_a_density_that_was_put_in_is_not_tested(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    free = fit(light, signals, monkeypatch)[1].density
    used = fit(light, signals, monkeypatch, choice=FitChoice(use_stellar_density=True))[1].density
    assert free is not None
    assert used is not None
    assert free.outcome != "not_run"
    assert "σ apart" in free.sentence
    assert free.star_gcc == pytest.approx(1.41 * 0.82 / 0.78**3, rel=0.1)
    assert used.outcome == "not_run"
    assert "put into this fit" in used.sentence
    assert used.sigma is None


def test_progress_is_finite_and_its_history_short() -> None:
    told = None
    for step in range(1000):
        told = progress_report(Progress(float("nan"), step, float("inf"), float("nan"), 1.0, 0.2, 1.0), told)
    assert told is not None
    assert told.rhat is None
    assert told.fraction == 0.0
    assert len(told.history) <= 200
    assert told.history[-1][0] == 999


def test_tables_show_two_digits_of_the_smaller_error_everywhere(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = fit(light, signals, monkeypatch)[1]
    one_sided = FittedParameter(median=0.2, lo68=0.1, hi68=0.3, lo95=0.0, hi95=0.5, upper95=0.444, sampled=False)
    known = FittedParameter(median=2.29142, lo68=2.16022, hi68=2.46582, lo95=2, hi95=3, unit="R⊕", sampled=False)
    report = report.model_copy(
        update={"parameters": {"radius_earth": known, "eccentricity": one_sided, "impact_parameter": one_sided}}
    )
    text = "\n".join(fit_table.text_lines(report))
    assert "2.29 +0.17 −0.13 R⊕" in text
    assert "< 0.45" in text
    rows = fit_table.csv_bytes(report).decode().splitlines()
    assert rows[1].startswith("impact_parameter,")
    assert rows[3].startswith("radius_earth,R⊕,2.29,0.13,0.17,,2.29142,")
    assert ",<0.45," in rows[2]
    table = fit_table.latex(report, "A&B_1\n%x", 1).decode()
    assert r"$R_{\rm p}$ & $2.29^{+0.17}_{-0.13}$ & $R_\oplus$ \\" in table
    assert r"$e$ & $<0.45$" in table
    assert r"A\&B\_1 \%x" in table
    assert table.splitlines()[1] == r"\begin{table}"


def test_no_error_is_told_that_rests_on_a_star_without_one():
    sure = made_parameter(325.0623, 0.03, "S⊕ (error of the star unknown, not included)")
    assert fit_table.told(sure) == "325"
    assert fit_table.told_range(sure) == ""
    assert fit_table.latex_value(sure) == "325"
    known = made_parameter(325.0623, 30.0, "S⊕")
    assert "30" in fit_table.told(known)
    assert fit_table.told_range(known) != ""


def made_parameter(median, error, unit):
    return FittedParameter(
        median=median,
        lo68=median - error,
        hi68=median + error,
        lo95=median - 2 * error,
        hi95=median + 2 * error,
        unit=unit,
        sampled=False,
    )
