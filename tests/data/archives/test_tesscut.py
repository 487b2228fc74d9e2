"""Cut-outs arrive whole or not at all; what TESScut says in words becomes a plain sentence."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from astropy.coordinates import SkyCoord
from astroquery.exceptions import NoResultsWarning
from astroquery.mast import TesscutClass

from data.archives.circuit import hurried
from data.archives.downloads import about
from data.archives.errors import ArchiveUnavailable, BadFile, NoPixels, ServiceUnreachable
from data.archives.mast import list_cut_out_sectors
from data.archives.settings import ArchiveSettings
from data.archives.tesscut import CutOut, cutout_path, fetch_cutout
from data.formats.pixel_files import read_pixels
from tests.standins.mast_server import MastStandIn

WASP_4 = (353.56293, -42.06176)  # in the examples too
CUT = CutOut(*WASP_4, 2, 2, 4)
REAL = CutOut(84.29119, -80.46917, 1, 4, 2, 6)


def left_over(settings: ArchiveSettings) -> list[str]:
    files = (path for path in settings.cache_dir.rglob("*") if path.is_file())
    return [path.name for path in files if path.suffix in (".zip", ".part", ".plain")]


def test_sectors_of_a_place(standin: MastStandIn, settings: ArchiveSettings) -> None:
    rows, note = list_cut_out_sectors(*WASP_4, settings)
    assert [row[0] for row in rows] == [2]
    assert rows[0][1:] == (2, 4)
    assert note == ""
    assert list_cut_out_sectors(*WASP_4, settings) == (rows, "")
    assert standin.asked("tesscut sector") == 1
    assert list_cut_out_sectors(12.0, 12.0, settings) == ([], "")


def test_a_cut_out_is_fetched_once(standin: MastStandIn, settings: ArchiveSettings) -> None:
    seen: list[int] = []
    path = fetch_cutout(CUT, settings, lambda done, total: seen.append(done))
    assert path == cutout_path(CUT, settings)
    assert path.name == "tess-s0002-2-4_353.562930_-42.061760_11x11_astrocut.fits"
    record = about(path)
    assert record is not None
    assert record.uri == CUT.uri
    assert seen[-1] == record.size_bytes
    assert fetch_cutout(CUT, settings) == path
    assert standin.asked("tesscut astrocut") == 1
    assert left_over(settings) == []
    cube = read_pixels(path)
    assert (cube.label, cube.kind, cube.shape, cube.camera) == ("S2", "full-frame cut-out", (11, 11), 2)


def test_the_real_cut_out_byte_by_byte(standin: MastStandIn, settings: ArchiveSettings, realdata: Path) -> None:
    path = fetch_cutout(REAL, settings)
    packed = realdata / "pixels" / "tess-s0001-4-2_84.291190_-80.469170_6x6_astrocut.fits.gz"
    assert path.read_bytes() == gzip.decompress(packed.read_bytes())


def test_no_data_is_said_in_words(standin: MastStandIn, settings: ArchiveSettings) -> None:
    nowhere = CutOut(12.0, 12.0, 5, 1, 1)
    with pytest.raises(NoPixels, match="sector 5: the archive says “No FFI data found for that position”"):
        fetch_cutout(nowhere, settings)
    assert standin.asked("tesscut astrocut") == 1  # an answer, not a fault
    assert about(cutout_path(nowhere, settings)) is None
    assert left_over(settings) == []


@pytest.mark.parametrize(
    ("kind", "value"), [("truncate", 0.6), ("corrupt", 0), ("drop", 0), ("status", 503), ("garbage", 0)]
)
def test_a_bad_moment_passes(standin: MastStandIn, settings: ArchiveSettings, kind: str, value: float) -> None:
    standin.fault(kind, "tesscut astrocut", times=2, value=value)
    assert about(fetch_cutout(CUT, settings)) is not None
    assert standin.asked("tesscut astrocut") == 3
    assert left_over(settings) == []


def test_a_wrong_checksum_is_fetched_again(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("bad-checksum", "tesscut astrocut")
    record = about(fetch_cutout(CUT, settings))
    assert record is not None
    assert record.checksum_note == ""
    assert standin.asked("tesscut astrocut") == 2


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("truncate", 0.5, "breaks off"),
        ("corrupt", 0.0, "breaks off"),
        ("html", 0.0, "web page"),
        ("status", 404.0, "HTTP 404"),
        ("status", 500.0, "HTTP 500"),
    ],
)
def test_a_bad_day_is_said(
    standin: MastStandIn, settings: ArchiveSettings, kind: str, value: float, words: str
) -> None:
    standin.fault(kind, "tesscut astrocut", times=None, value=value)
    with pytest.raises(ArchiveUnavailable, match=words):
        fetch_cutout(CUT, settings)
    assert about(cutout_path(CUT, settings)) is None
    assert left_over(settings) == []


def test_a_silent_service(standin: MastStandIn, tmp_path: Path) -> None:
    settings = standin.settings(tmp_path, attempts=1, cutout_read_seconds=0.2)
    standin.fault("latency", "tesscut astrocut", times=None, value=1.5)
    with pytest.raises(ServiceUnreachable, match="in time"):
        fetch_cutout(CUT, settings)


def test_hostile_archives(standin: MastStandIn, tmp_path: Path) -> None:
    settings = standin.settings(tmp_path / "deep" / "er" / "cache", file_bytes_max=2_000_000)
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    standin.fault("zip-slip", "tesscut astrocut")
    path = fetch_cutout(CUT, settings)
    new = {p for p in tmp_path.rglob("*") if p.is_file()} - before
    assert path in new
    assert {p.parent for p in new if "circuit" not in p.parts} == {path.parent}
    path.unlink()
    standin.fault("zip-bomb", "tesscut astrocut", value=50_000_000)
    with pytest.raises(BadFile, match="too large"):
        fetch_cutout(CUT, settings)
    standin.fault("zip-empty", "tesscut astrocut")
    with pytest.raises(NoPixels):
        fetch_cutout(CUT, settings)
    standin.fault("zip-bomb", "tesscut astrocut", times=2, value=100_000)  # of the right size, but no FITS
    with pytest.raises(BadFile, match="not a FITS file"):
        fetch_cutout(CUT, settings)


def test_no_redirects_elsewhere(standin: MastStandIn, settings: ArchiveSettings) -> None:
    from data.archives.errors import HostNotAllowed

    standin.fault("redirect", "tesscut astrocut")
    with pytest.raises(HostNotAllowed):
        fetch_cutout(CUT, settings)


def test_in_a_hurry_a_dead_service_is_asked_once(tmp_path: Path) -> None:
    with MastStandIn() as gone:
        settings = hurried(gone.settings(tmp_path))
    with pytest.raises(ServiceUnreachable):
        fetch_cutout(CUT, settings)
    with pytest.raises(ServiceUnreachable):
        fetch_cutout(CUT, settings)
    with pytest.raises(ServiceUnreachable):
        list_cut_out_sectors(*WASP_4, settings)


def test_the_stand_in_satisfies_astroquery_itself(standin: MastStandIn, tmp_path: Path) -> None:
    """The released client, pointed at the stand-in, finds, downloads and unpacks the same file."""
    client = TesscutClass()
    client._service_api_connection.REQUEST_URL = f"{standin.url}/tesscut/api/v0.1/"
    place = SkyCoord(*WASP_4, unit="deg")
    assert list(client.get_sectors(coordinates=place)["sector"]) == [2]
    (row,) = client.download_cutouts(coordinates=place, size=11, sector=2, path=str(tmp_path))
    ours = fetch_cutout(CUT, standin.settings(tmp_path / "cache"))
    assert Path(row["Local Path"]).read_bytes() == ours.read_bytes()
    with pytest.warns(NoResultsWarning, match="No FFI data"):
        client.get_cutouts(coordinates=SkyCoord(12, 12, unit="deg"), size=11, sector=2)
