"""`larun validate` and what `larun analyze` prints of the chances; the fields in the API's report and its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.report import Report
from data.requests import RunRequest
from larun_app.api.routes import routes
from larun_app.api.schema import SCHEMA_FILE
from larun_app.cli import build_parser, main
from larun_app.commands import analyze as analyzing
from larun_app.commands import validate as validating
from larun_app.commands.analyze import summary, vet_choice
from larun_app.commands.chance_lines import short_chance_lines
from larun_app.security.sessions import COOKIE_NAME, start_local_session
from larun_app.validation.state import load_validation
from science.rounding import THIN
from tests.app.made_light import made_light
from tests.app.stored_runs import NOTHING, made_report
from tests.app.validated_runs import A_PLANET, NOT_RUN, REFUSED, TOGETHER, validated_home, with_chances
from tests.app.vetted_runs import planet_report

DIPS = ("--period", "4.2", "--epoch", "2458369.0", "--duration", "3")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("validated")
    with validated_home(folder) as runs:
        yield folder, runs


@pytest.fixture
def validated(home: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("LARUN_HOME", str(home[0]))
    return home[1]


def test_a_finished_run_tells_what_it_holds(
    validated: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "report.json"
    assert main(["validate", validated["valid"], "--json", str(path)]) == 0
    said = capsys.readouterr().out
    assert "Statistically validated on this platform: no mass has been measured here" in said
    assert f"FPP   0.442{THIN}% ± 0.021{THIN}% (bar: under 1.5{THIN}%)" in said
    assert f"NFPP  under 0.01{THIN}% (bar: under 0.1{THIN}%)" in said
    for name in ("planet", "eb", "beb", "heb", "neb", "btp", "artifact", "variability"):
        assert f"({name})" in said
    assert "TIC 200101, 24″, size of the Sun assumed" in said
    assert "An image sharper than 0.5″ that shows another star." in said
    assert "Worth a proper look" in said
    assert f"Not worked out. {REFUSED}" in said, "of the second signal"
    found = Report.model_validate(json.loads(path.read_text())).signals[0].validation
    assert found == A_PLANET


def test_times_that_matter_are_told(validated: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", validated["undecided"]]) == 0, "no decision is an answer"
    said = capsys.readouterr().out
    assert f"Strictly periodic FPP 2.31{THIN}% ± 0.19{THIN}%." in said
    assert f"With each dip at its own time FPP 1.48{THIN}% ± 0.16{THIN}%." in said
    assert "look at the times by eye" in said
    assert "The classifier takes it for a planet" in said


def test_json_alone_is_all_that_is_printed(validated: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", validated["pair"], "--json"]) == 0
    assert Report.model_validate(json.loads(capsys.readouterr().out)).signals[0].validation is not None


def test_a_refusal_ends_with_two_and_its_reason(validated: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", validated["refused"]]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"larun: Not worked out. {REFUSED}\n"


def test_runs_from_before_the_step_say_so(runs: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", runs["planet"]]) == 2
    assert "were not weighed in this run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nosuchrun"], "There is no finished run 'nosuchrun' here"),
        (["nosuchrun", "--period", "3"], "together"),
        (["a", "b"], "one finished run"),
        (["notmine22222"], "There is no finished run"),
        (["a", "--json", "no/such/report.json"], "There is no folder no/such"),
        (["no_such_file.fits", *DIPS], "There is no file"),
    ],
)
def test_what_cannot_be_weighed_is_wrong_use(
    arguments: list[str], words: str, runs: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_an_empty_run_has_nothing_to_weigh(
    validated: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = made_report(made_light(planets=(), seed=5), "empty", verdict=NOTHING)
    monkeypatch.setattr("larun_app.api.run_files.finished_run", lambda *_: (None, empty))
    assert main(["validate", "empty"]) == 2
    assert "nothing to weigh" in capsys.readouterr().err


def test_a_given_signal_is_run_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    light = tmp_path / "star.csv"
    light.write_text("time,flux\n")
    asked: list[RunRequest] = []
    answer = [with_chances(planet_report()[0], A_PLANET, TOGETHER)]

    def ran(_: object, request: RunRequest) -> Report:
        asked.append(request)
        return answer[0]

    monkeypatch.setattr(validating, "run_and_write", ran)
    assert main(["validate", str(light), *DIPS]) == 0
    assert "Statistically validated" in capsys.readouterr().out
    assert asked[0].vet.chances
    assert asked[0].signal is not None
    answer[0] = with_chances(planet_report()[0], NOT_RUN)
    assert main(["validate", str(light), *DIPS]) == 2
    assert REFUSED in capsys.readouterr().err
    monkeypatch.setattr(analyzing, "run_and_write", ran)
    assert main(["analyze", str(light)]) == 0, "a refusal is no failure of an analysis"
    assert REFUSED in capsys.readouterr().out


def test_who_weighs_and_who_does_not() -> None:
    parser = build_parser()
    for command, weighs in (
        (["analyze", "TIC 1"], True), (["analyze", "TIC 1", "--no-chances"], False), (["vet", "TIC 1", *DIPS], True),
        (["validate", "TIC 1", *DIPS], True), (["classify", "TIC 1", *DIPS], False), (["fit", "TIC 1", *DIPS], False),
        (["bls", "TIC 1"], False), (["tls", "TIC 1"], False),
    ):  # fmt: skip
        assert vet_choice(parser.parse_args(command)).chances is weighs, command


def test_an_analysis_prints_two_lines_of_it() -> None:
    report = planet_report()[0]
    assert short_chance_lines(report.signals[0]) == []
    told = with_chances(report, A_PLANET, TOGETHER)
    lines = short_chance_lines(told.signals[0])
    assert len(lines) == 2
    assert lines[0].startswith("  chances   Statistically validated on this platform")
    assert lines[1].strip() == f"Together: {TOGETHER.recommendation}"
    assert all(line in summary(told).splitlines() for line in lines)
    assert f"  chances   Not worked out. {REFUSED}" in summary(told)


def test_the_page_of_a_person_holds_their_chances(validated: dict[str, str]) -> None:
    view = load_validation("local", validated["valid"], None)
    assert view is not None
    assert view.chances.chip == "Statistically validated"
    assert load_validation("somebody", validated["valid"], None) is None


def test_the_api_carries_them(validated: dict[str, str]) -> None:
    browser = TestClient(Starlette(routes=routes))
    browser.cookies.set(COOKIE_NAME, start_local_session())
    for address in (f"/api/v1/runs/{validated['valid']}", f"/api/v1/runs/{validated['valid']}/download/report.json"):
        document = browser.get(address).json()
        signal = document.get("report", document)["signals"][0]
        found = signal["validation"]
        assert (found["verdict"], found["nfpp"]) == ("validated", 2e-6)
        assert set(found["scenarios"]) == {"planet", "eb", "beb", "heb", "neb", "btp", "artifact", "variability"}
        assert signal["ensemble"]["agreement"] == 0.94
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))["$defs"]
    assert {"fpp", "nfpp", "verdict", "scenarios", "would_change"} <= set(schema["ValidationReport"]["properties"])
    assert "ensemble" in schema["SignalReport"]["properties"]
