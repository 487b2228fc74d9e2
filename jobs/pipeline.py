"""The one pipeline behind browser, API and command line: the only place that knows the order of the stages.

Each stage stores what it made; an attempt that finds an earlier attempt's result takes it up from there. Later stages
always read what was stored, so that a resumed run gives the same numbers as one that was never interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from pydantic import TypeAdapter

from data.report import PeriodogramReport, RecoveryMap, Report, SignalReport
from data.requests import RunRequest
from jobs import cleaning, fetching, reporting, searching
from jobs.context import RunContext, timed
from jobs.fetching import Fetched, FindUploads, no_uploads
from jobs.presets import longest_period_days, search_settings
from jobs.verdict import MIN_POINTS, conclude
from science import rounding
from science.lightcurve import DetrendedCurve
from science.search.remeasure import masks_of, remeasure
from science.search.results import SearchSettings
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


def analyse(request: RunRequest, context: RunContext, find_uploads: FindUploads = no_uploads) -> Report:
    """Run every stage and return the report, which is also stored as document "report".

    Raises what a stage raises: errors with one sentence for the user (jobs.fetching.NoData,
    data.formats.errors.UnreadableFile, data.archives errors, science.stitching.NothingUsable), or Cancelled.
    """
    settings = search_settings(request.search, request.seed)

    with timed(context, "fetch"):
        fetched = fetching.fetch(request, context, find_uploads)
        context.done("fetch", fetching.fact(fetched))
    if settings.period_max_days is None:
        longest = max(longest_period_days(fetched.curves), 1.5 * settings.period_min_days)
        settings = replace(settings, period_max_days=longest)

    with timed(context, "clean"):
        curve = _clean(request, fetched, settings, context)
        context.done("clean", cleaning.fact(curve))

    with timed(context, "search"):
        found = _search(curve, fetched, settings, context)
        tried = sum(p.n_periods for p in found.periodograms)
        context.done("search", f"{rounding.number(tried)} periods tried, {_count(len(found.signals))}")

    with timed(context, "test"):
        recovery = _recovery(curve, fetched, settings, context)
        context.done("test", "Odds of a fluke and the reach of this search worked out")

    with timed(context, "measure"):
        context.progress(0.1, "fitting the drifts beside the dips, not under them")
        curve, signals = _measure(curve, found.signals, request, fetched, settings, context)
        sectors = reporting.sector_reports(fetched, curve)
        stellar = reporting.stellar_report(fetched.star)
        context.done("measure", "Period, depth, length and times, with their errors")

    with timed(context, "conclude"):
        verdict = conclude(signals, found.best_rejected, sectors, stellar, recovery)
        report = reporting.assemble(
            request,
            fetched,
            curve,
            signals,
            found.best_rejected,
            found.periodograms,
            found.notes,
            sectors,
            stellar,
            recovery,
            verdict,
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
    curve = cleaning.clean(fetched.curves, fetched.star, request.clean, settings, _known_masks(request))
    cleaning.store(curve, request.clean, context)
    restored = cleaning.restore(context)
    assert restored is not None, "what was just stored can be read back"
    return restored


def _search(curve: DetrendedCurve, fetched: Fetched, settings: SearchSettings, context: RunContext) -> Found:
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
    signals: tuple[SignalReport, ...],
    request: RunRequest,
    fetched: Fetched,
    settings: SearchSettings,
    context: RunContext,
) -> tuple[DetrendedCurve, tuple[SignalReport, ...]]:
    """Detrend again with the found dips masked and measure them there; without dips everything stays as it is."""
    if not signals or not request.clean.detrend:
        return curve, signals
    dips = [(s.period_days, s.epoch_bjd, s.duration_hours / 24) for s in signals]
    masks = _known_masks(request) + masks_of(dips)
    again = cleaning.clean_again(curve, fetched.star, request.clean, settings, masks)
    first = [(*dip, s.snr) for dip, s in zip(dips, signals, strict=True)]
    measured = remeasure(again, fetched.star, first)
    if all(m is None for m in measured):
        return curve, signals
    cleaning.store(again, request.clean, context)
    exposure = _exposure_days(again)
    return again, tuple(
        searching.with_measurement(s, m, fetched.star, exposure) for s, m in zip(signals, measured, strict=True)
    )


def _known_masks(request: RunRequest) -> cleaning.Masks:
    return tuple((k.period_days, k.epoch_bjd, k.duration_hours / 24) for k in request.search.known)


def _exposure_days(curve: DetrendedCurve) -> float:
    return float(np.median([s.exposure_days for s in curve.curve.segments]))


def _recovery(
    curve: DetrendedCurve, fetched: Fetched, settings: SearchSettings, context: RunContext
) -> RecoveryMap | None:
    if np.count_nonzero(curve.use) < MIN_POINTS:
        return None
    kept = context.load_document("recovery")
    if kept is None:
        context.progress(0.2, "how small a planet would have shown")
        found = sensitivity_map(
            curve, fetched.star, settings, radii_earth=np.geomspace(0.5, 16.0, 21), seed=settings.seed
        )
        kept = reporting.recovery_report(found)
        context.save_document("recovery", kept)
    return RecoveryMap.model_validate(kept)


def _count(n: int) -> str:
    return "nothing convincing" if n == 0 else "one signal" if n == 1 else f"{n} signals"
