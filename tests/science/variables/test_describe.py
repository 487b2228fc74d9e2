"""The description of a star: transits set aside, pairs of stars betrayed, a finding for each dip."""

from __future__ import annotations

import numpy as np
import pytest

from science.variables.classes import CLASSES, NOT_DECIDED, Classification
from science.variables.describe import describe_star_variability, measured_light, not_run
from science.variables.features import Features
from tests.science.variables.variable_light import flares, noise, sector, stitched, wave


class ByHand:
    """A classifier simple enough to see through: boxes are pairs, sines are rotation, the rest is constant."""

    def __init__(self, chance: float = 0.9) -> None:
        self.chance = chance

    def classify(self, features: Features) -> Classification:
        label = "constant"
        if features["box_share"] > 0.3 and features["tail_ratio"] > 0.4:
            label = "eb_detached"
        elif features["sine_share"] > 0.3:
            label = "rotation"
        rest = (1 - self.chance) / (len(CLASSES) - 1)
        chances = {name: self.chance if name == label else rest for name in CLASSES}
        return Classification(label if self.chance > 0.5 else NOT_DECIDED, chances)


def with_transits(time: np.ndarray, period: float, depth: float, duration: float = 0.15) -> np.ndarray:
    phase = np.abs((time - time[0] - 1.0 + 0.5 * period) % period - 0.5 * period)
    return noise(time) - depth * (phase < 0.5 * duration)


def test_a_planet_does_not_make_its_star_a_pair() -> None:
    time = sector()
    curve = stitched(time, with_transits(time, 3.1, 0.01))
    signal = (3.1, time[0] + 1.0, 0.15)
    told = describe_star_variability(curve, None, ByHand(), [signal])
    assert told.label == "constant"
    assert told.unmasked_label == "eb_detached"
    assert told.finding.outcome == "pass"
    assert told.finding.name == "star_variability"
    assert told.rotation_period_days is None
    # Without the mask the very same light is a pair: the mask is what decides.
    assert describe_star_variability(curve, None, ByHand()).label == "eb_detached"


def test_a_pair_whose_light_follows_its_period_is_not_hidden_by_the_mask() -> None:
    time = sector()
    tides = -0.004 * np.cos(4 * np.pi * (time - time[0] - 1.0) / 3.1)
    curve = stitched(time, with_transits(time, 3.1, 0.02) + tides)
    told = describe_star_variability(curve, None, ByHand(), [(3.1, time[0] + 1.0, 0.15)])
    assert told.finding.outcome in ("fail", "warn")
    assert told.finding.numbers["wave_ppm"] == pytest.approx(4000, rel=0.1)


def test_dips_that_are_the_low_half_of_a_wave_fail() -> None:
    time = sector()
    curve = stitched(time, wave(time, 2.0, 0.005))
    told = describe_star_variability(curve, None, ByHand(), [(2.0, time[0] + 1.5, 0.4)])
    assert told.label == "rotation"
    assert told.finding.outcome == "fail"
    assert told.finding.fault == "variability"
    assert told.finding.value >= told.finding.threshold
    unsure = describe_star_variability(curve, None, ByHand(0.4), [(2.0, time[0] + 1.5, 0.4)])
    assert unsure.abstained
    assert unsure.finding.outcome == "warn"
    assert "could not be decided" in unsure.sentence


def test_a_simple_ratio_to_the_rhythm_is_a_warning_and_another_period_passes() -> None:
    time = sector()
    spots = 0.004 * np.sin(2 * np.pi * (time - time[0]) / (3.1 / 3))
    curve = stitched(time, with_transits(time, 3.1, 0.02) + spots)
    signal = (3.1, time[0] + 1.0, 0.15)
    told = describe_star_variability(curve, None, ByHand(), [signal, (2.777, time[0] + 0.3, 0.1)])
    assert told.rotation_period_days == pytest.approx(3.1 / 3, rel=0.03)
    assert told.label == "rotation"
    assert told.finding.outcome == "warn"
    assert "three times" in told.finding.reason
    assert told.finding_for(1).outcome == "pass"
    with pytest.raises(IndexError):
        told.finding_for(2)


def test_flares_are_listed_and_told() -> None:
    time = sector(2.0)
    told = describe_star_variability(stitched(time, flares(time, (3.0, 8.2), 0.03)), None, ByHand())
    assert len(told.flares) == 2
    assert "2 flares in" in told.sentence


def test_too_little_light_is_not_run_with_its_reason() -> None:
    time = sector()[:300]
    told = describe_star_variability(stitched(time, noise(time)), None, ByHand(), [(3.1, time[0], 0.1)])
    assert told.finding.outcome == "not_run"
    assert "days" in told.finding.reason
    assert told.label == NOT_DECIDED
    assert told.abstained
    assert not_run("No model.").finding.reason == "No model."


def test_odd_signals_do_not_break_it() -> None:
    time = sector(30.0)
    curve = stitched(time, noise(time))
    for signal in ((0.0, time[0], 0.1), (500.0, time[0] + 3, 0.5), (0.5, time[0], 0.4), (3.0, 0.0, 0.0)):
        assert describe_star_variability(curve, None, ByHand(), [signal]).finding.outcome in ("pass", "warn")


def test_only_measured_rows_are_described() -> None:
    time = sector(30.0)
    flux = noise(time)
    flux[5] = np.nan
    curve = stitched(time, flux)
    assert measured_light(curve)[0].size == time.size - 1


class Says:
    """A classifier that always says the same."""

    def __init__(self, label: str) -> None:
        self.label = label

    def classify(self, features: Features) -> Classification:
        rest = 0.1 / (len(CLASSES) - 1)
        return Classification(self.label, {name: 0.9 if name == self.label else rest for name in CLASSES})


def test_only_a_star_that_turns_is_given_a_rotation_period() -> None:
    time = sector()
    curve = stitched(time, wave(time, 0.9, 0.005))
    turning = describe_star_variability(curve, None, Says("rotation"))
    assert turning.rotation_period_days == pytest.approx(0.9, rel=0.03)
    for label in ("dsct_bcep", "eb_contact"):
        told = describe_star_variability(curve, None, Says(label))
        assert told.rotation_period_days is None
        assert told.rhythm_days == pytest.approx(0.9, rel=0.03)
    assert "strongest wave takes 0.9" in describe_star_variability(curve, None, Says("gdor_spb")).sentence
