"""The slow trend of one segment: a robust sliding average that does not bend at edges, gaps and masked transits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.lightcurve import BoolArray, FloatArray
from science.time_bins import TimeBins, bin_in_time

#: A window is worked on in this many averages; finer ones change nothing but the time it takes.
NODES_PER_WINDOW = 48
MIN_NODES = 5
#: The level at an edge comes from a line through this share of a window.
EDGE_SHARE = 0.5
LONGEST_REPEATED_MEDIAN = 200


@dataclass(frozen=True, slots=True)
class Nodes:
    """What the sliding average runs over: short averages of the data, and guesses across gaps and masked transits.

    Arrays of shape (nodes,), sorted; `real` is False for guesses. `step_days` is their usual distance.
    """

    time: FloatArray
    flux: FloatArray
    real: BoolArray
    step_days: float


def make_nodes(
    time: FloatArray,
    flux: FloatArray,
    known: BoolArray,
    cadence_days: float,
    window_days: float,
    per_window: int = NODES_PER_WINDOW,
) -> Nodes | None:
    """Average the `known` rows of one segment and bridge what is missing; None for too few rows."""
    t, f = time[known], flux[known]
    if t.size < MIN_NODES:
        return None
    step = window_days / per_window
    if cadence_days > 0.7 * step:
        step = cadence_days
        bins = TimeBins(t, f, np.ones(t.size))
    else:
        bins = bin_in_time(t, f, step)
        full = bins.count >= 0.25 * np.median(bins.count)
        bins = TimeBins(bins.time[full], bins.flux[full], bins.count[full])
    if bins.time.size < MIN_NODES:
        return None
    return _bridged(bins.time, bins.flux, step, window_days)


def _bridged(time: FloatArray, flux: FloatArray, step: float, window_days: float) -> Nodes:
    """Put guessed nodes into gaps, from a robust parabola through half a window on both sides.

    Without them a window near a gap would hold data on one side only and a slope would become a bend.
    """
    gaps = np.flatnonzero(np.diff(time) > 1.8 * step)
    if gaps.size == 0:
        return Nodes(time, flux, np.ones(time.size, dtype=np.bool_), step)
    times, fluxes, reals = [], [], []
    at = 0
    for gap in gaps:
        here = slice(at, int(gap) + 1)
        times.append(time[here])
        fluxes.append(flux[here])
        reals.append(np.ones(times[-1].size, dtype=np.bool_))
        at = int(gap) + 1
        t0, t1 = time[gap], time[gap + 1]
        n_new = min(round((t1 - t0) / step) - 1, 4 * NODES_PER_WINDOW)
        new = t0 + (t1 - t0) * np.arange(1, n_new + 1) / (n_new + 1)
        near = slice(*np.searchsorted(time, [t0 - 0.5 * window_days, t1 + 0.5 * window_days]))
        n_before, n_after = int(gap) + 1 - near.start, near.stop - int(gap) - 1
        degree = 2 if min(n_before, n_after) >= 6 else 1 if n_before + n_after >= 4 else 0
        times.append(new)
        fluxes.append(_robust_polynomial(time[near], flux[near], new, degree, window_days))
        reals.append(np.zeros(n_new, dtype=np.bool_))
    times.append(time[at:])
    fluxes.append(flux[at:])
    reals.append(np.ones(times[-1].size, dtype=np.bool_))
    return Nodes(np.concatenate(times), np.concatenate(fluxes), np.concatenate(reals), step)


def _robust_polynomial(
    time: FloatArray, flux: FloatArray, wanted: FloatArray, degree: int, scale_days: float, edge: bool = False
) -> FloatArray:
    """Polynomial of `degree` fitted with bisquare weights (Tukey, c = 5 MAD), evaluated at `wanted`.

    `edge`: start from a line that half of the points cannot pull, because a transit at an edge holds the lever.
    """
    origin = float(np.mean(time))
    x = (time - origin) / scale_days
    # Moments instead of a design matrix: this runs for every edge and gap, on few points each.
    powers = x[None, :] ** np.arange(2 * degree + 1)[:, None]
    design = powers[: degree + 1]
    weight = np.ones(x.size)
    if edge and 5 <= x.size <= LONGEST_REPEATED_MEDIAN:
        distance = np.abs(flux - _repeated_median_line(x, flux))
        spread = float(np.partition(distance, x.size // 2)[x.size // 2])
        if spread > 0:
            weight = np.maximum(1.0 - (distance / (5.0 * spread)) ** 2, 0.0) ** 2
    solution: FloatArray = np.zeros(degree + 1)
    for _ in range(3):
        solution = _normal_solution(powers @ weight, design @ (weight * flux))
        distance = np.abs(flux - solution @ design)
        spread = float(np.partition(distance, x.size // 2)[x.size // 2])
        if not spread > 0:
            break
        weight = np.maximum(1.0 - (distance / (5.0 * spread)) ** 2, 0.0) ** 2
    wanted_x = (wanted - origin) / scale_days
    return np.asarray(solution @ wanted_x[None, :] ** np.arange(degree + 1)[:, None], dtype=np.float64)


def _repeated_median_line(x: FloatArray, y: FloatArray) -> FloatArray:
    """Siegel's (1982) repeated median line at each x: half of the points may be anything."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = (y[:, None] - y[None, :]) / (x[:, None] - x[None, :])
    # The undefined slope of a point to itself sorts to the end; one row holds x.size - 1 slopes.
    slopes[np.diag_indices(x.size)] = np.inf
    middle = (x.size - 1) // 2
    slope = float(np.median(np.partition(slopes, middle, axis=1)[:, middle]))
    return np.asarray(np.median(y - slope * x) + slope * x, dtype=np.float64)


def _normal_solution(moments: FloatArray, right: FloatArray) -> FloatArray:
    """Polynomial coefficients, lowest first, from the moments of x; a hair of ridge keeps it solvable."""
    ridge = 1e-10 * moments[0]
    if right.size == 1:
        return np.asarray(right / (moments[0] + ridge), dtype=np.float64)
    if right.size == 2:
        m0, m1, m2 = moments[0] + ridge, moments[1], moments[2] + ridge
        determinant = m0 * m2 - m1 * m1
        if determinant > 0:
            coefficients = np.array([m2 * right[0] - m1 * right[1], m0 * right[1] - m1 * right[0]])
            return np.asarray(coefficients / determinant, dtype=np.float64)
    place = np.add.outer(np.arange(right.size), np.arange(right.size))
    matrix = moments[place] + max(ridge, 1e-300) * np.eye(right.size)
    return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)


def smooth_nodes(
    parts: Sequence[Nodes], window_days: float, rough: bool = False
) -> list[tuple[FloatArray, FloatArray]]:
    """Biweight sliding average (wotan; Hippke et al. 2019) of the nodes of some segments: (times, trend) of each.

    Beyond each edge the data are continued by their point reflection about the edge level, which a robust line gives.
    A slope thus stays a slope up to the edge; a plain window, one-sided there, would bend it. The times returned reach
    a little beyond both edges. All segments go through one call, moved apart by more than a window. `rough` saves the
    care for transits at edges.
    """
    from wotan import flatten

    if not parts:
        return []
    padded = [_padded(nodes, window_days, not rough) for nodes in parts]
    shifted = []
    end = 0.0
    for time, _ in padded:
        shifted.append(time - time[0] + end)
        end = float(shifted[-1][-1]) + 2.0 * window_days
    values = np.concatenate([flux for _, flux in padded])
    # The average moves with its data; wotan warns of trends below zero, which matter to a division it makes aside.
    lift = max(0.0, 1.0 - float(np.min(values)))
    _, trend = flatten(
        np.concatenate(shifted),
        values + lift,
        method="biweight",
        window_length=window_days,
        break_tolerance=0,
        return_trend=True,
    )
    result = []
    at = 0
    for time, _ in padded:
        here = trend[at : at + time.size] - lift
        at += time.size
        good = np.isfinite(here)
        result.append((time[good], np.asarray(here[good], dtype=np.float64)))
    return result


def _padded(nodes: Nodes, window_days: float, careful: bool) -> tuple[FloatArray, FloatArray]:
    """Times and flux of the nodes with half a window of reflected data on either side."""
    time, flux = nodes.time, nodes.flux
    half = 0.5 * window_days
    reach = max(EDGE_SHARE * window_days, 4 * nodes.step_days)
    first, last = time[:1], time[-1:]
    near = time <= first + reach
    level = _robust_polynomial(time[near], flux[near], first, 1, window_days, careful)
    inside = (time <= first + half) & (time > first)
    before_t, before_f = 2.0 * first - time[inside][::-1], 2.0 * level - flux[inside][::-1]
    near = time >= last - reach
    level = _robust_polynomial(time[near], flux[near], last, 1, window_days, careful)
    inside = (time >= last - half) & (time < last)
    after_t, after_f = 2.0 * last - time[inside][::-1], 2.0 * level - flux[inside][::-1]
    return np.concatenate((before_t, time, after_t)), np.concatenate((before_f, flux, after_f))
