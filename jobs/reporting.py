"""Put a report together: sectors, star, provenance, warnings."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib import metadata

import numpy as np

from data.report import (
    PeriodogramReport,
    Provenance,
    Quantity,
    RecoveryMap,
    Report,
    SectorReport,
    SignalReport,
    StellarReport,
    Verdict,
)
from data.requests import RunRequest
from data.vetting_report import FieldReport, VariabilityReport
from jobs.context import JsonObject, RunContext
from jobs.fetching import Fetched
from science import rounding
from science.lightcurve import DetrendedCurve
from science.limb_darkening import limb_darkening_of
from science.search.results import SearchSettings
from science.search.sensitivity_map import SensitivityMap
from science.stars import Star, Value, describe

#: Packages whose version can change a number.
_COUNTED_PACKAGES = (
    "larun",
    "numpy",
    "scipy",
    "numba",
    "astropy",
    "wotan",
    "transitleastsquares",
    "duckdb",
    "scikit-learn",
    "nifty-ls",
    "emcee",
    "dynesty",
)


@cache
def versions() -> dict[str, str]:
    """Versions of everything that can change a number."""
    found = {}
    for name in _COUNTED_PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "source tree"
    return found


def sector_reports(fetched: Fetched, curve: DetrendedCurve) -> tuple[SectorReport, ...]:
    """One line per sector that went in, with what was used of it."""
    stitched = curve.curve
    label_index = {label: i for i, label in enumerate(stitched.labels)}
    noise: dict[str, list[float]] = {}
    for segment in stitched.segments:
        noise.setdefault(segment.label, []).append(segment.noise)
    lines = []
    for c in fetched.curves:
        index = label_index.get(c.label)
        used = 0 if index is None else int(np.sum(curve.use & (stitched.sector == index)))
        scatter = noise.get(c.label)
        lines.append(
            SectorReport(
                label=c.label,
                mission=c.mission,
                number=c.number,
                pipeline=c.pipeline,
                cadence_seconds=round(c.cadence_days * 86400, 1),
                exposure_seconds=round(c.exposure_days * 86400, 1),
                points=len(c.time_bjd),
                points_used=used,
                start_bjd=float(c.time_bjd[0]),
                stop_bjd=float(c.time_bjd[-1]),
                noise_ppm=round(float(np.median(scatter)) * 1e6, 1) if scatter else None,
                crowding=c.crowding,
                source=c.source,
                simulated=fetched.simulated,
            )
        )
    return tuple(sorted(lines, key=lambda s: s.start_bjd))


def stellar_report(star: Star) -> StellarReport:
    """The star as the report tells it."""
    u1, u2 = limb_darkening_of(star)
    return StellarReport(
        name=star.name,
        tic_id=star.tic_id,
        ra_deg=star.ra_deg,
        dec_deg=star.dec_deg,
        tmag=star.tmag,
        distance_pc=star.distance_pc,
        teff_k=_quantity(star.teff_k),
        logg_cgs=_quantity(star.logg_cgs),
        radius_sun=_quantity(star.radius_sun),
        mass_sun=_quantity(star.mass_sun),
        density_gcc=_quantity(star.density_gcc),
        limb_darkening=(round(u1, 4), round(u2, 4)),
        words=describe(star),
    )


def _quantity(value: Value | None) -> Quantity | None:
    return None if value is None else Quantity(value=value.value, error=value.error, source=value.source)


def recovery_report(found: SensitivityMap) -> JsonObject:
    """The recovery map rounded for storage."""
    return RecoveryMap(
        period_days=tuple(round(float(p), 5) for p in found.periods_days),
        radius_earth=tuple(round(float(r), 5) for r in found.radii_earth),
        share=tuple(tuple(round(float(s), 3) for s in row) for row in found.recovered),
        assumed_radius=found.assumed_sun,
    ).model_dump(mode="json")


def assemble(
    request: RunRequest,
    fetched: Fetched,
    curve: DetrendedCurve,
    signals: tuple[SignalReport, ...],
    best_rejected: SignalReport | None,
    periodograms: tuple[PeriodogramReport, ...],
    search_notes: tuple[str, ...],
    sectors: tuple[SectorReport, ...],
    stellar: StellarReport,
    recovery: RecoveryMap | None,
    verdict: Verdict,
    variability: VariabilityReport | None,
    field: FieldReport,
    settings: SearchSettings,
    context: RunContext,
) -> Report:
    """The whole document. `created` is the only field that differs between two runs of the same request."""
    times = curve.curve.time_bjd
    rhythm = curve.variability_period_days
    return Report(
        run_id=context.run_id,
        target=fetched.target,
        title=fetched.title,
        simulated=fetched.simulated,
        sectors=sectors,
        stellar=stellar,
        signals=signals,
        best_rejected=best_rejected,
        periodograms=periodograms,
        verdict=verdict,
        recovery=recovery,
        variability_period_days=rhythm,
        variability_amplitude_ppm=curve.variability_amplitude * 1e6 if rhythm is not None else None,
        variability=variability,
        field=field,
        span_days=float(times[-1] - times[0]),
        provenance=Provenance(
            versions=versions(),
            settings={
                "request": request.model_dump(mode="json", exclude={"title"}),
                "search": asdict(settings),
                "detrend_window_days": curve.window_days,
                "detrend_method": curve.method,
            },
            seed=request.seed,
            inputs=fetched.inputs,
            timings=dict(context.timings),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        ),
        warnings=tuple(
            rounding.regroup(note)
            for note in dict.fromkeys([*fetched.notes, *curve.curve.notes, *curve.notes, *search_notes])
        ),
    )
