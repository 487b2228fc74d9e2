"""Find out how a text table is written: its encoding, delimiter, comments, header and number of rows.

The file is streamed line by line and rows are counted before any memory is spent on them.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from data.formats import limits
from data.formats.errors import DamagedFile, EmptyFile, NotALightCurve, TooManyRows

_SAMPLE_LINES = 200
_COMMENT = "#%!;/"
_INVISIBLE = {0: None, 0xFEFF: None, 0x200B: None}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?$|[+-]?(nan|inf|infinity)$", re.IGNORECASE)
_LIGHT = re.compile(r"flux|mag|bright", re.IGNORECASE)
MISSING = {"", "nan", "na", "n/a", "null", "none", "--", "-", "inf", "-inf", "+inf", "masked", "..."}


@dataclass(frozen=True)
class Shape:
    """How a text table is written. `n_rows` counts the rows below the header that are no comments."""

    encoding: str
    delimiter: str | None  # None: blanks
    decimal_comma: bool
    names: tuple[str, ...]
    units: tuple[str, ...]  # of the columns, where a line of units stands below the names; else empty
    named: bool
    header_line: int | None  # index of the line with the names, among lines that are not blank
    remarks: tuple[str, ...]
    n_rows: int
    text_columns: tuple[int, ...]


def _lines(stream: IO[bytes], encoding: str) -> Iterator[str]:
    """Non-blank lines, decoded, without their ends. Raises DamagedFile for endless lines."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    pending = ""
    while block := stream.read(1 << 18):
        # Marks that no table needs, but that some programs leave behind.
        pending += decoder.decode(block).translate(_INVISIBLE)
        if "\r" in pending:
            # A block may end between CR and LF.
            tail = "\r" if pending.endswith("\r") else ""
            pending = pending[: len(pending) - len(tail)].replace("\r\n", "\n").replace("\r", "\n") + tail
        *full, pending = pending.split("\n")
        if len(pending) > limits.MAX_LINE_BYTES:
            raise DamagedFile("This text file has lines far too long for a table; save it as CSV with one row a line.")
        for line in full:
            if line.strip():
                yield line
    for line in pending.replace("\r", "\n").split("\n"):
        if line.strip():
            yield line


def _is_remark(line: str) -> bool:
    """Lines that begin with a mark of comments. `line` is not blank."""
    return line.lstrip()[0] in _COMMENT


def _encoding(stream: IO[bytes]) -> str:
    stream.seek(0)
    head = stream.read(65536)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def find_shape(stream: IO[bytes]) -> Shape:
    """Stream through the file once. Raises EmptyFile, TooManyRows, NotALightCurve or DamagedFile."""
    encoding = _encoding(stream)
    head: list[str] = []
    remarks: list[str] = []
    remark_positions: list[int] = []
    count = 0
    for line in _lines(stream, encoding):
        if _is_remark(line):
            if len(remarks) < _SAMPLE_LINES:
                remarks.append(line.strip().lstrip(_COMMENT + " \t"))
                remark_positions.append(count)
            continue
        count += 1
        if len(head) < _SAMPLE_LINES:
            head.append(line)
        if count > limits.MAX_ROWS + 1:
            raise TooManyRows(
                f"This file has more than {limits.MAX_ROWS:,} rows, which is the limit; split it by sector or bin it."
            )
    if not head:
        raise EmptyFile("This file has no rows of numbers; choose another one.")
    _refuse_documents(head[0])
    delimiter, decimal_comma = _delimiter(head)
    rows = [cells_of(line, delimiter, decimal_comma) for line in head]
    header_line = _header_line(rows)
    body = rows[header_line + 1 :] if header_line is not None else rows
    if not body:
        raise EmptyFile("This file has a header and no rows below it; choose another one.")
    width = max(len(r) for r in body[: _SAMPLE_LINES // 2])
    if width > limits.MAX_TABLE_COLUMNS:
        raise DamagedFile(f"This table has {width:,} columns and the limit is {limits.MAX_TABLE_COLUMNS}.")
    units: tuple[str, ...] = ()
    names: list[str] | None
    if header_line is not None:
        names, units = _names_and_units(head, rows, header_line, width)
    else:
        names = _names_in_remarks(remarks, remark_positions, width)
    named = names is not None
    full = _unique([*(names or [])][:width] + [f"column {i + 1}" for i in range(len(names or []), width)])
    text_columns = tuple(i for i in range(width) if _is_text([r[i] for r in body if i < len(r)]))
    if len(text_columns) == width:
        raise NotALightCurve(
            "This text holds no columns of numbers; choose a table with a row for every measurement: time, flux, error."
        )
    skipped = 0 if header_line is None else header_line + 1
    return Shape(
        encoding,
        delimiter,
        decimal_comma,
        full,
        units,
        named,
        header_line,
        tuple(remarks),
        count - skipped,
        text_columns,
    )


def _refuse_documents(first: str) -> None:
    start = first.strip().lower()
    if start.startswith(("<!doctype", "<html")):
        raise NotALightCurve("This is a web page, perhaps an error message saved by mistake; download the file again.")
    if start.startswith("<?xml") or start.startswith("<votable"):
        raise NotALightCurve("This is an XML file (perhaps a VOTable); save the table as CSV or FITS.")
    if start.startswith(("{", "[{", "[[")):
        raise NotALightCurve("This is a JSON file; save the light curve as CSV with a row for every measurement.")


def _delimiter(lines: list[str]) -> tuple[str | None, bool]:
    """The delimiter that cuts most lines into the same number (above one) of cells, and whether commas are decimal."""
    body = lines[len(lines) // 2 :]
    mark: str | None = None
    for candidate in (";", "\t", ",", "|"):
        counts = [line.count(candidate) for line in body]
        common = max(set(counts), key=counts.count)
        if common > 0 and counts.count(common) > 0.7 * len(counts):
            mark = candidate
            break
    if mark == ",":
        # "2457000,12 0,998": blanks between cells, commas as decimal points.
        blanks = [len(line.split()) for line in body]
        if min(blanks) > 1 and all(re.fullmatch(r"[+-]?\d+,\d+|[+-]?\d+", c) for line in body for c in line.split()):
            return None, True
    decimal = mark in (";", "\t") and any(re.search(r"\d,\d", line) for line in body)
    return mark, decimal


def cells_of(line: str, delimiter: str | None, decimal_comma: bool) -> list[str]:
    """Cells of a line, without quotes and blanks around them, with decimal points."""
    if delimiter is None:
        cells = line.split()
    elif '"' in line:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    else:
        cells = line.split(delimiter)
    cells = [c.strip().strip("\"'").strip() for c in cells]
    if delimiter == "|" and cells and cells[0] == "" and cells[-1] == "":
        cells = cells[1:-1]
    return [c.replace(",", ".") for c in cells] if decimal_comma else cells


def _header_line(rows: list[list[str]]) -> int | None:
    """Index of the line with the names: the last line before the numbers start, if it holds words."""
    for index, row in enumerate(rows[:20]):
        filled = [c for c in row if c.lower() not in MISSING]
        numeric = sum(bool(NUMBER.match(c)) for c in row)
        if numeric >= 2 or (numeric and numeric >= len(filled)) or (row and not filled):
            return index - 1 if index > 0 else None
    first = rows[0]
    return 0 if any(re.search(r"[A-Za-z]", c) for c in first) and len(first) > 1 else None


def _names_in_remarks(remarks: list[str], positions: list[int], width: int) -> list[str] | None:
    """Names in a comment above the numbers ("# time flux flux_err") that has as many words as there are columns: the
    last that speaks of light, else the last."""
    found: list[str] | None = None
    for remark in (r for r, p in zip(reversed(remarks), reversed(positions), strict=True) if p == 0):
        for cells in _ways_to_cut(remark):
            fits = len(cells) == width or (width > 2 and len(cells) == width - 1)
            if fits and not any(NUMBER.match(c) for c in cells) and any(re.search("[A-Za-z]", c) for c in cells):
                if _LIGHT.search(remark):
                    return cells
                found = found or cells
    return found


def _names_and_units(
    head: list[str], rows: list[list[str]], header_line: int, width: int
) -> tuple[list[str], tuple[str, ...]]:
    """Names from the header line, cut to fit the columns; units where a line of units stands below the names."""
    units: tuple[str, ...] = ()
    if header_line > 0 and len(rows[header_line - 1]) == len(rows[header_line]) == width:
        above, below = " ".join(rows[header_line - 1]), " ".join(rows[header_line])
        if _LIGHT.search(above) and not re.search("flux|bright", below, re.IGNORECASE):
            units = tuple(rows[header_line])
            header_line -= 1
    names = rows[header_line]
    if len(names) != width:
        names = next((cut for cut in _ways_to_cut(head[header_line]) if len(cut) == width), names)
    return names, units


def _ways_to_cut(line: str) -> Iterator[list[str]]:
    """Cells of a line of names, cut at its own marks, keeping "BJD - 2457000" and "Flux (ppt)" whole, or at blanks."""
    for mark in ("\t", ";", ",", "|"):
        if mark in line:
            yield [c.strip().strip("\"'") for c in line.split(mark)]
    yield re.split(r"\s{2,}", line.strip())
    joined = re.sub(r"\s*([-−–+])\s*(24\d{5})", r"\1\2", line)
    yield re.findall(r"[^\s()\[\]]+(?:\s*[\[(][^\])]*[\])])?", joined)
    yield line.split()


def _unique(names: list[str]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    out = []
    for index, name in enumerate(names):
        name = "".join(c for c in name if c.isprintable())[:60].strip().rstrip(",;") or f"column {index + 1}"
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(out)


def _is_text(cells: list[str]) -> bool:
    filled = [c for c in cells if c.lower() not in MISSING]
    return bool(filled) and sum(bool(NUMBER.match(c)) for c in filled) < 0.5 * len(filled)


def body_rows(stream: IO[bytes], shape: Shape) -> Iterator[list[str]]:
    """Cells of each row below the header."""
    for line in body_lines(stream, shape):
        yield cells_of(line, shape.delimiter, shape.decimal_comma)


def body_lines(stream: IO[bytes], shape: Shape) -> Iterator[str]:
    """Each row below the header as it is written, without comments."""
    seen = 0
    skip = -1 if shape.header_line is None else shape.header_line
    for line in _lines(stream, shape.encoding):
        if _is_remark(line):
            continue
        seen += 1
        if seen - 1 > skip:
            yield line
