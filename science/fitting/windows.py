"""Which light a fit uses: the points near the transits, as they are or averaged where averaging loses nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from science import rounding
from science.fitting.results import FitData, Guess
from science.folding import cycle_numbers, phase_days, transit_times
from science.lightcurve import BoolArray, DetrendedCurve, FloatArray, IntArray

#: Points within this many durations (first to fourth contact) of mid-transit: light on both sides as long as the
#: transit itself fixes level and slope, and more of it would ask the star to be straight for longer.
WINDOW_DURATIONS = 1.75
#: A window reaches at least this many exposures past the end of the transit.
WINDOW_EXPOSURES = 4.0
#: Transits of the planets that are not fitted are left out this many durations wide.
MASK_DURATIONS = 1.2
#: A stretch with fewer points, or a whole fit with fewer points, says nothing.
MIN_EVENT_POINTS = 4
MIN_POINTS = 20
#: A noise level is measured from at least this many points; smaller blocks share the level of a neighbour.
MIN_BLOCK_POINTS = 20
#: Fewer points inside all transits together than this cannot tell a transit's shape.
MIN_IN_TRANSIT = 5
#: More transits than this are folded with their neighbours, into so many groups.
MOST_UNFOLDED = 8
GROUPS = 8
#: Bins in transit: so many a duration and an ingress, whatever is finer.
BINS_PER_DURATION = 40.0
BINS_PER_INGRESS = 8.0
#: Beside the transit only level and slope count, which coarse bins hold as well.
COARSE_PER_DURATION = 8.0


class NothingToFit(ValueError):
    """There is no light, or no dip, that a fit could use. The message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Light for the likelihood. `data` is sorted by event; `scatter` is the weighted sum of squares of what averaging
    took out of each block (0 unaveraged), `freedom` the number of raw points of the block less its baseline terms, so
    that the noise level of averaged light is the one of the points; `labels` names the blocks."""

    data: FitData
    scatter: FloatArray
    freedom: FloatArray
    labels: tuple[str, ...]


def usable_rows(curve: DetrendedCurve) -> BoolArray:
    """Rows that may be fitted: used by the search, finite, with a positive error, not made up by gap filling."""
    c = curve.curve
    good = curve.use & np.isfinite(c.time_bjd) & np.isfinite(curve.flux) & np.isfinite(c.flux_err) & ~c.filled
    return np.asarray(good & (np.nan_to_num(c.flux_err) > 0))


def check_guess(guess: Guess) -> None:
    """Raises NothingToFit for numbers that describe no transit."""
    values = (guess.period_days, guess.epoch_bjd, guess.duration_days, guess.radius_ratio, guess.impact_parameter)
    if not all(math.isfinite(v) for v in values):
        raise NothingToFit("Period, mid-transit time, length and radius ratio must all be given as numbers.")
    if guess.period_days <= 0 or guess.duration_days <= 0:
        raise NothingToFit("Period and length of the transit must be positive.")
    if guess.duration_days >= 0.5 * guess.period_days:
        raise NothingToFit(
            f"A transit of {rounding.duration_words(24 * guess.duration_days)} is longer than half of the period of "
            f"{rounding.significant(guess.period_days)} days: no planet in front of its star can do that."
        )


def half_window_days(guess: Guess, exposure_days: float, slack_days: float = 0.0) -> float:
    """How far from mid-transit the light is used, at most just under half a period."""
    wide = max(WINDOW_DURATIONS * guess.duration_days, 0.5 * guess.duration_days + WINDOW_EXPOSURES * exposure_days)
    return float(min(wide + slack_days, 0.49 * guess.period_days))


def select(
    curve: DetrendedCurve, guesses: Sequence[Guess], others: Sequence[Guess] = (), slack_days: float = 0.0
) -> Prepared:
    """Every usable point near a transit of the planets in `guesses`, transits of `others` left out.

    `slack_days` widens the windows where the ephemeris is not sure. An event is one window (or several that overlap,
    of planets fitted together) in one segment, as trends were removed from each segment by itself; events that hold no
    point in transit are dropped. Blocks are sectors. Raises NothingToFit where too little light is left.
    """
    for guess in guesses:
        check_guess(guess)
    rows = np.flatnonzero(usable_rows(curve))
    c = curve.curve
    if rows.size < MIN_POINTS:
        raise NothingToFit(f"Only {rows.size} usable measurements: too few to fit a transit.")
    exposures, segments = np.zeros(c.time_bjd.size), np.zeros(c.time_bjd.size, dtype=np.int32)
    for number, segment in enumerate(c.segments):
        exposures[segment.start : segment.stop] = segment.exposure_days
        segments[segment.start : segment.stop] = number
    time = c.time_bjd[rows]
    starts, stops = _windows(time, guesses, float(np.median(exposures[rows])), slack_days)
    which = np.searchsorted(starts, time, side="right") - 1
    near = (which >= 0) & (time <= stops[np.maximum(which, 0)])
    for other in others:
        reach = 0.5 * MASK_DURATIONS * other.duration_days + 0.5 * exposures[rows]
        near &= np.abs(phase_days(time, other.period_days, other.epoch_bjd)) > reach
    rows, time, which = rows[near], time[near], which[near]
    inside = np.zeros(rows.size, dtype=np.bool_)
    for guess in guesses:
        inner = 0.5 * guess.duration_days + slack_days
        inside |= np.abs(phase_days(time, guess.period_days, guess.epoch_bjd)) < inner
    event = np.unique(which * (len(c.segments) + 1) + segments[rows], return_inverse=True)[1].reshape(-1)
    many = np.bincount(event, minlength=1) >= MIN_EVENT_POINTS
    holds = np.bincount(event, weights=inside, minlength=1) > 0
    keep = (many & holds)[event] if rows.size else np.zeros(0, dtype=np.bool_)
    rows, inside = rows[keep], inside[keep]
    if np.count_nonzero(inside) < MIN_IN_TRANSIT or rows.size < MIN_POINTS:
        raise NothingToFit(
            f"Only {np.count_nonzero(inside)} usable measurements lie in the transits: too few to fit them."
        )
    if not np.any(~inside):
        raise NothingToFit("There is no light beside the transit to measure its depth against.")
    event = np.unique(event[keep], return_inverse=True)[1].reshape(-1).astype(np.int32)
    block, labels = _blocks(c.sector[rows], c.labels)
    order = np.lexsort((c.time_bjd[rows], event))
    rows = rows[order]
    data = FitData(
        time_bjd=c.time_bjd[rows].astype(np.float64),
        flux=curve.flux[rows].astype(np.float64),
        flux_err=c.flux_err[rows].astype(np.float64),
        exposure_days=exposures[rows],
        block=block[order],
        event=event[order],
        n_raw=int(rows.size),
        mode="windowed",
    )
    return Prepared(data, np.zeros(len(labels)), _freedom(data, len(labels)), labels)


def _windows(
    time: FloatArray, guesses: Sequence[Guess], exposure: float, slack: float
) -> tuple[FloatArray, FloatArray]:
    """Starts and ends of the windows around all transits, overlapping ones merged, ascending."""
    spans: list[tuple[float, float]] = []
    for guess in guesses:
        half = half_window_days(guess, exposure, slack)
        mids = transit_times(guess.period_days, guess.epoch_bjd, float(time[0]) - half, float(time[-1]) + half)
        spans.extend((m - half, m + half) for m in mids.tolist())
    if not spans:
        raise NothingToFit("No transit of this period and time falls into the data.")
    spans.sort()
    merged = [spans[0]]
    for start, stop in spans[1:]:
        if start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    both = np.array(merged)
    return both[:, 0], both[:, 1]


def _blocks(sector: IntArray, labels: tuple[str, ...]) -> tuple[IntArray, tuple[str, ...]]:
    """Blocks of one noise level: sectors, those with few points joined to the one before (or after)."""
    present, index = np.unique(sector, return_inverse=True)
    index = index.reshape(-1)
    counts = np.bincount(index)
    groups: list[list[int]] = []
    for i in range(present.size):
        if groups and (counts[i] < MIN_BLOCK_POINTS or sum(counts[j] for j in groups[-1]) < MIN_BLOCK_POINTS):
            groups[-1].append(i)
        else:
            groups.append([i])
    renumber = np.zeros(present.size, dtype=np.int32)
    for number, members in enumerate(groups):
        renumber[members] = number
    names = tuple("+".join(labels[present[i]] for i in members) for members in groups)
    return renumber[index].astype(np.int32), names


def _freedom(data: FitData, n_blocks: int) -> FloatArray:
    """Points of each block less two baseline terms for each event in it."""
    points = np.bincount(data.block, minlength=n_blocks).astype(np.float64)
    events, first = np.unique(data.event, return_index=True)
    terms = np.bincount(data.block[first], weights=np.full(events.size, 2.0), minlength=n_blocks)
    return np.maximum(points - terms, 1.0)


def bin_width_days(duration_days: float, ingress_days: float, snr: float, exposure_days: float) -> float:
    """Width of the bins in transit: an eighth of the ingress, a fortieth of the duration, or single points.

    Moved in time, a transit changes by a box as long as the ingress on either side; a bin at an end of such a box keeps
    its mean and loses the rest, on average a sixth of the bin's width. Bins of an eighth lose 4 % of what the light
    says about the times (2 % of the errors), of a half 17 %. Where the ingress itself is not measured, its error
    T sqrt(6 tau / T) / S/N (Carter et al. 2008, ApJ 689, 499, eq. 23) takes its place.
    """
    share = min(max(ingress_days / duration_days, 1e-4), 0.5)
    error = duration_days * math.sqrt(6.0 * share) / max(snr, 1.0)
    width = min(duration_days / BINS_PER_DURATION, max(ingress_days, error) / BINS_PER_INGRESS)
    # Bins of an exposure or little more would hold now one point and now two: each point then has a bin of its own.
    return width if width > 1.5 * exposure_days else 0.9 * exposure_days


def average(
    prepared: Prepared,
    residual: FloatArray,
    guesses: Sequence[Guess],
    fine: BoolArray,
    width_days: float,
    fold: bool,
) -> Prepared:
    """Averages of a windowed selection; the flux of the answer is the mean `residual` in each bin.

    `residual` (n,) is flux less the best model; the caller adds the model of the bins to its means, so that at the best
    model averaging is exact whatever the bins are. `fine` (n,) marks points in or near a transit: bins of `width_days`
    there, coarse ones beside it, where only level and slope count. Bins never hold points of two exposure times, events
    or blocks; `exposure_days` of a bin is the width of the box that has the variance of the times and exposures in it.
    What is taken out by averaging stays as `scatter`, with the number of points as `freedom`.

    With `fold` (one planet) neighbouring transits are moved onto one, by whole periods of the guess, in `GROUPS`
    groups, after each one's level and slope, from the light beside its transit, are taken off; transits without light
    on both sides stay by themselves. Of what the data say about the period, 1 / groups² is lost.
    """
    data, labels = prepared.data, prepared.labels
    event, time, notes = data.event, data.time_bjd, list(data.notes)
    block, err = data.block, data.flux_err
    scatter, freedom = prepared.scatter, prepared.freedom
    if fold:
        phase = phase_days(data.time_bjd, guesses[0].period_days, guesses[0].epoch_bjd)
        cycle = cycle_numbers(data.time_bjd, guesses[0].period_days, guesses[0].epoch_bjd)
        err = err * _noise_scales(data, residual, prepared.freedom)[block]
        residual, foldable = _levelled(data, residual, err, phase, ~fine)
        event, time = _folded(data, phase, cycle, guesses[0], foldable)
        block, labels = np.zeros_like(block), ("+".join(labels),)
        scatter, freedom = np.zeros(1), np.array([float(freedom.sum())])
        notes.append(
            f"{int(data.event[-1]) + 1} transits were folded with their neighbours into "
            f"{np.unique(event).size} groups; that widens the error of the period by about 1 %."
        )
    coarse = max(min(g.duration_days for g in guesses) / COARSE_PER_DURATION, width_days)
    # Bins are numbered within each event, coarse ones far away from all fine ones.
    since_start = time - np.minimum.reduceat(time[np.argsort(event, kind="stable")], _begins(event))[_dense(event)]
    slot = np.where(fine, np.floor(since_start / width_days), 1_000_000 + np.floor(since_start / coarse))
    exposure = np.round(data.exposure_days * 86400.0)
    keys = np.column_stack((event, block, exposure, slot)).astype(np.int64)
    _, first, index = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    index = index.reshape(-1)
    w = 1.0 / np.square(err)
    total = np.bincount(index, weights=w)
    # Times relative to a point of the bin: a date has no digits left for the square of minutes.
    since = time - time[first][index]
    mean_since = np.bincount(index, weights=w * since) / total
    spread = np.bincount(index, weights=w * np.square(since - mean_since[index])) / total
    mean = np.bincount(index, weights=w * residual) / total
    inner = w * np.square(residual - mean[index])
    bins = FitData(
        time_bjd=time[first] + mean_since,
        flux=mean,
        flux_err=1.0 / np.sqrt(total),
        exposure_days=np.sqrt(12.0 * spread + np.square(data.exposure_days[first])),
        block=block[first].astype(np.int32),
        event=_dense(event)[first],
        n_raw=data.n_raw,
        mode="binned",
        notes=tuple(notes),
    )
    order = np.lexsort((bins.time_bjd, bins.event))
    bins = replace(bins, **{name: getattr(bins, name)[order] for name in _ARRAYS})
    return Prepared(bins, scatter + np.bincount(block, weights=inner, minlength=len(labels)), freedom, labels)


def _dense(event: IntArray) -> IntArray:
    """Event numbers without gaps, from 0."""
    return np.unique(event, return_inverse=True)[1].reshape(-1).astype(np.int32)


def _begins(event: IntArray) -> IntArray:
    """First row of each event once the rows are sorted by event."""
    return np.unique(np.sort(event, kind="stable"), return_index=True)[1].astype(np.int32)


_ARRAYS = ("time_bjd", "flux", "flux_err", "exposure_days", "block", "event")


def _noise_scales(data: FitData, residual: FloatArray, freedom: FloatArray) -> FloatArray:
    """Noise over the given errors in each block, from the residuals about each event's level and slope."""
    flat = residual - baselines(data, residual, data.flux_err, np.ones(residual.size, dtype=np.bool_))[0]
    chi2 = np.bincount(data.block, weights=np.square(flat / data.flux_err), minlength=freedom.size)
    return np.sqrt(np.maximum(chi2 / freedom, 1e-12))


def _levelled(
    data: FitData, residual: FloatArray, err: FloatArray, phase: FloatArray, beside: BoolArray
) -> tuple[FloatArray, BoolArray]:
    """Residuals without each event's level and slope as the light beside its transit gives them, and which points
    belong to events that have such light on both sides; residuals of the others are left as they are."""
    n = int(data.event[-1]) + 1
    before = np.bincount(data.event[beside & (phase < 0)], minlength=n)
    after = np.bincount(data.event[beside & (phase > 0)], minlength=n)
    # A side counts as covered when it has at least a third of what the best-covered side has.
    enough = max(2.0, max(float(before.max()), float(after.max())) / 3.0)
    both = ((before >= enough) & (after >= enough))[data.event]
    line, _ = baselines(data, residual, err, beside)
    return np.where(both, residual - line, residual), both


def _folded(
    data: FitData, phase: FloatArray, cycle: IntArray, guess: Guess, foldable: BoolArray
) -> tuple[IntArray, FloatArray]:
    """New event numbers and times: events that can be folded in groups of neighbours, around each group's middle."""
    cycles = np.unique(cycle[foldable])
    groups = np.array_split(cycles, min(GROUPS, max(cycles.size, 1)))
    event, time = data.event + len(groups), data.time_bjd.copy()
    for number, members in enumerate(groups):
        if not members.size:
            continue
        rows = foldable & (cycle >= members[0]) & (cycle <= members[-1])
        weight = np.bincount(np.searchsorted(members, cycle[rows]), minlength=members.size)
        middle = round(float(np.average(members, weights=weight)))
        event[rows] = number
        time[rows] = guess.epoch_bjd + middle * guess.period_days + phase[rows]
    return np.asarray(event, dtype=np.int32), time


def baselines(data: FitData, values: FloatArray, err: FloatArray, rows: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Weighted straight line through `values` at `rows`, one for each event, evaluated at every point (n,); and the
    slopes, shape (events,). An event with fewer than three rows gets its mean (or 0)."""
    n = int(data.event.max()) + 1
    x = event_coordinate(data)
    w = np.where(rows, 1.0 / np.square(err), 0.0)

    def total(v: FloatArray) -> FloatArray:
        return np.bincount(data.event, weights=w * v, minlength=n).astype(np.float64)

    s0, s1, s2 = total(np.ones_like(x)), total(x), total(x * x)
    y0, y1 = total(values), total(values * x)
    determinant = s0 * s2 - s1 * s1
    sound = (np.bincount(data.event[rows], minlength=n) >= 3) & (determinant > 1e-9 * np.square(s0))
    safe = np.where(sound, determinant, 1.0)
    slope = np.where(sound, (s0 * y1 - s1 * y0) / safe, 0.0)
    level = np.where(s0 > 0, (y0 - slope * s1) / np.where(s0 > 0, s0, 1.0), 0.0)
    return level[data.event] + slope[data.event] * x, slope


def event_coordinate(data: FitData) -> FloatArray:
    """Time within each event from -1 to 1 over the points in it, shape (n,); what the slope multiplies."""
    n = int(data.event.max()) + 1
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, data.event, data.time_bjd)
    np.maximum.at(high, data.event, data.time_bjd)
    half = np.maximum(0.5 * (high - low), 1e-6)
    return np.asarray((data.time_bjd - 0.5 * (low + high)[data.event]) / half[data.event])
