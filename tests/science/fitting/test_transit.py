"""The transit model against batman, against a sum over the star's disc, and at its corners."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import batman
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from science.fitting.kernels import eccentric_anomaly, hidden_light, neighbouring_anomaly, star_light
from science.fitting.orbit import duration_of
from science.fitting.transit import PLANET_COLUMNS, transit_flux, transit_flux_many
from science.lightcurve import FloatArray

PPM = 1e-6
NODES, WEIGHTS = np.polynomial.legendre.leggauss(400)
QUICK = settings(max_examples=60, deadline=None, derandomize=True)

radius_ratios = st.floats(math.log(0.003), math.log(0.3)).map(math.exp)
limbs = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(
    lambda q: (2 * math.sqrt(q[0]) * q[1], math.sqrt(q[0]) * (1 - 2 * q[1]))
)


@st.composite
def impacts(draw: Callable, k: float) -> float:
    """Anywhere on the chord, and often close to the corners b = 0, 1 - k and 1 + k."""
    near_corner = st.floats(-0.05, 0.05).map(lambda x: 1 - k + k * x)
    return draw(st.one_of(st.floats(0, 1 + k), near_corner, st.sampled_from([0.0, 1 - k, k, 1.0])))


def planet(
    k: float, b: float, axis: float = 15.0, period: float = 7.0, e: float = 0.0, w: float = 0.0, epoch: float = 0.0
) -> FloatArray:
    return np.array([period, epoch, k, axis, b, e, w])


def by_batman(time: FloatArray, row: FloatArray, law: tuple[float, float], exposure: float = 0.0) -> FloatArray:
    params = batman.TransitParams()
    params.per, params.t0, params.rp, params.a, b, params.ecc, omega = (float(v) for v in row)
    params.w = math.degrees(omega)
    params.inc = math.degrees(math.acos(b * (1 + params.ecc * math.sin(omega)) / (params.a * (1 - params.ecc**2))))
    params.limb_dark, params.u = "quadratic", list(law)
    # Its sub-samples run from end to end, so that n of them cover n / (n - 1) of the time asked for.
    samples = 101 if exposure > 0 else 1
    model = batman.TransitModel(
        params, time, max_err=0.001, supersample_factor=samples, exp_time=exposure * (samples - 1) / samples
    )
    return np.asarray(model.light_curve(params))


def ours(time: FloatArray, row: FloatArray, law: tuple[float, float], exposure: float = 0.0) -> FloatArray:
    return transit_flux(time, np.full(time.size, exposure), row[None], *law)


def over_the_disc(z: float, k: float, u1: float, u2: float) -> float:
    """Share of light hidden, the slow obvious way: rings of the star, each with the arc behind the planet."""
    edges = np.unique(np.clip([0.0, abs(z - k), z + k, 1.0], 0.0, 1.0))
    hidden = 0.0
    for low, high in itertools.pairwise(edges):
        # r = middle - half cos(theta): dense at both ends, where the arc begins like a square root
        theta = 0.5 * np.pi * (NODES + 1)
        r = 0.5 * (low + high) - 0.5 * (high - low) * np.cos(theta)
        dr = 0.5 * (high - low) * np.sin(theta) * 0.5 * np.pi * WEIGHTS
        if z == 0:
            arc = np.where(r < k, np.pi, 0.0)
        else:
            arc = np.arccos(np.clip((r**2 + z**2 - k**2) / (2 * r * z), -1, 1))
        mu = np.sqrt(1 - r**2)
        hidden += float(np.sum((1 - u1 * (1 - mu) - u2 * (1 - mu) ** 2) * 2 * r * arc * dr))
    return hidden / (np.pi * (1 - u1 / 3 - u2 / 6))


@pytest.mark.parametrize("k", [0.003, 0.02, 0.1, 0.3, 0.5, 0.8, 1.0, 1.4])
def test_hidden_light_equals_the_sum_over_the_disc(k: float) -> None:
    small = np.array([0.0, 1e-9, 1e-6, 1e-3, 0.03, 0.3])
    corners = np.concatenate([abs(1 - k) + k * small, abs(1 - k) - k * small, 1 + k - k * small, k + small, k - small])
    places = np.concatenate([corners, np.linspace(0, 1 + k, 15), [0.0, 1e-12]])
    for u1, u2 in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (2.0, -1.0), (0.4, 0.2)):
        whole = star_light(u1, u2)
        for z in places[(places >= 0) & (places <= 1.2 + k)]:
            got = hidden_light(float(z), k, u1, u2) / whole
            assert got == pytest.approx(over_the_disc(float(z), k, u1, u2), abs=3e-7 if k <= 0.3 else 1e-6)


@given(data=st.data(), k=radius_ratios, law=limbs, axis=st.floats(2.5, 200.0))
@QUICK
def test_circular_orbits_agree_with_batman(
    data: st.DataObject, k: float, law: tuple[float, float], axis: float
) -> None:
    b = data.draw(impacts(k))
    row = planet(k, b, axis)
    time = np.linspace(-0.65, 0.65, 160) * float(duration_of(7.0, axis, k, 0.0)[0])
    assert np.max(np.abs(ours(time, row, law) - by_batman(time, row, law))) < 0.7 * PPM


@given(data=st.data(), k=radius_ratios, law=limbs, axis=st.floats(4.0, 200.0), e=st.floats(0.01, 0.8))
@QUICK
def test_eccentric_orbits_agree_with_batman(
    data: st.DataObject, k: float, law: tuple[float, float], axis: float, e: float
) -> None:
    b, w = data.draw(impacts(k)), data.draw(st.floats(-math.pi, math.pi))
    assume(axis * (1 - e) > 1.2 + k)
    assume(b * (1 + e * math.sin(w)) / (axis * (1 - e * e)) < 0.9)
    row = planet(k, b, axis, e=e, w=w)
    length = min(1.5, float(duration_of(7.0, axis, k, 0.0, e, w)[0]))
    time = np.linspace(-0.65, 0.65, 160) * length
    # batman solves Kepler's equation to about 1e-7; a steep ingress shows it
    assert np.max(np.abs(ours(time, row, law) - by_batman(time, row, law))) < PPM


@given(data=st.data(), k=radius_ratios, law=limbs, axis=st.floats(4.0, 60.0), e=st.sampled_from([0.0, 0.0, 0.3]))
@QUICK
def test_the_average_over_an_exposure_agrees_with_101_sub_samples(
    data: st.DataObject, k: float, law: tuple[float, float], axis: float, e: float
) -> None:
    b = data.draw(st.floats(0, 1 + k))
    minutes = data.draw(st.sampled_from([1 / 3, 2.0, 10.0, 29.4, 60.0]))
    row = planet(k, b, axis, period=20.0, e=e, w=1.1)
    length = float(duration_of(20.0, axis, k, 0.0, e, 1.1)[0])
    time = np.linspace(-0.8, 0.8, 120) * length
    # what 101 samples miss themselves: a step of the exposure's hundredth on the steepest part of the dip
    step = minutes / 1440 / 101 / (k * length)
    own_error = 0.4 * k**2 * min(1.0, step) ** 1.5
    difference = np.max(np.abs(ours(time, row, law, minutes / 1440) - by_batman(time, row, law, minutes / 1440)))
    assert difference < 0.7 * PPM + own_error


def test_30_minutes_of_a_hot_jupiter_agree_with_101_sub_samples_to_a_ppm_and_a_moment_does_not() -> None:
    row, law = planet(0.1, 0.3, 9.0, 3.5), (0.4, 0.25)
    time = np.linspace(-0.12, 0.12, 200)
    expected = by_batman(time, row, law, 29.4 / 1440)
    assert np.max(np.abs(ours(time, row, law, 29.4 / 1440) - expected)) < PPM
    assert np.max(np.abs(ours(time, row, law) - expected)) > 500 * PPM


@pytest.mark.parametrize(
    ("k", "b"), [(0.5, 0.2), (0.5, 0.9), (0.8, 1.2), (1.0, 0.0), (1.0, 0.001), (1.0, 0.7), (1.0, 1.8)]
)
def test_large_companions_agree_at_lower_accuracy(k: float, b: float) -> None:
    time, law = np.linspace(-0.5, 0.5, 301), (0.4, 0.2)
    row = planet(k, b, 6.0)
    assert np.max(np.abs(ours(time, row, law) - by_batman(time, row, law))) < 300 * PPM


@given(k=radius_ratios, b=st.floats(0, 1.3), law=limbs, e=st.sampled_from([0.0, 0.2, 0.7]), w=st.floats(-3.1, 3.1))
@QUICK
def test_light_is_never_gained_and_never_more_than_the_disc_can_hide(
    k: float, b: float, law: tuple[float, float], e: float, w: float
) -> None:
    flux = ours(np.linspace(-3.5, 3.5, 999), planet(k, b, e=e, w=w), law, 0.01)
    deepest = k**2 / (1 - law[0] / 3 - law[1] / 6)  # before the brightest point
    assert np.all(flux <= 1 + 1e-9)
    assert np.min(flux) >= 1 - deepest * 1.001 - 1e-9


def test_only_the_side_before_the_star_counts() -> None:
    flux = ours(np.linspace(2.0, 5.0, 500), planet(0.1, 0.0), (0.3, 0.2), 0.02)
    assert np.all(flux == 1.0)


def test_dips_of_planets_add_and_many_equal_one_by_one() -> None:
    rng = np.random.default_rng(3)
    time = np.sort(rng.uniform(0, 27, 3000)) + 2_458_000.0
    exposure = np.where(time > 2_458_010, 2 / 1440, 30 / 1440)
    sets = np.array(
        [
            [planet(k, 0.3, epoch=2_458_002.0), planet(0.05, 0.2, 30.0, 11.0, 0.1, 0.5, 2_458_003.0)]
            for k in (0.02, 0.1, 0.2)
        ]
    )
    limb = np.array([[0.3, 0.2], [0.1, 0.5], [0.7, -0.1]])
    together = transit_flux_many(time, exposure, sets, limb)
    for row, law, flux in zip(sets, limb, together, strict=True):
        np.testing.assert_array_equal(flux, transit_flux(time, exposure, row, *law))
        alone = [1 - transit_flux(time, exposure, one[None], *law) for one in row]
        np.testing.assert_allclose(1 - flux, alone[0] + alone[1], atol=1e-14)
    assert np.min(together) < 0.96


def test_the_order_of_points_does_not_matter_and_gaps_between_transits_are_passed_over_rightly() -> None:
    time = np.arange(18719) / 720.0 + 2_459_000.0
    row = planet(0.08, 0.4, period=0.83, axis=4.0, epoch=2_459_011.3)
    exposure = np.full(time.size, 2 / 1440)
    flux = transit_flux(time, exposure, row[None], 0.3, 0.2)
    shuffled = np.random.default_rng(0).permutation(time.size)
    np.testing.assert_array_equal(flux[shuffled], transit_flux(time[shuffled], exposure, row[None], 0.3, 0.2))
    np.testing.assert_allclose(flux, by_batman(time, row, (0.3, 0.2), 2 / 1440), atol=PPM)


def test_an_exposure_longer_than_the_orbit_is_the_mean_of_the_orbit() -> None:
    row = planet(0.1, 0.2, 5.0, 1.0)
    mean = np.mean(ours((np.arange(200_000) + 0.5) / 200_000, row, (0.3, 0.2)))
    for start in (0.0, 0.31, 0.5):
        assert ours(np.array([start]), row, (0.3, 0.2), 3.0)[0] == pytest.approx(mean, abs=1e-8)
    half = np.mean(ours((np.arange(200_000) + 0.5) / 200_000 * 1.37 - 0.3, row, (0.3, 0.2)))
    assert ours(np.array([0.385]), row, (0.3, 0.2), 1.37)[0] == pytest.approx(half, abs=1e-7)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("period_days", 0.0),
        ("period_days", math.nan),
        ("epoch_bjd", math.inf),
        ("radius_ratio", -0.1),
        ("scaled_axis", 1.05),
        ("impact_parameter", 16.0),
        ("eccentricity", 1.0),
        ("eccentricity", -0.1),
        ("eccentricity", 0.95),
    ],
)
def test_numbers_that_describe_no_orbit_give_nan(column: str, value: float) -> None:
    row = planet(0.1, 0.2)
    row[PLANET_COLUMNS.index(column)] = value
    assert np.all(np.isnan(ours(np.linspace(-1, 1, 9), row, (0.3, 0.2))))


def test_a_planet_that_misses_the_star_and_a_planet_without_size_hide_nothing() -> None:
    time = np.linspace(-1, 1, 50)
    assert np.all(ours(time, planet(0.1, 1.1), (0.3, 0.2), 0.02) == 1)
    assert np.all(ours(time, planet(0.1, 1.2, e=0.3, w=1.0), (0.3, 0.2), 0.02) == 1)
    assert np.all(ours(time, planet(0.0, 0.2), (0.3, 0.2), 0.02) == 1)


def test_missing_times_stay_missing_and_leave_their_neighbours_alone() -> None:
    time = np.linspace(-0.3, 0.3, 61)
    whole = ours(time, planet(0.1, 0.2), (0.3, 0.2), 0.02)
    time[[5, 30]] = math.nan
    flux = ours(time, planet(0.1, 0.2), (0.3, 0.2), 0.02)
    assert np.all(np.isnan(flux[[5, 30]]))
    np.testing.assert_array_equal(np.delete(flux, [5, 30]), np.delete(whole, [5, 30]))
    assert transit_flux(np.empty(0), np.empty(0), planet(0.1, 0.2)[None], 0.3, 0.2).shape == (0,)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        transit_flux(np.zeros(3), np.zeros(3), np.zeros((1, 6)), 0.3, 0.2)
    with pytest.raises(ValueError, match="pair"):
        transit_flux_many(np.zeros(3), np.zeros(3), np.zeros((2, 1, 7)), np.zeros((1, 2)))


@given(mean=st.floats(-20, 20), e=st.floats(0, 0.99))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_keplers_equation_is_solved_to_rounding(mean: float, e: float) -> None:
    anomaly = eccentric_anomaly(mean, e)
    # an error of the residual over the slope
    assert abs(anomaly - e * math.sin(anomaly) - mean) / (1 - e * math.cos(anomaly)) < 1e-12
    near = neighbouring_anomaly(mean + 0.01, e, anomaly)
    assert near == pytest.approx(eccentric_anomaly(mean + 0.01, e), abs=1e-12 / (1 - e))
