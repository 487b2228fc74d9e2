"""Light in apertures against slow sums over the pixels."""

import math

import numpy as np
import pytest

from science.prf import GaussianPrf, TabulatedPrf, winged_prf
from science.vetting.contamination.apertures import (
    captured_by_circle,
    captured_by_pixels,
    nominal_aperture,
    nominal_pixels,
)
from tests.science.vetting.contamination.scenes import cube, square


def test_all_stars_at_once_equal_one_image_a_star():
    rng = np.random.default_rng(1)
    aperture = rng.uniform(size=(9, 13)) < 0.3
    columns, rows = rng.uniform(-3, 15, 40), rng.uniform(-3, 12, 40)
    for prf in (GaussianPrf(), GaussianPrf(0.6, 0.9)):
        fast = captured_by_pixels(aperture, columns, rows, np.ones(40), "TESS", prf).part
        slow = [prf.image(9, 13, c, r)[aperture].sum() for c, r in zip(columns, rows, strict=True)]
        np.testing.assert_allclose(fast, slow, atol=1e-14)


def test_a_measured_prf_is_used_for_bright_stars_only_and_only_near():
    x = np.arange(-60, 61) / 9.0
    samples = np.exp(-0.5 * (x[:, None] ** 2 + x[None, :] ** 2))
    table = TabulatedPrf(samples * 81 / samples.sum(), 9)
    columns, rows = np.array([5.0, 7.0, 7.0, 60.0]), np.array([5.0, 5.0, 5.0, 5.0])
    caught = captured_by_pixels(square(), columns, rows, np.array([1.0, 0.1, 1e-7, 0.5]), "TESS", table)
    assert caught.part[0] == pytest.approx(table.image(11, 11, 5, 5)[square()].sum())
    assert caught.part[1] == pytest.approx(table.image(11, 11, 7, 5)[square()].sum())
    assert caught.part[2] == pytest.approx(GaussianPrf().image(11, 11, 7, 5)[square()].sum())
    assert caught.part[3] == 0.0
    assert not caught.outskirts.any()


def test_wings_leave_the_aperture_and_the_shares_know_nothing_of_them():
    columns, rows = np.array([5.0, 9.0]), np.array([5.0, 5.0])
    caught = captured_by_pixels(square(), columns, rows, np.ones(2), "TESS")
    real = [winged_prf("TESS").image(11, 11, c, 5)[square()].sum() for c in columns]
    assert caught.with_wings == pytest.approx(real)
    assert caught.with_wings[0] < caught.part[0] - 0.03
    assert caught.with_wings[1] > caught.part[1]  # a neighbour's wings come in
    assert caught.part[0] == pytest.approx(GaussianPrf().image(11, 11, 5, 5)[square()].sum())
    kepler = captured_by_pixels(square(), columns, rows, np.ones(2), "Kepler")
    assert np.array_equal(kepler.with_wings, kepler.part)
    circle = captured_by_circle(np.array([0.0, 4.0]), 9, "TESS")
    assert circle.with_wings == pytest.approx(caught.with_wings, abs=0.02)


def test_circle_equals_a_fine_sum():
    step = 0.02
    y, x = np.mgrid[-6:6:step, -6:6:step]
    inside = np.hypot(x, y) <= math.sqrt(12 / math.pi)
    for distance in (0.0, 0.7, 2.0, 3.5):
        light = np.exp(-0.5 * ((x - distance) ** 2 + y**2) / 0.75**2) / (2 * math.pi * 0.75**2) * step**2
        part = captured_by_circle(np.array([distance]), 12, "TESS").part[0]
        assert part == pytest.approx(light[inside].sum(), abs=2e-4)


def test_far_stars_leave_nothing_and_cost_nothing():
    caught = captured_by_circle(np.array([0.0, 30.0, 1e6]), 12, "TESS")
    assert caught.part[0] > 0.95
    assert caught.part[1] == caught.part[2] == 0.0
    assert caught.outskirts[1] == caught.outskirts[2] == 0.0


@pytest.mark.parametrize(("magnitude", "least", "most"), [(5.1, 38, 46), (8.5, 15, 20), (10.6, 9, 13), (14.3, 7, 7)])
def test_usual_apertures_have_the_sizes_of_spoc(magnitude, least, most):
    assert least <= nominal_pixels(magnitude, "TESS") <= most
    assert nominal_pixels(math.nan, "TESS") >= 7


def test_nominal_aperture_lies_about_the_star_and_leaves_out_empty_pixels():
    picture = cube()
    chosen = nominal_aperture(picture, 5.2, 4.9, 10.5)
    assert chosen.sum() == nominal_pixels(10.5, "TESS")
    assert chosen[5, 5]
    assert not chosen[0, 0]
    picture.flux[:, 5, 5] = np.nan
    assert not nominal_aperture(picture, 5.2, 4.9, 10.5)[5, 5]
    assert not nominal_aperture(picture, 30.0, 4.9, 10.5).any()
