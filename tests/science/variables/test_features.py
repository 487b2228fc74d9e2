"""Features: each kind of star shows in the number made for it, gaps and cadences change little, scraps are refused."""

from __future__ import annotations

import numpy as np
import pytest

from science.stars import Star, Value
from science.variables.features import FEATURES, LIGHT_FEATURES, TooShort, features, stretches
from tests.science.variables.variable_light import eclipses, flares, noise, sector, segments, wave


def described(time: np.ndarray, flux: np.ndarray, star: Star | None = None):
    return features(time, flux, np.full(time.size, 3e-4), segments(time), star)


def test_each_kind_shows_in_its_number() -> None:
    time = sector(5.0)
    quiet = described(time, noise(time))
    spots = described(time, wave(time, 3.0, 0.005))
    pulsator = described(time, wave(time, 0.06, 0.005))
    pair = described(time, eclipses(time, 2.3, 0.05, 0.02))
    flaring = described(time, flares(time, (3.0, 8.0, 15.0, 21.0), 0.02))
    assert quiet["sine_share"] < 0.05 < 0.9 < spots["sine_share"]
    assert 10 ** spots["log_period"] == pytest.approx(3.0, rel=0.03)
    assert quiet["dsct_share"] < 0.5
    assert pulsator["dsct_share"] > 0.9
    assert pair["box_share"] > 2 * pair["sine_share"]
    assert pair["tail_ratio"] > 0.5 > abs(quiet["tail_ratio"])
    assert pair["skewness"] < -1
    assert flaring["flare_rate"] == pytest.approx(4 / 26, rel=0.1)
    assert quiet["flare_rate"] == 0.0


def test_a_ramp_at_the_ends_and_a_roll_of_the_telescope_show() -> None:
    time = sector(10.0)
    number = segments(time)
    ramp = noise(time)
    for value in np.unique(number):
        part = number == value
        ramp[part] += 0.01 * np.exp(-(time[part] - time[part][0]) / 0.5)
    assert described(time, ramp)["edge_slope"] > described(time, noise(time))["edge_slope"] + 0.3
    roll = noise(time) + 0.003 * (((time / 0.2452) % 1.0) - 0.5)
    assert described(time, roll)["thruster"] > described(time, noise(time))["thruster"] + 0.3


def test_cadence_and_length_change_the_numbers_little() -> None:
    long = np.concatenate([sector(10.0, start=2459000.0 + 30 * k) for k in range(14)])
    short, coarse = sector(2.0), sector(30.0)
    answers = [described(time, wave(time, 1.9, 0.005)) for time in (short, coarse, long)]
    assert [answer.stretches for answer in answers] == [1, 1, 12]
    for name in ("log_period", "sine_share", "fold_share", "acf_height", "log_range"):
        values = [answer[name] for answer in answers]
        assert np.ptp(values) < 0.1, name


def test_what_is_known_of_the_star_is_carried_but_not_seen_as_light() -> None:
    time = sector(30.0)
    star = Star(teff_k=Value(6100.0, 100.0, "TIC"), tmag=9.5)
    found = described(time, noise(time), star)
    assert found["teff_k"] == 6100.0
    assert found["tmag"] == 9.5
    assert np.isnan(found["logg_cgs"])
    assert found.light.size == len(LIGHT_FEATURES) == len(FEATURES) - 3


def test_scraps_and_holes() -> None:
    time = sector(30.0)
    with pytest.raises(TooShort, match="days"):
        described(time[:100], noise(time[:100]))
    with pytest.raises(TooShort, match="150 points"):
        described(time[::12], noise(time[::12]))
    with pytest.raises(TooShort, match="covers"):
        features(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int32))
    holes = noise(time)
    holes[10:60] = np.nan
    assert np.isfinite(described(time, holes)["sine_share"])
    flat = described(time, np.ones(time.size))
    assert flat["sine_share"] == 0.0


def test_stretches_are_cut_by_length_and_by_gaps() -> None:
    time = np.concatenate((np.arange(0, 40, 0.1), np.arange(60, 70, 0.1)))
    parts = stretches(time)
    assert len(parts) == 3
    assert sum(part.stop - part.start for part in parts) == time.size
    assert all(np.ptp(time[part]) <= 27.6 for part in parts)
