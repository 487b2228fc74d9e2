"""Autocorrelation across gaps against the obvious sum, and which peak is the period."""

from __future__ import annotations

import numpy as np
import pytest

from science.variables.autocorrelation import autocorrelation, first_peak, peaks
from tests.science.variables.variable_light import noise, sector, wave


def test_it_is_the_sum_of_pairs_that_are_there() -> None:
    step = 0.1
    place = np.array([0, 1, 2, 3, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    flux = np.random.default_rng(2).normal(size=place.size)
    lag, correlation = autocorrelation(place * step, flux, step)
    x = flux - flux.mean()
    for k in (1, 2, 3):
        pairs = [(i, j) for i in range(place.size) for j in range(place.size) if place[j] - place[i] == k]
        slow = np.mean([x[i] * x[j] for i, j in pairs]) / np.mean(x**2)
        assert lag[k] == pytest.approx(k * step)
        assert correlation[k] == pytest.approx(slow)


def test_the_first_peak_is_the_period_and_the_second_where_halves_differ() -> None:
    time = sector(30.0)
    found = first_peak(*autocorrelation(time, wave(time, 3.0, 0.01), 30 / 1440))
    assert found is not None
    assert found[0] == pytest.approx(3.0, rel=0.03)
    assert found[1] > 1.5
    angle = 2 * np.pi * time / 5.0
    unlike = noise(time) + 0.01 * np.cos(2 * angle) + 0.006 * np.cos(angle)
    found = first_peak(*autocorrelation(time, unlike, 30 / 1440))
    assert found is not None
    assert found[0] == pytest.approx(5.0, rel=0.03)


def test_nothing_repeats_in_nothing() -> None:
    assert first_peak(np.zeros(0), np.zeros(0)) is None
    assert peaks(np.arange(10.0), np.linspace(1.0, 0.0, 10)) == []
    assert autocorrelation(np.zeros(3), np.zeros(3), 0.1)[0].size == 0
