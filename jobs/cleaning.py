"""Stage 2: one clean light curve from all sectors, and its way into and out of the lake."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from data.requests import CleanChoice
from jobs.context import JsonObject, ResultStore, RunContext
from science.detrending import DetrendSettings, detrend
from science.lightcurve import BTJD_OFFSET_DAYS, DetrendedCurve, LightCurve, Segment, StitchedCurve
from science.search.durations import SUN_DENSITY_GCC, central_duration_days, star_density_gcc
from science.search.results import SearchSettings
from science.stars import Star
from science.stitching import StitchSettings, stitch

#: Transits to mask in the trend: (period, epoch BJD, length), days.
Masks = tuple[tuple[float, float, float], ...]

#: Bits of the `flags` column of the browser's light curve.
FLAG_USED, FLAG_BAD_QUALITY, FLAG_FILLED, FLAG_HIDDEN, FLAG_OUTLIER = 1, 2, 4, 8, 16


#: Transits of planets with a longer year would need a window so wide that the star's own drifts stay in for all others.
#: Whoever looks for them gives the window.
USUAL_PERIOD_DAYS = 100.0


def longest_transit_days(star: Star, period_max_days: float) -> float:
    """Longest transit to be expected: a central one at the longest period. A Sun is assumed where the density is
    unknown; the result lies between 0.15 and 1.5 days."""
    density = star_density_gcc(star)
    central = central_duration_days(np.array([period_max_days]), density[0] if density else SUN_DENSITY_GCC)
    return float(np.clip(central[0], 0.15, 1.5))


def clean(
    curves: tuple[LightCurve, ...], star: Star, choice: CleanChoice, search: SearchSettings, masks: Masks
) -> DetrendedCurve:
    """Stitch and detrend as chosen. Raises science.stitching.NothingUsable."""
    stitched = stitch(curves, StitchSettings(normalise=choice.normalise, gap_fill=choice.gap_fill))
    return detrend(stitched, _settings(star, choice, search, masks))


def clean_again(
    curve: DetrendedCurve, star: Star, choice: CleanChoice, search: SearchSettings, masks: Masks
) -> DetrendedCurve:
    """Detrend the same stitched light anew, with the dips that were found masked in the trend."""
    return detrend(curve.curve, _settings(star, choice, search, masks))


def _settings(star: Star, choice: CleanChoice, search: SearchSettings, masks: Masks) -> DetrendSettings:
    return DetrendSettings(
        method="biweight" if choice.detrend else "none",
        window_days=choice.window_days,
        longest_duration_days=longest_transit_days(
            star, min(search.period_max_days or USUAL_PERIOD_DAYS, USUAL_PERIOD_DAYS)
        ),
        masks=masks,
        hidden=tuple((h.start_bjd, h.stop_bjd) for h in choice.hidden),
    )


def store(curve: DetrendedCurve, choice: CleanChoice, context: RunContext) -> None:
    """Keep the full curve ("detrended", float64, for later stages and downloads) and the browser's ("lightcurve")."""
    c = curve.curve
    columns = {
        "time_bjd": c.time_bjd,
        "flux": c.flux,
        "flux_err": c.flux_err,
        "detrended": curve.flux,
        "trend": curve.trend,
        "quality": c.quality.astype(np.int32),
        "sector": c.sector.astype(np.int32),
        "filled": c.filled.astype(np.uint8),
        "use": curve.use.astype(np.uint8),
        "usable": _usable(c).astype(np.uint8),
    }
    meta: JsonObject = {
        "target": c.target,
        "labels": list(c.labels),
        "segments": [asdict(s) for s in c.segments],
        "stitch_notes": list(c.notes),
        "notes": list(curve.notes),
        "window_days": curve.window_days,
        "method": curve.method,
        "variability_period_days": curve.variability_period_days,
        "variability_amplitude": curve.variability_amplitude,
    }
    context.save_columns("detrended", columns, meta)
    context.save_columns("lightcurve", _browser_columns(curve, choice), _browser_meta(curve))


def restore(context: ResultStore) -> DetrendedCurve | None:
    """The curve that an earlier attempt stored, exactly; None where there is none."""
    kept = context.load_columns("detrended")
    if kept is None:
        return None
    columns, meta = kept
    segments = tuple(Segment(**s) for s in meta["segments"])  # type: ignore[attr-defined, union-attr]
    stitched = StitchedCurve(
        target=str(meta["target"]),
        time_bjd=columns["time_bjd"],
        flux=columns["flux"],
        flux_err=columns["flux_err"],
        quality=columns["quality"].astype(np.int32),
        sector=columns["sector"].astype(np.int32),
        filled=columns["filled"].astype(bool),
        labels=tuple(meta["labels"]),  # type: ignore[arg-type]
        segments=segments,
        notes=tuple(meta["stitch_notes"]),  # type: ignore[arg-type]
        usable=columns["usable"].astype(bool),
    )
    return DetrendedCurve(
        curve=stitched,
        flux=columns["detrended"],
        trend=columns["trend"],
        use=columns["use"].astype(bool),
        window_days=float(meta["window_days"]),  # type: ignore[arg-type]
        method=str(meta["method"]),
        variability_period_days=meta["variability_period_days"],  # type: ignore[arg-type]
        variability_amplitude=float(meta["variability_amplitude"]),  # type: ignore[arg-type]
        notes=tuple(meta["notes"]),  # type: ignore[arg-type]
    )


def _usable(curve: StitchedCurve) -> np.ndarray:
    return np.isfinite(curve.flux) if curve.usable is None else curve.usable


def _browser_columns(curve: DetrendedCurve, choice: CleanChoice) -> dict[str, np.ndarray]:
    c = curve.curve
    finite = np.isfinite(c.flux) & np.isfinite(curve.flux)
    usable = _usable(c)
    hidden = np.zeros(len(c.time_bjd), dtype=bool)
    for h in choice.hidden:
        hidden |= (c.time_bjd >= h.start_bjd) & (c.time_bjd <= h.stop_bjd)
    flags = (
        FLAG_USED * curve.use
        + FLAG_BAD_QUALITY * ~usable
        + FLAG_FILLED * c.filled
        + FLAG_HIDDEN * hidden
        + FLAG_OUTLIER * (finite & usable & ~curve.use & ~hidden & ~c.filled)
    ).astype(np.uint8)
    keep = finite
    return {
        "t": c.time_bjd[keep] - BTJD_OFFSET_DAYS,
        "raw": ((c.flux[keep] - 1) * 1e6).astype(np.float32),
        "flux": ((curve.flux[keep] - 1) * 1e6).astype(np.float32),
        "trend": ((curve.trend[keep] - 1) * 1e6).astype(np.float32),
        "sector": c.sector[keep].astype(np.uint8),
        "flags": flags[keep],
    }


def _browser_meta(curve: DetrendedCurve) -> JsonObject:
    c = curve.curve
    sectors = []
    for i, label in enumerate(c.labels):
        times = c.time_bjd[c.sector == i]
        if len(times):
            sectors.append(
                {
                    "label": label,
                    "start": float(times[0] - BTJD_OFFSET_DAYS),
                    "stop": float(times[-1] - BTJD_OFFSET_DAYS),
                }
            )
    shortest = min((s.cadence_days for s in c.segments), default=0.0)
    return {"sectors": sectors, "time_offset_bjd": BTJD_OFFSET_DAYS, "cadence_days_min": shortest}


def fact(curve: DetrendedCurve) -> str:
    """One line for the progress page."""
    from science import rounding

    left_out = int(np.sum(~curve.use))
    drift = "Slow drifts removed" if curve.method != "none" else "Left as it was"
    return f"{drift}, {rounding.number(left_out)} points left out"
