"""Read Parquet files through DuckDB, locked to the one file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from data.formats import limits
from data.formats.errors import DamagedFile, EmptyFile, NotALightCurve, TooManyRows
from data.formats.table import FloatColumn, Table

if TYPE_CHECKING:
    import duckdb

_INTEGERS = {f"{sign}{size}" for sign in ("", "U") for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")}
_NUMBERS = _INTEGERS | {"FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN"}


@contextmanager
def read_parquet(stream: IO[bytes], path: Path | None) -> Iterator[Table]:
    """The table of a Parquet file. `path` is given where the file was not packed; else a copy is made for DuckDB."""
    import duckdb  # a third of a second, which other formats need not pay

    with tempfile.TemporaryDirectory(prefix="larun-parquet-") as folder:
        if path is None:
            path = Path(folder) / "table.parquet"
            with path.open("wb") as copy:
                stream.seek(0)
                shutil.copyfileobj(stream, copy)
        # DuckDB reads globs in file names; a copy under our own name cannot be one.
        elif any(c in str(path) for c in "*?[]'"):
            safe = Path(folder) / "table.parquet"
            shutil.copyfile(path, safe)
            path = safe
        with duckdb.connect(":memory:", config={"memory_limit": "512MB", "threads": 1}) as db:
            yield _table(db, path.resolve())


def _table(db: duckdb.DuckDBPyConnection, path: Path) -> Table:
    import duckdb

    try:
        db.execute("SET allowed_paths = [?]", [str(path)])
        db.execute("SET enable_external_access = false")
        db.execute("SET lock_configuration = true")
        n_rows = int((db.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone() or (0,))[0])
        described = db.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    except duckdb.Error as broken:
        raise DamagedFile("This Parquet file is damaged or cut off; save or download it again.") from broken
    if n_rows > limits.MAX_ROWS:
        raise TooManyRows(
            f"This file has {n_rows:,} rows and the limit is {limits.MAX_ROWS:,}; split it by sector or bin it."
        )
    if n_rows == 0:
        raise EmptyFile("This Parquet file has no rows; choose another one.")
    names = tuple(str(r[0]) for r in described if str(r[1]).split("(")[0] in _NUMBERS)
    if not names:
        raise NotALightCurve("This Parquet file has no columns of numbers; a light curve needs time and flux.")

    def load(name: str) -> FloatColumn:
        quoted = '"' + name.replace('"', '""') + '"'
        try:
            found = db.execute(f"SELECT {quoted}::DOUBLE AS v FROM read_parquet(?)", [str(path)]).fetchnumpy()["v"]  # noqa: S608
        except duckdb.Error as broken:
            raise DamagedFile("This Parquet file is damaged; save or download it again.") from broken
        values: FloatColumn = np.ma.filled(found, np.nan).astype(np.float64)
        return values

    return Table(format="Parquet table", names=names, n_rows=n_rows, load=load)
