"""Where the pack of real light curves and catalogues lies, and how its small formats are read."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "data" / "examples"


def realdata_dir() -> Path:
    """The folder of LARUN_REALDATA, or ../shared/realdata beside the repository."""
    return Path(os.environ.get("LARUN_REALDATA") or REPOSITORY.parent / "shared" / "realdata")


def has_realdata() -> bool:
    """True where the pack is there."""
    return (realdata_dir() / "lightcurves" / "INDEX.csv").is_file()


def default_folder() -> Path:
    """The pack where it is there, else the folder of the bundled examples: four stars, but real ones."""
    return realdata_dir() if has_realdata() else EXAMPLES


MISSING_REASON = "the pack of real data is not here (set LARUN_REALDATA)"


def table(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV file, gzipped or not, with `#` comment lines before the header. None where there is no file."""
    if not path.is_file():
        return
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = (line for line in io.StringIO(raw.decode("utf-8", "replace"), newline="") if not line.startswith("#"))
    yield from csv.DictReader(lines)


def plain_bytes(path: Path) -> bytes:
    """The bytes of a file, gunzipped where it is gzipped."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def plain_size(path: Path) -> int:
    """The length of a file after gunzip, from the gzip trailer (files here are far below 4 GB)."""
    if path.suffix != ".gz":
        return path.stat().st_size
    with open(path, "rb") as file:
        file.seek(-4, os.SEEK_END)
        return int.from_bytes(file.read(4), "little")


def primary_header(path: Path) -> dict[str, str]:
    """The cards of the first header of a FITS file as text (quotes and comments removed)."""
    opener = gzip.open if path.suffix == ".gz" else open
    cards: dict[str, str] = {}
    with opener(path, "rb") as file:
        while block := file.read(2880):
            for start in range(0, len(block), 80):
                card = block[start : start + 80].decode("ascii", "replace")
                if card.startswith("END "):
                    return cards
                if card[8:10] != "= ":
                    continue
                value = card[10:].strip()
                value = value[1:].split("'")[0] if value.startswith("'") else value.split("/")[0]
                cards[card[:8].strip()] = value.strip()
    return cards


def number(text: str | None) -> float | None:
    """A number of a catalogue's cell, None where it is empty."""
    try:
        return float(text) if text not in (None, "") else None
    except ValueError:
        return None
