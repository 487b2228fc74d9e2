"""The three views and the scalars of a signal, from a light curve and an ephemeris.

The training table, the service and the analyses all use `views_of`: folded light in overlapping median bins, as in
Shallue & Vanderburg (2018, AJ 155, 94, section 3.3) and Yu et al. (2019, AJ 158, 25), with the window around the most
likely other dip that the latter add. The grids are those of `serving.view_grids`, onto which the labelled sets are
brought too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from science.folding import phase_days
from science.stars import Star, Value
from serving import scalars, view_grids

Floats = npt.NDArray[np.float64]

_FEWEST_POINTS: Final = 50
_FEWEST_IN_DIP: Final = 3
#: A view with fewer filled bins than this (share) would show its gaps rather than the light.
_LEAST_FILLED: Final = 0.5
#: The windows may be emptier: bins are narrower than half an hour for short dips, and are bridged.
_LEAST_FILLED_WINDOW: Final = 0.2
#: The search for another dip: steps in durations, points a box needs, and the most boxes tried.
_SEARCH_STEP, _SEARCH_POINTS, _MOST_BOXES = 0.1, 5, 4000
#: Light this many robust scatters above the median counts as this much, so that a flare makes no dip elsewhere.
_BRIGHTEST_SIGMA: Final = 5.0


class UnusableSignal(ValueError):
    """No views can be made of this light curve and ephemeris; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Views:
    """Float32: `global_view` (201,), `local_view` (61,), `secondary_view` (61,), NaN where there is none, and the
    standardised `scalars` (12,) of `serving.scalars`, NaN where unknown."""

    global_view: npt.NDArray[np.float32]
    local_view: npt.NDArray[np.float32]
    secondary_view: npt.NDArray[np.float32]
    scalars: npt.NDArray[np.float32]


def views_of(
    time: npt.ArrayLike,
    flux: npt.ArrayLike,
    period_days: float,
    epoch: float,
    duration_days: float,
    *,
    depth: float | None = None,
    snr: float | None = None,
    tmag: float | None = None,
    star: Star | None = None,
) -> Views:
    """Views of one signal. `time` and `epoch` in days on the same scale, `flux` (n,) detrended, in any unit.

    `duration_days` is first to fourth contact. `depth` (relative) and `snr` are measured from the fold where they are
    not given; what needs the star is NaN without `star` (and `tmag`). Rows that are NaN are left out; gaps in the fold
    are bridged. The result does not change with the unit of the flux or the zero point of the times.

    Raises UnusableSignal: too few points, an ephemeris that is no ephemeris, a dip without data, a period of which
    the data cover less than half, light that does not vary.
    """
    t, f, noise = _usable_rows(time, flux)
    _check_ephemeris(period_days, epoch, duration_days)
    phase = phase_days(t, period_days, epoch)
    order = np.argsort(phase)
    x, y = phase[order], f[order]
    in_dip = int(np.searchsorted(x, 0.5 * duration_days) - np.searchsorted(x, -0.5 * duration_days))
    if in_dip < _FEWEST_IN_DIP:
        raise UnusableSignal(f"Only {in_dip} points lie in the dip; {_FEWEST_IN_DIP} are needed.")

    half = float(view_grids.global_half_window_days(period_days, duration_days))
    # the fold has no ends: light from the other side fills the outermost bins
    width = view_grids.GLOBAL_BIN_SPACINGS * 2 * half / view_grids.GLOBAL_BINS
    far = np.searchsorted(x, (width - 0.5 * period_days, 0.5 * period_days - width))
    ring_x = np.concatenate([x[far[1] :] - period_days, x, x[: far[0]] + period_days])
    ring_y = np.concatenate([y[far[1] :], y, y[: far[0]]])
    binned = _medians(ring_x, ring_y, _centres(half, view_grids.GLOBAL_BINS), width)
    # of the whole orbit, also where the view is narrower: else one dip alone would do
    places = np.floor((x / period_days + 0.5) * view_grids.GLOBAL_BINS).astype(np.int64)
    filled = min(float(np.isfinite(binned).mean()), np.unique(places).size / view_grids.GLOBAL_BINS)
    if filled < _LEAST_FILLED:
        raise UnusableSignal(f"The data cover only {100 * filled:.0f} % of the period of {period_days:.4g} days.")
    global_view = _scaled(_bridged(binned))

    reach = float(view_grids.half_window_days(period_days, duration_days))
    local_width = view_grids.LOCAL_BIN_DURATIONS * duration_days
    offsets = _centres(reach, view_grids.LOCAL_BINS)
    local = _medians(x, y, offsets, local_width)
    covered = float(np.isfinite(local).mean())
    if covered < _LEAST_FILLED_WINDOW:
        raise UnusableSignal(f"The data cover only {100 * covered:.0f} % of the light around the dip.")
    local_view = _scaled(_bridged(local))

    secondary = np.full(view_grids.LOCAL_BINS, np.nan, dtype=np.float32)
    rest_x, rest_y, where = _most_likely_other_dip(x, y, period_days, duration_days)
    if where is not None:
        found = _medians(rest_x, rest_y, where + offsets, local_width)
        if np.isfinite(found).mean() >= _LEAST_FILLED_WINDOW and np.ptp(found[np.isfinite(found)]) > 0:
            secondary = view_grids.scaled(_bridged(found)[None])[0]

    measured_depth, measured_snr = _dip_strength(x, y, period_days, duration_days, float(np.nanmedian(binned)), noise)
    duty = view_grids.duty_in_view([period_days], [duration_days])
    row = scalars.numbers(
        period_days=period_days,
        duration_days=duration_days,
        depth=measured_depth if depth is None else depth,
        snr=measured_snr if snr is None else snr,
        tmag=_first(tmag, star.tmag if star else None),
        other_dip=view_grids.other_dip(global_view[None], duty)[0],
        scatter=view_grids.scatter(global_view[None], duty),
        radius_sun=_number(star.radius_sun if star else None),
        mass_sun=_number(star.mass_sun if star else None),
        teff_k=_number(star.teff_k if star else None),
    )
    return Views(global_view, local_view, secondary, row[0])


def _usable_rows(time: npt.ArrayLike, flux: npt.ArrayLike) -> tuple[Floats, Floats, float]:
    """Finite rows; flux over its median, bright outliers cut; robust scatter of the flux."""
    t, f = np.asarray(time, dtype=np.float64), np.asarray(flux, dtype=np.float64)
    if t.ndim != 1 or t.shape != f.shape:
        raise UnusableSignal("Times and brightness must be two lists of the same length.")
    good = np.isfinite(t) & np.isfinite(f)
    t, f = t[good], f[good]
    if t.size < _FEWEST_POINTS:
        raise UnusableSignal(f"The light curve has {t.size} usable points; {_FEWEST_POINTS} are needed.")
    # in units of the median, which any positive unit cancels out of; light around zero keeps its own size
    middle = float(np.median(f))
    size = abs(middle) if abs(middle) > 1e-9 * float(np.abs(f).max()) else 1.0
    f = f / size
    scatter = 1.4826 * float(np.median(np.abs(f - middle / size)))
    if not float(np.ptp(f)) > 1e-12:
        raise UnusableSignal("The brightness does not change at all.")
    if scatter > 0:
        f = np.minimum(f, middle / size + _BRIGHTEST_SIGMA * scatter)
    return t, f, scatter


def _check_ephemeris(period: float, epoch: float, duration: float) -> None:
    if not (np.isfinite(period) and period > 0):
        raise UnusableSignal("The period must be a positive number of days.")
    if not np.isfinite(epoch):
        raise UnusableSignal("The time of the dip must be a number.")
    if not (np.isfinite(duration) and 0 < duration < period):
        raise UnusableSignal("The duration must be positive and shorter than the period.")


def _centres(reach: float, bins: int) -> Floats:
    return reach * ((2 * np.arange(bins) + 1) / bins - 1)


def _medians(x: Floats, y: Floats, centres: Floats, width: float) -> Floats:
    """Median of y in bins of `width` around each centre, x ascending; NaN where a bin is empty. (bins,)"""
    low = np.searchsorted(x, centres - width / 2, side="left")
    count = np.searchsorted(x, centres + width / 2, side="left") - low
    most = int(count.max(initial=0))
    result = np.full(centres.size, np.nan)
    if most == 0:
        return result
    if most * centres.size > 8 * (x.size + centres.size):  # very uneven coverage: one bin after the other
        for k in np.flatnonzero(count):
            result[k] = np.median(y[low[k] : low[k] + count[k]])
        return result
    place = low[:, None] + np.arange(most)[None, :]
    inside = np.arange(most)[None, :] < count[:, None]
    table = np.where(inside, y[np.minimum(place, x.size - 1)], np.inf)
    table.sort(axis=1)
    some = np.flatnonzero(count)
    result[some] = 0.5 * (table[some, (count[some] - 1) // 2] + table[some, count[some] // 2])
    return result


def _bridged(view: Floats) -> Floats:
    """Empty bins on a straight line between their neighbours, or at the value of the last one at an end."""
    have = np.isfinite(view)
    if have.all():
        return view
    place = np.arange(view.size)
    return np.asarray(np.interp(place, place[have], view[have]))


def _scaled(view: Floats) -> npt.NDArray[np.float32]:
    result = view_grids.scaled(view[None])[0]
    if not np.isfinite(result).all():
        raise UnusableSignal("The folded light shows no dip at all.")
    return result


def _most_likely_other_dip(x: Floats, y: Floats, period: float, duration: float) -> tuple[Floats, Floats, float | None]:
    """Light outside the dip, from 0 to one period after it, and the middle of the deepest box in it (days); None
    where too little light is left. Yu et al. 2019: boxes of one duration, power s² / (r (1 − r)) of Kovács et al. 2002.
    """
    beside = 0.5 * duration if period < 1.0 or duration > 0.5 * period else duration
    away = max(beside, view_grids.LEAST_PHASE * period)
    before, after = np.searchsorted(x, -away, side="left"), np.searchsorted(x, away, side="right")
    t = np.concatenate([x[after:], x[:before] + period])
    f = np.concatenate([y[after:], y[:before]])
    if t.size < _SEARCH_POINTS or t[-1] - t[0] <= 2 * duration:
        return t, f, None
    count = min(_MOST_BOXES, int((t[-1] - t[0] - 2 * duration) / (_SEARCH_STEP * duration)) + 1)
    centres = np.linspace(t[0] + duration, t[-1] - duration, count)
    low = np.searchsorted(t, centres - 0.5 * duration)
    high = np.searchsorted(t, centres + 0.5 * duration)
    total = np.concatenate([[0.0], np.cumsum(f - f.mean())])
    s = (total[high] - total[low]) / t.size
    r = (high - low + 1) / t.size
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.where((high - low >= _SEARCH_POINTS) & (r < 1), -s * np.abs(s) / (r * (1 - r)), -np.inf)
    if not np.isfinite(power).any():
        return t, f, 0.5 * period
    best = int(power.argmax())
    return t, f, float(centres[best]) if power[best] > 0 else 0.5 * period


def _dip_strength(
    x: Floats, y: Floats, period: float, duration: float, level: float, scatter: float
) -> tuple[float, float]:
    """Depth of the middle of the dip below `level` (of the fold), and its ratio to the noise of a mean over the dip.

    The noise is the scatter of the folded light in bins as wide as the dip where that exceeds what `scatter` of single
    points leads to, so that it counts red noise. NaN where either cannot be told.
    """
    core = y[np.searchsorted(x, -0.3 * duration) : np.searchsorted(x, 0.3 * duration)]
    if core.size == 0:
        core = y[np.searchsorted(x, -0.5 * duration) : np.searchsorted(x, 0.5 * duration)]
    if not level > 0 or core.size == 0:
        return float("nan"), float("nan")
    depth = (level - float(np.median(core))) / level
    number = np.floor(x / duration + 0.5).astype(int)
    counts = np.bincount(number - number[0])
    full = counts >= 0.3 * core.size
    means = np.bincount(number - number[0], weights=y)[full] / counts[full]
    red = 1.4826 * float(np.median(np.abs(means - np.median(means)))) if means.size >= 8 else 0.0
    noise = max(scatter / np.sqrt(core.size), red) / level
    return depth, depth / noise if noise > 0 else float("nan")


def _number(value: Value | None) -> float:
    return float("nan") if value is None else value.value


def _first(*values: float | None) -> float:
    return next((float(v) for v in values if v is not None), float("nan"))
