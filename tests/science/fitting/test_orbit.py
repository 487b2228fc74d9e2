"""Durations, densities and inclinations against the transit model, a known system and each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from astropy import constants, units
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from science.fitting.orbit import (
    density_of,
    duration_of,
    inclination_deg,
    photo_eccentric_factor,
    scaled_axis_of_density,
    scaled_axis_of_duration,
)
from science.fitting.transit import transit_flux


@given(period=st.floats(0.3, 500), axis=st.floats(2.0, 300), k=st.floats(0.003, 0.5), share=st.floats(0, 0.99))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_axis_and_duration_are_inverse(period: float, axis: float, k: float, share: float) -> None:
    b = share * (1 + k)
    assume(b < axis)
    duration, _ = duration_of(period, axis, k, b)
    assert float(scaled_axis_of_duration(period, duration, k, b)) == pytest.approx(axis, rel=1e-9)


@pytest.mark.parametrize(("e", "w", "tolerance"), [(0.0, 0.0, 1e-9), (0.3, 0.9, 2e-3), (0.3, -2.0, 2e-3)])
def test_the_model_begins_and_ends_at_the_contacts(e: float, w: float, tolerance: float) -> None:
    period, axis, k, b = 9.0, 20.0, 0.1, 0.4
    t14, t23 = (float(v) for v in duration_of(period, axis, k, b, e, w))
    row = np.array([[period, 0.0, k, axis, b, e, w]])
    time = np.linspace(-0.7, 0.7, 400_001) * t14
    dark = time[transit_flux(time, np.zeros(time.size), row, 0.0, 0.0) < 1 - 1e-12]
    flat = time[transit_flux(time, np.zeros(time.size), row, 0.0, 0.0) < 1 - k**2 + 1e-12]
    assert np.ptp(dark) == pytest.approx(t14, rel=tolerance + 2e-5)
    assert np.ptp(flat) == pytest.approx(t23, rel=tolerance + 2e-5)


def test_the_earth_before_the_sun() -> None:
    axis = (constants.au / constants.R_sun).to_value(units.one)
    assert float(density_of(365.256, axis)) == pytest.approx(1.410, abs=0.002)
    assert float(scaled_axis_of_density(365.256, 1.410)) == pytest.approx(axis, rel=1e-3)
    t14, t23 = duration_of(365.256, axis, 0.00917, 0.0)
    assert float(t14) * 24 == pytest.approx(13.1, abs=0.1)
    crossing_days = 2 * 0.00917 / axis * 365.256 / (2 * math.pi)  # of its own width
    assert float(t14 - t23) == pytest.approx(2 * crossing_days, rel=1e-3)
    assert float(inclination_deg(axis, 0.5)) == pytest.approx(90 - math.degrees(0.5 / axis), abs=1e-4)


def test_the_density_read_as_if_circular_is_off_by_the_photo_eccentric_factor() -> None:
    period, axis, k, b, e, w = 50.0, 60.0, 0.05, 0.3, 0.4, 1.0
    duration, _ = duration_of(period, axis, k, b, e, w)
    seen = density_of(period, scaled_axis_of_duration(period, duration, k, b))
    assert float(seen / density_of(period, axis)) == pytest.approx(float(photo_eccentric_factor(e, w)), rel=2e-3)
    assert float(photo_eccentric_factor(0.0, 1.0)) == 1.0
    assert float(photo_eccentric_factor(0.4, -1.0)) < 1.0


def test_what_no_orbit_does_is_nan() -> None:
    assert np.isnan(scaled_axis_of_duration(10.0, 0.1, 0.1, 1.1))
    assert np.isnan(scaled_axis_of_duration(10.0, 5.0, 0.1, 0.0))
    assert np.isnan(scaled_axis_of_duration(10.0, -0.1, 0.1, 0.0))
    assert np.isnan(scaled_axis_of_density(10.0, -1.0))
    assert np.isnan(inclination_deg(2.0, 2.5))
    missed, flat = duration_of(10.0, 20.0, 0.1, 1.2)
    assert np.isnan(missed)
    assert np.isnan(flat)
    grazing, no_flat = duration_of(10.0, 20.0, 0.1, 0.95)
    assert float(grazing) > 0
    assert float(no_flat) == 0.0


def test_arrays_broadcast() -> None:
    t14, t23 = duration_of(np.full(3, 10.0), 20.0, 0.1, np.array([0.0, 0.5, 0.95]))
    assert t14.shape == t23.shape == (3,)
    assert t14[0] > t14[1] > t14[2]
