"""Steps in level, as a momentum dump leaves them when the star moves to other pixels."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from science.lightcurve import FloatArray
from science.noise import robust_scatter

#: Length of the stretches compared before and after a place.
STEP_WINDOW_DAYS = 0.5
#: A step counts when it stands out this much from the same comparison made everywhere else …
STEP_SIGMA = 6.0
#: … and the levels half a day to a day away differ the same way by this much.
LASTING_SIGMA = 2.5
#: No step is looked for closer than this to an end or to the step before.
MIN_STRETCH_DAYS = 1.0
MIN_ORDINARY = 10


def lasting_steps(time: FloatArray, flux: FloatArray, places: FloatArray) -> FloatArray:
    """Those of the `places` (days, shape (m,), ascending) where the flux steps to another level for good.

    `time` and `flux` of one stretch without a gap, shape (n,), finite, sorted. The level on either side is extrapolated
    from two medians of a quarter day each. The same comparison at many other places says how large such steps are by
    noise, variability and transits alone. A step must last: the levels half a day to a day away on both sides must
    differ the same way, which those beside a transit do not.
    """
    none = np.zeros(0)
    if time.size == 0:
        return none
    places = places[(places > time[0] + MIN_STRETCH_DAYS) & (places < time[-1] - MIN_STRETCH_DAYS)]
    if places.size == 0:
        return none
    elsewhere = np.arange(time[0] + STEP_WINDOW_DAYS, time[-1] - STEP_WINDOW_DAYS, STEP_WINDOW_DAYS / 3)
    elsewhere = elsewhere[np.abs(elsewhere[:, None] - places[None, :]).min(axis=1) >= STEP_WINDOW_DAYS]
    sharp = _in_sigma(_steps(time, flux, places), _steps(time, flux, elsewhere))
    lasting = _in_sigma(_far_steps(time, flux, places), _far_steps(time, flux, elsewhere))
    found: list[float] = []
    last = float(time[0])
    for place in places[(np.abs(sharp) > STEP_SIGMA) & (lasting * np.sign(sharp) > LASTING_SIGMA)]:
        if place - last >= MIN_STRETCH_DAYS:
            found.append(float(place))
            last = float(place)
    return np.array(found)


def _in_sigma(values: FloatArray, ordinary: FloatArray) -> FloatArray:
    """Values in units of the scatter of ordinary ones about their median; zeros where that cannot be told."""
    finite = ordinary[np.isfinite(ordinary)]
    spread = robust_scatter(finite)
    if finite.size < MIN_ORDINARY or not spread > 0:
        return np.zeros(values.shape)
    return np.asarray(np.nan_to_num((values - np.median(finite)) / spread), dtype=np.float64)


def _steps(time: FloatArray, flux: FloatArray, places: FloatArray) -> FloatArray:
    """Level after minus level before each place, each extrapolated to it; nan where a side has too few points."""
    result = np.full(places.shape, np.nan)
    half = STEP_WINDOW_DAYS / 2
    for index, place in enumerate(places):
        edges = np.searchsorted(time, [place - 2 * half, place - half, place, place + half, place + 2 * half])
        parts = [flux[a:b] for a, b in pairwise(edges)]
        if min(part.size for part in parts) < 5:
            continue
        far_before, near_before, near_after, far_after = (float(np.median(part)) for part in parts)
        result[index] = (1.5 * near_after - 0.5 * far_after) - (1.5 * near_before - 0.5 * far_before)
    return result


def _far_steps(time: FloatArray, flux: FloatArray, places: FloatArray) -> FloatArray:
    """Median half a day to a day after each place minus that before; nan where a side has too few points."""
    result = np.full(places.shape, np.nan)
    width = STEP_WINDOW_DAYS
    for index, place in enumerate(places):
        edges = np.searchsorted(time, [place - 2 * width, place - width, place + width, place + 2 * width])
        before, after = flux[edges[0] : edges[1]], flux[edges[2] : edges[3]]
        if min(before.size, after.size) >= 5:
            result[index] = np.median(after) - np.median(before)
    return result
