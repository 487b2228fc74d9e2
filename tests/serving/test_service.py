"""The real model service over HTTP: right answers, wrong questions, too many of them."""

from __future__ import annotations

import io
import json
import math
import re
import shlex
import shutil
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from benchmarks.running_service import Running, running
from jobs import model_chip, model_service
from serving import routes
from serving.api import MOST_ROWS
from serving.artefacts import STUDENT
from serving.classes import CLASSES, PLANET
from serving.classifier import BRANCHES, NUMBERS, Classifier, as_table
from serving.export import package
from serving.gate import MOST_REQUESTS
from serving.scalars import SCALARS, SCALES
from serving.views import views_of
from tests.serving.toy_artefacts import toy_rows

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "model-service.md"
KEY = "a key of the tests"
JSON = {"Content-Type": "application/json", "X-Api-Key": KEY}


@pytest.fixture(scope="module")
def service(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("home"), toy_folder, {"LARUN_MODEL_KEY": KEY}) as found:
        yield found


@pytest.fixture(scope="module")
def classifier(toy_folder: Path) -> Classifier:
    return Classifier.load(toy_folder)


def asked(service: Running, body: Any, path: str = "/classify") -> tuple[int, Any]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, _, answer = service.ask("POST", path, content, JSON)
    return status, json.loads(answer)


def physical(scalars: np.ndarray) -> np.ndarray:
    """Undo the standardisation: what a client would send."""
    centre, width = (np.array([SCALES[name][k] for name in SCALARS]) for k in (0, 1))
    return (scalars * width + centre).astype(np.float32)


def signal_of(rows: dict[str, np.ndarray], k: int) -> dict[str, Any]:
    secondary = None if np.isnan(rows["secondary"][k]).any() else rows["secondary"][k].tolist()
    values = physical(rows["scalars"])[k]
    return {
        "views": {"global": rows["global"][k].tolist(), "local": rows["local"][k].tolist(), "secondary": secondary},
        "scalars": {name: None if math.isnan(v) else float(v) for name, v in zip(SCALARS, values, strict=True)},
    }


def npy(array: np.ndarray) -> bytes:
    body = io.BytesIO()
    np.save(body, array)
    return body.getvalue()


def light_curve() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    time_days = np.arange(0, 27, 0.02)
    flux = 1 + rng.normal(0, 3e-4, time_days.size)
    flux[np.abs((time_days - 1.5 + 1.75) % 3.5 - 1.75) < 0.06] -= 0.004
    return time_days, flux


# -- answers ---------------------------------------------------------------------------------------------------------


def test_views_are_answered_as_the_classifier_answers(service: Running, classifier: Classifier) -> None:
    rows = toy_rows(4)
    status, answer = asked(service, {"signals": [signal_of(rows, k) for k in range(4)], "explain": True})
    assert status == 200, answer
    assert answer["model"]["version"] == classifier.manifest.version
    expected, student, moved = classifier.classify(rows), classifier.student(rows), classifier.explain(rows)
    for k, result in enumerate(answer["results"]):
        assert list(result["probabilities"]) == list(CLASSES)
        assert np.allclose(list(result["probabilities"].values()), expected[k], atol=2e-5)
        assert np.allclose(list(result["student"].values()), student[k], atol=2e-5)
        assert result["label"] == CLASSES[int(expected[k].argmax())]
        assert [change["branch"] for change in result["explanation"]] == list(BRANCHES)
        assert np.allclose([change["change"] for change in result["explanation"]], moved[k], atol=4e-5)


def test_a_light_curve_is_made_into_views(service: Running, classifier: Classifier) -> None:
    time_days, flux = light_curve()
    light: dict[str, Any] = {"time": time_days.tolist(), "flux": flux.tolist()}
    light["flux"][7] = None
    flux[7] = np.nan
    made = views_of(time_days, flux, 3.5, 1.5, 0.125, tmag=9.5)
    row = {
        "global": made.global_view[None],
        "local": made.local_view[None],
        "secondary": made.secondary_view[None],
        "scalars": made.scalars[None],
    }
    ephemeris = {"period_days": 3.5, "epoch": 1.5, "duration_hours": 3.0}
    signal = {"light_curve": light, "ephemeris": ephemeris, "scalars": {"tmag": 9.5}}
    status, answer = asked(service, {"signals": [signal]})
    assert status == 200, answer
    found = list(answer["results"][0]["probabilities"].values())
    assert np.allclose(found, classifier.classify(row)[0], atol=2e-5)
    assert answer["results"][0]["explanation"] is None
    brighter = asked(service, {"signals": [signal | {"scalars": {"tmag": 14.0}}]})[1]
    assert not np.allclose(list(brighter["results"][0]["probabilities"].values()), found, atol=1e-3)


def test_many_rows_as_one_binary_body(service: Running, classifier: Classifier) -> None:
    rows = toy_rows(600)
    table = as_table(rows)
    table[:, -len(SCALARS) :] = physical(rows["scalars"])
    status, headers, body = service.ask("POST", "/classify/binary", npy(table), {"X-Api-Key": KEY})
    assert status == 200, body
    answer = np.load(io.BytesIO(body))
    assert (answer.dtype, answer.shape) == (np.float32, (600, len(CLASSES)))
    assert np.allclose(answer, classifier.classify(rows), atol=1e-4)
    assert headers["x-model-version"] == classifier.manifest.version


def test_views_of_another_scale_are_brought_to_ours(service: Running) -> None:
    rows = toy_rows(1)
    agreed = asked(service, {"signals": [signal_of(rows, 0)]})[1]["results"]
    changed = signal_of(rows, 0)
    changed["views"]["global"] = [1 + 0.01 * v for v in changed["views"]["global"]]
    other = asked(service, {"signals": [changed]})[1]["results"]
    assert np.allclose(*(list(r[0]["probabilities"].values()) for r in (agreed, other)), atol=1e-4)


def test_the_app_understands_the_answer(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARUN_MODEL_URL", service.url)
    monkeypatch.setenv("LARUN_MODEL_KEY", KEY)
    told = model_service.ModelService().classify(signal_of(toy_rows(1), 0) | {"vetting": {"centroid": 1.0}})
    assert (told.outcome, len(told.explanation)) == ("done", 4), told.reason
    assert told.student_probabilities is not None
    flat = {"light_curve": {"time": [1.0, 2.0], "flux": [1.0, 1.0]}, "scalars": {}}
    refused = model_service.ModelService().classify(
        flat | {"ephemeris": {"period_days": 1, "epoch": 0, "duration_hours": 2}}
    )
    assert refused.reason == "The light curve has 2 usable points; 50 are needed."
    monkeypatch.setenv("LARUN_MODEL_KEY", "another")
    assert "key" in (model_service.ModelService().classify({}).reason or "")


def test_the_ensemble_takes_vetting_numbers(service: Running, classifier: Classifier) -> None:
    rows = toy_rows(2)
    signals = [signal_of(rows, 0) | {"vetting": {"centroid": 3.0, "unheard_of": None}}, signal_of(rows, 1)]
    status, answer = asked(service, {"signals": signals}, "/ensemble")
    assert status == 200, answer
    planet = classifier.classify(rows)[:, PLANET]
    tmag = physical(rows["scalars"])[:, SCALARS.index("tmag")]
    dim = np.where(np.isnan(tmag), 0, 0.3 * (tmag - 10) / 2)
    logit = np.log(planet / (1 - planet)) + dim + np.array([-2 * 2.0, -0.5]) + 0.2
    combined = [result["combined"]["planet"] for result in answer["results"]]
    assert np.allclose(combined, 1 / (1 + np.exp(-logit)), atol=1e-3)
    assert answer["results"][0]["probabilities"]["planet"] == pytest.approx(planet[0], abs=2e-5)


def test_no_package_of_another_network_is_handed_out(service: Running) -> None:
    for method in ("GET", "POST"):
        status, _, body = service.ask(method, "/export/cortex-m4", headers=JSON)
        assert (status, "package for the microcontroller" in json.loads(body)["detail"]) == (501, True)
    assert json.loads(service.ask("GET", "/model", headers=JSON)[2])["microcontroller"] is None


def test_the_package_of_this_network(classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    student = classifier.manifest.files[STUDENT]
    figures = {"flash_bytes": 90_000, "ram_bytes": 30_000, "modelled_cycles": 1_300_000, "clock_hz": 168_000_000}
    figures |= {"modelled_milliseconds": 7.7, "how_modelled": "by hand", "compiler": "none"}
    made = figures | {"network": {"file": "a", "bytes": student.bytes, "sha256": student.sha256}}
    stored = tmp_path / "cortex-m4.zip"
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("larun-cortex-m4/manifest.json", json.dumps(made))
    monkeypatch.setattr(package, "STORED", stored)
    assert routes.exported(classifier) == stored.read_bytes()
    told = model_chip.Microcontroller.model_validate(routes.microcontroller(classifier))
    assert (told.modelled_cycles, told.network_bytes, told.sha256) == (1_300_000, student.bytes, student.sha256)


def test_what_the_model_is(service: Running, classifier: Classifier) -> None:
    status, _, body = service.ask("GET", "/model", headers=JSON)
    told = json.loads(body)
    assert status == 200
    assert told["version"] == classifier.manifest.version
    layout = {part["name"]: (part["first"], part["numbers"]) for part in told["binary"]["layout"]}
    assert layout == {"global": (0, 201), "local": (201, 61), "secondary": (262, 61), "scalars": (323, 12)}
    assert [scalar["name"] for scalar in told["scalars"]] == list(SCALARS)
    asked(service, {"signals": [signal_of(toy_rows(1), 0)], "version": told["version"]})


@pytest.mark.parametrize("which", [0, 1])
def test_the_documented_clients_run(
    which: int,
    service: Running,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    programs = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert [len(programs), len(programs[0].split("\n")) <= 12] == [2, True]
    monkeypatch.chdir(tmp_path)
    np.save("signals.npy", as_table(toy_rows(3)))
    monkeypatch.setattr(requests, "post", partial(requests.post, headers={"X-Api-Key": KEY}))
    space: dict[str, Any] = {}
    exec(programs[which].replace("http://127.0.0.1:8450", service.url), space)
    if which == 0:
        assert "'probabilities'" in capsys.readouterr().out
    else:
        assert space["probabilities"].shape == (3, 6)


@pytest.mark.skipif(shutil.which("curl") is None, reason="There is no curl.")
def test_the_documented_curl_runs(service: Running) -> None:
    (line,) = re.findall(r"^curl .*-d @docs/\S+$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    command = [*shlex.split(line.replace("http://127.0.0.1:8450", service.url)), "-H", f"X-Api-Key: {KEY}"]
    done = subprocess.run(command, cwd=DOCUMENT.parents[1], capture_output=True, text=True, timeout=30)
    assert len(json.loads(done.stdout)["results"][0]["explanation"]) == 4, done.stdout


# -- questions that cannot be answered -------------------------------------------------------------------------------


def _changed(**changes: Any) -> dict[str, Any]:
    signal = signal_of(toy_rows(1), 0)
    signal["views"] |= changes
    return {"signals": [signal]}


@pytest.mark.parametrize(
    ("body", "statuses", "words"),
    [
        (b"{", (400,), "JSON"),
        (b"[1]", (400,), "object"),
        (b'{"signals": []}', (400,), "at least 1"),
        ({"signals": [{}]}, (400,), "either views or a light curve"),
        ({"signals": [{"light_curve": {"time": [1], "flux": [1]}}]}, (400,), "needs an ephemeris"),
        (_changed(local=[0.0] * 60), (400,), "views.local"),
        (_changed(local=[0.0] * 60 + [float("nan")]), (400,), "finite"),
        (_changed(local=[0.0] * 60 + ["a"]), (400,), "number"),
        (_changed(**{"global": [0.5] * 201}), (422,), "The global view has no dip"),
        (_changed(strange=1), (400,), "strange"),
        ({"signals": [signal_of(toy_rows(1), 0) | {"scalars": {"colour": 1}}]}, (400,), "unknown scalar 'colour'"),
        (_changed() | {"version": "none such"}, (404,), "has version"),
        ({"signals": [{}] * 257}, (400,), "at most 256"),
    ],
)
def test_a_bad_question_is_refused_with_the_reason(
    service: Running, body: Any, statuses: tuple[int, ...], words: str
) -> None:
    status, answer = asked(service, body)
    assert status in statuses, answer
    assert list(answer) == ["detail"]
    assert words in answer["detail"]
    assert "<" not in answer["detail"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "not an .npy"),
        (b"\x93NUMPY\x01\x00", 400, "not an .npy"),
        (npy(np.array([{"a": 1}], dtype=object)), 400, "not an .npy"),
        (npy(np.zeros((0, NUMBERS), np.float32)), 422, "no rows"),
        (npy(np.zeros((1, NUMBERS), np.float64)), 422, "float64"),
        (npy(np.zeros((1, 7), np.float32)), 422, "1 × 7"),
        (npy(np.zeros((1, NUMBERS), np.float32)), 422, "Row 1: The global view has no dip"),
        (npy(np.full((2, NUMBERS), np.nan, np.float32)), 422, "Row 1: The global view must be finite"),
        (npy(np.zeros((MOST_ROWS + 1, NUMBERS), np.float32)), 413, "At most"),
    ],
)
def test_a_bad_binary_body_is_refused_with_the_reason(service: Running, body: bytes, status: int, words: str) -> None:
    found, answer = asked(service, body, "/classify/binary")
    assert found == status
    assert words in answer["detail"]


def test_a_body_of_100_mb_is_refused_and_does_not_fill_the_memory(service: Running) -> None:
    before = service.memory_mb()
    for path in ("/classify", "/classify/binary"):
        status, answer = asked(service, bytes(100_000_000), path)
        assert status == 413
        assert "16 MB" in answer["detail"]
    assert service.memory_mb() - before < 40
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as line:  # no length given
        line.sendall(f"POST /classify HTTP/1.1\r\nHost: a\r\nX-Api-Key: {KEY}\r\n".encode())
        line.sendall(b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(20):
            line.sendall(b"f4240\r\n" + bytes(1_000_000) + b"\r\n")
        line.sendall(b"0\r\n\r\n")
        assert line.recv(12) == b"HTTP/1.1 413"


def test_who_has_no_key_learns_only_that_the_service_lives(service: Running) -> None:
    for path in ("/healthz", "/livez", "/readyz", "/"):
        assert service.ask("GET", path)[0] == 200
    for path in ("/model", "/metrics", "/docs.json", "/export/cortex-m4"):
        status, _, body = service.ask("GET", path, headers={"X-Api-Key": "wrong"})
        assert (status, b"X-Api-Key" in body) == (401, True), path
    assert service.ask("POST", "/classify", b"{}", {"Content-Type": "application/json"})[0] == 401


def test_other_forms_addresses_and_methods(service: Running) -> None:
    form = JSON | {"Content-Type": "application/x-www-form-urlencoded"}
    assert service.ask("POST", "/classify", b"a=b", form)[0] == 415
    pickle = JSON | {"Content-Type": "application/vnd.bentoml+pickle"}
    assert service.ask("POST", "/classify", b"\x80\x04N.", pickle)[0] == 415
    assert service.ask("GET", "/classify", headers=JSON)[0] == 405
    assert service.ask("DELETE", "/model", headers=JSON)[0] == 405
    assert service.ask("GET", "/static_content/index.css", headers=JSON)[0] == 404
    assert json.loads(service.ask("GET", "/nothing", headers=JSON)[2]) == {
        "detail": "There is nothing at this address."
    }


def test_without_artefacts_it_says_so_and_ends(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="larun: There is no trained classifier in"), running(tmp_path, tmp_path):
        pass


# -- the service itself ----------------------------------------------------------------------------------------------


def test_the_page_holds_no_scripts_and_nothing_from_elsewhere(service: Running) -> None:
    status, headers, body = service.ask("GET", "/")
    page = body.decode()
    assert status == 200
    assert "<script" not in page
    assert re.findall(r"(?:src|href)=\"?([^\s\">]+)", page) == ["data:,"]
    assert "default-src 'none'" in headers["content-security-policy"]


def test_too_many_requests_are_told_to_come_again_and_then_it_recovers(service: Running) -> None:
    head = f"POST /classify HTTP/1.1\r\nHost: a\r\nX-Api-Key: {KEY}\r\nContent-Type: application/json\r\n"
    waiting = []
    try:
        for _ in range(MOST_REQUESTS):
            line = socket.create_connection(("127.0.0.1", service.port), timeout=10)
            line.sendall((head + "Content-Length: 10\r\n\r\n").encode())
            waiting.append(line)
        body = json.dumps({"signals": [signal_of(toy_rows(1), 0)]}).encode()
        end = time.monotonic() + 10
        while True:
            status, headers, answer = service.ask("POST", "/classify", body, JSON)
            if status == 429:
                break
            assert time.monotonic() < end, "never refused"
        assert headers["retry-after"] == "1"
        assert "ask again" in json.loads(answer)["detail"]
        assert service.ask("GET", "/readyz")[0] == 200
    finally:
        for line in waiting:
            line.close()
    end = time.monotonic() + 10
    while service.ask("POST", "/classify", body, JSON)[0] != 200:
        assert time.monotonic() < end, "never recovered"
        time.sleep(0.05)


def test_requests_are_counted(service: Running) -> None:
    asked(service, {"signals": [signal_of(toy_rows(1), 0)]})
    status, headers, body = service.ask("GET", "/metrics", headers=JSON)
    assert status == 200
    assert headers["content-type"].startswith("text/plain")
    lines = [ln for ln in body.decode().splitlines() if "request_total{" in ln and 'endpoint="/classify"' in ln]
    assert any('http_response_code="200"' in ln and float(ln.split()[-1]) >= 1 for ln in lines), body


def test_it_leaves_nothing_in_the_home_folder_and_no_refused_question_in_its_log(service: Running) -> None:
    asked(service, b"{")
    left = [path.name for path in service.log.parent.iterdir()]
    assert left == ["service.log"]
    assert "Traceback" not in service.log.read_text()
