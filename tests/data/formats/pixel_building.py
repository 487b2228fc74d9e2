"""Build pixel files byte by byte, so that tests can make them wrong in one place at a time."""

from __future__ import annotations

import numpy as np

from tests.data.formats.building import header, primary

PIXEL_DEG = 21.0 / 3600
WCS_CARDS = {
    "1CTYP4": "RA---TAN",
    "2CTYP4": "DEC--TAN",
    "1CRPX4": 3.2,
    "2CRPX4": 2.9,
    "1CRVL4": 84.0,
    "2CRVL4": -70.0,
    "1CDLT4": -PIXEL_DEG,
    "2CDLT4": PIXEL_DEG,
    "11PC4": 0.8,
    "12PC4": 0.6,
    "21PC4": -0.6,
    "22PC4": 0.8,
    "1CRV4P": 301,
    "2CRV4P": 402,
    "1CRP4P": 1,
    "2CRP4P": 1,
}
FIRST = {"TELESCOP": "TESS", "OBJECT": "TIC 12345678", "TICID": 12345678, "SECTOR": 30, "CAMERA": 2, "CCD": 3}
FIRST |= {"DATA_REL": 60, "RA_OBJ": 84.0, "DEC_OBJ": -70.0}
TIMING = {"BJDREFI": 2457000, "BJDREFF": 0.0, "TIMEDEL": 1 / 720, "NUM_FRM": 60, "FRAMETIM": 2.0, "BACKAPP": True}


def frames(n: int = 30, rows: int = 5, columns: int = 6, seed: int = 1) -> np.ndarray:
    """Images of noise around 100, shape (n, rows, columns)."""
    return 100 + np.random.default_rng(seed).standard_normal((n, rows, columns))


def pixel_file(
    flux: np.ndarray | None = None,
    *,
    time: np.ndarray | None = None,
    quality: np.ndarray | None = None,
    pos_corr: np.ndarray | None = None,
    first: dict[str, object] | None = None,
    cards: dict[str, object] | None = None,
    drop: tuple[str, ...] = (),
    aperture: np.ndarray | None = None,
    text: str = "",
) -> bytes:
    """One file. `first` and `cards` replace cards of the two headers, `drop` removes some of the table's."""
    flux = frames() if flux is None else flux
    n, rows, columns = flux.shape
    time = 2100.0 + np.arange(n) / 720 if time is None else time
    fields: list[tuple[str, str, object]] = [
        ("TIME", "D", ">f8"), ("CADENCENO", "J", ">i4"), ("QUALITY", "J", ">i4"),
        ("FLUX", f"{rows * columns}E", (">f4", (rows, columns))),
        ("FLUX_ERR", f"{rows * columns}E", (">f4", (rows, columns))),
        ("POS_CORR1", "E", ">f4"), ("POS_CORR2", "E", ">f4"),
    ]  # fmt: skip
    if text:
        fields.append(("FFI_FILE", f"{len(text)}A", f"S{len(text)}"))
    dtype = np.dtype([(name, *kind) if isinstance(kind, tuple) else (name, kind) for name, _, kind in fields])
    table = np.zeros(n, dtype)
    table["TIME"], table["FLUX"], table["FLUX_ERR"] = time, flux, 1.0
    table["QUALITY"] = 0 if quality is None else quality
    if pos_corr is not None:
        table["POS_CORR1"], table["POS_CORR2"] = pos_corr.T
    if text:
        table["FFI_FILE"] = text
    known: dict[str, object] = {
        "XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": dtype.itemsize, "NAXIS2": n, "PCOUNT": 0,
        "GCOUNT": 1, "TFIELDS": len(fields),
    }  # fmt: skip
    for i, (name, form, _) in enumerate(fields, start=1):
        known |= {f"TTYPE{i}": name, f"TFORM{i}": form}
    known |= {"TDIM4": f"({columns},{rows})", "TDIM5": f"({columns},{rows})", "EXTNAME": "PIXELS", "CROWDSAP": 0.98}
    known |= {"FLFRCSAP": 0.85} | TIMING | WCS_CARDS | (cards or {})
    known = {key: value for key, value in known.items() if key not in drop}
    body = table.tobytes()
    out = primary(**(FIRST | (first or {}))) + header(known) + body.ljust(-(-len(body) // 2880) * 2880, b"\0")
    if aperture is not None:
        image = aperture.astype(">i4").tobytes()
        shape = {"NAXIS": 2, "NAXIS1": aperture.shape[1], "NAXIS2": aperture.shape[0], "PCOUNT": 0, "GCOUNT": 1}
        out += header({"XTENSION": "IMAGE", "BITPIX": 32} | shape | {"EXTNAME": "APERTURE"})
        out += image.ljust(-(-len(image) // 2880) * 2880, b"\0")
    return out
