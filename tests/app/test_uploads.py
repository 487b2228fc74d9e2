"""Uploads: read in a child process, kept only when readable, another's never seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.examples import list_examples
from data.home import settings
from data.session import read_scope, session_scope
from data.tables import Run, Upload, User
from larun_app.security.gate import Gate
from larun_app.security.sessions import start_local_session
from larun_app.uploads import store
from larun_app.uploads.route import ROUTES

OWN = "http://127.0.0.1:8400"
HEADERS = {"origin": OWN}


@pytest.fixture
def client(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("LARUN_PORT", "8400")
    app = Gate(Starlette(routes=ROUTES), hashes=tuple)
    with TestClient(app, base_url=OWN, cookies={"larun_sid": start_local_session()}) as made:
        yield made


def rows() -> list[Upload]:
    with read_scope() as session:
        return list(session.exec(select(Upload)))


def files() -> list[Path]:
    return list(settings().uploads.iterdir())


def test_a_light_curve_is_kept_and_described(client: TestClient) -> None:
    example = list_examples()[0]
    answer = client.post(
        f"/api/v1/uploads?name=../../{example.path.name}", content=example.path.read_bytes(), headers=HEADERS
    )
    assert answer.status_code == 201
    told = answer.json()
    assert told["inspection"]["labels"] == ["S2"]
    assert told["name"] == example.path.name
    (row,) = rows()
    assert row.id == told["id"]
    assert store.path_of(row).read_bytes() == example.path.read_bytes()
    assert store.path_of(row).parent == settings().uploads


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 413, "empty"),
        (b"%PDF-1.7 nothing here", 422, ""),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), 422, ""),
        (b"time,flux\n1,nan\n2,nan\n", 422, ""),
    ],
)
def test_what_is_no_light_curve_leaves_nothing(client: TestClient, content: bytes, status: int, words: str) -> None:
    answer = client.post("/api/v1/uploads?name=x.fits", content=content, headers=HEADERS)
    assert answer.status_code == status
    sentence = answer.json()["error"]
    assert words in sentence
    assert sentence.endswith(".")
    assert rows() == []
    assert files() == []


def test_a_table_without_names_may_be_mended(client: TestClient) -> None:
    lines = "\n".join(f"{i},{1 + 0.001 * (i % 7)}" for i in range(400))
    answer = client.post("/api/v1/uploads?name=a.csv", content=("a,b\n" + lines).encode(), headers=HEADERS)
    if answer.status_code == 201:  # kept: either understood, or with the sentence that asks for the columns
        told = answer.json()
        assert (told["inspection"] is None) == bool(told["error"])
        assert len(rows()) == 1
    else:
        assert answer.status_code == 422
        assert rows() == []


def test_too_long_a_file_is_cut_off(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    import functools

    monkeypatch.setattr(store, "receive", functools.partial(store.receive, max_bytes=1000))
    answer = client.post("/api/v1/uploads?name=x.csv", content=b"1" * 5000, headers=HEADERS)
    assert answer.status_code == 413
    assert files() == []


def test_a_full_shelf_refuses(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_FILES", 0)
    answer = client.post("/api/v1/uploads?name=x.csv", content=b"1", headers=HEADERS)
    assert answer.status_code == 413
    assert "room" in answer.json()["error"]


def test_without_a_session_nothing_is_taken(client: TestClient) -> None:
    client.cookies.clear()
    assert client.post("/api/v1/uploads?name=x.csv", content=b"1", headers=HEADERS).status_code == 401
    assert files() == []


def stored(owner: str) -> Upload:
    with session_scope() as session:
        if session.get(User, owner) is None:
            session.add(User(id=owner, name=owner))
            session.flush()
        row = Upload(owner_id=owner, name="a.csv", path="abc", bytes=1, sha256="0" * 64)
        session.add(row)
    (settings().uploads / "abc").write_bytes(b"1")
    return row


def test_another_persons_upload_does_not_exist(client: TestClient) -> None:
    other = stored("somebody")
    assert store.uploads_of("local", [other.id]) == []
    assert client.delete(f"/api/v1/uploads/{other.id}", headers=HEADERS).status_code == 404
    assert len(rows()) == 1


def test_a_run_keeps_its_files(client: TestClient) -> None:
    mine = stored("local")
    with session_scope() as session:
        session.add(Run(owner_id="local", request={"data": {"upload_ids": [mine.id]}}))
    assert client.delete(f"/api/v1/uploads/{mine.id}", headers=HEADERS).status_code == 404
    with session_scope() as session:
        for run in session.exec(select(Run)):
            session.delete(run)
    assert client.delete(f"/api/v1/uploads/{mine.id}", headers=HEADERS).status_code == 204
    assert rows() == []
    assert files() == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\star.fits", "star.fits"),
        ("", "file"),
        ("a\x00b\n.csv", "ab.csv"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_names_are_only_names(given: str, shown: str) -> None:
    assert store.shown_name(given) == shown
