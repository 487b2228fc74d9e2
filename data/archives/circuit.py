"""Not asking again and again a service that is down: for extras such as the stars around a target or its pixels.

The memory is a small file a service in the cache folder, so all processes share it:

    settings = hurried(ArchiveSettings.from_env())
    with Circuit(settings, "gaia").guard():
        ...  # ask; ServiceUnreachable in here counts the service as down for ten minutes

With hurried settings a service that counts as down is not asked: `guard` raises the remembered sentence at once. With
patient settings it is always asked, and what comes of it is remembered for the hurried.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import requests

from .errors import ArchiveError, ServiceUnreachable
from .settings import ArchiveSettings, origin_of
from .transport import check_host

ServiceName = Literal["mast", "resolver", "nea", "gaia"]

#: How long a service that gave no connection is left alone by those who can do without it.
SILENCE_SECONDS = 600.0
#: How long the hurried wait for a host's address and a connection, before they ask anything.
KNOCK_SECONDS = 4.0

_WORDS: dict[ServiceName, str] = {
    "mast": "The light-curve archive (MAST)",
    "resolver": "The name service of MAST",
    "nea": "The NASA Exoplanet Archive",
    "gaia": "The star catalogue Gaia",
}


def patient(settings: ArchiveSettings) -> ArchiveSettings:
    """Settings for what a search cannot do without: time-outs and attempts as configured, always asked."""
    return dataclasses.replace(settings, optional=False)


def hurried(settings: ArchiveSettings) -> ArchiveSettings:
    """Settings for extras: two attempts, short time-outs, and services that are down are left alone (`Circuit`)."""
    return dataclasses.replace(
        settings,
        optional=True,
        connect_seconds=min(settings.connect_seconds, 5.0),
        read_seconds=min(settings.read_seconds, 20.0),
        query_seconds=min(settings.query_seconds, 45.0),
        attempts=min(settings.attempts, 2),
        file_seconds=min(settings.file_seconds, 300.0),
    )


class Circuit:
    """Whether a service counts as down, remembered in `settings.cache_dir`."""

    def __init__(self, settings: ArchiveSettings, service: ServiceName, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.service = service
        self.url: str = getattr(settings, f"{service}_url")
        self._clock = clock
        place = re.sub(r"[^A-Za-z0-9.]+", "-", self.url)
        self._file: Path = settings.cache_dir / "circuit" / f"{service}-{place}.json"

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Ask the service inside. ServiceUnreachable is remembered; any other outcome closes the circuit.

        Raises ServiceUnreachable at once where the settings are hurried and the service counts as down, or where its
        host gives no connection within KNOCK_SECONDS.
        """
        if self.settings.optional:
            remembered = self.down()
            if remembered is not None:
                raise ServiceUnreachable(_WORDS[self.service], remembered)
        try:
            if self.settings.optional:
                self._knock()
            yield
        except ServiceUnreachable as error:
            self._remember(error.sentence)
            raise
        except ArchiveError:
            self.close()  # it spoke, if only to refuse
            raise
        else:
            self.close()

    def down(self) -> str | None:
        """The sentence of the failure for which the service counts as down, None where it does not."""
        try:
            note = json.loads(self._file.read_text("utf-8"))
            age = self._clock() - float(note["failed_at"])
            return str(note["sentence"]) if 0 <= age < SILENCE_SECONDS else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def close(self) -> None:
        """Forget the failure: the service answers."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError:
            return

    def _remember(self, sentence: str) -> None:
        """Write the failure down in one step. Without room on the disk nothing is remembered."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=".circuit-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump({"failed_at": self._clock(), "sentence": sentence}, file)
                os.replace(name, self._file)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError:
            return

    def _knock(self) -> None:
        """Connect once within KNOCK_SECONDS: looking up a host's address has no time-out of its own.

        Through a proxy there is nothing to be learnt from our own connection, so then nobody knocks.
        """
        if requests.utils.get_environ_proxies(self.url):
            return
        outcome: list[Exception | None] = []
        scheme, host, port = origin_of(self.url)

        def connect() -> None:
            try:
                check_host(self.url, self.settings)
                with socket.create_connection((host, port or (443 if scheme == "https" else 80)), KNOCK_SECONDS):
                    outcome.append(None)
            except Exception as error:  # handed to the thread that waits
                outcome.append(error)

        thread = threading.Thread(target=connect, daemon=True)
        thread.start()
        thread.join(KNOCK_SECONDS)
        words = _WORDS[self.service]
        if not outcome or isinstance(outcome[0], TimeoutError):
            raise ServiceUnreachable(words, f"{words} does not answer in time. Try again later.")
        failure = outcome[0]
        if isinstance(failure, ArchiveError):
            raise failure
        if failure is not None:
            sentence = f"{words} cannot be reached. Check the internet connection, or try again later."
            raise ServiceUnreachable(words, sentence)
