"""Requests leave only for configured hosts, are tried again, and end in a plain sentence."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
import requests

from data.archives.errors import ArchiveUnavailable, HostNotAllowed
from data.archives.settings import ArchiveSettings
from data.archives.transport import GuardedSession, check_host, retry_after_seconds
from data.home import SettingsError
from tests.standins.mast_server import VARIABLES, MastStandIn


def session(settings: ArchiveSettings, *, expect_json: bool = True) -> tuple[GuardedSession, list[float]]:
    pauses: list[float] = []
    return GuardedSession("MAST", settings, expect_json=expect_json, sleep=pauses.append), pauses


def ask(made: GuardedSession, settings: ArchiveSettings) -> requests.Response:
    return made.request("GET", f"{settings.resolver_url}/Santa-war/query", params={"name": "WASP-4"})


@pytest.mark.parametrize("fault", [("status", 500), ("status", 503), ("status", 429), ("drop", 0), ("html", 0),
                                   ("truncate", 0.5)])  # fmt: skip
def test_passing_faults_are_survived(standin: MastStandIn, settings: ArchiveSettings, fault: tuple[str, float]) -> None:
    standin.fault(fault[0], "resolver", times=2, value=fault[1])
    made, pauses = session(settings)
    assert ask(made, settings).json()["resolvedCoordinate"][0]["canonicalName"] == "WASP-4"
    assert standin.asked("resolver") == 3
    assert len(pauses) == 2
    assert 0 < pauses[0] <= settings.backoff_seconds
    assert settings.backoff_seconds <= pauses[1] <= 2 * settings.backoff_seconds


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (("status", 500), "has a fault on its side just now (HTTP 500)"),
        (("status", 429), "asks us to slow down"),
        (("drop", 0), "cannot be reached"),
        (("html", 0), "a web page in place of data"),
        (("truncate", 0.5), "breaks off again and again"),
    ],
)
def test_lasting_faults_end_in_a_sentence(
    standin: MastStandIn, settings: ArchiveSettings, fault: tuple[str, float], words: str
) -> None:
    standin.fault(fault[0], times=None, value=fault[1])
    made, _ = session(settings)
    with pytest.raises(ArchiveUnavailable) as caught:
        ask(made, settings)
    assert words in caught.value.sentence
    assert caught.value.service == "MAST"
    assert standin.asked("resolver") == settings.attempts


def test_a_slow_server_is_given_up(standin: MastStandIn, tmp_path: Path) -> None:
    settings = standin.settings(tmp_path, read_seconds=0.2, attempts=2)
    standin.fault("latency", times=None, value=1.0)
    made, _ = session(settings)
    started = time.monotonic()
    with pytest.raises(ArchiveUnavailable, match="does not answer in time"):
        ask(made, settings)
    assert time.monotonic() - started < 2


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, but not listening
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        settings = ArchiveSettings(url, url, url, tmp_path, backoff_seconds=0.01, gaia_url=url)
        made, pauses = session(settings)
        with pytest.raises(ArchiveUnavailable, match=r"cannot be reached\. Check the internet connection"):
            ask(made, settings)
    assert len(pauses) == settings.attempts - 1


def test_the_server_may_ask_for_a_pause() -> None:
    assert retry_after_seconds("7") == 7
    assert retry_after_seconds(None) is None
    assert retry_after_seconds("soon") is None
    assert retry_after_seconds("Mon, 01 Jan 2001 00:00:00 GMT") == 0


def test_too_large_an_answer_is_refused(standin: MastStandIn, tmp_path: Path) -> None:
    settings = standin.settings(tmp_path, answer_bytes_max=100)
    made, _ = session(settings)
    with pytest.raises(ArchiveUnavailable, match="far too large"):
        ask(made, settings)


def test_other_statuses_are_the_callers_business(standin: MastStandIn, settings: ArchiveSettings) -> None:
    made, _ = session(settings)
    assert made.request("GET", f"{settings.mast_url}/nowhere").status_code == 404


def test_other_hosts_are_never_contacted(standin: MastStandIn, settings: ArchiveSettings) -> None:
    made, _ = session(settings)
    port = int(settings.mast_url.rsplit(":", 1)[1])
    for url in ("https://example.org/", f"http://127.0.0.1:{port + 1}/", f"http://localhost:{port}/",
                f"https://127.0.0.1:{port}/", "file:///etc/passwd"):  # fmt: skip
        with pytest.raises(HostNotAllowed):
            made.request("GET", url)
    assert standin.requests == []


def test_redirects_are_checked_too(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("redirect")
    made, _ = session(settings)
    with pytest.raises(HostNotAllowed, match="localhost"):
        ask(made, settings)


def test_a_public_name_with_a_private_address_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = ""

    def to_private(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, port))]

    monkeypatch.setattr(socket, "getaddrinfo", to_private)
    settings = ArchiveSettings(cache_dir=tmp_path)
    for private in ("10.0.0.7", "127.0.0.1", "169.254.169.254", "::1", "fd00::1"):
        answer = private
        with pytest.raises(HostNotAllowed, match="not a public one"):
            check_host("https://mast.stsci.edu/api/v0/invoke", settings)
    answer = "130.167.200.1"
    check_host("https://mast.stsci.edu/api/v0/invoke", settings)


def test_plain_http_is_for_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="https"):
        ArchiveSettings(mast_url="http://mast.stsci.edu", cache_dir=tmp_path)
    with pytest.raises(ValueError, match="http"):
        ArchiveSettings(mast_url="ftp://mast.stsci.edu", cache_dir=tmp_path)
    assert ArchiveSettings(mast_url="http://127.0.0.1:1/", cache_dir=tmp_path).mast_url == "http://127.0.0.1:1"


def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch, larun_home: Path) -> None:
    for name in (*VARIABLES, "LARUN_ARCHIVE_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    plain = ArchiveSettings.from_env()
    assert plain.mast_url == "https://mast.stsci.edu"
    assert plain.cache_dir == larun_home / "cache"
    monkeypatch.setenv("LARUN_MAST_URL", "http://127.0.0.1:8765")
    monkeypatch.setenv("LARUN_GAIA_URL", "http://127.0.0.1:8766/")
    monkeypatch.setenv("LARUN_ARCHIVE_TIMEOUT", "3")
    changed = ArchiveSettings.from_env()
    assert changed.mast_url == "http://127.0.0.1:8765"
    assert changed.gaia_url == "http://127.0.0.1:8766"
    assert changed.query_seconds == changed.connect_seconds == changed.read_seconds == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [("LARUN_MAST_URL", "http://mast.stsci.edu"), ("LARUN_NEA_URL", "nonsense"), ("LARUN_GAIA_URL", "http://gea.esac.esa.int"),
     ("LARUN_ARCHIVE_TIMEOUT", "soon"), ("LARUN_ARCHIVE_TIMEOUT", "-3")],
)  # fmt: skip
def test_settings_that_cannot_be_used_name_their_variable(
    monkeypatch: pytest.MonkeyPatch, larun_home: Path, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        ArchiveSettings.from_env()
