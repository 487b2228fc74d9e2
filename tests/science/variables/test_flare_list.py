"""The list of flares: found with their measures, and nothing else taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from science.variables.flare_list import find_flares
from tests.science.variables.variable_light import eclipses, flares, noise, sector, segments


def test_flares_are_found_with_their_measures() -> None:
    time = sector(2.0)
    found = find_flares(time, flares(time, (3.0, 8.2, 20.5), 0.02), segments(time))
    assert [flare.peak_bjd - time[0] for flare in found] == pytest.approx([3.0, 8.2, 20.5], abs=0.003)
    for flare in found:
        assert flare.amplitude == pytest.approx(0.02, rel=0.15)
        # The light of an exponential decay: amplitude times decay time.
        assert flare.equivalent_duration_s == pytest.approx(0.02 * 0.02 * 86400, rel=0.25)
        assert 15 < flare.duration_minutes < 240


def test_a_rhythm_is_taken_out_first() -> None:
    time = sector(2.0)
    spots = 0.02 * np.sin(2 * np.pi * time / 0.3)
    found = find_flares(time, flares(time, (3.0, 20.5), 0.02) + spots, segments(time), 0.3)
    assert len(found) == 2


def test_noise_eclipses_and_brightenings_turned_round_are_no_flares() -> None:
    time = sector(2.0)
    assert find_flares(time, noise(time), segments(time)) == ()
    assert find_flares(time, eclipses(time, 3.1, 0.05, 0.02), segments(time)) == ()
    backwards = flares(time, (3.0, 8.2), 0.02, 0.05)[::-1]
    assert find_flares(time, backwards, segments(time)) == ()


def test_maxima_of_a_pulsation_are_no_flares() -> None:
    time = sector(2.0)
    spikes = tuple(np.arange(0.4, 12.0, 0.55))
    flux = flares(time, spikes, 0.02, 0.012)
    assert find_flares(time, flux, segments(time), 0.55) == ()
    assert len(find_flares(time, flux, segments(time), 0.31)) > 5


def test_long_cadences_and_few_points_give_none() -> None:
    time = sector(30.0)
    assert find_flares(time, flares(time, (3.0,), 0.05, 0.1), segments(time)) == ()
    assert find_flares(time[:10], noise(time[:10]), segments(time[:10])) == ()
