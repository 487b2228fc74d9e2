"""Rhythms: period, amplitude, and waves told apart from dips."""

from __future__ import annotations

import numpy as np
import pytest

from science.time_bins import TimeBins, bin_in_time
from science.variability import spectrum, strongest_rhythm
from tests.science.light_curves import box_dips

STEP = 10 / 1440


def blocks_of(signal: str, period: float, amplitude: float, n_blocks: int = 4, seed: int = 0) -> list[TimeBins]:
    """Orbits of 13 days with 300 ppm of noise per bin, each with a signal."""
    rng = np.random.default_rng(seed)
    blocks = []
    for index in range(n_blocks):
        time = 14.0 * index + np.arange(0, 13, STEP)
        if signal == "dips":
            flux = box_dips(time, period, 0.4, 0.1, amplitude) - 1
        elif signal == "spots":
            # The phase of each block is its own: spots come and go.
            phase = 2 * np.pi * (time / period + rng.random())
            flux = amplitude * (np.sin(phase) + 0.4 * np.sin(2 * phase + 1))
        else:
            flux = np.zeros(time.size)
        flux = flux + 3e-4 * rng.standard_normal(time.size)
        blocks.append(TimeBins(time, flux - flux.mean(), np.full(time.size, 5.0)))
    return blocks


@pytest.mark.parametrize("period", [0.0613, 0.25, 0.7265, 1.7])
def test_rotation_is_a_wave_with_its_period_and_amplitude(period: float) -> None:
    rhythm = strongest_rhythm(blocks_of("spots", period, 2e-3))
    assert rhythm is not None
    assert rhythm.shape == "wave"
    assert rhythm.is_significant
    assert rhythm.period_days == pytest.approx(period, rel=3e-3)
    assert rhythm.semi_amplitude == pytest.approx(2e-3, rel=0.08)
    assert rhythm.harmonics[0] == pytest.approx(2e-3, rel=0.08)
    assert rhythm.harmonics[1] == pytest.approx(0.8e-3, rel=0.15)


@pytest.mark.parametrize("period", [0.5, 0.9, 1.338, 3.1])
def test_transits_are_dips_whatever_overtone_is_strongest(period: float) -> None:
    rhythm = strongest_rhythm(blocks_of("dips", period, 4e-3), longest_days=1.8)
    assert rhythm is not None
    assert rhythm.shape == "dips"


def test_noise_has_no_rhythm() -> None:
    significant = sum(
        bool((r := strongest_rhythm(blocks_of("none", 1, 0, seed=s))) and r.is_significant) for s in range(20)
    )
    assert significant == 0


def test_too_little_data_has_no_rhythm() -> None:
    time = np.arange(5) * STEP
    assert strongest_rhythm([TimeBins(time, time, np.ones(5))]) is None
    assert strongest_rhythm([]) is None
    assert spectrum([], 0.05, 15.0) is None


def test_constant_flux_has_no_rhythm() -> None:
    time = np.arange(500) * STEP
    assert strongest_rhythm([TimeBins(time, np.zeros(500), np.ones(500))]) is None


def test_spectrum_agrees_with_lomb_scargle() -> None:
    from astropy.timeseries import LombScargle

    blocks = blocks_of("spots", 0.7265, 2e-3, n_blocks=1)
    gap = np.abs(blocks[0].time - 6.0) > 0.7
    block = TimeBins(blocks[0].time[gap], blocks[0].flux[gap], blocks[0].count[gap])
    found = spectrum([block], 0.1, 5.0)
    assert found is not None
    theirs = LombScargle(block.time, block.flux).power(found.frequency, method="slow")
    strong = theirs > 0.05
    assert found.share[strong] == pytest.approx(theirs[strong], rel=0.05, abs=0.01)


def test_bins_are_means() -> None:
    rng = np.random.default_rng(0)
    time = np.sort(rng.random(1000)) * 10
    time[500:] += 3
    flux = rng.standard_normal(1000)
    bins = bin_in_time(time, flux, 0.1)
    assert bins.count.sum() == 1000
    assert np.sum(bins.flux * bins.count) == pytest.approx(flux.sum())
    assert np.sum(bins.time * bins.count) == pytest.approx(time.sum())
    assert np.all(np.diff(bins.time) > 0)
    assert bin_in_time(np.zeros(0), np.zeros(0), 0.1).time.size == 0
