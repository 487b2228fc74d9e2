"""The classifier's answer in words, the page about the chip, and its download."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.classification_report import BranchChange, Classification, ClassProbabilities
from data.report import SignalReport
from jobs import summary_words
from jobs.class_words import class_sentence
from jobs.model_chip import NoChip, describe
from larun_app.api.chip import PATH
from larun_app.api.routes import routes
from larun_app.classifier.chip_state import chip_view
from larun_app.classifier.wording import CAVEAT, ClassifierView, classifier_view
from larun_app.commands.analyze import classification_lines
from larun_app.results.wording import signal_view
from larun_app.validation.wording import validation_view
from science.rounding import THIN
from tests.app.vetted_runs import blend_report, planet_report
from tests.standins.model_server import CHIP, ModelStandIn, model_stand_in


def answered(signal: SignalReport, explanation: tuple[BranchChange, ...] = (), **chances: float) -> SignalReport:
    given = dict.fromkeys(ClassProbabilities.model_fields, 0.0) | chances
    found = Classification(
        outcome="done",
        label=max(given, key=lambda name: given[name]),  # type: ignore[arg-type]
        probabilities=ClassProbabilities(**given),
        explanation=explanation,
        model_version="3",
    )
    return signal.model_copy(update={"classification": found})


@pytest.fixture(scope="module")
def signal() -> SignalReport:
    return planet_report()[0].signals[0].model_copy(update={"classification": None})


def test_an_answer_has_six_bars_and_says_what_moved_it(signal: SignalReport) -> None:
    moved = (BranchChange(branch="scalars", change=0.12), BranchChange(branch="local", change=-0.52),
             BranchChange(branch="global", change=0.001))  # fmt: skip
    view = classifier_view(answered(signal, moved, planet=0.9, eb=0.07, beb=0.03))
    assert view.headline == "The dip looks like a planet’s"
    assert view.line == f"The dip looks like a planet’s, 90{THIN}%. {CAVEAT}"
    assert [(b.words, b.best) for b in view.bars][:2] == [("Planet", True), ("Two stars eclipsing each other", False)]
    assert len(view.bars) == 6
    assert [b.width for b in view.bars][:2] == ["90.0%", "7.0%"]
    assert view.moved == [
        "The dip up close: 52 points for a planet",
        "Period, depth, length and star: 12 points against a planet",
    ]
    assert view.missing == ""


def test_nothing_is_decided_below_one_half(signal: SignalReport) -> None:
    view = classifier_view(answered(signal, planet=0.45, eb=0.4, variable=0.15))
    assert view.headline == "The classifier cannot decide"
    assert "planet" not in view.headline
    assert f"planet with 45{THIN}% at best" in view.line


def test_what_was_not_asked_says_why_and_older_runs_say_nothing(signal: SignalReport) -> None:
    reason = "The model service could not be reached."
    missing = signal.model_copy(update={"classification": Classification(outcome="not_run", reason=reason)})
    view = classifier_view(missing)
    assert (view.missing, view.bars, view.line) == (f"Not classified. {reason}", [], "")
    assert classification_lines(missing) == [f"  class     Not classified. {reason}"]
    assert class_sentence(missing) == f"Not classified. {reason}"
    assert classifier_view(signal) == ClassifierView()
    assert classification_lines(signal) == []
    assert class_sentence(signal) == ""


def test_pages_pdf_and_command_line_all_tell_it() -> None:
    report = blend_report()[0]
    told = answered(report.signals[0], beb=0.8, planet=0.2)
    report = report.model_copy(update={"signals": (told,)})
    assert signal_view(told).classifier.bars[0].words == "Eclipsing pair in the background"
    assert validation_view(report).classifier == classifier_view(told)
    assert f"an eclipsing pair in the background (80{THIN}%)" in summary_words.sentences(report, told)
    lines = classification_lines(told)
    assert lines[0] == "  class     It looks like an eclipsing pair in the background"
    assert len([line for line in lines if "%" in line]) == 6
    assert "(model 3)" in lines[-1]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Any:
    with model_stand_in() as known:
        monkeypatch.setenv("LARUN_MODEL_URL", known.url)
        yield known


def test_the_chip_in_figures(service: ModelStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARUN_MODEL_KEY", "secret")
    service.key = "secret"
    view = chip_view(describe())
    assert [(f.name, f.value, f.unit) for f in view.figures] == [
        ("Time for one signal, modelled", "7.2", f"ms at 168{THIN}MHz"),
        ("Flash", "95.5", "KB"),
        ("Memory", "40.2", "KB"),
    ]
    facts = {f.name: (f.value, f.note) for f in view.facts}
    assert facts["Modelled cycles"] == (f"1{THIN}204{THIN}551", "zero wait states")
    assert facts["Planets told from the rest, AUC"][0] == "0.9876"
    assert "Nothing was measured on hardware" in view.how


@pytest.mark.parametrize(
    ("model", "status", "words"),
    [
        ({"version": "1", "microcontroller": None}, 200, "comes without"),
        ({"version": "1", "microcontroller": CHIP | {"ram_bytes": 0}}, 200, "could not be read"),
        ([], 200, "could not be read"),
        ({}, 503, "error 503"),
        ({}, 401, "key"),
    ],
)
def test_no_chip_is_one_sentence(service: ModelStandIn, model: Any, status: int, words: str) -> None:
    service.model, service.status = model, status
    with pytest.raises(NoChip, match=words):
        describe()


def test_the_package_comes_through_the_app(client: TestClient, service: ModelStandIn) -> None:
    answer = client.get(PATH)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="larun-cortex-m4.zip"')
    assert zipfile.ZipFile(io.BytesIO(answer.content)).namelist() == ["larun-cortex-m4/README.md"]
    assert [path for path, _ in service.asked] == ["/export/cortex-m4"]


def test_no_package_no_service_and_no_session(
    client: TestClient, service: ModelStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert TestClient(Starlette(routes=routes)).get(PATH).status_code == 401
    service.zipped = b"<html>"
    assert client.get(PATH).json() == {"detail": "The model service gave an answer that could not be read."}
    service.status = 501
    answer = client.get(PATH)
    assert (answer.status_code, answer.json()["detail"]) == (
        503, "This model comes without a network for the microcontroller."
    )  # fmt: skip
    monkeypatch.delenv("LARUN_MODEL_URL")
    assert client.get(PATH).json() == {"detail": "No model service is set up here."}
