"""`larun classify` against a stand-in of the model service: the answer, and the exit code where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.examples import get_example
from data.report import Report
from larun_app.cli import main
from larun_app.server import model
from tests.standins.model_server import model_stand_in

DIPS = ("--period", "1.33823", "--epoch", "2458355.184", "--duration", "2.2")
ASKED = ("classify", str(get_example("wasp-4").path), *DIPS)


def test_the_six_classes_and_the_whole_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    with model_stand_in() as service:
        monkeypatch.setenv("LARUN_MODEL_URL", service.url)
        assert main([*ASKED, "--json", str(path)]) == 0
        said = capsys.readouterr().out
        assert "The dip looks like a planet’s" in said
        assert "The dip up close: 52 points for a planet" in said
        assert "(model stand-in-1)" in said
        found = Report.model_validate(json.loads(path.read_text())).signals[0].classification
        assert found is not None
        assert (found.label, found.planet_with_vetting) == ("planet", 0.94)
        (_, sent), = [(p, b) for p, b in service.asked if p == "/ensemble"]  # fmt: skip
        assert sent["signals"][0]["ephemeris"]["period_days"] == pytest.approx(1.33823, abs=1e-3)

        service.status = 503
        monkeypatch.setattr("jobs.model_service.random.uniform", lambda *_: 0.0)
        assert main([*ASKED]) == 3
        error = capsys.readouterr().err
        assert error.strip().splitlines()[-1] == "larun: The model service answered with error 503."


def test_no_service_to_be_had_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LARUN_MODEL_URL", raising=False)
    monkeypatch.setenv("LARUN_MODEL_FOLDER", str(tmp_path))
    assert model.why_not() is not None
    assert main([*ASKED]) == 2
    assert "no trained classifier" in capsys.readouterr().err


def test_a_finished_run_is_asked_about_again(
    runs: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    with model_stand_in() as service:
        monkeypatch.setenv("LARUN_MODEL_URL", service.url)
        service.chances = dict.fromkeys(service.chances, 0.0) | {"eb": 1.0}
        assert main(["classify", runs["planet"], "--json", str(path)]) == 0
        assert capsys.readouterr().out.count("It looks like two stars eclipsing each other") == 2
        assert len([p for p, _ in service.asked if p == "/ensemble"]) == 2
        sent = service.asked[-1][1]["signals"][0]
        assert len(sent["light_curve"]["time"]) > 500
    signals = Report.model_validate(json.loads(path.read_text())).signals
    assert [s.classification.label for s in signals if s.classification] == ["eb", "eb"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nosuchrun"], "There is no finished run 'nosuchrun' here"),
        (["nosuchrun", "--period", "3"], "together"),
        (["a", "b"], "one finished run"),
        (["notmine22222"], "There is no finished run"),
        (["failedrun222"], "There is no finished run"),
    ],
)
def test_what_cannot_be_classified_is_wrong_use(
    arguments: list[str], words: str, runs: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", *arguments]) == 2
    assert words in capsys.readouterr().err
