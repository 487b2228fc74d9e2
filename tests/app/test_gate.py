"""The gate around everything: foreign hosts and origins, long bodies, the cookie, the headers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from larun_app.security.csp import build_hashes, inline_script_hashes, script_hash
from larun_app.security.gate import BODY_LIMIT, Gate, is_loopback
from larun_app.security.sessions import hash_token, viewer_of_cookie

HOST = "127.0.0.1:8400"
OWN = f"http://{HOST}"


async def page(request: Request) -> Response:
    return HTMLResponse("<p>page</p>")


async def echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


@pytest.fixture
def client(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("LARUN_PORT", "8400")
    routes = [
        Route("/", page),
        Route("/api/v1/echo", echo, methods=["POST", "GET"]),
        WebSocketRoute("/_event", socket),
    ]
    with TestClient(Gate(Starlette(routes=routes), hashes=lambda: ("'sha256-abc'",)), base_url=OWN) as made:
        yield made


def test_other_hosts_are_not_served(client: TestClient) -> None:
    for host in ("evil.example:8400", "127.0.0.1:9999", "127.0.0.1", "localhost.evil.example:8400", ""):
        assert client.get("/", headers={"host": host}).status_code == 421, host
    for host in ("localhost:8400", "LOCALHOST:8400", "[::1]:8400"):
        assert client.get("/", headers={"host": host}).status_code == 200, host


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8400", None]
)
def test_other_sites_can_change_nothing(client: TestClient, origin: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}
    assert client.post("/api/v1/echo", content=b"x", headers=headers).status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_event", headers={"host": HOST, **headers}):
        pass


def test_our_own_pages_can(client: TestClient) -> None:
    assert client.post("/api/v1/echo", content=b"xyz", headers={"origin": OWN}).text == "3"
    with client.websocket_connect("/_event", headers={"host": HOST, "origin": OWN}) as opened:
        assert opened.receive()["type"] == "websocket.close"


def test_long_bodies_are_cut_off(client: TestClient) -> None:
    long = b"x" * (BODY_LIMIT + 1)
    assert client.post("/api/v1/echo", content=long, headers={"origin": OWN}).status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(5):
            yield b"x" * (BODY_LIMIT // 4)

    assert client.post("/api/v1/echo", content=pieces(), headers={"origin": OWN}).status_code == 413
    assert client.post("/api/v1/echo", content=b"x" * BODY_LIMIT, headers={"origin": OWN}).status_code == 200


def test_a_page_brings_the_session(client: TestClient) -> None:
    answer = client.get("/", headers={"accept": "text/html"})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    token = cookie.split("=", 1)[1].split(";", 1)[0]
    viewer = viewer_of_cookie(f"larun_sid={token}")
    assert viewer is not None
    assert viewer.is_local
    assert hash_token(token) != token
    again = client.get("/", headers={"accept": "text/html"})
    assert "set-cookie" not in again.headers  # it has one now


def test_only_pages_bring_it(client: TestClient) -> None:
    assert "set-cookie" not in client.get("/api/v1/echo", headers={"accept": "text/html"}).headers
    assert "set-cookie" not in client.get("/", headers={"accept": "image/png"}).headers


def test_public_addresses_get_no_session(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes from the internet must sign in; being let in by address is for this computer only."""
    monkeypatch.setenv("LARUN_PUBLIC_URL", "https://larun.example")
    with TestClient(
        Gate(Starlette(routes=[Route("/", page)]), hashes=tuple), base_url="https://larun.example"
    ) as client:
        answer = client.get("/", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


def test_headers_of_every_answer(client: TestClient) -> None:
    for answer in (client.get("/"), client.get("/api/v1/echo"), client.get("/nowhere")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-frame-options"] == "DENY"


def test_policy_of_pages(client: TestClient) -> None:
    policy = client.get("/").headers["content-security-policy"]
    assert "script-src 'self' 'sha256-abc';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "ws://127.0.0.1:8400" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert "content-security-policy" not in client.get("/api/v1/echo").headers


def test_hashes_of_inline_scripts(tmp_path: Path) -> None:
    html = '<script src="/a.js"></script><script>let a = "<b>";\n</script><script type="module">import "x";</script>'
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "page.html").write_text(html)
    assert inline_script_hashes(html) == {script_hash('let a = "<b>";\n'), script_hash('import "x";')}
    assert set(build_hashes(tmp_path)) == inline_script_hashes(html)
    # SHA-256 of "alert(1)", base64, computed with openssl
    assert script_hash("alert(1)") == "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"


def test_loopback_names() -> None:
    assert is_loopback("127.0.0.1:8400")
    assert is_loopback("localhost")
    assert is_loopback("[::1]:8400")
    assert not is_loopback("127.0.0.1.evil.example:8400")
