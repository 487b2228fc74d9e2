"""Difference images: the light that goes missing, where, and how sure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from science.folding import phase_days
from science.vetting.pixels.difference import difference_image
from science.vetting.pixels.events import NoEvents, events_of, pixel_mask
from tests.science.vetting.pixels.movies import PRF, STAR, a_dip, a_field, a_grid, a_movie, without


def truth(depth: float = 0.01) -> np.ndarray:
    return 10_000.0 * depth * PRF.image(11, 11, 5.0, 5.0)


def test_the_missing_light_is_the_stars_own() -> None:
    found = difference_image(a_movie(a_field()), a_dip(), STAR)
    pull = (found.difference - truth()) / found.difference_err
    assert found.n_events == 8
    assert abs(pull.mean()) < 0.3
    assert 0.8 < pull.std() < 1.2
    assert found.out.sum() == pytest.approx(10_000.0, rel=0.01)


def test_no_dip_no_missing_light() -> None:
    found = difference_image(a_movie(a_field(), host_depth=0.0), a_dip(), STAR)
    pull = found.difference / found.difference_err
    assert 0.8 < pull.std() < 1.2
    assert np.abs(pull).max() < 4.5


def test_a_drifting_sky_does_not_leak_in() -> None:
    cube = a_movie(a_field(), sky=5000.0)
    found = difference_image(cube, a_dip(), STAR)
    left = found.difference - truth()
    assert abs(np.median(left)) < 10.0  # of 5000 that drift by half: the bend within an event
    assert np.abs((left - np.median(left)) / found.difference_err).max() < 4.5  # and that in all pixels alike


def test_pointing_is_taken_out_where_it_is_known() -> None:
    cube = a_movie(a_field(), jitter_px=0.02, noise=2.0)
    known = difference_image(cube, a_dip(), STAR)
    unknown = difference_image(replace(cube, pos_corr=None), a_dip(), STAR)
    assert known.difference_err[5, 6] < 0.2 * unknown.difference_err[5, 6]
    # unknown, it becomes a pattern that the fits know of, and not noise of single pixels
    assert unknown.modes.shape[0] >= 1
    assert unknown.own_err[5, 6] < unknown.difference_err[5, 6]
    assert known.modes.shape[0] == 0


def test_an_event_in_stray_light_is_left_out() -> None:
    cube = a_movie(a_field())
    flux = cube.flux.copy()
    phase = phase_days(cube.time_bjd, 3.1, a_dip().epoch_bjd)
    first = (cube.time_bjd < a_dip().epoch_bjd + 1.0) & (np.abs(phase) < 0.3)
    flux[first] += np.random.default_rng(3).normal(0, 500.0, (int(first.sum()), 1, 1))
    found = difference_image(replace(cube, flux=flux), a_dip(), STAR)
    assert (found.n_events, found.n_left_out) == (7, 1)
    assert np.abs((found.difference - truth()) / found.difference_err).max() < 5


def test_frames_that_the_mask_hides_do_not_count() -> None:
    cube = a_movie(a_field())
    broken = cube.flux.copy()
    bad = np.arange(len(broken)) % 7 == 0
    broken[bad] = 1e6
    found = difference_image(without(replace(cube, flux=broken), bad), a_dip(), STAR)
    assert np.abs((found.difference - truth()) / found.difference_err).max() < 5


def test_dips_of_another_planet_are_not_compared_with() -> None:
    cube, dip = a_movie(a_field()), a_dip()
    period, epoch = dip.period_days, dip.epoch_bjd + 0.2  # beside each dip, on one side
    events, _ = events_of(cube, dip, STAR, pixel_mask(cube), [(period, epoch, 0.1)])
    for event in events:
        assert not np.any(np.abs(phase_days(cube.time_bjd[event.frames], period, epoch)) < 0.05)


def test_pixels_without_data_stay_out() -> None:
    cube = a_movie(a_field())
    flux = cube.flux.copy()
    flux[:, 0, :] = np.nan
    found = difference_image(replace(cube, flux=flux), a_dip(), STAR)
    assert np.isnan(found.difference[0]).all()
    assert np.isinf(found.difference_err[0]).all()
    assert np.isfinite(found.difference[1:]).all()


def test_the_movie_shows_no_dip() -> None:
    with pytest.raises(NoEvents, match="shows no dip"):
        difference_image(a_movie(a_field(), days=1.0), a_dip(), STAR)
    with pytest.raises(NoEvents, match="shows no dip"):
        difference_image(a_movie(a_field(), days=5.0), a_dip(period=400.0, epoch=2459300.0), STAR)


def test_dips_with_one_side_only_are_too_few_frames() -> None:
    cube, dip = a_movie(a_field(), days=4.0), a_dip()
    cut = without(cube, cube.time_bjd > dip.epoch_bjd + 0.02)
    with pytest.raises(NoEvents, match="too few frames"):
        difference_image(cut, dip, STAR)


def test_a_dip_as_long_as_the_period_has_nothing_beside_it() -> None:
    with pytest.raises(NoEvents, match="fill so much"):
        difference_image(a_movie(a_field(), days=5.0), a_dip(period=0.2, duration=0.15), STAR)


def test_no_data_at_all() -> None:
    cube = a_movie(a_field(), days=4.0)
    with pytest.raises(NoEvents, match="no data"):
        difference_image(replace(cube, flux=np.full_like(cube.flux, np.nan)), a_dip(), STAR)
    with pytest.raises(NoEvents):
        difference_image(replace(cube, usable=np.zeros_like(cube.usable)), a_dip(), STAR)


def test_the_events_are_those_of_a_slow_search() -> None:
    cube, dip = a_movie(a_field(), grid=a_grid(0.0)), a_dip()
    events, partial = events_of(cube, dip, STAR, pixel_mask(cube))
    assert partial == 0
    slow = []
    for number in range(-1, 12):
        days = cube.time_bjd - (dip.epoch_bjd + number * dip.period_days)
        inside = [i for i, d in enumerate(days) if abs(d) <= 0.4 * dip.duration_days]
        outside = [i for i, d in enumerate(days) if 0.75 * dip.duration_days <= abs(d) <= 2.0 * dip.duration_days]
        if inside and len(outside) > 20:
            slow.append(sorted(inside + outside))
    assert [e.frames.tolist() for e in events] == slow
