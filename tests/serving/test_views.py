"""Views from a light curve: the same dip whatever the unit, clear refusals, and what the networks are given."""

from __future__ import annotations

import numpy as np
import pytest

from science.stars import Star, Value
from serving import view_grids
from serving.augmentation import augmented, inverted
from serving.inputs import INPUT_SHAPES, network_inputs
from serving.scalars import OF_THE_STAR, SCALARS, SCALES, standardised
from serving.views import UnusableSignal, views_of

PERIOD, EPOCH, DURATION, DEPTH = 3.3, 1.0, 0.12, 0.01


def _light(*, second: float = 0.0, n: int = 6000, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    time = np.linspace(0, 27, n)
    flux = 1 + np.random.default_rng(seed).normal(0, 5e-4, n)
    for at, depth in ((EPOCH, DEPTH), (EPOCH + 0.4 * PERIOD, second)):
        flux = flux - depth * (np.abs((time - at + PERIOD / 2) % PERIOD - PERIOD / 2) < DURATION / 2)
    return time, flux


def _scalar(scalars: np.ndarray, name: str) -> float:
    centre, width, _ = SCALES[name]
    return centre + width * float(scalars[SCALARS.index(name)])


def test_a_dip_is_where_it_should_be():
    star = Star(tmag=9.5, radius_sun=Value(1.1, None, "test"), teff_k=Value(5900.0, None, "test"))
    found = views_of(*_light(), PERIOD, EPOCH, DURATION, star=star)
    for view in (found.global_view, found.local_view):
        assert np.median(view) == pytest.approx(0, abs=1e-6)
        assert view.min() == pytest.approx(-1)
        assert abs(int(view.argmin()) - view.size // 2) <= 11  # inside the flat bottom
    assert found.local_view[25:36].mean() < -0.9
    assert _scalar(found.scalars, "log_depth") == pytest.approx(4.0, abs=0.02)
    assert _scalar(found.scalars, "log_period") == pytest.approx(np.log10(PERIOD), abs=1e-5)
    assert _scalar(found.scalars, "tmag") == pytest.approx(9.5, abs=1e-5)
    assert np.isfinite(found.scalars).all()


def test_neither_unit_nor_zero_point_matters():
    time, flux = _light()
    one = views_of(time, flux, PERIOD, EPOCH, DURATION)
    other = views_of(time + 2457000, 1234.5 * flux, PERIOD, EPOCH + 2457000, DURATION)
    assert np.allclose(one.global_view, other.global_view, atol=2e-3)
    assert np.allclose(one.local_view, other.local_view, atol=2e-3)
    assert np.isnan(one.scalars[[SCALARS.index(n) for n in OF_THE_STAR]]).all()


def test_the_other_dip_is_found_off_phase_a_half():
    found = views_of(*_light(second=0.004), PERIOD, EPOCH, DURATION)
    assert found.secondary_view[25:36].mean() < -0.8
    assert _scalar(found.scalars, "other_dip") == pytest.approx(0.4, abs=0.05)
    assert _scalar(views_of(*_light(), PERIOD, EPOCH, DURATION).scalars, "other_dip") < 0.1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"flux": np.full(6000, np.nan)}, "usable points"),
        ({"flux": np.ones(6000)}, "does not change"),
        ({"flux": np.ones(5999)}, "same length"),
        ({"period_days": 60.0}, "cover only"),
        ({"period_days": -1.0}, "positive"),
        ({"duration_days": 4.0}, "shorter than the period"),
        ({"epoch": np.nan}, "must be a number"),
    ],
)
def test_what_cannot_be_used_is_refused(change: dict, words: str):
    time, flux = _light()
    asked = {"time": time, "flux": flux, "period_days": PERIOD, "epoch": EPOCH, "duration_days": DURATION} | change
    with pytest.raises(UnusableSignal, match=words):
        views_of(**asked)


def test_resampling_keeps_a_constant_and_the_middle():
    views = np.full((2, 81), 0.5)
    assert np.allclose(view_grids.resampled(views, 0.8, 61, 0.1), 0.5)
    views[:, 40] = -3
    assert (view_grids.resampled(views, 0.8, 61, 0.0).argmin(axis=1) == 30).all()


def test_scalars_by_name():
    row = standardised({"tmag": [SCALES["tmag"][0]], "log_snr": [99.0]})[0]
    assert row[SCALARS.index("tmag")] == 0
    assert row[SCALARS.index("log_snr")] == 4
    assert np.isnan(row[SCALARS.index("log_period")])
    with pytest.raises(ValueError, match="Unknown numbers: mass"):
        standardised({"mass": [1.0]})


def _table(n: int = 40) -> dict[str, np.ndarray]:
    made = [views_of(*_light(seed=k), PERIOD, EPOCH, DURATION) for k in range(2)]
    names = ("global_view", "local_view", "secondary_view", "scalars")
    return {name: np.stack([getattr(made[k % 2], name) for k in range(n)]) for name in names}


def test_augmentation_follows_the_seed_and_keeps_the_form():
    table = _table()
    one, again, other = (augmented(table, np.random.default_rng(s)) for s in (1, 1, 2))
    for name, values in one.items():
        assert np.array_equal(values, again[name], equal_nan=True)
        assert not np.array_equal(values, other[name], equal_nan=True)
    assert np.allclose(one["local_view"].min(axis=1), -1, atol=1e-5)
    assert np.isnan(one["scalars"]).any()
    assert not np.isnan(one["scalars"]).all()
    assert (table["local_view"][:, 25:36].mean(axis=1) < -0.9).all()  # the table itself is as it was
    assert (inverted(table)["local_view"][:, 25:36].mean(axis=1) > 0).all()


def test_network_inputs_flag_what_is_missing():
    table = _table(2)
    table["secondary_view"][1] = np.nan
    table["scalars"][1, 3] = np.nan
    inputs = network_inputs(*table.values())
    assert {k: v.shape[1:] for k, v in inputs.items()} == INPUT_SHAPES
    assert sum(int(np.prod(s)) for s in INPUT_SHAPES.values()) <= 1024
    assert all(np.isfinite(v).all() and v.dtype == np.float32 for v in inputs.values())
    assert inputs["secondary"][0].any()
    assert not inputs["secondary"][1].any()
    assert inputs["scalars"][:, len(SCALARS) + 3].tolist() == [1, 0]
    assert inputs["scalars"][:, -1].tolist() == [1, 0]


def test_a_dip_of_hours_shows_in_an_orbit_of_a_year():
    rng = np.random.default_rng(3)
    time = np.arange(0.0, 1400.0, 0.02)
    flux = 1 + 2e-4 * rng.normal(size=time.size)
    flux[np.abs((time - 100.0 + 160.0) % 320.0 - 160.0) < 0.3] -= 0.004
    views = views_of(time, flux, 320.0, 100.0, 0.6)
    assert views.global_view[100] < -0.8
    assert np.abs(np.delete(views.global_view, [98, 99, 100, 101, 102])).max() < 0.2


def test_stored_views_of_long_orbits_are_cut_to_the_same_window():
    rng = np.random.default_rng(4)
    whole = view_grids.scaled(rng.normal(0, 0.05, (2, 201)) - np.eye(1, 201, 100))
    same, cut = view_grids.zoomed(whole, [10.0, 40.0], [0.2, 0.15])
    assert np.array_equal(same, whole[0])
    # 67 durations of 0.15 d reach half as far as half of 40 d: the dip is twice as wide
    assert np.count_nonzero(cut < -0.5) >= 2
    assert cut[100] == -1.0
    assert view_grids.duty_in_view([40.0], [0.15])[0] == pytest.approx(1 / 134)
