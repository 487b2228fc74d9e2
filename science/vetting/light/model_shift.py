"""The strongest dips and rises at other phases than the transit's (model-shift; Coughlin et al. 2016, ApJS 224, 12)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erfcinv

from science.lightcurve import BoolArray, FloatArray
from science.vetting.light.depth_series import DepthSeries, weighted_scatter

#: False alarms are counted over as many signals as the Kepler team examined at once.
_SIGNALS_EXAMINED = 20000

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class ModelShift:
    """Signal to noise and phase (share of the period, 0 … 1) of the strongest dips and of the strongest rise.

    nan where no data are left at the phases that count. `red_over_white` says how much more the depths at quiet phases
    scatter than white noise would make them; the `needed` values are what noise alone reaches in 20,000 signals, and
    in this one.
    """

    primary: float
    primary_phase: float
    secondary: float = _NAN
    secondary_phase: float = _NAN
    secondary_depth: float = _NAN
    secondary_err: float = _NAN
    tertiary: float = _NAN
    tertiary_phase: float = _NAN
    rise: float = _NAN
    rise_phase: float = _NAN
    red_over_white: float = _NAN
    needed_of_many: float = _NAN
    needed_of_one: float = _NAN


def model_shift(
    phase_days: FloatArray,
    flux: FloatArray,
    weight: FloatArray,
    series: DepthSeries,
    inside: BoolArray,
    period: float,
    duration: float,
) -> ModelShift:
    """Find the secondary at least two durations from the primary, the tertiary two from both, the rise three.

    Arrays (n,). Raises ValueError where no point lies in a dip.
    """
    if not np.any(inside):
        raise ValueError("No point lies in any dip.")
    phase = np.mod(phase_days / period, 1.0)
    q = duration / period
    found: dict[str, float] = {
        "needed_of_many": math.sqrt(2) * float(erfcinv(q / _SIGNALS_EXAMINED)),
        "needed_of_one": math.sqrt(2) * float(erfcinv(min(q, 1.0))),
    }
    rows = np.flatnonzero(inside)
    top = rows[np.argmax(series.snr[rows])]
    primary, at = float(series.snr[top]), float(phase[top])

    def done() -> ModelShift:
        return ModelShift(primary=primary, primary_phase=at, **found)

    def away(centre: float, widths: float) -> BoolArray:
        apart = np.abs(phase - centre)
        return np.asarray(np.minimum(apart, 1.0 - apart) >= widths * q)

    free = away(at, 2.0)
    if not np.any(free):
        return done()
    rows = np.flatnonzero(free)
    second = rows[np.argmax(series.snr[rows])]
    second_at = float(phase[second])
    found |= {
        "secondary": float(series.snr[second]),
        "secondary_phase": second_at,
        "secondary_depth": float(series.depth[second]),
        "secondary_err": float(series.err[second]),
    }
    quiet = free & away(second_at, 1.0)
    if not np.any(quiet):
        return done()
    red = weighted_scatter(series.depth[quiet], 1.0 / np.square(series.err[quiet]))
    white = weighted_scatter(flux[quiet], weight[quiet])
    found["red_over_white"] = math.sqrt(float(np.count_nonzero(inside))) * red / white if white > 0 else _NAN
    for name, widths, sign in (("tertiary", 2.0, 1.0), ("rise", 3.0, -1.0)):
        rows = np.flatnonzero(away(at, widths) & away(second_at, widths))
        if rows.size == 0:
            break
        peak = rows[np.argmax(sign * series.snr[rows])]
        found |= {name: sign * float(series.snr[peak]), f"{name}_phase": float(phase[peak])}
    return done()
