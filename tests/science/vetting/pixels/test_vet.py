"""All pixel tests together: planets pass, blends name the star, and what cannot be tested says why."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from science.pixels import PixelCube
from science.prf import GaussianPrf
from science.stars import Star
from science.vetting.pixels.results import PixelVetting
from science.vetting.pixels.table import PIXEL_TESTS
from science.vetting.pixels.vet import vet_pixels
from tests.science.vetting.pixels.movies import STAR, START_BJD, a_dip, a_field, a_grid, a_movie, without

FIELD = a_field([(42.0, -30.0, 12.5), (-15.0, 60.0, 14.0), (3.0, 2.0, 17.5)])
DIP = a_dip()


def movies(host: int, depth: float, sky: float = 0.0) -> list[PixelCube]:
    made = []
    for k in range(2):
        start, grid = START_BJD + 27 * k, a_grid(70.0 * k)
        made.append(a_movie(FIELD, host, depth, seed=k + 1, label=f"S{k + 1}", start=start, grid=grid, sky=sky))
    return made


def outcomes(vetting: PixelVetting) -> dict[str, str]:
    return {f.name: f.outcome for f in vetting.findings}


def test_dips_of_the_star_itself_pass() -> None:
    vetting = vet_pixels(movies(0, 0.01), DIP, STAR, FIELD)
    assert set(outcomes(vetting).values()) == {"pass"}
    assert [f.name for f in vetting.findings] == [t.name for t in PIXEL_TESTS]
    assert vetting.combined is not None
    assert vetting.combined.arcsec < 2.5
    assert vetting.hosts[0].is_target
    assert vetting.hosts[0].needed_depth == pytest.approx(0.01, rel=0.1)
    first = vetting.sectors[0]
    assert first.out.shape == first.difference.shape == first.aperture.shape == (11, 11)
    assert first.stars.shape == (4, 2)
    assert first.corner == (100, 200)
    assert first.quality
    assert vetting.finding("centroid_shift").picture is not None
    with pytest.raises(KeyError):
        vetting.finding("nonsense")


def test_dips_of_a_neighbour_fail_and_name_it() -> None:
    vetting = vet_pixels(movies(1, 0.3), DIP, STAR, FIELD)
    found = outcomes(vetting)
    assert found["on_target"] == found["host_star"] == found["centroid_shift"] == "fail"
    assert vetting.finding("on_target").reason.startswith("The dips come from TIC 2, 52″ away, not from this star")
    assert vetting.finding("on_target").fault == "neighbour"
    assert vetting.combined is not None
    assert vetting.combined.east_arcsec == pytest.approx(42.0, abs=4.0)
    assert vetting.combined.north_arcsec == pytest.approx(-30.0, abs=4.0)
    assert vetting.hosts[0].tic_id == 2
    assert any(h.is_target for h in vetting.hosts)
    assert vetting.sectors[0].offset is not None


def test_a_star_that_looks_the_same_asks_for_a_look_however_likely_the_target_is() -> None:
    able = [(30.0 * np.cos(t), 30.0 * np.sin(t), 13.0) for t in np.arange(0.0, 6.2, 0.6)]
    outcome = {}
    for east in (0.8, 60.0):
        field = a_field([(east, 0.0, 13.0), *able])
        cubes = [a_movie(field, 0, 0.01, seed=k, label=f"S{k}", start=START_BJD + 27 * k) for k in range(2)]
        vetting = vet_pixels(cubes, DIP, STAR, field)
        assert vetting.hosts[0].is_target
        assert vetting.hosts[0].probability > 0.9
        outcome[east] = vetting.finding("host_star")
    assert outcome[60.0].outcome == "pass"
    assert outcome[0.8].outcome == "warn"
    assert "cannot tell it from TIC 2, 0.8" in outcome[0.8].reason


def test_a_star_that_spills_is_not_failed_on_its_place() -> None:
    cubes = [replace(c, flux=c.flux * 60.0) for c in movies(1, 0.3)]
    vetting = vet_pixels(cubes, DIP, STAR, FIELD)
    assert vetting.sectors[0].saturated
    assert outcomes(vetting)["on_target"] == outcomes(vetting)["host_star"] == "warn"
    assert "spills" in vetting.finding("on_target").reason
    assert "fail" not in outcomes(vetting).values()


def test_a_given_prf_for_all_or_by_label() -> None:
    cubes = movies(0, 0.01)
    one = vet_pixels(cubes, DIP, STAR, FIELD, GaussianPrf(0.75))
    each = vet_pixels(cubes, DIP, STAR, FIELD, {"S1": GaussianPrf(0.75), "S2": GaussianPrf(0.75)})
    assert one.combined is not None
    assert each.combined is not None
    assert one.combined.arcsec == pytest.approx(each.combined.arcsec)
    assert outcomes(one)["on_target"] == "pass"


def test_no_field_still_measures_the_offset() -> None:
    vetting = vet_pixels(movies(1, 0.3), DIP, STAR, None)
    found = outcomes(vetting)
    assert found["host_star"] == "not_run"
    assert "catalogue" in vetting.finding("host_star").reason
    assert found["on_target"] == "fail"
    assert "a place" in vetting.finding("on_target").reason
    assert vetting.hosts == ()


def test_no_neighbours_at_all() -> None:
    alone = a_field()
    vetting = vet_pixels([a_movie(alone)], DIP, STAR, alone)
    assert outcomes(vetting)["host_star"] == "pass"
    assert vetting.hosts[0].probability > 0.99


def assert_not_run(vetting: PixelVetting, word: str) -> None:
    assert set(outcomes(vetting).values()) == {"not_run"}
    assert all(word in f.reason for f in vetting.findings), [f.reason for f in vetting.findings]
    assert vetting.combined is None


def test_nothing_to_look_at() -> None:
    assert_not_run(vet_pixels([], DIP, STAR, FIELD), "no pixel movie")
    cube = a_movie(FIELD, days=8.0)
    assert_not_run(vet_pixels([cube], DIP, Star("?"), None), "position")
    assert_not_run(vet_pixels([replace(cube, grid=a_grid(0.0, (40.0, 5.0)))], DIP, STAR, FIELD), "outside")
    late = a_dip(epoch=START_BJD + 200.0, period=500.0)
    assert_not_run(vet_pixels([cube], late, STAR, FIELD), "shows no dip")
    assert_not_run(vet_pixels([replace(cube, flux=np.full_like(cube.flux, np.nan))], DIP, STAR, FIELD), "no data")
    assert_not_run(vet_pixels([replace(cube, usable=np.zeros_like(cube.usable))], DIP, STAR, FIELD), "data")
    assert_not_run(vet_pixels([cube], replace(DIP, period_days=float("nan")), STAR, FIELD), "period")
    assert_not_run(vet_pixels([cube], replace(DIP, epoch_bjd=float("nan")), STAR, FIELD), "time")
    nowhere = replace(cube, grid=replace(cube.grid, cd=((0.0, 0.0), (0.0, 0.0))))
    assert_not_run(vet_pixels([nowhere], DIP, STAR, FIELD), "sky")
    tiny = replace(cube, flux=cube.flux[:, 4:6, 4:6], grid=a_grid(0.0, (0.5, 0.5)), aperture=None)
    assert_not_run(vet_pixels([tiny], DIP, STAR, FIELD), "Too few pixels")


def test_a_shape_that_is_not_known_is_no_obstacle() -> None:
    rough = replace(DIP, radius_ratio=float("nan"), impact_parameter=float("nan"))
    assert outcomes(vet_pixels(movies(0, 0.01), rough, STAR, FIELD))["on_target"] == "pass"


def test_a_field_of_five_thousand_stars() -> None:
    rng = np.random.default_rng(2)
    faint = [(float(e), float(n), 20.0) for e, n in rng.uniform(-150, 150, (5000, 2))]
    crowd = a_field([(42.0, -30.0, 12.5), *faint])
    vetting = vet_pixels([a_movie(FIELD, 1, 0.3)], DIP, STAR, crowd)
    assert vetting.hosts[0].tic_id == 2
    assert len(vetting.hosts) <= 21
    assert vetting.sectors[0].stars.shape == (5002, 2)


def test_one_dip_is_measured_but_not_judged() -> None:
    cube = a_movie(FIELD, days=3.0)
    vetting = vet_pixels([cube], DIP, STAR, FIELD)
    assert set(outcomes(vetting).values()) == {"not_run"}
    assert "one dip" in vetting.finding("on_target").reason.lower()
    assert vetting.sectors[0].n_events == 1
    assert vetting.hosts[0].is_target


def test_dips_too_weak_for_the_pictures() -> None:
    vetting = vet_pixels(movies(0, 0.0002), DIP, STAR, FIELD)
    assert outcomes(vetting)["on_target"] == outcomes(vetting)["host_star"] == "not_run"
    assert "too weak" in vetting.finding("on_target").reason
    assert vetting.combined is None


def test_one_bad_movie_does_not_spoil_the_others() -> None:
    good, bad = movies(0, 0.01)
    bad = without(bad, np.ones_like(bad.usable))
    vetting = vet_pixels([good, bad], DIP, STAR, FIELD)
    assert len(vetting.sectors) == 1
    assert outcomes(vetting)["on_target"] == "pass"
    assert any("S2" in note for note in vetting.notes)


def test_missing_light_in_stripes_is_no_star() -> None:
    cubes = []
    for cube in movies(0, 0.0):
        flux = cube.flux.copy()
        phase = (cube.time_bjd - DIP.epoch_bjd + 0.5 * DIP.period_days) % DIP.period_days - 0.5 * DIP.period_days
        inside = np.abs(phase) < 0.5 * DIP.duration_days
        flux[np.ix_(inside, range(11), [3])] -= 60.0
        cubes.append(replace(cube, flux=flux))
    vetting = vet_pixels(cubes, DIP, STAR, FIELD)
    assert outcomes(vetting)["difference_quality"] == "warn"
    assert outcomes(vetting)["on_target"] != "fail"


def test_a_full_frame_cut_out_without_aperture() -> None:
    cubes = [replace(c, aperture=None, pos_corr=None, kind="full-frame cut-out") for c in movies(0, 0.01, sky=200.0)]
    vetting = vet_pixels(cubes, DIP, STAR, FIELD)
    assert outcomes(vetting)["on_target"] == "pass"
    assert any("no aperture" in note for note in vetting.notes)


def test_six_sectors_of_two_minutes_are_quick() -> None:
    rng = np.random.default_rng(1)
    small = a_movie(FIELD, 0, 0.01)
    stamps = START_BJD + np.arange(18_000) * 2 / 1440
    flux = (small.flux[0] + rng.normal(0, 10.0, (18_000, 11, 11))).astype(np.float32)
    n = stamps.size
    cube = replace(
        small, time_bjd=stamps, flux=flux, flux_err=flux, quality=np.zeros(n, np.int32), usable=np.ones(n, np.bool_),
        pos_corr=rng.normal(0, 1e-3, (n, 2)), exposure_days=2 / 1440,
    )  # fmt: skip
    cubes = [replace(cube, label=f"S{k}", time_bjd=stamps + 27.0 * k) for k in range(6)]
    start = time.process_time()
    vetting = vet_pixels(cubes, DIP, STAR, FIELD)
    assert time.process_time() - start < 16.0  # twice the budget of 8 s: machines differ
    assert len(vetting.sectors) == 6


def test_noise_of_many_sectors_does_not_add_up_to_a_signal() -> None:
    cubes = []
    for k in range(6):
        start, grid = START_BJD + 27 * k, a_grid(50.0 * k)
        cubes.append(a_movie(FIELD, 0, 0.0, seed=k + 40, label=f"S{k + 1}", start=start, grid=grid))
    vetting = vet_pixels(cubes, DIP, STAR, FIELD)
    assert outcomes(vetting)["on_target"] == outcomes(vetting)["difference_quality"] == "not_run"
    assert sum(s.signal_to_noise**2 for s in vetting.sectors) ** 0.5 > 4.5  # each sector has its highest noise peak


def test_a_brighter_star_beside_a_faint_one_is_not_taken_for_it() -> None:
    # The star's own position is 25″ from the one bright star of the picture; nobody lists the bright one.
    cube = a_movie(a_field(), 0, 0.01)
    aside = Star("TIC 9", ra_deg=STAR.ra_deg, dec_deg=(STAR.dec_deg or 0.0) + 25.0 / 3600.0, tmag=13.0)
    vetting = vet_pixels([cube], DIP, aside, None)
    assert vetting.sectors[0].registration == (0.0, 0.0)
    assert outcomes(vetting)["on_target"] == "fail"
