"""Transit times: planted ones come back within honest errors, and what cannot be timed is told."""

from dataclasses import replace

import numpy as np
import pytest

from science.fitting.refold import refolded_shape
from science.fitting.system_times import system_times
from science.fitting.timing_windows import Companion, TransitShape, light_of, without_companions
from science.fitting.transit_times import TimingSettings, time_transits, transit_times
from tests.science.fitting.timed_light import START_BJD, detrended, with_transits

SHAPE = TransitShape(5.0, START_BJD + 2.0, 0.05, 14.0, 0.3, 0.4, 0.2)


def test_planted_times_come_back_within_their_errors():
    late = np.random.default_rng(8).normal(0.0, 15.0, 40)
    curve = with_transits([SHAPE], [late], days=200, noise=1e-3)
    times = transit_times(curve, SHAPE)
    assert len(times) >= 38
    expected = np.array([SHAPE.epoch_bjd + t.epoch * 5.0 + late[t.epoch] / 1440 for t in times])
    pull = (np.array([t.time_bjd for t in times]) - expected) / np.array([t.error_days for t in times])
    assert abs(pull.mean()) < 0.6
    assert 0.7 < pull.std() < 1.3
    assert np.abs(pull).max() < 4.0
    assert all(t.snr > 5 and t.coverage > 0.95 for t in times)


def test_times_much_finer_than_the_first_grid():
    shape = replace(SHAPE, radius_ratio=0.12)
    late = np.array([0.3, -0.4, 0.1, 0.0, 0.25])
    curve = with_transits([shape], [late], days=24, noise=1e-4, cadence_minutes=2.0)
    times = transit_times(curve, shape)
    assert len(times) == 5
    for t in times:
        assert t.error_days * 1440 < 0.06
        assert t.time_bjd == pytest.approx(shape.epoch_bjd + 5.0 * t.epoch + late[t.epoch] / 1440, abs=0.2 / 1440)


def test_red_noise_widens_the_errors():
    rng = np.random.default_rng(5)
    curve = with_transits([SHAPE], [np.zeros(40)], days=200, noise=4e-4)
    kernel = np.exp(-np.arange(12) / 3.0)
    red = np.convolve(rng.normal(0.0, 5e-4, curve.flux.size), kernel, mode="same")
    reddened = detrended(curve.curve.time_bjd, curve.flux + red, 4e-4, 10 / 1440)
    plain, worse = time_transits(curve, SHAPE), time_transits(reddened, SHAPE, TimingSettings(refold=False))
    assert plain.red_factor < 1.2
    assert worse.red_factor > 1.7
    pull = [(t.time_bjd - SHAPE.epoch_bjd - 5.0 * t.epoch) / t.error_days for t in worse.times]
    assert 0.6 < np.std(pull) < 1.4


def test_dips_too_weak_cut_off_or_far_away_are_told_not_measured():
    curve = with_transits([SHAPE], [np.zeros(8)], days=40, noise=4e-4)
    hidden = curve.use.copy()
    time = curve.curve.time_bjd
    hidden &= ~((time > SHAPE.epoch_bjd - 0.01) & (time < SHAPE.epoch_bjd + 1.0))
    timing = time_transits(replace(curve, use=hidden), SHAPE)
    assert [t.epoch for t in timing.times] == list(range(1, 8))
    assert timing.not_measured[0].epoch == 0
    assert "of this transit is in the data" in timing.not_measured[0].reason
    weak = time_transits(with_transits([replace(SHAPE, radius_ratio=0.008)], [np.zeros(8)], days=40, noise=1e-3), SHAPE)
    assert weak.times == ()
    assert any("too weak" in n.reason for n in weak.not_measured)


def test_smeared_shape_is_sharpened_on_shifted_times():
    epochs = np.arange(60)
    late = 35.0 * np.sin(2 * np.pi * epochs / 17.0)
    curve = with_transits([SHAPE], [late], days=300, noise=5e-4)
    # What a fold of the moved transits looks like: shallower at the edges, and longer.
    smeared = replace(SHAPE, scaled_axis=12.0, impact_parameter=0.55, radius_ratio=0.049)
    timing = time_transits(curve, smeared)
    assert "shifted to a common time" in timing.notes[0]
    assert abs(timing.shape.duration_days / SHAPE.duration_days - 1.0) < 0.01
    held = time_transits(curve, smeared, TimingSettings(refold=False))
    assert held.shape is smeared


def overlapping(apart_days):
    other = TransitShape(5.4, SHAPE.epoch_bjd + apart_days, 0.06, 16.0, 0.2, 0.4, 0.2)
    late = (np.zeros(40), 20.0 * np.sin(np.arange(40) / 3.0))
    return other, with_transits([SHAPE, other], late, days=120, noise=4e-4)


def worst_pull(times):
    return max(abs(t.time_bjd - SHAPE.epoch_bjd - 5.0 * t.epoch) / t.error_days for t in times)


def test_overlapping_planets_do_not_pull_each_other():
    other, curve = overlapping(0.05)
    assert worst_pull(time_transits(curve, SHAPE).times) > 8.0  # negative control: told of no other planet
    assert worst_pull(system_times(curve, {"b": SHAPE, "c": other})["b"].times) < 4.5


def test_half_hidden_transits_are_modelled_not_only_masked():
    other, curve = overlapping(0.1)
    masked = {t.epoch: t.coverage for t in time_transits(curve, SHAPE, others=[Companion(other)]).times}
    together = system_times(curve, {"b": SHAPE, "c": other})["b"].times
    assert worst_pull(together) < 4.5
    assert sum(t.coverage for t in together) > sum(masked.values()) + 0.2


def test_companions_without_times_are_masked_and_with_times_divided_out():
    curve = with_transits([SHAPE], [np.zeros(8)], days=40, noise=1e-6)
    light = light_of(curve)
    masked = without_companions(light, [Companion(SHAPE)])
    assert masked.time.size < light.time.size
    assert float(masked.flux.min()) > 1 - 1e-5
    known = {n: SHAPE.epoch_bjd + 5.0 * n for n in range(8)}
    divided = without_companions(light, [Companion(SHAPE, known)])
    assert divided.time.size == light.time.size
    assert float(divided.flux.min()) > 1 - 1e-5


def test_bad_input_has_a_clear_outcome():
    curve = with_transits([SHAPE], [np.zeros(8)], days=40, noise=4e-4)
    with pytest.raises(ValueError, match="passes beside the star"):
        transit_times(curve, replace(SHAPE, impact_parameter=1.2))
    empty = replace(curve, use=np.zeros(curve.flux.size, dtype=np.bool_))
    assert transit_times(empty, SHAPE) == ()
    one = time_transits(with_transits([SHAPE], [np.zeros(1)], days=4, noise=4e-4), SHAPE)
    assert len(one.times) == 1
    assert one.period_days == SHAPE.period_days
    assert refolded_shape(light_of(empty), SHAPE, {}) is None
    outside = replace(SHAPE, period_days=500.0, epoch_bjd=START_BJD + 450.0)
    assert transit_times(curve, outside) == ()
