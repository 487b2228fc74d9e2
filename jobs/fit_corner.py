"""The corner picture counted in the worker: one- and two-dimensional histograms that a page draws without the chain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jobs.context import JsonObject
from science.lightcurve import FloatArray

#: Shown where the fit has them, in this order: what was sampled or is looked for, not every number that follows.
SHOWN = (
    "period_days",
    "epoch_bjd",
    "radius_ratio",
    "impact_parameter",
    "duration_hours",
    "density_transit_gcc",
    "u1",
    "u2",
    "eccentricity",
    "omega_deg",
    "dilution",
)
BINS = 40
PAIR_BINS = 30
#: Shares of the draws inside the two contours: those of 1 and 2 σ of a Gaussian in two dimensions.
CONTOUR_SHARES = (1 - math.exp(-0.5), 1 - math.exp(-2.0))
#: Draws left out at either end of the axes.
_TAIL = 0.001
#: Axes of these count from the median, in minutes: a date of fifteen digits says nothing on an axis.
_AS_MINUTES = frozenset({"epoch_bjd"})
_AS_SECONDS = frozenset({"period_days"})


def corner_document(draws: Mapping[str, FloatArray], units: Mapping[str, str], converged: bool) -> JsonObject:
    """Histograms of the parameters in SHOWN that vary, as JSON.

    {"converged", "parameters": [{"name", "unit", "offset", "scale", "edges", "counts", "quantiles": [2.5, 16, 50, 84,
    97.5 %]}], "pairs": [{"x", "y": places among the parameters, "counts": [y][x], "levels": counts at the two
    contours}], "shares"}. An axis shows (value - offset) * scale in `unit`; edges of the pairs are PAIR_BINS even steps
    over the same range.
    """
    named = {name: np.asarray(draws[name], dtype=np.float64) for name in SHOWN if name in draws}
    named = {name: values for name, values in named.items() if np.mean(np.isfinite(values)) > 0.5}
    whole = np.all([np.isfinite(values) for values in named.values()], axis=0) if named else np.zeros(0, dtype=bool)
    axes: list[dict[str, Any]] = []
    shown: list[FloatArray] = []
    for name, values in named.items():
        made = _axis(name, values[whole], units.get(name, ""))
        if made is not None:
            axes.append(made[0])
            shown.append(made[1])
    pairs = []
    for j in range(len(shown)):
        for i in range(j):
            x, y = axes[i]["edges"], axes[j]["edges"]
            pairs.append({"x": i, "y": j, **_pair(shown[i], shown[j], (x[0], x[-1]), (y[0], y[-1]))})
    return {"converged": converged, "parameters": axes, "pairs": pairs, "shares": list(CONTOUR_SHARES)}


def _axis(name: str, values: FloatArray, unit: str) -> tuple[dict[str, Any], FloatArray] | None:
    if values.size < 10 or not np.ptp(values) > 0:
        return None  # held, or not known
    scale, offset = 1.0, 0.0
    if name in _AS_MINUTES:
        scale, offset, unit = 1440.0, float(np.median(values)), "min"
    elif name in _AS_SECONDS:
        scale, offset, unit = 86400.0, float(np.median(values)), "s"
    x = (values - offset) * scale
    lo, hi = (float(v) for v in np.quantile(x, (_TAIL, 1 - _TAIL)))
    if not hi > lo:
        return None
    counts, edges = np.histogram(x, np.linspace(lo, hi, BINS + 1))
    quantiles = np.quantile(x, (0.025, 0.16, 0.5, 0.84, 0.975))
    axis = {
        "name": name,
        "unit": unit,
        "offset": offset,
        "scale": scale,
        "edges": [float(f"{v:.8g}") for v in edges],
        "counts": counts.tolist(),
        "quantiles": [float(f"{v:.8g}") for v in quantiles],
    }
    return axis, x


def _pair(x: FloatArray, y: FloatArray, x_range: Sequence[float], y_range: Sequence[float]) -> JsonObject:
    counts, _, _ = np.histogram2d(y, x, bins=PAIR_BINS, range=(y_range, x_range))
    return {"counts": counts.astype(int).tolist(), "levels": list(contour_levels(counts))}


def contour_levels(counts: FloatArray) -> tuple[float, ...]:
    """Heights above which lie CONTOUR_SHARES of all counts; 0 for an empty histogram."""
    ordered = np.sort(counts.ravel())[::-1]
    total = float(ordered.sum())
    if total == 0:
        return tuple(0.0 for _ in CONTOUR_SHARES)
    inside = np.cumsum(ordered) / total
    return tuple(float(ordered[min(int(np.searchsorted(inside, share)), ordered.size - 1)]) for share in CONTOUR_SHARES)
