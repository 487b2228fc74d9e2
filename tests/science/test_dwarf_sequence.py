"""The dwarf sequence: the Sun's place, order, edges, and its own luminosities."""

import math

import numpy as np
import pytest

from science import dwarf_sequence as sequence
from science.dwarf_sequence import dwarf_at_absolute_magnitude, dwarf_at_colour, dwarf_at_temperature


def test_a_g2_dwarf():
    sun = dwarf_at_temperature(5770.0)
    assert float(sun.radius_sun) == pytest.approx(1.012)
    assert float(sun.mass_sun) == pytest.approx(1.0)
    assert float(dwarf_at_colour(0.823).teff_k) == 5770.0
    assert float(dwarf_at_absolute_magnitude(4.635).mass_sun) == pytest.approx(1.0)


def test_it_runs_one_way_and_its_light_fits_its_size():
    grid = dwarf_at_colour(np.linspace(*sequence.COLOURS, 400))
    assert np.all(np.diff(grid.teff_k) < 0)
    assert np.all(np.diff(grid.m_g) >= 0)
    assert np.all(np.diff(grid.mass_sun) < 0)
    luminosity = 10 ** (-0.4 * (grid.m_g + grid.bolometric_correction_g - 4.74))
    radius = np.sqrt(luminosity) * (5772 / grid.teff_k) ** 2
    assert np.all(np.abs(radius / grid.radius_sun - 1) < 0.08)


def test_off_the_table_there_is_nothing():
    for place in (dwarf_at_colour([-1.0, 6.0, math.nan]), dwarf_at_temperature([30000.0, 1000.0, math.nan])):
        assert np.all(np.isnan(place.radius_sun))
    assert np.isnan(dwarf_at_absolute_magnitude(-3.0).mass_sun)
