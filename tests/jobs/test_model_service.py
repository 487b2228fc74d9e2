"""The client of the model service against a server that speaks the contract, well and badly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jobs import model_service
from jobs.model_service import ModelService

PLANET = {"planet": 0.9, "eb": 0.04, "beb": 0.02, "variable": 0.01, "artifact": 0.02, "no_signal": 0.01}
GOOD = {
    "model": {"version": "1"},
    "results": [
        {
            "label": "planet",
            "probabilities": PLANET,
            "student": PLANET,
            "explanation": [{"branch": "local", "change": -0.31}],
        }
    ],
}


@contextmanager
def served(answer: Callable[[int], tuple[int, str]], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str | None]]:
    keys: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            keys.append(self.headers.get("X-Api-Key"))
            status, body = answer(len(keys))
            try:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())
            except OSError:
                pass  # the client has given up

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("LARUN_MODEL_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(model_service.random, "uniform", lambda *_: 0.0)
    try:
        yield keys
    finally:
        server.shutdown()
        server.server_close()


def test_the_answer_is_read_and_the_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARUN_MODEL_KEY", "secret")
    with served(lambda _: (200, json.dumps(GOOD)), monkeypatch) as keys:
        told = ModelService().classify({})
    assert (told.outcome, told.label, told.explanation[0].change, keys) == ("done", "planet", -0.31, ["secret"])


def test_a_passing_error_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(lambda n: (500, "") if n < 3 else (200, json.dumps(GOOD)), monkeypatch) as keys:
        assert ModelService().classify({}).outcome == "done"
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("status", "body", "words", "asked"),
    [
        (500, "", "error 500", 3),
        (400, '{"detail": "The light curve holds no numbers."}', "holds no numbers", 1),
        (401, "{}", "key", 1),
        (200, "not json", "could not be read", 1),
        (200, '{"results": []}', "could not be read", 1),
        (200, json.dumps(GOOD).replace("0.9", "1.9"), "could not be read", 1),
    ],
)
def test_bad_answers_become_a_reason(
    status: int, body: str, words: str, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(lambda _: (status, body), monkeypatch) as keys:
        told = ModelService().classify({})
    assert told.outcome == "not_run"
    assert words in (told.reason or "")
    assert len(keys) == asked


def test_slow_down_and_not_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LARUN_MODEL_URL", raising=False)
    assert "set up" in (ModelService().classify({}).reason or "")

    def slow(_: int) -> tuple[int, str]:
        time.sleep(0.4)
        return 200, json.dumps(GOOD)

    with served(slow, monkeypatch):
        assert "in time" in (ModelService(read_seconds=0.1).classify({}).reason or "")
    assert "reached" in (ModelService().classify({}).reason or "")
