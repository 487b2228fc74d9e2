"""Files of light curves, in and out: FITS of the archives, tables of people, hostile input included."""

from __future__ import annotations

from data.formats.errors import UnreadableFile
from data.formats.inspection import Inspection
from data.formats.reading import ReadResult, read, read_many
from data.formats.writing import safe_cell, write_csv, write_fits

__all__ = [
    "Inspection",
    "ReadResult",
    "UnreadableFile",
    "read",
    "read_many",
    "safe_cell",
    "write_csv",
    "write_fits",
]
