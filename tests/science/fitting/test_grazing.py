"""Depth in the place of the radius ratio: there and back, slopes, the compiled twin, and the width at half depth."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from science.fitting.grazing import cover_slope, grazing_ln_ratio, half_ln_cover, ln_ratio_and_slope, ln_width

LN_RATIO = st.floats(np.log(1e-4), np.log(0.7))
LN_FREE = st.floats(np.log(1e-6), np.log(0.999))


def _one(value: float) -> np.ndarray:
    return np.array([value])


@settings(deadline=None)  # the first call compiles
@given(LN_RATIO, LN_FREE)
def test_there_and_back(ln_k: float, ln_free: float) -> None:
    free = _one(np.exp(ln_free))
    goal = ln_k + half_ln_cover(_one(np.exp(ln_k)), free)
    assert np.allclose(grazing_ln_ratio(goal, free), ln_k, atol=1e-7)
    assert np.isclose(ln_ratio_and_slope(goal[0], free[0])[0], ln_k, atol=1e-7)


@settings(deadline=None)
@given(LN_RATIO, LN_FREE)
def test_slope_is_the_derivative(ln_k: float, ln_free: float) -> None:
    free, step = _one(np.exp(ln_free)), 1e-6

    def coordinate(ln_ratio: float) -> float:
        return float(ln_ratio + half_ln_cover(_one(np.exp(ln_ratio)), free)[0])

    slope = cover_slope(_one(np.exp(ln_k)), free)[0]
    assert np.isclose((coordinate(ln_k + step) - coordinate(ln_k - step)) / (2 * step), slope, atol=2e-3)
    assert np.isclose(ln_ratio_and_slope(coordinate(ln_k), free[0])[1], slope, atol=1e-6)
    assert 0.2 < slope <= 1.0


def test_covered_share_is_that_of_a_disc_cut_by_a_line() -> None:
    """Against counting points of a disc: half, a tenth and all of the diameter on the star."""
    grid = (np.arange(2000) + 0.5) / 1000 - 1.0
    x, y = np.meshgrid(grid, grid)
    disc = x**2 + y**2 < 1
    k = 0.01
    for reach in (0.1, 0.5, 0.9):
        counted = np.count_nonzero(disc & (x > 1.0 - 2.0 * reach)) / np.count_nonzero(disc)
        share = np.exp(2.0 * half_ln_cover(_one(k), _one(2.0 * k * reach / (1.0 + k))))[0]
        assert np.isclose(share, counted, rtol=2e-3)
    assert half_ln_cover(_one(k), _one(0.5))[0] == 0.0


def test_width_is_where_half_of_the_depth_is_hidden() -> None:
    """Against the moment solved for: how long the disc hides more than half of what it hides at mid-transit."""
    k = 0.05
    for b in (0.0, 0.6, 0.97, 1.0, 1.03):

        def hidden(z: float) -> float:
            return float(np.exp(2.0 * half_ln_cover(_one(k), _one(max(1.0 - z / (1.0 + k), 1e-12))))[0])

        half = brentq(lambda z: hidden(z) - 0.5 * hidden(b), b, 1.0 + k - 1e-9)  # noqa: B023
        ratio = np.sqrt((half**2 - b**2) / ((1.0 + k) ** 2 - b**2))
        assert np.isclose(np.exp(ln_width(_one(k), _one(1.0 - b / (1.0 + k))))[0], ratio, rtol=0.01)
