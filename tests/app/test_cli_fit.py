"""`larun fit` and `larun analyze --fit`: the table, the files, and the exit code that says whether it is a result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.examples import get_example
from data.report import Report
from jobs import fitting
from larun_app.cli import build_parser, main
from larun_app.commands import analyze
from larun_app.commands.fit import build_request
from science.fitting.windows import NothingToFit
from tests.standins.made_fit import NOT_CONVERGED, stand_in

GIVEN = ("--period", "1.338231", "--epoch", "2458355.1845", "--duration", "2.17", "--no-neighbours", "--no-pixels")


def larun(*arguments: str) -> int:
    return main([*arguments])


@pytest.fixture
def star() -> str:
    return str(get_example("wasp-4").path)


def test_a_converged_fit_prints_the_table_and_writes_its_files(
    star: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "fit_transits", stand_in())
    drawn: list[tuple[int, Path]] = []
    monkeypatch.setattr("jobs.fit_plots.write_fit_plots", lambda run, n, folder: drawn.append((n, folder)) or [])
    out, chain, plots = tmp_path / "report.json", tmp_path / "chain.parquet", tmp_path / "plots"
    code = larun("fit", star, *GIVEN, "--json", str(out), "--chains", str(chain), "--plots", str(plots), "--quiet")
    said = capsys.readouterr().out
    assert code == 0
    assert "converged: 4 ensembles of 16 walkers" in said
    assert "median and 68 %" in said
    assert "Period" in said
    assert "R-hat" in said
    fit = Report.model_validate(json.loads(out.read_text())).signals[0].fit
    assert fit is not None
    assert fit.converged
    assert chain.read_bytes().startswith(b"PAR1")
    assert drawn == [(1, plots)]


def test_an_unconverged_fit_says_so_prints_no_numbers_and_ends_with_four(
    star: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "fit_transits", stand_in(converged=False))
    out = tmp_path / "report.json"
    assert larun("fit", star, *GIVEN, "--quiet", "--json", str(out)) == 4
    said = capsys.readouterr().out
    assert "NOT CONVERGED: no numbers are told." in said
    assert NOT_CONVERGED in said
    assert "Impact parameter" not in said
    fit = json.loads(out.read_text())["signals"][0]["fit"]
    assert (fit["converged"], fit["parameters"]) == (False, {})


def test_a_fit_that_cannot_begin_says_why(
    star: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NothingToFit("There is no dip here.")

    monkeypatch.setattr(fitting, "fit_transits", refuse)
    assert larun("fit", star, *GIVEN, "--quiet", "--chains", str(tmp_path / "chain.parquet")) == 4
    said = capsys.readouterr()
    assert "There is no dip here." in said.out
    assert "There is no chain to write" in said.err
    assert not (tmp_path / "chain.parquet").exists()


def test_options_become_the_request(star: str) -> None:
    arguments = build_parser().parse_args(
        ["fit", star, *GIVEN, "--sampler", "dynesty", "--eccentric", "--gp", "--stellar-density", "--budget", "30",
         "--data-mode", "binned", "--seed", "5"]
    )  # fmt: skip
    request = build_request(arguments)
    assert request.seed == 5
    assert request.fit is not None
    assert request.fit.model_dump() == {
        "sampler": "dynesty",
        "data_mode": "binned",
        "eccentric": True,
        "use_stellar_density": True,
        "gaussian_process": True,
        "budget_seconds": 30.0,
        "together": False,
    }
    found = build_parser().parse_args(["analyze", star, "--fit", "--together"])
    asked = analyze.build_request(found).fit
    assert asked is not None
    assert asked.together
    assert analyze.build_request(build_parser().parse_args(["analyze", star])).fit is None
    assert analyze.build_request(build_parser().parse_args(["bls", star])).fit is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--budget", "1"], "budget_seconds"),
        (["--chains", "."], "is a folder"),
        (["--chains", "-"], "name a file to write it into"),
    ],
)
def test_bad_options_end_with_two_and_one_sentence(
    star: str, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert larun("fit", star, *GIVEN, *options) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.strip().splitlines()) == 1


def test_a_search_with_fits_tells_them(
    star: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    fake = stand_in()
    monkeypatch.setattr(fitting, "fit_transits", lambda *a, **k: (asked.append(a[3]), fake(*a, **k))[1])
    options = ("--preset", "quick", "--no-neighbours", "--no-pixels", "--quiet", "--seed", "9")
    assert larun("analyze", star, "--fit", "--eccentric", *options) == 0
    assert "converged: 4 ensembles" in capsys.readouterr().out
    assert (asked[0].seed, asked[0].eccentric, asked[0].threads) == (9, True, 2)
