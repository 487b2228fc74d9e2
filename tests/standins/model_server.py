"""A model service that speaks the protocol of `docs/model-service.md` and knows nothing: answers are given to it."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CHANCES = {"planet": 0.91, "eb": 0.05, "beb": 0.01, "variable": 0.01, "artifact": 0.015, "no_signal": 0.005}
CHIP = {
    "network_bytes": 71_344,
    "flash_bytes": 97_812,
    "ram_bytes": 41_216,
    "modelled_cycles": 1_204_551,
    "clock_hz": 168_000_000,
    "modelled_milliseconds": 7.17,
    "how_modelled": "Modelled cycles, zero wait states. Nothing was measured on hardware.",
    "compiler": "arm-none-eabi-gcc 12.2.1",
    "sha256": "ab" * 32,
}
MODEL: dict[str, Any] = {
    "version": "stand-in-1",
    "microcontroller": CHIP,
    "metrics": {"student_auc_toi_matched": 0.9876},
}


def package() -> bytes:
    """A zip with one file."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("larun-cortex-m4/README.md", "The network as C.\n")
    return body.getvalue()


@dataclass
class ModelStandIn:
    """What it answers with, and what it was asked."""

    url: str = ""
    model: dict[str, Any] = field(default_factory=lambda: dict(MODEL))
    chances: dict[str, float] = field(default_factory=lambda: dict(CHANCES))
    #: Status of every answer, where it is not well.
    status: int = 200
    key: str = ""
    zipped: bytes = field(default_factory=package)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, path: str, body: Any, key: str | None) -> tuple[int, str, bytes]:
        """Status, media type and body."""
        self.asked.append((path, body))
        if self.key and key != self.key:
            return _told(401, {"detail": "The key is missing or wrong."})
        if self.status != 200:
            return _told(self.status, {"detail": "Not now."})
        known: dict[str, Callable[[], tuple[int, str, bytes]]] = {
            "/readyz": lambda: _told(200, {}),
            "/model": lambda: _told(200, self.model),
            "/export/cortex-m4": lambda: (200, "application/zip", self.zipped),
            "/classify": lambda: _told(200, self._classified(body, combined=False)),
            "/ensemble": lambda: _told(200, self._classified(body, combined=True)),
        }
        return known.get(path, lambda: _told(404, {"detail": "There is no such address."}))()

    def _classified(self, body: dict[str, Any], *, combined: bool) -> dict[str, Any]:
        result: dict[str, Any] = {
            "label": max(self.chances, key=lambda name: self.chances[name]),
            "probabilities": self.chances,
            "student": self.chances,
            "explanation": [{"branch": "local", "change": -0.52}, {"branch": "secondary", "change": 0.04}]
            if body["explain"]
            else None,
        }
        if combined:
            result["combined"] = {"planet": 0.94}
        return {"model": {"version": self.model["version"]}, "results": [result] * len(body["signals"])}


@contextmanager
def model_stand_in() -> Iterator[ModelStandIn]:
    """The service on a free port of this machine."""
    known = ModelStandIn()

    class Handler(BaseHTTPRequestHandler):
        def _do(self, body: Any = None) -> None:
            status, kind, content = known.answer(self.path, body, self.headers.get("X-Api-Key"))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    known.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()


def _told(status: int, body: Any) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(body).encode()
