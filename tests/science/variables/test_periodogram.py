"""Spectra, pre-whitening and the search for boxes, against slow and obvious twins."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.timeseries import LombScargle

from science.variables.periodogram import (
    best_box,
    box_gains,
    harmonic_fit,
    log10_false_alarm,
    lomb_scargle,
    take_out_peaks,
)
from tests.science.variables.variable_light import eclipses, noise, sector, wave


def test_the_spectrum_is_that_of_astropy() -> None:
    time = sector(30.0)
    flux = wave(time, 2.3, 0.002)
    ours = lomb_scargle(time, flux, 0.05, 10.0)
    theirs = LombScargle(time - time[0], flux).power(ours.frequency)
    assert np.max(np.abs(ours.power - theirs)) < 1e-5
    assert 1.0 / ours.frequency[ours.best] == pytest.approx(2.3, rel=0.02)
    assert ours.amplitude[ours.best] == pytest.approx(0.002, rel=0.1)


def test_no_spectrum_without_points() -> None:
    with pytest.raises(ValueError, match="eight points"):
        lomb_scargle(np.zeros(0), np.zeros(0), 0.1, 1.0)
    flat = lomb_scargle(sector(30.0), np.ones(sector(30.0).size), 0.1, 1.0)
    assert not flat.power.any()


def test_false_alarms_are_those_of_baluev() -> None:
    time = sector(60.0)
    power = 0.05
    theirs = LombScargle(time - time[0], noise(time)).false_alarm_probability(
        power, method="baluev", maximum_frequency=5.0
    )
    assert log10_false_alarm(power, time.size, time, 5.0) == pytest.approx(np.log10(theirs), abs=0.3)
    assert log10_false_alarm(0.0, time.size, time, 5.0) == 0.0


def test_peaks_are_taken_out_and_noise_has_none() -> None:
    time = sector()
    flux = wave(time, 0.71, 0.003) + 0.001 * np.cos(2 * np.pi * 9.3 * time)
    found = take_out_peaks(time, flux, 0.05, 40.0, 6)
    assert found.frequency.size == 2
    assert found.frequency == pytest.approx([1 / 0.71, 9.3], abs=0.01)
    assert found.amplitude == pytest.approx([0.003, 0.001], rel=0.1)
    assert take_out_peaks(time, noise(time), 0.05, 40.0, 6).frequency.size == 0


def test_the_compiled_box_search_is_the_slow_one() -> None:
    rng = np.random.default_rng(1)
    time, flux = np.sort(rng.uniform(0, 9, 60)), rng.normal(0, 1, 60)
    flux -= flux.mean()
    frequency, widths, bins = np.array([0.3, 0.9, 1.7]), np.array([1, 3]), 10
    fast = box_gains(time, flux, frequency, bins, widths)
    for k, f in enumerate(frequency):
        place = ((time * f) % 1.0 * bins).astype(int)
        slow = 0.0
        for width in widths:
            for start in range(bins):
                inside = np.isin(place, [(start + j) % bins for j in range(width)])
                if 0 < inside.sum() < 60 and flux[inside].sum() < 0:
                    slow = max(slow, flux[inside].sum() ** 2 * 60 / (inside.sum() * (~inside).sum()))
        assert fast[k] == pytest.approx(slow)


def test_a_train_of_eclipses_is_found_and_a_wave_is_a_poor_box() -> None:
    time = sector(30.0)
    period, share = best_box(time, eclipses(time, 3.1, 0.02, 0.02 * 0.1), 0.4, 14.0)
    assert period == pytest.approx(3.1, rel=0.01)
    assert share > 0.5
    assert best_box(time, noise(time), 0.4, 14.0)[1] < 0.1
    assert best_box(time[:5], noise(time[:5]), 0.4, 14.0) == (0.0, 0.0)


def test_harmonics_are_fitted() -> None:
    phase = np.linspace(0, 7, 500)
    flux = 2.0 * np.cos(2 * np.pi * phase + 0.4) + 0.5 * np.cos(4 * np.pi * phase - 1.0)
    amplitude, angle, model = harmonic_fit(phase, flux, 2)
    assert amplitude == pytest.approx([2.0, 0.5], abs=1e-6)
    assert angle == pytest.approx([0.4, -1.0], abs=1e-6)
    assert np.max(np.abs(model - flux)) < 1e-6
