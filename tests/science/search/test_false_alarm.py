"""False alarms: shuffling keeps the noise and loses the rhythm; laws are fitted and read rightly."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from science.lightcurve import DetrendedCurve
from science.search.false_alarm import (
    GumbelLaw,
    alarm_from,
    bin_curve,
    calibrate,
    fit_gumbel,
    shuffled_blocks,
    white_noise_alarm,
)
from science.search.grids import period_grid
from science.search.refit import in_transit
from science.search.results import SearchSettings
from science.stars import Star

sys.path.insert(0, str(Path(__file__).parent))
from simulated import START, curve, dips


def law_of(maxima: np.ndarray, inverted: float = 0.0) -> GumbelLaw:
    return fit_gumbel(maxima, seed=1, inverted_sde=inverted)


def test_a_drawn_gumbel_law_is_recovered() -> None:
    rng = np.random.default_rng(2)
    law = law_of(6.0 - 0.8 * np.log(-np.log(rng.random(4000))))
    assert law.location == pytest.approx(6.0, abs=0.06)
    assert law.scale == pytest.approx(0.8, rel=0.05)
    assert law.probability(law.threshold(0.01)) == pytest.approx(0.01, rel=1e-6)


def test_the_band_covers_the_truth_about_nine_times_in_ten() -> None:
    rng = np.random.default_rng(3)
    truth = -np.expm1(-np.exp(-(8.5 - 6.0) / 0.8))
    covered = 0
    for _ in range(60):
        law = law_of(6.0 - 0.8 * np.log(-np.log(rng.random(40))))
        low, high = law.band(8.5)
        covered += low <= truth <= high
    assert 45 <= covered <= 60


def test_a_high_inverted_peak_forbids_a_small_probability() -> None:
    maxima = 6.0 + 0.1 * np.arange(20) / 20
    assert alarm_from(law_of(maxima, inverted=5.0), 12.0).probability < 1e-3
    alarm = alarm_from(law_of(maxima, inverted=12.5), 12.0)
    assert alarm.probability == pytest.approx(1 / 21)
    assert alarm.lo <= alarm.probability <= alarm.hi


def test_too_few_copies_are_refused() -> None:
    with pytest.raises(ValueError, match="8"):
        law_of(np.arange(7.0))


def test_the_white_table_is_named() -> None:
    alarm = white_noise_alarm(6.98)
    assert alarm.method == "white-noise table"
    assert alarm.n_trials == 0
    assert alarm.lo <= alarm.probability <= alarm.hi


def test_shuffling_moves_blocks_and_loses_nothing() -> None:
    time = START + np.arange(2000) / 144.0
    values = np.arange(2000, dtype=np.float64)
    mixed = shuffled_blocks(time, values, 0.5, np.random.default_rng(1))
    assert sorted(mixed) == sorted(values)
    steps = np.abs(np.diff(mixed))
    assert np.mean(steps == 1) > 0.95  # neighbours inside blocks stay neighbours
    assert np.mean(mixed == values) < 0.05


def test_shuffling_keeps_red_noise() -> None:
    rng = np.random.default_rng(5)
    time = START + np.arange(4000) / 144.0
    red = np.interp(time, time[::12], rng.normal(size=time[::12].size))
    mixed = shuffled_blocks(time, red, 0.6, rng)
    correlation = [np.corrcoef(x[:-3], x[3:])[0, 1] for x in (red, mixed)]
    assert correlation[1] > 0.85 * correlation[0]


def test_binning_keeps_the_weighted_mean() -> None:
    rng = np.random.default_rng(1)
    time, err = np.sort(rng.random(500)) * 5, 0.5 + rng.random(500)
    flux = rng.normal(size=500)
    t, f, e = bin_curve(time, flux, err, 0.1)
    assert np.average(f, weights=e**-2) == pytest.approx(np.average(flux, weights=err**-2))
    assert np.all(np.diff(t) > 0)
    assert t.size <= 51


def calibrated(light: DetrendedCurve, rows: np.ndarray) -> GumbelLaw:
    grid = period_grid(26.0, period_min_days=0.5, period_max_days=None, min_transits=2, oversampling=3)
    time, err = light.curve.time_bjd, light.curve.flux_err
    return calibrate(time[rows], light.flux[rows], err[rows], grid, Star(), SearchSettings(fap_trials=16))


def test_shuffled_copies_of_white_noise_reach_what_white_noise_reaches() -> None:
    """The half-way point of the published table is near SDE 5. Dips left in the curve raise it, masked ones do not."""
    light = curve(seed=8)
    everything = np.ones(light.flux.size, dtype=np.bool_)
    plain = calibrated(light, everything).threshold(0.5)
    assert 4.0 < plain < 6.5
    planet = curve(dips(3.1, START + 0.7, 0.12, 1.2e-3), seed=8)
    outside = ~in_transit(planet.curve.time_bjd, 3.1, START + 0.7, 0.12)
    assert calibrated(planet, outside).threshold(0.5) == pytest.approx(plain, abs=0.8)
    assert calibrated(planet, everything).threshold(0.5) > plain + 1.5


@pytest.mark.slow
def test_probabilities_are_uniform_on_noise() -> None:
    """Each noise curve's own highest peak must look ordinary under its own law: p-values near one half on average."""
    from science.search.find import find_signals

    values = []
    for seed in range(12):
        settings = SearchSettings(fap_trials=12, max_signals=1, seed=seed, oversampling=2)
        result = find_signals(curve(seed=100 + seed), Star(), settings)
        assert result.signals == ()
        assert result.best_rejected is not None
        values.append(result.best_rejected.false_alarm.probability)
    assert 0.2 < float(np.mean(values)) < 0.85
    assert min(values) > 0.002
