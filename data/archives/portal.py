"""astroquery, made to speak to the configured MAST through our session.

astroquery 0.4 computes its addresses when it is imported (changing `conf.server` later has no effect), shares its
column tables between all instances, asks the name resolver at a fixed plain-http address, and has no retries.
`redirect` sets all of that on one instance; `MastPortal` is our instance of it.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import requests

from .errors import ArchiveError, ArchiveUnavailable
from .settings import ArchiveSettings
from .transport import GuardedSession

T = TypeVar("T")

SERVICE = "The light-curve archive (MAST)"
RESOLVER = "The name service of MAST"

Row = dict[str, Any]


def redirect(client: Any, settings: ArchiveSettings, session: requests.Session) -> None:
    """Make an astroquery MAST client (Observations, Catalogs …) use `settings.mast_url` and `session`."""
    portal = client._portal_api_connection
    portal.MAST_REQUEST_URL = f"{settings.mast_url}/api/v0/invoke"
    portal.COLUMNS_CONFIG_URL = f"{settings.mast_url}/portal/Mashup/Mashup.asmx/columnsconfig"
    portal.MAST_DOWNLOAD_URL = f"{settings.mast_url}/api/v0.1/Download/file"
    portal.MAST_BUNDLE_URL = f"{settings.mast_url}/api/v0.1/Download/bundle"
    portal.TIMEOUT = settings.query_seconds
    portal._column_configs = {}
    portal._session = session
    client._session = session


@contextmanager
def redirected_resolver(settings: ArchiveSettings, session: requests.Session) -> Iterator[None]:
    """While active, astroquery's own name resolving goes to `settings.resolver_url` through `session`."""
    from astroquery.mast import utils

    original = utils._simple_request

    def through_session(url: str, params: dict[str, Any] | None = None) -> requests.Response:
        if "/Santa-war/" in url:
            url = f"{settings.resolver_url}/Santa-war/query"
        response = session.request("GET", url, params=params)
        response.raise_for_status()
        return response

    utils._simple_request = through_session
    try:
        yield
    finally:
        utils._simple_request = original


class MastPortal:
    """The queries we need of MAST, each one a call of the real astroquery client. Safe for several threads.

    Every method raises ArchiveUnavailable where MAST cannot be asked or its answer makes no sense.
    """

    def __init__(self, settings: ArchiveSettings) -> None:
        from astroquery.mast import CatalogsClass, ObservationsClass, TesscutClass

        self.settings = settings
        self._lock = threading.Lock()
        session = GuardedSession(SERVICE, settings, expect_json=True)
        self._observations: Any = ObservationsClass()
        self._catalogs: Any = CatalogsClass()
        for client in (self._observations, self._catalogs):
            redirect(client, settings, session)
        self._tesscut: Any = TesscutClass()
        self._tesscut._session = session
        service = self._tesscut._service_api_connection
        service.REQUEST_URL = f"{settings.mast_url}/tesscut/api/v0.1/"
        service.TIMEOUT = settings.query_seconds
        service._session = session
        self._resolver = GuardedSession(RESOLVER, settings, expect_json=True)

    def tic_by_number(self, tic_id: int) -> Row | None:
        """The TIC's row of a number, or None where the TIC has no such number."""
        # [n, n] is right whether the column counts as a number (a range) or as text (two equal values)
        rows = self._rows(lambda: self._catalogs.query_criteria("Tic", ID=[tic_id, tic_id]))
        return next((row for row in rows if _number(row.get("ID")) == tic_id), None)

    def tic_by_kic(self, kic_id: int) -> Row | None:
        """The TIC's row of a Kepler Input Catalog number, or None."""
        rows = self._rows(lambda: self._catalogs.query_criteria("Tic", KIC=[kic_id, kic_id]))
        return next((row for row in rows if _number(row.get("KIC")) == kic_id), None)

    def tic_cone(
        self, ra_deg: float, dec_deg: float, radius_arcsec: float, columns: Collection[str] | None = None
    ) -> list[Row]:
        """All rows of the TIC within a radius, with all columns or those of `columns` that the answer has."""
        from astropy.coordinates import SkyCoord

        place = SkyCoord(ra_deg, dec_deg, unit="deg")
        return self._rows(
            lambda: self._catalogs.query_region(place, radius=radius_arcsec / 3600.0, catalog="Tic"), columns
        )

    def observations(self, **criteria: Any) -> list[Row]:
        """CAOM observations by criteria (`target_name=[…]`, `project=[…]` …)."""
        return self._rows(lambda: self._observations.query_criteria(**criteria))

    def observations_at(self, ra_deg: float, dec_deg: float, radius_arcsec: float, **criteria: Any) -> list[Row]:
        """CAOM observations whose footprint is touched by a circle, by further criteria."""
        from astropy.coordinates import SkyCoord

        place = SkyCoord(ra_deg, dec_deg, unit="deg")
        return self._rows(
            lambda: self._observations.query_criteria(coordinates=place, radius=radius_arcsec / 3600.0, **criteria)
        )

    def products(self, obsids: list[str]) -> list[Row]:
        """The files of observations (by their `obsid`), asked in batches."""
        rows: list[Row] = []
        for start in range(0, len(obsids), 100):
            batch = obsids[start : start + 100]
            rows += self._rows(lambda batch=batch: self._observations.get_product_list(batch))  # type: ignore[misc]
        return rows

    def cut_out_sectors(self, ra_deg: float, dec_deg: float) -> list[Row]:
        """The TESS sectors whose full-frame images show a place (`sectorName`, `sector`, `camera`, `ccd`)."""
        from astropy.coordinates import SkyCoord

        place = SkyCoord(ra_deg, dec_deg, unit="deg")
        return self._rows(lambda: self._tesscut.get_sectors(coordinates=place, radius=0))

    def resolve_name(self, name: str) -> Row | None:
        """The first position that MAST's resolver finds for a name (`ra`, `decl`, `canonicalName`), or None."""
        response = self._resolver.request(
            "GET",
            f"{self.settings.resolver_url}/Santa-war/query",
            params={"name": name, "outputFormat": "json", "resolveAll": "false"},
        )
        if response.status_code == 404:
            return None
        if not response.ok:
            raise ArchiveUnavailable(RESOLVER, f"{RESOLVER} refuses the question (HTTP {response.status_code}).")
        try:
            found = response.json().get("resolvedCoordinate") or []
            usable = [row for row in found if row.get("ra") is not None and row.get("decl") is not None]
            return dict(usable[0]) if usable else None
        except (ValueError, AttributeError, TypeError) as error:
            raise _senseless(RESOLVER) from error

    def _rows(self, query: Callable[[], Any], columns: Collection[str] | None = None) -> list[Row]:
        """Run one astroquery call and give its table as plain rows, masked values as None."""
        from astroquery.exceptions import InvalidQueryError, NoResultsWarning, RemoteServiceError

        try:
            with self._lock, warnings.catch_warnings():
                warnings.simplefilter("ignore", NoResultsWarning)
                table = query()
            found = plain_columns(table, [n for n in table.colnames if columns is None or n in columns])
            return [dict(zip(found, cells, strict=True)) for cells in zip(*found.values(), strict=True)]
        except ArchiveError:
            raise
        except TimeoutError as error:
            sentence = f"{SERVICE} is still busy with the question after {self.settings.query_seconds:.0f} seconds."
            raise ArchiveUnavailable(SERVICE, f"{sentence} Try again later.") from error
        except requests.exceptions.HTTPError as error:
            status = error.response.status_code if error.response is not None else 0
            raise ArchiveUnavailable(SERVICE, f"{SERVICE} refuses the question (HTTP {status}).") from error
        except RemoteServiceError as error:
            raise ArchiveUnavailable(SERVICE, f"{SERVICE} reports a fault on its side. Try again later.") from error
        except (
            InvalidQueryError,
            requests.exceptions.RequestException,
            ValueError,
            KeyError,
            TypeError,
            IndexError,
            AttributeError,
        ) as error:
            raise _senseless(SERVICE) from error


def _senseless(service: str) -> ArchiveUnavailable:
    return ArchiveUnavailable(service, f"{service} sent an answer that makes no sense. Try again later.")


def plain_columns(table: Any, names: Iterable[str]) -> dict[str, list[Any]]:
    """Columns of an astropy table as lists of Python values; masked, NaN and empty become None.

    By columns, since a row of an astropy table costs as much as a column of numbers. Raises KeyError.
    """
    return {name: [_plain(value) for value in table[name].tolist()] for name in names}


def _plain(value: Any) -> Any:
    """A cell as a Python value; NaN and empty become None."""
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, str) and value.strip() in ("", "nan", "None", "--"):
        return None
    return value


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
