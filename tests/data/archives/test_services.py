"""`doctor` tells which services answer."""

from __future__ import annotations

import time
from pathlib import Path

from data.archives.services import doctor
from data.archives.settings import ArchiveSettings
from tests.standins.mast_server import MastStandIn


def test_all_answer(settings: ArchiveSettings) -> None:
    statuses = doctor(settings)
    assert [s.ok for s in statuses] == [True, True, True]
    assert all(s.sentence == "Answers." and s.address == settings.mast_url for s in statuses)


def test_each_failure_is_told_apart(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("latency", "columnsconfig", value=3)
    standin.fault("html", "resolver")
    standin.fault("garbage", "tap")
    started = time.monotonic()
    slow, page, other = doctor(settings, patience_seconds=0.5)
    assert time.monotonic() - started < 2.5
    assert (slow.ok, page.ok, other.ok) == (False, False, False)
    assert "does not answer in time" in slow.sentence
    assert "not as expected" in page.sentence
    assert "not as expected" in other.sentence


def test_nothing_is_reachable(tmp_path: Path) -> None:
    url = "http://127.0.0.1:9"
    statuses = doctor(ArchiveSettings(url, url, url, tmp_path))
    assert [s.ok for s in statuses] == [False, False, False]
    assert all("cannot be reached" in s.sentence for s in statuses)
