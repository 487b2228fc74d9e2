"""Stars and their light curves, asked of the stand-in through the real astroquery client."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from data.archives import mast
from data.archives.errors import ArchiveUnavailable, NoLightCurves, TargetNotFound
from data.archives.products import ResolvedStar
from data.archives.settings import ArchiveSettings
from data.archives.targets import parse_target
from data.archives.tic import choose_tic_row, star_from_tic
from tests.standins.mast_server import MastStandIn

pytestmark = pytest.mark.usefixtures("realdata")  # the stars asked for are in the pack


def resolve(text: str, settings: ArchiveSettings) -> ResolvedStar:
    return mast.resolve(parse_target(text), settings)


def make_older(settings: ArchiveSettings, seconds: float) -> None:
    """Let all stored answers be given longer ago."""
    for path in (settings.cache_dir / "answers").rglob("*.json"):
        stored = json.loads(path.read_text())
        stored["stored_at"] -= seconds
        path.write_text(json.dumps(stored))


def test_a_tic_number_gives_the_star_with_its_catalogue_values(standin: MastStandIn, settings: ArchiveSettings) -> None:
    found = resolve("TIC 198153540", settings)
    assert (found.tic_id, found.name) == (198153540, "TIC 198153540")
    star = found.star
    assert star.teff_k is not None
    assert star.mass_sun is not None
    assert star.radius_sun is not None
    assert star.density_gcc is not None
    assert star.teff_k.source == "TIC"
    assert star.teff_k.value == pytest.approx(5165.2, abs=1)
    assert (star.mass_sun.value, star.mass_sun.error) == (pytest.approx(0.874), pytest.approx(0.1077, abs=1e-3))
    assert star.radius_sun.value == pytest.approx(0.7846, abs=1e-3)
    assert star.density_gcc.value == pytest.approx(1.4098 * 0.874 / 0.7846**3, rel=2e-3)
    assert star.tmag == pytest.approx(10.519, abs=1e-3)
    assert star.distance_pc == pytest.approx(113.18, abs=0.01)
    assert star.is_known
    assert found.known_planets_note == "Two planets are already known here."
    assert standin.asked("Mast.Catalogs.Filtered.Tic.Rows") == 1


@pytest.mark.parametrize(
    "text", ["TIC 261136679", "pi Mensae", "π Men", "HD 39091", "TOI-144", "pi Mensae c", "84.2912 -80.4691",
             "05:37:09.9 -80:28:08.8"],
)  # fmt: skip
def test_all_ways_lead_to_pi_mensae(settings: ArchiveSettings, text: str) -> None:
    found = resolve(text, settings)
    assert (found.tic_id, found.common_name) == (261136679, "pi Men")


def test_all_six_sectors_of_pi_mensae(settings: ArchiveSettings) -> None:
    listed = mast.list_products(resolve("pi Mensae", settings), settings=settings)
    chosen = mast.choose_default(listed)
    assert [(p.label, p.author, p.cadence_seconds) for p in chosen] == [
        (f"S{n}", "SPOC", 120.0) for n in (1, 4, 8, 11, 12, 13)
    ]
    assert {p.author for p in listed if p.number == 1} == {"SPOC", "TESS-SPOC", "TASOC", "GSFC-ELEANOR-LITE"}
    assert all(p.size_bytes and p.size_bytes > 100_000 for p in chosen)
    assert [p.year for p in chosen] == [2018, 2018, 2019, 2019, 2019, 2019]


def test_filters_of_mission_and_author(settings: ArchiveSettings) -> None:
    star = resolve("TIC 261136679", settings)
    assert [p.author for p in mast.list_products(star, author="tasoc", settings=settings)] == ["TASOC"]
    assert len(mast.list_products(star, mission="TESS", settings=settings)) == 9
    with pytest.raises(NoLightCurves, match="no Kepler light curve"):
        mast.list_products(star, mission="Kepler", settings=settings)


def test_kepler_by_name_and_number(settings: ArchiveSettings) -> None:
    for text in ("Kepler-11", "KIC 6541920"):
        star = resolve(text, settings)
        assert star.kic_id == 6541920
        assert star.star.band == "Kepler"
        quarters = mast.choose_default(mast.list_products(star, settings=settings), star.target.preferred_mission)
        assert [p.number for p in quarters] == list(range(1, 18))
        assert quarters[0].year == 2009
        assert quarters[-1].year == 2013
    assert resolve("Kepler-11", settings).known_planets_note == "Six planets are already known here."


def test_a_kepler_star_without_an_entry_in_the_tic(settings: ArchiveSettings) -> None:
    star = resolve("KIC 11442793", settings)
    assert (star.tic_id, star.kic_id, star.star.teff_k) == (None, 11442793, None)
    assert len(mast.list_products(star, settings=settings)) == 3


def test_k2_by_name_and_number(settings: ArchiveSettings) -> None:
    for text, campaign, author in (("WASP-47", 3, "K2"), ("EPIC 206103150", 3, "K2"), ("K2-3", 1, "K2SFF")):
        (only,) = mast.list_products(resolve(text, settings), settings=settings)
        assert (only.mission, only.number, only.author) == ("K2", campaign, author)


def test_data_validation_files_are_no_light_curves(standin: MastStandIn, settings: ArchiveSettings) -> None:
    names = [file.name for obs in standin.holdings.observations for file in obs.files if "144440290" in file.name]
    assert any("dvt" in name for name in names)
    listed = mast.list_products(resolve("TIC 144440290", settings), settings=settings)
    assert [p.file_name for p in listed] == ["tess2018234235059-s0002-0000000144440290-0121-s_lc.fits"]


def test_the_brighter_of_close_neighbours_is_meant() -> None:
    rows = [
        {"ID": "1", "ra": 10.0, "dec": 0.0, "Tmag": 16.0},
        {"ID": "2", "ra": 10.0, "dec": 0.0005, "Tmag": 9.0},
        {"ID": "3", "ra": 10.0, "dec": 0.004, "Tmag": 5.0},
        {"ID": "4", "ra": 10.0, "dec": 0.0001, "Tmag": 3.0, "disposition": "ARTIFACT"},
        {"ID": "5", "ra": 10.0, "dec": 0.0001, "Tmag": None},
    ]
    chosen = choose_tic_row(rows, 10.0, 0.0)
    assert chosen is not None
    assert chosen["ID"] == "2"
    assert choose_tic_row([], 10.0, 0.0) is None


def test_what_the_catalogue_lacks_stays_unknown() -> None:
    star = star_from_tic({"ID": "7", "ra": 1.0, "dec": 2.0, "Teff": 5000.0, "e_Teff": None, "rad": 0.0}, "x", "Kepler")
    assert star.teff_k is not None
    assert (star.teff_k.value, star.teff_k.error) == (5000.0, None)
    assert star.radius_sun is star.mass_sun is star.density_gcc is star.tmag is None
    assert (star.tic_id, star.band) == (7, "Kepler")


def test_a_real_crowded_field(standin: MastStandIn, settings: ArchiveSettings) -> None:
    """TOI-3505 has more than two thousand neighbours within 2.5 arcmin in the pack's TIC cone."""
    row = standin.holdings.catalogue.tic[390988385]
    found = resolve(f"{row['ra']:.6f} {row['dec']:+.6f}", settings)
    assert found.tic_id == 390988385


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TIC 999", "the TESS Input Catalog has no TIC 999"),
        ("KIC 999", "the archive has no KIC 999"),
        ("EPIC 206999999", "the archive has no EPIC 206999999"),
        ("TOI-99999", "not in the list of TESS objects of interest"),
        ("Vulcan Prime", "No star of the name “Vulcan Prime” was found"),
        ("10.0 89.0", "no star within 20 arcseconds"),
    ],
)
def test_unknown_stars(settings: ArchiveSettings, text: str, words: str) -> None:
    with pytest.raises(TargetNotFound) as caught:
        resolve(text, settings)
    assert words in caught.value.sentence


def test_a_known_star_without_light_curves(settings: ArchiveSettings) -> None:
    star = resolve("WASP-46", settings)
    with pytest.raises(NoLightCurves, match="WASP-46 is known, but the archive has no light curve of it"):
        mast.list_products(star, settings=settings)


def test_recent_answers_are_not_asked_again(standin: MastStandIn, settings: ArchiveSettings) -> None:
    first = resolve("pi Mensae", settings)
    listed = mast.list_products(first, settings=settings)
    before = len(standin.requests)
    assert resolve("PI MENSAE", settings).star == first.star
    assert mast.list_products(first, settings=settings) == listed
    assert len(standin.requests) == before


def test_old_answers_are_used_only_when_the_archive_is_down(standin: MastStandIn, settings: ArchiveSettings) -> None:
    star = resolve("TIC 261136679", settings)
    listed = mast.list_products(star, settings=settings)
    make_older(settings, 40 * 86400)
    before = len(standin.requests)
    assert resolve("TIC 261136679", settings).note == ""
    assert mast.list_products(star, settings=settings).note == ""
    assert len(standin.requests) > before
    make_older(settings, 40 * 86400 + 2 * 3600)
    standin.fault("status", times=None, value=503)
    stale = resolve("TIC 261136679", settings)
    assert stale.star == star.star
    assert stale.note.startswith("From the cache, 40 days old: The light-curve archive (MAST) has a fault")
    again = mast.list_products(star, settings=settings)
    assert again == listed
    assert again.note.startswith("From the cache, 40 days old")


def test_without_a_cache_a_dead_archive_is_said(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("drop", times=None)
    with pytest.raises(ArchiveUnavailable, match="cannot be reached"):
        resolve("TIC 261136679", settings)


def test_answers_of_a_stand_in_are_not_taken_for_the_real_ones(
    standin: MastStandIn, settings: ArchiveSettings, realdata: Path
) -> None:
    resolve("TIC 261136679", settings)
    with MastStandIn(realdata) as other:
        moved = dataclasses.replace(settings, mast_url=other.url, resolver_url=other.url, nea_url=other.url)
        resolve("TIC 261136679", moved)
        assert other.asked("Mast.Catalogs.Filtered.Tic.Rows") == 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [("garbage", "makes no sense"), ("error", "reports a fault on its side"), ("html", "a web page in place of data")],
)
def test_answers_that_are_none(standin: MastStandIn, settings: ArchiveSettings, kind: str, words: str) -> None:
    standin.fault(kind, "Mast.Catalogs.Filtered", times=None)
    with pytest.raises(ArchiveUnavailable) as caught:
        resolve("TIC 261136679", settings)
    assert words in caught.value.sentence


def test_garbage_in_the_column_tables(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("garbage", "columnsconfig", times=None)
    with pytest.raises(ArchiveUnavailable, match="makes no sense"):
        resolve("TIC 261136679", settings)


def test_a_query_that_takes_its_time(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("executing", "Mast.Catalogs.Filtered", times=3)
    assert resolve("TIC 261136679", settings).tic_id == 261136679
    assert standin.asked("Mast.Catalogs.Filtered") == 4


def test_a_query_that_never_ends(standin: MastStandIn, tmp_path: Path) -> None:
    settings = standin.settings(tmp_path, query_seconds=1.5)
    standin.fault("executing", "Mast.Catalogs.Filtered", times=None)
    with pytest.raises(ArchiveUnavailable, match="still busy with the question"):
        resolve("TIC 261136679", settings)
    assert standin.asked("Mast.Catalogs.Filtered") < 10


def test_many_pages_are_put_together(
    standin: MastStandIn, settings: ArchiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MAST sends answers in pages; a server with small pages must not lose rows."""
    from data.archives.portal import MastPortal

    portal = MastPortal(settings)
    monkeypatch.setattr(portal._catalogs._portal_api_connection, "PAGESIZE", 500)
    row = standin.holdings.catalogue.tic[390988385]
    inside = portal.tic_cone(row["ra"], row["dec"], 150.0)
    assert len(inside) > 2000
    assert standin.asked("invoke Mast.Catalogs.Tic.Cone") == -(-len(inside) // 500)
    assert len({r["ID"] for r in inside}) == len(inside)


def test_the_planet_list_may_be_missing(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("status", "tap", times=None, value=500)
    found = resolve("TIC 261136679", settings)
    assert (found.known_planets, found.known_planets_note) == (None, "")
    assert resolve("TOI-1798", settings).tic_id == 198153540  # through the name resolver instead
