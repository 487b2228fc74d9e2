"""What kind of signal each one is, by the model service: its light, its ephemeris, its star and its vetting numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from data.classification_report import Classification
from data.report import SignalReport
from jobs.context import RunContext
from jobs.model_service import ModelService
from science.lightcurve import DetrendedCurve
from science.stars import Star, Value
from science.wave_light import light_for

Floats = npt.NDArray[np.float64]

_DOCUMENT = "classification"
_STORED = TypeAdapter(dict[int, Classification])
#: More points than this are averaged to fewer: a fold has at most some hundred bins.
MOST_POINTS = 120_000
#: Periods that are the same but for this share, or in the ratio of small numbers, are those of one system of eclipses.
_SAME_PERIOD = 0.01


def classify_signals(
    curve: DetrendedCurve, signals: Sequence[SignalReport], star: Star, context: RunContext
) -> tuple[SignalReport, ...]:
    """The signals with the classifier's answers, or with the reason why there is none. Raises Cancelled only."""
    kept = context.load_document(_DOCUMENT)
    if kept is None:
        service = ModelService()
        answers = {}
        for signal in signals:
            context.progress(0.96, f"what kind of signal {signal.index} is")
            others = [s for s in signals if s.index != signal.index]
            answers[signal.index] = service.classify(asked(curve, signal, others, star))
        kept = _STORED.dump_python(answers, mode="json")
        context.save_document(_DOCUMENT, {str(k): v for k, v in kept.items()})
    stored = _STORED.validate_python({int(k): v for k, v in kept.items()})
    return tuple(s.model_copy(update={"classification": stored.get(s.index)}) for s in signals)


def asked(curve: DetrendedCurve, signal: SignalReport, others: Sequence[SignalReport], star: Star) -> dict[str, Any]:
    """One signal as the service takes it. Dips of `others` are left out, but not those at a related period: an eclipse
    of the other star says a lot."""
    use = np.array(curve.use)
    time, flux = curve.curve.time_bjd, light_for(curve, signal.period_days, signal.duration_hours / 24)
    for other in others:
        if not _related(signal.period_days, other.period_days):
            away = np.abs(_phase_days(time, other)) > 0.6 * other.duration_hours / 24
            use &= away | (np.abs(_phase_days(time, signal)) < 0.5 * signal.duration_hours / 24)
    # as offsets from mid-transit, the times need fewer digits
    t, f = _thinned(time[use] - signal.epoch_bjd, np.asarray(flux[use], dtype=float))
    offset = signal.pixels.offset_arcsec if signal.pixels is not None else None
    return {
        "light_curve": {"time": np.round(t, 6).tolist(), "flux": np.round(f, 7).tolist()},
        "ephemeris": {"period_days": signal.period_days, "epoch": 0.0, "duration_hours": signal.duration_hours},
        "star": {
            "radius_sun": _number(star.radius_sun),
            "mass_sun": _number(star.mass_sun),
            "teff_k": _number(star.teff_k),
            "tmag": star.tmag,
        },
        "vetting": {"centroid_offset_arcsec": offset},
    }


def fact(signals: Sequence[SignalReport]) -> str:
    """How it went, for the line of the stage; empty where nothing was asked."""
    told = [s.classification for s in signals if s.classification is not None]
    if not told:
        return ""
    done = sum(c.outcome == "done" for c in told)
    return f"; {done} of {len(told)} classified" if done else "; not classified"


def _related(period: float, other: float) -> bool:
    ratio = max(period, other) / min(period, other)
    return any(abs(ratio / whole - 1.0) < _SAME_PERIOD for whole in (1, 2, 3))


def _phase_days(time: Floats, signal: SignalReport) -> Floats:
    period = signal.period_days
    return np.asarray((time - signal.epoch_bjd + 0.5 * period) % period - 0.5 * period)


def _thinned(time: Floats, flux: Floats) -> tuple[Floats, Floats]:
    """Means of neighbours in time where there are too many points."""
    if time.size <= MOST_POINTS:
        return time, flux
    together = int(np.ceil(time.size / MOST_POINTS))
    width = together * float(np.median(np.diff(time)))
    bins = np.floor((time - time[0]) / width).astype(np.int64)
    _, where = np.unique(bins, return_inverse=True)
    count = np.bincount(where)
    return np.bincount(where, weights=time) / count, np.bincount(where, weights=flux) / count


def _number(value: Value | None) -> float | None:
    return None if value is None else value.value
