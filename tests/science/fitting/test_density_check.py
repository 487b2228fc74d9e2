"""The density of the transit against that of the star."""

import dataclasses

import numpy as np
import pytest

from science.fitting import orbit
from science.fitting.density_check import density_check, eccentricity_for
from science.stars import Star, Value

SUN = Star(radius_sun=Value(1.0, 0.03, "Gaia"), mass_sun=Value(1.0, 0.05, "Gaia"))


def draws(middle, relative=0.1, n=20_000):
    return middle * np.exp(np.random.default_rng(1).normal(0.0, relative, n))


def check(middle, relative=0.1, star=SUN, **more):
    return density_check(draws(middle, relative), star, np.random.default_rng(2), **more)


def test_equal_densities_pass():
    found = check(1.41)
    assert found.outcome == "pass"
    assert found.value < 1.0
    assert "agree" in found.reason


def test_what_a_modest_eccentricity_explains_is_only_a_warning():
    factor = float(orbit.photo_eccentric_factor(0.3, 0.5 * np.pi))
    found = check(1.41 * factor, 0.05)
    assert found.value > 3.0
    assert found.outcome == "warn"
    assert found.numbers["eccentricity_likely"] == pytest.approx(0.3, abs=0.02)
    assert "eccentricity of at least" in found.reason


@pytest.mark.parametrize("factor", [12.0, 1 / 12.0])
def test_what_takes_a_rare_orbit_fails(factor):
    found = check(1.41 * factor)
    assert found.outcome == "fail"
    assert found.fault == "neighbour"
    assert found.numbers["eccentricity_least"] > 0.5


def test_the_same_difference_fails_sooner_when_eccentricity_was_allowed_for():
    assert check(1.41 * 2.2, 0.05).outcome == "warn"
    assert check(1.41 * 2.2, 0.05, eccentric=True).outcome == "fail"


def test_wide_posteriors_do_not_warn():
    assert check(2.5, 0.6).outcome == "pass"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"mass_sun": None}, "unknown"),
        ({"mass_sun": Value(1.0, None, "TIC")}, "no known error"),
        ({"radius_sun": Value(1.0, 0.1, "assumed")}, "assumed"),
    ],
)
def test_no_density_no_test(change, word):
    found = check(1.4, star=dataclasses.replace(SUN, **change))
    assert found.outcome == "not_run"
    assert word in found.reason


def test_no_draws_no_test():
    assert density_check(np.full(500, np.nan), SUN, np.random.default_rng(1)).outcome == "not_run"


def test_eccentricity_undoes_the_photo_eccentric_factor():
    for e in (0.05, 0.3, 0.7):
        assert eccentricity_for(float(orbit.photo_eccentric_factor(e, 0.5 * np.pi))) == pytest.approx(e)
        assert eccentricity_for(float(orbit.photo_eccentric_factor(e, -0.5 * np.pi))) == pytest.approx(e)
