"""Which pixel files are taken for a star's sectors, and how they come here."""

from __future__ import annotations

import dataclasses
import gzip
import time
from pathlib import Path

import numpy as np
import pytest

from data.archives import mast
from data.archives.circuit import hurried
from data.archives.downloads import about
from data.archives.errors import ArchiveUnavailable, BadFile, NoPixels
from data.archives.pixels import PixelProducts, fetch_pixels, list_pixels
from data.archives.products import Product, ResolvedStar
from data.archives.settings import ArchiveSettings
from data.archives.targets import parse_target
from data.formats import read
from data.formats.pixel_files import read_pixels
from science.stars import Star
from tests.standins.mast_server import MastStandIn


def star_of(name: str, settings: ArchiveSettings) -> ResolvedStar:
    return mast.resolve(parse_target(name), settings, with_planets=False)


def a_star(ra_deg: float = 12.0, dec_deg: float = 12.0) -> ResolvedStar:
    target = parse_target("TIC 424242")
    return ResolvedStar("TIC 424242", 424242, ra_deg, dec_deg, Star(name="TIC 424242"), target)


def listing(monkeypatch: pytest.MonkeyPatch, *files: tuple[int, str, float, int | None]) -> None:
    """Make MAST's list consist of (sector, author, cadence, bytes)."""

    def made(number: int, author: str, cadence: float, size: int | None) -> Product:
        name = f"s{number}-{author}-{cadence:.0f}_tp.fits"
        return Product(f"mast:TESS/{name}", name, "TESS", number, author, cadence, size, 2020)

    products = [dataclasses.asdict(made(*file)) for file in files]
    monkeypatch.setattr(mast, "_list_live", lambda *_: {"products": [], "pixels": [Product(**p) for p in products]})


def labels(products: PixelProducts) -> list[str]:
    return [product.label for product in products]


def test_target_pixels_of_a_star(standin: MastStandIn, settings: ArchiveSettings) -> None:
    star = star_of("TIC 402026209", settings)  # WASP-4
    (product,) = list_pixels(star, [2], settings)
    assert (product.kind, product.label, product.mission) == ("target pixels", "S2", "TESS")
    assert product.file_name == "tess2018234235059-s0002-0000000402026209-0121-s_tp.fits"
    seen: list[int] = []
    path = fetch_pixels(product, lambda done, total: seen.append(done), settings)
    assert seen[-1] == path.stat().st_size
    cube = read_pixels(path)
    assert (cube.target, cube.label, cube.kind) == ("TIC 402026209", "S2", "target pixels")
    curve = next(p for p in mast.list_products(star, settings=settings) if p.author == "SPOC")
    measured = read(mast.download(curve, settings=settings)).curves[0]
    np.testing.assert_array_equal(cube.time_bjd, measured.time_bjd)
    assert cube.aperture is not None
    light = np.nansum(np.where(cube.aperture, cube.flux, 0), axis=(1, 2))
    both = cube.usable & measured.usable
    assert np.corrcoef(light[both], measured.flux[both])[0, 1] > 0.5  # the transits are in the pixels
    assert fetch_pixels(product, settings=settings) == path
    assert standin.asked("download") == 2


def test_one_question_lists_curves_and_pixels(standin: MastStandIn, settings: ArchiveSettings) -> None:
    star = star_of("TIC 402026209", settings)
    mast.list_products(star, settings=settings)
    asked = len(standin.requests)
    assert labels(list_pixels(star, settings=settings)) == ["S2"]
    assert len(standin.requests) == asked


def test_stars_of_full_frames_get_cut_outs(standin: MastStandIn, settings: ArchiveSettings, realdata: Path) -> None:
    star = star_of("TOI-519", settings)
    products = list_pixels(star, [34, 7, 99], settings)
    assert labels(products) == ["S7", "S34"]
    assert {p.kind for p in products} == {"full-frame cut-out"}
    assert products.notes == ("There are no pixels of sector 99.",)
    cube = read_pixels(fetch_pixels(products[1], settings=settings))
    assert (cube.label, cube.shape) == ("S34", (11, 11))
    x, y = cube.grid.to_pixel(star.ra_deg, star.dec_deg)
    assert abs(x - 5) < 0.6
    assert abs(y - 5) < 0.6


def test_the_best_file_of_each_sector(
    standin: MastStandIn, settings: ArchiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing(monkeypatch, (1, "SPOC", 20, 1), (1, "SPOC", 120, 1), (2, "TESS-SPOC", 600, 1), (3, "SPOC", 20, 1))
    products = list_pixels(a_star(), [3, 2, 1], settings)
    assert [p.file_name for p in products] == ["s1-SPOC-120_tp.fits", "s2-TESS-SPOC-600_tp.fits", "s3-SPOC-20_tp.fits"]
    assert standin.asked("tesscut") == 0


def test_the_callers_order_decides_what_is_left_out(settings: ArchiveSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    listing(monkeypatch, *((number, "SPOC", 120, 100) for number in range(1, 10)))
    products = list_pixels(a_star(), [8, 2, 5, 9], settings, sectors_max=2)
    assert labels(products) == ["S2", "S8"]
    assert products.notes == ("Pixels of 2 sectors are used; 5 and 9 are left out.",)
    newest = list_pixels(a_star(), None, settings)
    assert labels(newest) == ["S4", "S5", "S6", "S7", "S8", "S9"]
    small = list_pixels(a_star(), [8, 2], settings, bytes_max=150)
    assert labels(small) == ["S8"]
    assert labels(list_pixels(a_star(), [8], settings, bytes_max=10)) == ["S8"]


def test_halves_of_a_campaign(settings: ArchiveSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The light curves of campaign 9 say 91 and 92, MAST's list says 9."""
    names = [f"ktwo200000001-c{part}_lpd-targ.fits.gz" for part in ("91", "92", "05")]
    files = [Product(f"mast:K2/{name}", name, "K2", 5 if "c05" in name else 9, "K2", 1800, 5, 2016) for name in names]
    monkeypatch.setattr(mast, "_list_live", lambda *_: {"products": [], "pixels": files})
    products = list_pixels(a_star(), [91, 92], settings, mission="K2")
    assert [p.file_name for p in products] == names[:2]
    assert products.notes == ()


def test_no_pixels_at_all(standin: MastStandIn, settings: ArchiveSettings) -> None:
    with pytest.raises(NoPixels, match="no pixels of TIC 424242 in the sectors of the light curve"):
        list_pixels(a_star(), [1, 2], settings)
    with pytest.raises(NoPixels, match=r"no pixels of TIC 424242\."):
        list_pixels(a_star(), None, settings)


def test_cut_outs_out_of_reach_matter_only_without_files(
    standin: MastStandIn, settings: ArchiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin.fault("html", "tesscut sector", times=None)
    listing(monkeypatch, (1, "SPOC", 120, 1))
    products = list_pixels(a_star(), [1, 2], settings)
    assert labels(products) == ["S1"]
    assert "could not be asked" in products.notes[0]
    assert products.notes[1] == "There are no pixels of sector 2."
    listing(monkeypatch)
    with pytest.raises(ArchiveUnavailable):
        list_pixels(a_star(13.0), [2], settings)


def test_kepler_and_k2(standin: MastStandIn, settings: ArchiveSettings, realdata: Path) -> None:
    kepler = list_pixels(star_of("Kepler-11", settings), [5, 3, 40], settings)
    assert labels(kepler) == ["Q3", "Q5"]
    assert kepler.notes == ("There are no pixels of quarter 40.",)
    assert standin.asked("tesscut") == 0
    cube = read_pixels(fetch_pixels(kepler[1], settings=settings))
    assert (cube.target, cube.label, cube.mission) == ("KIC 6541920", "Q5", "Kepler")
    k2 = list_pixels(star_of("EPIC 211983544", settings), None, settings)
    assert labels(k2) == ["C18"]


@pytest.mark.parametrize(
    ("name", "label", "source", "note"),
    [
        ("KIC 6804648", "Q10", "kplr006804648-q10-first1000_tpf.fits.gz", ""),
        ("KIC 8462852", "Q8", "kplr008462852_q_first100_tpf.fits.gz", "its checksum is wrong"),
    ],
)
def test_real_packed_files_byte_by_byte(
    standin: MastStandIn, settings: ArchiveSettings, realdata: Path, name: str, label: str, source: str, note: str
) -> None:
    """The second was cut to its first rows, so its checksum is wrong: taken with a note, after a second look."""
    (product,) = list_pixels(star_of(name, settings), None, settings)
    path = fetch_pixels(product, settings=settings)
    assert path.name.endswith("_lpd-targ.fits.gz")
    assert path.read_bytes() == (realdata / "pixels" / source).read_bytes()
    record = about(path)
    assert record is not None
    assert record.checksum_note == note
    assert standin.asked("download") == (2 if note else 1)
    assert read_pixels(path).label == label
    assert [p.name for p in path.parent.iterdir() if p.suffix == ".plain"] == []


def test_a_packed_file_that_arrives_damaged(standin: MastStandIn, settings: ArchiveSettings, realdata: Path) -> None:
    (product,) = list_pixels(star_of("EPIC 211983544", settings), None, settings)
    standin.fault("corrupt", "download")
    path = fetch_pixels(product, settings=settings)
    assert len(gzip.decompress(path.read_bytes())) > 2_000_000
    assert standin.asked("download") == 2
    path.with_name(path.name + ".json").unlink()
    standin.fault("corrupt", "download", times=None)
    with pytest.raises(BadFile, match="cannot be unpacked"):
        fetch_pixels(product, settings=settings)


def test_without_the_internet_the_cache_serves(standin: MastStandIn, settings: ArchiveSettings) -> None:
    star = star_of("TIC 402026209", settings)
    (product,) = list_pixels(star, [2], settings)
    path = fetch_pixels(product, settings=settings)
    standin.close()
    old = dataclasses.replace(hurried(settings), list_fresh_seconds=0.0)
    products = list_pixels(star, [2], old)
    assert products == (product,)
    assert products.notes[0].startswith("From the cache, less than a minute old")
    assert fetch_pixels(products[0], settings=old) == path


def test_without_the_internet_and_a_cache_it_is_over_soon(tmp_path: Path) -> None:
    with MastStandIn() as gone:
        settings = hurried(gone.settings(tmp_path))
    with pytest.raises(ArchiveUnavailable, match="cannot be reached"):
        list_pixels(a_star(), [1], settings)
    started = time.monotonic()
    with pytest.raises(ArchiveUnavailable, match="cannot be reached"):
        list_pixels(a_star(), [1], settings)
    assert time.monotonic() - started < 0.5
