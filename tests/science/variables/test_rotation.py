"""Rotation periods: right on made-up spots, none on noise, twice the sine where two halves differ."""

from __future__ import annotations

import numpy as np
import pytest

from science.variables.rotation import rotation_period
from tests.science.variables.variable_light import noise, sector, segments, wave


def test_the_period_and_its_error() -> None:
    time = sector(days=27.0)
    found = rotation_period(time, wave(time, 4.2, 0.004), segments(time))
    assert found is not None
    assert found.period_days == pytest.approx(4.2, rel=0.03)
    assert abs(found.period_days - 4.2) < 2 * found.error_days < 1.0
    assert found.amplitude_ppm == pytest.approx(4000, rel=0.1)
    assert not found.doubled


def test_two_unlike_halves_are_one_turn() -> None:
    time = sector(days=27.0)
    angle = 2 * np.pi * time / 6.0
    flux = noise(time) + 0.003 * np.cos(2 * angle) + 0.0022 * np.cos(angle)
    found = rotation_period(time, flux, segments(time))
    assert found is not None
    assert found.period_days == pytest.approx(6.0, rel=0.05)
    assert found.doubled


def test_many_sectors_sharpen_the_error() -> None:
    time = np.concatenate([sector(30.0, start=2459000.0 + 60 * k) for k in range(5)])
    found = rotation_period(time, wave(time, 2.7, 0.004), segments(time))
    assert found is not None
    assert found.period_days == pytest.approx(2.7, rel=0.01)
    assert found.error_days < 0.05


def test_noise_and_scraps_have_no_period() -> None:
    time = sector()
    assert rotation_period(time, noise(time), segments(time)) is None
    assert rotation_period(time[:50], noise(time[:50]), segments(time[:50])) is None
    slow = noise(time) + 1e-3 * (time - time[0])
    assert rotation_period(time, slow, segments(time)) is None
