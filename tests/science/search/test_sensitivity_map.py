"""The map against real injections: the share it predicts is the share a search finds."""

from __future__ import annotations

import sys
import time as clock
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from science.search.find import find_signals
from science.search.results import SearchSettings
from science.search.sensitivity_map import sensitivity_map, smallest_certain_radius
from science.stars import Star, Value

sys.path.insert(0, str(Path(__file__).parent))
from simulated import START, curve, dips

SUN = Star(radius_sun=Value(1.0, 0.02, "test"), mass_sun=Value(1.0, 0.02, "test"), density_gcc=Value(1.41, 0.1, "test"))
SETTINGS = SearchSettings(fap_trials=0, oversampling=2, duration_step=1.25, max_signals=1)


def test_larger_planets_are_found_more_often_and_transits_follow_the_time_stamps() -> None:
    found = sensitivity_map(curve(noise=6e-4), SUN, SETTINGS)
    assert np.all(np.diff(found.recovered, axis=0) >= -1e-9)
    assert np.all((found.recovered >= 0) & (found.recovered <= 1))
    assert found.n_transits[0] == pytest.approx(25.8 / 0.5, rel=0.1)
    assert found.n_transits[-1] < 2.2
    assert not found.assumed_sun
    assert sensitivity_map(curve(), Star(), SETTINGS).assumed_sun


def test_the_sentence_follows_the_noise() -> None:
    calm = smallest_certain_radius(sensitivity_map(curve(noise=2e-4), SUN, SETTINGS), 10.0)
    noisy = smallest_certain_radius(sensitivity_map(curve(noise=8e-4), SUN, SETTINGS), 10.0)
    assert calm is not None
    assert noisy is not None
    assert noisy / calm == pytest.approx(2.0, rel=0.15)
    assert smallest_certain_radius(sensitivity_map(curve(noise=0.5), SUN, SETTINGS), 10.0) is None


def test_it_is_fast_enough_for_a_wizard() -> None:
    light = curve()
    sensitivity_map(light, SUN, SETTINGS)
    start = clock.process_time()
    sensitivity_map(light, SUN, SETTINGS)
    assert clock.process_time() - start < 1.5


@pytest.mark.slow
def test_predicted_share_is_the_share_injections_give() -> None:
    """24 planets near the edge of what can be seen: predicted and found shares agree within counting errors."""
    rng = np.random.default_rng(11)
    expected, found = [], []
    for trial in range(24):
        period = float(rng.uniform(1.5, 8.0))
        depth = float(rng.uniform(2.2e-4, 7e-4))
        light = curve(noise=7e-4, seed=500 + trial)
        radius = np.sqrt(depth / 1.17) / 0.0091705
        predicted = sensitivity_map(
            light, SUN, SETTINGS, radii_earth=np.array([radius]), periods_days=np.array([period])
        ).recovered[0, 0]
        impact = float(rng.choice([0.1, 0.3, 0.5, 0.7, 0.85]))
        duration = 0.0762 * period ** (1 / 3) * np.sqrt(1 - impact**2)
        injected = dips(period, START + rng.uniform(0, period), duration, depth)(light.curve.time_bjd)
        signals = find_signals(replace(light, flux=light.flux + injected), SUN, SETTINGS).signals
        expected.append(predicted)
        found.append(any(abs(s.measurement.period_days / period - 1) < 0.01 for s in signals))
    assert 0.15 < np.mean(expected) < 0.9
    assert abs(np.mean(expected) - np.mean(found)) < 0.22
