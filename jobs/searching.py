"""Stage 3 and 4: search the clean light, and turn what was found into report lines and curves for the browser."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.report import OddEven, PeriodogramReport, SignalReport
from jobs.context import RunContext
from science import rounding
from science.lightcurve import DetrendedCurve
from science.search.find import find_signals
from science.search.refit import model_flux
from science.search.results import DipMeasurement, Periodogram, SearchResult, SearchSettings, Signal
from science.stars import Star

SUN_IN_EARTHS = 109.08  # nominal solar over nominal Earth equatorial radius (IAU 2015 resolution B3)

#: The browser draws a periodogram on at most this many points: each keeps the highest of its neighbours.
PERIODOGRAM_POINTS = 20_000

MODEL_POINTS = 201


def search(
    curve: DetrendedCurve, star: Star, settings: SearchSettings, context: RunContext, eta: float | None = None
) -> SearchResult:
    """Search with live progress. Stores each round's periodogram as a series."""

    def tell(tried: int, total: int) -> None:
        share = tried / total if total else 1.0
        fact = f"{share * 100:.0f} % of the search"
        context.progress(share, fact, None if eta is None else eta * (1 - share))

    result = find_signals(curve, star, settings, progress=tell)
    for number, periodogram in enumerate(result.periodograms, start=1):
        columns = thinned(periodogram)
        context.save_columns(
            f"periodogram-{number}",
            columns,
            {
                "threshold": settings.sde_threshold,
                "best_period_days": periodogram.best_period_days,
                "engine": periodogram.engine,
                "rows_searched": len(periodogram.periods_days),
            },
        )
    return result


def thinned(periodogram: Periodogram) -> dict[str, np.ndarray]:
    """The highest point of each run of neighbours, so that no peak is lost: columns period (days), power (SDE)."""
    n = len(periodogram.periods_days)
    step = -(-n // PERIODOGRAM_POINTS)
    if step <= 1:
        return {"period": periodogram.periods_days, "power": periodogram.power.astype(np.float32)}
    starts = np.arange(0, n, step)
    highest = np.array([s + int(np.argmax(periodogram.power[s : s + step])) for s in starts])
    return {
        "period": periodogram.periods_days[highest],
        "power": periodogram.power[highest].astype(np.float32),
    }


def periodogram_reports(result: SearchResult) -> tuple[PeriodogramReport, ...]:
    """One line per round of the search."""
    return tuple(
        PeriodogramReport(
            round=number,
            engine=p.engine,
            n_periods=len(p.periods_days),
            period_min_days=float(p.periods_days[0]),
            period_max_days=float(p.periods_days[-1]),
            best_period_days=p.best_period_days,
            sde=p.sde,
            threshold_sde=result.settings.sde_threshold,
            threshold_words=f"Signals under a strength of {rounding.number(result.settings.sde_threshold, 1)} "
            "are not called convincing.",
        )
        for number, p in enumerate(result.periodograms, start=1)
    )


def signal_report(signal: Signal, star: Star, exposure_days: float = 0.0) -> SignalReport:
    """One found signal in the units of the report, with the planet size that it would mean and its curve for the fold,
    blurred by `exposure_days`."""
    return SignalReport(
        index=signal.index,
        sde=signal.sde,
        fap=signal.false_alarm.probability,
        fap_lo=signal.false_alarm.lo,
        fap_hi=signal.false_alarm.hi,
        fap_method=signal.false_alarm.method,
        kind=signal.kind,
        convincing=signal.convincing,
        reasons=tuple(rounding.regroup(reason) for reason in signal.reasons),
        relation=signal.relation,
        aliases_days=signal.aliases_days,
        **measured_fields(signal.measurement, star, exposure_days),
    )


def with_measurement(report: SignalReport, m: DipMeasurement | None, star: Star, exposure_days: float) -> SignalReport:
    """The report with a better measurement of the same dip; unchanged for None."""
    if m is None:
        return report
    return SignalReport.model_validate({**report.model_dump(), **measured_fields(m, star, exposure_days)})


def measured_fields(m: DipMeasurement, star: Star, exposure_days: float) -> dict[str, Any]:
    """The fields of a report line that a measurement fills."""
    phase, curve = model_curve(m, star, exposure_days)
    radius, radius_err = planet_radius_earth(m.radius_ratio, _depth_share(m.depth, m.depth_err), star)
    return {
        "period_days": m.period_days,
        "period_days_err": _finite(m.period_err_days),
        "epoch_bjd": m.epoch_bjd,
        "epoch_bjd_err": _finite(m.epoch_err_days),
        "duration_hours": m.duration_days * 24,
        "duration_hours_err": _finite(m.duration_err_days * 24),
        "depth_ppm": m.depth * 1e6,
        "depth_ppm_err": _finite(m.depth_err * 1e6),
        "snr": m.snr,
        "snr_white": m.snr_white,
        "n_transits": m.n_transits,
        "radius_ratio": _finite(m.radius_ratio),
        "radius_earth": radius,
        "radius_earth_err": radius_err,
        "odd_even": OddEven(
            odd_ppm=_ppm(m.odd_depth),
            odd_ppm_err=_ppm(m.odd_depth_err),
            even_ppm=_ppm(m.even_depth),
            even_ppm_err=_ppm(m.even_depth_err),
            sigma=_finite(m.odd_even_sigma),
        ),
        "secondary_ppm": _ppm(m.secondary_depth),
        "secondary_ppm_err": _ppm(m.secondary_depth_err),
        "transit_times_bjd": tuple(float(t) for t in m.transit_times_bjd),
        "model_phase_hours": phase,
        "model_ppm": curve,
    }


def model_curve(m: DipMeasurement, star: Star, exposure_days: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The fitted dip as hours from mid-transit and ppm: MODEL_POINTS over three durations, closed by the level."""
    half = min(1.5 * m.duration_days, 0.5 * m.period_days)
    phase = np.linspace(-half, half, MODEL_POINTS)
    flux = model_flux(m, m.epoch_bjd + phase, star, exposure_days)
    return (
        tuple(round(float(p), 5) for p in phase * 24),
        tuple(round(float(f), 2) for f in (flux - 1) * 1e6),
    )


def planet_radius_earth(radius_ratio: float, depth_share: float, star: Star) -> tuple[float | None, float | None]:
    """Radius in Earth radii and its error: R = k R*, where k has half the relative error of the depth.

    (None, None) where the star's size is unknown, or where the light does not dip; no error where the star's has none,
    since it is the larger part.
    """
    if star.radius_sun is None or not radius_ratio > 0:
        return None, None
    radius = radius_ratio * star.radius_sun.value * SUN_IN_EARTHS
    if star.radius_sun.error is None:
        return radius, None
    share = star.radius_sun.error / star.radius_sun.value
    return radius, radius * float(np.hypot(share, 0.5 * depth_share))


def _depth_share(depth: float, error: float) -> float:
    return error / depth if depth > 0 and np.isfinite(error) else 0.0


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _ppm(value: float) -> float | None:
    return float(value * 1e6) if np.isfinite(value) else None
