"""A local server that speaks the protocols of MAST (portal, name resolver, downloads) and of the TAP services of the
Exoplanet Archive and of Gaia.

It is a stand-in: it holds the stars of the data pack (or of the bundled examples) and nothing else. Use it as a
context manager in tests,

    with MastStandIn() as mast:
        settings = mast.settings(cache_dir)
        mast.fault("status", route="download", value=503)

or run it by hand with `python -m tests.standins`.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from functools import cached_property, lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from data.archives.settings import ArchiveSettings

from .faults import Fault, FaultBox
from .gaia_server import GaiaTap, rows_of
from .holdings import Holdings
from .portal_answers import Portal
from .realdata import default_folder
from .tesscut_server import Tesscut

_LAST_MODIFIED = "Mon, 01 Jun 2026 00:00:00 GMT"
#: The environment variables with the addresses of the services.
VARIABLES = ("LARUN_MAST_URL", "LARUN_RESOLVER_URL", "LARUN_NEA_URL", "LARUN_GAIA_URL")
_GAIA_PATH = "/tap-server/tap/"
_PAGE = b"<!DOCTYPE html><html><body><h1>MAST is down for maintenance</h1></body></html>"


@lru_cache(maxsize=2)
def holdings_of(folder: Path) -> Holdings:
    """The holdings of a folder, read once a process."""
    return Holdings(folder)


@lru_cache(maxsize=2)
def _gaia_rows(folder: Path) -> tuple[dict[str, Any], ...]:
    return tuple(rows_of(holdings_of(folder).catalogue, folder))


class MastStandIn:
    """The server. `url` serves all four services; `requests` lists what was asked, newest last.

    `folder`: the data pack, or any folder of SPOC files; by default the pack, else the bundled examples.
    """

    def __init__(self, folder: Path | None = None, port: int = 0) -> None:
        self.folder = folder or default_folder()
        self.holdings = holdings_of(self.folder)
        self.portal = Portal(self.holdings)
        self.tesscut = Tesscut(self.holdings)
        self.faults = FaultBox()
        self.requests: list[str] = []
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> MastStandIn:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Base address of all services."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that point the program here."""
        return dict.fromkeys(VARIABLES, self.url)

    @cached_property
    def gaia(self) -> GaiaTap:
        """The Gaia archive of this server, made when it is first asked for."""
        return GaiaTap(_gaia_rows(self.folder))

    def settings(self, cache_dir: Path, **changes: Any) -> ArchiveSettings:
        """Settings of the clients for this server, impatient by default so that tests of faults are short."""
        quick: dict[str, Any] = {"backoff_seconds": 0.02, "query_seconds": 20.0, "read_seconds": 5.0}
        return ArchiveSettings(
            mast_url=self.url, resolver_url=self.url, nea_url=self.url, gaia_url=self.url, cache_dir=cache_dir,
            **(quick | changes),
        )  # fmt: skip

    def fault(self, kind: str, route: str = "", times: int | None = 1, value: float = 0.0) -> None:
        """Show a fault on the next `times` requests whose route contains `route` (see `faults.KINDS`)."""
        self.faults.add(kind, route, times, value)

    def asked(self, route: str) -> int:
        """How many requests had a route that contains `route`."""
        return sum(route.lower() in line.lower() for line in self.requests)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], standin: MastStandIn) -> None:
        super().__init__(address, _Handler)
        self.standin = standin

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: `requests` of the stand-in has the log."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("utf-8", "replace")
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.path == "/standin/faults" and self.command == "POST":
            self._control(json.loads(body or "{}"))
            return
        route, request = self._route(parts.path, query, body)
        standin = self.server.standin
        standin.requests.append(f"{self.command} {route}")
        struck = {fault.kind: fault for fault in standin.faults.strike(f"{self.command} {route}")}
        if "latency" in struck:
            time.sleep(struck["latency"].value)
        if self._strikes(struck, parts.path):
            return
        self._answer(parts.path, query, request, struck)

    def _route(self, path: str, query: dict[str, str], body: str) -> tuple[str, dict[str, Any]]:
        """A readable name of what is asked, and the mashup request where it is one."""
        if path == "/api/v0/invoke":
            text = unquote(body.removeprefix("request=")) if body else query.get("request", "{}")
            try:
                request = json.loads(text)
            except ValueError:
                request = {}
            return f"invoke {request.get('service', '')}", request
        if path == "/portal/Mashup/Mashup.asmx/columnsconfig":
            return f"columnsconfig {body}", {"colConfigId": parse_qs(body).get("colConfigId", [""])[0]}
        if path == "/Santa-war/query":
            return f"resolver {query.get('name', '')}", {}
        if path == "/api/v0.1/Download/file":
            return f"download {query.get('uri', '')} {self.headers.get('Range', '')}".strip(), {}
        if path == "/tesscut/api/v0.1/sector":
            form = {key: values[0] for key, values in parse_qs(body).items()} | query
            return f"tesscut sector {form.get('ra', '')} {form.get('dec', '')}", form
        if path == "/tesscut/api/v0.1/astrocut":
            form = {key: values[0] for key, values in parse_qs(body).items()} | query
            return f"tesscut astrocut S{form.get('sector', '')} {form.get('ra', '')} {form.get('dec', '')}", form
        if path == "/TAP/sync":
            question = query.get("query") or parse_qs(body).get("query", [""])[0]
            return f"tap {question}", {"query": question}
        if path.startswith(_GAIA_PATH):
            form = query | {key: values[0] for key, values in parse_qs(body).items()}
            return f"gaia {path.removeprefix(_GAIA_PATH)} {form.get('QUERY', '')}".strip(), form
        return f"unknown {path}", {}

    def _strikes(self, struck: dict[str, Fault], path: str) -> bool:
        """Answer with a fault in place of an answer; False where the request is to be answered."""
        if "drop" in struck:
            self.close_connection = True
            self.connection.close()
        elif "redirect" in struck:
            self._send(302, b"", "text/plain", {"Location": "http://localhost:9/elsewhere"})
        elif "status" in struck:
            status = int(struck["status"].value)
            self._send(status, b'{"msg": "fault"}', "application/json", {"Retry-After": "0"} if status == 429 else {})
        elif "html" in struck:
            self._send(200, _PAGE, "text/html; charset=utf-8")
        elif "garbage" in struck:
            self._send(200, b'{"hello": "world"}', "application/json")
        elif "executing" in struck and path == "/api/v0/invoke":
            self._json({"status": "EXECUTING", "msg": "", "data": [], "fields": [], "paging": None})
        elif "error" in struck and path == "/api/v0/invoke":
            self._json({"status": "ERROR", "msg": "Query failed", "data": [], "fields": [], "paging": {}})
        else:
            return False
        return True

    def _answer(self, path: str, query: dict[str, str], request: dict[str, Any], struck: dict[str, Fault]) -> None:
        portal = self.server.standin.portal
        if path == "/api/v0/invoke":
            self._json(portal.invoke(request), struck)
        elif path == "/portal/Mashup/Mashup.asmx/columnsconfig":
            self._json(portal.columns(request["colConfigId"]), struck)
        elif path == "/Santa-war/query":
            found = portal.holdings.catalogue.resolve(query.get("name", ""))
            self._json({"resolvedCoordinate": [found] if found else [], "status": ""}, struck)
        elif path == "/api/v0.1/Download/file":
            self._file(query.get("uri", ""), struck)
        elif path == "/tesscut/api/v0.1/sector":
            self._json(self.server.standin.tesscut.sectors(float(request["ra"]), float(request["dec"])), struck)
        elif path == "/tesscut/api/v0.1/astrocut":
            kind, content = self.server.standin.tesscut.astrocut(request, struck)
            self._send(200, content, kind, struck=struck)
        elif path == "/TAP/sync":
            try:
                self._send(200, portal.tap(request["query"]).encode(), "text/csv", struck=struck)
            except ValueError as error:
                info = f'<INFO name="QUERY_STATUS" value="ERROR">{error}</INFO>'
                self._send(400, f"<VOTABLE><RESOURCE>{info}</RESOURCE></VOTABLE>".encode(), "text/xml")
        elif path.startswith(_GAIA_PATH):
            standin = self.server.standin
            found = standin.gaia.answer(self.command, path.removeprefix(_GAIA_PATH), request, standin.url, struck)
            self._send(found.status, found.body, found.kind, dict(found.headers), struck)
        elif path == "/":
            self._json({"standin": "MAST, its name resolver, the NASA Exoplanet Archive and Gaia", "real": False})
        else:
            self._send(404, b'{"msg": "not found"}', "application/json")

    def _file(self, uri: str, struck: dict[str, Fault]) -> None:
        holdings = self.server.standin.holdings
        file = holdings.by_uri.get(uri)
        if file is None:
            self._send(404, b'{"msg": "No such file"}', "application/json")
            return
        content = holdings.content(file)
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        if "corrupt" in struck or "bad-checksum" in struck:
            place = len(content) * 3 // 4
            content = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        headers = {"ETag": etag, "Last-Modified": _LAST_MODIFIED, "Accept-Ranges": "bytes"}
        start = self._range_start(len(content), etag)
        if "no-range" in struck or start is None:
            start = 0
        if start >= len(content):
            self._send(416, b"", "text/plain", {"Content-Range": f"bytes */{len(content)}"})
            return
        status = 200
        if start:
            status = 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(status, content[start:], "application/fits", headers, struck)

    def _range_start(self, size: int, etag: str) -> int | None:
        """First byte of a range request that holds for this version of the file, else None."""
        match = re.fullmatch(r"bytes=(\d+)-(\d+)?", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        if match is None or (condition and condition not in (etag, _LAST_MODIFIED)):
            return None
        return int(match[1])

    def _control(self, wanted: dict[str, Any]) -> None:
        """`POST /standin/faults` with {"kind", "route", "times", "value"} or {"clear": true}, for other processes."""
        try:
            if wanted.get("clear"):
                self.server.standin.faults.clear()
            else:
                self.server.standin.faults.add(
                    wanted["kind"], wanted.get("route", ""), wanted.get("times", 1), float(wanted.get("value", 0))
                )
            self._json({"ok": True})
        except (KeyError, ValueError) as error:
            self._send(400, json.dumps({"msg": str(error)}).encode(), "application/json")

    def _json(self, document: Any, struck: dict[str, Fault] | None = None) -> None:
        self._send(200, json.dumps(document).encode(), "application/json", struck=struck)

    def _send(
        self,
        status: int,
        body: bytes,
        kind: str,
        headers: dict[str, str] | None = None,
        struck: dict[str, Fault] | None = None,
    ) -> None:
        struck = struck or {}
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "no-length" in struck:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if "truncate" in struck:
            body = body[: int(len(body) * struck["truncate"].value)]
            self.close_connection = True
        if "no-length" in struck:
            self.close_connection = True
        self.wfile.write(body)
        self.wfile.flush()
