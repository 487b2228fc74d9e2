"""A signal that is given is measured, not searched."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from data.requests import GivenSignal
from jobs.given import ONE_TRIAL, NoSuchDip, chance_of_one, given_report, measure_given
from science.stars import Star
from tests.app.made_light import BJD_OFFSET, INNER, Planet, made_light


def given(period: float, epoch_btjd: float, hours: float) -> GivenSignal:
    return GivenSignal(period_days=period, epoch_bjd=BJD_OFFSET + epoch_btjd, duration_hours=hours)


def test_the_dip_given_is_measured() -> None:
    curve = made_light((INNER,))
    found = measure_given(curve, Star(), given(4.2003, 1327.02, 2.5))
    assert found.depth * 1e6 == pytest.approx(INNER.depth_ppm, rel=0.1)
    assert abs(found.period_days - INNER.period_days) < 5e-4


def test_the_line_says_that_nothing_was_searched() -> None:
    curve = made_light((INNER,))
    report = given_report(curve, Star(), given(4.2, 1327.0, 3.0), 10 / 1440)
    assert report.sde is None
    assert report.fap_method == ONE_TRIAL
    assert "given" in report.reasons[0]


def test_no_dip_there_is_one_sentence() -> None:
    curve = made_light((INNER,))
    bumps = replace(curve, flux=2.0 - curve.flux)
    with pytest.raises(NoSuchDip, match=r"no dip every 4\.2 days"):
        measure_given(bumps, Star(), given(4.2, 1327.0, 3.0))


def test_dips_too_weak_to_be_seen_are_measured_and_not_refused() -> None:
    curve = made_light(())
    found = measure_given(curve, Star(), given(4.2, 1327.0, 3.0))
    assert abs(found.snr) < 4
    report = given_report(curve, Star(), given(4.2, 1327.0, 3.0), 10 / 1440)
    assert (report.radius_earth is None) or report.depth_ppm > 0


def test_no_light_at_the_dips_is_one_sentence() -> None:
    curve = made_light((INNER,))
    with pytest.raises(NoSuchDip, match="too few points"):
        measure_given(curve, Star(), given(3000.0, 100.0, 3.0))


def test_chance_of_one_trial_is_the_tail_of_a_gaussian() -> None:
    assert chance_of_one(0.0) == pytest.approx(0.5)
    assert chance_of_one(3.0) == pytest.approx(0.00135, rel=0.01)
    chances = [chance_of_one(s) for s in np.linspace(0, 60, 50)]
    assert all(a >= b for a, b in itertools.pairwise(chances))
    assert math.isfinite(chances[-1])
    assert chances[-1] > 0


def test_dips_too_weak_to_fit_keep_the_times_given() -> None:
    weak = given(4.2, 1327.3, 3.0)
    curve = made_light((Planet(4.2, 1327.3, 3.0, 400.0),), noise_ppm=2000.0, seed=3)
    found = measure_given(curve, Star(), weak)
    assert 0 < found.snr < 6
    assert found.period_days == weak.period_days
    assert found.duration_days == pytest.approx(weak.duration_hours / 24)
    cycles = (found.epoch_bjd - weak.epoch_bjd) / weak.period_days
    assert cycles == pytest.approx(round(cycles), abs=1e-6)
