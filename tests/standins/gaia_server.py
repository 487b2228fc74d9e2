"""The Gaia archive's TAP (`/tap-server/tap/…`) over the Gaia rows of the data pack. A stand-in, never a source of data.

Real rows: the DR3 cone around TOI-3505. For the other stars of the pack a row is *made* from the star's TIC row; made
rows carry numbers from MADE_NUMBER on (above all that Gaia has given) and `MADE_BY_STAND_IN` as variability flag.
"""

from __future__ import annotations

import base64
import gzip
import math
import re
import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from .catalogue import Catalogue
from .realdata import number, table

Row = dict[str, Any]

TABLE = "gaiadr3.gaia_source"
#: Columns of the archive's table that are known here, with their VOTable types.
FIELDS: dict[str, str] = {
    "source_id": "long", "ra": "double", "ra_error": "float", "dec": "double", "dec_error": "float",
    "ref_epoch": "double", "pmra": "double", "pmra_error": "float", "pmdec": "double", "pmdec_error": "float",
    "parallax": "double", "parallax_error": "float", "phot_g_mean_mag": "float", "phot_bp_mean_mag": "float",
    "phot_rp_mean_mag": "float", "bp_rp": "float", "ruwe": "float", "non_single_star": "short",
    "duplicated_source": "boolean", "astrometric_params_solved": "short", "phot_variable_flag": "char",
    "teff_gspphot": "float", "teff_gspphot_lower": "float", "teff_gspphot_upper": "float",
}  # fmt: skip
_PACKS = {"long": ">q", "double": ">d", "float": ">f", "short": ">h"}

MADE_NUMBER = 7_000_000_000_000_000_000  # Gaia's own end below 6.92e18
MADE_FLAG = "MADE_BY_STAND_IN"

_NUMBER = r"([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)"
_POINT = r"POINT\(\s*'ICRS'\s*,\s*ra\s*,\s*dec\s*\)"
_QUESTION = re.compile(
    r"\s*SELECT\s+(?:TOP\s+(?P<top>\d+)\s+)?(?P<columns>[\w,\s*]+?)"
    rf"(?P<dist>,\s*DISTANCE\(\s*{_POINT}\s*,\s*POINT\(\s*'ICRS'\s*,\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\)\s*\)\s+AS\s+dist)?"
    rf"\s+FROM\s+{re.escape(TABLE)}"
    rf"(?:\s+WHERE\s+1\s*=\s*CONTAINS\(\s*{_POINT}\s*,\s*CIRCLE\(\s*'ICRS'\s*,\s*(?P<ra>{_NUMBER[1:-1]})\s*,"
    rf"\s*(?P<dec>{_NUMBER[1:-1]})\s*,\s*(?P<radius>{_NUMBER[1:-1]})\s*\)\s*\))?"
    r"(?:\s+ORDER\s+BY\s+(?P<order>\w+)(?:\s+(?P<way>ASC|DESC))?)?\s*",
    re.I,
)


class NotUnderstood(ValueError):
    """A question that the archive, or this stand-in of it, would refuse."""


@dataclass(frozen=True)
class Answer:
    """What to send: status, body, content type, further headers."""

    status: int
    body: bytes
    kind: str = "application/x-votable+xml"
    headers: tuple[tuple[str, str], ...] = ()


class GaiaTap:
    """Answers of the archive: synchronous, and as UWS jobs. Faults "error" and "overflow" are shown here."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = list(rows)
        self._jobs: dict[str, tuple[str, str]] = {}  # id -> (question, format)
        self._polls: dict[str, int] = {}
        self._lock = threading.Lock()
        self._arrange()

    def add(self, rows: Iterable[Row]) -> None:
        """Further sources, for tests."""
        self.rows += [dict(row) for row in rows]
        self._arrange()

    def answer(self, method: str, path: str, form: dict[str, str], base: str, struck: Iterable[str] = ()) -> Answer:
        """The answer to a request for `path` below `/tap-server/tap/`; `base` is the address of the server."""
        faults = set(struck)
        asked = {key.lower(): value for key, value in form.items()}
        if path == "sync":
            return self._table(asked.get("query", ""), asked.get("format", "votable"), faults, encoded=True)
        if path == "async" and method == "POST":
            with self._lock:
                job = f"{len(self._jobs) + 1}O"
                self._jobs[job] = (asked.get("query", ""), asked.get("format", "votable"))
            return Answer(303, b"", "text/plain", (("Location", f"{base}/tap-server/tap/async/{job}"),))
        match = re.fullmatch(r"async/(\w+)/(phase|results/result|error)", path)
        if match is None or match[1] not in self._jobs:
            return Answer(404, _failure("no such job"))
        question, form_of_answer = self._jobs[match[1]]
        if match[2] == "phase":
            return Answer(200, self._phase(match[1], question, faults).encode(), "text/plain")
        if match[2] == "error":
            return Answer(200, _failure("the job failed"))
        return self._table(question, form_of_answer, faults, encoded=False)

    def _phase(self, job: str, question: str, faults: set[str]) -> str:
        """EXECUTING at the first look, then what became of the job."""
        self._polls[job] = self._polls.get(job, 0) + 1
        if "executing" in faults or self._polls[job] == 1:
            return "EXECUTING"
        if "error" in faults:
            return "ERROR"
        try:
            self._select(question)
        except NotUnderstood:
            return "ERROR"
        return "COMPLETED"

    def _table(self, question: str, form: str, faults: set[str], *, encoded: bool) -> Answer:
        if "error" in faults:
            return Answer(200, _failure("Query failed"))
        try:
            names, rows = self._select(question)
        except NotUnderstood as error:
            return Answer(400, _failure(str(error)))
        cut = "overflow" in faults
        if cut:
            rows = rows[: len(rows) // 2]
        if form.lower() == "csv":
            lines = [",".join("" if row.get(n) is None else str(row[n]) for n in names) for row in rows]
            return Answer(200, "\n".join([",".join(names), *lines, ""]).encode(), "text/csv")
        body = votable(names, rows, overflow=cut)
        if "gzip" not in form.lower():
            return Answer(200, body)
        packed = gzip.compress(body, 1, mtime=0)
        return Answer(200, packed, headers=(("Content-Encoding", "gzip"),) if encoded else ())

    def _arrange(self) -> None:
        self._ra = np.radians(np.array([row["ra"] for row in self.rows]))
        self._dec = np.radians(np.array([row["dec"] for row in self.rows]))

    def _select(self, question: str) -> tuple[list[str], list[Row]]:
        match = _QUESTION.fullmatch(question.replace("\n", " "))
        if match is None:
            raise NotUnderstood("this stand-in understands only cones of gaiadr3.gaia_source")
        names = [name.strip().lower() for name in match["columns"].split(",")]
        names = list(FIELDS) if names == ["*"] else names
        for name in [*names, *([match["order"].lower()] if match["order"] else [])]:
            if name not in FIELDS and not (name == "dist" and match["dist"]):
                raise NotUnderstood(f'Cannot parse query: unknown column "{name}"')
        chosen = range(len(self.rows))
        away = None
        if match["ra"]:
            away = self._away_deg(float(match["ra"]), float(match["dec"]))
            chosen = np.flatnonzero(away <= float(match["radius"])).tolist()
        rows = [self.rows[i] for i in chosen]
        if match["dist"]:
            assert away is not None
            rows, names = (
                [row | {"dist": float(away[i])} for row, i in zip(rows, chosen, strict=True)],
                [*names, "dist"],
            )
        if match["order"]:
            key = match["order"].lower()
            rows.sort(key=lambda row: math.inf if row.get(key) is None else row[key], reverse=match["way"] == "DESC")
        return names, rows[: int(match["top"])] if match["top"] else rows

    def _away_deg(self, ra_deg: float, dec_deg: float) -> np.ndarray[Any, Any]:
        a, d = math.radians(ra_deg), math.radians(dec_deg)
        half = np.sin((self._dec - d) / 2) ** 2 + math.cos(d) * np.cos(self._dec) * np.sin((self._ra - a) / 2) ** 2
        return np.degrees(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def rows_of(catalogue: Catalogue, folder: Path) -> list[Row]:
    """The real rows of the pack, and made ones where it has none."""
    real = list(real_rows(folder / "cones"))
    return real + [row for row in made_rows(catalogue) if not _inside(row, real)]


def real_rows(folder: Path) -> Iterable[Row]:
    """The Gaia DR3 rows of the pack."""
    for path in sorted(folder.glob("*_gaia_dr3_*.csv.gz")):
        for row in table(path):
            found: Row = {key: number(value) for key, value in row.items() if key in FIELDS}
            found |= {"source_id": int(row["source_id"]), "ref_epoch": 2016.0, "duplicated_source": False}
            found["phot_variable_flag"] = row["phot_variable_flag"]
            found["non_single_star"] = int(row["non_single_star"])
            found["astrometric_params_solved"] = 3 if found.get("pmra") is None else 31
            yield found


def made_rows(catalogue: Catalogue) -> Iterable[Row]:
    """A source for each TIC star with a place and a brightness, at 2016.0."""
    for tic_id, row in catalogue.tic.items():
        tmag, kepmag = row.get("Tmag"), row.get("kepmag")
        g = row.get("GAIAmag") or kepmag or (tmag + 0.43 if tmag is not None else None)
        if row.get("ra") is None or row.get("dec") is None or g is None or abs(row["dec"]) > 89.99:
            continue
        pm_ra, pm_dec = row.get("pmRA"), row.get("pmDEC")
        years = 16.0 / 3.6e6
        yield {
            "source_id": MADE_NUMBER + tic_id,
            "ra": row["ra"] + (pm_ra or 0.0) * years / math.cos(math.radians(row["dec"])),
            "dec": row["dec"] + (pm_dec or 0.0) * years,
            "ref_epoch": 2016.0,
            "pmra": pm_ra,
            "pmdec": pm_dec,
            "parallax": row.get("plx") or (1000.0 / row["d"] if row.get("d") else None),
            "parallax_error": row.get("e_plx"),
            "phot_g_mean_mag": g,
            "ruwe": 1.0,
            "non_single_star": 0,
            "duplicated_source": False,
            "astrometric_params_solved": 31 if pm_ra is not None else 3,
            "phot_variable_flag": MADE_FLAG,
            "teff_gspphot": row.get("Teff"),
        }


def _inside(row: Row, real: list[Row]) -> bool:
    """True where the pack has real Gaia rows around a place (its first row is the middle of the cone)."""
    return bool(real) and abs(row["dec"] - real[0]["dec"]) < 0.05 and abs(row["ra"] - real[0]["ra"]) < 0.06


def votable(names: list[str], rows: list[Row], *, overflow: bool = False) -> bytes:
    """A VOTable as the archive sends it: BINARY2, the number's ID in capitals, the status before and after the rows."""
    fields = ""
    for name in names:
        extra = ' ID="SOURCE_ID"' if name == "source_id" else ' arraysize="*"' if _type(name) == "char" else ""
        fields += f'<FIELD{extra} datatype="{_type(name)}" name="{name}"/>'
    stream = base64.b64encode(b"".join(_packed(names, row) for row in rows)).decode()
    after = '<INFO name="QUERY_STATUS" value="OVERFLOW"/>' if overflow else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">'
        '<RESOURCE type="results"><INFO name="QUERY_STATUS" value="OK"/>'
        '<INFO name="STAND-IN" value="not the archive of ESA"/>'
        f'<TABLE>{fields}<DATA><BINARY2><STREAM encoding="base64">{stream}</STREAM></BINARY2></DATA></TABLE>{after}'
        '</RESOURCE><RESOURCE type="meta" utype="adhoc:service"><PARAM name="standardID" datatype="char" arraysize="*" '
        'value="ivo://ivoa.net/std/DataLink#links-1.0"/></RESOURCE></VOTABLE>\n'
    ).encode()


def _type(name: str) -> str:
    return FIELDS.get(name, "double")


def _packed(names: list[str], row: Row) -> bytes:
    """One row of BINARY2: a bit for each null, then the values."""
    nulls = bytearray((len(names) + 7) // 8)
    cells = []
    for place, name in enumerate(names):
        value, kind = row.get(name), _type(name)
        if value is None:
            nulls[place // 8] |= 0x80 >> place % 8
        if kind == "char":
            text = str(value or "").encode()
            cells.append(struct.pack(">I", len(text)) + text)
        elif kind == "boolean":
            cells.append(b"?" if value is None else b"T" if value else b"F")
        else:
            missing: float = math.nan if kind in ("double", "float") else 0
            cells.append(struct.pack(_PACKS[kind], missing if value is None else value))
    return bytes(nulls) + b"".join(cells)


def _failure(message: str) -> bytes:
    """The error document of TAP."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<VOTABLE version="1.4"><RESOURCE type="results">'
        f'<INFO name="QUERY_STATUS" value="ERROR">{escape(message)}</INFO></RESOURCE></VOTABLE>\n'
    ).encode()
