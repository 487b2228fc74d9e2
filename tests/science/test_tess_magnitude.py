"""Magnitudes in the bands of TESS and Kepler: published numbers, edges and rows of the TIC."""

import csv
import gzip
import math

import numpy as np
import pytest

from science.tess_magnitude import (
    kepler_magnitude,
    kepler_magnitude_error,
    tess_magnitude,
    tess_magnitude_error,
    tess_magnitude_from_2mass,
)
from tests.standins.realdata import MISSING_REASON, has_realdata, realdata_dir


def test_a_solar_colour_by_hand():
    colour = 0.82
    by_hand = 10 - 0.00522555 * colour**3 + 0.0891337 * colour**2 - 0.633923 * colour + 0.0324473
    assert tess_magnitude(10.0, colour) == pytest.approx(by_hand)


def test_without_a_colour_and_beyond_the_relation():
    mags = tess_magnitude(np.array([10.0, 10.0, 10.0, math.nan]), np.array([math.nan, 5.0, 3.5, 0.8]))
    assert mags[0] == pytest.approx(9.57)
    assert mags[1] == mags[2]
    assert math.isnan(mags[3])
    np.testing.assert_array_equal(tess_magnitude_error(np.array([0.8, 5.0, math.nan])), [0.006, 0.3, 0.6])


def test_2mass_rows_of_the_tic():
    # J, Ks, T and its error as the TIC prints them for stars that it has only from 2MASS.
    mags, errs = tess_magnitude_from_2mass(np.array([14.55, 14.829, math.nan]), np.array([13.659, 13.147, 12.0]))
    assert mags[0] == pytest.approx(16.328, abs=0.01)
    assert mags[1] == pytest.approx(16.579, abs=0.001)
    assert list(errs[:2]) == [0.17, 1.0]
    assert math.isnan(mags[2])
    assert math.isnan(errs[2])


def test_kepler_magnitude_lies_between_the_bands():
    colours = np.linspace(0.4, 2.9, 20)
    difference = kepler_magnitude(12.0, colours) - 12.0
    # Gaia's G reaches further into the red: the redder, the fainter in Kepler's band.
    assert np.all((difference > 0) & (difference < 1.0))
    assert difference[-1] > difference[0] + 0.5
    # The Sun: G - V = -0.155 and V = Kp + 0.05 or so.
    assert kepler_magnitude(10.0, 0.82) == pytest.approx(10.09, abs=0.05)
    assert kepler_magnitude(12.0, math.nan) == 12.0
    assert list(kepler_magnitude_error(np.array([1.0, math.nan]))) == [0.04, 0.15]


@pytest.mark.skipif(not has_realdata(), reason=MISSING_REASON)
def test_the_tic_used_the_same_relation():
    with gzip.open(realdata_dir() / "cones" / "toi3505_tic_v8_2p5arcmin.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    g, bp, rp, t = (np.array([float(r[k] or "nan") for r in rows]) for k in ("GAIAmag", "gaiabp", "gaiarp", "Tmag"))
    delta = tess_magnitude(g, bp - rp) - t
    delta = delta[np.isfinite(delta) & np.isfinite(bp - rp)]
    assert delta.size > 1500
    assert abs(np.median(delta)) < 1e-3
    assert np.mean(np.abs(delta) < 0.05) > 0.95
