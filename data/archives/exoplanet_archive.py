"""NASA Exoplanet Archive: the planets and candidates already known around a star (TAP, synchronous, CSV).

Nice to have, never needed: where the archive does not answer, the result is None and the work goes on.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import time
from typing import Any

from .answers import AnswerStore
from .errors import ArchiveError, ArchiveUnavailable
from .products import KnownPlanet
from .settings import ArchiveSettings
from .transport import GuardedSession, looks_like_html

SERVICE = "The NASA Exoplanet Archive"

#: This list is an extra, so nobody waits long for it, and not again and again while the archive is down.
PATIENCE_SECONDS = 8.0
SILENCE_SECONDS = 120.0
_down_until: dict[str, float] = {}

#: Two periods closer than this (relative) are the same planet.
SAME_PERIOD = 0.01

_PLANET_COLUMNS = "pl_name,pl_orbper,pl_tranmid,pl_trandur,pl_trandep,pl_rade"
_TOI_COLUMNS = "toi,tfopwg_disp,pl_orbper,pl_tranmid,pl_trandurh,pl_trandep,pl_rade"

_STATUS = {
    "CP": "confirmed",
    "KP": "confirmed",
    "PC": "candidate",
    "APC": "candidate",
    "FP": "false positive",
    "FA": "false positive",
}


def known_planets(tic_id: int, settings: ArchiveSettings | None = None) -> tuple[KnownPlanet, ...] | None:
    """Planets and candidates of a star: confirmed ones of `pscomppars`, TOIs of `toi` that are not among them.

    Sorted by period. An empty tuple means that none is listed; None that the archive could not be asked.
    """
    settings = settings or ArchiveSettings.from_env()
    store = _store(settings)
    key = f"tic {tic_id}"
    stored = store.get("planets", key)
    if stored is None or stored.age_seconds >= settings.planets_fresh_seconds:
        try:
            found = [dataclasses.asdict(planet) for planet in _ask_planets(tic_id, settings)]
        except ArchiveError:
            if stored is None:
                return None
            found = stored.value
        else:
            store.put("planets", key, found)
    else:
        found = stored.value
    try:
        return tuple(KnownPlanet(**fields) for fields in found)
    except TypeError:  # an answer of an older version of this program
        return None


def tic_of_toi(toi: int, settings: ArchiveSettings | None = None) -> int | None:
    """The TIC number of a TESS object of interest; None where it is not listed or the archive does not answer."""
    settings = settings or ArchiveSettings.from_env()
    store = _store(settings)
    stored = store.get("toi", str(toi))
    if stored is not None and stored.value is not None:
        return int(stored.value)
    try:
        adql = f"select toi,tid from toi where toi > {toi:d} and toi < {toi + 1:d}"  # noqa: S608 - whole numbers
        rows = tap_rows(adql, settings)
        tic_id = int(rows[0]["tid"]) if rows else None
    except (ArchiveError, KeyError, ValueError):
        return None
    if tic_id is not None:
        store.put("toi", str(toi), tic_id)
    return tic_id


def tap_rows(
    adql: str, settings: ArchiveSettings, *, patience_seconds: float = PATIENCE_SECONDS
) -> list[dict[str, str]]:
    """The rows of one synchronous TAP query, as text. Raises ArchiveUnavailable."""
    quick = dataclasses.replace(
        settings,
        query_seconds=min(settings.query_seconds, PATIENCE_SECONDS),
        connect_seconds=min(settings.connect_seconds, 5.0),
        read_seconds=min(settings.read_seconds, PATIENCE_SECONDS),
        attempts=min(settings.attempts, 2),
    )
    if time.monotonic() < _down_until.get(settings.nea_url, 0.0):
        raise ArchiveUnavailable(SERVICE, f"{SERVICE} did not answer a moment ago.")
    try:
        with GuardedSession(SERVICE, quick) as session:
            response = session.request("GET", f"{settings.nea_url}/TAP/sync", params={"query": adql, "format": "csv"})
    except ArchiveUnavailable:
        _down_until[settings.nea_url] = time.monotonic() + SILENCE_SECONDS
        raise
    body = response.content
    # errors come as a VOTable or a page, with any status
    if not response.ok or looks_like_html(body) or body[:5].upper() == b"ERROR":
        raise ArchiveUnavailable(SERVICE, f"{SERVICE} did not understand the question or is under maintenance.")
    try:
        reader = csv.DictReader(io.StringIO(body.decode("utf-8")))
        asked = re.sub(r"^select\s+|\s+from\s.*$", "", adql, flags=re.I | re.S).split(",")
        if not {name.strip() for name in asked} <= set(reader.fieldnames or ()):
            raise ValueError("the columns asked for are not in the answer")
        return list(reader)
    except (ValueError, csv.Error) as error:
        raise ArchiveUnavailable(SERVICE, f"{SERVICE} sent an answer that makes no sense.") from error


def _ask_planets(tic_id: int, settings: ArchiveSettings) -> list[KnownPlanet]:
    confirmed = [
        KnownPlanet(
            name=row.get("pl_name") or f"TIC {tic_id} planet",
            status="confirmed",
            period_days=_float(row.get("pl_orbper")),
            epoch_bjd=_float(row.get("pl_tranmid")),
            duration_hours=_float(row.get("pl_trandur")),
            depth_ppm=_scaled(row.get("pl_trandep"), 1e4),  # percent
            radius_earth=_float(row.get("pl_rade")),
            source="NASA Exoplanet Archive, confirmed planets",
        )
        for row in tap_rows(
            f"select {_PLANET_COLUMNS} from pscomppars where tic_id = 'TIC {tic_id:d}'",  # noqa: S608 - a whole number
            settings,
        )
    ]
    listed = list(confirmed)
    for row in tap_rows(
        f"select {_TOI_COLUMNS} from toi where tid = {tic_id:d}",  # noqa: S608 - a whole number
        settings,
    ):
        status = _STATUS.get((row.get("tfopwg_disp") or "").strip().upper(), "candidate")
        planet = KnownPlanet(
            name=f"TOI-{_toi_text(row.get('toi'))}",
            status=status,  # type: ignore[arg-type]
            period_days=_float(row.get("pl_orbper")),
            epoch_bjd=_float(row.get("pl_tranmid")),
            duration_hours=_float(row.get("pl_trandurh")),
            depth_ppm=_float(row.get("pl_trandep")),
            radius_earth=_float(row.get("pl_rade")),
            source="NASA Exoplanet Archive, TESS objects of interest",
        )
        twin = next((i for i, other in enumerate(listed) if _same(planet, other)), None)
        if twin is None:
            listed.append(planet)
        else:
            listed[twin] = _filled(listed[twin], planet)
    return sorted(listed, key=lambda p: (p.period_days is None, p.period_days or 0.0, p.name))


def _same(planet: KnownPlanet, other: KnownPlanet) -> bool:
    if planet.period_days is None or other.period_days is None or other.status != "confirmed":
        return False
    return abs(planet.period_days / other.period_days - 1) < SAME_PERIOD


def _filled(planet: KnownPlanet, from_toi: KnownPlanet) -> KnownPlanet:
    """A confirmed planet with what its row lacks taken from the TOI table."""
    missing: dict[str, Any] = {
        name: getattr(from_toi, name)
        for name in ("epoch_bjd", "duration_hours", "depth_ppm", "radius_earth")
        if getattr(planet, name) is None
    }
    return dataclasses.replace(planet, **missing)


def _store(settings: ArchiveSettings) -> AnswerStore:
    return AnswerStore(settings.cache_dir / "answers" / re.sub(r"[^A-Za-z0-9.]+", "-", settings.nea_url))


def _toi_text(value: str | None) -> str:
    number = _float(value)
    return f"{number:.2f}" if number is not None else "?"


def _float(value: str | None) -> float | None:
    try:
        number = float(value) if value not in (None, "") else None
    except ValueError:
        return None
    return number if number is not None and number == number else None


def _scaled(value: str | None, factor: float) -> float | None:
    number = _float(value)
    return number * factor if number is not None else None
