"""Places at a common epoch and the matching of catalogues, against astropy and against fields that are known."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.archives.field_matching import Places, match, moved, pairs_within, separations
from data.archives.field_stars import Catalogues, GaiaTable, TicTable, target_row
from science.stars import Star
from tests.standins.gaia_server import real_rows
from tests.standins.realdata import table

HERE = (270.0, -30.0)


@pytest.mark.filterwarnings("ignore::erfa.ErfaWarning")
def test_motion_agrees_with_astropy() -> None:
    """Fast stars, the poles, 0 h; astropy's own propagation with a tiny parallax and no radial velocity."""
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from astropy.time import Time

    rng = np.random.default_rng(5)
    ra = np.concatenate([[84.2912, 0.0, 359.9999, 10.0, 200.0], rng.uniform(0, 360, 40)])
    dec = np.concatenate([[-80.4691, 0.0, 1.0, 89.99, -89.999], np.degrees(np.arcsin(rng.uniform(-1, 1, 40)))])
    pm_ra, pm_dec = rng.normal(0, 3000, 45), rng.normal(0, 3000, 45)
    stars = SkyCoord(
        ra * u.deg, dec * u.deg, distance=np.full(45, 1e4) * u.pc, pm_ra_cosdec=pm_ra * u.mas / u.yr,
        pm_dec=pm_dec * u.mas / u.yr, radial_velocity=np.zeros(45) * u.km / u.s, obstime=Time("J2016.0", scale="tcb"),
    )  # fmt: skip
    later = stars.apply_space_motion(new_obstime=Time("J2000.0", scale="tcb"))
    ours = moved(ra, dec, pm_ra, pm_dec, -16.0)
    away = SkyCoord(ours[0] * u.deg, ours[1] * u.deg).separation(SkyCoord(later.ra, later.dec)).arcsec
    assert np.max(away) < 1e-3  # astropy lets the finite distance in


def test_pi_mensae_between_two_real_catalogues() -> None:
    """J2000 of its TESS header to 2015.5 of the planet archive: 18″ of motion, met to 10 mas."""
    ra, dec = moved(np.array([84.291188]), np.array([-80.4691198]), np.array([311.187]), np.array([1048.84]), 15.5)
    away, _ = separations(84.29928, -80.464604, ra, dec)
    assert away[0] < 0.05
    assert separations(84.29928, -80.464604, np.array([84.291188]), np.array([-80.4691198]))[0][0] > 16


def test_stars_without_motion_stay() -> None:
    nan = np.array([np.nan, np.nan, 100.0])
    ra, dec = moved(np.array([10.0, 0.0, 0.0]), np.array([20.0, 90.0, 0.0]), nan, np.array([np.nan, 5.0, np.nan]), 50.0)
    np.testing.assert_allclose(ra[[0, 2]], [10.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(dec, [20.0, 90.0, 0.0], atol=1e-12)


def test_there_and_back() -> None:
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, 100), rng.uniform(-89, 89, 100)
    places = Places(ra, dec, rng.normal(0, 100, 100), rng.normal(0, 100, 100), np.full(100, 2016.0))
    there = places.at(2020.0)
    back = moved(*there, places.pm_ra_mas, places.pm_dec_mas, -4.0)
    assert max(separations(ra[i], dec[i], back[0][i : i + 1], back[1][i : i + 1])[0][0] for i in range(100)) < 1e-4


def test_separations_agree_with_astropy() -> None:
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    rng = np.random.default_rng(2)
    ra, dec = 359.99 + rng.normal(0, 0.05, 50), 80 + rng.normal(0, 0.05, 50)
    away, angle = separations(359.99, 80.0, ra, dec)
    middle, others = SkyCoord(359.99 * u.deg, 80 * u.deg), SkyCoord(ra * u.deg, dec * u.deg)
    np.testing.assert_allclose(away, middle.separation(others).arcsec, rtol=1e-8)
    np.testing.assert_allclose(angle, middle.position_angle(others).deg, atol=1e-6)


def around(n: int, rng: np.random.Generator, radius_arcsec: float = 235.0) -> tuple[Any, Any]:
    away, angle = radius_arcsec / 3600 * np.sqrt(rng.random(n)), 2 * np.pi * rng.random(n)
    return HERE[0] + away * np.sin(angle) / np.cos(np.radians(HERE[1])), HERE[1] + away * np.cos(angle)


def test_numbers_place_and_brightness_each_do_their_part() -> None:
    step = 1 / 3600
    ra = np.full(5, 10.0)
    first = (
        np.array([11, 12, 13, 14, 15]),
        (ra, np.array([0, 10, 20, 20.4, 60]) * step),
        np.array([10.0, 12, 14, 16, 18]),
    )
    second = (
        np.array([11, 99, 0, 0, 12]),  # same number; another number; none; none; a number that now means another star
        (ra, np.array([0.2, 60.3, 20.2, 20.3, 30]) * step),
        np.array([10.3, 18.2, 16.1, 14.1, 12.0]),
    )
    partner = match((first[0], second[0]), (first[1], second[1]), (first[2], second[2]))
    assert partner.tolist() == [0, 4, 3, 2, -1]


@pytest.mark.parametrize(
    ("away_arcsec", "fainter", "found"), [(0.5, 0.3, True), (2.0, 0.0, False), (0.5, 1.5, False), (0.5, np.nan, True)]
)
def test_what_is_too_far_or_too_faint_is_another_star(away_arcsec: float, fainter: float, found: bool) -> None:
    one, zero = np.array([10.0]), np.array([0])
    partner = match(
        (zero, zero), ((one, one), (one, one + away_arcsec / 3600)), (np.array([15.0]), np.array([15.0 + fainter]))
    )
    assert (partner.tolist() == [0]) is found


def test_nothing_to_match() -> None:
    none, one = (np.empty(0), np.empty(0)), (np.array([1.0]), np.array([1.0]))
    empty, zero = np.empty(0, dtype=np.int64), np.array([0])
    assert match((empty, zero), (none, one), (none[0], one[0])).tolist() == [-1]
    assert match((zero, empty), (one, none), (one[0], none[0])).size == 0
    assert pairs_within(none, one, 5.0).shape == (0, 2)


def toi_3505(folder: Path) -> tuple[GaiaTable, TicTable, dict[int, int]]:
    """The real field, and the DR3 number of each TIC row whose DR2 number is still a DR3 number."""
    rows = list(real_rows(folder / "cones"))
    gaia = GaiaTable.of({name: [row.get(name) for row in rows] for name in rows[0]})
    listed = list(table(folder / "cones" / "toi3505_tic_v8_2p5arcmin.csv.gz"))
    tic = TicTable.of({name: [row[name] or None for row in listed] for name in listed[0]})
    known = {int(row["source_id"]) for row in rows}
    return gaia, tic, {int(r["ID"]): int(r["GAIA"]) for r in listed if r["GAIA"] and int(r["GAIA"]) in known}


def test_the_real_field_is_matched_by_place_alone(realdata: Path) -> None:
    """2,200 stars whose number did not change are the judge of matching by place and brightness."""
    gaia, tic, truth = toi_3505(realdata)
    blind = TicTable(tic.ids, np.zeros_like(tic.gaia_ids), tic.values, tic.left_out, tic.extended)
    both = Catalogues.of(gaia, blind)
    found = {
        int(both.tic.ids[t]): int(gaia.numbers[g])
        for g, t in zip(both.gaia_row, both.tic_row, strict=True)
        if g >= 0 and t >= 0
    }
    judged = [tic_id for tic_id in both.tic.ids.tolist() if tic_id in truth]
    right = sum(found.get(tic_id) == truth[tic_id] for tic_id in judged)
    wrong = sum(tic_id in found and found[tic_id] != truth[tic_id] for tic_id in judged)
    assert len(judged) > 2150
    assert right / len(judged) > 0.99
    assert wrong / len(judged) < 0.002


def test_the_real_field_as_one_list(realdata: Path) -> None:
    gaia, tic, _ = toi_3505(realdata)
    both = Catalogues.of(gaia, tic, 390988385)
    in_both = (both.gaia_row >= 0) & (both.tic_row >= 0)
    assert (int(in_both.sum()), int((both.tic_row < 0).sum()), int((both.gaia_row < 0).sum())) == (2294, 65, 17)
    assert sorted(both.gaia_row[both.gaia_row >= 0]) == list(range(2359))
    assert len(set(both.tic_ids().tolist()) - {0}) == 2294 + 17
    assert "41 entries of the TESS Input Catalog marked as artefact or duplicate were left out." in both.notes
    numbers = both.tic.gaia_ids[both.tic_row[in_both]]
    assert int(np.sum(numbers != gaia.numbers[both.gaia_row[in_both]])) == 87  # their number changed from DR2 to DR3


def test_a_star_is_counted_once() -> None:
    """A 2MASS-based TIC entry beside a Gaia star is that star's light; a brighter one is not."""
    gaia = GaiaTable.of(
        {"source_id": [5], "ra": [10.0], "dec": [0.0], "ref_epoch": [2016.0], "phot_g_mean_mag": [15.0]}
    )
    columns = {
        "ID": [1, 2, 3, 4], "GAIA": ["5", None, None, None], "ra": [10.0] * 4,
        "dec": [0.0, 1.0 / 3600, 1.2 / 3600, 9 / 3600],
        "Tmag": [14.6, 14.7, 11.0, 16.0], "GAIAmag": [15.0, None, None, None],
    }  # fmt: skip
    both = Catalogues.of(gaia, TicTable.of(columns))
    assert sorted(both.tic_ids().tolist()) == [1, 3, 4]
    assert both.notes == (
        "1 entry of the TESS Input Catalog that is another Gaia star's light over again was left out.",
    )
    assert sorted(Catalogues.of(gaia, TicTable.of(columns), 2).tic_ids().tolist()) == [1, 2, 3, 4]  # never the target


def test_a_fast_star_without_motion_in_the_tic_is_counted_once() -> None:
    """1″ a year: 16″ apart at Gaia's epoch, one star at J2000."""
    gaia = GaiaTable.of({
        "source_id": [5], "ra": [10.0], "dec": [16.0 / 3600], "pmra": [0.0], "pmdec": [1000.0], "ref_epoch": [2016.0],
        "phot_g_mean_mag": [12.0], "bp_rp": [2.0],
    })  # fmt: skip
    slow = {"ID": [1, 2], "ra": [10.0, 10.0], "dec": [0.1 / 3600, 16.0 / 3600], "Tmag": [10.9, 17.0]}
    both = Catalogues.of(gaia, TicTable.of(slow))
    assert sorted(zip(both.gaia_row.tolist(), both.tic_ids().tolist(), strict=True)) == [(-1, 2), (0, 1)]


def test_flagged_rows_and_galaxies_go_but_never_the_target() -> None:
    columns = {
        "ID": [1, 2, 3, 4, 5, None], "GAIA": [None] * 6, "ra": [10.0, 10.01, 10.02, 10.03, None, 10.0],
        "dec": [0.0] * 6,
        "Tmag": [10.0] * 6, "disposition": [None, "ARTIFACT", "DUPLICATE", None, None, None],
        "objType": ["STAR", "STAR", "STAR", "EXTENDED", "STAR", "STAR"],
    }  # fmt: skip
    tic = TicTable.of(columns)
    assert Catalogues.of(GaiaTable.empty(), tic).tic_ids().tolist() == [1]
    both = Catalogues.of(GaiaTable.empty(), tic, keep_id=2)
    assert both.tic_ids().tolist() == [1, 2]
    assert both.notes == (
        "1 entry of the TESS Input Catalog marked as artefact or duplicate was left out.",
        "1 entry of the TESS Input Catalog marked as galaxy was left out.",
    )


def test_which_star_is_the_target() -> None:
    columns = {
        "ID": [1, 2, 3], "ra": [10.0] * 3, "dec": [0.0, 1.0 / 3600, 3.0 / 3600], "pmRA": [None] * 3,
        "pmDEC": [None] * 3, "Tmag": [16.0, 12.0, 9.0],
    }  # fmt: skip
    both = Catalogues.of(GaiaTable.empty(), TicTable.of(columns))

    def chosen(star: Star, dec_arcsec: float = 0.0) -> int | None:
        row = target_row(both, star, 10.0, dec_arcsec / 3600, 2020.0)
        return None if row is None else int(both.tic_ids()[row])

    assert chosen(Star(tic_id=3)) == 3
    assert chosen(Star(tmag=16.2)) == 1
    assert chosen(Star(tmag=11.5)) == 2
    assert chosen(Star(tic_id=99, tmag=9.1)) == 3  # a number that is not here
    assert chosen(Star()) == 2  # the brightest of those about as near
    assert chosen(Star(tmag=5.0)) is None
    assert chosen(Star(), 60.0) is None
    assert target_row(Catalogues.of(GaiaTable.empty(), TicTable.empty()), Star(), 10.0, 0.0, 2020.0) is None


def test_a_fast_target_is_found_from_a_place_of_any_epoch() -> None:
    columns = {"ID": [1, 2], "ra": [10.0, 10.0], "dec": [0.0, 12.0 / 3600], "pmRA": [0.0, 0.0], "pmDEC": [1000.0, 0.0],
               "Tmag": [10.0, 15.0]}  # fmt: skip
    both = Catalogues.of(GaiaTable.empty(), TicTable.of(columns))
    for years in (0.0, 16.0, 21.0):
        row = target_row(both, Star(tmag=10.0), 10.0, years / 3600, 2021.0)
        assert row is not None
        assert both.tic_ids()[row] == 1


def test_eight_thousand_stars_are_fast_and_right() -> None:
    """Half of them with another number in the older catalogue, 40 mas of scatter, in one circle of 235″."""
    rng, n = np.random.default_rng(7), 8000
    ra, dec = around(n, rng)
    g, bp_rp = 20.5 - rng.exponential(1.5, n), rng.normal(1.2, 0.4, n)
    started = time.process_time()
    gaia = GaiaTable.of({
        "source_id": (10**18 + np.arange(n)).tolist(), "ra": ra.tolist(), "dec": dec.tolist(),
        "ref_epoch": [2016.0] * n, "phot_g_mean_mag": g.tolist(), "bp_rp": bp_rp.tolist(),
        "pmra": [None] * n, "pmdec": [None] * n,
    })  # fmt: skip
    tic = TicTable.of({
        "ID": list(range(1, n + 1)), "GAIA": [str(10**18 + i if i % 2 else 10**17 + i) for i in range(n)],
        "ra": (ra + rng.normal(0, 0.04 / 3600, n)).tolist(), "dec": (dec + rng.normal(0, 0.04 / 3600, n)).tolist(),
        "Tmag": (g - 0.5).tolist(), "GAIAmag": (g + rng.normal(0, 0.03, n)).tolist(),
    })  # fmt: skip
    both = Catalogues.of(gaia, tic, 1)
    stars, passed_over = both.stars(2021.5, HERE, 210.0, None, Star())
    assert time.process_time() - started < 2.0
    assert passed_over == 0
    assert len(stars) > 5000
    pairs = [(s.gaia_id, s.tic_id) for s in stars if s.gaia_id and s.tic_id]
    assert sum(gaia_id - 10**18 == tic_id - 1 for gaia_id, tic_id in pairs) / len(stars) > 0.995
    assert [s.separation_arcsec for s in stars] == sorted(s.separation_arcsec for s in stars)
