"""The shape of one cycle: sine, two unlike minima, narrow eclipses, and what cannot be folded."""

from __future__ import annotations

import numpy as np
import pytest

from science.variables.folded_shape import fold_shape
from tests.science.variables.variable_light import eclipses, noise, sector, wave


def test_a_sine_is_one_smooth_cycle() -> None:
    time = sector()
    shape = fold_shape(time, wave(time, 1.7, 0.01), 1.7)
    assert shape is not None
    assert shape.multiple == 1
    assert shape.share > 0.95
    assert shape.r21 < 0.05
    assert shape.narrow == pytest.approx(0.5, abs=0.06)


def test_two_unlike_minima_double_the_period() -> None:
    time = sector()
    phase = 2 * np.pi * (time - time[0]) / 0.8
    shape = fold_shape(time, noise(time) + 0.05 * np.cos(2 * phase) + 0.012 * np.sin(phase), 0.4)
    assert shape is not None
    assert shape.multiple == 2
    assert shape.period_days == pytest.approx(0.8)
    assert 0.5 < shape.depth_ratio < 0.9
    assert shape.minimum_gap == pytest.approx(0.5, abs=0.06)


def test_eclipses_are_narrow_and_flat_beside() -> None:
    time = sector()
    shape = fold_shape(time, eclipses(time, 2.3, 0.05, 0.02), 2.3)
    assert shape is not None
    assert shape.narrow < 0.1
    assert shape.flat > 0.7
    assert shape.skew < -1.5
    assert shape.depth_ratio == pytest.approx(0.4, abs=0.1)


def test_phases_of_harmonics_are_those_put_in() -> None:
    time = sector(5.0)
    angle = 2 * np.pi * (time - time[0]) / 0.55
    shape = fold_shape(time, np.cos(angle) + 0.4 * np.cos(2 * angle + 3.9), 0.55)
    assert shape is not None
    assert shape.r21 == pytest.approx(0.4, abs=0.01)
    assert shape.phi21 == pytest.approx(3.9, abs=0.03)


def test_what_cannot_be_folded() -> None:
    time = sector()
    assert fold_shape(time, noise(time), 30.0) is None
    assert fold_shape(time[:30], noise(time[:30]), 0.1) is None
    assert fold_shape(time, np.ones(time.size), 1.0) is None
    assert fold_shape(np.zeros(0), np.zeros(0), 1.0) is None
