"""Put sectors, quarters and cadences of one star on one relative scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from science.gap_filling import GapFill, fill_gaps
from science.level_steps import lasting_steps
from science.lightcurve import BoolArray, FloatArray, IntArray, LightCurve, Segment, StitchedCurve
from science.noise import noise_by_duration, point_to_point_scatter, robust_scatter
from science.quality import momentum_dumps

__all__ = ["NothingUsable", "StitchSettings", "noise_by_duration", "stitch"]

Normalise = Literal["median", "mean", "running"]

#: Fewer measurements than this say nothing about a dip that repeats.
MIN_POINTS = 20
#: A stretch with fewer points or less time than this takes the level of its sector instead of its own.
MIN_LEVEL_POINTS = 10
MIN_LEVEL_DAYS = 0.25
#: `normalise="running"` divides by a running median over this time, much longer than any transit.
RUNNING_WINDOW_DAYS = 5.0
#: Of two products of one stretch of time the shorter cadence is preferred though its noise per hour is a little higher:
#: by 24 % for 2 against 30 minutes, 15 % for 20 seconds against 2 minutes.
CADENCE_PREMIUM = 0.08
#: Errors given in a file lift the measured scatter only when they are believable, not placeholders like 1.0.
MAX_ERROR_OVER_SCATTER = 3.0


class NothingUsable(ValueError):
    """No measurement is left to work with. The message is a sentence for the user, with counts."""


@dataclass(frozen=True, slots=True)
class StitchSettings:
    """How sectors are joined. Gaps longer than `segment_gap_days` (and steps at momentum dumps) start a segment."""

    normalise: Normalise = "median"
    gap_fill: GapFill = "none"
    segment_gap_days: float = 0.5


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows `start:stop` of one curve that become one segment."""

    curve: LightCurve
    start: int
    stop: int
    label: str

    def rows(self) -> slice:
        return slice(self.start, self.stop)


def stitch(curves: Sequence[LightCurve], settings: StitchSettings | None = None) -> StitchedCurve:
    """Join light curves of one star into one, median 1 in each segment, sorted by time.

    Every curve is cut where its usable rows leave a gap, and at momentum dumps where the level steps; each segment is
    divided by its own level and gets the scatter measured in it as error, so that 20-s, 2-min and 30-min data weigh
    what they are worth. Where two curves cover the same time, the one with the lower noise per hour is kept (the
    shorter cadence when they are alike) and a note says so. Rows that the quality mask leaves out stay in, not usable.

    Raises NothingUsable when fewer than 20 usable measurements are left or none of them varies.
    """
    chosen = settings or StitchSettings()
    if not chosen.segment_gap_days > 0:
        raise ValueError("segment_gap_days must be positive")
    if not curves:
        raise NothingUsable(f"No light curve was given; at least {MIN_POINTS} measurements are needed.")
    notes: list[str] = []
    clean = [_clean(curve, notes) for curve in curves]
    n_usable = sum(int(np.count_nonzero(curve.usable)) for curve in clean)
    n_rows = sum(curve.time_bjd.size for curve in curves)
    if n_usable < MIN_POINTS:
        raise NothingUsable(
            f"Only {n_usable:,} of {n_rows:,} measurements can be used after the quality mask; "
            f"at least {MIN_POINTS} are needed."
        )
    pieces = _pieces(_labelled(clean), chosen.segment_gap_days, notes)
    stitched = _assemble(pieces, chosen, notes)
    return fill_gaps(stitched, chosen.gap_fill, chosen.segment_gap_days)


def _clean(curve: LightCurve, notes: list[str]) -> LightCurve:
    """The curve with finite, strictly ascending times, and usable only where the flux is finite."""
    time = curve.time_bjd
    usable = curve.usable & np.isfinite(curve.flux)
    result = curve if np.array_equal(usable, curve.usable) else replace(curve, usable=usable)
    if np.all(np.diff(time) > 0) and np.all(np.isfinite(time)):
        return result
    finite = np.flatnonzero(np.isfinite(time))
    # Of rows with one and the same time the first usable one stays.
    order = finite[np.lexsort((~usable[finite], time[finite]))]
    first = np.concatenate(([True], np.diff(time[order]) > 0)) if order.size else np.zeros(0, dtype=np.bool_)
    n_twice = int(order.size - np.count_nonzero(first))
    if n_twice:
        notes.append(f"{curve.label}: {n_twice:,} rows repeat a time stamp and were left out.")
    rows = order[first]
    return replace(
        curve,
        time_bjd=time[rows],
        flux=curve.flux[rows],
        flux_err=curve.flux_err[rows],
        quality=curve.quality[rows],
        usable=usable[rows],
    )


def _labelled(curves: list[LightCurve]) -> list[tuple[LightCurve, str]]:
    """Each curve with a label of its own: equal labels get the cadence added, then a number."""
    labels = [curve.label for curve in curves]
    twice = {label for label in labels if labels.count(label) > 1}
    result: list[tuple[LightCurve, str]] = []
    taken: set[str] = set()
    for curve, label in zip(curves, labels, strict=True):
        name = f"{label} ({_cadence_words(curve.cadence_days)})" if label in twice else label
        unique, number = name, 2
        while unique in taken:
            unique, number = f"{name} #{number}", number + 1
        taken.add(unique)
        result.append((curve, unique))
    return result


def _cadence_words(cadence_days: float) -> str:
    seconds = cadence_days * 86400.0
    if not np.isfinite(seconds) or seconds <= 0:
        return "unknown cadence"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _pieces(curves: list[tuple[LightCurve, str]], gap_days: float, notes: list[str]) -> list[_Piece]:
    """Cut all curves into segments in order of time, none of which overlaps another."""
    ranked = sorted(curves, key=lambda pair: _rank(pair[0]))
    kept: list[_Piece] = []
    starts = np.zeros(0)
    stops = np.zeros(0)
    for curve, label in ranked:
        new: list[_Piece] = []
        covered_rows = 0
        for start, stop in _stretches(curve.time_bjd, curve.usable, gap_days):
            time = curve.time_bjd[start:stop]
            free = ~_inside(time, starts, stops)
            covered_rows += int(free.size - np.count_nonzero(free))
            for a, b in _free_runs(time, free, starts):
                whole = a == 0 and b == stop - start
                # Slivers beside a better curve would be segments of their own without a level worth the name.
                if whole or time[b - 1] - time[a] > gap_days:
                    new.append(_Piece(curve, start + a, start + b, label))
        if covered_rows:
            better = {piece.label for piece in kept if _overlap(piece, curve)}
            verdict = "and only filled its gaps" if new else "and was left out"
            notes.append(
                f"{label} covers the same time as {', '.join(sorted(better))}, which has less noise per hour or the "
                f"shorter cadence, {verdict}."
            )
        kept.extend(new)
        spans = sorted((piece.curve.time_bjd[piece.start], piece.curve.time_bjd[piece.stop - 1]) for piece in kept)
        starts = np.array([span[0] for span in spans])
        stops = np.array([span[1] for span in spans])
    kept.sort(key=lambda piece: float(piece.curve.time_bjd[piece.start]))
    return _with_flagged_rows([part for piece in kept for part in _split_at_steps(piece)])


def _with_flagged_rows(pieces: list[_Piece]) -> list[_Piece]:
    """Give the unusable rows before, between and after the segments to the nearer one, so that none is lost.

    Rows are only added where they do not run into another segment; cut points inside one stretch stay as they are.
    """
    grown = list(pieces)
    for index, piece in enumerate(grown):
        time = piece.curve.time_bjd
        start, stop = piece.start, piece.stop
        before = grown[index - 1] if index else None
        after = grown[index + 1] if index + 1 < len(grown) else None
        if before is None:
            start = 0
        elif before.curve is piece.curve:
            start = before.stop
        else:
            start = min(start, int(np.searchsorted(time, before.curve.time_bjd[before.stop - 1], side="right")))
        if after is None:
            stop = time.size
        elif after.curve is piece.curve:
            between = time[stop - 1 : after.start + 1]
            stop += int(np.argmax(np.diff(between)))
        else:
            stop = max(stop, int(np.searchsorted(time, after.curve.time_bjd[after.start], side="left")))
        grown[index] = replace(piece, start=start, stop=stop)
    return grown


def _rank(curve: LightCurve) -> tuple[float, float]:
    """Sort key, the best curve first: noise per hour with a premium on short cadences, then start."""
    start = float(curve.time_bjd[0]) if curve.time_bjd.size else 0.0
    flux = curve.flux[curve.usable]
    level = abs(float(np.median(flux))) if flux.size else 0.0
    scatter = point_to_point_scatter(flux)
    if not (level > 0 and scatter > 0 and curve.cadence_days > 0):
        return float("inf"), start
    return scatter / level * np.sqrt(curve.cadence_days) * curve.cadence_days**CADENCE_PREMIUM, start


def _stretches(time: FloatArray, usable: BoolArray, gap_days: float) -> list[tuple[int, int]]:
    """Row ranges from first to last usable row between gaps of the usable rows."""
    rows = np.flatnonzero(usable)
    if rows.size == 0:
        return []
    breaks = np.flatnonzero(np.diff(time[rows]) > gap_days)
    first = rows[np.concatenate(([0], breaks + 1))]
    last = rows[np.concatenate((breaks, [rows.size - 1]))]
    return [(int(a), int(b) + 1) for a, b in zip(first, last, strict=True)]


def _inside(time: FloatArray, starts: FloatArray, stops: FloatArray) -> BoolArray:
    """True where a time lies in one of the disjoint, sorted intervals."""
    if starts.size == 0:
        return np.zeros(time.shape, dtype=np.bool_)
    index = np.searchsorted(starts, time, side="right") - 1
    return np.asarray((index >= 0) & (time <= stops[np.maximum(index, 0)]), dtype=np.bool_)


def _runs(flags: BoolArray) -> list[tuple[int, int]]:
    """Ranges of consecutive True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _free_runs(time: FloatArray, free: BoolArray, starts: FloatArray) -> list[tuple[int, int]]:
    """Ranges of consecutive free rows, cut also where a kept segment lies in a pause between two rows."""
    between = np.searchsorted(starts, time)
    cuts = np.flatnonzero(np.diff(between) > 0) + 1
    result: list[tuple[int, int]] = []
    for a, b in _runs(free):
        bounds = [a, *cuts[(cuts > a) & (cuts < b)].tolist(), b]
        result.extend(pairwise(bounds))
    return result


def _overlap(piece: _Piece, curve: LightCurve) -> bool:
    start, stop = piece.curve.time_bjd[piece.start], piece.curve.time_bjd[piece.stop - 1]
    first, last = np.searchsorted(curve.time_bjd, [start, stop + 1e-9])
    return bool(last > first)


def _split_at_steps(piece: _Piece) -> list[_Piece]:
    """Cut a segment at the momentum dumps where its level steps for good."""
    rows = piece.rows()
    curve = piece.curve
    dumps = momentum_dumps(curve.quality[rows], curve.mission, curve.pipeline)
    good = curve.usable[rows]
    if not dumps.any() or np.count_nonzero(good) < 4 * MIN_LEVEL_POINTS:
        return [piece]
    time = curve.time_bjd[rows]
    places = np.array([time[(a + b) // 2] for a, b in _runs(dumps)])
    found = lasting_steps(time[good], curve.flux[rows][good], places)
    edges = [piece.start, *(piece.start + np.searchsorted(time, found)).tolist(), piece.stop]
    return [replace(piece, start=int(a), stop=int(b)) for a, b in pairwise(edges)]


def _assemble(pieces: list[_Piece], settings: StitchSettings, notes: list[str]) -> StitchedCurve:
    """Divide each piece by its level and write it into the common arrays."""
    levels = [_level(piece, settings.normalise) for piece in pieces]
    bad = sorted({piece.label for piece, level in zip(pieces, levels, strict=True) if level is None})
    if bad:
        notes.append(
            f"{', '.join(bad)}: stretches whose brightness is not above zero or never changes were left out; "
            f"they cannot be put on a relative scale."
        )
    good = [(piece, level) for piece, level in zip(pieces, levels, strict=True) if level is not None]
    n_usable = sum(int(np.count_nonzero(piece.curve.usable[piece.rows()])) for piece, _ in good)
    if n_usable < MIN_POINTS:
        why = f" {notes[-1]}" if bad else ""
        raise NothingUsable(f"Only {n_usable:,} measurements can be used; at least {MIN_POINTS} are needed.{why}")

    size = sum(piece.stop - piece.start for piece, _ in good)
    time, flux, flux_err = np.empty(size), np.empty(size), np.empty(size)
    quality: IntArray = np.empty(size, dtype=np.int32)
    sector: IntArray = np.empty(size, dtype=np.int32)
    usable: BoolArray = np.empty(size, dtype=np.bool_)
    labels = tuple(dict.fromkeys(piece.label for piece, _ in good))
    segments: list[Segment] = []
    at = 0
    for piece, level in good:
        rows = piece.rows()
        here = slice(at, at + piece.stop - piece.start)
        at = here.stop
        time[here] = piece.curve.time_bjd[rows]
        flux[here] = piece.curve.flux[rows] / level
        quality[here] = piece.curve.quality[rows]
        sector[here] = labels.index(piece.label)
        usable[here] = piece.curve.usable[rows]
        noise = _noise(piece, flux[here], level)
        flux_err[here] = noise
        cadence = _cadence(time[here][usable[here]], piece.curve.cadence_days)
        exposure = piece.curve.exposure_days
        segments.append(Segment(here.start, here.stop, piece.label, cadence, exposure, noise))
    return StitchedCurve(
        target=good[0][0].curve.target,
        time_bjd=time,
        flux=flux,
        flux_err=flux_err,
        quality=quality,
        sector=sector,
        filled=np.zeros(size, dtype=np.bool_),
        labels=labels,
        segments=tuple(segments),
        notes=tuple(notes),
        usable=usable,
    )


def _level(piece: _Piece, normalise: Normalise) -> FloatArray | None:
    """What the piece is divided by, shape () or (rows,); None when it has no positive level or does not vary."""
    rows = piece.rows()
    usable = piece.curve.usable[rows]
    time = piece.curve.time_bjd[rows]
    flux = piece.curve.flux[rows]
    values = flux[usable]
    span = time[usable][-1] - time[usable][0]
    own = values
    if values.size < MIN_LEVEL_POINTS or span < MIN_LEVEL_DAYS:
        values = piece.curve.flux[piece.curve.usable]
    middle = float(np.median(values))
    if not middle > 0 or (own.size >= 3 and np.ptp(own) == 0):
        return None
    if normalise == "running" and own.size >= MIN_LEVEL_POINTS:
        return _running_median(time, flux, usable, middle)
    if normalise == "mean":
        # A mean that flares, eclipses and outliers cannot pull: beyond 4 sigma of the median nothing counts.
        near = np.abs(values - middle) <= 4.0 * max(robust_scatter(values), 1e-12 * middle)
        return np.asarray(np.mean(values[near]), dtype=np.float64)
    return np.asarray(middle, dtype=np.float64)


def _running_median(time: FloatArray, flux: FloatArray, usable: BoolArray, middle: float) -> FloatArray:
    """Running median over five days, evaluated every quarter day and joined by straight lines."""
    t, f = time[usable], flux[usable]
    knots = np.linspace(t[0], t[-1], max(2, int(np.ceil((t[-1] - t[0]) / 0.25)) + 1))
    first = np.searchsorted(t, knots - RUNNING_WINDOW_DAYS / 2)
    last = np.searchsorted(t, knots + RUNNING_WINDOW_DAYS / 2)
    medians = np.array(
        [np.median(f[a:b]) if b - a >= MIN_LEVEL_POINTS else middle for a, b in zip(first, last, strict=True)]
    )
    medians[~(medians > 0)] = middle
    return np.asarray(np.interp(time, knots, medians), dtype=np.float64)


def _noise(piece: _Piece, flux: FloatArray, level: FloatArray) -> float:
    """Scatter of one value of the segment, lifted to the file's own errors where those are believable."""
    rows = piece.rows()
    usable = piece.curve.usable[rows]
    values = flux[usable]
    measured = point_to_point_scatter(values)
    if not measured > 0:
        measured = robust_scatter(values)
    given = piece.curve.flux_err[rows][usable] / (level if level.ndim == 0 else level[usable])
    given = given[np.isfinite(given) & (given > 0)]
    stated = float(np.median(given)) if given.size else float("nan")
    if not measured > 0:
        # Quantised or nearly empty stretches: the file's error, else the scatter of the whole sector.
        whole = piece.curve.flux[piece.curve.usable]
        fallback = robust_scatter(whole) / abs(float(np.median(whole)))
        candidates = [value for value in (stated, fallback, float(np.std(values))) if value > 0]
        return candidates[0] if candidates else 1.0
    if stated > measured and stated <= MAX_ERROR_OVER_SCATTER * measured:
        return stated
    return measured


def _cadence(time: FloatArray, otherwise: float) -> float:
    """Median step of the usable rows; the file's cadence where there are too few."""
    return float(np.median(np.diff(time))) if time.size >= 3 else otherwise
