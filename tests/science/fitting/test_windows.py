"""Which light is fitted: enough beside each transit, nothing of other planets, averages that lose nothing."""

from dataclasses import replace

import numpy as np
import pytest

from science.fitting.results import Guess
from science.fitting.windows import NothingToFit, average, bin_width_days, check_guess, select, usable_rows
from science.folding import phase_days
from tests.science.fitting.planted_light import START_BJD, Planted, light

PLANET = Planted()


def _exact(planet: Planted) -> Guess:
    return Guess(planet.period, planet.epoch, planet.duration, planet.ratio, planet.impact)


def test_points_near_the_transits_and_no_others():
    prepared = select(light([PLANET]), [_exact(PLANET)])
    phase = np.abs(phase_days(prepared.data.time_bjd, PLANET.period, PLANET.epoch))
    assert phase.max() <= 1.75 * PLANET.duration + 1e-9
    assert phase.max() > 1.6 * PLANET.duration
    assert np.unique(prepared.data.event).size == 7
    assert prepared.labels == ("S1",)
    assert np.all(np.diff(prepared.data.event) >= 0)


def test_other_planets_and_unusable_points_are_left_out():
    curve = light([PLANET])
    other = Guess(PLANET.period, PLANET.epoch + 0.15, 0.05, 0.1)
    hidden = curve.use.copy()
    hidden[::3] = False
    prepared = select(replace(curve, use=hidden), [_exact(PLANET)], [other])
    away = np.abs(phase_days(prepared.data.time_bjd, other.period_days, other.epoch_bjd))
    assert away.min() > 0.6 * 0.05
    whole = select(curve, [_exact(PLANET)])
    assert prepared.data.n_raw < 0.7 * whole.data.n_raw


def test_a_transit_across_a_pause_is_two_events():
    pause = START_BJD + 27.0 * 0.48
    planet = replace(PLANET, epoch=pause - 0.02, period=30.0)
    prepared = select(light([planet], seed=3), [_exact(planet)])
    assert np.all(prepared.data.time_bjd < pause)
    assert np.unique(prepared.data.event).size == 1


@pytest.mark.parametrize(
    ("guess", "words"),
    [
        (Guess(float("nan"), START_BJD, 0.1, 0.1), "numbers"),
        (Guess(3.0, START_BJD, 0.0, 0.1), "positive"),
        (Guess(3.0, START_BJD, 1.6, 0.1), "half of the period"),
    ],
)
def test_impossible_guesses_are_named(guess, words):
    with pytest.raises(NothingToFit, match=words):
        check_guess(guess)


def test_no_light_in_transit_is_named():
    with pytest.raises(NothingToFit, match="No transit"):
        select(light([PLANET]), [Guess(900.0, START_BJD - 300.0, 0.2, 0.1)])
    curve = light([PLANET])
    away = curve.use & (np.abs(phase_days(curve.curve.time_bjd, PLANET.period, PLANET.epoch)) > 0.1)
    with pytest.raises(NothingToFit, match="Only 0 usable"):
        select(replace(curve, use=away), [_exact(PLANET)])
    none = replace(curve, flux=np.full(curve.flux.size, np.nan))
    assert not usable_rows(none).any()
    with pytest.raises(NothingToFit, match="Only 0 usable"):
        select(none, [_exact(PLANET)])


def test_averages_keep_weights_scatter_and_means():
    prepared = select(light([PLANET], cadence_minutes=2.0), [_exact(PLANET)])
    data = prepared.data
    residual = data.flux - 1.0
    fine = np.abs(phase_days(data.time_bjd, PLANET.period, PLANET.epoch)) < 0.6 * PLANET.duration
    bins = average(prepared, residual, [_exact(PLANET)], fine, 6 / 1440, fold=False)
    assert bins.data.time_bjd.size < 0.35 * data.n_raw
    weight, binned = 1 / data.flux_err**2, 1 / bins.data.flux_err**2
    assert binned.sum() == pytest.approx(weight.sum())
    assert (binned * bins.data.flux).sum() == pytest.approx((weight * residual).sum())
    # What is inside the bins and what is between them are together all squares.
    between = (binned * bins.data.flux**2).sum()
    assert between + bins.scatter.sum() == pytest.approx((weight * residual**2).sum())
    assert bins.freedom == pytest.approx(prepared.freedom)
    inner = np.abs(phase_days(bins.data.time_bjd, PLANET.period, PLANET.epoch)) < 0.4 * PLANET.duration
    assert np.median(bins.data.exposure_days[inner]) == pytest.approx(6 / 1440, rel=0.01)


def test_many_transits_are_folded_into_groups_that_keep_the_period():
    planet = replace(PLANET, period=1.3, duration=0.08)
    prepared = select(light([planet], sectors=3), [_exact(planet)])
    data = prepared.data
    fine = np.abs(phase_days(data.time_bjd, planet.period, planet.epoch)) < 0.6 * planet.duration
    bins = average(prepared, data.flux - 1.0, [_exact(planet)], fine, 10 / 1440, fold=True)
    events = np.unique(bins.data.event).size
    assert events < 22 < np.unique(data.event).size
    phase = np.abs(phase_days(bins.data.time_bjd, planet.period, planet.epoch))
    assert phase.max() < 1.8 * planet.duration
    span = np.ptp(data.time_bjd)
    assert np.ptp(bins.data.time_bjd) > 0.8 * span
    assert any("folded" in note for note in bins.data.notes)


def test_bins_are_as_fine_as_the_ingress_where_it_is_measured():
    assert bin_width_days(0.1, 0.04, 50.0, 0.0) == pytest.approx(0.1 / 40)
    assert bin_width_days(0.1, 0.008, 1000.0, 0.0) == pytest.approx(0.001)
    assert bin_width_days(0.1, 0.002, 2.0, 0.0) == pytest.approx(0.1 * 0.12**0.5 / 2 / 8)
    assert bin_width_days(0.1, 0.002, 1000.0, 0.02) == pytest.approx(0.018)
