"""Flares and outliers: what is marked, and above all what is not."""

from __future__ import annotations

import numpy as np
import pytest

from science.flares import find_outliers

CADENCE = 2 / 1440
NOISE = 1e-3


def quiet(seed: int = 0, n_rows: int = 5000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.arange(n_rows) * CADENCE, 1 + NOISE * rng.standard_normal(n_rows)


def test_a_flare_is_marked_with_its_decay() -> None:
    time, flux = quiet()
    age = time - time[1000]
    flux += np.where(age >= 0, 0.03 * np.exp(-age / 0.01), 0.0)
    found = find_outliers(time, flux, NOISE, CADENCE)
    assert found.flare[1000:1020].all()
    assert 20 <= np.count_nonzero(found.flare) <= 60
    assert not found.flare[:995].any()


def test_white_noise_loses_next_to_nothing() -> None:
    for seed in range(5):
        time, flux = quiet(seed, 20_000)
        found = find_outliers(time, flux, NOISE, CADENCE)
        assert np.count_nonzero(found.any) <= 3


def test_a_single_high_value_is_marked() -> None:
    time, flux = quiet()
    flux[777] += 10 * NOISE
    found = find_outliers(time, flux, NOISE, CADENCE)
    assert np.flatnonzero(found.high).tolist() == [777]


@pytest.mark.parametrize("minutes", [4, 10, 30, 120])
@pytest.mark.parametrize("depth_sigma", [5, 20, 200])
def test_dips_longer_than_one_value_stay(minutes: int, depth_sigma: float) -> None:
    time, flux = quiet()
    width = minutes // 2
    flux[2000 : 2000 + width] -= depth_sigma * NOISE
    found = find_outliers(time, flux, NOISE, CADENCE)
    assert not found.any[1998 : 2002 + width].any()


def test_a_lone_low_value_goes_in_fast_data_only() -> None:
    time, flux = quiet()
    flux[2000] -= 15 * NOISE
    assert np.flatnonzero(find_outliers(time, flux, NOISE, CADENCE).impulse).tolist() == [2000]
    slow = time * 15
    assert not find_outliers(slow, flux, NOISE, CADENCE * 15).any[2000]


def test_a_lone_low_value_beside_a_gap_stays() -> None:
    time, flux = quiet()
    flux[2000] -= 15 * NOISE
    time[2001:] += 0.5
    assert not find_outliers(time, flux, NOISE, CADENCE).impulse.any()


def test_pulsation_left_in_the_curve_is_no_flare() -> None:
    time, flux = quiet()
    flux += 0.02 * np.sin(2 * np.pi * time / 0.06)
    assert np.count_nonzero(find_outliers(time, flux, NOISE, CADENCE).any) == 0


def test_a_run_without_a_high_peak_is_no_flare() -> None:
    time, flux = quiet(n_rows=600)
    flux[298:302] += 4.6 * NOISE
    flux[298:302] = np.minimum(flux[298:302], 1 + 4.4 * NOISE)
    assert not find_outliers(time, flux, NOISE, CADENCE).flare.any()


@pytest.mark.parametrize("n_rows", [0, 1, 2, 3])
def test_tiny_and_constant_stretches(n_rows: int) -> None:
    time = np.arange(n_rows) * CADENCE
    found = find_outliers(time, np.ones(n_rows), float("nan"), CADENCE)
    assert found.any.shape == (n_rows,)
    assert not found.any.any()
