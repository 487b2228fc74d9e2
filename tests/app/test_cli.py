"""The command line: exit codes, one-line sentences, the JSON report, and that a run is kept."""

import json
import subprocess
import sys

import pytest

from data.examples import get_example
from data.report import Report
from larun_app.cli import main


def larun(*arguments, **environment):
    return main(list(arguments))


def test_analyze_prints_the_verdict_and_writes_the_report(tmp_path, capsys):
    path = tmp_path / "report.json"
    code = larun("analyze", str(get_example("wasp-4").path), "--preset", "quick", "--json", str(path))
    assert code == 0
    said = capsys.readouterr().out
    assert "A dip comes back every 1.34 days" in said
    assert "Not tested here:" in said
    report = Report.model_validate(json.loads(path.read_text()))
    assert report.signals[0].period_days == pytest.approx(1.3382, abs=2e-3)
    assert report.provenance.inputs[0].sha256
    assert report.provenance.settings["search"]["oversampling"] == 2


def test_json_without_a_file_is_all_that_is_printed(capsys):
    assert larun("bls", str(get_example("wasp-4").path), "--json") == 0
    assert Report.model_validate(json.loads(capsys.readouterr().out)).signals


def test_an_analysed_star_can_be_exported(tmp_path, capsys):
    assert larun("bls", str(get_example("wasp-4").path)) == 0
    run_id = capsys.readouterr().out.split("Run ")[1].split(";")[0]
    for kind, start in (("zip", b"PK"), ("fits", b"SIMPLE"), ("json", b"{")):
        out = tmp_path / f"out.{kind}"
        assert larun("export", run_id, "--format", kind, "--output", str(out)) == 0
        assert out.read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["analyze", "no_such_file.fits"], "There is no file"),
        (["analyze", "TIC 99999999999999"], "at most ten digits"),
        (["export", "nothing"], "There is no finished run"),
        (["bench", "nothing"], "There is no benchmark"),
        (["bench", "nothing", "--json"], "There is no benchmark"),
        (["bench", "search-speed", "--json", "no/such/figures.json"], "There is no folder no/such"),
        (["analyze", "TIC 1", "--json", "."], "is a folder"),
        (["analyze", "TIC 1", "--json", "no/such/report.json"], "There is no folder no/such"),
        (["analyze", "TIC 1", "--plots", "/dev/null/pictures"], "/dev/null is a file"),
        (["doctor", "--json", "no/such/found.json"], "There is no folder no/such"),
        (["export", "nothing", "--output", "no/such/run.zip"], "There is no folder no/such"),
        (["tls", "x.csv", "TIC 1"], "There is no file x.csv|not both at once"),
    ],
)
def test_bad_input_ends_with_two_and_one_sentence(arguments, words, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert larun(*arguments) == 2
    error = capsys.readouterr().err
    assert any(w in error for w in words.split("|"))
    assert error.startswith("larun: ")
    assert len(error.strip().splitlines()) == 1


def test_wrong_periods_are_refused_in_words(capsys):
    path = str(get_example("wasp-4").path)
    assert larun("bls", path, "--period-min", "9", "--period-max", "2") == 2
    assert "longest period must be longer" in capsys.readouterr().err


def test_a_file_that_is_no_light_curve_says_so(tmp_path, capsys):
    path = tmp_path / "lc.fits"
    path.write_text("hello")
    assert larun("analyze", str(path)) == 2
    assert "larun: " in capsys.readouterr().err


def test_an_archive_that_is_down_ends_with_three(capsys, monkeypatch):
    for name in ("LARUN_MAST_URL", "LARUN_RESOLVER_URL", "LARUN_NEA_URL", "LARUN_GAIA_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert larun("analyze", "TIC 261136679") == 3
    assert "cannot be reached" in capsys.readouterr().err


def test_help_loads_nothing_slow():
    code = (
        "import sys\n"
        "from larun_app.cli import build_parser\n"
        "build_parser().format_help()\n"
        "slow = {'numpy', 'astropy', 'reflex', 'lightkurve', 'numba', 'sqlmodel'} & set(sys.modules)\n"
        "assert not slow, slow\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
