"""The model service as a part of `larun up`: its address, and when there is none."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.home import Settings, SettingsError, settings
from larun_app.cli import build_parser
from larun_app.server import model
from larun_app.server.environment import child_environment


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_all_parts_learn_the_address(larun_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LARUN_MODEL_URL", raising=False)
    config = settings()
    assert config.model_url == ""
    assert "LARUN_MODEL_URL" not in child_environment(config)
    found = model.with_address(config)
    port = int(found.model_url.removeprefix("http://127.0.0.1:"))
    assert model.DEFAULT_PORT <= port < model.DEFAULT_PORT + model.PORTS_TRIED
    assert child_environment(found)["LARUN_MODEL_URL"] == found.model_url
    child = model.model_child(found, print)
    assert list(child.command[1:]) == ["-m", "serving", "--host", "127.0.0.1", "--port", str(port)]
    assert child.log.name == "model.log"


def test_a_port_that_was_asked_for_is_the_port(busy_port: int) -> None:
    with pytest.raises(SettingsError, match=f"Port {busy_port} for the model service is in use.*LARUN_MODEL_PORT"):
        model.with_address(Settings(model_port=busy_port))


def test_the_default_port_gives_way(busy_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "DEFAULT_PORT", busy_port)
    assert model.with_address(Settings()).model_url != f"http://127.0.0.1:{busy_port}"


def test_why_there_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARUN_MODEL_FOLDER", str(tmp_path))
    assert "no trained classifier" in (model.why_not() or "")
    (tmp_path / "manifest.json").write_text("{}")
    assert model.why_not() is None
    monkeypatch.setattr(model, "find_spec", lambda _: None)
    assert "not installed (bentoml, ai_edge_litert)" in (model.why_not() or "")


def test_the_doctor_says_how_it_is(tmp_path: Path, larun_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from larun_app.commands.doctor import _model

    monkeypatch.delenv("LARUN_MODEL_URL", raising=False)
    monkeypatch.setenv("LARUN_MODEL_FOLDER", str(tmp_path))
    found = _model()
    assert (found["ok"], "no trained classifier" in str(found["words"])) == (False, True)
    (tmp_path / "manifest.json").write_text("{}")
    assert _model()["ok"]
    monkeypatch.setenv("LARUN_MODEL_URL", "http://127.0.0.1:1")
    assert _model() == {"what": "model service", "ok": False, "words": "http://127.0.0.1:1"}


def test_a_service_elsewhere_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARUN_MODEL_URL", "http://model.example:9000")
    assert child_environment(settings())["LARUN_MODEL_URL"] == "http://model.example:9000"
    assert build_parser().parse_args(["up", "--no-model"]).no_model
    assert not build_parser().parse_args(["up"]).no_model
