"""From draws of the transit to the planet: the Earth round the Sun comes out as the Earth."""

import dataclasses

import numpy as np
import pytest

from science.fitting.propagation import WITHOUT_STAR_ERROR, derive, notes_on_star
from science.stars import Star, Value, complete

N = 4000
SUN = Star(teff_k=Value(5772.0, 60.0, "Gaia"), radius_sun=Value(1.0, 0.02, "Gaia"), mass_sun=Value(1.0, 0.03, "Gaia"))
EARTH = {
    "period_days": np.full(N, 365.25),
    "radius_ratio": np.full(N, 6378.1 / 695700.0),
    "impact_parameter": np.full(N, 0.0),
    "scaled_axis": np.full(N, 215.03),
    "u1": np.full(N, 0.4),
    "u2": np.full(N, 0.2),
}


def medians(star=SUN, **changes):
    found = derive(EARTH | changes, star, np.random.default_rng(1))
    return {name: float(np.median(values)) for name, (values, _) in found.items()}


def test_the_earth():
    m = medians()
    assert m["radius_earth"] == pytest.approx(1.0, abs=0.002)
    assert m["semi_major_axis_au"] == pytest.approx(1.0, abs=0.002)
    assert m["insolation_earth"] == pytest.approx(1.0, abs=0.01)
    assert m["equilibrium_temperature_k"] == pytest.approx(278.3, abs=1.0)  # albedo 0, heat spread evenly
    assert m["duration_hours"] == pytest.approx(13.1, abs=0.1)
    assert m["density_transit_gcc"] == pytest.approx(1.41, abs=0.01)
    assert m["inclination_deg"] == pytest.approx(90.0)
    assert m["depth_ppm"] == pytest.approx(84.05 / (1 - 0.4 / 3 - 0.2 / 6), rel=0.01)  # the centre is brighter


def test_stellar_errors_arrive_in_the_planet():
    found = derive(EARTH, SUN, np.random.default_rng(1))
    radius, orbit_au = found["radius_earth"][0], found["semi_major_axis_au"][0]
    assert float(np.std(radius)) == pytest.approx(0.02, rel=0.06)
    assert float(np.std(orbit_au)) == pytest.approx(0.01, rel=0.06)  # a third of the mass's 3 %
    assert found["radius_earth"][1] == "R⊕"


def test_transit_and_stellar_errors_add_in_quadrature():
    ratio = EARTH["radius_ratio"] * np.random.default_rng(3).normal(1.0, 0.015, N)
    radius = derive(EARTH | {"radius_ratio": ratio}, SUN, np.random.default_rng(1))["radius_earth"][0]
    assert float(np.std(radius)) == pytest.approx(0.025, rel=0.06)


def test_unknown_stellar_error_is_said_not_hidden():
    star = dataclasses.replace(SUN, radius_sun=Value(1.0, None, "TIC"))
    values, unit = derive(EARTH, star, np.random.default_rng(1))["radius_earth"]
    assert WITHOUT_STAR_ERROR in unit
    assert float(np.std(values)) == 0.0
    assert "radius has no known error" in notes_on_star(star)[0]
    assert notes_on_star(SUN) == ()


def test_what_is_unknown_is_left_out():
    bare = medians(Star())
    assert "radius_earth" not in bare
    assert "insolation_earth" not in bare
    assert "duration_hours" in bare
    assert len(notes_on_star(Star())) == 2


def test_without_a_mass_the_orbit_comes_from_the_transit():
    star = dataclasses.replace(SUN, mass_sun=None)
    m = medians(star, scaled_axis=np.full(N, 2 * 215.03))
    assert m["semi_major_axis_au"] == pytest.approx(2.0, abs=0.02)
    assert m["insolation_earth"] == pytest.approx(0.25, abs=0.01)
    assert medians(scaled_axis=np.full(N, 2 * 215.03))["semi_major_axis_au"] == pytest.approx(1.0, abs=0.002)


def test_mass_from_gravity_goes_with_the_radius():
    star = complete(
        Star(
            teff_k=SUN.teff_k,
            radius_sun=Value(1.0, 0.1, "TIC"),
            logg_cgs=Value(4.438, 0.001, "TIC"),
        )
    )
    found = derive(EARTH, star, np.random.default_rng(1))
    orbit_au, radius = found["semi_major_axis_au"][0], found["radius_earth"][0]
    assert float(np.corrcoef(orbit_au, radius)[0, 1]) > 0.98  # a goes as R^(2/3) at a given gravity


def test_a_huge_stellar_error_never_gives_a_negative_planet():
    star = dataclasses.replace(SUN, radius_sun=Value(1.0, 2.0, "TIC"))
    assert float(derive(EARTH, star, np.random.default_rng(1))["radius_earth"][0].min()) > 0.0


def test_size_of_the_orbit_from_density_and_from_duration():
    m = medians()
    without = {k: v for k, v in EARTH.items() if k != "scaled_axis"}
    density = np.log(np.full(N, m["density_transit_gcc"]))
    assert float(derive(without | {"ln_density": density}, SUN, np.random.default_rng(1))["scaled_axis"][0][0]) == (
        pytest.approx(215.03)
    )
    length = np.log(np.full(N, m["duration_hours"] / 24))
    assert float(derive(without | {"ln_duration": length}, SUN, np.random.default_rng(1))["scaled_axis"][0][0]) == (
        pytest.approx(215.03, rel=1e-3)
    )


def test_grazing_transit_has_no_full_phase():
    m = medians(impact_parameter=np.full(N, 1.0))
    assert m["full_duration_hours"] == 0.0
    assert m["duration_hours"] > 0.0
