"""The rules of the results pages: words, rows, lists, history, and who may see what."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.session import read_scope, session_scope
from data.tables import Run
from larun_app.results.history import changes, history
from larun_app.results.lists import result_list
from larun_app.results.state import address, load_result
from larun_app.results.wording import calendar_year, key_figures, result_view, small_time
from tests.app.made_light import INNER, Planet, made_light
from tests.app.stored_runs import BINARY, NOTHING, made_report, signal_report, store, store_all

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def runs(database: Path) -> dict[str, str]:
    with session_scope() as session:
        return store_all(session)


def test_result_of_two_planets(runs: dict[str, str]) -> None:
    loaded = load_result("local", runs["planets"], NOW)
    assert loaded is not None
    view = loaded.view
    assert view is not None
    assert view.title == "Test star"
    assert view.facts == ["Orange dwarf, 10.5 mag", "369 light-years", "3 sectors, 2018 to 2020"]
    assert [(s.index, s.label, s.tone) for s in view.signals] == [
        (1, "Signal 1, 4.20\u202fd", "mark"),
        (2, "Signal 2, 9.70\u202fd", "alt"),
    ]
    figures = {f.name: f for f in view.signals[0].figures}
    assert figures["Year on the planet"].value == "4.20000"
    assert figures["Year on the planet"].unit == "days ± 35\u202fs"
    assert (figures["Size"].value, figures["Size"].plus, figures["Size"].unit) == ("4.10", "0.30", "Earths")
    assert figures["Size"].spoken == "4.10 plus 0.30 minus 0.30 Earths"
    assert figures["Dip"].value.startswith("0.1")
    assert figures["Signal to noise"].unit == "needs 7.1"
    assert (figures["Odds of a fluke"].value, figures["Odds of a fluke"].unit) == ("1 in 3300", "or less")
    assert view.not_done
    assert view.sensitivity
    assert view.sentences.startswith("The dips are equally deep. Noise")


def test_nothing_convincing_still_shows_the_strongest_repeat(runs: dict[str, str]) -> None:
    loaded = load_result("local", runs["nothing"], NOW)
    assert loaded is not None
    view = loaded.view
    assert view is not None
    assert view.rejected
    assert [s.index for s in view.signals] == [0]
    assert view.signals[0].label.startswith("Strongest repeat")
    names = [f.name for f in view.signals[0].figures]
    assert "Size" not in names
    assert names[0] == "Repeats every"


def test_two_stars_get_no_planet_size() -> None:
    light = made_light((INNER,))
    names = [f.name for f in key_figures(signal_report(light, INNER, 1, kind="binary"))]
    assert "Size" not in names
    assert "Year on the planet" not in names


def test_simulated_light_is_told(runs: dict[str, str]) -> None:
    loaded = load_result("local", runs["binary"], NOW)
    assert loaded is not None
    assert loaded.view is not None
    assert loaded.view.simulated


def test_data_rows(runs: dict[str, str]) -> None:
    loaded = load_result("local", runs["planets"], NOW)
    assert loaded is not None
    view = loaded.view
    assert view is not None
    assert [s.label for s in view.sectors] == ["S1", "S2", "S28"]
    assert view.sectors[0].cadence == "10\u202fmin"
    assert "of" in view.sectors[0].points
    assert view.inputs[0].sha256 == "ab" * 32
    assert ("How hard it looked", "standard") in [(f.name, f.value) for f in view.settings]
    assert view.settings[-1].name == "Seed"
    assert ("Radius", "0.780 ± 0.050 Suns", "TIC 8.2") in [(f.name, f.value, f.note) for f in view.star]


def test_unfinished_runs_have_a_state_and_others_none(runs: dict[str, str]) -> None:
    failed = load_result("local", runs["failed"], NOW)
    assert failed is not None
    assert (failed.state, failed.view) == ("failed", None)
    assert load_result("local", runs["other"], NOW) is None
    assert load_result("local", "", NOW) is None
    assert load_result("somebody", runs["planets"], NOW) is None


def test_a_damaged_report_is_said_to_be_damaged(runs: dict[str, str], database: Path) -> None:
    for file in (database / "lake" / "report").rglob("*.json"):
        file.write_text("{}")
    loaded = load_result("local", runs["planets"], NOW)
    assert loaded is not None
    assert loaded.damaged


@pytest.mark.parametrize(
    ("url", "run_id", "signal"),
    [
        ("http://x/runs/abc123def456?signal=2", "abc123def456", 2),
        ("http://x/runs/abc123def456/data", "abc123def456", None),
        ("/runs/abc123def456/", "abc123def456", None),
        ("http://x/runs/ABC", "", None),
        ("http://x/runs/abc/../../etc?signal=-1", "abc", None),
        ("http://x/results?signal=999", "", None),
    ],
)
def test_address(url: str, run_id: str, signal: int | None) -> None:
    assert address(url) == (run_id, signal)


def test_small_times() -> None:
    assert [small_time(s / 86400) for s in (3.2, 42, 200, 9000, 300000)] == [
        "3\u202fs",
        "42\u202fs",
        "3.3\u202fmin",
        "2.5\u202fh",
        "3.5\u202fd",
    ]


def test_calendar_year() -> None:
    assert calendar_year(2451545.0) == 2000
    assert calendar_year(2458849.4) == 2019, "31 December 2019"
    assert calendar_year(2458850.6) == 2020


def test_list_is_ones_own_searched_and_filtered(runs: dict[str, str]) -> None:
    with read_scope() as session:

        def titles(text: str = "", kind: str = "all") -> set[str]:
            return {row.title for row in result_list(session, "local", text, kind, 30, NOW).rows}

        assert titles() == {"Test star", "Quiet star", "Made pair", "No light", "Stopped star"}
        assert titles("star") == {"Test star", "Quiet star", "Stopped star"}
        assert titles("%") == set()
        assert titles(kind="signal") == {"Test star"}
        assert titles(kind="binary") == {"Made pair"}
        assert titles(kind="nothing") == {"Quiet star"}
        assert titles(kind="unfinished") == {"No light", "Stopped star"}
        whole = result_list(session, "local", "zzz", "all", 30, NOW)
        assert (whole.found, whole.total) == (0, 5)


def test_history_tells_what_changed(database: Path) -> None:
    light = made_light()
    report = made_report(light, "first2222222", signals=(signal_report(light, INNER, 1),), verdict=NOTHING)
    with session_scope() as session:
        from data.session import local_user

        local_user(session)
        store(session, light, run_id="first2222222", report=report)
        hidden = ({"start_bjd": 2458330.0, "stop_bjd": 2458331.0},)
        store(session, None, run_id="second222222", state="queued", parent_run_id="first2222222", hidden=hidden)
        other = store(session, None, run_id="unrelated222", state="failed", title="Other")
        other.target = "TIC 99"
        session.add(other)
    with read_scope() as session:
        run = session.get(Run, "first2222222")
        assert run is not None
        rows = history(session, run, NOW)
    assert {r.line.id for r in rows} == {"first2222222", "second222222"}
    by_id = {r.line.id: r for r in rows}
    assert by_id["first2222222"].here
    assert by_id["second222222"].changed == "1 stretch hidden"
    assert by_id["second222222"].line.href == "/runs/second222222/progress"


def test_changes_of_a_request() -> None:
    before = {"clean": {"quality": "default", "hidden": []}, "search": {"preset": "quick", "max_signals": 3}}
    after = {"clean": {"quality": "hard", "hidden": []}, "search": {"preset": "thorough", "max_signals": None}}
    assert changes(before, after) == ("quality mask hard, preset thorough, signals at most chosen by the program")
    assert changes(before, before) == ""


def test_view_of_every_kind_of_verdict() -> None:
    light = made_light((INNER,))
    for verdict in (NOTHING, BINARY):
        view = result_view(made_report(light, "x", verdict=verdict))
        assert (view.headline, view.kind, view.signals) == (verdict.headline, verdict.kind, [])
    weak = signal_report(light, Planet(3.0, 1326.0, 2.0, 50.0), 1, fap=0.4, fap_hi=0.5)
    assert key_figures(weak)[-1].value == "40\u202f%"
