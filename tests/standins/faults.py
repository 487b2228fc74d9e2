"""Faults that a stand-in server shows on request, to see how the clients take them."""

from __future__ import annotations

import threading
from dataclasses import dataclass

#: What each kind does; `value` is its measure.
KINDS = {
    "latency": "waits `value` seconds, then answers",
    "status": "answers with HTTP status `value` (429 also with Retry-After: 0)",
    "truncate": "promises the whole body and closes the connection after the share `value` of it",
    "corrupt": "turns the bits of one byte in the second half of a file",
    "bad-checksum": "the same, in a byte of the table's data",
    "html": "answers 200 with a web page",
    "garbage": "answers 200 with JSON of another kind",
    "executing": "answers that the query is still running",
    "error": "answers that the query failed, with HTTP 200 as MAST does, or lets a Gaia job fail",
    "overflow": "gives half of the rows of a Gaia question, marked as cut short",
    "drop": "closes the connection without a word",
    "no-range": "ignores range requests and sends the whole file",
    "no-length": "sends a file without saying its length",
    "zip-slip": "writes a path that leads out of the folder into a cut-out's archive",
    "zip-bomb": "packs a cut-out of `value` bytes of nothing",
    "zip-empty": "packs no file into a cut-out's archive",
    "redirect": "sends the client to another host (`value` is ignored)",
}


@dataclass
class Fault:
    """A fault of requests whose route contains `route`, for the next `times` of them (None = always)."""

    kind: str
    route: str = ""
    times: int | None = 1
    value: float = 0.0


class FaultBox:
    """Faults waiting to be shown. Several may strike one request (latency and another)."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: str, route: str = "", times: int | None = 1, value: float = 0.0) -> None:
        """Show a fault from now on. Raises ValueError for a kind that does not exist."""
        if kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(KINDS)}")
        with self._lock:
            self._faults.append(Fault(kind, route, times, value))

    def clear(self) -> None:
        """Work well from now on."""
        with self._lock:
            self._faults.clear()

    def strike(self, route: str) -> list[Fault]:
        """The faults that this request shows; counts them down. One of each kind."""
        struck: dict[str, Fault] = {}
        with self._lock:
            for fault in self._faults:
                if fault.route.lower() in route.lower() and fault.kind not in struck and fault.times != 0:
                    if fault.times is not None:
                        fault.times -= 1
                    struck[fault.kind] = fault
            self._faults = [fault for fault in self._faults if fault.times != 0]
        return list(struck.values())
