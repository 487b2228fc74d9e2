"""Gaia DR3: all sources of a small circle, asked through the real astroquery client and our own session.

astroquery speaks `http.client` here, without time-outs, limits or retries; asks for server messages when it is merely
imported; cuts object queries to 50 rows and synchronous ones to 2,000; and prints what fails. `GaiaArchive` is its
`GaiaClass` with the connection replaced by `GuardedSession`, its own ADQL with an explicit TOP, and the asynchronous
door for all that does not fit through the synchronous one.
"""

from __future__ import annotations

import re
import sys
import threading
import time
import warnings
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from .errors import ArchiveError, ArchiveUnavailable, ServiceUnreachable
from .portal import plain_columns
from .settings import ArchiveSettings, origin_of
from .sky_answers import labelled, remembered
from .transport import GuardedSession

SERVICE = "The star catalogue Gaia"
RELEASE = "Gaia DR3"
TABLE = "gaiadr3.gaia_source"

COLUMNS = (
    "source_id", "ra", "ra_error", "dec", "dec_error", "ref_epoch", "pmra", "pmra_error", "pmdec", "pmdec_error",
    "parallax", "parallax_error", "phot_g_mean_mag", "phot_bp_mean_mag", "phot_rp_mean_mag", "bp_rp", "ruwe",
    "non_single_star", "duplicated_source", "astrometric_params_solved", "phot_variable_flag", "teff_gspphot",
    "teff_gspphot_lower", "teff_gspphot_upper",
)  # fmt: skip

#: The synchronous door gives this many rows at most (astroquery's own limit, and that of the archive's help pages).
SYNC_ROWS = 2000
#: More stars than any field is worth; what lies beyond is the faintest and is told.
ROWS_MAX = 20_000
#: Circles are asked synchronously up to this radius; wider ones go to the asynchronous door at once.
SYNC_RADIUS_ARCSEC = 600.0

_IMPORTING = threading.Lock()


@dataclass(frozen=True, slots=True)
class GaiaCone:
    """Sources of a circle: `columns` maps each name of COLUMNS to one value a source, None where unknown.

    `complete` is False where ROWS_MAX cut the faintest off. `age_seconds` is None for a live answer; `note` says why
    an old answer had to do, "" where it need not.
    """

    columns: dict[str, list[Any]]
    complete: bool
    age_seconds: float | None
    note: str

    def __len__(self) -> int:
        return len(self.columns["source_id"])

    @property
    def label(self) -> str:
        """Name and age for a list of catalogues: "Gaia DR3, from the cache, 3 days old"."""
        return labelled(RELEASE, self.age_seconds)


def gaia_cone(ra_deg: float, dec_deg: float, radius_arcsec: float, settings: ArchiveSettings | None = None) -> GaiaCone:
    """All Gaia DR3 sources whose place of epoch 2016.0 is within a radius, the brightest first.

    From the cache while fresh, else live, else from the cache however old, with a note. Raises ArchiveUnavailable
    (ServiceUnreachable) where there is neither.
    """
    settings = settings or ArchiveSettings.from_env()
    key = f"{ra_deg:.3f} {dec_deg:+.3f} {radius_arcsec:.0f}"

    def ask() -> dict[str, Any]:
        columns, complete = _archive(settings).cone(ra_deg, dec_deg, radius_arcsec)
        return {"columns": columns, "complete": complete}

    document, age, note = remembered(settings, "gaia", "gaia-cone", key, ask)
    return GaiaCone(document["columns"], bool(document["complete"]), age, note)


@lru_cache(maxsize=4)
def _archive(settings: ArchiveSettings) -> GaiaArchive:
    return GaiaArchive(settings)


def adql_cone(ra_deg: float, dec_deg: float, radius_arcsec: float, rows: int) -> str:
    """The question: the brightest `rows` sources of a circle, with COLUMNS."""
    return (
        f"SELECT TOP {rows:d} {', '.join(COLUMNS)} FROM {TABLE} "  # noqa: S608 - numbers only
        f"WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', {ra_deg:.9f}, {dec_deg:.9f}, "
        f"{radius_arcsec / 3600:.9f})) ORDER BY phot_g_mean_mag ASC"
    )


class GaiaArchive:
    """astroquery's Gaia client on our own connection. Safe for several threads (one question at a time).

    Every method raises ArchiveUnavailable where Gaia cannot be asked or its answer makes no sense.
    """

    def __init__(self, settings: ArchiveSettings) -> None:
        client_class, connection_class = _astroquery()
        self.settings = settings
        self._lock = threading.Lock()
        self._door = _Door(settings)
        parts = urlsplit(settings.gaia_url)
        connection = connection_class(
            ishttps=parts.scheme == "https",
            host=parts.hostname,
            server_context=f"{parts.path}/tap-server",
            tap_context="tap",
            connhandler=self._door,
        )
        self._client: Any = client_class(
            tap_plus_conn_handler=connection, datalink_handler=object(), show_server_messages=False
        )
        self._client.ROW_LIMIT = -1

    def cone(self, ra_deg: float, dec_deg: float, radius_arcsec: float) -> tuple[dict[str, list[Any]], bool]:
        """COLUMNS of the sources of a circle (at most ROWS_MAX, the brightest), and whether these are all."""
        if radius_arcsec <= SYNC_RADIUS_ARCSEC:
            columns, cut = self._run(adql_cone(ra_deg, dec_deg, radius_arcsec, SYNC_ROWS), wait=False)
            if not cut and len(columns["source_id"]) < SYNC_ROWS:
                return columns, True
        columns, cut = self._run(adql_cone(ra_deg, dec_deg, radius_arcsec, ROWS_MAX + 1), wait=True)
        if len(columns["source_id"]) <= ROWS_MAX:
            return columns, not cut
        return {name: values[:ROWS_MAX] for name, values in columns.items()}, False

    def _run(self, adql: str, *, wait: bool) -> tuple[dict[str, list[Any]], bool]:
        """Columns of an answer, and whether the server says that it cut it short. `wait`: as an asynchronous job."""
        try:
            with self._lock, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # astropy warns of harmless details of the VOTable
                table = self._wait_for(adql) if wait else self._client.launch_job(adql).get_results()
                cut = self._door.overflow
            spelt = {name.lower(): name for name in table.colnames}  # the archive has answered SOURCE_ID at times
            found = plain_columns(table, [spelt[name] for name in COLUMNS])
            columns = dict(zip(COLUMNS, found.values(), strict=True))
        except ArchiveError:
            raise
        except Exception as error:  # whatever astroquery and its parsers make of a senseless answer
            raise ArchiveUnavailable(SERVICE, f"{SERVICE} sent an answer that makes no sense. Try again later.") from (
                error
            )
        if any(type(number) is not int for number in columns["source_id"]):
            raise ArchiveUnavailable(SERVICE, f"{SERVICE} sent an answer that makes no sense. Try again later.")
        return columns, cut

    def _wait_for(self, adql: str) -> Any:
        """Submit a job, look after it until it ends (astroquery would do so for ever), and fetch its table."""
        deadline = time.monotonic() + self.settings.query_seconds
        job = self._client.launch_job_async(adql, background=True)
        job.outputFile = None  # else a file of that name in the working folder would be taken for the answer
        pause = 0.1
        while True:
            phase = str(job.get_phase(update=True)).strip().upper()
            if phase == "COMPLETED":
                return job.get_results()
            if phase not in ("PENDING", "QUEUED", "EXECUTING"):
                raise ArchiveUnavailable(SERVICE, f"{SERVICE} gave up on the question ({phase.lower()[:20]}).")
            if time.monotonic() + pause > deadline:
                sentence = f"{SERVICE} is still busy with the question after {self.settings.query_seconds:.0f} seconds."
                raise ServiceUnreachable(SERVICE, f"{sentence} Try again later.")
            time.sleep(pause)
            pause = min(1.6 * pause, 5.0)


def _astroquery() -> tuple[Any, Any]:
    """astroquery's GaiaClass and TapConn, imported without a word to or from the network.

    The module makes a client of its own when it is imported, and that one asks for server messages; for the moment of
    the import it is told that there are none.
    """
    from astroquery.utils.tap.conn.tapconn import TapConn

    with _IMPORTING:
        if "astroquery.gaia" not in sys.modules:
            original = TapConn.execute_tapget
            TapConn.execute_tapget = lambda *_, **__: _Reply(204, b"", [])
            try:
                import astroquery.gaia  # noqa: F401
            finally:
                TapConn.execute_tapget = original
    from astroquery.gaia import GaiaClass

    return GaiaClass, TapConn


class _Reply:
    """As much of an `http.client.HTTPResponse` as astroquery reads."""

    def __init__(self, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
        self.status, self.reason = status, f"HTTP {status}"
        self._body, self._headers = body, headers

    def read(self) -> bytes:
        return self._body

    def getheaders(self) -> list[tuple[str, str]]:
        return self._headers


class _Door:
    """What astroquery takes for its connections: each request goes through our session.

    `overflow` tells whether the last table was cut short by the server, which astroquery does not look at. Refusals
    and pages in place of data are raised here, before astroquery prints them.
    """

    def __init__(self, settings: ArchiveSettings) -> None:
        self.host, self.port = urlsplit(settings.gaia_url).hostname, 0
        self.overflow = False
        parts = urlsplit(settings.gaia_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._settings = settings
        self._session = GuardedSession(SERVICE, settings)
        self._reply: _Reply | None = None

    def get_connection(self, **_: Any) -> _Door:
        return self

    def get_connection_secure(self, *_: Any, **__: Any) -> _Door:
        return self

    def request(self, method: str, place: str, data: str | None, headers: dict[str, str]) -> None:
        """Ask, and keep the reply. A whole address (of a redirect) is followed on the configured host only."""
        if "://" in place and origin_of(place)[1] == origin_of(self._origin)[1]:
            parts = urlsplit(place)  # behind a proxy the archive may name itself by another scheme or port
            place = parts.path + (f"?{parts.query}" if parts.query else "")
        url = place if "://" in place else self._origin + place
        response = self._session.request(method, url, data=data, headers=headers, allow_redirects=False)
        body = self._inflated(response.content)
        start = body[:2000].lstrip().lower()
        if start.startswith((b"<!doctype html", b"<html")):
            raise ArchiveUnavailable(
                SERVICE, f"{SERVICE} answered with a web page in place of data, as during maintenance. Try again later."
            )
        if response.status_code >= 400:
            raise ArchiveUnavailable(SERVICE, f"{SERVICE} refuses the question (HTTP {response.status_code}).")
        status = _query_status(body)
        if status == "ERROR":
            raise ArchiveUnavailable(SERVICE, f"{SERVICE} reports a fault on its side. Try again later.")
        self.overflow = status == "OVERFLOW"
        self._reply = _Reply(response.status_code, body, list(response.headers.items()))

    def getresponse(self) -> _Reply:
        assert self._reply is not None
        return self._reply

    def _inflated(self, body: bytes) -> bytes:
        """The body, unpacked where it is gzipped, within the size limit."""
        if body[:2] != b"\x1f\x8b":
            return body
        limit = self._settings.answer_bytes_max
        unpacker = zlib.decompressobj(wbits=31)
        try:
            plain = unpacker.decompress(body, limit)
        except zlib.error as error:
            raise ArchiveUnavailable(SERVICE, f"{SERVICE} sent an answer that is damaged. Try again later.") from error
        if unpacker.unconsumed_tail:
            raise ArchiveUnavailable(SERVICE, f"{SERVICE} sent an answer that is far too large.")
        if not unpacker.eof:
            raise ArchiveUnavailable(SERVICE, f"{SERVICE} sent an answer that breaks off. Try again later.")
        return plain


def _query_status(body: bytes) -> str:
    """QUERY_STATUS of a VOTable: the last one counts, since an overflow is told after the rows."""
    if b"<VOTABLE" not in body[:2000]:
        return ""
    found = [
        match
        for part in (body[:4000], body[-20_000:])  # service descriptions follow the rows
        for match in re.findall(rb"<INFO\b[^>]*\bname=\"QUERY_STATUS\"[^>]*\bvalue=\"(\w+)\"", part)
    ]
    return found[-1].decode().upper() if found else ""
