"""Phase-binned search with limb-darkened templates: the engine "larun".

For each trial period the points are folded into phase bins that are at least ten times finer than the shortest
duration tried there; halving the bins again and again gives every duration between 10 and 20 bins. Sliding the
template over them gives the chi-square gained by the best-fitting depth at every mid-transit time at once:
with dip y = 1 - flux, weights w = 1/err^2 and template a,

    depth = sum(w a y) / sum(w a^2),    delta chi2 = sum(w a y)^2 / sum(w a^2)     (dips only),

which is the statistic of transit least squares (Hippke & Heller 2019, A&A 623, A39) without its sort of every point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from science.lightcurve import FloatArray, IntArray
from science.limb_darkening import limb_darkening_of
from science.search.durations import DurationGrid, duration_grid
from science.search.kernels import MOST_TAPS, search_block
from science.search.results import PeriodGrid, Periodogram, Progress, SearchSettings
from science.search.spectrum import detection_efficiency, signal_residue
from science.search.templates import TransitShape, taps, transit_shape
from science.stars import Star

#: Phase bins per shortest duration; the price of a coarser grid is signal-to-noise (0.5 % at 10).
BINS_PER_DURATION = 10
#: A template must hold at least this many points, and this share of what even coverage of all phases would give.
LEAST_POINTS = 3.0
LEAST_SHARE = 0.1
#: Cadences are averaged before folding while they stay below this part of the shortest duration tried.
PREBIN_SHARE = 0.03
#: Work between two calls of `progress`, in point-folds and multiplications (about 0.1 s).
WORK_PER_CHUNK = 5e7


@dataclass(frozen=True, slots=True)
class _Points:
    """Points ready to fold: days from the reference time, weights of mean 1, weighted dips."""

    time: FloatArray
    w: NDArray[np.float32]
    wx: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Templates:
    """All templates of one block of periods that share the shortest duration."""

    first: int  # index of the shortest duration in the duration grid
    bin_days: float
    n_levels: int
    a: NDArray[np.float32]
    a_sq: NDArray[np.float32]
    lengths: IntArray
    levels: IntArray


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
    periods = np.ascontiguousarray(grid.periods_days, dtype=np.float64)
    known_star = star if settings.use_stellar_density else None
    cadence = typical_cadence_days(time)
    durations = duration_grid(periods, known_star, settings.duration_step, cadence_days=cadence)
    shape = transit_shape(*limb_darkening_of(star))
    reference = float(0.5 * (time[0] + time[-1]))
    mean_weight = float(weight.mean())

    n = len(periods)
    delta_chi2 = np.zeros(n)
    duration_index = np.full(n, -1, dtype=np.int32)
    centre = np.zeros(n)
    depth = np.zeros(n)

    def run(chunk: tuple[int, int, _Points, _Templates]) -> int:
        lo, hi, points, t = chunk
        search_block(
            points.time,
            points.w,
            points.wx,
            periods[lo:hi],
            (durations.stop[lo:hi] - t.first).astype(np.int32),
            t.bin_days,
            t.n_levels,
            t.a,
            t.a_sq,
            t.lengths,
            t.levels,
            np.float32(LEAST_POINTS),
            np.float32(LEAST_SHARE),
            delta_chi2[lo:hi],
            duration_index[lo:hi],
            centre[lo:hi],
            depth[lo:hi],
        )
        duration_index[lo:hi] += np.where(duration_index[lo:hi] >= 0, t.first, 0).astype(np.int32)
        return hi - lo

    chunks = _chunks(periods, durations, shape, time - reference, dip, weight / mean_weight, cadence)
    _run_all(chunks, run, n, progress, n_threads)

    delta_chi2 *= mean_weight
    chi2_constant = float(np.sum(weight * dip**2))
    sr = signal_residue(delta_chi2, chi2_constant)
    power, sde = detection_efficiency(sr, grid.oversampling)
    found = duration_index >= 0
    notes = list(durations.notes)
    if sde == 0.0:
        notes.append("No dip was found at any period.")
    return Periodogram(
        engine="larun",
        periods_days=periods,
        sr=sr,
        power=power,
        duration_days=np.where(found, durations.durations_days[duration_index], 0.0),
        epoch_bjd=np.where(found, reference + centre, np.nan),
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
    flux: FloatArray = 1.0 - 1e-3 * (np.abs((time % 2.0) - 1.0) < 0.05)
    periods = np.array([1.5, 1.6, 1.8, 1.9, 2.0, 2.1, 2.3, 2.5])
    grid = PeriodGrid(periods, 1.5, 2.5, 3)
    search_periods(time, flux, np.full(400, 1e-4), grid, None, SearchSettings())


def _chunks(
    periods: FloatArray,
    durations: DurationGrid,
    shape: TransitShape,
    time: FloatArray,
    dip: FloatArray,
    weight: FloatArray,
    cadence_days: float,
) -> Iterator[tuple[int, int, _Points, _Templates]]:
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
        bins = float(periods[hi - 1]) / templates.bin_days
        work = points.time.size * 10 + 2 * bins * 2 * 80
        size = max(1, int(WORK_PER_CHUNK / work))
        for i in range(lo, hi, size):
            yield i, min(i + size, hi), points, templates


def _templates(durations: DurationGrid, shape: TransitShape, first: int, stop: int) -> _Templates:
    shortest = float(durations.durations_days[first])
    bin_days = shortest / BINS_PER_DURATION
    n = stop - first
    a = np.zeros((n, MOST_TAPS), dtype=np.float32)
    a_sq = np.zeros((n, MOST_TAPS), dtype=np.float32)
    lengths = np.zeros(n, dtype=np.int32)
    levels = np.zeros(n, dtype=np.int32)
    for d in range(n):
        bins = float(durations.durations_days[first + d]) / bin_days
        level = max(math.floor(math.log2(bins / BINS_PER_DURATION) + 1e-9), 0)
        values = taps(shape, bins / 2**level)
        levels[d] = level
        lengths[d] = len(values)
        a[d, : len(values)] = values
        a_sq[d, : len(values)] = values**2
    return _Templates(first, bin_days, int(levels.max()) + 1, a, a_sq, lengths, levels)


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
    chunks: Iterator[tuple[int, int, _Points, _Templates]],
    run: Callable[[tuple[int, int, _Points, _Templates]], int],
    n: int,
    progress: Progress | None,
    n_threads: int,
) -> None:
    """Run every chunk, here or in threads (the kernels release the lock), and tell `progress` from this thread."""
    done = 0
    if progress is not None:
        progress(0, n)
    if n_threads <= 1:
        for chunk in chunks:
            done += run(chunk)
            if progress is not None:
                progress(done, n)
        return
    with ThreadPoolExecutor(max_workers=n_threads, thread_name_prefix="search") as pool:
        waiting = set()
        try:
            for chunk in chunks:
                waiting.add(pool.submit(run, chunk))
                if len(waiting) > 2 * n_threads:
                    finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    done += sum(f.result() for f in finished)
                    if progress is not None:
                        progress(done, n)
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                done += sum(f.result() for f in finished)
                if progress is not None:
                    progress(done, n)
        finally:
            for future in waiting:
                future.cancel()
