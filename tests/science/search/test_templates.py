"""Template shapes and limb darkening."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.limb_darkening import SUN_LOGG_CGS, limb_darkening_of, quadratic_limb_darkening
from science.search.templates import taps, transit_shape
from science.stars import SUN_TEFF_K, Star, Value


def test_shape_matches_the_reference_package():
    from transitleastsquares.transit_model import occulted_fraction

    shape = transit_shape(0.4804, 0.1867, 0.3, 0.03)
    contact = np.sqrt(1.03**2 - 0.3**2)
    x = np.linspace(-0.499, 0.499, 201)
    z = np.hypot(0.3, contact * 2 * x)
    blocked = occulted_fraction(z, 0.03, (0.4804, 0.1867), "quadratic")
    assert np.allclose(shape.value(x), blocked / blocked.max(), atol=0.01)


def test_without_limb_darkening_the_bottom_is_flat():
    shape = transit_shape(0.0, 0.0, 0.0, 0.02)
    assert np.allclose(shape.value(np.linspace(-0.47, 0.47, 50)), 1.0, atol=0.01)
    assert shape.value(np.array([-0.6, 0.6])).tolist() == [0.0, 0.0]


@given(bins=st.floats(10.0, 20.0))
def test_taps_hold_the_whole_transit_and_are_symmetric(bins):
    shape = transit_shape(0.35, 0.23)
    a = taps(shape, bins, int(np.ceil(bins)))
    assert np.allclose(a, a[::-1])
    assert a.sum() / bins == pytest.approx(float(shape.integral[-1]), rel=1e-6)


def test_sun_in_both_bands():
    tess = quadratic_limb_darkening(SUN_TEFF_K, SUN_LOGG_CGS, "TESS")
    kepler = quadratic_limb_darkening(SUN_TEFF_K, SUN_LOGG_CGS, "Kepler")
    assert tess == pytest.approx((0.36, 0.22), abs=0.03)
    assert kepler == pytest.approx((0.49, 0.18), abs=0.03)
    assert limb_darkening_of(None) == tess


@given(teff=st.floats(1000.0, 40000.0), logg=st.floats(0.0, 9.0), band=st.sampled_from(["TESS", "Kepler"]))
def test_discs_stay_physical(teff, logg, band):
    """Intensity stays positive and falls towards the limb for the stars that planets are searched round."""
    u1, u2 = quadratic_limb_darkening(teff, logg, band)
    mu = np.linspace(0.0, 1.0, 50)
    intensity = 1 - u1 * (1 - mu) - u2 * (1 - mu) ** 2
    assert intensity.min() > -0.12
    assert intensity[-1] == 1.0


def test_table_agrees_with_the_published_one():
    """The thinned table against the full one that the reference package ships (Claret 2017), dwarfs."""
    import transitleastsquares

    path = transitleastsquares.__path__[0] + "/ld_claret_tess.csv"
    full = np.genfromtxt(path, delimiter=",", names=True)
    dwarfs = (full["logg"] >= 4.0) & (full["logg"] <= 5.0) & (full["Teff"] >= 2800) & (full["Teff"] <= 9000)
    for row in full[dwarfs]:
        star = Star(teff_k=Value(row["Teff"], None, "test"), logg_cgs=Value(row["logg"], None, "test"))
        u1, u2 = limb_darkening_of(star)
        # The light blocked at mid-transit is what the difference does to a template.
        assert 1 - u1 / 3 - u2 / 6 == pytest.approx(1 - row["a"] / 3 - row["b"] / 6, abs=0.02)
