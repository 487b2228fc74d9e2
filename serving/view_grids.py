"""The grids of the three views, and how views that others stored are brought onto them."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Views32 = npt.NDArray[np.float32]

GLOBAL_BINS: Final = 201
LOCAL_BINS: Final = 61
#: The local and the secondary window reach this many durations (first to fourth contact) to each side of the dip, or
#: half a period where that is less. It is the widest window that all labelled sets hold (`docs/classifier-data.md`).
HALF_WINDOW_DURATIONS: Final = 1.65
#: The global view reaches half a period to each side, but no more than so many durations: in longer orbits a bin would
#: outlast the dip, and a median over it would not show it.
GLOBAL_HALF_WINDOW_DURATIONS: Final = 67.0
#: Width of a bin, in spacings (global) and in durations (local and secondary): the bins overlap, as in Yu et al. 2019.
GLOBAL_BIN_SPACINGS: Final = 1.2
LOCAL_BIN_DURATIONS: Final = 0.17
#: A second dip is looked for outside this share of the period around the first (Yu et al. 2019).
LEAST_PHASE: Final = 0.1
#: The duration assumed for the search of a second dip never fills more of the period than this.
MOST_DUTY: Final = 0.25


def half_window_days(
    period_days: npt.ArrayLike, duration_days: npt.ArrayLike, durations: float = HALF_WINDOW_DURATIONS
) -> npt.NDArray[np.float64]:
    """Half the width of the local window (days): so many durations, at most half a period. Same shape as the input."""
    return np.minimum(0.5 * np.asarray(period_days, float), durations * np.asarray(duration_days, float))


def global_half_window_days(period_days: npt.ArrayLike, duration_days: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Half the width of the global view (days). Same shape as the input."""
    return half_window_days(period_days, duration_days, GLOBAL_HALF_WINDOW_DURATIONS)


def duty_in_view(period_days: npt.ArrayLike, duration_days: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Share of the global view that the dip takes: duration over period, or more where the view is narrower."""
    return np.asarray(duration_days, float) / (2 * global_half_window_days(period_days, duration_days))


def zoomed(global_view: npt.ArrayLike, period_days: npt.ArrayLike, duration_days: npt.ArrayLike) -> Views32:
    """Global views (n, 201) of whole orbits cut to `global_half_window_days`; periods and durations are (n,). Rows
    whose view is the whole orbit anyway, or whose ephemeris is unknown, come back as they are."""
    views = np.array(global_view, dtype=np.float32)
    period = np.asarray(period_days, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        reach = global_half_window_days(period, duration_days) / (0.5 * period)
    narrow = np.flatnonzero(reach < 1.0)
    if narrow.size:
        width = GLOBAL_BIN_SPACINGS * 2 * reach[narrow] / GLOBAL_BINS
        views[narrow] = scaled(resampled(views[narrow], reach[narrow], GLOBAL_BINS, width))
    return views


def scaled(views: npt.ArrayLike) -> Views32:
    """Views (n, bins) with median 0 and deepest point −1. A view without any dip, or with NaN, comes back as NaN."""
    values = np.asarray(views, dtype=np.float64)
    values = values - np.median(values, axis=1, keepdims=True)
    depth = -values.min(axis=1, keepdims=True)
    return (values / np.where(depth > 0, depth, np.nan)).astype(np.float32)


def resampled(
    views: npt.ArrayLike, reach: npt.ArrayLike, bins: int, width: npt.ArrayLike, centre: npt.ArrayLike = 0.0
) -> npt.NDArray[np.float64]:
    """Views (n, m), whose bins fill [−1, 1] evenly, averaged onto `bins` bins that fill centre ± `reach`.

    `reach`, `width` (of each new bin, in the same units) and `centre` are one number or (n,). What lies outside the
    stored window takes the value of the outermost bin: `reach` beyond 1 is for windows wider than half a period only.
    """
    values = np.asarray(views, dtype=np.float64)
    rows, m = values.shape
    reach_, width_, centre_ = (np.broadcast_to(np.asarray(x, float), (rows,))[:, None] for x in (reach, width, centre))
    offsets = (2 * np.arange(bins) + 1) / bins - 1
    middle = centre_ + reach_ * offsets
    edges = np.linspace(-1.0, 1.0, m + 1)
    # the integral of each row up to each edge; a bin is the difference of two of them, so any width is exact
    integral = np.concatenate([np.zeros((rows, 1)), np.cumsum(values, axis=1) * (2.0 / m)], axis=1)
    width_ = np.maximum(width_, 2.0 / m)
    low = np.clip(middle - width_ / 2, -1.0, 1.0 - 1.0 / m)
    high = np.clip(middle + width_ / 2, low + 1.0 / m, 1.0)
    result = np.empty((rows, bins))
    for k in range(rows):
        result[k] = np.interp(high[k], edges, integral[k]) - np.interp(low[k], edges, integral[k])
    return result / (high - low)


def other_dip(
    global_view: npt.ArrayLike, duty: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Depth of the deepest other dip in units of the first, and its phase in [−0.5, 0.5); both (n,).

    `global_view` (n, 201) is scaled, `duty` (n,) is duration over period. Boxes of one duration, at least a tenth of
    the period and one and a half durations away from the first dip. 0 where all the rest of the light is brighter.
    """
    view = np.asarray(global_view, dtype=np.float64)
    n, bins = view.shape
    share = np.clip(np.nan_to_num(np.broadcast_to(np.asarray(duty, float), (n,)), nan=0.03), 0.0, MOST_DUTY)
    width = np.maximum(1, np.round(share * bins).astype(int) | 1)
    phase = (np.arange(bins) + 0.5) / bins - 0.5
    depth, where = np.zeros(n), np.full(n, -0.5)
    for size in np.unique(width):
        rows = np.flatnonzero(width == size)
        half = size // 2
        turned = np.concatenate([view[rows][:, bins - half :], view[rows], view[rows][:, :half]], axis=1)
        total = np.concatenate([np.zeros((rows.size, 1)), np.cumsum(turned, axis=1)], axis=1)
        means = (total[:, size:] - total[:, :-size]) / size
        # a box must not touch the wings of the first dip, which may be wider than its measured duration
        away = np.maximum(LEAST_PHASE, 1.5 * share[rows])[:, None]
        far = np.where(np.abs(phase)[None, :] > away, means, np.inf)
        best = far.argmin(axis=1)
        first = -np.where(np.abs(phase)[None, :] <= share[rows][:, None] / 2 + 1 / bins, means, np.inf).min(axis=1)
        deepest = -far[np.arange(rows.size), best]
        where[rows] = phase[best]
        depth[rows] = np.clip(deepest / np.maximum(first, 0.05), 0.0, 2.0)
    return depth, where


def scatter(global_view: npt.ArrayLike, duty: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Robust scatter (1.48 MAD) of the global view outside the dip, in units of its depth; (n,)."""
    view = np.asarray(global_view, dtype=np.float64)
    phase = np.abs((np.arange(view.shape[1]) + 0.5) / view.shape[1] - 0.5)
    away = np.clip(np.nan_to_num(np.asarray(duty, float), nan=0.03), 0.01, MOST_DUTY)
    outside = np.where(phase[None, :] > np.broadcast_to(away, (view.shape[0],))[:, None], view, np.nan)
    middle = np.nanmedian(outside, axis=1, keepdims=True)
    return np.asarray(1.4826 * np.nanmedian(np.abs(outside - middle), axis=1))
