"""The posteriors of a star's signals: used by the pipeline's stage "measure" and by jobs of kind "fit" alike.

Each fit is stored as document `fit-<signal>` with `fit-<signal>-chain`, `-trace`, `-band`, `-fold` and `-corner` beside
it, the document last. While it samples it leaves checkpoints, from which another worker goes on.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from data.fit_report import FitProgress, FitReport
from data.report import SignalReport
from data.requests import FitChoice
from data.stored_report import fit_kind
from jobs.context import ResultStore
from jobs.fit_chains import (
    band_columns,
    chain_columns,
    derived_draws,
    fold_columns,
    sampled_draws,
    thinned_draws,
    trace_columns,
)
from jobs.fit_checkpoints import Checkpoints
from jobs.fit_corner import corner_document
from jobs.fit_lines import fit_report, not_fitted, of_planet, progress_report
from science import rounding
from science.fitting.density_check import NAME as DENSITY
from science.fitting.density_check import density_check
from science.fitting.ensembles import ImpossibleStart
from science.fitting.fit import fit_transits
from science.fitting.orbit import scaled_axis_of_duration
from science.fitting.results import Fit, FitSettings, Guess
from science.fitting.system_times import system_times
from science.fitting.timing_windows import Companion, TransitShape
from science.fitting.transit_times import Timing, time_transits
from science.fitting.ttv import TimingTest, timing_test
from science.fitting.windows import NothingToFit
from science.lightcurve import DetrendedCurve
from science.limb_darkening import limb_darkening_of
from science.stars import Star
from science.vetting.results import Finding, not_run

#: Of whatever decides a fit's numbers in ways that the settings do not show.
FIT_VERSION = "2"
#: A fit may use this many cores: its ensembles run side by side.
THREADS = 2
#: Time that a fit gets at least when it is taken up again, so that it can end.
LEAST_SECONDS = 10.0

#: How a fit of this signal stands; raising from it stops the fit.
Tell = Callable[[int, FitProgress], None]


@dataclass(frozen=True, slots=True)
class Group:
    """Signals fitted together, the one that was asked for first in `signals` or not; and those left out."""

    signals: tuple[SignalReport, ...]
    others: tuple[SignalReport, ...]

    @property
    def name(self) -> int:
        """Index under which its checkpoints are kept."""
        return min(s.index for s in self.signals)


def groups_of(signals: Sequence[SignalReport], wanted: Sequence[int], together: bool) -> tuple[Group, ...]:
    """What is fitted with what: all signals at once, or each one wanted with the others left out of the light."""
    if together and len(signals) > 1:
        return (Group(tuple(signals), ()),)
    return tuple(Group((s,), tuple(o for o in signals if o.index != s.index)) for s in signals if s.index in wanted)


def fit_signals(
    curve: DetrendedCurve,
    star: Star,
    signals: Sequence[SignalReport],
    wanted: Sequence[int],
    choice: FitChoice,
    seed: int,
    store: ResultStore,
    tell: Tell,
    *,
    again: bool = False,
) -> dict[int, FitReport]:
    """Posteriors of the signals whose index is `wanted`, by index; all are stored on the way.

    A fit of the same light with the same settings that is stored already is taken as it is (it would give the same
    numbers), unless it did not converge and is to be tried `again`. A signal that cannot be fitted is told with its
    reason, not raised. Raises what `tell` raises.
    """
    answer: dict[int, FitReport] = {}
    for group in groups_of(signals, wanted, choice.together):
        answer |= _fit_group(curve, star, group, choice, seed, store, tell, again)
    return answer


def settings_of(choice: FitChoice, seed: int, signals: Sequence[SignalReport] = ()) -> FitSettings:
    """What is asked of the science. Foreign light is corrected for where the light curve is not corrected already."""
    dilution, dilution_err = next((d for d in map(dilution_of, signals) if d[0] > 0), (0.0, 0.0))
    return FitSettings(
        sampler=choice.sampler,
        data_mode=choice.data_mode,
        budget_seconds=choice.budget_seconds,
        seed=seed,
        eccentric=choice.eccentric,
        use_stellar_density=choice.use_stellar_density,
        gaussian_process=choice.gaussian_process,
        dilution=dilution,
        dilution_err=dilution_err,
        threads=THREADS,
    )


def dilution_of(signal: SignalReport) -> tuple[float, float]:
    """Share of foreign light that is still in the curve, and its error; 0 where it is corrected or not known."""
    found = signal.contamination
    if found is None or found.already_corrected is not False or found.target_share is None:
        return 0.0, 0.0
    errors = (t.numbers.get("target_share_err") for t in signal.vetting.values())
    error = next((e for e in errors if e is not None and e > 0), 0.0)
    return min(max(1.0 - found.target_share, 0.0), 0.95), float(error)


def guess_of(signal: SignalReport) -> Guess:
    """Where the fit of a signal starts."""
    ratio = signal.radius_ratio or math.sqrt(max(signal.depth_ppm, 1.0) * 1e-6)
    return Guess(
        period_days=signal.period_days,
        epoch_bjd=signal.epoch_bjd,
        duration_days=signal.duration_hours / 24,
        radius_ratio=ratio,
    )


def fingerprint_of(curve: DetrendedCurve, star: Star, group: Group, settings: FitSettings) -> str:
    """Name of everything that decides the numbers of a fit, the budget apart."""
    digest = hashlib.sha256()
    for array in (curve.curve.time_bjd, curve.flux, curve.curve.flux_err, curve.use):
        digest.update(np.ascontiguousarray(array).tobytes())
    what = {
        "version": FIT_VERSION,
        "star": asdict(star),
        "guesses": [asdict(guess_of(s)) for s in group.signals],
        "others": [asdict(guess_of(s)) for s in group.others],
        "settings": {k: v for k, v in asdict(settings).items() if k not in ("budget_seconds", "threads")},
    }
    digest.update(json.dumps(what, sort_keys=True).encode())
    return digest.hexdigest()[:32]


def _fit_group(
    curve: DetrendedCurve,
    star: Star,
    group: Group,
    choice: FitChoice,
    seed: int,
    store: ResultStore,
    tell: Tell,
    again: bool,
) -> dict[int, FitReport]:
    settings = settings_of(choice, seed, group.signals)
    fingerprint = fingerprint_of(curve, star, group, settings)
    kept = _stored(store, group, fingerprint)
    if kept is not None and (not again or all(f.converged for f in kept.values())):
        return kept
    checkpoints = Checkpoints(store, group.name, fingerprint)
    resumed = checkpoints.load()
    spent = 0.0 if resumed is None else resumed.seconds
    left = settings.budget_seconds if resumed is None else max(settings.budget_seconds - spent, LEAST_SECONDS)
    now = replace(settings, budget_seconds=left)
    told: FitProgress | None = None

    def on_progress(progress: object) -> None:
        nonlocal told
        told = progress_report(progress, told, spent)  # type: ignore[arg-type]
        for signal in group.signals:
            tell(signal.index, told)

    try:
        fit = fit_transits(
            curve,
            star,
            tuple(guess_of(s) for s in group.signals),
            now,
            others=tuple(guess_of(s) for s in group.others),
            resume=None if resumed is None else resumed.states,
            on_progress=on_progress,
            on_checkpoint=checkpoints.save,
            clock=time.monotonic,
        )
    except (NothingToFit, ImpossibleStart) as reason:
        reports = {s.index: not_fitted(str(reason), settings, fingerprint=fingerprint) for s in group.signals}
        for signal in group.signals:
            store.remove(fit_kind(signal.index))  # of an earlier fit
    else:
        fit = replace(fit, settings=settings, seconds=fit.seconds + spent)
        reports = _keep(curve, star, group, fit, fingerprint, store)
    for index, report in reports.items():
        store.save_document(fit_kind(index), report.model_dump(mode="json"))
    checkpoints.clear()
    return reports


def _stored(store: ResultStore, group: Group, fingerprint: str) -> dict[int, FitReport] | None:
    found = {}
    for signal in group.signals:
        document = store.load_document(fit_kind(signal.index))
        if document is None or document.get("fingerprint") != fingerprint:
            return None
        found[signal.index] = FitReport.model_validate(document)
    return found


def _keep(
    curve: DetrendedCurve, star: Star, group: Group, fit: Fit, fingerprint: str, store: ResultStore
) -> dict[int, FitReport]:
    """Store what belongs to each planet of a fit; returns the reports, which are stored after it."""
    timings = times_of(curve, star, group, fit) if fit.convergence.converged else {}
    together = tuple(s.index for s in group.signals) if len(group.signals) > 1 else ()
    reports = {}
    for planet, signal in enumerate(group.signals):
        kind = fit_kind(signal.index)
        timing, test = timings.get(signal.index, (None, None))
        draws = thinned_draws(fit, planet, star)
        reports[signal.index] = fit_report(
            fit,
            planet,
            together=together,
            density=_density(draws.values["density_transit_gcc"], star, fit.settings),
            timing=timing,
            timing_test=test,
            fingerprint=fingerprint,
        )
        converged = fit.convergence.converged
        store.save_columns(f"{kind}-chain", *chain_columns(draws, converged))
        store.save_columns(f"{kind}-trace", *trace_columns(fit, planet))
        store.save_document(f"{kind}-corner", corner_document(draws.values, draws.units, converged))
        _keep_fold(curve, group, fit, planet, signal, store)
    return reports


def _density(transit_gcc: np.ndarray, star: Star, settings: FitSettings) -> Finding:
    if settings.use_stellar_density:
        return not_run(DENSITY, "The star's density was put into this fit, so the fit cannot test it.")
    return density_check(transit_gcc, star, np.random.default_rng(settings.seed), eccentric=settings.eccentric)


def _keep_fold(
    curve: DetrendedCurve, group: Group, fit: Fit, planet: int, signal: SignalReport, store: ResultStore
) -> None:
    kind, band = fit_kind(signal.index), fit.bands[planet]
    best = of_planet(fit.best, planet, len(fit.guesses))
    period, epoch = best.get("period_days", signal.period_days), best["epoch_bjd"]
    meta = {"period_days": period, "epoch_bjd": epoch, "converged": fit.convergence.converged}
    store.save_columns(f"{kind}-band", band_columns(band), dict(meta))
    masked = [
        (o.period_days, o.epoch_bjd, o.duration_hours / 24)
        for o in (*group.signals, *group.others)
        if o.index != signal.index
    ]
    fold = fold_columns(curve, band, period, epoch, signal.duration_hours / 24, masked)
    if fold is not None:
        store.save_columns(f"{kind}-fold", fold, dict(meta))


def times_of(
    curve: DetrendedCurve, star: Star, group: Group, fit: Fit
) -> dict[int, tuple[Timing | None, TimingTest | None]]:
    """Transit times of the planets of a fit, by signal, with the tests on them; None where the shape has no transit."""
    shapes = {str(s.index): shape_of(fit, i, star) for i, s in enumerate(group.signals)}
    try:
        if group.others:
            others = [Companion(shape) for s in group.others if (shape := guessed_shape(s, star)) is not None]
            timings: Mapping[str, Timing] = {
                name: time_transits(curve, shape, others=others) for name, shape in shapes.items()
            }
        else:
            timings = system_times(curve, shapes)
    except ValueError:
        return {}
    return {
        int(name): (timing, timing_test(timing.times, timing.shape.duration_days)) for name, timing in timings.items()
    }


def shape_of(fit: Fit, planet: int, star: Star) -> TransitShape:
    """The most probable transit of one planet."""
    theta = np.array([[fit.best[name] for name in fit.chain.names]])
    drawn = {**sampled_draws(fit, planet, theta), **derived_draws(fit, planet, theta, star)}
    follows = {name: float(v[0]) for name, v in drawn.items()}
    return TransitShape(
        period_days=follows["period_days"],
        epoch_bjd=follows["epoch_bjd"],
        radius_ratio=follows["radius_ratio"],
        scaled_axis=follows["scaled_axis"],
        impact_parameter=follows["impact_parameter"],
        u1=follows["u1"],
        u2=follows["u2"],
        eccentricity=follows.get("eccentricity", 0.0),
        omega_rad=math.radians(follows.get("omega_deg", 90.0)),
        dilution=follows.get("dilution", fit.settings.dilution),
    )


def guessed_shape(signal: SignalReport, star: Star) -> TransitShape | None:
    guess = guess_of(signal)
    axis = float(
        scaled_axis_of_duration(guess.period_days, guess.duration_days, guess.radius_ratio, guess.impact_parameter)
    )
    if not math.isfinite(axis):
        return None
    u1, u2 = limb_darkening_of(star)
    return TransitShape(guess.period_days, guess.epoch_bjd, guess.radius_ratio, axis, guess.impact_parameter, u1, u2)


def fact(fits: Mapping[int, FitReport]) -> str:
    """One line for the progress page."""
    good = sum(f.converged for f in fits.values())
    if not fits:
        return "there was nothing to fit"
    if len(fits) == 1:
        return "the posterior converged" if good else "the posterior did not converge"
    return f"{good} of {rounding.number(len(fits))} posteriors converged"
