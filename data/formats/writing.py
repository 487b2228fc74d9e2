"""Write stitched and detrended light curves as FITS and CSV, so that any other tool can read them, and so can we."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from data.formats.table import FloatColumn
from science.lightcurve import BTJD_OFFSET_DAYS, BoolArray, DetrendedCurve, IntArray, StitchedCurve
from science.stars import Star, Value

CREATOR = "LARUN.SPACE"
_CHUNK_ROWS = 50_000
#: Characters with which a cell begins that a spreadsheet may run (OWASP, "CSV injection").
_ACTING = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_ASCII = str.maketrans({"−": "-", "–": "-", "—": "-", "“": '"', "”": '"', "’": "'", "…": "...", "×": "x", "±": "+/-"})


class _Rows:
    """The columns of an export, the same for both kinds of curve and both formats."""

    def __init__(self, curve: StitchedCurve | DetrendedCurve) -> None:
        stitched = curve.curve if isinstance(curve, DetrendedCurve) else curve
        self.stitched = stitched
        self.time_bjd: FloatColumn = stitched.time_bjd
        self.raw: FloatColumn = stitched.flux
        self.quality: IntArray = stitched.quality
        self.sector: IntArray = stitched.sector
        self.filled: BoolArray = stitched.filled
        if isinstance(curve, DetrendedCurve):
            self.flux, self.trend, self.used = curve.flux, curve.trend, curve.use
            # flux = raw / trend, and so is its error.
            with np.errstate(divide="ignore", invalid="ignore"):
                self.err: FloatColumn = stitched.flux_err / curve.trend
            self.notes: tuple[str, ...] = (*stitched.notes, *curve.notes)
        else:
            self.flux, self.trend = stitched.flux, np.ones(len(stitched.flux))
            self.used = np.isfinite(stitched.flux) & ~stitched.filled
            self.err = stitched.flux_err
            self.notes = stitched.notes


def write_fits(
    path: Path,
    curve: StitchedCurve | DetrendedCurve,
    star: Star = Star(),
    provenance: Mapping[str, str] | None = None,
) -> None:
    """Write one binary table LIGHTCURVE: TIME (BJD_TDB - 2457000), FLUX and FLUX_ERR (relative, around 1), RAW_FLUX
    (stitched, not detrended), TREND, QUALITY, SECTOR (index of the keywords SECT0 …), USED and FILLED.

    `provenance` (name -> value: run, version, settings, source files and their checksums) becomes HISTORY lines. The
    file appears under its name only when it is complete, and the same input gives the same bytes. Raises OSError.
    """
    from astropy.io import fits

    rows = _Rows(curve)
    primary = fits.PrimaryHDU()
    for key, value, comment in _star_cards(star, rows.stitched.target):
        primary.header[key] = (value, comment)
    columns = [
        fits.Column("TIME", "D", unit="BJD - 2457000, days", array=rows.time_bjd - BTJD_OFFSET_DAYS, disp="D16.9"),
        fits.Column("FLUX", "D", array=rows.flux),
        fits.Column("FLUX_ERR", "D", array=rows.err),
        fits.Column("RAW_FLUX", "D", array=rows.raw),
        fits.Column("TREND", "D", array=rows.trend),
        fits.Column("QUALITY", "J", array=rows.quality),
        fits.Column("SECTOR", "I", array=rows.sector),
        fits.Column("USED", "L", array=rows.used),
        fits.Column("FILLED", "L", array=rows.filled),
    ]
    table = fits.BinTableHDU.from_columns(columns, name="LIGHTCURVE")
    for key, value, comment in (
        ("TIMEREF", "SOLARSYSTEM", "barycentric correction applied to times"),
        ("TIMESYS", "TDB", "time system is barycentric dynamical time"),
        ("BJDREFI", int(BTJD_OFFSET_DAYS), "integer part of BJD reference date"),
        ("BJDREFF", 0.0, "fraction of the day in BJD reference date"),
        ("TIMEUNIT", "d", "time unit for TIME"),
    ):
        table.header[key] = (value, comment)
    for index, label in enumerate(rows.stitched.labels):
        table.header[f"SECT{index}"] = (_ascii(label)[:40], f"sector, quarter or campaign number {index}")
    for name, text in _provenance(provenance, rows.notes):
        primary.header["HISTORY"] = _ascii(f"{name}: {text}")
    file = fits.HDUList([primary, table])
    file.update_extend()
    for unit in file:
        unit.add_checksum(when="checksum of the data unit")
    part = _part(path)
    try:
        file.writeto(part, overwrite=True)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_csv(
    path: Path,
    curve: StitchedCurve | DetrendedCurve,
    star: Star = Star(),
    provenance: Mapping[str, str] | None = None,
) -> None:
    """Write the same columns as `write_fits` as text: comment lines that begin with #, a header, a row a measurement.

    Times are full BJD_TDB in days, missing numbers are empty cells, and no cell begins with a character that a
    spreadsheet would run as a formula. The file appears under its name only when it is complete. Raises OSError.
    """
    rows = _Rows(curve)
    part = _part(path)
    try:
        with part.open("w", encoding="utf-8", newline="\n") as out:
            _csv_head(out, rows, star, provenance)
            for start in range(0, len(rows.time_bjd), _CHUNK_ROWS):
                _csv_rows(out, rows, slice(start, start + _CHUNK_ROWS))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def safe_cell(text: str) -> str:
    """Text for a cell of a table that people open in a spreadsheet: one line, quoted where needed, never a formula."""
    line = re.sub(r"[\r\n\t\x00-\x1f]+", " ", text)
    if text.startswith(_ACTING) or line.lstrip().startswith(_ACTING):
        line = "'" + line
    return '"' + line.replace('"', '""') + '"' if re.search('[",;]', line) else line


def _csv_head(out: IO[str], rows: _Rows, star: Star, provenance: Mapping[str, str] | None) -> None:
    out.write(f"# light curve exported by {CREATOR}\n")
    for name, value, comment in _star_cards(star, rows.stitched.target):
        if name not in ("CREATOR", "ORIGIN"):
            out.write(f"# {name}: {_line(str(value))} ({_line(comment)})\n")
    for name, text in _provenance(provenance, rows.notes):
        out.write(f"# {_line(name)}: {_line(text)}\n")
    out.write("# time_bjd_tdb in days; flux, flux_err, raw_flux and trend relative to 1; quality is a bit field\n")
    out.write("time_bjd_tdb,flux,flux_err,raw_flux,trend,quality,sector,used,filled\n")


def _csv_rows(out: IO[str], rows: _Rows, span: slice) -> None:
    labels = [safe_cell(label) for label in rows.stitched.labels]
    columns = (
        [f"{t:.9f}" for t in rows.time_bjd[span].tolist()],
        _numbers(rows.flux[span]),
        _numbers(rows.err[span]),
        _numbers(rows.raw[span]),
        _numbers(rows.trend[span]),
        [str(q) for q in rows.quality[span].tolist()],
        [labels[i] if 0 <= i < len(labels) else "" for i in rows.sector[span].tolist()],
        [str(int(u)) for u in rows.used[span].tolist()],
        [str(int(f)) for f in rows.filled[span].tolist()],
    )
    out.writelines(",".join(cells) + "\n" for cells in zip(*columns, strict=True))


def _numbers(values: FloatColumn) -> list[str]:
    return [f"{v:.12g}" if v == v and abs(v) != np.inf else "" for v in values.tolist()]


def _star_cards(star: Star, target: str) -> list[tuple[str, str | int | float, str]]:
    """Keyword, value and comment for what is known about the star. Unknown things are left out, never filled in."""
    cards: list[tuple[str, str | int | float, str]] = [
        ("CREATOR", CREATOR, "program that wrote this file"),
        ("ORIGIN", CREATOR, "not an archive product"),
    ]
    name = _ascii(star.name or target)[:60]
    if name:
        cards.append(("OBJECT", name, "target"))
    if star.tic_id is not None:
        cards.append(("TICID", star.tic_id, "TESS Input Catalog identifier"))
    plain: Sequence[tuple[str, float | None, str]] = (
        ("RA_OBJ", star.ra_deg, "[deg] right ascension"),
        ("DEC_OBJ", star.dec_deg, "[deg] declination"),
        ("TESSMAG", star.tmag, "[mag] TESS magnitude"),
    )
    cards.extend((key, value, comment) for key, value, comment in plain if value is not None)
    known: Sequence[tuple[str, Value | None, str]] = (
        ("TEFF", star.teff_k, "[K] effective temperature"),
        ("LOGG", star.logg_cgs, "[cm/s2] log10 surface gravity"),
        ("RADIUS", star.radius_sun, "[solar radii] stellar radius"),
        ("MASS", star.mass_sun, "[solar mass] stellar mass"),
    )
    for key, found, comment in known:
        if found is not None:
            cards.append((key, found.value, _ascii(f"{comment}; {found.source}")[:46]))
    return cards


def _provenance(given: Mapping[str, str] | None, notes: tuple[str, ...]) -> list[tuple[str, str]]:
    return [*(given or {}).items(), *(("note", note) for note in notes)]


def _line(text: str) -> str:
    return " ".join(text.split())


def _ascii(text: str) -> str:
    """Text that a FITS header may hold: printable ASCII on one line."""
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII)).encode("ascii", "ignore").decode()
    return "".join(c if " " <= c <= "~" else " " for c in plain)


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")
