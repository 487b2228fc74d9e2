"""White noise is called white, red noise red, by about as much as dips that are not there scatter."""

import numpy as np
import pytest

from science.fitting.residuals import residual_noise
from science.fitting.results import Guess
from tests.science.fitting.planted_light import START_BJD, Planted, light

GUESS = Guess(9.0, START_BJD + 2.0, 0.12, 0.05)
FAR = Planted(ratio=1e-3)


def _noise(curve):
    return residual_noise(curve, curve.flux - 1.0, GUESS)


def test_white_noise_is_white():
    found = _noise(light([FAR], seed=7))
    assert found.red_factor == pytest.approx(1.0, abs=0.15)
    assert found.scatter == pytest.approx(5e-4, rel=0.05)
    assert found.scatter_binned == pytest.approx(found.scatter_expected, rel=0.25)


def test_red_noise_is_red():
    found = _noise(light([FAR], seed=7, waves=1.5e-4))
    assert found.red_factor > 1.3
    middle = len(found.bins_minutes) // 2
    assert found.scatter_binned[middle] > 1.2 * found.scatter_expected[middle]


def test_too_little_light_is_not_judged():
    curve = light([FAR], days=1.0)
    assert _noise(curve).red_factor == 1.0
    nothing = residual_noise(curve, np.full(curve.flux.size, np.nan), GUESS)
    assert nothing.red_factor == 1.0
    assert np.isnan(nothing.scatter)
