"""Waves: pulsation found and removed, rotation followed as it drifts, folds told from dips."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from science.search.folded_profile import folded_profile
from science.search.pulsation import find_pulsation
from science.search.refit import in_transit
from science.search.rhythm import rhythm_model

sys.path.insert(0, str(Path(__file__).parent))
from simulated import START, curve, dips, wave

MODES = ((11.31, 2e-3), (13.87, 1.5e-3), (17.13, 8e-4))


def test_every_mode_is_found_with_its_height_and_removed() -> None:
    light = curve(*(wave(1 / f, a) for f, a in MODES))
    time, err = light.curve.time_bjd, light.curve.flux_err
    waves = find_pulsation(time, light.flux, err, light.use)
    for (frequency, amplitude), found, height in zip(MODES, waves.frequencies_per_day, waves.amplitudes, strict=False):
        assert found == pytest.approx(frequency, abs=0.01)
        assert height == pytest.approx(amplitude, rel=0.1)
    assert np.std(light.flux - waves.model) < 1.1 * 3e-4


def test_noise_has_no_modes_and_a_small_one_is_left_when_it_cannot_matter() -> None:
    light = curve(seed=3)
    time, err = light.curve.time_bjd, light.curve.flux_err
    assert find_pulsation(time, light.flux, err, light.use).strongest == 0.0
    pulsating = curve(wave(1 / 11.3, 1e-3))
    assert find_pulsation(time, pulsating.flux, err, light.use, least_amplitude=5e-3).strongest == 0.0


def test_transits_survive_when_the_pulsation_goes() -> None:
    light = curve(dips(3.1, START + 0.7, 0.15, 4e-3), wave(1 / 11.31, 2e-3))
    time, err = light.curve.time_bjd, light.curve.flux_err
    inside = in_transit(time, 3.1, START + 0.7, 0.1)
    waves = find_pulsation(time, light.flux, err, ~in_transit(time, 3.1, START + 0.7, 0.17))
    cleaned = light.flux - waves.model
    assert np.mean(cleaned[~inside]) - np.mean(cleaned[inside]) == pytest.approx(4e-3, rel=0.08)


def test_a_drifting_rotation_is_followed() -> None:
    light = curve(
        lambda t: 3e-3 * (1 + 0.03 * (t - START)) * np.sin(2 * np.pi * (t - START) / 0.73 + 0.02 * (t - START)),
        dips(1.24, START + 0.3, 0.06, 2e-3),
    )
    time, err = light.curve.time_bjd, light.curve.flux_err
    rows = ~in_transit(time, 1.24, START + 0.3, 0.08)
    cleaned = light.flux - rhythm_model(time, light.flux, err, 0.73, rows)
    assert np.std(cleaned[rows]) < 1.25 * 3e-4
    inside = in_transit(time, 1.24, START + 0.3, 0.04)
    assert 1 - np.mean(cleaned[inside]) == pytest.approx(2e-3, rel=0.12)


def test_no_rhythm_is_made_where_there_is_none() -> None:
    light = curve(seed=5)
    model = rhythm_model(light.curve.time_bjd, light.flux, light.curve.flux_err, 0.73, light.use)
    assert np.std(model) < 0.5 * 3e-4


def test_a_fold_tells_a_dip_from_a_wave() -> None:
    dip = curve(dips(2.3, START + 0.4, 0.12, 2e-3))
    rotation = curve(wave(2.3, 2e-3))
    time, err = dip.curve.time_bjd, dip.curve.flux_err
    of_dip = folded_profile(time, dip.flux, err, 2.3, START + 0.4, 0.12)
    low = START + (0.75 - 0.3) * 2.3
    of_wave = folded_profile(time, rotation.flux, err, 2.3, low, 0.27)
    assert of_dip.sine_share < 0.4 < 1.0 < of_wave.sine_share
    assert of_dip.primary > 5 * max(of_dip.tertiary, of_dip.positive)
    assert of_wave.positive > 0.7 * of_wave.primary
    assert of_dip.red_factor < 1.5 < of_wave.red_factor


def test_a_fold_finds_the_second_dip_wherever_it_is() -> None:
    light = curve(dips(2.3, START + 0.4, 0.12, 4e-3), dips(2.3, START + 0.4 + 0.3 * 2.3, 0.12, 1.5e-3))
    profile = folded_profile(light.curve.time_bjd, light.flux, light.curve.flux_err, 2.3, START + 0.4, 0.12)
    assert profile.secondary_phase == pytest.approx(0.3, abs=0.02)
    assert profile.secondary_depth == pytest.approx(1.5e-3, rel=0.25)
    assert profile.secondary > 2 * profile.tertiary
