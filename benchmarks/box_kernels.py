"""Fast box searches to compare with: astropy's fast BLS step by step, and classical BLS in a fixed number of bins.

Both give the chi-square gained over a constant by the best box that is a dip, at every period. The first is checked
against astropy itself by the sensitivity benchmark.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(nogil=True, cache=True, error_model="numpy", fastmath=True)
def _best_box(sum_wy, sum_w, n, width, total_w, power, values):  # type: ignore[no-untyped-def]
    """Largest gain among boxes of `width` bins that begin at the first `n` borders; cumulative sums."""
    for i in range(n):
        dip = sum_wy[i] - sum_wy[i + width]
        r = sum_w[i + width] - sum_w[i]
        outside = total_w / (total_w - r)
        dip = dip if dip > 0.0 else 0.0
        values[i] = dip * dip / r * (outside * outside if power == 2 else outside) if r > 1e-12 else 0.0
    # Non-negative floats are ordered as their bits are, and a maximum of integers is vectorised.
    bits = values[:n].view(np.int64)
    most = np.int64(0)
    for i in range(n):
        most = max(most, bits[i])
    for i in range(n):
        if bits[i] == most:
            return values[i]
    return 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def box_search(time, y, weight, periods, durations, oversample, gained):  # type: ignore[no-untyped-def]
    """Boxes of the given durations (days, ascending) on bins of durations[0] / oversample, as astropy's method "fast".

    time begins at 0; y is the relative flux. As there, boxes do not begin in the last `oversample` bins of the phase.
    """
    bin_days = durations[0] / oversample
    most = math.ceil(periods.max() / bin_days) + oversample + 2
    sum_wy = np.zeros(most)
    sum_w = np.zeros(most)
    values = np.zeros(most)
    total_wy = 0.0
    total_w = 0.0
    for i in range(time.size):
        total_wy += weight[i] * y[i]
        total_w += weight[i]
    mean = total_wy / total_w
    for p in range(periods.size):
        n_bins = math.ceil(periods[p] / bin_days) + oversample
        sum_wy[: n_bins + 1] = 0.0
        sum_w[: n_bins + 1] = 0.0
        frequency = 1.0 / periods[p]
        for i in range(time.size):
            turns = time[i] * frequency
            k = int((turns - math.floor(turns)) * periods[p] / bin_days) + 1
            sum_wy[k] += weight[i] * (y[i] - mean)
            sum_w[k] += weight[i]
        for n in range(1, oversample + 1):
            sum_wy[n_bins - oversample + n - 1] = sum_wy[n]
            sum_w[n_bins - oversample + n - 1] = sum_w[n]
        for n in range(1, n_bins + 1):
            sum_wy[n] += sum_wy[n - 1]
            sum_w[n] += sum_w[n - 1]
        best = 0.0
        for d in range(durations.size):
            width = round(durations[d] / bin_days)
            # (mean out - mean in)^2 x weight inside, with the weighted mean of all points at zero
            best = max(best, _best_box(sum_wy, sum_w, n_bins - width + 1, width, total_w, 2, values))
        gained[p] = best


@njit(nogil=True, cache=True, error_model="numpy")
def classical_search(time, y, weight, periods, n_bins, shortest, longest, gained):  # type: ignore[no-untyped-def]
    """Kovacs, Zucker & Mazeh (2002): `n_bins` phase bins at every period, all widths from shortest[p] to longest[p]."""
    sum_wy = np.zeros(2 * n_bins + 1)
    sum_w = np.zeros(2 * n_bins + 1)
    values = np.zeros(n_bins)
    total_w = 0.0
    mean = 0.0
    for i in range(time.size):
        mean += weight[i] * y[i]
        total_w += weight[i]
    mean /= total_w
    for p in range(periods.size):
        sum_wy[:] = 0.0
        sum_w[:] = 0.0
        frequency = 1.0 / periods[p]
        for i in range(time.size):
            turns = time[i] * frequency
            k = min(int((turns - math.floor(turns)) * n_bins), n_bins - 1) + 1
            sum_wy[k] += weight[i] * (y[i] - mean)
            sum_w[k] += weight[i]
        for n in range(1, n_bins + 1):
            sum_wy[n + n_bins] = sum_wy[n]
            sum_w[n + n_bins] = sum_w[n]
        for n in range(1, 2 * n_bins + 1):
            sum_wy[n] += sum_wy[n - 1]
            sum_w[n] += sum_w[n - 1]
        best = 0.0
        for width in range(shortest[p], longest[p] + 1):
            best = max(best, _best_box(sum_wy, sum_w, n_bins, width, total_w, 1, values))
        gained[p] = best
