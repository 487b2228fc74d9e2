"""The stars around a target: both catalogues as one, either alone, and neither."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import pytest

from data.archives import field
from data.archives.circuit import hurried
from data.archives.errors import ArchiveUnavailable, ServiceUnreachable, TargetNotFound
from data.archives.field import star_field
from data.archives.settings import ArchiveSettings
from science.stars import Star
from tests.standins.gaia_server import MADE_NUMBER
from tests.standins.mast_server import MastStandIn

TOI_3505 = Star(name="TOI-3505", tic_id=390988385, ra_deg=297.04346734277, dec_deg=18.6989063168931)
WASP_4 = Star(name="WASP-4", tic_id=402026209, ra_deg=353.562957, dec_deg=-42.061795, tmag=11.8)  # bundled too


@pytest.fixture
def crowd(standin: MastStandIn) -> None:
    """Gaia sources around WASP-4 that the TIC does not have: 3 within 100″, 1 beyond 210″ but not for long."""
    ra, dec = WASP_4.ra_deg or 0.0, WASP_4.dec_deg or 0.0
    made: list[dict[str, Any]] = [
        {"source_id": 21, "ra": ra, "dec": dec + 20 / 3600, "phot_g_mean_mag": 15.0, "bp_rp": 1.0, "ruwe": 1.1,
         "non_single_star": 2, "duplicated_source": True, "teff_gspphot": 5000.0, "teff_gspphot_lower": 4900.0,
         "teff_gspphot_upper": 5100.0, "parallax": 2.0, "parallax_error": 0.1},
        {"source_id": 22, "ra": ra, "dec": dec - 50 / 3600, "phot_g_mean_mag": 18.0},
        {"source_id": 23, "ra": ra, "dec": dec + 90 / 3600},  # no magnitude at all
        {"source_id": 24, "ra": ra, "dec": dec - 215 / 3600, "phot_g_mean_mag": 16.0, "pmra": 0.0, "pmdec": 1500.0},
    ]  # fmt: skip
    standin.gaia.add([{"ref_epoch": 2016.0} | row for row in made])


def test_the_real_crowded_field(standin: MastStandIn, settings: ArchiveSettings, realdata: Path) -> None:
    found = star_field(TOI_3505, 2021.5, 150.0, settings)
    assert len(found.stars) == 2375
    assert (found.catalogues, found.complete, found.radius_arcsec) == (("Gaia DR3", "TIC v8.2"), True, 150.0)
    target = found.stars[0]
    assert target is found.target
    assert (target.tic_id, target.gaia_id, target.tmag) == (390988385, 1824561377891719424, 10.9372)
    assert (target.tmag_source, target.separation_arcsec, target.ruwe) == ("TIC", 0.0, pytest.approx(3.694, abs=1e-3))
    assert target.contratio == 0.5471626
    assert target.teff_k is not None
    assert (target.teff_k.value, target.teff_k.source) == (6220.0, "TIC")
    neighbour = found.others[0]  # at 5.7″ both catalogues have it, under different numbers of the same star
    assert neighbour.separation_arcsec == pytest.approx(5.66, abs=0.05)
    sources = {star.tmag_source for star in found.stars}
    assert sources == {"TIC", "Gaia colours", "Gaia G only"}
    assert [s.separation_arcsec for s in found.stars] == sorted(s.separation_arcsec for s in found.stars)
    assert any("without any magnitude" in note for note in found.notes)
    started = time.process_time()
    again = star_field(TOI_3505, 2021.5, 150.0, settings)
    assert time.process_time() - started < 2.0
    assert again.stars == found.stars
    assert again.catalogues[1] == "TIC v8.2, from the cache, less than a minute old"


def test_real_neighbours_of_toi_1798(standin: MastStandIn, settings: ArchiveSettings, realdata: Path) -> None:
    star = Star(tic_id=198153540, ra_deg=211.09410782985, dec_deg=46.5193992792302)
    found = star_field(star, 2021.0, settings=settings)
    near = {s.tic_id: s.separation_arcsec for s in found.others}
    assert near[1001068816] == pytest.approx(41.69, abs=0.8)  # TRICERATOPS: 41.69″ at J2000
    assert near[198153080] == pytest.approx(48.913, abs=0.8)


def test_fields_of_each_star(standin: MastStandIn, settings: ArchiveSettings, crowd: None) -> None:
    found = star_field(WASP_4, 2021.5, settings=settings)
    assert found.radius_arcsec == 210.0
    assert [s.gaia_id for s in found.stars] == [MADE_NUMBER + 402026209, 21, 22, 24]
    target, giant, faint, comer = found.stars
    assert (target.tic_id, target.is_target, giant.is_target) == (402026209, True, False)
    assert giant.name == "Gaia DR3 21"
    assert (giant.tmag_source, faint.tmag_source) == ("Gaia colours", "Gaia G only")
    assert giant.tmag == pytest.approx(14.482, abs=0.01)
    assert faint.tmag == pytest.approx(17.57)
    assert (giant.non_single_star, giant.duplicated_source, giant.ruwe) == (2, True, pytest.approx(1.1))
    assert giant.teff_k is not None
    assert (giant.teff_k.value, giant.teff_k.error, giant.teff_k.source) == (5000.0, 100.0, "Gaia DR3")
    assert (faint.ruwe, faint.non_single_star, faint.duplicated_source, faint.teff_k) == (None, None, None, None)
    assert comer.separation_arcsec < 210  # 215″ away in 2016
    assert 24 not in {s.gaia_id for s in star_field(WASP_4, 2016.0, settings=settings).stars}
    assert found.notes == ("1 star without any magnitude could not be used.",)
    assert giant.position_angle_deg < 2 or giant.position_angle_deg > 358


def test_keplers_radius(standin: MastStandIn, settings: ArchiveSettings, crowd: None) -> None:
    found = star_field(dataclasses.replace(WASP_4, band="Kepler"), 2011.0, settings=settings)
    assert [s.gaia_id for s in found.stars] == [MADE_NUMBER + 402026209, 21]
    assert found.stars[1].kepmag == pytest.approx(15.2, abs=0.3)


def test_fast_stars_are_followed(standin: MastStandIn, settings: ArchiveSettings, realdata: Path) -> None:
    """GJ 357, 1″ a year: 21″ from its J2000 place by 2021.5, and both catalogues are asked where it is then."""
    row = standin.holdings.catalogue.tic[413248763]
    star = Star(tic_id=413248763, ra_deg=row["ra"], dec_deg=row["dec"])
    found = star_field(star, 2021.5, settings=settings)
    assert found.target is not None
    moved = ((found.target.dec_deg - row["dec"]) * 3600, (found.target.ra_deg - row["ra"]) * 3600 * 0.9293)
    assert moved == (pytest.approx(row["pmDEC"] * 21.5e-3, abs=0.01), pytest.approx(row["pmRA"] * 21.5e-3, abs=0.02))
    assert (found.ra_deg, found.dec_deg) == (found.target.ra_deg, found.target.dec_deg)
    assert standin.asked("Mast.Catalogs.Tic.Cone") >= 2
    assert len([s for s in found.stars if s.tic_id == 413248763]) == 1


def test_one_catalogue_alone(standin: MastStandIn, settings: ArchiveSettings, crowd: None) -> None:
    standin.fault("status", "gaia", times=None, value=503)
    found = star_field(WASP_4, 2021.5, settings=settings)
    assert found.catalogues == ("TIC v8.2",)
    assert found.target is not None
    assert (found.target.tic_id, found.target.gaia_id, found.target.ruwe) == (402026209, None, None)
    assert found.notes[0].startswith("The star catalogue Gaia has a fault on its side just now (HTTP 503).")
    assert found.notes[0].endswith("of the TESS Input Catalog alone; Gaia's signs of double stars are not known.")

    standin.faults.clear()
    standin.fault("status", "Tic.Cone", times=None, value=503)
    for file in settings.cache_dir.rglob("tic-cone/*.json"):
        file.unlink()
    found = star_field(WASP_4, 2021.5, settings=settings)
    assert found.catalogues == ("Gaia DR3",)
    assert found.target is not None
    assert (found.target.tic_id, found.target.gaia_id) == (402026209, MADE_NUMBER + 402026209)
    assert (found.target.tmag, found.target.tmag_source) == (11.8, "TIC")  # as the light curve's header says
    assert "The stars are those of Gaia alone" in found.notes[0]


def test_neither_catalogue(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("status", times=None, value=503)
    with pytest.raises(ArchiveUnavailable, match="The stars around the target are not known") as caught:
        star_field(WASP_4, 2021.5, settings=settings)
    assert caught.value.sentence.count("HTTP 503") == 2


def test_offline_from_the_cache(
    standin: MastStandIn, settings: ArchiveSettings, crowd: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = star_field(WASP_4, 2021.5, settings=settings)
    later = time.time() + 100 * 86400
    monkeypatch.setattr("data.archives.answers.AnswerStore.__init__.__defaults__", (lambda: later,))
    standin.fault("drop", times=None)
    old = star_field(WASP_4, 2021.5, settings=hurried(settings))
    assert old.stars == live.stars
    assert old.catalogues == ("Gaia DR3, from the cache, 100 days old", "TIC v8.2, from the cache, 100 days old")
    assert sum("cannot be reached" in note for note in old.notes) == 2
    near = star_field(WASP_4, 2021.0, settings=hurried(settings))  # another year, the same answers
    assert len(near.stars) == len(live.stars)


def test_a_machine_without_the_internet_is_not_slowed_down(tmp_path: Path) -> None:
    url = "http://127.0.0.1:9"
    settings = hurried(ArchiveSettings(url, url, url, tmp_path, gaia_url=url))
    for limit in (10.0, 0.1):
        started = time.perf_counter()
        with pytest.raises(ServiceUnreachable, match="cannot be reached"):
            star_field(WASP_4, 2021.5, settings=settings)
        assert time.perf_counter() - started < limit


def test_by_number_without_a_place(standin: MastStandIn, settings: ArchiveSettings) -> None:
    for star in (Star(tic_id=402026209), Star(tic_id=402026209, ra_deg=float("nan"), dec_deg=999.0)):
        found = star_field(star, 2021.5, settings=settings)
        assert found.target is not None
        assert found.target.tic_id == 402026209
    with pytest.raises(TargetNotFound, match="no place for TIC 999"):
        star_field(Star(tic_id=999), 2021.5, settings=settings)
    with pytest.raises(TargetNotFound, match="Neither a place on the sky nor a TIC number"):
        star_field(Star(name="mine", ra_deg=10.0), 2021.5, settings=settings)


def test_by_place_without_a_number(standin: MastStandIn, settings: ArchiveSettings, crowd: None) -> None:
    found = star_field(Star(ra_deg=WASP_4.ra_deg, dec_deg=WASP_4.dec_deg, tmag=12.0), 2021.5, settings=settings)
    assert found.target is not None
    assert found.target.tic_id == 402026209


def test_a_target_that_nobody_knows(standin: MastStandIn, settings: ArchiveSettings, crowd: None) -> None:
    found = star_field(Star(ra_deg=WASP_4.ra_deg, dec_deg=WASP_4.dec_deg, tmag=5.0), 2021.5, settings=settings)
    assert found.target is None
    assert len(found.others) == 4
    assert found.notes[0].startswith("The catalogues do not know the target itself")
    empty = star_field(Star(ra_deg=10.0, dec_deg=60.0), 2021.5, settings=settings)
    assert empty.stars == ()
    assert empty.catalogues == ("Gaia DR3", "TIC v8.2")


@pytest.mark.parametrize("epoch_year", [-4712.0, float("nan"), 2300.0])
def test_an_unknown_date(standin: MastStandIn, settings: ArchiveSettings, epoch_year: float) -> None:
    found = star_field(WASP_4, epoch_year, settings=settings)
    assert found.epoch_year == 2016.0
    assert found.notes[0].startswith("When the star was observed is not known")


@pytest.mark.parametrize("radius", [0.0, -1.0, 1e4, float("nan")])
def test_a_senseless_radius(settings: ArchiveSettings, radius: float) -> None:
    with pytest.raises(ValueError, match="radius_arcsec"):
        star_field(WASP_4, 2021.5, radius, settings)


def test_too_many_stars_are_told(
    standin: MastStandIn, settings: ArchiveSettings, crowd: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.archives.gaia.SYNC_ROWS", 3)
    monkeypatch.setattr("data.archives.gaia.ROWS_MAX", 3)
    monkeypatch.setattr(field, "ROWS_MAX", 3)
    found = star_field(WASP_4, 2021.5, settings=settings)
    assert not found.complete
    assert found.notes[0] == "There are too many stars here: only the brightest 3 of Gaia are used."
