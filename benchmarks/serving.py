"""The model service over HTTP: time of one signal, signals a second, start, memory, and what happens under overload.

The service runs in its own process with the committed artefacts (LARUN_MODEL_FOLDER: others), the client in this one,
on the same cores. Parts: `start`, `single`, `batch`, `overload`.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import socket
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.frame import Figure, at_least, at_most
from benchmarks.running_service import Running, running
from serving.classifier import NUMBERS
from serving.scalars import SCALARS, SCALES
from serving.views import Views, views_of

JSON = {"Content-Type": "application/json"}
PARTS = ("start", "single", "batch", "overload")
STARTS = 3
SINGLE_REQUESTS, _WARMING = 300, 20
BATCH_ROWS, BATCHES = 512, 12
CLIENTS = 16
OVERLOAD_CLIENTS, OVERLOAD_SECONDS = 200, 6.0


def measure(only: str | None = None) -> Iterable[Figure]:
    """All figures, or those of one part."""
    if only is not None and only not in PARTS:
        raise ValueError(f"Parts are: {', '.join(PARTS)}.")
    wanted = PARTS if only is None else (only,)
    with tempfile.TemporaryDirectory() as place:
        if "start" in wanted:
            yield from _start(Path(place))
        if wanted == ("start",):
            return
        signals = list(_signals(64))
        with running(Path(place), _artefacts()) as service:
            if "single" in wanted:
                yield from _single(service, signals)
            if "batch" in wanted:
                yield from _batch(service, signals)
            if "overload" in wanted:
                yield from _overload(service, signals)
            yield at_most("memory_peak", service.memory_mb("VmHWM"), "MB", 300)


def _artefacts() -> Path | None:
    given = os.environ.get("LARUN_MODEL_FOLDER")
    return Path(given) if given else None


def _start(place: Path) -> Iterator[Figure]:
    seconds, processor, memory = [], [], []
    for _ in range(STARTS):
        with running(place, _artefacts()) as service:
            seconds.append(service.ready_seconds)
            processor.append(service.cpu_seconds())
            memory.append(service.memory_mb())
    yield at_most("ready", statistics.median(seconds), "s", 8)
    yield Figure("ready_worst", max(seconds), "s")
    yield Figure("ready_cpu_of_the_service", min(processor), "s")
    yield at_most("memory_at_start", max(memory), "MB", 300)


def _single(service: Running, signals: list[Views]) -> Iterator[Figure]:
    bodies = [json.dumps({"signals": [_as_json(s)]}).encode() for s in signals]
    before = service.cpu_seconds()
    times = _times(service, "/classify", bodies)
    used = 1e3 * (service.cpu_seconds() - before) / (_WARMING + SINGLE_REQUESTS)
    yield at_most("one_signal_p50", times[0], "ms", 10)
    yield Figure("one_signal_p99", times[1], "ms")
    yield Figure("one_signal_cpu_of_the_service", used, "ms")
    explained = [json.dumps({"signals": [_as_json(s)], "explain": True}).encode() for s in signals]
    yield Figure("one_signal_explained_p50", _times(service, "/classify", explained)[0], "ms")
    binary = [_npy(_table([s])) for s in signals]
    yield Figure("one_signal_binary_p50", _times(service, "/classify/binary", binary)[0], "ms")
    days, flux = _light_curve(np.random.default_rng(3), 20_000)
    light: dict[str, Any] = {"light_curve": {"time": days.tolist(), "flux": flux.tolist()}}
    light["ephemeris"] = {"period_days": 3.5, "epoch": 1.5, "duration_hours": 3.0}
    curve = [json.dumps({"signals": [light]}).encode()]
    yield Figure("light_curve_of_20000_points_p50", _times(service, "/classify", curve, 40)[0], "ms")


def _batch(service: Running, signals: list[Views]) -> Iterator[Figure]:
    table = np.concatenate([_table(signals)] * (BATCH_ROWS // len(signals)))
    body = _npy(table)
    rates = []
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
        for k in range(BATCHES + 1):
            began = time.perf_counter()
            _post(connection, "/classify/binary", body)
            if k:  # the first makes the networks for many rows
                rates.append(table.shape[0] / (time.perf_counter() - began))
    yield at_least("binary_batches", statistics.median(rates), "signals/s", 500)
    yield Figure("json_by_16_clients", _together(service, signals), "signals/s")


def _together(service: Running, signals: list[Views]) -> float:
    bodies = [json.dumps({"signals": [_as_json(s)]}).encode() for s in signals]
    each = 40

    def client(k: int) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
            for n in range(each):
                _post(connection, "/classify", bodies[(k + n) % len(bodies)])

    threads = [threading.Thread(target=client, args=(k,)) for k in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return CLIENTS * each / (time.perf_counter() - began)


def _overload(service: Running, signals: list[Views]) -> Iterator[Figure]:
    body = json.dumps({"signals": [_as_json(s) for s in signals] * 2}).encode()
    seen: Counter[str] = Counter()
    lock = threading.Lock()
    end = time.monotonic() + OVERLOAD_SECONDS

    def client() -> None:
        while time.monotonic() < end:
            try:
                status, headers, _ = service.ask("POST", "/classify", body, JSON)
                told = "answered" if status == 200 else f"{status}" + ("" if "retry-after" in headers else " bare")
            except (OSError, http.client.HTTPException) as error:
                told = type(error).__name__
            with lock:
                seen[told] += 1

    threads = [threading.Thread(target=client) for _ in range(OVERLOAD_CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(OVERLOAD_SECONDS / 2)
    began = time.perf_counter()
    alive = service.ask("GET", "/readyz")[0] == 200
    yield Figure("overload_health_answers_after", time.perf_counter() - began if alive else float("nan"), "s")
    for thread in threads:
        thread.join()
    ended = time.monotonic()
    one = json.dumps({"signals": [_as_json(signals[0])]}).encode()
    while service.ask("POST", "/classify", one, JSON)[0] != 200:
        time.sleep(0.01)
    recovered = time.monotonic() - ended
    refused = seen.pop("429", 0) + seen.pop("503", 0)
    answered = seen.pop("answered", 0)
    yield at_least("overload_answered", answered, "requests", 1)
    yield at_least("overload_refused_with_retry_after", refused, "requests", 1)
    yield at_most("overload_other_outcomes", sum(seen.values()), "requests", 0, " ".join(sorted(seen)))
    yield at_most("overload_recovers_within", recovered, "s", 2)
    after = _times(service, "/classify", [one], 100)
    yield at_most("one_signal_p50_after_overload", after[0], "ms", 10)


def _times(service: Running, path: str, bodies: list[bytes], count: int = SINGLE_REQUESTS) -> tuple[float, float]:
    """Median and 99th percentile of one request after the other on one connection (ms)."""
    found = []
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for k in range(_WARMING + count):
            began = time.perf_counter()
            _post(connection, path, bodies[k % len(bodies)])
            if k >= _WARMING:
                found.append(1e3 * (time.perf_counter() - began))
    return float(np.median(found)), float(np.percentile(found, 99))


def _post(connection: http.client.HTTPConnection, path: str, body: bytes) -> None:
    connection.request("POST", path, body, JSON if path == "/classify" else {})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}: {content[:300]!r}")


def _signals(count: int) -> Iterator[Views]:
    for seed in range(count):
        rng = np.random.default_rng(seed)
        days, flux = _light_curve(rng, 3000)
        yield views_of(days, flux, 3.5, 1.5, 0.125, tmag=float(rng.uniform(7, 13)))


def _light_curve(rng: np.random.Generator, points: int) -> tuple[np.ndarray, np.ndarray]:
    days = np.linspace(0, 27, points)
    flux = 1 + rng.normal(0, 3e-4, points)
    flux[np.abs((days - 1.5 + 1.75) % 3.5 - 1.75) < 0.06] -= rng.uniform(0.001, 0.01)
    return days, flux


def _as_json(signal: Views) -> dict[str, Any]:
    numbers = dict(zip(SCALARS, _physical(signal.scalars), strict=True))
    secondary = signal.secondary_view
    return {
        "views": {
            "global": _rounded(signal.global_view),
            "local": _rounded(signal.local_view),
            "secondary": None if np.isnan(secondary).any() else _rounded(secondary),
        },
        "scalars": {name: None if np.isnan(v) else round(float(v), 5) for name, v in numbers.items()},
    }


def _rounded(view: np.ndarray) -> list[float]:
    return [round(float(v), 5) for v in view]


def _physical(scalars: np.ndarray) -> np.ndarray:
    centre, width = (np.array([SCALES[name][k] for name in SCALARS]) for k in (0, 1))
    return np.asarray(scalars * width + centre)


def _table(signals: list[Views]) -> np.ndarray:
    table = np.empty((len(signals), NUMBERS), dtype=np.float32)
    for k, s in enumerate(signals):
        table[k] = np.concatenate([s.global_view, s.local_view, s.secondary_view, _physical(s.scalars)])
    return table


def _npy(table: np.ndarray) -> bytes:
    body = io.BytesIO()
    np.save(body, table)
    return body.getvalue()
