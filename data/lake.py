"""The lake: arrays and documents in immutable, content-named files; SQL rows (`StoredFile`) say which is whose.

Columns are written as Parquet (zstd) by an in-memory DuckDB and read back through one, a fresh connection each time:
no file is ever shared for writing, so any number of processes can read and write. A file appears under its final name
only when it is complete (written beside it, fsync, rename), is named after the SHA-256 of what it holds, and never
changes. Paths come from SQL rows and are checked; no text from a person is ever part of one.
"""

# ruff: noqa: S608 (SQL is put together from names checked against patterns and from our own paths; values are bound)

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from data.home import settings

Array = npt.NDArray[Any]

_SQL_TYPES: dict[str, str] = {
    "float64": "DOUBLE",
    "float32": "FLOAT",
    "int64": "BIGINT",
    "int32": "INTEGER",
    "int16": "SMALLINT",
    "int8": "TINYINT",
    "uint64": "UBIGINT",
    "uint32": "UINTEGER",
    "uint16": "USMALLINT",
    "uint8": "UTINYINT",
    "bool": "BOOLEAN",
}
_COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_KIND = re.compile(r"[a-z][a-z0-9-]{0,59}")
_PATH = re.compile(r"[a-z][a-z0-9-]{0,59}/[0-9a-f]{2}/[0-9a-f]{64}\.(parquet|json)")


class LakeError(RuntimeError):
    """A stored file is missing, damaged, or is not one of ours."""


@dataclass(frozen=True, slots=True)
class StoredFileInfo:
    """A file just written: `path` relative to the lake, SHA-256 of its bytes, size, rows (0 for a document)."""

    path: str
    sha256: str
    bytes: int
    rows: int
    meta: Mapping[str, Any] = field(default_factory=dict)


def write_columns(kind: str, columns: Mapping[str, Array], meta: Mapping[str, Any] | None = None) -> StoredFileInfo:
    """Store one-dimensional arrays of equal length as a Parquet file; equal content gives the same file.

    Types float64/32, (u)int8…64 and bool are kept exactly, NaN and infinities included. `meta` must be JSON; it goes
    into the returned info (and from there into SQL). Raises ValueError for unequal lengths, other types or names
    that are not lower-case identifiers.
    """
    names, arrays = _checked(kind, columns)
    quoted = [_quoted(name) for name in names]
    rows = int(arrays[0].size)
    folder = _kind_folder(kind)
    with _connection(folder) as db:
        types = [_SQL_TYPES[array.dtype.name] for array in arrays]
        db.execute(f"CREATE TABLE t ({', '.join(f'{n} {t}' for n, t in zip(quoted, types, strict=True))})")
        if rows:
            db.register("frame", dict(zip(names, arrays, strict=True)))
            # DuckDB takes a NaN of NumPy for NULL; a missing flux must come back as the NaN it was
            values = [
                f"coalesce({n}, 'nan'::{t})" if a.dtype.kind == "f" else n
                for n, t, a in zip(quoted, types, arrays, strict=True)
            ]
            db.execute(f"INSERT INTO t SELECT {', '.join(values)} FROM frame")
        with _new_file(folder, ".parquet") as part:
            db.execute(f"COPY t TO '{_literal(part)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)")
            return _publish(kind, part, ".parquet", rows, meta or {})


def read_columns(path: str, columns: Sequence[str] | None = None) -> dict[str, Array]:
    """Arrays of a stored file, by name, in the order asked for (default: all, as stored).

    Raises LakeError when the file is missing or damaged, KeyError for a column it does not have.
    """
    file = _existing(path)
    with _connection(file.parent) as db:
        source = f"read_parquet('{_literal(file)}')"
        try:
            present = [str(row[0]) for row in db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
            wanted = present if columns is None else list(columns)
            for name in wanted:
                if name not in present:
                    raise KeyError(f"{path} has no column {name!r}; it has {', '.join(present)}.")
            if not wanted:
                return {}
            result = db.execute(f"SELECT {', '.join(map(_quoted, wanted))} FROM {source}").fetchnumpy()
        except duckdb.Error as error:
            raise LakeError(f"{path} cannot be read: {error}") from error
    return {name: _plain(result[name]) for name in wanted}


def write_document(
    kind: str, document: str | Mapping[str, Any], meta: Mapping[str, Any] | None = None
) -> StoredFileInfo:
    """Store a JSON document (text is kept byte for byte). Raises ValueError when it is not JSON."""
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False, allow_nan=False)
    json.loads(text)
    with _new_file(_kind_folder(kind), ".json") as part:
        part.write_bytes(text.encode())
        return _publish(kind, part, ".json", 0, meta or {})


def read_document(path: str) -> str:
    """Text of a stored document. Raises LakeError when it is missing or is not what was written."""
    raw = _existing(path).read_bytes()
    if hashlib.sha256(raw).hexdigest() != Path(path).stem:
        raise LakeError(f"{path} is damaged: its content does not match its name.")
    return raw.decode()


def query(paths: Sequence[str], select: str, where: str = "TRUE", parameters: Sequence[Any] = ()) -> dict[str, Array]:
    """One SELECT over the columns of many stored files at once, with `file` the path of each row's file.

    `select` and `where` are SQL written by programmers; values go into `parameters` (`?`). The list of files comes
    from an SQL index, never from a folder scan.
    """
    if not paths:
        return {}
    root = settings().lake
    files = ", ".join(f"'{_literal(_existing(path))}'" for path in paths)
    prefix = len(str(root)) + 2
    with _connection(root) as db:
        try:
            return {
                name: _plain(values)
                for name, values in db.execute(
                    f"SELECT {select} FROM (SELECT *, substr(filename, {prefix}) AS file "
                    f"FROM read_parquet([{files}], union_by_name = true, filename = true)) WHERE {where}",
                    list(parameters),
                )
                .fetchnumpy()
                .items()
            }
        except duckdb.Error as error:
            raise LakeError(f"The stored files could not be searched: {error}") from error


def absolute(path: str) -> Path:
    """Place of a stored file on disk, for downloads and clean-up. Raises LakeError for a path that is not ours."""
    if not _PATH.fullmatch(path):
        raise LakeError(f"{path!r} is not the path of a stored file.")
    return settings().lake / path


def stored_paths() -> Iterator[str]:
    """Paths of all files in the lake, half-written ones excluded."""
    root = settings().lake
    for file in sorted(root.glob("*/??/*")):
        path = file.relative_to(root).as_posix()
        if _PATH.fullmatch(path):
            yield path


def _checked(kind: str, columns: Mapping[str, Array]) -> tuple[list[str], list[Array]]:
    if not columns:
        raise ValueError("A file of columns needs at least one column.")
    arrays: list[Array] = []
    for name, values in columns.items():
        if not _COLUMN_NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a column.")
        array = np.ascontiguousarray(values)
        if array.ndim != 1:
            raise ValueError(f"Column {name!r} has {array.ndim} dimensions, not one.")
        if array.dtype.name not in _SQL_TYPES:
            raise ValueError(f"Column {name!r} has type {array.dtype}, which the lake does not keep.")
        arrays.append(array.astype(array.dtype.newbyteorder("="), copy=False))
    if len({array.size for array in arrays}) != 1:
        sizes = ", ".join(f"{name} {array.size}" for name, array in zip(columns, arrays, strict=True))
        raise ValueError(f"The columns of {kind!r} differ in length: {sizes}.")
    return list(columns), arrays


def _kind_folder(kind: str) -> Path:
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{kind!r} cannot name a kind of file.")
    folder = settings().lake / kind
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def _connection(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database that can see `folder` and nothing else."""
    config = settings()
    db = duckdb.connect(
        ":memory:",
        config={
            "threads": 1,
            "memory_limit": f"{config.lake_memory_mb}MB",
            "allow_community_extensions": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": "",
        },
    )
    try:
        db.execute("SET allowed_directories = ['" + _literal(folder) + "']")
        db.execute("SET enable_external_access = false")
        db.execute("SET lock_configuration = true")
        yield db
    finally:
        db.close()


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _literal(path: Path) -> str:
    return str(path).replace("'", "''")


@contextmanager
def _new_file(folder: Path, suffix: str) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(prefix="new-", suffix=suffix + ".tmp", dir=folder)
    os.close(handle)
    part = Path(name)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _publish(kind: str, part: Path, suffix: str, rows: int, meta: Mapping[str, Any]) -> StoredFileInfo:
    """Give a complete file its final name and make sure it survives a power cut."""
    json.dumps(meta, allow_nan=False)
    with part.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        os.fsync(stream.fileno())
    size = part.stat().st_size
    path = f"{kind}/{sha256[:2]}/{sha256}{suffix}"
    target = absolute(path)
    target.parent.mkdir(mode=0o700, exist_ok=True)
    os.replace(part, target)  # an equal file may be there already: same name, same bytes
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return StoredFileInfo(path, sha256, size, rows, dict(meta))


def _existing(path: str) -> Path:
    file = absolute(path)
    if not file.is_file():
        raise LakeError(f"{path} is missing from the lake.")
    return file


def _plain(values: Array) -> Array:
    """DuckDB gives masked arrays when nulls are possible; we never store nulls."""
    if isinstance(values, np.ma.MaskedArray):
        if bool(np.ma.getmaskarray(values).any()):
            raise LakeError("A stored column holds nulls, which the lake never writes.")
        return np.asarray(values.data)
    return np.asarray(values)
