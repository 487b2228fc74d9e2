"""How much of a planet's disc is on the star at mid-transit, as a coordinate: depth in the place of the radius ratio.

With s = b / (1 + k), the disc reaches x = (1 + k) (1 - s) / (2 k) of its diameter over the limb. A straight limb cuts
the share g(x) = (acos(1 - 2x) - 2 (1 - 2x) sqrt(x (1 - x))) / pi of its area, 1 from x = 1 on. The limb of a star is
bent, but a coordinate need not be exact: it has to be smooth and to have a slope.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from science.lightcurve import FloatArray

#: Newton's steps; the function is concave and is climbed from below, so that a dozen are enough.
_STEPS = 60
_LARGEST_LN_RATIO = 5.0


def _reach(k: FloatArray, free: FloatArray) -> FloatArray:
    return np.asarray(np.minimum((1.0 + k) * free / (2.0 * k), 1.0))


def half_ln_cover(k: FloatArray, free: FloatArray) -> FloatArray:
    """Half the logarithm of g for radius ratios `k` and `free` = 1 - s, shape (m,)."""
    x = np.maximum(_reach(k, free), 1e-300)
    turn = 1.0 - 2.0 * x
    exact = np.arccos(turn) - 2.0 * turn * np.sqrt(x * (1.0 - x))
    # near 0 the two terms cancel
    return np.asarray(0.5 * np.log(np.where(x < 1e-4, 16.0 / 3.0 * x**1.5 * (1.0 - 0.3 * x), exact) / math.pi))


def cover_slope(k: FloatArray, free: FloatArray) -> FloatArray:
    """d(ln k + half_ln_cover) / d(ln k), shape (m,): 1 where the whole disc is on the star, down to 1/4 at its edge."""
    x = _reach(k, free)
    whole = (1.0 + k) * free >= 2.0 * k
    x = np.where(whole, 0.5, np.maximum(x, 1e-300))
    ln_g = 2.0 * half_ln_cover(k, free)
    gain = 8.0 / math.pi * np.sqrt(x * (1.0 - x)) / np.exp(ln_g) * free / (2.0 * k)
    return np.asarray(np.where(whole, 1.0, 1.0 - 0.5 * gain))


def grazing_ln_ratio(ln_ratio: FloatArray, free: FloatArray) -> FloatArray:
    """ln k whose ln k + half_ln_cover is `ln_ratio`, both (m,): the larger planet that hides as much by grazing."""
    answer = np.minimum(np.asarray(ln_ratio, dtype=np.float64), _LARGEST_LN_RATIO)
    rows = np.flatnonzero((1.0 + np.exp(answer)) * free < 2.0 * np.exp(answer))
    goal, free, found = answer[rows], free[rows], answer[rows].copy()
    for _ in range(_STEPS if rows.size else 0):
        k = np.exp(found)
        found += (goal - found - half_ln_cover(k, free)) / cover_slope(k, free)
        found = np.minimum(found, _LARGEST_LN_RATIO)
    answer[rows] = found
    return answer


def ln_width(k: FloatArray, free: FloatArray) -> FloatArray:
    """ln of the width at half depth over T14, shape (m,).

    Half of what is hidden at mid-transit is hidden where the disc reaches x_h of its diameter over the limb, with
    g(x_h) = g(x) / 2: x_h / x falls from 0.63 for grazing discs to 0.5, within 0.002 as 0.63 - 0.13 x². The times of
    that and of first contact are as sqrt(z_h² - b²) to sqrt((1 + k)² - b²), z_h = 1 + k - 2 k x_h.
    """
    unlimited = (1.0 + k) * free / (2.0 * k)
    x = np.minimum(unlimited, 1.0)
    half = x * (0.63 - 0.13 * np.square(x))
    b = (1.0 + k) * (1.0 - free)
    ratio = (1.0 - half / unlimited) * (1.0 + k - 2.0 * k * half + b) / (1.0 + k + b)
    return np.asarray(0.5 * np.log(ratio))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def ln_ratio_and_slope(goal: float, free: float) -> tuple[float, float]:
    """`grazing_ln_ratio` and `cover_slope` of one vector, compiled."""
    found = min(goal, _LARGEST_LN_RATIO)
    slope = 1.0
    for _ in range(_STEPS):
        k = math.exp(found)
        x = (1.0 + k) * free / (2.0 * k)
        if x >= 1.0:
            return found, 1.0
        x = max(x, 1e-300)
        turn, chord = 1.0 - 2.0 * x, math.sqrt(x * (1.0 - x))
        if x >= 1e-4:
            g = (math.acos(turn) - 2.0 * turn * chord) / math.pi
        else:
            g = 16.0 / 3.0 / math.pi * x**1.5 * (1.0 - 0.3 * x)
        slope = 1.0 - 4.0 / math.pi * chord / g * free / (2.0 * k)
        step = (goal - found - 0.5 * math.log(g)) / slope
        found = min(found + step, _LARGEST_LN_RATIO)
        if abs(step) < 1e-13 or found == _LARGEST_LN_RATIO:
            break
    return found, slope
