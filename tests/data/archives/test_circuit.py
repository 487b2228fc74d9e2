"""A service that is down is left alone for a while by those who can do without it, in all processes."""

from __future__ import annotations

import dataclasses
import socket
import time
from pathlib import Path

import pytest

from data.archives import circuit
from data.archives.circuit import SILENCE_SECONDS, Circuit, hurried, patient
from data.archives.errors import ArchiveUnavailable, HostNotAllowed, ServiceUnreachable
from data.archives.settings import ArchiveSettings
from tests.standins.mast_server import MastStandIn


class Clock:
    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def nobody(tmp_path: Path) -> ArchiveSettings:
    """Settings of services of which none listens."""
    url = "http://127.0.0.1:9"
    return ArchiveSettings(url, url, url, tmp_path, gaia_url=url)


def test_the_second_question_fails_at_once_with_the_same_word(nobody: ArchiveSettings) -> None:
    clock = Clock()
    asked = []

    def ask(settings: ArchiveSettings) -> str:
        try:
            with Circuit(settings, "gaia", clock).guard():
                asked.append(1)
                raise ServiceUnreachable("Gaia", "Gaia is asleep.")
        except ServiceUnreachable as error:
            return error.sentence

    assert ask(patient(nobody)) == "Gaia is asleep."
    started = time.perf_counter()
    assert ask(hurried(nobody)) == "Gaia is asleep."
    assert time.perf_counter() - started < 0.1
    assert len(asked) == 1  # the hurried did not ask
    assert ask(patient(nobody)) == "Gaia is asleep."
    assert len(asked) == 2  # the patient did
    assert Circuit(nobody, "mast", clock).down() is None  # other services are not touched
    clock.now += SILENCE_SECONDS + 1
    assert "cannot be reached" in ask(hurried(nobody))  # knocked in vain


def test_an_answer_closes_the_circuit(standin: MastStandIn, settings: ArchiveSettings) -> None:
    guard = Circuit(hurried(settings), "mast")
    guard._remember("It was down.")
    with pytest.raises(ServiceUnreachable, match=r"It was down\."), guard.guard():
        pass
    with Circuit(patient(settings), "mast").guard():
        pass
    with guard.guard():
        pass


def test_a_refusal_is_no_reason_to_stop_asking(standin: MastStandIn, settings: ArchiveSettings) -> None:
    guard = Circuit(hurried(settings), "mast")
    with pytest.raises(ArchiveUnavailable), guard.guard():
        raise ArchiveUnavailable("MAST", "MAST refuses the question (HTTP 400).")
    assert guard.down() is None
    with pytest.raises(ZeroDivisionError), guard.guard():
        raise ZeroDivisionError
    assert guard.down() is None


def test_a_name_service_that_hangs_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit, "KNOCK_SECONDS", 0.2)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))
    settings = hurried(ArchiveSettings(cache_dir=tmp_path))
    for limit in (1.0, 0.1):
        started = time.perf_counter()
        with pytest.raises(ServiceUnreachable, match="does not answer in time"), Circuit(settings, "gaia").guard():
            pytest.fail("asked")
        assert time.perf_counter() - started < limit


def test_nobody_knocks_at_a_private_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    private = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: private)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    with pytest.raises(HostNotAllowed), Circuit(hurried(ArchiveSettings(cache_dir=tmp_path)), "gaia").guard():
        pass


def test_a_proxy_is_trusted_to_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("looked up"))
    with Circuit(hurried(ArchiveSettings(cache_dir=tmp_path)), "gaia").guard():
        pass


@pytest.mark.parametrize("content", ["", "{", "[]", '{"failed_at": "soon", "sentence": "x"}', '{"failed_at": 9e99}'])
def test_a_damaged_note_counts_as_none(nobody: ArchiveSettings, content: str) -> None:
    guard = Circuit(nobody, "gaia")
    guard._remember("x")
    assert guard.down() == "x"
    guard._file.write_text(content)
    assert guard.down() is None


def test_a_read_only_cache_is_survived(nobody: ArchiveSettings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    guard = Circuit(dataclasses.replace(nobody, cache_dir=tmp_path / "file"), "gaia")
    with pytest.raises(ServiceUnreachable), guard.guard():
        raise ServiceUnreachable("Gaia", "Gaia is asleep.")
    assert guard.down() is None


def test_hurried_is_never_more_patient_than_asked(tmp_path: Path) -> None:
    quick = ArchiveSettings(cache_dir=tmp_path, connect_seconds=1.0, read_seconds=2.0, query_seconds=3.0, attempts=1)
    made = hurried(quick)
    assert (made.connect_seconds, made.read_seconds, made.query_seconds, made.attempts) == (1.0, 2.0, 3.0, 1)
    assert made.optional
    assert not patient(made).optional
    slow = hurried(ArchiveSettings(cache_dir=tmp_path))
    assert slow.connect_seconds <= 5
    assert slow.attempts <= 2
