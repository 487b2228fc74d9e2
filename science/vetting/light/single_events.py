"""One transit at a time: how strong, how complete, how well the model fits, what else lies near."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from science.lightcurve import BoolArray, FloatArray, IntArray
from science.vetting.light.dip_fits import transit

if TYPE_CHECKING:
    from science.vetting.light.workings import Workings

#: A step in time longer than this is a gap (days).
GAP_DAYS = 0.3
#: CHASES asks for an event of this share of the transit's strength (Thompson et al. 2018, ApJS 235, 38).
_RIVAL_SHARE = 0.7
#: A transit is dropped when less of its surroundings was observed, its fit is worse, or a rival is nearer (share of the
#: range searched) than these.
_LEAST_OBSERVED, _WORST_CHI2, _NEAREST_RIVAL = 0.75, 5.0, 0.01


@dataclass(frozen=True, slots=True)
class Events:
    """Arrays of shape (k,), one entry for every transit with data; nan where a quantity cannot be told."""

    number: IntArray
    time_bjd: FloatArray  # predicted mid-transit
    depth: FloatArray
    err: FloatArray  # white and red noise
    snr: FloatArray  # SES
    expected_snr: FloatArray  # mean depth over err
    observed: FloatArray  # share of the two durations on either side that has data
    rival: FloatArray  # CHASES: distance of the nearest rival event, 1 for none within a tenth of the period
    reduced_chi2: FloatArray
    beside_gap: BoolArray  # a gap begins or ends within two durations
    bad: BoolArray
    kept: int  # transits that are not bad
    kept_mes: float


def single_events(w: Workings) -> Events:
    """Measure every transit with data of the workings `w`. Raises ValueError where there is none."""
    number = w.events_seen
    if number.size == 0:
        raise ValueError("No point lies in any dip.")
    slot = np.searchsorted(number, w.cycle).astype(np.int32)
    slot = np.where((slot < number.size) & (number[np.minimum(slot, number.size - 1)] == w.cycle), slot, -1).astype(
        np.int32
    )
    series = w.series

    def per_event(rows: BoolArray, values: FloatArray | None = None) -> FloatArray:
        rows = rows & (slot >= 0)
        weights = None if values is None else values[rows]
        return np.bincount(slot[rows], weights=weights, minlength=number.size).astype(np.float64)

    count = per_event(w.inside)
    depth = w.level - per_event(w.inside, w.weight * w.flux) / per_event(w.inside, w.weight)
    err = np.sqrt(series.white**2 / count + series.red**2)
    snr = depth / err
    mid = w.epoch + w.period * number.astype(np.float64)
    observed = np.full(number.size, np.nan)
    n_around = per_event(w.around)
    rows = np.flatnonzero(w.around & (slot >= 0))  # sorted by time, so the points of one transit lie together
    for times in np.split(rows, np.flatnonzero(np.diff(slot[rows])) + 1):
        if times.size >= 2:
            step = float(np.median(np.diff(w.time[times])))
            observed[slot[times[0]]] = times.size * step / (4.0 * w.duration)
    chi2 = np.full(number.size, np.nan)
    if w.transit is not None:
        residual = np.zeros(w.time.size)
        residual[w.around] = np.square((w.window.flux - transit(w.transit.values, w.window)) / w.window.err)
        freedom = n_around - 6
        chi2 = np.where(freedom > 0, per_event(w.around, residual) / np.maximum(freedom, 1), np.nan)
    rival = _rivals(w, slot, snr)
    beside = np.isin(number, w.cycle[w.around & _at_gap(w.time)])
    bad = (observed <= _LEAST_OBSERVED) | (snr < 0) | (chi2 > _WORST_CHI2)
    if number.size <= 5:
        bad |= rival < _NEAREST_RIVAL
    kept, kept_mes = _without(w, slot, bad)
    return Events(
        number=number,
        time_bjd=mid,
        depth=depth,
        err=err,
        snr=snr,
        expected_snr=w.depth / err,
        observed=observed,
        rival=rival,
        reduced_chi2=chi2,
        beside_gap=beside,
        bad=bad,
        kept=kept,
        kept_mes=kept_mes,
    )


def _rivals(w: Workings, slot: IntArray, snr: FloatArray) -> FloatArray:
    """Distance to the nearest event 0.7 times as strong, as a share of the tenth of the period that is searched."""
    reach = 0.1 * w.period
    apart = np.abs(w.phase)
    strength = np.abs(w.series.event_snr)
    rows = (apart > w.duration) & (apart < reach) & (slot >= 0)
    rows[rows] = strength[rows] > _RIVAL_SHARE * snr[slot[rows]]
    nearest = np.full(snr.size, reach)
    np.minimum.at(nearest, slot[rows], apart[rows])
    return nearest / reach


def _at_gap(time: FloatArray) -> BoolArray:
    """True for the points on either edge of a gap; the ends of the data are none."""
    gap = np.diff(time) > GAP_DAYS
    return np.concatenate((gap, [False])) | np.concatenate(([False], gap))


def _without(w: Workings, slot: IntArray, bad: BoolArray) -> tuple[int, float]:
    """Number of good transits, and the MES that they alone give."""
    good = int(np.count_nonzero(~bad))
    rows = w.inside & (slot >= 0)
    rows[rows] = ~bad[slot[rows]]
    if good == 0 or not np.any(rows):
        return 0, 0.0
    weight = w.weight[rows]
    depth = w.level - float(weight @ w.flux[rows] / weight.sum())
    return good, depth / math.sqrt(w.series.white**2 / np.count_nonzero(rows) + w.series.red**2 / good)
