"""From cleaned light to the folded curve that the explanations are weighed on, and what lies beside the dips."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from science.fitting.timing_windows import Light
from science.lightcurve import BoolArray, FloatArray
from science.noise import robust_scatter
from science.validation.question import FoldedCurve, TooFewPoints, UnusableCurve

_Numbers = npt.NDArray[np.int64]

#: Light used to either side of mid-transit, in durations.
REACH: Final = 2.0
#: Points of a curve up to which each is kept; beyond, bins of this share of the duration are made, even and odd apart.
_MOST_POINTS, _BIN_SHARE = 150, 0.05
#: Points to either side of a dip that make a line through them worth more than the trend that is out already.
_LEAST_BESIDE: Final = 8
#: Where a dip ends for good, in durations from its middle.
_OUTSIDE: Final = 0.75


@dataclass(frozen=True, slots=True)
class Event:
    """One dip: how much light it lacks on average in its middle eight tenths, and the error of that."""

    epoch: int
    depth: float
    error: float
    near_edge: bool  # a gap of the data begins or ends within a duration


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded curve with what the fold hides: single dips, and how the light behaves where no dip is.

    `window_depths` are those of windows of a dip's length where nothing was found, in their errors, with `window_edge`
    telling which lie at a gap. `noise_lags_days`, `noise_covariance` tell how folded noise hangs together (relative
    flux squared; the first lag is 0 without the white part). `span_days` is that of the data.
    """

    curve: FoldedCurve
    events: tuple[Event, ...]
    window_depths: FloatArray
    window_edge: _Numbers
    noise_lags_days: FloatArray
    noise_covariance: FloatArray
    span_days: float


def fold_signal(
    light: Light,
    period_days: float,
    epoch_bjd: float,
    duration_days: float,
    *,
    times_bjd: Mapping[int, float] | None = None,
    secondary: tuple[float, float] | None = None,
    foreign_light: float = 0.0,
) -> Folded:
    """Fold cleaned light, in any unit, at a signal.

    `times_bjd` are mid-times by epoch number that a dip is moved to (others stay); `secondary` is the depth of a second
    dip and its error; `foreign_light` the share of light of other stars still in the curve, which is taken out.

    Raises UnusableCurve, TooFewPoints, ImpossibleDepth.
    """
    if not (math.isfinite(period_days) and 0 < duration_days < period_days and math.isfinite(epoch_bjd)):
        raise UnusableCurve("The duration has to be shorter than the period, and the epoch a number.")
    if light.time.size < 10:
        raise TooFewPoints("Fewer than ten usable points are left.")
    number = np.round((light.time - epoch_bjd) / period_days).astype(np.int64)
    middle = epoch_bjd + number * period_days
    for epoch, moved in (times_bjd or {}).items():
        middle[number == epoch] = moved
    away = light.time - middle
    reach = min(REACH * duration_days, 0.5 * period_days)
    inside = np.abs(away) <= reach
    beside = np.abs(away) > _OUTSIDE * duration_days
    if not beside.any():
        raise UnusableCurve("There is no light beside the dips to compare them with.")
    level = float(np.median(light.flux[beside]))
    if not level > 0.0:
        raise UnusableCurve("The light beside the dips is not above zero.")
    light = replace(light, flux=light.flux / level, err=light.err / level)
    flux = _levelled(light.flux, away, number, inside, duration_days)
    clear = 1.0 - foreign_light
    light = replace(light, flux=1.0 + (flux - 1.0) / clear, err=light.err / clear)
    depths, edges = _windows(light, away, duration_days)
    red = max(1.0, robust_scatter(depths)) if depths.size >= 20 else 1.0
    events = _events(light, away, number, red, duration_days)
    curve = _binned(light.only(inside), away[inside], number[inside] % 2, period_days, duration_days, secondary, reach)
    lags, covariance = _folded_noise(light, away, period_days, duration_days)
    return Folded(curve, events, depths, edges, lags, covariance, float(np.ptp(light.time)))


def _levelled(flux: FloatArray, away: FloatArray, number: _Numbers, inside: BoolArray, duration: float) -> FloatArray:
    """The light of each dip's surroundings over the line through what is beside it."""
    flux = flux.copy()
    rows_of = np.flatnonzero(inside)
    starts = np.flatnonzero(np.diff(number[rows_of], prepend=number[rows_of][:1] - 1)) if rows_of.size else rows_of
    for rows in np.split(rows_of, starts[1:]):
        x, y = away[rows], flux[rows]
        beside = np.abs(x) > _OUTSIDE * duration
        if min((beside & (x < 0)).sum(), (beside & (x > 0)).sum()) >= _LEAST_BESIDE:
            flux[rows] = y / np.polyval(np.polyfit(x[beside], y[beside], 1), x)
    return flux


def _windows(light: Light, away: FloatArray, duration: float) -> tuple[FloatArray, _Numbers]:
    """Light lacking in windows of eight tenths of a duration off the dips, in errors, and whether at a gap."""
    off = light.only(np.abs(away) > duration)
    if off.time.size < 20:
        return np.empty(0), np.empty(0, dtype=np.int64)
    width = 0.8 * duration
    slot = np.floor((off.time - off.time[0]) / width).astype(np.int64)
    names, first = np.unique(slot, return_index=True)
    weight = np.square(1.0 / off.err)
    total = np.add.reduceat(weight, first)
    lacking = np.add.reduceat(weight * (1.0 - off.flux), first) / np.sqrt(total)
    covered = np.add.reduceat(off.cadence, first) > 0.5 * width
    edge = _at_gap(light.time, off.time[0] + (names + 0.5) * width, duration)
    return lacking[covered], edge[covered].astype(np.int64)


def _at_gap(time: FloatArray, moments: FloatArray, duration: float) -> BoolArray:
    """Which moments lie within a duration of a gap longer than a duration, or of an end of the data."""
    gaps = np.flatnonzero(np.diff(time) > max(duration, 0.1))
    edges = np.sort(np.concatenate([[time[0], time[-1]], time[gaps], time[gaps + 1]]))
    place = np.clip(np.searchsorted(edges, moments), 1, edges.size - 1)
    near = np.minimum(np.abs(moments - edges[place - 1]), np.abs(edges[place] - moments))
    return np.asarray(near < duration)


def _events(light: Light, away: FloatArray, number: _Numbers, red: float, duration: float) -> tuple[Event, ...]:
    core = np.abs(away) < 0.4 * duration
    found = []
    for epoch in np.unique(number[core]):
        rows = core & (number == epoch)
        weight = np.square(1.0 / light.err[rows])
        depth = float(np.average(1.0 - light.flux[rows], weights=weight))
        near = bool(_at_gap(light.time, np.array([np.mean(light.time[rows] - away[rows])]), duration)[0])
        found.append(Event(int(epoch), depth, red / math.sqrt(float(weight.sum())), near))
    return tuple(found)


def _binned(
    light: Light,
    away: FloatArray,
    parity: _Numbers,
    period: float,
    duration: float,
    secondary: tuple[float, float] | None,
    reach: float,
) -> FoldedCurve:
    """The fold itself, its points or means of them; errors widened where what lies beside the dip scatters more."""
    flux, error, exposure = light.flux, light.err, light.exposure
    if away.size > _MOST_POINTS:
        width = _BIN_SHARE * duration
        half = math.ceil(reach / width) + 1
        slot = (np.floor(away / width).astype(np.int64) + half) * 2 + parity
        some = np.flatnonzero(np.bincount(slot))
        total = np.bincount(slot, weights=np.square(1.0 / error))[some]

        def mean(values: FloatArray) -> FloatArray:
            return np.asarray(np.bincount(slot, weights=values / np.square(error))[some] / total)

        # points spread over a bin, each of them an exposure: as wide as one exposure of the two lengths squared
        away, flux, exposure, parity = mean(away), mean(flux), np.hypot(mean(exposure), width), some % 2
        error = 1.0 / np.sqrt(total)
    beside = np.abs(away) > _OUTSIDE * duration
    if beside.sum() >= 10:
        error = error * max(1.0, robust_scatter((flux[beside] - 1.0) / error[beside]))
    return FoldedCurve(
        time_days=away,
        flux=flux,
        flux_err=error,
        exposure_days=exposure,
        period_days=period,
        duration_days=duration,
        parity=parity.astype(np.int64),
        covers_orbit=bool(reach >= 0.499 * period),
        secondary_depth=0.0 if secondary is None else secondary[0],
        secondary_error=None if secondary is None else secondary[1],
    )


def _folded_noise(light: Light, away: FloatArray, period: float, duration: float) -> tuple[FloatArray, FloatArray]:
    """How folded light off the dip hangs together over lags of 0 … 2 REACH durations: products of bins of the same
    fold, so that what repeats with the period stays and what does not averages out."""
    width = 2.0 * _BIN_SHARE * duration
    lags = np.arange(0.0, 2.0 * REACH * duration + width, width)
    off = np.abs(away) > _OUTSIDE * duration
    bins = int(period / width)
    if bins < 40 or off.sum() < 100:
        return lags, np.zeros(lags.size)
    slot = np.clip(np.floor((away[off] / period + 0.5) * bins).astype(np.int64), 0, bins - 1)
    weight = np.square(1.0 / light.err[off])
    count, total = np.bincount(slot, minlength=bins), np.bincount(slot, weights=weight, minlength=bins)
    some = count >= 3
    mean = np.zeros(bins)
    mean[some] = np.bincount(slot, weights=weight * (light.flux[off] - 1.0), minlength=bins)[some] / total[some]
    mean[some] -= mean[some].mean()
    answer = np.zeros(lags.size)
    answer[0] = float(np.mean(np.square(mean[some]) - 1.0 / total[some]))
    for k in range(1, lags.size):
        pair = some & np.roll(some, -k)
        answer[k] = float(np.mean((mean * np.roll(mean, -k))[pair])) if pair.any() else 0.0
    return lags, answer if answer[0] > 0 else np.zeros(lags.size)
