"""Phase-binned search with limb-darkened templates: the engine "larun".

For each trial period the points are folded into phase bins that are twenty times finer than the shortest duration
tried there; joining pairs of bins again and again gives every duration between 10 and 20 bins. Sliding the template
over them gives the chi-square gained by the best-fitting depth at every mid-transit time at once: with
dip y = 1 - flux, weights w = 1/err^2 and template a,

    depth = sum(w a y) / sum(w a^2),    delta chi2 = sum(w a y)^2 / sum(w a^2)     (dips only),

which is the statistic of transit least squares (Hippke & Heller 2019, A&A 623, A39) without its sort of every point.
The best of each period is then tried once more on bins half as wide, between neighbouring times and durations.

Points are not folded for every period anew. The light curve is cut into chunks; within a chunk the phases at
neighbouring periods differ by less than a bin, so a chunk is folded once for a group of periods and then only turned,
as one piece, to where each of them wants it (the idea of fast folding, Staelin 1969, with two levels).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from science.lightcurve import FloatArray, IntArray
from science.limb_darkening import limb_darkening_of
from science.search.durations import DurationGrid, duration_grid
from science.search.kernels import FINE_DURATIONS, MOST_FINE_TAPS, MOST_TAPS, search_block
from science.search.results import PeriodGrid, Periodogram, Progress, SearchSettings
from science.search.spectrum import detection_efficiency, signal_residue
from science.search.templates import TransitShape, taps, transit_shape
from science.stars import Star

#: Templates slide over this many to twice as many phase bins; the refinement and the fold are twice as fine.
BINS_PER_DURATION = 10
#: A template must hold at least this many points, and this share of what even coverage of all phases would give.
LEAST_POINTS = 3.0
LEAST_SHARE = 0.1
#: Cadences are averaged before folding while they stay below this part of the shortest duration tried.
PREBIN_SHARE = 0.05
#: Sharing one fold among neighbouring periods may misplace a point by at most so many of the finest bins.
MOST_DRIFT_BINS = 1.0
#: A pause longer than this many cadences (and a quarter of a day) ends a stretch of data.
GAP_CADENCES = 5
GAP_DAYS = 0.25
#: Seconds on one core: to fold one point, to merge one cell, to start on a chunk, to multiply one template bin. They
#: only steer how work is cut up; the result hardly depends on them.
FOLD_S, MERGE_S, CHUNK_S, MULTIPLY_S = 2e-9, 0.1e-9, 15e-9, 0.03e-9
#: Work between two calls of `progress`.
SECONDS_PER_CHUNK = 0.05


@dataclass(frozen=True, slots=True)
class _Points:
    """Points ready to fold: days from the reference time (sorted), weights of mean 1, weighted dips."""

    time: FloatArray
    w: NDArray[np.float32]
    wx: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Templates:
    """All templates of one block of periods that share the shortest duration."""

    bin_days: float
    n_levels: int
    a: NDArray[np.float32]
    a_sq: NDArray[np.float32]
    lengths: IntArray
    levels: IntArray
    fine: NDArray[np.float32]
    fine_lengths: IntArray
    fine_bins: FloatArray


@dataclass(frozen=True, slots=True)
class _Task:
    """Periods `lo:hi` to be searched by one call of the kernel."""

    lo: int
    hi: int
    points: _Points
    templates: _Templates
    first: NDArray[np.int64]  # index of the first point of each chunk, and the number of points
    group: int  # neighbouring periods that share one fold of the chunks


def search_periods(
    time_bjd: FloatArray,
    flux: FloatArray,
    flux_err: FloatArray,
    grid: PeriodGrid,
    star: Star | None,
    settings: SearchSettings,
    progress: Progress | None = None,
    *,
    n_threads: int = 1,
) -> Periodogram:
    """Search a relative light curve (median 1, shapes (n,), no NaN, any order) for limb-darkened dips.

    Returns the best template at every period of `grid`. `progress(done, all)` is called several times a second from
    the calling thread; an exception from it ends the search and comes out of here.

    Raises ValueError where the arrays do not fit together, hold NaN, or fewer than ten points.
    """
    time, dip, weight = checked(time_bjd, flux, flux_err)
    periods = np.array(grid.periods_days, dtype=np.float64)  # a copy: kernels are compiled for writable arrays
    known_star = star if settings.use_stellar_density else None
    cadence = typical_cadence_days(time)
    durations = duration_grid(periods, known_star, settings.duration_step, cadence_days=cadence)
    shape = transit_shape(*limb_darkening_of(star))
    reference = float(0.5 * (time[0] + time[-1]))
    mean_weight = float(weight.mean())

    n = len(periods)
    delta_chi2 = np.zeros(n)
    duration = np.zeros(n)
    centre = np.zeros(n)
    depth = np.zeros(n)

    n_scouts = np.maximum((durations.stop - durations.first) // 2, 1).astype(np.int32)
    starts, ends = _stretches(time - reference, cadence)

    def run(task: _Task) -> int:
        lo, hi, points, t = task.lo, task.hi, task.points, task.templates
        search_block(
            points.time,
            points.w,
            points.wx,
            task.first,
            starts,
            ends,
            settings.min_transits,
            periods[lo:hi],
            n_scouts[lo:hi],
            task.group,
            t.bin_days,
            t.n_levels,
            t.a,
            t.a_sq,
            t.lengths,
            t.levels,
            t.fine,
            t.fine_lengths,
            t.fine_bins,
            np.float32(LEAST_POINTS),
            np.float32(LEAST_SHARE),
            delta_chi2[lo:hi],
            duration[lo:hi],
            centre[lo:hi],
            depth[lo:hi],
        )
        return hi - lo

    tasks = _tasks(periods, durations, shape, time - reference, dip, weight / mean_weight, cadence)
    _run_all(tasks, run, n, progress, n_threads)

    delta_chi2 *= mean_weight
    chi2_constant = float(np.sum(weight * dip**2))
    sr = signal_residue(delta_chi2, chi2_constant)
    power, sde = detection_efficiency(sr, grid.oversampling)
    notes = list(durations.notes)
    if sde == 0.0:
        notes.append("No dip was found at any period.")
    return Periodogram(
        engine="larun",
        periods_days=periods,
        sr=sr,
        power=power,
        duration_days=duration,
        epoch_bjd=np.where(delta_chi2 > 0, reference + centre, np.nan),
        depth=depth,
        delta_chi2=delta_chi2,
        sde=sde,
        best_index=int(np.argmax(power)),
        notes=tuple(notes),
    )


def checked(time_bjd: FloatArray, flux: FloatArray, flux_err: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Times sorted, dips 1 - flux, weights 1/err^2; ValueError where a search would be meaningless."""
    time = np.asarray(time_bjd, dtype=np.float64)
    flux = np.asarray(flux, dtype=np.float64)
    error = np.asarray(flux_err, dtype=np.float64)
    if time.ndim != 1 or time.shape != flux.shape or time.shape != error.shape:
        raise ValueError("Times, brightness and errors must be one-dimensional and of equal length.")
    if time.size < 10:
        raise ValueError(f"A search needs at least ten points; there are {time.size}.")
    if not (np.isfinite(time).all() and np.isfinite(flux).all() and np.isfinite(error).all() and (error > 0).all()):
        raise ValueError("Times, brightness and errors must be finite, and errors positive.")
    order = np.argsort(time, kind="stable")
    time, flux, error = time[order], flux[order], error[order]
    if time[-1] <= time[0]:
        raise ValueError("All points have the same time.")
    return time, 1.0 - flux, 1.0 / error**2


def typical_cadence_days(time: FloatArray) -> float:
    """Median step between sorted times, days; steps of zero do not count."""
    steps = np.diff(time)
    steps = steps[steps > 0]
    return float(np.median(steps)) if steps.size else 0.0


def warm_up() -> None:
    """Compile the kernels, or load them from numba's cache, by a search of a small made-up curve (negligible work)."""
    time = np.arange(400, dtype=np.float64) * 0.02
    flux = np.where(np.abs(time % 2.0 - 1.0) < 0.05, 0.999, 1.0)
    periods = np.array([1.5, 1.6, 1.8, 1.9, 2.0, 2.1, 2.3, 2.5])
    grid = PeriodGrid(periods, 1.5, 2.5, 3)
    search_periods(time, flux, np.full(400, 1e-4), grid, None, SearchSettings())


def _tasks(
    periods: FloatArray,
    durations: DurationGrid,
    shape: TransitShape,
    time: FloatArray,
    dip: FloatArray,
    weight: FloatArray,
    cadence_days: float,
) -> Iterator[_Task]:
    """Stretches of neighbouring periods that share templates and points, small enough to report progress between."""
    edges = np.flatnonzero(np.diff(durations.first)) + 1
    points_of: dict[int, _Points] = {}
    for start, stop in zip([0, *edges], [*edges, len(periods)], strict=True):
        lo, hi = int(start), int(stop)
        first = int(durations.first[lo])
        templates = _templates(durations, shape, first, int(durations.stop[lo:hi].max()))
        factor = _prebin_factor(cadence_days, float(durations.durations_days[first]))
        if factor not in points_of:
            points_of[factor] = _prebinned(time, dip, weight, cadence_days * factor if factor > 1 else 0.0)
        points = points_of[factor]
        chunk_first, group, fold_s = _sharing(points.time, periods[lo:hi], templates.bin_days)
        multiplications = 2 * float(np.sum(templates.lengths / 2.0**templates.levels))
        seconds = fold_s + MULTIPLY_S * multiplications * float(periods[hi - 1]) / templates.bin_days
        # Whole groups, so that results do not depend on where the work is cut.
        size = max(1, int(SECONDS_PER_CHUNK / seconds / group)) * group
        for i in range(lo, hi, size):
            yield _Task(i, min(i + size, hi), points, templates, chunk_first, group)


def _sharing(time: FloatArray, periods: FloatArray, bin_days: float) -> tuple[NDArray[np.int64], int, float]:
    """How many chunks to cut the points into, how many neighbouring periods share their fold, and the seconds it takes.

    Within a chunk of length L the points of a period that lies df from the centre of its group drift by at most
    L/2 * df * n_bins phase bins; that must stay within `MOST_DRIFT_BINS`.
    """
    alone = np.array([0, time.size], dtype=np.int64)
    span = float(time[-1] - time[0])
    frequency = 1.0 / periods
    best = (alone, 1, FOLD_S * time.size + 2 * MERGE_S * float(periods[-1]) / bin_days)
    if len(periods) < 4:
        return best
    step = float(np.max(-np.diff(frequency)))
    bins = float(periods[-1]) / bin_days
    for n_chunks in (8, 16, 32, 64, 128, 256, 512):
        length = span / n_chunks
        # The farthest period lies (group - 1) / 2 steps from the centre, the farthest point L / 2 from the middle.
        group = min(1 + int(4 * MOST_DRIFT_BINS / (length * step * bins)), 64, len(periods))
        if group < 2:
            continue
        slot = np.floor((time - time[0]) / length).astype(np.int64)
        cuts = np.flatnonzero(np.diff(slot)) + 1
        first = np.concatenate([[0], cuts, [time.size]]).astype(np.int64)
        turns = (time[first[1:] - 1] - time[first[:-1]]) * float(frequency[0])
        cells = float(np.sum(np.minimum(turns, 1.0))) * bins
        seconds = FOLD_S * time.size / group + MERGE_S * cells * (2 + 1 / group) + CHUNK_S * len(first)
        if seconds < best[2]:
            best = (first, group, seconds)
    return best


def _stretches(time: FloatArray, cadence_days: float) -> tuple[FloatArray, FloatArray]:
    """First and last times of the stretches between gaps, widened by half a cadence; time sorted."""
    gap = max(GAP_CADENCES * cadence_days, GAP_DAYS)
    cuts = np.flatnonzero(np.diff(time) > gap)
    half = 0.5 * cadence_days
    starts = np.concatenate([time[:1], time[cuts + 1]]) - half
    ends = np.concatenate([time[cuts], time[-1:]]) + half
    return starts, ends


def _templates(durations: DurationGrid, shape: TransitShape, first: int, stop: int) -> _Templates:
    """Templates for the durations `first:stop`: every second one slides over the bins, the refinement fills in.

    Sliding only over durations `first` + 1, + 3, … costs nothing that matters: next to the best duration a template
    keeps 98 % of the signal-to-noise, and the refinement has it back.
    """
    step = durations.step
    scouts = durations.durations_days[first] * step ** np.arange(1, max(stop - first, 2), 2)
    bin_days = float(scouts[0]) / (2 * BINS_PER_DURATION)
    n = len(scouts)
    a = np.zeros((n, MOST_TAPS), dtype=np.float32)
    lengths = np.zeros(n, dtype=np.int32)
    levels = np.zeros(n, dtype=np.int32)
    fine = np.zeros((FINE_DURATIONS * n, MOST_FINE_TAPS), dtype=np.float32)
    fine_lengths = np.zeros(FINE_DURATIONS * n, dtype=np.int32)
    fine_bins = np.zeros(FINE_DURATIONS * n)
    for d in range(n):
        bins = float(scouts[d]) / bin_days
        levels[d] = math.floor(math.log2(bins / BINS_PER_DURATION) + 1e-9)
        bins /= 2.0 ** levels[d]
        lengths[d] = math.ceil(bins - 1e-9)
        a[d, : lengths[d]] = taps(shape, bins, int(lengths[d]))
        for row, power in enumerate(np.linspace(-1.0, 1.0, FINE_DURATIONS), FINE_DURATIONS * d):
            fine_bins[row] = 2 * bins * step**power
            fine_lengths[row] = 2 * math.ceil(0.5 * fine_bins[row] - 1e-9)
            fine[row, : fine_lengths[row]] = taps(shape, float(fine_bins[row]), int(fine_lengths[row]))
    return _Templates(bin_days, int(levels.max()) + 1, a, a**2, lengths, levels, fine, fine_lengths, fine_bins)


def _prebin_factor(cadence_days: float, shortest_days: float) -> int:
    if cadence_days <= 0:
        return 1
    return max(1, int(PREBIN_SHARE * shortest_days / cadence_days))


def _prebinned(time: FloatArray, dip: FloatArray, weight: FloatArray, width_days: float) -> _Points:
    """Weighted means of time and dip in slots of `width_days` (0: every point by itself); time sorted."""
    if width_days > 0:
        slot = np.floor((time - time[0]) / width_days)
        starts = np.flatnonzero(np.concatenate([[True], slot[1:] != slot[:-1]]))
        w = np.add.reduceat(weight, starts)
        time = np.add.reduceat(weight * time, starts) / w
        wx = np.add.reduceat(weight * dip, starts)
    else:
        w, wx = weight, weight * dip
    return _Points(np.ascontiguousarray(time), w.astype(np.float32), wx.astype(np.float32))


def _run_all(
    tasks: Iterator[_Task],
    run: Callable[[_Task], int],
    n: int,
    progress: Progress | None,
    n_threads: int,
) -> None:
    """Run every task, here or in threads (the kernels release the lock), and tell `progress` from this thread."""
    done = 0
    if progress is not None:
        progress(0, n)
    if n_threads <= 1:
        for task in tasks:
            done += run(task)
            if progress is not None:
                progress(done, n)
        return
    with ThreadPoolExecutor(max_workers=n_threads, thread_name_prefix="search") as pool:
        waiting: set[Future[int]] = set()
        try:
            for next_task in chain(tasks, repeat(None)):
                if next_task is not None:
                    waiting.add(pool.submit(run, next_task))
                    if len(waiting) <= 2 * n_threads:
                        continue
                if not waiting:
                    return
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                done += sum(f.result() for f in finished)
                if progress is not None:
                    progress(done, n)
        finally:
            for future in waiting:
                future.cancel()
