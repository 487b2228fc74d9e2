"""Files arrive whole or not at all, whatever the line does."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from data.archives import downloads, mast
from data.archives.downloads import about, cached_path, fetch
from data.archives.errors import ArchiveUnavailable, BadFile, ProductMissing
from data.archives.settings import ArchiveSettings
from data.archives.targets import parse_target
from tests.standins.mast_server import MastStandIn

URI = "mast:TESS/product/tess2018234235059-s0002-0000000402026209-0121-s_lc.fits"  # WASP-4, in the examples too


@pytest.fixture
def content(standin: MastStandIn) -> bytes:
    return standin.holdings.content(standin.holdings.by_uri[URI])


def parts(settings: ArchiveSettings) -> list[Path]:
    return list(settings.cache_dir.rglob("*.part"))


def test_a_file_is_fetched_once_and_recorded(standin: MastStandIn, settings: ArchiveSettings, content: bytes) -> None:
    seen: list[tuple[int, int | None]] = []
    path = fetch(URI, settings, progress=lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == content
    assert path.name == URI.rsplit("/", 1)[1]
    assert seen[-1] == (len(content), len(content))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    record = about(path)
    assert record is not None
    assert record.sha256 == hashlib.sha256(content).hexdigest()
    assert (record.uri, record.size_bytes, record.checksum_note) == (URI, len(content), "")
    assert fetch(URI, settings) == path
    assert standin.asked("download") == 1
    assert parts(settings) == []


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_broken_download_goes_on_where_it_stopped(
    standin: MastStandIn, settings: ArchiveSettings, content: bytes, share: float
) -> None:
    standin.fault("truncate", "download", value=share)
    assert fetch(URI, settings).read_bytes() == content
    first, second = [line for line in standin.requests if "download" in line]
    assert "bytes=" not in first
    assert ("bytes=" in second) == (share > 0)


def test_a_later_process_goes_on_too(standin: MastStandIn, settings: ArchiveSettings, content: bytes) -> None:
    standin.fault("truncate", "download", value=0.5)
    standin.fault("drop", "download bytes", times=None)
    standin.fault("drop", "bytes=", times=None)
    with pytest.raises(ArchiveUnavailable):
        fetch(URI, settings)
    (part,) = parts(settings)
    assert 0.49 * len(content) < part.stat().st_size <= 0.5 * len(content)
    assert not cached_path(URI, settings).exists()
    standin.faults.clear()
    before = standin.asked("download")
    assert fetch(URI, settings).read_bytes() == content
    assert standin.asked("download") == before + 1
    assert "bytes=" in standin.requests[-1]


def test_a_line_that_breaks_often_still_delivers(
    standin: MastStandIn, settings: ArchiveSettings, content: bytes
) -> None:
    standin.fault("truncate", "download", times=12, value=0.3)
    assert fetch(URI, settings).read_bytes() == content


def test_a_server_without_ranges(standin: MastStandIn, settings: ArchiveSettings, content: bytes) -> None:
    standin.fault("truncate", "download", value=0.5)
    standin.fault("no-range", "download", times=None)
    assert fetch(URI, settings).read_bytes() == content


def test_a_server_that_tells_no_length(standin: MastStandIn, settings: ArchiveSettings, content: bytes) -> None:
    standin.fault("no-length", "download")
    assert fetch(URI, settings).read_bytes() == content


def test_a_short_file_without_a_length_is_noticed(
    standin: MastStandIn, settings: ArchiveSettings, content: bytes
) -> None:
    standin.fault("no-length", "download")
    standin.fault("truncate", "download", value=0.5)
    assert fetch(URI, settings).read_bytes() == content
    assert standin.asked("download") == 2


def test_the_file_changed_at_the_archive_meanwhile(
    standin: MastStandIn, settings: ArchiveSettings, content: bytes
) -> None:
    path = cached_path(URI, settings)
    path.parent.mkdir(parents=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(b"x" * 5000)
    part.with_name(part.name + ".json").write_text('{"total": 9000, "etag": "\\"old\\"", "modified": ""}')
    assert fetch(URI, settings).read_bytes() == content


def test_a_part_of_unknown_origin_is_not_used(standin: MastStandIn, settings: ArchiveSettings, content: bytes) -> None:
    path = cached_path(URI, settings)
    path.parent.mkdir(parents=True)
    path.with_name(path.name + ".part").write_bytes(b"x" * 5000)
    assert fetch(URI, settings).read_bytes() == content


@pytest.mark.parametrize("status", [500, 503, 429])
def test_faults_of_the_server_are_survived(
    standin: MastStandIn, settings: ArchiveSettings, content: bytes, status: int
) -> None:
    standin.fault("status", "download", times=2, value=status)
    assert fetch(URI, settings).read_bytes() == content


def test_a_damaged_file_is_fetched_again(standin: MastStandIn, settings: ArchiveSettings, content: bytes) -> None:
    standin.fault("bad-checksum", "download")
    assert fetch(URI, settings).read_bytes() == content
    assert standin.asked("download") == 2


def test_a_file_whose_own_checksum_is_wrong_is_taken_with_a_note(
    standin: MastStandIn, settings: ArchiveSettings, content: bytes
) -> None:
    standin.fault("bad-checksum", "download", times=None)
    record = about(fetch(URI, settings))
    assert record is not None
    assert record.checksum_note == "its checksum is wrong"
    assert standin.asked("download") == 2


def test_what_is_not_fits_never_enters_the_cache(
    standin: MastStandIn, settings: ArchiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standin.holdings, "content", lambda file: b"this is a poem, not a light curve" * 1000)
    with pytest.raises(BadFile, match="it is not a FITS file"):
        fetch(URI, settings)
    assert not cached_path(URI, settings).exists()
    assert parts(settings) == []


def test_half_a_fits_file_never_enters_the_cache(
    standin: MastStandIn, settings: ArchiveSettings, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = content[: len(content) // 2 // 2880 * 2880]
    monkeypatch.setattr(standin.holdings, "content", lambda file: half)
    with pytest.raises(BadFile, match="arrives damaged"):
        fetch(URI, settings)


def test_a_page_of_html_in_place_of_the_file(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("html", "download", times=None)
    with pytest.raises(ArchiveUnavailable, match="a web page in place of the file"):
        fetch(URI, settings)


def test_a_file_that_is_gone(settings: ArchiveSettings) -> None:
    with pytest.raises(ProductMissing, match="the archive does not have it"):
        fetch("mast:TESS/product/tess9999-s_lc.fits", settings)


def test_a_file_that_is_too_large(standin: MastStandIn, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="too large"):
        fetch(URI, standin.settings(tmp_path, file_bytes_max=100_000))


@pytest.mark.parametrize(
    "uri", ["http://x/y.fits", "mast:TESS/..", "mast:TESS/product/", "mast:a/b c.fits", "mast:a/.x"]
)
def test_foreign_addresses_are_refused(settings: ArchiveSettings, uri: str) -> None:
    with pytest.raises(ValueError, match="not the address of a file at MAST"):
        fetch(uri, settings)


def test_a_damaged_cache_entry_is_fetched_again(
    standin: MastStandIn, settings: ArchiveSettings, content: bytes
) -> None:
    path = fetch(URI, settings)
    path.write_bytes(b"short")
    assert fetch(URI, settings).read_bytes() == content


def test_threads_that_want_the_same_file_share_one_download(
    standin: MastStandIn, settings: ArchiveSettings, content: bytes
) -> None:
    standin.fault("latency", "download", value=0.3)
    got: list[bytes] = []
    threads = [threading.Thread(target=lambda: got.append(fetch(URI, settings).read_bytes())) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert got == [content] * 5
    assert standin.asked("download") == 1


def _fetch_in_process(settings: ArchiveSettings) -> str:
    return hashlib.sha256(fetch(URI, settings).read_bytes()).hexdigest()


def test_processes_share_it_too(standin: MastStandIn, settings: ArchiveSettings, content: bytes) -> None:
    standin.fault("latency", "download", value=0.5)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        digests = pool.map(_fetch_in_process, [settings, settings])
    assert digests == [hashlib.sha256(content).hexdigest()] * 2
    assert standin.asked("download") == 1


@pytest.mark.usefixtures("realdata")
def test_every_default_file_of_a_star_can_be_read(settings: ArchiveSettings) -> None:
    from data.formats.reading import read

    star = mast.resolve(parse_target("TIC 198153540"), settings)
    chosen = mast.choose_default(mast.list_products(star, settings=settings))
    curves = [curve for product in chosen for curve in read(mast.download(product, settings=settings)).curves]
    assert [curve.label for curve in curves] == ["S16", "S22", "S23", "S49", "S50"]
    assert all(curve.pipeline == "SPOC" for curve in curves)
    assert sum(curve.flux.size for curve in curves) == 73518


@pytest.mark.usefixtures("realdata")
def test_all_real_files_pass_the_checks(standin: MastStandIn, tmp_path: Path) -> None:
    """The checks must not refuse what MAST really delivers: one real file of each pipeline."""
    seen: set[str] = set()
    for obs in standin.holdings.observations:
        if obs.author in seen or not obs.files:
            continue
        seen.add(obs.author)
        path = tmp_path / "file.fits"
        path.write_bytes(standin.holdings.content(obs.files[0]))
        assert downloads.fits_problem(path) == ""
        assert downloads.checksum_problem(path) == ""
    assert seen == {"SPOC", "TESS-SPOC", "QLP", "TASOC", "GSFC-ELEANOR-LITE", "TGLC", "Kepler", "K2", "K2SFF"}


def test_the_longest_unused_files_are_pruned(settings: ArchiveSettings) -> None:
    uris = [f"mast:TESS/product/tess{stamp}-s_lc.fits" for stamp in (
        "2018234235059-s0002-0000000402026209-0121", "2018206045859-s0001-0000000358108509-0120",
        "2018234235059-s0002-0000000160148385-0121")]  # fmt: skip
    paths = [fetch(uri, settings) for uri in uris]
    for i, path in enumerate(paths):
        os.utime(path, (1000 + i, 1000 + i))
    fetch(uris[0], settings)  # used again
    sizes = [path.stat().st_size for path in paths]
    assert downloads.prune(settings, sum(sizes)) == 0
    assert downloads.prune(settings, sum(sizes) - 1) == sizes[1]
    assert [path.exists() for path in paths] == [True, False, True]
    assert about(paths[1]) is None
    assert fetch(uris[1], settings).stat().st_size == sizes[1]


def test_a_line_that_only_drips_is_given_up(standin: MastStandIn, tmp_path: Path) -> None:
    settings = standin.settings(tmp_path, file_seconds=0.0)
    with pytest.raises(ArchiveUnavailable, match="What arrived is kept"):
        fetch(URI, settings)
