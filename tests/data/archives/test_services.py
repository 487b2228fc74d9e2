"""`doctor` tells which services answer."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from data.archives.services import doctor
from data.archives.settings import (
    DEFAULT_GAIA_URL,
    DEFAULT_MAST_URL,
    DEFAULT_NEA_URL,
    DEFAULT_RESOLVER_URL,
    ArchiveSettings,
)
from tests.standins.mast_server import MastStandIn


def test_all_answer(settings: ArchiveSettings) -> None:
    statuses = doctor(settings)
    assert [s.ok for s in statuses] == [True] * 4
    assert all(s.sentence == "Answers." and s.address == settings.mast_url for s in statuses)


def test_each_failure_is_told_apart(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("latency", "columnsconfig", value=3)
    standin.fault("html", "resolver")
    standin.fault("garbage", "tap")
    started = time.monotonic()
    standin.fault("error", "gaia")
    slow, page, other, refusing = doctor(settings, patience_seconds=0.5)
    assert time.monotonic() - started < 2.5
    assert (slow.ok, page.ok, other.ok, refusing.ok) == (False,) * 4
    assert "does not answer in time" in slow.sentence
    assert "not as expected" in page.sentence
    assert "not as expected" in other.sentence
    assert "not as expected" in refusing.sentence


def test_nothing_is_reachable(tmp_path: Path) -> None:
    url = "http://127.0.0.1:9"
    statuses = doctor(ArchiveSettings(url, url, url, tmp_path, gaia_url=url))
    assert [s.ok for s in statuses] == [False] * 4
    assert all("cannot be reached" in s.sentence for s in statuses)


def test_a_name_service_that_hangs_does_not_hold_the_doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hanging(*_: object, **__: object) -> list[object]:
        time.sleep(3)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    started = time.monotonic()
    statuses = doctor(ArchiveSettings(cache_dir=tmp_path), patience_seconds=0.3)
    assert time.monotonic() - started < 2
    assert all(not s.ok and "does not answer in time" in s.sentence for s in statuses)
    assert [s.address for s in statuses] == [DEFAULT_MAST_URL, DEFAULT_RESOLVER_URL, DEFAULT_NEA_URL, DEFAULT_GAIA_URL]
