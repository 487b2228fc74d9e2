"""Read tables in text: commas, semicolons, tabs or blanks; comments; a header in anybody's words, or none.

Cells are only ever read as numbers, or compared with each other where they are words, so formulas of spreadsheets
have no effect. Only the columns that are asked for are read.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from data.formats.errors import NotALightCurve, TwoStars, listed
from data.formats.star_header import names_in, star_named
from data.formats.table import FloatColumn, Table
from data.formats.text_shape import MISSING, NUMBER, Shape, body_lines, body_rows, cells_of, find_shape
from science.lightcurve import BoolArray
from science.stars import Star

_CHUNK_LINES = 50_000
_IDENTITY = re.compile(r"(tic|ticid|tic_id|target|targetid|star|object|kic|kepid|epic|target_name)", re.IGNORECASE)
_STRETCH = re.compile(r".*(sector|quarter|campaign|orbit|season|label|date|utc|file|comment|note).*", re.IGNORECASE)
_SPECTROGRAPHS = re.compile(
    r"(HARPS(-?[NS])?|FEROS|ESPRESSO|CORALIE|HIRES|CARMENES|PFS|SOPHIE|NEID|MAROON-?X|SPIROU|ELODIE|UCLES|EXPRES)\d*",
    re.IGNORECASE,
)
#: A column of words with more different values than this is not the name of an instrument.
_MAX_SETS = 30


@dataclass(frozen=True)
class _LiveTable(Table):
    """A table whose warnings grow while its columns are read."""

    live_warnings: list[str] | None = None


def warnings_of(table: Table) -> tuple[str, ...]:
    """All warnings of a table, those included that only reading its columns brought up."""
    live = table.live_warnings if isinstance(table, _LiveTable) else None
    return table.warnings + tuple(live or ())


def read_text(stream: IO[bytes]) -> Table:
    """The table in a text file. Columns without a header are called "column 1", "column 2" …

    Raises EmptyFile, NotALightCurve, TooManyRows, TwoStars or DamagedFile.
    """
    shape = find_shape(stream)
    warnings: list[str] = []
    remembered: dict[str, FloatColumn] = {}
    words = _read_words(stream, shape)
    keep, mixed = _largest_set(shape, words)

    def load(name: str) -> FloatColumn:
        if name not in remembered:
            values, broken, formulas = _column(stream, shape, shape.names.index(name))
            remembered[name] = values if keep is None else values[keep]
            if formulas:
                warnings.append(
                    f"{formulas:,} cells of “{listed([name])}” hold spreadsheet formulas; we never run them and took "
                    "them as missing."
                )
            if broken:
                warnings.append(f"{broken:,} cells of “{listed([name])}” are not numbers and were taken as missing.")
        return remembered[name]

    separator = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", None: "blank"}[shape.delimiter]
    star = _star(shape, words)
    return _LiveTable(
        format=f"text table, {separator}-separated, {'with' if shape.named else 'without'} a header",
        names=shape.names,
        n_rows=shape.n_rows if keep is None else int(np.count_nonzero(keep)),
        load=load,
        units={name: said for name in shape.names if (said := _said_about(shape, name))},
        remarks=shape.remarks,
        named=shape.named,
        star=star,
        ids=(star.name,) if star.name else (),
        warnings=mixed,
        live_warnings=warnings,
    )


def _said_about(shape: Shape, name: str) -> str:
    """The column's unit, and comment lines that mention it, or dates (which are never a unit of brightness)."""
    unit = shape.units[shape.names.index(name)] if shape.units else ""
    mention = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)|JD|TDB", re.IGNORECASE)
    return " ".join((unit, *(r for r in shape.remarks[:40] if len(r) < 200 and mention.search(r)))).strip()


@dataclass(frozen=True)
class _Words:
    """A column of words: the different values and, for each row, which one it is. `codes` is empty where too many."""

    values: tuple[str, ...]
    codes: bytes


def _read_words(stream: IO[bytes], shape: Shape) -> dict[int, _Words]:
    """The columns that hold words or names of stars, read in one pass."""
    identity = {i for i, n in enumerate(shape.names) if shape.named and _is_identity(n)}
    wanted = sorted(identity | set(shape.text_columns))
    if not wanted:
        return {}
    values: dict[int, dict[str, int]] = {i: {} for i in wanted}
    codes: dict[int, bytearray] = {i: bytearray() for i in wanted}
    open_columns = set(wanted)
    for row in body_rows(stream, shape):
        for index in tuple(open_columns):
            cell = row[index][:60] if index < len(row) else ""
            codes[index].append(values[index].setdefault(cell, len(values[index])))
            if len(values[index]) > _MAX_SETS:
                open_columns.discard(index)
                codes[index] = bytearray()
        if not open_columns:
            break
    return {i: _Words(tuple(values[i]), bytes(codes[i])) for i in wanted}


def _is_identity(name: str) -> bool:
    return bool(_IDENTITY.fullmatch(name.strip().replace(" ", "_")))


def _largest_set(shape: Shape, words: dict[int, _Words]) -> tuple[BoolArray | None, tuple[str, ...]]:
    """Where a column names instruments or bands, the rows of the one with most rows: they are not one light curve.

    Raises NotALightCurve for the instruments that measure velocities.
    """
    for found in words.values():
        if any(_SPECTROGRAPHS.fullmatch(v) for v in found.values):
            raise NotALightCurve(
                "These are radial velocities, not brightness; choose a light curve (time, flux and perhaps an error)."
            )
    for index, found in words.items():
        name = shape.names[index]
        if not found.codes or len(found.values) < 2 or _is_identity(name) or _STRETCH.fullmatch(name):
            continue
        codes = np.frombuffer(found.codes, dtype=np.uint8)
        counts = np.bincount(codes)
        best = int(np.argmax(counts))
        if counts[best] < 10:
            continue
        warning = (
            f"This table mixes {len(found.values)} sets ({listed(found.values)}) in “{listed([name])}”; we used "
            f"“{listed([found.values[best]])}”, the largest, with {counts[best]:,} rows."
        )
        return np.asarray(codes == best, dtype=np.bool_), (warning,)
    return None, ()


def _star(shape: Shape, words: dict[int, _Words]) -> Star:
    """The star named in comments, or in a column of identifiers. Raises TwoStars."""
    for index, found in words.items():
        name = shape.names[index]
        if not _is_identity(name):
            continue
        stars = [v for v in found.values if v.lower() not in MISSING]
        if len(stars) > 1:
            raise TwoStars(
                f"This table holds more than one star ({listed(stars)} in the column {listed([name])}); "
                "upload one file for each star."
            )
        if stars:
            return _named(stars[0], name.lower())
    named = names_in(shape.remarks)
    return star_named(named[0]) if len(named) == 1 else Star()


def _named(value: str, column: str) -> Star:
    value = "".join(c for c in value if c.isprintable())
    if value.isdecimal() and len(value) < 13:
        kind = "TIC" if "tic" in column else "EPIC" if "epic" in column else "KIC" if column.startswith("k") else ""
        return star_named(f"{kind} {int(value)}") if kind else Star()
    found = names_in([value])
    return star_named(found[0] if found else value)


def _column(stream: IO[bytes], shape: Shape, index: int) -> tuple[FloatColumn, int, int]:
    """One column as float64, how many of its cells are no numbers, and how many hold formulas."""
    out = np.full(shape.n_rows, np.nan)
    done = broken = formulas = 0
    for chunk in _chunks(stream, shape):
        values, bad, acting = _parse(chunk, shape, index)
        out[done : done + len(values)] = values
        done, broken, formulas = done + len(values), broken + bad, formulas + acting
    return out, broken, formulas


def _chunks(stream: IO[bytes], shape: Shape) -> Iterator[list[str]]:
    chunk: list[str] = []
    for line in body_lines(stream, shape):
        chunk.append(line)
        if len(chunk) == _CHUNK_LINES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _parse(lines: list[str], shape: Shape, index: int) -> tuple[FloatColumn, int, int]:
    if not shape.decimal_comma and index not in shape.text_columns:
        try:
            values = np.loadtxt(
                io.StringIO("\n".join(lines)),
                delimiter=shape.delimiter,
                usecols=index,
                comments=None,
                quotechar='"',
                ndmin=1,
                dtype=np.float64,
            )
            if len(values) == len(lines):
                return values, 0, 0
        except ValueError:
            pass  # a cell is empty or no number: read this piece cell by cell
    out = np.full(len(lines), np.nan)
    broken = formulas = 0
    for row, line in enumerate(lines):
        cells = cells_of(line, shape.delimiter, shape.decimal_comma)
        cell = cells[index] if index < len(cells) else ""
        if NUMBER.match(cell):
            out[row] = float(cell.replace("D", "E").replace("d", "e"))
        elif cell.lower() not in MISSING:
            acting = cell[:1] in "=@" or (cell[:1] in "+-" and len(cell) > 1)
            formulas += acting
            broken += not acting
    return out, broken, formulas
