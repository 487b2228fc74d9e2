"""Opening files: kind by content, and gzip unpacked with a counter."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
import zlib
from pathlib import Path

import pytest

from data.formats import limits, read
from data.formats.errors import DamagedFile, EmptyFile, NotALightCurve, TooLarge, TruncatedFile, UnreadableFile
from data.formats.opening import opened

ROWS = b"time,flux\n" + b"".join(b"%.5f,1.%04d\n" % (1400 + i / 720, i * 37 % 1000) for i in range(500))


def put(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(data)
    return path


def unpacked(path: Path) -> bytes:
    with opened(path) as content:
        return content.stream.read()


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(ROWS),
        gzip.compress(ROWS[:1000]) + gzip.compress(ROWS[1000:]),
        gzip.compress(ROWS) + b"\0" * 700,
        gzip.compress(ROWS[:9]) + b"\0" * 3 + gzip.compress(ROWS[9:]),
        gzip.compress(b"", mtime=0) + gzip.compress(ROWS),
    ],
)
def test_gzip_in_every_legal_form(tmp_path: Path, packed: bytes) -> None:
    path = put(tmp_path, packed)
    assert unpacked(path) == ROWS
    assert read(path).inspection.n_rows == 500


def test_large_contents_come_through_whole(tmp_path: Path) -> None:
    data = b"time,flux\n" + os.urandom(5_000_000).hex().encode()
    assert unpacked(put(tmp_path, gzip.compress(data, 1))) == data


def test_checksum_is_of_the_file_as_given(tmp_path: Path) -> None:
    import hashlib

    packed = gzip.compress(ROWS)
    assert read(put(tmp_path, packed)).curves[0].sha256 == hashlib.sha256(packed).hexdigest()


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = b"0" * 1_000_000
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


def test_a_gzip_bomb_is_stopped_early(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="unpacks to far more"):
        read(put(tmp_path, bomb(60)))


def test_a_bomb_within_the_ratio_is_stopped_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_UNPACKED_BYTES", 3_000_000)
    with pytest.raises(TooLarge, match="from 0"):
        read(put(tmp_path, bomb(5)))


def test_very_regular_small_files_are_no_bombs(tmp_path: Path) -> None:
    assert len(unpacked(put(tmp_path, bomb(9)))) == 9_000_000


def test_files_over_the_limit_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)  # sparse: takes no space
    with pytest.raises(TooLarge, match="2,147 MB and the limit is 200 MB"):
        read(path)


def zip_of(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


WRONG: list[tuple[bytes, type[UnreadableFile], str]] = [
    (b"", EmptyFile, "empty"),
    (gzip.compress(b"", mtime=0), EmptyFile, "once unpacked"),
    (gzip.compress(ROWS)[:-200], TruncatedFile, "ends too early"),
    (gzip.compress(ROWS)[:40] + b"\xff" * 300, DamagedFile, "damaged"),
    (gzip.compress(ROWS) + b"tail", DamagedFile, "damaged"),
    (gzip.compress(gzip.compress(ROWS)), NotALightCurve, "twice"),
    (b"\x89PNG\r\n\x1a\n" + bytes(100), NotALightCurve, "picture"),
    (b"%PDF-1.7\n", NotALightCurve, "PDF"),
    (b"\x89HDF\r\n\x1a\n" + bytes(100), NotALightCurve, "HDF5"),
    (b"BZh91AY&SY" + bytes(50), NotALightCurve, "bzip2"),
    (zip_of(xl__workbook=b"<x/>"), NotALightCurve, "Excel"),
    (zip_of(lc1_csv=ROWS, lc2_csv=ROWS), NotALightCurve, "zip archive"),
    (bytes(range(256)) * 40, NotALightCurve, "neither FITS"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "error", "words"), WRONG)
def test_other_files_are_named(tmp_path: Path, data: bytes, error: type[UnreadableFile], words: str) -> None:
    with pytest.raises(error, match=words):
        read(put(tmp_path, data))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotALightCurve, match="folder"):
        read(tmp_path)


def test_the_extension_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "lightcurve.fits"
    path.write_bytes(ROWS)
    assert read(path).inspection.format.startswith("text table")
