"""Equal twins that differ a little, and bodies that graze a small star: two stars, planets, and what stays a look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from science.search.occultation import blocked_light
from science.stars import Star, Value
from science.vetting.light.companions import how_common, stellar_ratio
from science.vetting.light.odd_even import odd_even_depth
from science.vetting.light.repetition import consistent_events
from science.vetting.light.secondary import secondary
from science.vetting.light.shape import v_shape
from tests.science.vetting.light.simulated_light import EPOCH, LAW, PERIOD, crossing, workings

RED_DWARF = Star(
    name="simulated red dwarf",
    teff_k=Value(3050.0, 80.0, "simulated"),
    logg_cgs=Value(5.06, 0.05, "simulated"),
    radius_sun=Value(0.196, 0.01, "simulated"),
    mass_sun=Value(0.16, 0.01, "simulated"),
)
#: The noise of dips that are measured a hundred times better than their spots change them.
QUIET = 1e-4


def every_other(change: float, spots: float = 0.0):
    """Depth factors: even dips deeper by `change`, every dip off by up to `spots` by its number."""

    def which(number: np.ndarray) -> np.ndarray:
        return 1.0 + change * (number % 2 == 0) + spots * np.sin(12.9898 * number)

    return which


def twins(change: float, spots: float = 0.0, **how: object):
    return odd_even_depth(workings(crossing(0.08, k=0.28, which=every_other(change, spots)), noise=QUIET, **how))


def test_a_small_difference_counts_where_the_dips_show_how_much_they_scatter() -> None:
    found = twins(0.03)
    assert found.outcome == "fail"
    assert found.fault == "eclipsing_binary"
    assert found.numbers["difference_share"] < 0.05


def test_the_same_small_difference_within_the_scatter_of_spotted_dips_is_no_failure() -> None:
    assert twins(0.03, spots=0.05).outcome != "fail"
    assert twins(0.0).outcome == "pass"


def test_a_planet_shallow_enough_for_spots_needs_a_larger_difference() -> None:
    found = odd_even_depth(workings(crossing(0.01, k=0.1, which=every_other(0.03)), noise=2e-5))
    assert found.outcome == "warn"


def test_two_dips_of_a_kind_do_not_tell_their_scatter() -> None:
    found = twins(0.03, keep=lambda t: t < EPOCH + 3.4 * PERIOD)
    assert found.outcome == "warn"
    assert "of the depth" in found.reason


def test_a_body_that_grazes_a_red_dwarf_deeply_is_a_star() -> None:
    eclipse = crossing(blocked_light(1.3, 0.9, *LAW), b=1.3, k=0.9, duration=0.052)
    found = v_shape(workings(eclipse, star=RED_DWARF, noise=5e-4, ephemeris=(PERIOD, EPOCH, 0.052)))
    assert found.outcome == "fail"
    assert found.fault == "eclipsing_binary"


def test_a_large_planet_across_a_red_dwarf_is_none() -> None:
    planet = crossing(0.1, b=0.2, k=0.3, duration=0.055)
    found = v_shape(workings(planet, star=RED_DWARF, noise=5e-4, ephemeris=(PERIOD, EPOCH, 0.055)))
    assert found.outcome == "pass"
    assert found.numbers["chance_star_sized"] < 0.1


def test_a_shallow_grazing_dip_of_a_sun_stays_a_look() -> None:
    found = v_shape(workings(crossing(0.012, b=1.0, k=0.15, duration=0.06), ephemeris=(PERIOD, EPOCH, 0.06)))
    assert found.outcome == "warn"
    assert 0.1 < found.numbers["chance_star_sized"] < found.numbers["chance_star_sized_by_shape"]


def test_the_largest_planets_are_22_earths_or_half_the_star() -> None:
    assert stellar_ratio(1.0) == pytest.approx(22 / 109.2)
    assert stellar_ratio(0.2) == 0.5
    assert stellar_ratio(0.012) > 10  # a white dwarf may be smaller than its planet


@pytest.mark.parametrize("radius", [0.1, 0.2, 0.59, 0.61, 1.0, 2.5, 30.0])
def test_how_common_companions_are_is_a_share_of_stars(radius: float) -> None:
    ratio = np.linspace(0.0, 1.0, 200_001)
    common = how_common(ratio, radius)
    assert np.all(common > 0)
    m_dwarf = radius < 0.6
    planets = 0.5 + (0.03 + 0.005 if m_dwarf else 0.10 + 0.03)
    inside = ratio <= stellar_ratio(radius)
    step = ratio[1]
    assert float(common[inside].sum()) * step == pytest.approx(planets, rel=0.02)
    assert float(common[~inside].sum()) * step == pytest.approx(0.03, rel=0.05)


def test_how_common_of_nothing_and_of_a_white_dwarf() -> None:
    assert how_common(np.empty(0), 1.0).size == 0
    assert np.all(how_common(np.array([0.1, 0.9]), 0.012) == 1.0)


@pytest.mark.parametrize(("spots", "fails"), [(0.0, False), (5.0, True)])
def test_depths_fail_only_where_they_scatter_beyond_what_is_known_of_their_noise(spots: float, fails: bool) -> None:
    dips = crossing(4e-4, period=0.65, duration=0.06, which=every_other(0.0, spots))
    found = consistent_events(workings(dips, noise=7e-4, ephemeris=(0.65, EPOCH, 0.06)))
    assert (found.outcome == "fail") == fails
    assert (found.numbers["depth_scatter_over_error"] > 1.25) == fails


def test_red_noise_below_white_makes_no_second_dip_stronger() -> None:
    weak = workings(crossing())
    lucky = replace(weak.shift, secondary=4.0, tertiary=1.0, rise=1.0, red_over_white=0.5, secondary_depth=1e-3)
    weak.__dict__["shift"] = lucky
    found = secondary(weak)
    assert found.numbers["published_rule_fails"] == 1.0  # 4.0 / 0.5 would do
    assert found.outcome == "warn"
    weak.__dict__["shift"] = replace(lucky, secondary=9.0)
    assert secondary(weak).outcome == "fail"
    weak.__dict__["shift"] = replace(lucky, secondary=float("nan"))
    assert secondary(weak).outcome == "not_run"
