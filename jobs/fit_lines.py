"""A fit of the science as lines of the report: one planet's share of it, finite numbers only, and none at all where the
sampling has not converged."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TypeVar

from data.fit_report import (
    DensityComparison,
    FitProgress,
    FitReport,
    FitResiduals,
    FittedParameter,
    FittedTransit,
    ParameterConvergence,
    TimingReport,
    UntimedTransit,
)
from science import rounding
from science.fitting.parameters import LETTERS
from science.fitting.results import Fit, FitSettings, Interval, Parameter, ParameterDiagnostics, Progress
from science.fitting.transit_times import Timing
from science.fitting.ttv import TimingTest
from science.vetting.results import Finding

#: Looks kept for the picture of how R-hat fell.
MOST_LOOKS = 200

_LETTER = re.compile(rf"(.*):([{LETTERS}])")
_T = TypeVar("_T")


def of_planet(named: Mapping[str, _T], planet: int, n_planets: int) -> dict[str, _T]:
    """What belongs to one planet of a joint fit, under the names of a single one, and what all planets share."""
    if n_planets == 1:
        return dict(named)
    letter = LETTERS[planet]
    answer = {}
    for name, value in named.items():
        found = _LETTER.fullmatch(name)
        if found is None:
            answer[name] = value
        elif found.group(2) == letter:
            answer[found.group(1)] = value
    return answer


def fit_report(
    fit: Fit,
    planet: int,
    *,
    together: tuple[int, ...] = (),
    density: Finding | None = None,
    timing: Timing | None = None,
    timing_test: TimingTest | None = None,
    fingerprint: str = "",
) -> FitReport:
    """The lines of one planet (its place among the guesses)."""
    n = len(fit.guesses)
    c = fit.convergence
    parameters = of_planet({p.name: p for p in fit.parameters}, planet, n)
    found: dict[str, FittedParameter] = {}
    if c.converged:
        found = {name: _parameter(p) for name, p in parameters.items() if math.isfinite(p.interval.median)}
    diagnostics = of_planet({d.name: d for d in c.parameters}, planet, n)
    told = {name: _convergence(d, sampled=True) for name, d in diagnostics.items()}
    for name, p in parameters.items():
        told.setdefault(name, _convergence(p.diagnostics, sampled=p.sampled))
    best = of_planet(fit.best, planet, n) if c.converged else {}
    transit = found.get("density_transit_gcc")
    return FitReport(
        converged=c.converged,
        reason="" if c.converged else c.reason or "The sampling has not converged.",
        parameters=found,
        diagnostics=told,
        best={name: float(value) for name, value in best.items() if math.isfinite(value)},
        rhat=finite(c.rhat),
        ess=finite(c.ess),
        tau_steps=finite(c.tau_steps),
        steps=c.steps,
        discarded=c.discarded,
        n_ensembles=c.n_ensembles,
        n_walkers=c.n_walkers,
        acceptance=finite(c.acceptance),
        seed=fit.settings.seed,
        settings=asdict(fit.settings),
        data_mode=fit.data.mode,
        n_points=len(fit.data.time_bjd),
        n_points_raw=fit.data.n_raw,
        residuals=_residuals(fit),
        transit_times=_times(timing) if c.converged else (),
        untimed=_untimed(timing) if c.converged else (),
        timing=timing_report(timing, timing_test) if c.converged else None,
        density=None if transit is None or density is None else density_comparison(transit, density),
        together=together,
        seconds=round(fit.seconds, 2),
        notes=tuple(rounding.regroup(n) for n in dict.fromkeys([*fit.notes, *fit.data.notes])),
        fingerprint=fingerprint,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def not_fitted(reason: str, settings: FitSettings, *, fingerprint: str = "") -> FitReport:
    """The outcome of a fit that could not even begin."""
    return FitReport(
        converged=False,
        reason=rounding.regroup(reason),
        seed=settings.seed,
        settings=asdict(settings),
        fingerprint=fingerprint,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def density_comparison(transit: FittedParameter, found: Finding) -> DensityComparison:
    """The test of the two densities as a line of the report."""
    return DensityComparison(
        transit_gcc=transit.median,
        transit_lo68_gcc=transit.lo68,
        transit_hi68_gcc=transit.hi68,
        star_gcc=finite(found.numbers.get("density_star_gcc")),
        sigma=finite(found.value),
        outcome=found.outcome,
        sentence=rounding.regroup(found.reason),
        numbers={name: finite(value) for name, value in found.numbers.items()},
    )


def timing_report(timing: Timing | None, test: TimingTest | None) -> TimingReport | None:
    """The tests on the transit times, in words and numbers."""
    if timing is None:
        return None
    if test is None:
        few = len(timing.times)
        said = f"{few} transit{'' if few == 1 else 's'} could be timed; it takes three to see whether they keep time."
        return TimingReport(outcome="not_run", sentences=(said, *timing.notes))
    numbers: dict[str, float | None] = {
        name: finite(getattr(test, name))
        for name in (
            "n", "chi2", "degrees", "chance", "chance_without_worst", "rms_minutes", "amplitude_minutes",
            "amplitude_per_duration", "amplitude_per_period",
        )
    }  # fmt: skip
    numbers |= {
        "ephemeris_period_days": finite(test.ephemeris.period_days),
        "ephemeris_period_err_days": finite(test.ephemeris.period_err_days),
        "ephemeris_epoch_bjd": finite(test.ephemeris.epoch_bjd),
        "ephemeris_epoch_err_days": finite(test.ephemeris.epoch_err_days),
        "red_factor": finite(timing.red_factor),
    }
    for prefix, part in (("sinusoid", test.sinusoid), ("chopping", test.chopping)):
        if part is not None:
            numbers |= {f"{prefix}_{name}": finite(value) for name, value in asdict(part).items()}
    return TimingReport(
        outcome="varies" if test.varies else "regular",
        sentences=tuple(rounding.regroup(s) for s in (*test.sentences, *timing.notes)),
        numbers=numbers,
    )


def progress_report(progress: Progress, earlier: FitProgress | None = None, spent_seconds: float = 0.0) -> FitProgress:
    """How a running fit stands, with the looks so far. `spent_seconds` is what earlier attempts took."""
    look = (progress.steps, finite(progress.rhat), finite(progress.ess))
    history = (*(() if earlier is None else earlier.history), look)
    if len(history) > MOST_LOOKS:
        history = history[::2]
    return FitProgress(
        fraction=min(max(progress.fraction, 0.0), 1.0) if math.isfinite(progress.fraction) else 0.0,
        steps=progress.steps,
        rhat=look[1],
        ess=look[2],
        tau_steps=finite(progress.tau_steps),
        acceptance=finite(progress.acceptance),
        seconds=round(progress.seconds + spent_seconds, 1),
        words=rounding.regroup(progress.words) or _words(progress),
        history=history,
    )


def _words(progress: Progress) -> str:
    said = f"{rounding.number(progress.steps)} steps"
    if not math.isfinite(progress.rhat):
        return said
    return f"{said}, R-hat {progress.rhat:.3f} (1.010 wanted), {rounding.number(max(progress.ess, 0.0))} of 400 draws"


def finite(value: float | None) -> float | None:
    """The number, or None where it is none."""
    return float(value) if value is not None and math.isfinite(value) else None


def _parameter(p: Parameter) -> FittedParameter:
    i, d = p.interval, p.diagnostics
    bulk, tail = finite(d.ess_bulk), finite(d.ess_tail)
    return FittedParameter(
        median=i.median,
        lo68=i.lo68,
        hi68=i.hi68,
        lo95=i.lo95,
        hi95=i.hi95,
        mode=finite(i.mode),
        hdi68=_pair(i, "hdi68"),
        hdi95=_pair(i, "hdi95"),
        upper95=finite(i.upper95),
        lower95=finite(i.lower95),
        unit=p.unit,
        sampled=p.sampled,
        rhat=finite(d.rhat),
        ess=min((e for e in (bulk, tail) if e is not None), default=None),
        ess_bulk=bulk,
        ess_tail=tail,
        tau_steps=finite(d.tau_steps),
    )


def _pair(interval: Interval, name: str) -> tuple[float, float] | None:
    low, high = getattr(interval, name)
    return (float(low), float(high)) if math.isfinite(low) and math.isfinite(high) else None


def _convergence(d: ParameterDiagnostics, *, sampled: bool) -> ParameterConvergence:
    return ParameterConvergence(
        rhat=finite(d.rhat),
        ess_bulk=finite(d.ess_bulk),
        ess_tail=finite(d.ess_tail),
        tau_steps=finite(d.tau_steps),
        sampled=sampled,
    )


def _residuals(fit: Fit) -> FitResiduals:
    r = fit.residuals

    def ppm(value: float) -> float | None:
        return None if not math.isfinite(value) else float(f"{1e6 * value:.6g}")

    return FitResiduals(
        scatter_ppm=ppm(r.scatter),
        red_factor=finite(r.red_factor),
        bins_minutes=tuple(float(f"{v:.6g}") for v in r.bins_minutes),
        scatter_binned_ppm=tuple(ppm(float(v)) for v in r.scatter_binned),
        scatter_expected_ppm=tuple(ppm(float(v)) for v in r.scatter_expected),
    )


def _times(timing: Timing | None) -> tuple[FittedTransit, ...]:
    if timing is None:
        return ()
    return tuple(
        FittedTransit(
            epoch=t.epoch,
            time_bjd=t.time_bjd,
            error_days=t.error_days,
            minutes_late=t.minutes_late,
            snr=finite(t.snr),
            coverage=finite(t.coverage),
        )
        for t in timing.times
        if math.isfinite(t.time_bjd) and math.isfinite(t.error_days)
    )


def _untimed(timing: Timing | None) -> tuple[UntimedTransit, ...]:
    if timing is None:
        return ()
    return tuple(
        UntimedTransit(epoch=t.epoch, expected_bjd=t.expected_bjd, reason=t.reason) for t in timing.not_measured
    )
