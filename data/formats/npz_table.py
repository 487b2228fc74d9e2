"""Read numpy's own formats without ever unpickling: every array's header is checked before its data are loaded."""

from __future__ import annotations

import ast
import struct
import zipfile
import zlib
from typing import IO

import numpy as np

from data.formats import limits
from data.formats.errors import DamagedFile, EmptyFile, NotALightCurve, TooLarge, TooManyRows, UnreadableFile, listed
from data.formats.star_header import names_in, star_named
from data.formats.table import FloatColumn, Table
from science.stars import Star

_MAX_HEADER = 65536
_BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, struct.error,
)  # fmt: skip


def read_npz(stream: IO[bytes]) -> Table:
    """The one-dimensional arrays of an .npz file as columns; the longest common length is the table."""
    try:
        archive = zipfile.ZipFile(stream)
        members = archive.infolist()
    except (*_BROKEN_ZIP, ValueError) as broken:
        raise DamagedFile("This npz file is damaged or cut off; save or download it again.") from broken
    arrays = {m.filename[:-4]: m for m in members if m.filename.endswith(".npy")}
    if not arrays:
        raise _other_archive([m.filename for m in members])
    if len(members) > limits.MAX_ARCHIVE_MEMBERS:
        raise DamagedFile(f"This npz file holds {len(members):,} arrays and the limit is {limits.MAX_ARCHIVE_MEMBERS}.")
    _refuse_bomb(members)
    shapes = {name: _peek(archive, member) for name, member in arrays.items()}
    numeric = {n: s for n, s in shapes.items() if s is not None}
    columns = {n: s for n, s in numeric.items() if len(s[0]) == 1}
    scalars = {n for n, s in numeric.items() if s[0] in ((), (1,))}
    lengths = [s[0][0] for n, s in columns.items() if n not in scalars]
    if not lengths:
        wide = [n for n, s in numeric.items() if len(s[0]) == 2]
        if wide:
            return _two_dimensional(_array(archive, arrays[wide[0]]), "numpy archive (npz)")
        if columns or any(shapes[n] is not None for n in scalars):
            raise EmptyFile("The arrays of this npz file hold one value each; a light curve needs many.")
        raise NotALightCurve(
            "This npz file holds no plain arrays of numbers; save time, flux and flux_err with numpy.savez."
        )
    rows = max(set(lengths), key=lambda n: (lengths.count(n), n))
    if rows == 0:
        raise EmptyFile("The arrays of this npz file are empty; choose another file.")
    names = tuple(n for n, s in columns.items() if s[0][0] == rows)
    dropped = sorted(n for n in columns if n not in names and n not in scalars)
    notes = (f"Arrays of another length were left out: {listed(dropped)}.",) if dropped else ()

    def load(name: str) -> FloatColumn:
        return _array(archive, arrays[name])

    star, number = _identity(archive, arrays, shapes)
    return Table(
        format="numpy archive (npz)",
        names=names,
        n_rows=rows,
        load=load,
        star=star,
        ids=(star.name,) if star.name else (),
        number=number,
        notes=notes,
    )


def read_npy(stream: IO[bytes], size: int) -> Table:
    """A single .npy array with two or more columns (or rows)."""
    shape, kind = _head(stream, size)
    if kind.names:
        return _records(stream, shape, kind)
    _check_rows(shape, kind, size)
    return _two_dimensional(_read_array(stream), "numpy array (npy)")


def _records(stream: IO[bytes], shape: tuple[int, ...], kind: np.dtype[np.generic]) -> Table:
    if len(shape) != 1 or shape[0] > limits.MAX_ROWS:
        raise TooManyRows(f"This array has the shape {shape}; a light curve has up to {limits.MAX_ROWS:,} rows.")
    stream.seek(0)
    data = np.lib.format.read_array(stream, allow_pickle=False)
    names = tuple(n for n in data.dtype.names or () if data.dtype[n].kind in "fiub" and data.dtype[n].shape == ())
    return Table(
        format="numpy record array (npy)", names=names, n_rows=len(data), load=lambda n: data[n].astype(np.float64)
    )


def _other_archive(names: list[str]) -> NotALightCurve:
    if any(n.startswith("xl/") for n in names):
        return NotALightCurve("This is an Excel workbook; save the sheet as CSV and choose that.")
    if any(n.startswith("word/") for n in names):
        return NotALightCurve("This is a Word document; choose the file with the measurements themselves.")
    return NotALightCurve("This is a zip archive; unpack it and choose the light curves in it (several are fine).")


def _refuse_bomb(members: list[zipfile.ZipInfo]) -> None:
    unpacked, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    bomb = unpacked > limits.RATIO_FREE_BYTES and unpacked > limits.MAX_RATIO * max(packed, 1)
    if unpacked > limits.MAX_UNPACKED_BYTES or bomb:
        raise TooLarge(
            f"This npz file unpacks to {unpacked / 1e6:,.0f} MB, far more than a light curve needs; "
            "save only time, flux, error and quality."
        )


def _peek(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[tuple[int, ...], np.dtype[np.generic]] | None:
    """Shape and type of an array of numbers (or of a short text), None for objects and other things."""
    try:
        with archive.open(member) as stream:
            shape, kind = _head(stream, member.file_size)
    except NotALightCurve:
        return None
    except UnreadableFile:
        raise
    except (*_BROKEN_ZIP, ValueError) as broken:
        raise DamagedFile("This npz file is damaged or cut off; save or download it again.") from broken
    if kind.kind in "SU" and shape in ((), (1,)):
        return shape, kind
    if kind.kind not in "fiub" or kind.names:
        return None
    _check_rows(shape, kind, member.file_size)
    return shape, kind


def _head(stream: IO[bytes], size: int) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    """Shape and type from the header of an array. Never evaluates more than a literal of bounded length."""
    magic = stream.read(8)
    if len(magic) < 8 or magic[:6] != b"\x93NUMPY":
        raise DamagedFile("This numpy file is damaged: an array does not begin as it should; save it again.")
    wide = magic[6] >= 2
    raw = stream.read(4 if wide else 2)
    length = int.from_bytes(raw, "little")
    if length > min(_MAX_HEADER, size):
        raise DamagedFile("This numpy file is damaged: the header of an array is too long; save it again.")
    try:
        header = ast.literal_eval(stream.read(length).decode("latin-1").strip())
        shape = tuple(int(n) for n in header["shape"])
        kind = np.lib.format.descr_to_dtype(header["descr"])
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as broken:
        raise DamagedFile("This numpy file is damaged: an array has no readable header; save it again.") from broken
    if kind.hasobject:
        raise NotALightCurve("This numpy file holds Python objects, which we never load; save plain arrays of numbers.")
    if any(n < 0 for n in shape):
        raise DamagedFile("This numpy file is damaged: an array has a negative length; save it again.")
    return shape, kind


def _check_rows(shape: tuple[int, ...], kind: np.dtype[np.generic], size: int) -> None:
    if max(shape, default=0) > limits.MAX_ROWS:
        raise TooManyRows(
            f"This file has {max(shape):,} rows and the limit is {limits.MAX_ROWS:,}; split it by sector or bin it."
        )
    count = 1
    for n in shape:
        count *= n
    if count * kind.itemsize > size:
        raise DamagedFile("This numpy file is cut off: an array announces more numbers than it holds; save it again.")


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> FloatColumn:
    try:
        with archive.open(member) as stream:
            return _read_array(stream)
    except _BROKEN_ZIP as broken:
        raise DamagedFile("This npz file is damaged or cut off; save or download it again.") from broken


def _read_array(stream: IO[bytes]) -> FloatColumn:
    try:
        if stream.seekable():
            stream.seek(0)
        data = np.lib.format.read_array(stream, allow_pickle=False)
    except (ValueError, EOFError, OSError) as broken:
        raise DamagedFile("This numpy file is damaged or cut off; save or download it again.") from broken
    return np.asarray(data, dtype=np.float64)


def _two_dimensional(data: FloatColumn, words: str) -> Table:
    if data.ndim != 2 or min(data.shape) < 2:
        raise NotALightCurve(
            f"This file holds one array of shape {data.shape}; a light curve needs at least two columns, time and flux."
        )
    columns = data if data.shape[0] < data.shape[1] else data.T
    if len(columns) > limits.MAX_TABLE_COLUMNS:
        raise NotALightCurve("This file holds an image-like array, not a light curve; save time and flux as columns.")
    names = tuple(f"column {i + 1}" for i in range(len(columns)))
    return Table(
        format=words, names=names, n_rows=columns.shape[1], load=lambda n: columns[names.index(n)], named=False
    )


def _identity(
    archive: zipfile.ZipFile,
    arrays: dict[str, zipfile.ZipInfo],
    shapes: dict[str, tuple[tuple[int, ...], np.dtype[np.generic]] | None],
) -> tuple[Star, int | None]:
    """Star and sector from single values stored beside the columns (tic_id, kic, target, sector)."""
    star, number = Star(), None
    for name, shape in shapes.items():
        if shape is None or shape[0] not in ((), (1,)):
            continue
        key = name.lower()
        if shape[1].kind in "SU":
            if key in ("target", "star", "name", "object", "target_name") and shape[1].itemsize < 1000:
                with archive.open(arrays[name]) as stream:
                    value = str(np.lib.format.read_array(stream, allow_pickle=False).ravel()[0])[:40]
                found = names_in([value])
                star = star_named(found[0] if found else "".join(c for c in value if c.isprintable()))
        elif shape[1].kind in "iu":
            value_number = int(_array(archive, arrays[name]).ravel()[0])
            if key in ("tic", "tic_id", "ticid", "kic", "kepid", "epic") and value_number > 0:
                kind = "TIC" if "tic" in key else "EPIC" if "epic" in key else "KIC"
                star = star_named(f"{kind} {value_number}")
            elif key in ("sector", "quarter", "campaign") and 0 <= value_number < 1000:
                number = value_number
    return star, number
