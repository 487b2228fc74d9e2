"""Flux-weighted centroids: a shift where a neighbour dims, none where nothing moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from science.pixels import PixelCube
from science.vetting.pixels.centroid import CentroidShift, centroid_of_star, centroid_shift, nominal_aperture
from science.vetting.pixels.events import events_of, pixel_mask
from tests.science.vetting.pixels.movies import CENTRE, PRF, STAR, a_dip, a_field, a_grid, a_movie

WHOLE = np.ones((11, 11), dtype=np.bool_)


def shift_of(cube: PixelCube, aperture: np.ndarray = WHOLE) -> CentroidShift | None:
    pixels = pixel_mask(cube)
    events, _ = events_of(cube, a_dip(), STAR, pixels)
    return centroid_shift(cube, events, aperture, pixels)


def test_a_lone_star_does_not_move_its_centroid() -> None:
    found = shift_of(a_movie(a_field()))
    assert found is not None
    assert abs(found.shift[0]) < 4 * found.shift_err[0]
    assert abs(found.shift[1]) < 4 * found.shift_err[1]
    assert found.depth == pytest.approx(0.01, abs=5 * found.depth_err)
    assert found.out == pytest.approx(CENTRE, abs=0.02)


@pytest.mark.parametrize("depth", [0.05, 0.8])
def test_the_source_is_where_the_neighbour_is(depth: float) -> None:
    field = a_field([(40.0, 20.0, 11.5)])
    cube = a_movie(field, host=1, host_depth=depth, noise=3.0, grid=a_grid(0.0))
    found = shift_of(cube)
    assert found is not None
    column, row = a_grid(0.0).to_pixel(field.stars[1].ra_deg, field.stars[1].dec_deg)
    errors = found.source_err()
    assert found.source()[0] == pytest.approx(float(column), abs=4 * errors[0])
    assert found.source()[1] == pytest.approx(float(row), abs=4 * errors[1])
    assert errors[0] < 0.4
    share = 10 ** (-0.4 * 1.5)
    assert found.depth == pytest.approx(depth * share / (1 + share), abs=4 * found.depth_err)
    assert found.depth > 8 * found.depth_err


def test_pointing_that_is_known_does_not_count_as_noise() -> None:
    cube = a_movie(a_field(), jitter_px=0.02, noise=2.0)
    known, unknown = shift_of(cube), shift_of(replace(cube, pos_corr=None))
    assert known is not None
    assert unknown is not None
    assert known.shift_err[0] < 0.4 * unknown.shift_err[0]


def test_the_skys_light_is_taken_off() -> None:
    cube = a_movie(a_field([(40.0, 0.0, 11.0)]), sky=400.0, noise=2.0)
    found = shift_of(cube)
    bare = shift_of(replace(cube, background_subtracted=True))
    assert found is not None
    assert bare is not None
    assert found.depth == pytest.approx(0.01 / (1 + 10**-0.4), rel=0.1)
    assert bare.depth < 0.5 * found.depth


def test_an_empty_aperture_or_no_light_gives_none() -> None:
    cube = a_movie(a_field(), days=6.0)
    assert shift_of(cube, np.zeros((11, 11), dtype=np.bool_)) is None
    assert shift_of(replace(cube, flux=cube.flux * 0.0 - 1.0)) is None
    assert centroid_shift(cube, (), WHOLE, WHOLE) is None


def test_gaps_in_single_frames_are_stepped_over() -> None:
    cube = a_movie(a_field())
    flux = cube.flux.copy()
    flux[::11, 5, 5] = np.nan
    found = shift_of(replace(cube, flux=flux))
    assert found is not None
    assert np.isfinite(found.shift).all()


def test_apertures_and_the_centroid_in_them() -> None:
    assert nominal_aperture((11, 11), 5.0, 5.0).sum() == 9
    assert nominal_aperture((11, 11), 50.0, 5.0).sum() == 0
    shares = PRF.image(11, 11, 5.3, 5.0)
    whole = centroid_of_star(shares, WHOLE)
    assert whole is not None
    assert whole == pytest.approx((5.3, 5.0), abs=1e-3)
    cut = centroid_of_star(shares, nominal_aperture((11, 11), 5.0, 5.0))
    assert cut is not None
    assert 5.0 < cut[0] < 5.3
    assert centroid_of_star(shares, np.zeros((11, 11), dtype=np.bool_)) is None
