"""The catalogue laid on the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from science.neighbours import FieldStar, StarField
from science.pixels import PixelCube
from science.prf import GaussianPrf, TabulatedPrf
from science.stars import Star
from science.vetting.pixels.scene import REGISTRATION_PRIOR_PX, Scene, moved, scene_of, target_sky
from tests.science.vetting.pixels.movies import CENTRE, STAR, a_field, a_grid, a_movie

CROWDED = [(30.0, 25.0, 10.5), (-50.0, 10.0, 11.0), (5.0, -60.0, 12.0)]


def laid(cube: PixelCube, field: StarField | None, star: Star = STAR) -> Scene | None:
    out = cube.flux.mean(axis=0)
    return scene_of(cube, out, np.full(out.shape, 1.0), star, field)


def test_a_wrong_sky_grid_is_put_right_on_the_picture() -> None:
    field = a_field(CROWDED)
    cube = a_movie(field, days=2.0, told_grid=a_grid(30.0, (5.25, 4.85)))
    scene = laid(cube, field)
    assert scene is not None
    assert scene.registered
    assert scene.registration == pytest.approx((-0.25, 0.15), abs=0.02)
    assert (scene.column[0], scene.row[0]) == pytest.approx(CENTRE, abs=0.02)
    assert max(scene.registration_err) < 0.05
    assert isinstance(scene.prf, GaussianPrf)
    assert scene.prf.sigma_px == pytest.approx(0.75, abs=0.03)
    assert scene.flux[0] == pytest.approx(10_000.0, rel=0.03)
    assert scene.flux[1] / scene.flux[0] == pytest.approx(10**-0.2)


def test_without_a_field_the_star_alone_is_placed() -> None:
    cube = a_movie(a_field(), days=2.0, told_grid=a_grid(30.0, (5.1, 5.0)))
    scene = laid(cube, None)
    assert scene is not None
    assert scene.registration == pytest.approx((-0.1, 0.0), abs=0.02)
    assert len(scene.stars) == 1


def test_a_given_prf_is_kept() -> None:
    cube = a_movie(a_field(), days=2.0)
    offset = np.arange(-58, 59) / 9.0
    line = np.exp(-0.5 * np.square(offset / 0.8))
    prf = TabulatedPrf(np.outer(line, line) * 81 / line.sum() ** 2, 9)
    out = cube.flux.mean(axis=0)
    scene = scene_of(cube, out, np.full(out.shape, 1.0), STAR, None, prf)
    assert scene is not None
    assert scene.prf is prf
    assert scene.registered


def test_a_given_gaussian_is_only_where_the_fit_begins() -> None:
    cube = a_movie(a_field(), days=2.0)
    out = cube.flux.mean(axis=0)
    scene = scene_of(cube, out, np.full(out.shape, 1.0), STAR, None, GaussianPrf(0.95))
    assert scene is not None
    assert isinstance(scene.prf, GaussianPrf)
    assert scene.prf.sigma_px == pytest.approx(0.75, abs=0.03)


def test_a_picture_without_the_star_keeps_the_sky_grid() -> None:
    cube = a_movie(a_field(), days=2.0)
    empty = replace(cube, flux=np.random.default_rng(1).normal(0, 10.0, cube.flux.shape))
    scene = laid(empty, None)
    assert scene is not None
    assert max(scene.registration_err) > 0.1 or not scene.registered
    blind = replace(cube, grid=a_grid(30.0, (40.0, 40.0)))
    off = laid(blind, None)
    assert off is not None
    assert not off.registered
    assert off.registration == (0.0, 0.0)
    assert off.registration_err == (REGISTRATION_PRIOR_PX, REGISTRATION_PRIOR_PX)


def test_nobody_knows_where_the_star_is() -> None:
    assert laid(a_movie(a_field(), days=2.0), None, Star("somebody")) is None


def test_a_field_that_lacks_the_target_still_has_it_in_the_scene() -> None:
    field = a_field(CROWDED)
    others = replace(field, stars=field.others)
    scene = laid(a_movie(field, days=2.0), others)
    assert scene is not None
    assert scene.stars[scene.target] is None
    assert scene.column.size == 4
    assert scene.registered


def test_stars_without_magnitude_do_no_harm() -> None:
    field = a_field([*CROWDED, (8.0, 8.0, float("nan"))])
    scene = laid(a_movie(a_field(CROWDED), days=2.0), field)
    assert scene is not None
    assert scene.flux[4] == 0.0
    assert scene.registered


def test_proper_motion_carries_a_star_along() -> None:
    star = FieldStar(10.0, 60.0, 2016.0, 0.0, 0.0, 9.0, "TIC", pm_ra_mas=1000.0, pm_dec_mas=-500.0)
    ra, dec = moved(star, 2026.0)
    assert (ra - 10.0) * 0.5 * 3600 == pytest.approx(10.0, rel=1e-6)
    assert (dec - 60.0) * 3600 == pytest.approx(-5.0, rel=1e-6)
    assert moved(replace(star, pm_ra_mas=None, pm_dec_mas=float("nan")), 2026.0) == (10.0, 60.0)


def test_the_targets_place_comes_from_the_field_first() -> None:
    field = a_field()
    assert target_sky(Star(ra_deg=1.0, dec_deg=2.0), field, 2020.0) == (field.ra_deg, field.dec_deg)
    assert target_sky(Star(ra_deg=1.0, dec_deg=2.0), None, 2020.0) == (1.0, 2.0)
    assert target_sky(Star(), replace(field, stars=()), 2020.0) == (field.ra_deg, field.dec_deg)
    assert target_sky(Star(), None, 2020.0) is None
