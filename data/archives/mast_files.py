"""MAST's rows of files and observations as products: which files are light curves or pixels, and what they hold."""

from __future__ import annotations

import math
import re
from typing import Any

from .portal import Row
from .products import MissionName, Product

#: What each list takes of MAST's files. Short cadence of Kepler adds nothing that long cadence does not have.
KINDS_OF_FILES = {
    "products": re.compile(r"(?:^|[-_])(?:fast-)?l?lc\.fits(?:\.gz)?$"),
    "pixels": re.compile(r"(?:[-_](?:fast-)?tp|_lpd-targ)\.fits(?:\.gz)?$"),
}


def product_from_rows(row: Row, observation: Row, kind: str = "products") -> Product | None:
    """A Product of MAST's product row and its observation's row; None where the file is not of this kind."""
    uri, file_name = str(row.get("dataURI") or ""), str(row.get("productFilename") or "")
    if not uri.startswith("mast:") or not KINDS_OF_FILES[kind].search(file_name.lower()):
        return None
    project = {"TESS": "TESS", "KEPLER": "Kepler", "K2": "K2"}.get(str(observation.get("project") or "").upper())
    if project is None:
        return None
    mission: MissionName = project  # type: ignore[assignment]
    number = observation.get("sequence_number")
    if mission == "Kepler":  # one observation spans all quarters; the quarter stands in the description
        quarter = re.search(r"Q(\d+)", str(row.get("description") or ""))
        number = int(quarter[1]) if quarter else None
    exposure = observation.get("t_exptime")
    started = observation.get("t_min")
    size = row.get("size")
    return Product(
        uri=uri,
        file_name=file_name,
        mission=mission,
        number=int(number) if number is not None else None,
        author=str(observation.get("provenance_name") or ""),
        cadence_seconds=float(exposure) if exposure is not None else math.nan,
        size_bytes=int(size) if size is not None and int(size) > 0 else None,
        year=_year_of(file_name, mission, started),
        target_name=str(observation.get("target_name") or ""),
    )


def _year_of(file_name: str, mission: MissionName, started_mjd: Any) -> int | None:
    """Calendar year of the data. Kepler's observation spans years, so its file name decides."""
    stamp = re.match(r"kplr\d{9}-(\d{4})\d{9}", file_name)
    if mission == "Kepler" and stamp:
        return int(stamp[1])
    if started_mjd is None:
        return None
    return int(2000 + (float(started_mjd) - 51544.0) / 365.25)
