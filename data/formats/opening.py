"""Open a file somebody gave us: find out by content what it is, and unpack it without trusting its own words."""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from data.formats import limits
from data.formats.errors import DamagedFile, EmptyFile, NotALightCurve, TooLarge, TruncatedFile

Kind = Literal["fits", "npz", "npy", "parquet", "text"]

_CHUNK = 1 << 20
#: Unpacked files up to this size stay in memory, larger ones go to a temporary file.
_IN_MEMORY_BYTES = 64 * 1024**2

_OTHER_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "Save the light curve as CSV or FITS."),
    (b"%PDF", "a PDF document", "Choose the file with the measurements themselves."),
    (b"\x89PNG", "a picture (PNG)", "Choose the file with the measurements themselves."),
    (b"\xff\xd8\xff", "a picture (JPEG)", "Choose the file with the measurements themselves."),
    (b"GIF8", "a picture (GIF)", "Choose the file with the measurements themselves."),
    (b"BZh", "packed with bzip2", "Unpack it first, or pack it with gzip."),
    (b"\xfd7zXZ", "packed with xz", "Unpack it first, or pack it with gzip."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it and choose the light curves in it."),
    (b"Rar!", "a RAR archive", "Unpack it and choose the light curves in it."),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document", "Save the table as CSV and choose that."),
    (b"\x7fELF", "a program", "Choose a light curve: FITS, CSV, npz or Parquet."),
    (b"MZ", "a program", "Choose a light curve: FITS, CSV, npz or Parquet."),
    (b"SQLite format 3", "a database", "Save the light curve as CSV or Parquet."),
    (b"ARROW1", "an Arrow file", "Save the light curve as Parquet or CSV."),
)


@dataclass(frozen=True)
class Content:
    """An opened file: what it is, its unpacked bytes (seekable, at 0), their number, and the checksum of the file."""

    kind: Kind
    stream: IO[bytes]
    size: int
    sha256: str
    packed: bool


@contextmanager
def opened(path: Path, max_bytes: int = limits.MAX_FILE_BYTES) -> Iterator[Content]:
    """Open `path`, unpack gzip up to the limits, and recognise the kind by its first bytes, never by its name.

    Raises TooLarge, EmptyFile, TruncatedFile, DamagedFile or NotALightCurve; OSError where the file is not there.
    """
    size = path.stat().st_size
    if size > max_bytes:
        raise TooLarge(
            f"This file has {size / 1e6:,.0f} MB and the limit is {max_bytes // 1024**2} MB; "
            "split it, or leave out columns that are not needed."
        )
    if size == 0:
        raise EmptyFile("This file is empty (0 bytes); choose another one, or download it again.")
    with path.open("rb") as raw:
        digest = hashlib.sha256()
        while chunk := raw.read(_CHUNK):
            digest.update(chunk)
        raw.seek(0)
        if raw.read(2) != b"\x1f\x8b":
            raw.seek(0)
            yield Content(_kind(raw), raw, size, digest.hexdigest(), packed=False)
            return
        raw.seek(0)
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as unpacked:
            length = _gunzip(raw, unpacked, size)
            unpacked.seek(0)
            if length == 0:
                raise EmptyFile("This file is empty once unpacked; choose another one, or download it again.")
            yield Content(_kind(unpacked), unpacked, length, digest.hexdigest(), packed=True)


def _gunzip(source: IO[bytes], target: IO[bytes], packed_bytes: int) -> int:
    """Unpack all gzip members of `source`, counting bytes as they come. Returns the unpacked length."""
    total = 0
    decoder: zlib._Decompress | None = None
    pending = b""
    while True:
        pending = pending or source.read(_CHUNK)
        if decoder is None:
            pending = pending.lstrip(b"\0")  # padding between and after members is allowed
            if not pending and not (pending := source.read(_CHUNK)):
                return total
            decoder = zlib.decompressobj(wbits=31)
            continue
        try:
            block = decoder.decompress(pending, _CHUNK)
        except zlib.error as broken:
            raise DamagedFile(
                "This gzip file is damaged and cannot be unpacked; download or pack it again."
            ) from broken
        if not pending and not block:
            raise TruncatedFile("This gzip file ends too early, so part of it is missing; download or copy it again.")
        total += len(block)
        if total > limits.MAX_UNPACKED_BYTES or (
            total > limits.RATIO_FREE_BYTES and total > limits.MAX_RATIO * packed_bytes
        ):
            raise TooLarge(
                "This file unpacks to far more than a light curve needs "
                f"(over {total / 1e6:,.0f} MB from {packed_bytes / 1e6:,.1f} MB), so we stopped; "
                "choose the light curve itself."
            )
        target.write(block)
        pending = decoder.unconsumed_tail
        if decoder.eof:
            pending = decoder.unused_data
            decoder = None


def _kind(stream: IO[bytes]) -> Kind:
    head = stream.read(4096)
    stream.seek(0)
    if head.startswith(b"SIMPLE  ="):
        return "fits"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return "npz"
    if head.startswith(b"\x1f\x8b"):
        raise NotALightCurve("This file is packed twice with gzip; unpack it once and choose the result.")
    for magic, words, advice in _OTHER_KINDS:
        if head.startswith(magic):
            raise NotALightCurve(f"This is {words}, not a light curve. {advice}")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    control = sum(head.count(bytes([c])) for c in (*range(0, 9), *range(14, 27), *range(28, 32)))
    if control > len(head) // 50:
        raise NotALightCurve(
            "This file is neither FITS, npz, Parquet nor a text table; choose a light curve in one of these formats."
        )
    return "text"
