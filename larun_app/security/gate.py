"""The gate: one ASGI layer around everything, pages, event socket and API alike.

It refuses foreign hosts and foreign origins, cuts off bodies that are too long, hands out the session cookie with the
first page, and adds the security headers to every response.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from larun_app.security.csp import policy
from larun_app.security.same_origin import LOOPBACK_HOSTS, allowed_hosts, allowed_origins
from larun_app.security.sessions import cookie_header_for, header_value, start_local_session, viewer_of_cookie

log = logging.getLogger(__name__)

MEGABYTE = 1 << 20
#: Longest body of a request, except to the paths in BODY_LIMITS.
BODY_LIMIT = MEGABYTE
#: Room for one upload and its multipart frame; the route itself counts the file's bytes again.
BODY_LIMITS = {"/api/v1/uploads": 201 * MEGABYTE}

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_STATIC_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
)


class BodyTooLong(HTTPException):
    """The request's body is longer than its route allows. Starlette answers it as it does its own."""

    def __init__(self) -> None:
        super().__init__(413, "This is larger than we take.")


class Gate:
    """ASGI middleware. `hashes` gives the allowed inline scripts of the build (asked once, at the first page)."""

    def __init__(self, app: ASGIApp, hashes: Callable[[], tuple[str, ...]]) -> None:
        self.app = app
        self._make_hashes = hashes
        self._hashes: tuple[str, ...] | None = None
        self.hosts = allowed_hosts()
        self.origins = frozenset(origin.lower() for origin in allowed_origins())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self.refusal(scope)
        if refusal is not None:
            status, reason = refusal
            log.warning("refused %s %s: %s", scope["type"], scope["path"], reason)
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": reason})
            else:
                await PlainTextResponse(reason + "\n", status_code=status)(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        await self._http(scope, receive, send)

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """(status, reason) when this request must not reach the application."""
        headers = scope["headers"]
        host = (header_value(headers, b"host") or "").lower()
        if host not in self.hosts:
            return 421, "This address is not one of ours."
        changes_something = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        origin = header_value(headers, b"origin")
        if changes_something and origin is None and header_value(headers, b"authorization") is None:
            return 403, "Requests that change something must say where they come from."
        if origin is not None and origin.lower() not in self.origins and changes_something:
            return 403, "This request comes from another site."
        if scope["type"] == "http":
            declared = header_value(headers, b"content-length")
            if declared is not None and (not declared.isdigit() or int(declared) > self._limit(scope)):
                return 413, "This is larger than we take."
        return None

    @staticmethod
    def _limit(scope: Scope) -> int:
        return BODY_LIMITS.get(scope["path"].rstrip("/"), BODY_LIMIT)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._limit(scope)
        seen = 0
        started = False
        cookie = await self._new_cookie(scope)

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > limit:
                    raise BodyTooLong
            return message

        async def decorated(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = [h for h in message.get("headers", []) if h[0].lower() not in (b"server",)]
                present = {name.lower() for name, _ in headers}
                headers += [h for h in _STATIC_HEADERS if h[0] not in present]
                kind = header_value(headers, b"content-type") or ""
                if kind.startswith("text/html"):
                    host = (header_value(scope["headers"], b"host") or "").lower()
                    headers.append((b"content-security-policy", policy(await self._page_hashes(), host).encode()))
                    headers = [h for h in headers if h[0].lower() != b"cache-control"]
                    headers.append((b"cache-control", b"no-cache"))
                if cookie is not None:
                    headers.append((b"set-cookie", cookie.encode()))
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self.app(scope, counted, decorated)
        except BodyTooLong:
            if started:
                raise
            await PlainTextResponse("This is larger than we take.\n", status_code=413)(scope, receive, decorated)

    async def _page_hashes(self) -> tuple[str, ...]:
        if self._hashes is None:
            self._hashes = await asyncio.to_thread(self._make_hashes)
        return self._hashes

    async def _new_cookie(self, scope: Scope) -> str | None:
        """A session for a browser that opens a page over loopback and has none. Others must sign in."""
        headers = scope["headers"]
        if scope["method"] != "GET" or "text/html" not in (header_value(headers, b"accept") or ""):
            return None
        if scope["path"].startswith(("/api/", "/_event", "/ping", "/_health", "/assets/")):
            return None
        host = (header_value(headers, b"host") or "").lower()
        if not is_loopback(host):
            return None
        viewer = await asyncio.to_thread(viewer_of_cookie, header_value(headers, b"cookie"))
        if viewer is not None:
            return None
        token = await asyncio.to_thread(start_local_session)
        return cookie_header_for(token, https=scope.get("scheme") == "https")


def is_loopback(host: str) -> bool:
    """Whether a Host header names this computer itself. `host` may carry a port."""
    name = host if host.endswith("]") else host.rsplit(":", 1)[0] if ":" in host else host
    return name in LOOPBACK_HOSTS
