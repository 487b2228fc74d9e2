"""Fits of a PRF to images, one by one and together."""

from __future__ import annotations

import numpy as np
import pytest

from science.prf import GaussianPrf
from science.vetting.pixels.combine import View, combined_offset, floor_arcsec, limit_arcsec, offset_of
from science.vetting.pixels.position import Image, fit_position, likeness
from tests.science.vetting.pixels.movies import CENTRE, a_grid

PRF = GaussianPrf(0.8)


def picture(column: float, row: float, light: float, noise: float, seed: int = 1, sky: float = 5.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return light * PRF.image(11, 11, column, row) + sky + rng.normal(0, noise, (11, 11))


def test_a_position_is_found_within_its_error() -> None:
    pulls = []
    for seed in range(30):
        image = Image.of(picture(6.3, 3.8, 100.0, 2.0, seed), np.full((11, 11), 2.0))
        fit = fit_position(image, PRF, CENTRE)
        pulls += [(fit.column - 6.3) / fit.covariance[0, 0] ** 0.5, (fit.row - 3.8) / fit.covariance[1, 1] ** 0.5]
        assert fit.flux == pytest.approx(100.0, abs=6 * fit.flux_err)
    assert 0.7 < np.std(pulls) < 1.3
    assert abs(np.mean(pulls)) < 0.5


def test_the_best_fit_is_that_of_a_slow_grid() -> None:
    image = picture(4.6, 5.2, 60.0, 3.0)
    fit = fit_position(Image.of(image, np.full((11, 11), 3.0)), PRF, (8.0, 8.0))
    best, place = np.inf, (0.0, 0.0)
    for column in np.arange(4.0, 5.4, 0.05):
        for row in np.arange(4.5, 6.0, 0.05):
            matrix = np.column_stack([PRF.image(11, 11, column, row).ravel(), np.ones(121)])
            solution = np.linalg.lstsq(matrix, image.ravel(), rcond=None)[0]
            chi2 = np.square((image.ravel() - matrix @ solution) / 3.0).sum()
            if chi2 < best:
                best, place = chi2, (column, row)
    assert np.hypot(fit.column - place[0], fit.row - place[1]) < 0.05
    assert fit.chi2 == pytest.approx(best, abs=0.3)


def test_light_that_brightens_is_no_source() -> None:
    fit = fit_position(Image.of(picture(5, 5, -80.0, 2.0), np.full((11, 11), 2.0)), PRF, CENTRE)
    assert fit.signal_to_noise < 4.0


def test_shared_noise_does_not_move_the_position_beyond_its_error() -> None:
    slope = 60.0 * (PRF.image(11, 11, 5.05, 5.0) - PRF.image(11, 11, 4.95, 5.0))
    shifted, known = [], []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        image = picture(5.0, 5.0, 40.0, 0.5, seed) + rng.normal() * slope
        plain = fit_position(Image.of(image, np.full((11, 11), 0.5)), PRF, CENTRE)
        aware = fit_position(Image.of(image, np.full((11, 11), 0.5), slope[None]), PRF, CENTRE)
        shifted.append((plain.column - 5.0) / plain.covariance[0, 0] ** 0.5)
        known.append((aware.column - 5.0) / aware.covariance[0, 0] ** 0.5)
    assert np.std(shifted) > 2.0
    assert np.std(known) < 1.5


def test_likeness_tells_a_star_from_a_stripe() -> None:
    err = np.full((11, 11), 1.0)
    star = fit_position(Image.of(picture(5.2, 5.1, 300.0, 1.0), err), PRF, CENTRE)
    weak = fit_position(Image.of(picture(5.2, 5.1, 12.0, 1.0), err), PRF, CENTRE)
    stripe = np.random.default_rng(1).normal(0, 1.0, (11, 11))
    stripe[:, 4] += 30.0
    assert likeness(star) > 0.95
    assert likeness(weak) > 0.7  # noise is not held against it
    assert likeness(fit_position(Image.of(stripe, err), PRF, CENTRE)) < 0.6


def test_pixels_without_data_and_too_few_of_them() -> None:
    image = picture(5.0, 5.0, 100.0, 1.0)
    image[:, 0] = np.nan
    err = np.full((11, 11), 1.0)
    err[0] = np.inf
    assert fit_position(Image.of(image, err), PRF, CENTRE).column == pytest.approx(5.0, abs=0.1)
    with pytest.raises(ValueError, match="six pixels"):
        Image.of(np.full((11, 11), np.nan), err)


def views(
    east: float, north: float, light: float, noise: float, seed: int = 1, registration: float = 0.0
) -> list[View]:
    out = []
    for number, turn in enumerate((0.0, 70.0, 200.0)):
        grid = a_grid(turn)
        step = np.linalg.inv(np.array(grid.cd) * 3600.0) @ np.array([east, north])
        image = picture(CENTRE[0] + step[0], CENTRE[1] + step[1], light, noise, 10 * seed + number)
        view = Image.of(image, np.full((11, 11), noise))
        out.append(View(view, PRF, CENTRE, (registration, registration), grid))
    return out


def test_sectors_are_combined_on_the_sky() -> None:
    found = combined_offset(views(25.0, -14.0, 100.0, 3.0), 21.0)
    assert found is not None
    assert found.east_arcsec == pytest.approx(25.0, abs=4 * found.east_err_arcsec)
    assert found.north_arcsec == pytest.approx(-14.0, abs=4 * found.north_err_arcsec)
    assert found.n_sectors == 3
    assert found.sigma > 8
    assert found.err_arcsec > floor_arcsec(21.0) == pytest.approx(2.5)
    assert limit_arcsec(21.0) == pytest.approx(15.0)


def test_on_the_star_the_offset_is_its_error() -> None:
    pulls = []
    for seed in range(20):
        found = combined_offset(views(0.0, 0.0, 30.0, 3.0, seed), 21.0)
        assert found is not None
        assert found.sigma < 3.5
        pulls += [found.east_arcsec / found.east_err_arcsec, found.north_arcsec / found.north_err_arcsec]
    assert 0.6 < np.std(pulls) < 1.4


def test_the_floor_bounds_what_a_bright_star_can_claim() -> None:
    found = combined_offset(views(2.0, 0.0, 1e5, 1.0), 21.0)
    assert found is not None
    assert found.arcsec == pytest.approx(2.0, abs=0.05)
    assert found.sigma < 1.0


def test_registration_errors_are_part_of_the_error() -> None:
    sure = combined_offset(views(0.0, 0.0, 1e4, 1.0), 21.0)
    unsure = combined_offset(views(0.0, 0.0, 1e4, 1.0, registration=0.2), 21.0)
    assert sure is not None
    assert unsure is not None
    assert unsure.east_err_arcsec == pytest.approx(0.2 * 21.0 / 3**0.5, rel=0.1)
    assert sure.east_err_arcsec < 0.1


def test_nothing_to_combine() -> None:
    assert combined_offset([], 21.0) is None
    flat = View(Image.of(np.zeros((11, 11)), np.ones((11, 11))), PRF, CENTRE, (0.0, 0.0), a_grid())
    assert combined_offset([flat], 21.0) is None


def test_an_offset_of_nothing_has_no_direction() -> None:
    found = offset_of(0.0, 0.0, np.eye(2), 21.0, 1)
    assert (found.arcsec, found.sigma) == (0.0, 0.0)
    assert found.err_arcsec == pytest.approx((1 + 2.5**2) ** 0.5)
