"""Read binary tables of FITS files, trusting nothing: sizes are checked before anything is loaded.

Only what a light curve needs is understood (FITS standard 4.0, sections 4 and 7.3): headers, and table columns of
numbers and text of fixed width. Images are skipped by their declared size; packed ("tile-compressed") tables, heaps
and variable-length arrays are never followed, so a file cannot make us unpack or allocate more than it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from data.formats import limits
from data.formats.errors import DamagedFile, TooManyRows, TruncatedFile

CardValue = str | int | float | bool | None
Header = dict[str, CardValue]

_BLOCK = 2880
_CARD = 80
_CARDS_PER_BLOCK = _BLOCK // _CARD

#: Letter of TFORMn -> numpy type, big-endian as the standard wants.
_TYPES = {"L": "S1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8", "A": "S"}
#: Bytes of one element of the types we step over.
_WIDTHS = {"L": 1, "X": 0, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}


@dataclass(frozen=True)
class Column:
    """One column of a table: where it lies in a row and how its numbers are stored. `count` > 1 for images per row."""

    name: str
    unit: str
    offset: int
    letter: str
    count: int
    scale: float
    zero: float
    null: int | None


@dataclass(frozen=True)
class Unit:
    """One header and where its data lie. `columns` is empty for anything but a binary table."""

    name: str
    header: Header
    data_start: int
    rows: int
    row_bytes: int
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Find a column by name, whatever the case. Raises KeyError."""
        return next((c for c in self.columns if c.name.upper() == name.upper()), None) or _missing(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that hold one number per row."""
        return tuple(c.name for c in self.columns if c.count == 1 and c.letter in _TYPES and c.letter != "A")


def _missing(name: str) -> Column:
    raise KeyError(name)


def walk(stream: IO[bytes], size: int) -> list[Unit]:
    """All headers of the file, checked against its size. Data are not read.

    Raises TruncatedFile, DamagedFile or TooManyRows.
    """
    units: list[Unit] = []
    position = 0
    for _ in range(limits.MAX_FITS_UNITS):
        if position >= size:
            break
        stream.seek(position)
        if units and not stream.read(_BLOCK).strip(b"\0 "):
            break  # padding after the last table
        stream.seek(position)
        header, length = _header(stream, first=not units)
        start = position + length
        unit = _unit(header, start)
        used = _data_bytes(header)
        if start + used > size:
            raise TruncatedFile(
                f"This FITS file is cut off: it announces {(start + used) / 1e6:,.1f} MB and has {size / 1e6:,.1f} MB; "
                "download or copy it again."
            )
        units.append(unit)
        position = start + -(-used // _BLOCK) * _BLOCK
    else:
        raise DamagedFile(f"This FITS file has more than {limits.MAX_FITS_UNITS} parts; light curves have about three.")
    return units


def numbers(stream: IO[bytes], unit: Unit, name: str) -> NDArray[np.float64]:
    """One column as float64 of shape (rows,), scaled, with nulls as NaN.

    Read in pieces, so that memory is bounded by the column and not by the whole table. Raises KeyError.
    """
    column = unit.column(name)
    kind = np.dtype(_TYPES[column.letter])
    out = np.empty(unit.rows, dtype=np.float64)
    done = 0
    for block in _rows(stream, unit):
        count = len(block) // unit.row_bytes
        view = np.ndarray((count,), kind, block, offset=column.offset, strides=(unit.row_bytes,))
        piece = (view == b"T").astype(np.float64) if column.letter == "L" else view.astype(np.float64)
        if column.null is not None and kind.kind in "iu":
            piece[view == column.null] = np.nan
        if column.scale != 1.0 or column.zero != 0.0:
            piece = piece * column.scale + column.zero
        out[done : done + count] = piece
        done += count
    return out


def _rows(stream: IO[bytes], unit: Unit) -> Iterator[bytes]:
    stream.seek(unit.data_start)
    step = max(1, (8 << 20) // max(1, unit.row_bytes))
    left = unit.rows
    while left > 0:
        take = min(step, left)
        block = stream.read(take * unit.row_bytes)
        if len(block) < take * unit.row_bytes:
            raise TruncatedFile("This FITS file ends in the middle of its table; download or copy it again.")
        yield block
        left -= take


def _header(stream: IO[bytes], first: bool) -> tuple[Header, int]:
    """One header as a dict (the first card of a name counts) and its length in bytes."""
    header: Header = {}
    length = 0
    for _ in range(-(-limits.MAX_FITS_CARDS // _CARDS_PER_BLOCK)):
        block = stream.read(_BLOCK)
        if len(block) < _BLOCK:
            raise TruncatedFile("This FITS file ends in the middle of a header; download or copy it again.")
        length += _BLOCK
        for start in range(0, _BLOCK, _CARD):
            card = block[start : start + _CARD]
            key = card[:8].decode("ascii", "replace").rstrip()
            if key == "END":
                _check_first(header, first)
                return header, length
            if card[8:10] == b"= " and key not in header:
                header[key] = _value(card[10:].decode("ascii", "replace"))
    raise DamagedFile(f"This FITS file has a header of more than {limits.MAX_FITS_CARDS} lines, so we do not trust it.")


def _check_first(header: Header, first: bool) -> None:
    expected = "SIMPLE" if first else "XTENSION"
    if next(iter(header), "") != expected:
        raise DamagedFile("This FITS file is damaged: one of its headers does not begin as the standard says.")


def _value(text: str) -> CardValue:
    text = text.strip()
    if text.startswith("'"):
        end = 1
        while (end := text.find("'", end)) != -1 and text[end : end + 2] == "''":
            end += 2
        return text[1 : end if end != -1 else None].replace("''", "'").rstrip()
    word = text.split("/", 1)[0].strip()
    if word in ("T", "F"):
        return word == "T"
    if not word or len(word) > 60:
        return None
    try:
        return int(word)
    except ValueError:
        pass
    try:
        return float(word.replace("D", "E").replace("d", "e"))
    except ValueError:
        return None


def integer(header: Header, key: str, default: int | None = None) -> int | None:
    """A whole number from a header, also where it was written as text ("TICID = '218795833'")."""
    value = header.get(key)
    if isinstance(value, bool) or value is None:
        return default
    if isinstance(value, str):
        return int(value) if value.strip().isdecimal() and len(value) < 20 else default
    if isinstance(value, float) and not value.is_integer():
        return default
    return int(value)


def number(header: Header, key: str) -> float | None:
    """A finite number from a header, or None."""
    value = header.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e300 else None


def text(header: Header, key: str) -> str:
    """Text from a header, printable and short; "" where there is none."""
    value = header.get(key)
    return "".join(c for c in value if c.isprintable())[:80].strip() if isinstance(value, str) else ""


def _size(header: Header, key: str) -> int:
    value = integer(header, key, 0)
    if value is None or value < 0 or value > 2**40:
        raise DamagedFile(f"This FITS file is damaged: its header says {key} = {header.get(key)!s:.30}.")
    return value


def _data_bytes(header: Header) -> int:
    axes = _size(header, "NAXIS")
    if axes == 0:
        return 0
    if axes > 20:
        raise DamagedFile(f"This FITS file is damaged: its header says NAXIS = {axes}.")
    total = 1
    for axis in range(1, axes + 1):
        length = _size(header, f"NAXIS{axis}")
        if length == 0 and axis == 1 and header.get("GROUPS") is True:
            continue
        total *= length
        if total > 2**50:
            break
    bits = integer(header, "BITPIX", 8)
    if bits not in (8, 16, 32, 64, -32, -64):
        raise DamagedFile(f"This FITS file is damaged: its header says BITPIX = {bits}.")
    groups = 1 if header.get("GCOUNT") is None else _size(header, "GCOUNT")
    return abs(bits) // 8 * groups * (total + _size(header, "PCOUNT"))


def _unit(header: Header, start: int) -> Unit:
    name = text(header, "EXTNAME")
    if header.get("XTENSION") != "BINTABLE":
        return Unit(name, header, start, 0, 0, ())
    rows, row_bytes = _size(header, "NAXIS2"), _size(header, "NAXIS1")
    if rows > limits.MAX_ROWS:
        raise TooManyRows(
            f"This file has {rows:,} rows and the limit is {limits.MAX_ROWS:,}; split it by sector or bin it first."
        )
    fields = _size(header, "TFIELDS")
    if fields > limits.MAX_FITS_FIELDS:
        raise DamagedFile(
            f"This FITS table has {fields:,} columns and the limit is {limits.MAX_FITS_FIELDS}; "
            "save only the columns of the light curve."
        )
    columns = []
    offset = 0
    for index in range(1, fields + 1):
        column, width = _column(header, index, offset)
        columns.append(column)
        offset += width
    if offset > row_bytes:
        raise DamagedFile("This FITS file is damaged: its columns are wider than its rows.")
    return Unit(name, header, start, rows, row_bytes, tuple(columns))


def _column(header: Header, index: int, offset: int) -> tuple[Column, int]:
    form = text(header, f"TFORM{index}")
    digits = len(form) - len(form.lstrip("0123456789"))
    letter = form[digits : digits + 1]
    if letter not in _WIDTHS or digits > 9:
        raise DamagedFile(f"This FITS file is damaged: column {index} is of an unknown kind.")
    count = int(form[:digits]) if digits else 1
    width = -(-count // 8) if letter == "X" else count * _WIDTHS[letter]
    scale, zero = number(header, f"TSCAL{index}"), number(header, f"TZERO{index}")
    column = Column(
        name=text(header, f"TTYPE{index}") or f"column {index}",
        unit=text(header, f"TUNIT{index}"),
        offset=offset,
        letter=letter,
        count=count,
        scale=1.0 if scale is None else scale,
        zero=0.0 if zero is None else zero,
        null=integer(header, f"TNULL{index}"),
    )
    return column, width
