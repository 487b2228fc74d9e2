"""The frames of a movie that show a dip, and those just before and after it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from science.folding import transit_times
from science.lightcurve import BoolArray, FloatArray
from science.limb_darkening import limb_darkening_of
from science.pixels import PixelCube
from science.search.occultation import DipShape, dip_shape
from science.search.refit import in_transit
from science.search.results import DipMeasurement
from science.stars import Star
from science.vetting.evidence import Ephemeris

#: Frames within this many durations of mid-transit show the dip, those between the other two show the star beside it.
IN_DURATIONS = 0.4
OUT_DURATIONS = (0.75, 2.0)
_FEWEST_OUT_EACH_SIDE = 2
_FEWEST_OUT = 5


class NoEvents(ValueError):
    """No dip of the movie can be used; the message says why, for the user."""


@dataclass(frozen=True, slots=True)
class Event:
    """One dip with its surroundings. `frames` (n,) index the movie; `shape` (n,) is the dip's shape, 1 at mid-transit
    and 0 outside; `days` (n,) counts from mid-transit."""

    frames: NDArray[np.int64]
    days: FloatArray
    shape: FloatArray


def pixel_mask(cube: PixelCube) -> BoolArray:
    """True for pixels with data in most of the usable frames, shape (rows, columns)."""
    usable = cube.usable
    if not usable.any():
        return np.zeros(cube.shape, dtype=np.bool_)
    finite = np.isfinite(cube.flux[usable])
    return np.asarray(finite.mean(axis=0) > 0.5)


def events_of(
    cube: PixelCube, dip: DipMeasurement, star: Star, pixels: BoolArray, others: Sequence[Ephemeris] = ()
) -> tuple[tuple[Event, ...], int]:
    """All usable dips of a movie, and how many were left out for having too few frames.

    `pixels` (rows, columns) are those that must be finite in a frame. Frames in transits of `others` do not count.
    The surroundings end before the neighbouring dip of the same signal. Raises NoEvents where no dip is left.
    """
    if not pixels.any():
        raise NoEvents(f"The pixel movie {cube.label} holds no data.")
    time = cube.time_bjd
    good = cube.usable & np.isfinite(time)
    good[good] = np.isfinite(cube.flux[good][:, pixels]).all(axis=1)
    for period, epoch, duration in others:
        good[good] = ~in_transit(time[good], period, epoch, duration, widths=1.2)
    frames = np.flatnonzero(good)
    if frames.size == 0:
        raise NoEvents(f"No frame of the pixel movie {cube.label} passes the quality mask.")
    duration, period = dip.duration_days, dip.period_days
    reach = min(OUT_DURATIONS[1] * duration, period - OUT_DURATIONS[0] * duration)
    start = OUT_DURATIONS[0] * duration
    if reach < start + 0.15 * duration:
        raise NoEvents("The dips fill so much of the period that no light beside them is left to compare with.")
    shape = _shape(dip, star, cube.exposure_days)
    frames = frames[np.argsort(time[frames], kind="stable")]
    ordered = time[frames]
    found, partial = [], 0
    for middle in transit_times(period, dip.epoch_bjd, ordered[0] - duration, ordered[-1] + duration):
        low, high = np.searchsorted(ordered, [middle - reach, middle + reach])
        rows = frames[low:high]
        days = time[rows] - middle
        inside = np.abs(days) <= max(IN_DURATIONS * duration, 0.5 * cube.exposure_days)
        outside = np.abs(days) >= start
        left, right = np.count_nonzero(outside & (days < 0)), np.count_nonzero(outside & (days > 0))
        if not inside.any():
            continue
        if min(left, right) < _FEWEST_OUT_EACH_SIDE or left + right < _FEWEST_OUT:
            partial += 1
            continue
        keep = inside | outside
        value = np.where(inside[keep], shape.at(days[keep], duration), 0.0)
        if np.square(value).sum() < 0.25:
            partial += 1
            continue
        found.append(Event(rows[keep], days[keep], value))
    if not found:
        reason = "has too few frames around its dips" if partial else "shows no dip: all fall into gaps or outside it"
        raise NoEvents(f"The pixel movie {cube.label} {reason}.")
    return tuple(found), partial


def _shape(dip: DipMeasurement, star: Star, exposure_days: float) -> DipShape:
    ratio = min(max(dip.radius_ratio, 1e-3), 0.5) if math.isfinite(dip.radius_ratio) else 0.1
    impact = min(max(dip.impact_parameter, 0.0), 0.95) if math.isfinite(dip.impact_parameter) else 0.0
    return dip_shape(ratio, impact, limb_darkening_of(star), exposure_days / dip.duration_days)


def design(event: Event, pointing: FloatArray | None) -> FloatArray:
    """Columns that explain one event's light: the dip's shape first, then level, slope and pointing. Shape (n, p).

    The pointing (column, row) takes part where there are frames enough to tell it from the dip.
    """
    columns = [event.shape, np.ones(event.days.size), event.days / max(np.abs(event.days).max(), 1e-9)]
    if pointing is not None and event.days.size >= 20:
        local = pointing[event.frames]
        if np.isfinite(local).all():
            columns.extend((local - local.mean(axis=0)).T)
    return np.column_stack(columns)
