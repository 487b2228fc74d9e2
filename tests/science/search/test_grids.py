"""Trial periods and durations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.search.durations import central_duration_days, duration_grid, star_density_gcc
from science.search.grids import period_grid
from science.stars import Star, Value


def test_matches_the_reference_package_where_both_are_defined():
    """TLS builds the same Ofir grid; ours only goes on to shorter periods."""
    from transitleastsquares.grid import period_grid as package_grid

    theirs = np.sort(package_grid(R_star=1, M_star=1, time_span=27.4, oversampling_factor=3, n_transits_min=2))
    ours = period_grid(27.4, period_min_days=theirs[0], period_max_days=None, min_transits=2, oversampling=3)
    assert abs(len(ours.periods_days) - len(theirs)) <= 2
    # The same steps in frequency; the package's solar constants are older.
    step = np.diff(np.cbrt(1 / ours.periods_days))[10:-10]
    assert np.allclose(step, np.diff(np.cbrt(1 / theirs))[10], rtol=1e-3)


def test_goes_below_three_stellar_radii_and_says_so():
    grid = period_grid(27.4, period_min_days=0.3, period_max_days=None, min_transits=2, oversampling=3)
    assert grid.periods_days[0] == 0.3
    assert any("three stellar radii" in note for note in grid.notes)


def test_says_when_the_longest_period_does_not_fit():
    grid = period_grid(20.0, period_min_days=1.0, period_max_days=30.0, min_transits=2, oversampling=3)
    assert grid.period_max_days == 10.0
    assert any("left out" in note for note in grid.notes)


@given(
    span=st.floats(5.0, 400.0),
    least=st.floats(0.3, 2.0),
    oversampling=st.integers(1, 5),
    radius=st.floats(0.1, 3.0),
    mass=st.floats(0.1, 2.0),
)
@settings(max_examples=60, deadline=None)
def test_neighbours_shift_a_transit_by_the_asked_part_of_its_duration(span, least, oversampling, radius, mass):
    grid = period_grid(
        span,
        period_min_days=least,
        period_max_days=None,
        min_transits=2,
        oversampling=oversampling,
        radius_sun=radius,
        mass_sun=mass,
    )
    p = grid.periods_days
    assert p[0] == pytest.approx(least)
    assert p[-1] == pytest.approx(span / 2)
    assert np.all(np.diff(p) > 0)
    if len(p) > 3:
        # Ofir's A is the duty cycle of a central transit to within 1 %.
        shift_days = -np.diff(1 / p) * span * p[1:]
        duration = central_duration_days(p[1:], 1.4099 * mass / radius**3)
        assert np.all(shift_days < 1.10 * duration / oversampling)
        assert np.median(shift_days / duration * oversampling) > 0.9


@pytest.mark.parametrize(
    ("span", "limits"),
    [
        (10.0, {"period_min_days": 6.0, "period_max_days": None}),
        (-1.0, {"period_min_days": 0.5, "period_max_days": None}),
        (10.0, {"period_min_days": 0.0, "period_max_days": None}),
        (10.0, {"period_min_days": 3.0, "period_max_days": 2.0}),
        (40000.0, {"period_min_days": 0.2, "period_max_days": None}),
    ],
)
def test_refuses_what_makes_no_grid(span, limits):
    with pytest.raises(ValueError, match=r"period|span"):
        period_grid(span, min_transits=2, oversampling=3, **limits)


def test_central_duration_of_the_earth():
    assert central_duration_days(np.array([365.25]), 1.4099)[0] * 24 == pytest.approx(13.0, abs=0.1)


def test_unknown_star_gets_the_limits_of_tls():
    from transitleastsquares.grid import T14

    periods = np.array([1.0, 5.0, 20.0])
    grid = duration_grid(periods, None, 1.1)
    for i, period in enumerate(periods):
        shortest = T14(R_s=0.13, M_s=0.1, P=period, small=True) * period
        longest = T14(R_s=3.5, M_s=1.0, P=period, small=False) * period
        tried = grid.durations_days[grid.first[i] : grid.stop[i]]
        assert shortest / 1.11 <= tried[0] <= shortest * 1.01
        assert longest * 0.99 <= tried[-1] <= longest * 1.11


def test_known_density_narrows_the_durations_round_the_expected_one():
    sun = Star(radius_sun=Value(1.0, 0.02, "test"), mass_sun=Value(1.0, 0.03, "test"))
    periods = np.array([3.0, 10.0, 40.0])
    grid, wide = duration_grid(periods, sun, 1.1), duration_grid(periods, None, 1.1)
    expected = central_duration_days(periods, 1.4099)
    for i in range(3):
        tried = grid.durations_days[grid.first[i] : grid.stop[i]]
        assert tried[0] < 0.45 * expected[i]
        assert expected[i] * 1.35 < tried[-1]
        assert len(tried) < wide.stop[i] - wide.first[i]
    assert star_density_gcc(sun)[0] == pytest.approx(1.41, rel=0.01)


def test_nothing_shorter_than_an_exposure_is_tried():
    grid = duration_grid(np.array([0.7, 2.0]), None, 1.15, cadence_days=0.0204)
    assert grid.durations_days.min() >= 0.0204 / 1.15


@given(
    periods=st.lists(st.floats(0.2, 500.0), min_size=1, max_size=30),
    step=st.floats(1.02, 1.5),
    density=st.one_of(st.none(), st.floats(0.01, 60.0)),
    cadence=st.sampled_from([0.0, 0.0014, 0.0204]),
)
@settings(max_examples=100, deadline=None)
def test_every_period_has_durations_in_order(periods, step, density, cadence):
    star = None if density is None else Star(density_gcc=Value(density, None, "test"))
    grid = duration_grid(np.sort(periods), star, step, cadence_days=cadence)
    assert np.all(grid.stop > grid.first)
    assert np.all(grid.stop <= len(grid.durations_days))
    assert np.all(np.diff(grid.first) >= 0)
    ratio = grid.durations_days[1:] / grid.durations_days[:-1]
    assert np.allclose(ratio, step)
