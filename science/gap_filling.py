"""Fill short gaps inside the segments of a stitched curve. Filled rows are marked and never count as evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from science.lightcurve import BoolArray, FloatArray, Segment, StitchedCurve

GapFill = Literal["none", "interpolate", "model"]

#: Median over this many neighbours on either side anchors a straight line across a gap.
ANCHOR_POINTS = 11
#: Knots of the smooth model, and how far it looks for the level of a knot.
MODEL_STEP_DAYS = 0.1
MODEL_WINDOW_DAYS = 0.5


def fill_gaps(curve: StitchedCurve, how: GapFill, longest_gap_days: float) -> StitchedCurve:
    """Put rows into the missing cadences of every segment, and values in place of unusable ones.

    Only gaps up to `longest_gap_days` lie inside segments, so no longer one is ever filled. "interpolate" draws a
    straight line between the medians on both sides; "model" follows a smooth curve through the whole segment (running
    medians joined by a monotone cubic, Fritsch & Carlson 1980), which keeps the bend of a varying star. No noise is
    added. Filled rows have `filled` set and `usable` not. Returns the curve itself for "none".
    """
    if how == "none":
        return curve
    usable = curve.usable if curve.usable is not None else np.isfinite(curve.flux)
    parts: list[tuple[Any, ...]] = []
    segments: list[Segment] = []
    at = 0
    n_filled = 0
    for segment in curve.segments:
        rows = slice(segment.start, segment.stop)
        times, is_new, source = _complete_times(curve.time_bjd[rows], usable[rows], segment.cadence_days)
        good = np.zeros(times.size, dtype=np.bool_)
        good[~is_new] = usable[rows][source[~is_new]]
        flux = curve.flux[rows][source].copy()
        quality = np.where(is_new, 0, curve.quality[rows][source])
        if np.count_nonzero(good) >= 2:
            model = _line if how == "interpolate" else _smooth
            # Flagged rows before the first and after the last good one are no gap: nothing holds a line there.
            inside = np.logical_or.accumulate(good) & np.logical_or.accumulate(good[::-1])[::-1]
            holes = ~good & inside
            flux[holes] = model(times[good], flux[good], times[holes])
            filled = holes
        else:
            filled = np.zeros(times.size, dtype=np.bool_)
        n_filled += int(np.count_nonzero(filled))
        sector = np.full(times.size, curve.sector[segment.start])
        parts.append((times, flux, np.full(times.size, segment.noise), quality, sector, filled, good))
        segments.append(replace(segment, start=at, stop=at + times.size))
        at += times.size
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    word = "straight lines" if how == "interpolate" else "a smooth model"
    note = f"{n_filled:,} missing or unusable values were filled by {word}; they are shown but not searched."
    return replace(
        curve,
        time_bjd=columns[0],
        flux=columns[1],
        flux_err=columns[2],
        quality=columns[3].astype(np.int32),
        sector=columns[4].astype(np.int32),
        filled=columns[5].astype(np.bool_),
        usable=columns[6].astype(np.bool_),
        segments=tuple(segments),
        notes=(*curve.notes, note),
    )


def _complete_times(
    time: FloatArray, usable: BoolArray, cadence_days: float
) -> tuple[FloatArray, BoolArray, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Times with the missing cadences put in: (times, is new, row of the original each comes from or follows)."""
    steps = np.diff(time)
    missing = np.zeros(time.size, dtype=np.int64)
    if cadence_days > 0 and steps.size:
        good = np.flatnonzero(usable)
        inside = slice(good[0], good[-1]) if good.size >= 2 else slice(0, 0)
        missing[inside] = np.maximum(np.rint(steps[inside] / cadence_days).astype(np.int64) - 1, 0)
    source = np.repeat(np.arange(time.size), missing + 1)
    first = np.concatenate(([0], np.cumsum(missing + 1)[:-1]))
    place = np.arange(source.size) - first[source]
    width = np.concatenate((steps, [0.0]))[source] / (missing[source] + 1)
    return time[source] + place * width, np.asarray(place > 0), source


def _line(time: FloatArray, flux: FloatArray, wanted: FloatArray) -> FloatArray:
    """Straight lines between the medians of the neighbours on both sides of each wanted time."""
    right = np.searchsorted(time, wanted)
    result = np.empty(wanted.size)
    for position in np.unique(right):
        here = right == position
        before = slice(max(0, position - ANCHOR_POINTS), position)
        after = slice(position, position + ANCHOR_POINTS)
        if position == 0 or position == time.size:
            side = after if position == 0 else before
            result[here] = np.median(flux[side])
            continue
        t0, t1 = time[position - 1], time[position]
        share = (wanted[here] - t0) / (t1 - t0)
        result[here] = (1 - share) * np.median(flux[before]) + share * np.median(flux[after])
    return result


def _smooth(time: FloatArray, flux: FloatArray, wanted: FloatArray) -> FloatArray:
    """A smooth curve through running medians of the segment, evaluated at the wanted times."""
    from scipy.interpolate import PchipInterpolator

    n_knots = max(2, int((time[-1] - time[0]) / MODEL_STEP_DAYS) + 1)
    knots = np.linspace(time[0], time[-1], n_knots)
    first = np.searchsorted(time, knots - MODEL_WINDOW_DAYS / 2)
    last = np.searchsorted(time, knots + MODEL_WINDOW_DAYS / 2)
    known = last - first >= 3
    if np.count_nonzero(known) < 2:
        return _line(time, flux, wanted)
    at = np.array([np.mean(time[a:b]) for a, b in zip(first[known], last[known], strict=True)])
    level = np.array([np.median(flux[a:b]) for a, b in zip(first[known], last[known], strict=True)])
    rising = np.concatenate(([True], np.diff(at) > 1e-9))
    if np.count_nonzero(rising) < 2:
        return _line(time, flux, wanted)
    curve = PchipInterpolator(at[rising], level[rising], extrapolate=False)
    inside = np.clip(wanted, at[rising][0], at[rising][-1])
    return np.asarray(curve(inside), dtype=np.float64)
