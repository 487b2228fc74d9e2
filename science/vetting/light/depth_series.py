"""How deep a dip would be at every moment and at every phase: the series that the uniqueness tests read.

A box as long as the transit is laid over each point: over its neighbours in time (a single event) and over its
neighbours in phase (all events together). White and red noise are separated as by Hartman & Bakos (2016, Astronomy and
Computing 17, 1); the signal to pink noise is that of Pont, Zucker & Queloz (2006, MNRAS 373, 231).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from science.lightcurve import BoolArray, FloatArray, IntArray


def weighted_mean(values: FloatArray, weights: FloatArray) -> float:
    """Mean of `values` with `weights` 1/err²; nan for no point."""
    total = float(weights.sum())
    return float((weights @ values) / total) if total > 0 else float("nan")


def weighted_scatter(values: FloatArray, weights: FloatArray) -> float:
    """Weighted standard deviation about the weighted mean; nan for no point."""
    total = float(weights.sum())
    if not total > 0:
        return float("nan")
    return math.sqrt(float(weights @ np.square(values - weighted_mean(values, weights))) / total)


@njit(cache=True)  # type: ignore[untyped-decorator]
def mean_around(
    position: FloatArray, value: FloatArray, weight: FloatArray, half: float
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Weighted mean, sum of weights and number of points within `half` of each position (sorted, both ends in).

    Points of weight 0 count for nothing. The mean is nan where the window holds no weight.
    """
    n = position.size
    mean, total, count = np.empty(n), np.empty(n), np.empty(n, dtype=np.int32)
    sum_w, sum_wv, inside = 0.0, 0.0, 0
    left, right = 0, 0
    since = 0
    for i in range(n):
        while right < n and position[right] <= position[i] + half:
            if weight[right] > 0.0:
                sum_w += weight[right]
                sum_wv += weight[right] * value[right]
                inside += 1
            right += 1
        while position[left] < position[i] - half:
            if weight[left] > 0.0:
                sum_w -= weight[left]
                sum_wv -= weight[left] * value[left]
                inside -= 1
            left += 1
        since += 1
        if since == 4096 or inside == 0:  # sum anew now and then, so that rounding errors cannot pile up
            since = 0
            sum_w, sum_wv = 0.0, 0.0
            for j in range(left, right):
                sum_w += weight[j]
                sum_wv += weight[j] * value[j]
        count[i] = inside
        total[i] = sum_w if inside > 0 else 0.0
        mean[i] = sum_wv / sum_w if inside > 0 else np.nan
    return mean, total, count


@njit(cache=True)  # type: ignore[untyped-decorator]
def cycles_around(position: FloatArray, cycle: IntArray, half: float, n_cycles: int) -> IntArray:
    """How many different `cycle` numbers (0 … n_cycles - 1) lie within `half` of each position (sorted)."""
    n = position.size
    out = np.empty(n, dtype=np.int32)
    held = np.zeros(n_cycles, dtype=np.int32)
    left, right, different = 0, 0, 0
    for i in range(n):
        while right < n and position[right] <= position[i] + half:
            if held[cycle[right]] == 0:
                different += 1
            held[cycle[right]] += 1
            right += 1
        while position[left] < position[i] - half:
            held[cycle[left]] -= 1
            if held[cycle[left]] == 0:
                different -= 1
            left += 1
        out[i] = different
    return out


@dataclass(frozen=True, slots=True)
class DepthSeries:
    """Depths of a box of one transit duration centred on every point, in the order of time; arrays of shape (n,)."""

    white: float  # scatter of the points out of transit
    red: float  # what is left in means over one duration
    event_snr: FloatArray  # of the points near in time: one event
    depth: FloatArray  # of the points near in phase: all events
    err: FloatArray
    snr: FloatArray  # depth / err


def depth_series(
    time: FloatArray,
    flux: FloatArray,
    err: FloatArray,
    phase: FloatArray,
    cycle: IntArray,
    near: BoolArray,
    period: float,
    duration: float,
    level: float,
) -> DepthSeries:
    """Compute the series. `phase` in days from the nearest transit of number `cycle`; `near` marks the points within
    one duration of it, which tell nothing about the noise; `level` is the light out of transit. Shapes (n,), sorted
    by time, days. Raises ValueError where no point lies out of transit."""
    weight = 1.0 / np.square(err)
    value = flux - level
    if not np.any(~near):
        raise ValueError("No point lies outside the dips.")
    event_mean, _, n_event = mean_around(time, value, weight, 0.5 * duration)
    quiet_mean, quiet_weight, _ = mean_around(time, value, np.where(near, 0.0, weight), 0.5 * duration)
    usable = np.isfinite(quiet_mean) & ~near
    white = weighted_scatter(value[usable], weight[usable])
    binned = weighted_scatter(quiet_mean[usable], quiet_weight[usable])
    expected = white * math.sqrt(float(np.mean(1.0 / quiet_weight[usable])) / float(np.mean(np.square(err[usable]))))
    red = math.sqrt(max(0.0, binned**2 - expected**2))
    depth, n_points, n_events = _around_phase(value, weight, phase, cycle, period, duration)
    pink = np.sqrt(white**2 / n_points + red**2 / n_events)
    return DepthSeries(
        white=white,
        red=red,
        event_snr=-event_mean / np.sqrt(white**2 / n_event + red**2),
        depth=depth,
        err=pink,
        snr=depth / pink,
    )


def _around_phase(
    value: FloatArray, weight: FloatArray, phase: FloatArray, cycle: IntArray, period: float, duration: float
) -> tuple[FloatArray, IntArray, IntArray]:
    """Depth, points and different events in a box of one duration around each point's phase, across the wrap too."""
    order = np.argsort(phase, kind="stable")
    x = phase[order]
    number = cycle[order].astype(np.int64)
    number -= number.min()
    head = np.count_nonzero(x < x[0] + duration)
    tail = x.size - np.count_nonzero(x > x[-1] - duration)
    # The fold is a circle: its last duration again before the start, and its first again behind the end.
    rows = np.concatenate((order[tail:], order, order[:head]))
    around = np.concatenate((x[tail:] - period, x, x[:head] + period))
    events = np.concatenate((number[tail:] + 1, number, number[:head] - 1)) + 1
    mean, _, n_points = mean_around(around, value[rows], weight[rows], 0.5 * duration)
    n_events = cycles_around(around, events.astype(np.int32), 0.5 * duration, int(events.max()) + 1)
    middle = slice(x.size - tail, x.size - tail + x.size)
    depth, points, different = np.empty(x.size), np.empty(x.size, np.int32), np.empty(x.size, np.int32)
    depth[order] = -mean[middle]
    points[order], different[order] = n_points[middle], n_events[middle]
    return depth, points, different
