"""The PRF: closed form against numerical integration, tables against the function that they sample."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import erf

from science.prf import (
    WINGS,
    GaussianPrf,
    PrfTable,
    TabulatedPrf,
    WingedPrf,
    image_of_stars,
    images,
    prf_for,
    table_of,
    winged_prf,
)

PER_PIXEL = 9


def slow_image(sigma: float, rows: int, columns: int, column: float, row: float, fine: int = 40) -> np.ndarray:
    """The Gaussian summed over a fine mesh in every pixel: the obvious twin."""
    out = np.zeros((rows, columns))
    steps = (np.arange(fine) + 0.5) / fine - 0.5
    for i in range(rows):
        for j in range(columns):
            x, y = np.meshgrid(j + steps - column, i + steps - row)
            out[i, j] = np.exp(-0.5 * (x**2 + y**2) / sigma**2).mean() / (2 * math.pi * sigma**2)
    return out


def sampled(sigma: float, half: int = 58) -> np.ndarray:
    """A Gaussian PRF as a table of 2 half + 1 samples a side."""
    offset = np.arange(-half, half + 1) / PER_PIXEL
    scale = math.sqrt(2.0) * sigma
    line = 0.5 * (erf((offset + 0.5) / scale) - erf((offset - 0.5) / scale))
    return np.outer(line, line)


def test_the_gaussian_is_integrated_over_pixels() -> None:
    found = GaussianPrf(0.75).image(6, 7, 3.3, 2.1)
    assert found.shape == (6, 7)
    assert np.abs(found - slow_image(0.75, 6, 7, 3.3, 2.1)).max() < 1e-4


def test_a_star_inside_gives_all_its_light_and_one_outside_little() -> None:
    prf = GaussianPrf()
    assert prf.image(13, 13, 6.2, 5.9).sum() == pytest.approx(1.0, abs=1e-9)
    assert prf.image(13, 13, -0.5, 6.0).sum() == pytest.approx(0.5, abs=1e-6)
    assert prf.image(13, 13, -20.0, 6.0).sum() == 0.0


def test_widths_by_direction() -> None:
    image = GaussianPrf(0.5, 1.2).image(11, 11, 5, 5)
    y, x = np.mgrid[-5:6, -5:6]
    assert (image * y**2).sum() > 2.5 * (image * x**2).sum()


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan, math.inf])
def test_a_width_must_be_positive(sigma: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        GaussianPrf(sigma)


def test_wings_are_a_second_wider_gaussian() -> None:
    prf = WingedPrf(GaussianPrf(0.7, 0.9), 0.2, 2.0)
    wide = np.full((31, 31), 0.0) + slow_image(2.0, 31, 31, 15.2, 14.9, 8)
    found = prf.image(31, 31, 15.2, 14.9)
    assert found.sum() == pytest.approx(1.0, abs=1e-6)
    assert np.abs(found - 0.8 * prf.core.image(31, 31, 15.2, 14.9) - 0.2 * wide).max() < 1e-4
    many = images(prf, 31, 31, np.array([15.2, 3.0]), np.array([14.9, -1.0]))
    assert np.allclose(many[0], found)
    assert np.allclose(many[1], prf.image(31, 31, 3.0, -1.0))


def test_real_tess_images_have_wings_and_kepler_ones_need_none() -> None:
    tess = winged_prf("TESS")
    assert isinstance(tess, WingedPrf)
    assert tess.core == GaussianPrf()
    assert tess.image(13, 13, 6, 6)[6, 9] == pytest.approx(0.0015, abs=2e-4)  # at 3 pixels: 0.2 % measured
    assert tess.image(14, 14, 6.5, 6.5)[5:9, 5:9].sum() == pytest.approx(0.91, abs=0.02)  # Ricker et al.: 0.90
    assert winged_prf("Kepler") == prf_for("Kepler")
    assert winged_prf("unheard of") == GaussianPrf()
    assert set(WINGS) == {"TESS"}


@pytest.mark.parametrize(("wing", "sigma"), [(-0.1, 2.0), (1.0, 2.0), (0.1, 0.0), (0.1, math.inf), (math.nan, 2.0)])
def test_wings_need_a_share_and_a_width(wing: float, sigma: float) -> None:
    with pytest.raises(ValueError, match="wings"):
        WingedPrf(GaussianPrf(), wing, sigma)


def test_a_table_gives_what_it_samples() -> None:
    table = TabulatedPrf(sampled(0.75), PER_PIXEL)
    for column, row in ((5.0, 5.0), (5.37, 4.81), (0.2, 9.9)):
        assert np.abs(table.image(11, 11, column, row) - GaussianPrf(0.75).image(11, 11, column, row)).max() < 1e-3
    assert table.image(11, 11, -30.0, 5.0).sum() == 0.0


def test_columns_and_rows_are_not_swapped() -> None:
    lopsided = sampled(0.75).copy()
    lopsided[:, : lopsided.shape[1] // 2] *= 0.2  # less light at smaller columns
    image = TabulatedPrf(lopsided, PER_PIXEL).image(11, 11, 5, 5)
    assert image[5, 6] > 2 * image[5, 4]
    assert image[6, 5] == pytest.approx(image[4, 5])


@pytest.mark.parametrize("prf", [GaussianPrf(0.7, 0.9), TabulatedPrf(sampled(0.8), PER_PIXEL)])
def test_many_stars_at_once_are_the_single_images(prf: GaussianPrf | TabulatedPrf) -> None:
    column, row, light = (
        np.array([1.2, 4.9, -1.0, 30.0]),
        np.array([3.3, 0.1, 6.0, 2.0]),
        np.array([3.0, 1.0, 2.0, 9.0]),
    )
    single = np.array([prf.image(7, 6, c, r) for c, r in zip(column, row, strict=True)])
    assert np.allclose(images(prf, 7, 6, column, row), single, atol=1e-14)
    assert np.allclose(image_of_stars(prf, 7, 6, column, row, light), np.tensordot(light, single, axes=1))


def test_many_stars_with_a_prf_of_somebody_else() -> None:
    class Spike:
        def image(self, rows: int, columns: int, column: float, row: float) -> np.ndarray:
            out = np.zeros((rows, columns))
            out[round(row), round(column)] = 1.0
            return out

    found = images(Spike(), 3, 3, np.array([1.0, 2.0]), np.array([0.0, 2.0]))
    assert found[0, 0, 1] == found[1, 2, 2] == 1.0
    assert images(Spike(), 3, 3, np.empty(0), np.empty(0)).shape == (0, 3, 3)


def test_places_on_a_grid_are_interpolated_bilinearly() -> None:
    places = [(c, r) for c in (0.0, 100.0) for r in (0.0, 100.0)]
    tables = [sampled(0.6 + 0.3 * (c / 100)) for c, _ in places]
    table = table_of(tables, [c for c, _ in places], [r for _, r in places], PER_PIXEL)
    for column, expected in ((0.0, tables[0]), (100.0, tables[2]), (25.0, 0.75 * tables[0] + 0.25 * tables[2])):
        samples = table.at(column, 40.0).samples
        assert np.allclose(samples, expected * PER_PIXEL**2 / expected.sum())
    assert np.allclose(table.at(500.0, -3.0).samples, table.at(100.0, 0.0).samples)  # the nearest beyond the ends


def test_scattered_places_weigh_by_distance_and_light_sums_to_one() -> None:
    tables = [sampled(s) * 7.0 for s in (0.6, 0.7, 0.8, 0.9, 1.0)]
    table = table_of(tables, [12, 12, 1111, 1111, 550], [20, 1043, 20, 1043, 520], PER_PIXEL)
    near = table.at(550.0, 520.0)
    assert np.allclose(near.samples, tables[4] * PER_PIXEL**2 / tables[4].sum(), atol=1e-6)
    assert table.at(300.0, 300.0).image(13, 13, 6.1, 6.3).sum() == pytest.approx(1.0, abs=2e-3)


def test_bad_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        table_of([], [], [], 9)
    with pytest.raises(ValueError, match="one shape"):
        table_of([sampled(0.7), sampled(0.7, 40)], [0, 1], [0, 1], 9)
    with pytest.raises(ValueError, match="finite"):
        TabulatedPrf(np.full((5, 5), np.nan), 9)


def test_the_prf_of_a_mission() -> None:
    assert isinstance(prf_for("TESS"), GaussianPrf)
    assert prf_for("Kepler") != prf_for("TESS")
    table = PrfTable(sampled(0.9)[None], np.zeros(1), np.zeros(1), PER_PIXEL)
    assert isinstance(prf_for("TESS", table, (30.0, 40.0)), TabulatedPrf)
