"""The stage that asks the model service, against a server that speaks its protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from data.report import SignalReport
from data.vetting_report import PixelsReport
from jobs import classifying
from jobs.context import MemoryContext
from science.lightcurve import DetrendedCurve
from science.stars import Star, Value
from tests.app.made_light import INNER, OUTER, made_light
from tests.app.stored_runs import signal_report

CHANCES = {"planet": 0.9, "eb": 0.04, "beb": 0.02, "variable": 0.01, "artifact": 0.02, "no_signal": 0.01}
STAR = Star(radius_sun=Value(1.1, 0.05, "TIC"), tmag=9.5)
Answer = Callable[[str, dict[str, Any]], tuple[int, dict[str, Any]]]


def good(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    result: dict[str, Any] = {"label": "planet", "probabilities": CHANCES, "student": None, "explanation": []}
    if path == "/ensemble":
        result["combined"] = {"planet": 0.8}
    return 200, {"model": {"version": "7"}, "results": [result] * len(body["signals"])}


@contextmanager
def served(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    asked: list[tuple[str, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, body))
            status, told = answer(self.path, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("LARUN_MODEL_URL", f"http://127.0.0.1:{server.server_port}")
    try:
        yield asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def light() -> DetrendedCurve:
    return made_light()


@pytest.fixture(scope="module")
def signals(light: DetrendedCurve) -> tuple[SignalReport, ...]:
    pixels = PixelsReport(offset_arcsec=3.5)
    return signal_report(light, INNER, 1, pixels=pixels), signal_report(light, OUTER, 2)


def test_answers_are_stored_and_not_asked_for_again(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryContext()
    with served(good, monkeypatch) as asked:
        first = classifying.classify_signals(light, signals, STAR, store)
        again = classifying.classify_signals(light, signals, STAR, store)
    assert [path for path, _ in asked] == ["/ensemble", "/ensemble"]
    assert again == first
    told = first[0].classification
    assert told is not None
    assert (told.outcome, told.label, told.planet_with_vetting, told.model_version) == ("done", "planet", 0.8, "7")
    assert classifying.fact(first) == "; 2 of 2 classified"


def test_what_is_sent_is_the_light_around_this_signal(light: DetrendedCurve, signals: tuple[SignalReport, ...]) -> None:
    inner, outer = signals
    sent = classifying.asked(light, inner, [outer], STAR)
    time = np.array(sent["light_curve"]["time"])
    assert time.size == len(sent["light_curve"]["flux"])
    assert sent["ephemeris"] == {
        "period_days": inner.period_days, "epoch": 0.0, "duration_hours": inner.duration_hours
    }  # fmt: skip
    assert sent["star"] == {"radius_sun": 1.1, "mass_sun": None, "teff_k": None, "tmag": 9.5}
    assert sent["vetting"] == {"centroid_offset_arcsec": 3.5}
    # dips of the other planet are gone, those of the signal are not
    period = outer.period_days
    away = (time + inner.epoch_bjd - outer.epoch_bjd + 0.5 * period) % period - 0.5 * period
    inside = np.abs(away) < 0.4 * outer.duration_hours / 24
    own = np.abs((time + 0.5 * inner.period_days) % inner.period_days - 0.5 * inner.period_days)
    assert not np.any(inside & (own > 0.5 * inner.duration_hours / 24))
    assert np.any(own < 0.2 * inner.duration_hours / 24)
    # the eclipse of the other star, found as a signal of its own at the same period, stays
    half_way = inner.model_copy(update={"index": 2, "epoch_bjd": inner.epoch_bjd + 0.5 * inner.period_days})
    alone = classifying.asked(light, inner, [], STAR)
    assert len(classifying.asked(light, inner, [half_way], STAR)["light_curve"]["time"]) == len(
        alone["light_curve"]["time"]
    )


def test_many_points_are_averaged(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = classifying.asked(light, signals[0], [], STAR)["light_curve"]
    monkeypatch.setattr(classifying, "MOST_POINTS", 500)
    sent = classifying.asked(light, signals[0], [], STAR)["light_curve"]
    assert 250 < len(sent["time"]) <= 550
    assert np.all(np.diff(sent["time"]) > 0)
    assert np.mean(sent["flux"]) == pytest.approx(np.mean(whole["flux"]), abs=1e-4)


def test_a_service_without_the_combination_still_classifies(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def plain(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return (501, {"detail": "None."}) if path == "/ensemble" else good(path, body)

    with served(plain, monkeypatch) as asked:
        told = classifying.classify_signals(light, signals, STAR, MemoryContext())
    assert [path for path, _ in asked] == ["/ensemble", "/classify", "/classify"]
    assert "vetting" not in asked[1][1]["signals"][0]
    assert [s.classification.label for s in told if s.classification] == ["planet", "planet"]


def test_a_service_that_is_down_is_not_asked_for_every_signal(
    light: DetrendedCurve, signals: tuple[SignalReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.model_service.random.uniform", lambda *_: 0.0)
    with served(lambda *_: (503, {"detail": "Busy."}), monkeypatch) as asked:
        told = classifying.classify_signals(light, signals, STAR, MemoryContext())
    assert len(asked) == 3
    for signal in told:
        assert signal.classification is not None
        assert signal.classification.outcome == "not_run"
        assert "503" in (signal.classification.reason or "")
    assert classifying.fact(told) == "; not classified"
