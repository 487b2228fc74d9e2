"""What follows from known stellar values, and what must stay unknown."""

import pytest

from science.stars import Star, Value, complete, describe, merge

SUN = Star(radius_sun=Value(1.0, 0.02, "TIC"), logg_cgs=Value(4.43807, 0.05, "TIC"), teff_k=Value(5772, 100, "TIC"))


def test_mass_and_density_follow_from_gravity_and_radius():
    star = complete(SUN)
    assert star.mass_sun.value == pytest.approx(1.0, abs=1e-6)
    assert star.density_gcc.value == pytest.approx(1.41, abs=0.01)
    # 0.05 dex in gravity is 11.5 % in mass, 2 % in radius adds 4 %
    assert star.mass_sun.error == pytest.approx(0.122, abs=0.003)
    assert "gravity" in star.mass_sun.source


def test_nothing_is_made_up():
    star = complete(Star(teff_k=Value(5000, None, "TIC")))
    assert star.mass_sun is None
    assert star.density_gcc is None
    assert not star.is_known


def test_preferred_values_win_and_gaps_are_filled():
    mine = Star(name="mine", radius_sun=Value(2.0, None, "given by you"))
    merged = merge(mine, SUN)
    assert merged.name == "mine"
    assert merged.radius_sun.source == "given by you"
    assert merged.teff_k.source == "TIC"


@pytest.mark.parametrize(
    ("teff", "logg", "words"),
    [
        (3200, 4.9, "Red dwarf"),
        (5165, 4.6, "Orange dwarf"),
        (5700, 3.7, "Yellow subgiant"),
        (4700, 2.5, "Orange giant"),
        (12000, 4.2, "Blue-white dwarf"),
    ],
)
def test_stars_are_described_by_colour_and_size(teff, logg, words):
    star = Star(teff_k=Value(teff, None, "TIC"), logg_cgs=Value(logg, None, "TIC"), tmag=10.46)
    assert describe(star) == f"{words}, 10.5 mag"


def test_an_unknown_star_has_no_words():
    assert describe(Star()) == ""
