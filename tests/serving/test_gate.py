"""The gate alone: long bodies go in one after the other, and who waits too long is told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from serving import gate
from serving.gate import Gate, Message
from tests.standins import own_loop


async def asked(app: Any, body: bytes, path: str = "/classify/binary") -> tuple[int, dict[str, str], Any]:
    sent: list[Message] = []
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    length = (b"content-length", str(len(body)).encode())
    await app({"type": "http", "method": "POST", "path": path, "headers": [length]}, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, json.loads(b"".join(m.get("body", b"") for m in sent[1:]))


def test_long_bodies_wait_for_each_other_and_short_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "SHORT_BYTES", 10)
    monkeypatch.setattr(gate, "LONGEST_WAIT_SECONDS", 0.1)
    inside, most = 0, 0

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        nonlocal inside, most
        body = (await receive())["body"]
        if len(body) > 10:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.07)
            inside -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'"done"'})

    async def run() -> list[tuple[int, dict[str, str], Any]]:
        app = Gate(slow)
        long_ones = [asyncio.create_task(asked(app, bytes(20))) for _ in range(5)]
        await asyncio.sleep(0.01)
        assert (await asyncio.wait_for(asked(app, b"short"), 0.05))[0] == 200
        first = await asyncio.gather(*long_ones)
        assert (await asked(app, bytes(20)))[0] == 200
        return list(first)

    answers = own_loop.run(run())
    assert most == 1
    statuses = sorted(status for status, _, _ in answers)
    assert statuses[0] == 200
    assert statuses[-1] == 503
    assert all(headers["retry-after"] == "1" for status, headers, _ in answers if status == 503)


def test_errors_of_whatever_form_come_out_as_one_sentence() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": [(b"x-secret", b"path")]})
        await send({"type": "http.response.body", "body": b"<html>Traceback /home/a/b.py</html>"})

    status, headers, body = own_loop.run(asked(Gate(broken), b"x"))
    assert (status, body, "x-secret" in headers) == (500, {"detail": "The service failed on this request."}, False)
