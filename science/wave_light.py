"""Light for signals that never stop changing: without drift, but with the wave that detrending takes for drift."""

from __future__ import annotations

from typing import Final

import numpy as np

from science.lightcurve import DetrendedCurve, FloatArray

#: Dips that fill more of the orbit than this are not kept from the detrending, which therefore eats them.
LARGEST_MASKED_SHARE: Final = 0.25
#: Dips that fill at least this much may be the minima of a wave, and are where the wave stands so many times above the
#: scatter about it.
_LEAST_SHARE: Final = 0.12
_CLEAR_WAVE: Final = 3.0
_BINS: Final = 30
#: Whole orbits are averaged over at least so many days to follow the drift of the instrument.
_LEAST_BLOCK_DAYS: Final = 1.5


def light_for(curve: DetrendedCurve, period_days: float, duration_days: float) -> FloatArray:
    """The relative flux (n,) to fold at this period: the detrended one, or for dips longer than a quarter of the orbit
    (shorter ones too, where a clear wave goes with them) the stitched one over its mean of whole orbits, joined by
    straight lines within each sector.

    A wave of the period, and of its parts, has no mean over whole orbits, so it stays as it is.
    """
    share = duration_days / period_days
    if share < _LEAST_SHARE:
        return curve.flux
    waving = _over_whole_orbits(curve, period_days)
    if share >= LARGEST_MASKED_SHARE or _is_clear(curve, waving, period_days):
        return waving
    return curve.flux


def _is_clear(curve: DetrendedCurve, flux: FloatArray, period_days: float) -> bool:
    rows = curve.use & np.isfinite(flux)
    number = np.floor(curve.curve.time_bjd[rows] / period_days % 1.0 * _BINS).astype(np.int64) % _BINS
    light = flux[rows]
    middle = np.array([np.median(light[number == k]) if np.any(number == k) else np.nan for k in range(_BINS)])
    scatter = 1.4826 * float(np.median(np.abs(light - middle[number])))
    return bool(np.nanmax(middle) - np.nanmin(middle) > _CLEAR_WAVE * scatter)


def _over_whole_orbits(curve: DetrendedCurve, period_days: float) -> FloatArray:
    time, raw = curve.curve.time_bjd, curve.curve.flux
    block = period_days * max(1, int(np.ceil(_LEAST_BLOCK_DAYS / period_days)))
    result = np.array(curve.flux, dtype=float)
    for sector in np.unique(curve.curve.sector):
        rows = np.flatnonzero((curve.curve.sector == sector) & np.isfinite(raw))
        known = rows[curve.use[rows]]
        if known.size < 3:
            continue
        number = np.floor((time[known] - time[known[0]]) / block).astype(np.int64)
        _, where, count = np.unique(number, return_inverse=True, return_counts=True)
        mean = np.bincount(where, weights=raw[known]) / count
        middle = np.bincount(where, weights=time[known]) / count
        # a block that is mostly missing may hold half an orbit
        full = count >= 0.7 * np.median(count)
        result[rows] = raw[rows] / np.interp(time[rows], middle[full], mean[full])
    return result
