"""Which outside services answer just now."""

from __future__ import annotations

import dataclasses
import threading
import time
from dataclasses import dataclass

from .errors import ArchiveError
from .settings import ArchiveSettings
from .transport import GuardedSession


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service: its address, whether it answered, how fast, and a sentence."""

    name: str
    address: str
    ok: bool
    seconds: float
    sentence: str


def doctor(settings: ArchiveSettings | None = None, *, patience_seconds: float = 5.0) -> list[ServiceStatus]:
    """Ask every configured service a small question at the same time; each has `patience_seconds` to answer.

    Never raises: a service that fails is part of the answer.
    """
    settings = settings or ArchiveSettings.from_env()
    quick = dataclasses.replace(
        settings,
        connect_seconds=patience_seconds,
        read_seconds=patience_seconds,
        query_seconds=patience_seconds,
        attempts=1,
    )
    checks = (
        (
            "Light curves and star catalogue (MAST)",
            quick.mast_url,
            "POST",
            f"{quick.mast_url}/portal/Mashup/Mashup.asmx/columnsconfig",
            b"{",
            "colConfigId=Mast.Caom.Products",
        ),
        (
            "Star names (MAST resolver)",
            quick.resolver_url,
            "GET",
            f"{quick.resolver_url}/Santa-war/query?name=pi+Mensae&outputFormat=json&resolveAll=false",
            b"{",
            None,
        ),
        (
            "Known planets (NASA Exoplanet Archive)",
            quick.nea_url,
            "GET",
            f"{quick.nea_url}/TAP/sync?query=select+top+1+toi+from+toi&format=csv",
            b"toi",
            None,
        ),
        (
            "Stars around the target (Gaia)",
            quick.gaia_url,
            "GET",
            f"{quick.gaia_url}/tap-server/tap/sync?REQUEST=doQuery&LANG=ADQL&FORMAT=csv"
            "&QUERY=SELECT+TOP+1+source_id+FROM+gaiadr3.gaia_source",
            b"source_id",
            None,
        ),
    )
    statuses: dict[str, ServiceStatus] = {}
    threads = [
        threading.Thread(target=lambda c=check: statuses.update({c[0]: _check(quick, *c)}), daemon=True)
        for check in checks
    ]
    deadline = time.monotonic() + patience_seconds
    for thread in threads:
        thread.start()
    for thread in threads:  # looking up a host's address has no time-out of its own
        thread.join(max(0.0, deadline + 0.25 - time.monotonic()))
    answered = dict(statuses)
    return [
        answered.get(name) or ServiceStatus(name, address, False, patience_seconds, f"{name} does not answer in time.")
        for name, address, *_ in checks
    ]


def _check(
    settings: ArchiveSettings, name: str, address: str, method: str, url: str, begins: bytes, body: str | None
) -> ServiceStatus:
    started = time.monotonic()
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else None
    try:
        with GuardedSession(name, settings) as session:
            response = session.request(method, url, data=body, headers=headers)
        ok = response.ok and response.content.lstrip()[: len(begins)].lower() == begins
        sentence = "Answers." if ok else f"Answers, but not as expected (HTTP {response.status_code})."
    except ArchiveError as error:
        ok, sentence = False, error.sentence
    return ServiceStatus(name, address, ok, round(time.monotonic() - started, 3), sentence)
