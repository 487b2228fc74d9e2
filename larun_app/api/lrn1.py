"""The binary series that charts read: "LRN1", header length, JSON header, columns back to back.

Bytes: b"LRN1"; uint32 little-endian header length; JSON header (UTF-8, padded with spaces so that the data start on a
multiple of eight); each column in little-endian order, padded to eight bytes. The header is
{"n": rows, "columns": [{"name", "dtype": "f8" | "f4" | "i4" | "u1", "offset": bytes from the data's start}],
"meta": {...}}. A browser can lay typed arrays on the bytes without copying.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

MAGIC = b"LRN1"
_CODES = {"f8": np.dtype("<f8"), "f4": np.dtype("<f4"), "i4": np.dtype("<i4"), "u1": np.dtype("u1")}
_CODE_OF = {
    "float64": "f8",
    "float32": "f4",
    "int32": "i4",
    "int16": "i4",
    "int8": "i4",
    "uint16": "i4",
    "uint8": "u1",
    "bool": "u1",
}


def encode(columns: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> bytes:
    """Bytes of a series. Columns are one-dimensional and equally long.

    Raises ValueError for unequal lengths or a type without a code (64-bit integers have none: a browser's numbers
    do not hold them).
    """
    if not columns:
        raise ValueError("A series needs at least one column.")
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise ValueError(f"The columns differ in length: {sorted(lengths)}.")
    heads = []
    parts = []
    offset = 0
    for name, values in columns.items():
        code = _CODE_OF.get(values.dtype.name)
        if code is None:
            raise ValueError(f"Column {name!r} has type {values.dtype}, which a series does not carry.")
        raw = np.ascontiguousarray(values).astype(_CODES[code], copy=False).tobytes()
        heads.append({"name": name, "dtype": code, "offset": offset})
        padded = raw + b"\0" * (-len(raw) % 8)
        parts.append(padded)
        offset += len(padded)
    header = json.dumps({"n": lengths.pop(), "columns": heads, "meta": dict(meta)}, allow_nan=False).encode()
    header += b" " * (-(len(MAGIC) + 4 + len(header)) % 8)
    return b"".join([MAGIC, struct.pack("<I", len(header)), header, *parts])


def decode(raw: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Columns and meta of a series. Raises ValueError when the bytes are not a whole series."""
    if len(raw) < 8 or raw[:4] != MAGIC:
        raise ValueError("These bytes are not a LARUN series.")
    (length,) = struct.unpack_from("<I", raw, 4)
    start = 8 + length
    if start > len(raw):
        raise ValueError("The series ends inside its header.")
    header = json.loads(raw[8:start])
    n = header["n"]
    columns = {}
    for head in header["columns"]:
        kind = _CODES[head["dtype"]]
        begin = start + head["offset"]
        if begin + n * kind.itemsize > len(raw):
            raise ValueError(f"The series ends inside column {head['name']}.")
        columns[head["name"]] = np.frombuffer(raw, kind, n, begin)
    return columns, header["meta"]
