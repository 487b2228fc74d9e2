"""The gate in front of the model service: key, size and number of requests, and one form for every error.

An ASGI middleware. Bodies are read here, so that nothing behind it ever holds more than was allowed.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from serving.api import sentence_of_errors

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MOST_BYTES: Final = 16_000_000
#: Of all requests that are being answered; one more is told to come again.
MOST_BYTES_TOGETHER: Final = 32_000_000
MOST_REQUESTS: Final = 64
#: Bodies longer than this are looked into one after the other: read as JSON they take several times their length.
SHORT_BYTES: Final = 100_000
#: For that; who would wait longer is told so.
LONGEST_WAIT_SECONDS: Final = 10.0
#: A body that is too long is read and thrown away up to here, since most clients send all before they listen.
MOST_BYTES_DRAINED: Final = 256_000_000
BODY_SECONDS: Final = 30.0
RETRY_SECONDS: Final = 1

_JSON_ROUTES = frozenset({"/classify", "/ensemble"})
_KEPT_ROUTES = _JSON_ROUTES | {
    "/",
    "/classify/binary",
    "/model",
    "/export/cortex-m4",
    "/metrics",
    "/docs.json",
    "/schema.json",
}
_OPEN_ROUTES = frozenset({"/", "/healthz", "/livez", "/readyz"})
_WORDS = {
    400: "The request could not be read.",
    401: "This service needs its key in the header X-Api-Key.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    408: "The body of the request did not arrive in time.",
    413: f"The body of a request may have at most {MOST_BYTES // 1_000_000} MB.",
    415: "The body must be JSON, with the header Content-Type: application/json.",
    429: "Too many requests are being answered; ask again in a moment.",
    500: "The service failed on this request.",
    503: "The service has more to do than it can; ask again in a moment.",
}


class Gate:
    """Wraps `app`. Without `key` everyone may ask."""

    def __init__(self, app: App, key: str | None = None) -> None:
        self._app = app
        self._key = key.encode() if key else None
        self._requests = 0
        self._bytes = 0
        self._long_ones = asyncio.Semaphore(1)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        headers = {name.decode("latin-1").lower(): value for name, value in scope["headers"]}
        path = scope["path"]
        if path not in _KEPT_ROUTES | _OPEN_ROUTES:
            return await refuse(send, 404)
        if path not in _OPEN_ROUTES and not self._is_known(headers.get("x-api-key", b"")):
            return await refuse(send, 401)
        answer = _InOneForm(send)
        if scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, answer)
            return await answer.end()
        kind = headers.get("content-type", b"application/json").partition(b";")[0].strip().lower()
        if path in _JSON_ROUTES and kind != b"application/json":
            return await refuse(send, 415)
        told = headers.get("content-length", b"")
        length = int(told) if told.isdigit() else None
        if length is not None and length > MOST_BYTES:
            await _drain(receive)
            return await refuse(send, 413, close=True)
        reserved = MOST_BYTES if length is None else length
        if self._requests >= MOST_REQUESTS or (self._bytes and self._bytes + reserved > MOST_BYTES_TOGETHER):
            await _drain(receive, MOST_BYTES)
            return await refuse(send, 429)
        self._requests += 1
        self._bytes += reserved
        try:
            try:
                body = await asyncio.wait_for(_read(receive), BODY_SECONDS)
            except TimeoutError:
                return await refuse(send, 408, close=True)
            except _TooLong:
                await _drain(receive)
                return await refuse(send, 413, close=True)
            except _Gone:  # nobody reads it, but BentoML's timeout waits for some answer
                return await refuse(send, 400, close=True)
            if len(body) <= SHORT_BYTES:
                await self._app(scope, _once(body, receive), answer)
                return await answer.end()
            try:
                await asyncio.wait_for(self._long_ones.acquire(), LONGEST_WAIT_SECONDS)
            except TimeoutError:
                return await refuse(send, 503)
            try:
                await self._app(scope, _once(body, receive), answer)
                return await answer.end()
            finally:
                self._long_ones.release()
        finally:
            self._requests -= 1
            self._bytes -= reserved

    def _is_known(self, key: bytes) -> bool:
        return self._key is None or hmac.compare_digest(key, self._key)


async def refuse(send: Send, status: int, sentence: str | None = None, *, close: bool = False) -> None:
    """Answer with {"detail": sentence}."""
    body = json.dumps({"detail": sentence or _WORDS.get(status, _WORDS[400 if status < 500 else 500])}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status in (429, 503):
        headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _TooLong(Exception):
    """The body is longer than allowed, whatever the header said."""


class _Gone(Exception):
    """The client has hung up."""


class _InOneForm:
    """Passes answers on; those of errors are held back and told as {"detail": one sentence}, wherever they arose."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._status = 0
        self._body = b""
        self._done = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            self._status = message["status"]
        elif self._status == 0:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._body = (self._body + message.get("body", b""))[:100_000]
            if not message.get("more_body", False):
                await self.end()

    async def end(self) -> None:
        """Tell an error that was held back."""
        if self._status and not self._done:
            self._done = True
            await refuse(self._send, self._status, _told(self._body))


def _told(body: bytes) -> str | None:
    """The sentence in an answer of ours or of BentoML; None where there is none."""
    try:
        read = json.loads(body)
    except ValueError:
        return None
    detail = read.get("detail") if isinstance(read, dict) else None
    if isinstance(detail, str):
        return detail
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        return sentence_of_errors(detail)
    return None


async def _read(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BYTES:
            raise _TooLong
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def _drain(receive: Receive, most: int = MOST_BYTES_DRAINED) -> None:
    async def all_of_it() -> None:
        size = 0
        while size < most:
            message = await receive()
            size += len(message.get("body", b""))
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                return

    try:
        await asyncio.wait_for(all_of_it(), BODY_SECONDS)
    except TimeoutError:
        return


def _once(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read, then what else the connection says."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
