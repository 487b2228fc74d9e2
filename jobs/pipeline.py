"""The one pipeline behind browser, API and command line: the only place that knows the order of the stages.

Each stage stores what it made; an attempt that finds an earlier attempt's result takes it up from there. Later stages
always read what was stored, so that a resumed run gives the same numbers as one that was never interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from pydantic import TypeAdapter

from data.fit_report import FitProgress
from data.report import PeriodogramReport, RecoveryMap, Report, SignalReport
from data.requests import RunRequest
from jobs import classifying, cleaning, fetching, given, reporting, searching, surroundings, vetting, weighing
from jobs.context import RunContext, timed
from jobs.ensemble import with_ensemble
from jobs.fetching import Fetched, FindUploads, no_uploads
from jobs.presets import longest_period_days, search_settings
from jobs.surroundings import Around
from jobs.verdict import MIN_POINTS, conclude
from science import rounding
from science.lightcurve import DetrendedCurve
from science.search.remeasure import masks_of, remeasure
from science.search.results import DipMeasurement, SearchSettings
from science.search.sensitivity_map import sensitivity_map

_SIGNALS = TypeAdapter(tuple[SignalReport, ...])
_PERIODOGRAMS = TypeAdapter(tuple[PeriodogramReport, ...])


@dataclass(frozen=True, slots=True)
class Found:
    """What the search stage hands on: report lines only, no arrays."""

    signals: tuple[SignalReport, ...]
    best_rejected: SignalReport | None
    periodograms: tuple[PeriodogramReport, ...]
    notes: tuple[str, ...]

    @property
    def tested(self) -> tuple[SignalReport, ...]:
        """The signals whose dips are measured again and vetted: those found, else the strongest repeat that was not
        convincing as a planet for what it is (a binary, a rhythm), but not one that is no better than noise."""
        if self.signals:
            return self.signals
        best = self.best_rejected
        return () if best is None or best.kind == "none" else (best,)

    def with_tested(self, tested: tuple[SignalReport, ...]) -> Found:
        """The same with new lines for `tested`."""
        if self.signals:
            return replace(self, signals=tested)
        return self if not tested else replace(self, best_rejected=tested[0])


def analyse(request: RunRequest, context: RunContext, find_uploads: FindUploads = no_uploads) -> Report:
    """Run every stage and return the report, which is also stored as document "report".

    Raises what a stage raises: errors with one sentence for the user (jobs.fetching.NoData,
    data.formats.errors.UnreadableFile, data.archives errors, science.stitching.NothingUsable, jobs.given.NoSuchDip), or
    Cancelled.
    """
    settings = search_settings(request.search, request.seed)

    with timed(context, "fetch"):
        fetched = fetching.fetch(request, context, find_uploads)
        around = surroundings.look_around(request, fetched.star, fetched.curves, fetched.simulated, context)
        fetched = fetching.with_field(fetched, around.field)
        context.done("fetch", fetching.fact(fetched))
    if settings.period_max_days is None:
        longest = max(longest_period_days(fetched.curves), 1.5 * settings.period_min_days)
        settings = replace(settings, period_max_days=longest)

    with timed(context, "clean"):
        curve = _clean(request, fetched, settings, context)
        context.done("clean", cleaning.fact(curve))

    with timed(context, "search"):
        found = _search(curve, request, fetched, settings, context)
        tried = sum(p.n_periods for p in found.periodograms)
        fact = f"{rounding.number(tried)} periods tried, {_count(len(found.signals))}"
        context.done("search", "Nothing searched: the period was given" if request.signal else fact)

    with timed(context, "test"):
        recovery = None if request.signal else _recovery(curve, fetched, settings, context)
        context.progress(0.25, "fitting the drifts beside the dips, not under them")
        curve, found, dips = _measure(curve, found, request, fetched, settings, context)
        vetted = _vet(curve, found, dips, request, fetched, around, context)
        tested = classifying.classify_signals(curve, vetted.signals, fetched.star, context)
        found = found.with_tested(tested)
        context.done("test", vetting.fact(vetted) + classifying.fact(tested))

    with timed(context, "measure"):
        sectors = reporting.sector_reports(fetched, curve)
        stellar = reporting.stellar_report(fetched.star)
        if request.vet.chances:
            weighed = weighing.weigh_signals(curve, found.tested, fetched.star, around, request, context)
            found = found.with_tested(weighed)
        found = found.with_tested(with_ensemble(found.tested))
        found, fitted = _fit(curve, found, request, fetched, context)
        context.done(
            "measure", f"Period, depth, length and times, with their errors{fitted}{weighing.fact(found.tested)}"
        )

    with timed(context, "conclude"):
        verdict = conclude(found.signals, found.best_rejected, sectors, stellar, recovery)
        report = reporting.assemble(
            request,
            fetched,
            curve,
            found.signals,
            found.best_rejected,
            found.periodograms,
            found.notes,
            sectors,
            stellar,
            recovery,
            verdict,
            vetted.variability,
            vetted.field,
            settings,
            context,
        )
        context.save_document("report", report.model_dump(mode="json"))
        context.done("conclude", verdict.headline)
    return report


def _clean(request: RunRequest, fetched: Fetched, settings: SearchSettings, context: RunContext) -> DetrendedCurve:
    kept = cleaning.restore(context)
    if kept is not None:
        return kept
    context.progress(0.1, "removing slow drifts")
    masks = _known_masks(request) + _given_masks(request)
    curve = cleaning.clean(fetched.curves, fetched.star, request.clean, settings, masks)
    cleaning.store(curve, request.clean, context)
    restored = cleaning.restore(context)
    assert restored is not None, "what was just stored can be read back"
    return restored


def _search(
    curve: DetrendedCurve, request: RunRequest, fetched: Fetched, settings: SearchSettings, context: RunContext
) -> Found:
    if request.signal is not None:
        return Found(
            (given.given_report(curve, fetched.star, request.signal, _exposure_days(curve)),), None, (), given.NOTES
        )
    kept = context.load_document("search")
    if kept is None:
        result = searching.search(curve, fetched.star, settings, context)
        exposure = _exposure_days(curve)
        reports = tuple(searching.signal_report(s, fetched.star, exposure) for s in result.signals)
        rejected = None
        if result.best_rejected is not None:
            rejected = searching.signal_report(result.best_rejected, fetched.star, exposure)
        context.save_document(
            "search",
            {
                "signals": [s.model_dump(mode="json") for s in reports],
                "best_rejected": rejected.model_dump(mode="json") if rejected else None,
                "periodograms": [p.model_dump(mode="json") for p in searching.periodogram_reports(result)],
                "notes": list(result.notes),
            },
        )
        kept = context.load_document("search")
        assert kept is not None, "what was just stored can be read back"
    best = kept["best_rejected"]
    return Found(
        signals=_SIGNALS.validate_python(kept["signals"]),
        best_rejected=None if best is None else SignalReport.model_validate(best),
        periodograms=_PERIODOGRAMS.validate_python(kept["periodograms"]),
        notes=tuple(kept["notes"]),  # type: ignore[arg-type]
    )


def _measure(
    curve: DetrendedCurve,
    found: Found,
    request: RunRequest,
    fetched: Fetched,
    settings: SearchSettings,
    context: RunContext,
) -> tuple[DetrendedCurve, Found, tuple[DipMeasurement | None, ...]]:
    """Detrend again with the found dips masked and measure them there; without dips everything stays as it is.

    The measurements that the lines rest on come along for the tests, None where only the first one stands.
    """
    signals = found.tested
    if request.signal is not None:
        return curve, found, (given.measure_given(curve, fetched.star, request.signal),)
    if not signals or not request.clean.detrend:
        return curve, found, (None,) * len(signals)
    dips = [(s.period_days, s.epoch_bjd, s.duration_hours / 24) for s in signals]
    masks = _known_masks(request) + masks_of(dips)
    again = cleaning.clean_again(curve, fetched.star, request.clean, settings, masks)
    first = [(*dip, s.snr) for dip, s in zip(dips, signals, strict=True)]
    measured = remeasure(again, fetched.star, first)
    if all(m is None for m in measured):
        return curve, found, measured
    cleaning.store(again, request.clean, context)
    exposure = _exposure_days(again)
    lines = tuple(
        searching.with_measurement(s, m, fetched.star, exposure) for s, m in zip(signals, measured, strict=True)
    )
    return again, found.with_tested(lines), measured


def _vet(
    curve: DetrendedCurve,
    found: Found,
    dips: tuple[DipMeasurement | None, ...],
    request: RunRequest,
    fetched: Fetched,
    around: Around,
    context: RunContext,
) -> vetting.Vetted:
    kept = context.load_document("vetting")
    if kept is None:
        movies = surroundings.Movies()
        if found.tested:
            wanted = vetting.sectors_by_dips(curve, found.tested)
            movies = surroundings.fetch_movies(
                request,
                fetched.target,
                fetched.star,
                fetched.curves,
                fetched.files,
                wanted,
                fetched.simulated,
                context,
            )
        vetted = vetting.vet(curve, fetched.curves, found.tested, dips, fetched.star, around, movies, context)
        context.save_document("vetting", vetting.to_document(vetted))
        kept = context.load_document("vetting")
        assert kept is not None, "what was just stored can be read back"
    return vetting.restore(kept)


def _fit(
    curve: DetrendedCurve, found: Found, request: RunRequest, fetched: Fetched, context: RunContext
) -> tuple[Found, str]:
    """The signals with their posteriors where these were asked for, and how that went in words."""
    if request.fit is None:
        return found, ""
    from jobs import fitting

    wanted = [s.index for s in found.signals]
    together = request.fit.together

    def tell(index: int, progress: FitProgress) -> None:
        done, parts = (0, 1) if together else (wanted.index(index), len(wanted))
        context.progress((done + progress.fraction) / parts, f"fit of signal {index}: {progress.words}")

    fits = fitting.fit_signals(curve, fetched.star, found.signals, wanted, request.fit, request.seed, context, tell)
    signals = tuple(s.model_copy(update={"fit": fits.get(s.index)}) for s in found.signals)
    return replace(found, signals=signals), f"; {fitting.fact(fits)}"


def _known_masks(request: RunRequest) -> cleaning.Masks:
    return tuple((k.period_days, k.epoch_bjd, k.duration_hours / 24) for k in request.search.known)


def _given_masks(request: RunRequest) -> cleaning.Masks:
    """A signal that is given is masked in the trend from the start."""
    given_signal = request.signal
    if given_signal is None:
        return ()
    return masks_of([(given_signal.period_days, given_signal.epoch_bjd, given_signal.duration_hours / 24)])


def _exposure_days(curve: DetrendedCurve) -> float:
    return float(np.median([s.exposure_days for s in curve.curve.segments]))


def _recovery(
    curve: DetrendedCurve, fetched: Fetched, settings: SearchSettings, context: RunContext
) -> RecoveryMap | None:
    if np.count_nonzero(curve.use) < MIN_POINTS:
        return None
    kept = context.load_document("recovery")
    if kept is None:
        context.progress(0.1, "how small a planet would have shown")
        found = sensitivity_map(
            curve, fetched.star, settings, radii_earth=np.geomspace(0.5, 16.0, 21), seed=settings.seed
        )
        kept = reporting.recovery_report(found)
        context.save_document("recovery", kept)
    return RecoveryMap.model_validate(kept)


def _count(n: int) -> str:
    return "nothing convincing" if n == 0 else "one signal" if n == 1 else f"{n} signals"
