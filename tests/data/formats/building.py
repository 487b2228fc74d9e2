"""Build FITS files byte by byte, so that tests can make them wrong in one place at a time."""

from __future__ import annotations

import numpy as np

TYPES = {"D": ">f8", "E": ">f4", "J": ">i4", "I": ">i2", "K": ">i8", "B": "u1", "L": "S1"}


def card(key: str, value: object) -> str:
    if isinstance(value, bool):
        text = "T" if value else "F"
        return f"{key:<8}= {text:>20}"
    if isinstance(value, str):
        return f"{key:<8}= '{value:<8}'"
    return f"{key:<8}= {value!s:>20}"


def header(cards: dict[str, object]) -> bytes:
    text = "".join(f"{card(k, v):<80}"[:80] for k, v in cards.items()) + f"{'END':<80}"
    return text.ljust(-(-len(text) // 2880) * 2880).encode("ascii")


def primary(**cards: object) -> bytes:
    return header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True, **cards})


def table(
    columns: dict[str, tuple[str, np.ndarray]],
    units: dict[str, str] | None = None,
    overrides: dict[str, object] | None = None,
    **cards: object,
) -> bytes:
    """One binary table: name -> (letter, values). `overrides` replaces cards after they are worked out."""
    dtype = np.dtype([(f"c{i}", TYPES[letter]) for i, (letter, _) in enumerate(columns.values())])
    rows = np.empty(len(next(iter(columns.values()))[1]), dtype=dtype)
    fields: dict[str, object] = {}
    for i, (name, (letter, values)) in enumerate(columns.items()):
        rows[f"c{i}"] = np.where(values, b"T", b"F") if letter == "L" else values
        fields[f"TTYPE{i + 1}"], fields[f"TFORM{i + 1}"] = name, letter
        if units and name in units:
            fields[f"TUNIT{i + 1}"] = units[name]
    known: dict[str, object] = {
        "XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": dtype.itemsize, "NAXIS2": len(rows),
        "PCOUNT": 0, "GCOUNT": 1, "TFIELDS": len(columns), **fields, "EXTNAME": "LIGHTCURVE", **cards,
    }  # fmt: skip
    data = rows.tobytes()
    return header({**known, **(overrides or {})}) + data.ljust(-(-len(data) // 2880) * 2880, b"\0")


def spoc(n: int = 500, days: float = 1 / 720, start: float = 1600.0, **head: object) -> dict[str, np.ndarray]:
    """Columns of a small SPOC light curve, with values that can be told apart."""
    rng = np.random.default_rng(3)
    return {
        "TIME": start + np.arange(n) * days,
        "SAP_FLUX": 900 + rng.standard_normal(n),
        "SAP_FLUX_ERR": np.full(n, 1.1),
        "PDCSAP_FLUX": 1000 + rng.standard_normal(n),
        "PDCSAP_FLUX_ERR": np.full(n, 1.0),
        "QUALITY": np.zeros(n, dtype=np.int64),
    }


LETTERS = {"TIME": "D", "QUALITY": "J", "CADENCENO": "J"}


def light_curve_file(
    columns: dict[str, np.ndarray] | None = None,
    primary_cards: dict[str, object] | None = None,
    table_cards: dict[str, object] | None = None,
    **overrides: object,
) -> bytes:
    columns = spoc() if columns is None else columns
    first = {"TELESCOP": "TESS", "OBJECT": "TIC 12345678", "TICID": 12345678, "SECTOR": 11, "DATA_REL": 40}
    second = {"BJDREFI": 2457000, "BJDREFF": 0.0, "TIMEUNIT": "d", "TIMEDEL": 1 / 720, "NUM_FRM": 60, "FRAMETIM": 2.0}
    return primary(**{**first, **(primary_cards or {})}) + table(
        {name: (LETTERS.get(name, "E"), values) for name, values in columns.items()},
        overrides=dict(overrides),
        **{**second, **(table_cards or {})},
    )
