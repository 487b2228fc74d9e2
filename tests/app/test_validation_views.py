"""The rules of the validation report's page: order, words, paths, tables, and who may see what."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.requests import VetChoice
from data.session import read_scope, session_scope
from data.tables import Run
from data.vetting_report import FieldReport, NeighbourReport, PictureSeries, VettingTest
from data.vetting_report import TestPicture as Picture
from jobs.check_numbers import amount, limit_words
from larun_app.jobs_door import Refused, run_again
from larun_app.results.wording import result_view
from larun_app.ui.picture import HEIGHT, MOST_CHARACTERS, WIDTH, thumbnail
from larun_app.ui.sky_view import circle_arcsec, pixel_arcsec
from larun_app.validation.checks import action_of, check_rows
from larun_app.validation.counts import Counts, counts_of
from larun_app.validation.neighbours import MOST, dim_words, neighbour_table, share_words
from larun_app.validation.star_kind import class_words
from larun_app.validation.state import load_validation
from larun_app.validation.wording import NO_SIGNAL, UNCHECKED, validation_view
from science.rounding import THIN
from tests.app.stored_runs import NOTHING, made_light, made_report
from tests.app.vetted_runs import bare_report, binary_report, blend_report, check, damaged, planet_report, vetted_home

SWITCHED_OFF = VetChoice(pixels=False)


def test_a_planet_leads_with_the_check_to_look_at() -> None:
    view = validation_view(planet_report()[0])
    assert (view.index, view.tone, view.counts) == (1, "warn", "9 pass, 1 to look at")
    assert [row.outcome for row in view.rows] == ["warn", *["pass"] * 9]
    first = view.rows[0]
    assert (first.word, first.title, first.value, first.limit) == (
        "Look",
        "No second dip half-way",
        f"2.5{THIN}σ",
        f"under 3{THIN}σ",
    )
    assert [row.key for row in view.rows[1:4]] == ["signal_strength", "odd_even_depth", "v_shape"], "as they were made"
    assert view.rows[1].limit == "over 6.2"
    figures = {f.name: (f.value, f.unit) for f in view.figures}
    assert figures == {
        "Dips come from this star?": ("Yes", "0.4 ± 1.3″ off"),
        "Light from neighbours": (f"0.24{THIN}%", ""),
        "Size, undiluted": ("4.12", "Earths"),
        "Checks": ("9", "of 10 pass"),
    }
    assert view.sky.summary.endswith(f"it would have to lose 60{THIN}% of its light each time.")
    assert view.would_change[0] == f"“No second dip half-way” going over 3{THIN}σ; it is at 2.5{THIN}σ now."
    assert "No chance has been worked out" in view.not_told[1]


def test_the_second_signal_has_its_own_report() -> None:
    report = planet_report()[0]
    view = validation_view(report, 2)
    assert (view.index, view.tone, view.counts) == (2, "pass", "9 pass")
    assert validation_view(report, 77).index == 1, "no such signal: the first"


def test_two_stars_fail_for_their_reasons() -> None:
    view = validation_view(binary_report()[0])
    assert (view.tone, view.counts) == ("fail", "3 fail, 7 pass")
    assert [row.outcome for row in view.rows][:4] == ["fail", "fail", "fail", "pass"]
    assert view.rows[2].reason.endswith("This check alone does not decide.")
    assert not view.rows[0].reason.endswith("does not decide.")
    assert "Size" not in [f.name for f in view.figures], "no size of a planet for what is none"
    assert view.would_change[0].startswith("“Odd and even dips match” would have to come under 3")
    assert all("No larger" not in line for line in view.would_change), "it does not decide"


def test_a_blend_names_the_neighbour() -> None:
    view = validation_view(blend_report()[0])
    assert view.rows[0].title == "Dips come from this star"
    assert view.figures[0].value == "No"
    first = view.neighbours.rows[0]
    assert (first.letter, first.host, first.tone, first.words) == ("B", f"97{THIN}%", "fail", "Likely the source")
    assert view.neighbours.with_host
    assert [row.letter for row in view.neighbours.rows[:3]] == ["B", "A", ""]
    assert "B, A" in view.sky.summary


def test_without_pixels_nothing_passes_in_silence() -> None:
    report = bare_report()[0]
    view = validation_view(report, 1, SWITCHED_OFF)
    unrun = {row.key: row for row in view.rows if row.outcome == "not_run"}
    assert set(unrun) == {"on_target", "light_from_neighbours", "single_event"}
    assert {row.word for row in unrun.values()} == {"Not run"}
    assert all(row.value == row.limit == "" and row.reason for row in unrun.values())
    assert (unrun["on_target"].action, unrun["light_from_neighbours"].action, unrun["single_event"].action) == (
        "Fetch the pixels",
        "Try again",
        "",
    )
    assert view.figures[0].value == "Not checked"
    assert view.counts == "8 pass, 3 not run"
    assert view.sky.empty.startswith("The archive did not answer")
    assert view.would_change[0] == "The pixels, which were switched off: one check waits for them."
    assert any("exact star" in line for line in view.not_told)
    assert view.star.missing


def test_what_was_switched_off_is_named() -> None:
    off = "It was switched off for this run."
    report = bare_report()[0]
    tests = {
        "on_target": check("Dips come from this star", "not_run", group="pixels", reason=off),
        "known_object": check("Nothing is known against it", "not_run", group="catalogue", reason=off),
        "host_star": check("No neighbour explains them", "not_run", group="pixels", reason=off),
        "star": check("A quiet star", "not_run", group="star", reason="Too short."),
    }
    signal = report.signals[0].model_copy(update={"vetting": tests})
    field = FieldReport(why_no_field=off, why_no_pixels=off)
    view = validation_view(
        report.model_copy(update={"signals": (signal,), "field": field}), 1, VetChoice(pixels=False, neighbours=False)
    )
    assert [(row.reason, row.action) for row in view.rows] == [
        ("The pixels were switched off for this run.", "Fetch the pixels"),
        ("The star catalogues were switched off for this run.", "Look it up"),
        ("The pixels were switched off for this run.", ""),  # one button does for both
        ("Too short.", ""),
    ]
    assert view.sky.empty == (
        "The star catalogues were switched off for this run. The pixels were switched off for this run."
    )
    assert view.would_change[:3] == [
        "The pixels, which were switched off: 2 checks wait for them.",
        "The star catalogue, which was switched off: one check waits for it.",
        "“A quiet star”, once it can be run: too short.",
    ]


def test_a_long_unit_has_its_own_line() -> None:
    report = planet_report()[0]
    tests = {"a": check("a", value=1.2, threshold=0.6, limit="at_least", unit="expected over measured length")}
    row = check_rows(report.signals[0].model_copy(update={"vetting": tests}), None, VetChoice())[0]
    assert (row.value, row.limit, row.unit) == ("1.2", "over 0.6", "expected over measured length")


def test_a_check_that_could_run_offers_no_button() -> None:
    there = FieldReport(catalogues=("Gaia DR3",))
    asked = VetChoice()
    unrun = check("Dips come from this star", "not_run", group="pixels", reason="Too faint.")
    assert action_of(unrun, there, asked) == ""
    assert action_of(unrun, None, asked) == "Try again"
    assert action_of(unrun.model_copy(update={"outcome": "fail"}), None, SWITCHED_OFF) == ""


def test_a_run_without_checks_says_so() -> None:
    light = made_light()
    report, _ = planet_report()
    before = report.model_copy(update={"signals": tuple(s.model_copy(update={"vetting": {}}) for s in report.signals)})
    view = validation_view(before)
    assert (view.checked, view.headline, view.rows) == (False, UNCHECKED, [])
    nothing = validation_view(made_report(light, "x", verdict=NOTHING))
    assert (nothing.checked, nothing.headline, nothing.tone) == (False, NO_SIGNAL, "none")


def test_counts_in_words() -> None:
    assert Counts(14, 1, 0, 2).words == "14 pass, 1 to look at, 2 not run"
    assert Counts(1, 0, 1, 0).words == "1 fails, 1 passes"
    assert Counts().words == ""
    assert [Counts(3, 1, 1).tone, Counts(3, 1).tone, Counts(3, 0, 0, 2).tone, Counts(0, 0, 0, 2).tone] == [
        "fail",
        "warn",
        "pass",
        "none",
    ]


def test_the_overview_tells_how_the_checks_ended() -> None:
    view = result_view(planet_report()[0])
    assert [(s.checks, s.checks_tone) for s in view.signals] == [("9 pass, 1 to look at", "warn"), ("9 pass", "pass")]
    assert counts_of(planet_report()[0].signals[0]).total == 10


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (1.414, "σ", f"1.4{THIN}σ"),
        (735.2, "ppm", f"735{THIN}ppm"),
        (31.04, "arcsec", "31″"),
        (3.0, "", "3"),
        (0.0024, "share", f"0.24{THIN}%"),
        (-2.5, "σ", f"−2.5{THIN}σ"),
        (None, "σ", ""),
        (math.nan, "σ", ""),
        (math.inf, "", ""),
        (-1232.88, "AIC difference", "−1230"),
        (2.03, "Earth radii", f"2.0{THIN}Earths"),
    ],
)
def test_amounts(value: float | None, unit: str, words: str) -> None:
    assert amount(value, unit) == words


@pytest.mark.parametrize(
    ("threshold", "limit", "unit", "outcome", "words"),
    [
        (3.0, "at_most", "σ", "pass", f"under 3{THIN}σ"),
        (6.2, "at_least", "", "fail", "over 6.2"),
        (0.05, "at_most", "share", "warn", f"under 5{THIN}%"),
        (0.0, "at_most", "stars", "warn", "should be none"),
        (-0.0, "at_least", "σ beyond what is needed", "pass", "over 0"),
        (6.563773, "at_most", "σ", "pass", f"under 6.6{THIN}σ"),
        (0.78, "at_least", "of the range searched", "pass", "over 0.78"),
        (None, "at_most", "", "pass", ""),
        (3.0, "at_most", "σ", "not_run", ""),
    ],
)
def test_limits(threshold: float | None, limit: str, unit: str, outcome: str, words: str) -> None:
    assert limit_words(check("x", outcome, threshold=threshold, limit=limit, unit=unit)) == words


# ---- thumbnails ----------------------------------------------------------------------------------------------------


def _picture(*series: PictureSeries) -> Picture:
    return Picture(series=series, x_label="x", y_label="y", summary="s")


def _numbers(path: str) -> list[float]:
    return [float(v) for v in re.findall(r"[ML]([\d.]+) ([\d.]+)", path) for v in v]


def test_thumbnails_stay_small_and_inside_their_box() -> None:
    n = 200
    x = tuple(k / 7 for k in range(n))
    noisy = tuple(math.sin(k) * 1e4 for k in range(n))
    styles = ("dots", "odd", "even", "line", "level", "mark")
    layers = tuple(PictureSeries(style=s, x=x, y=noisy, err=noisy) for s in styles)  # type: ignore[arg-type]
    made = thumbnail(_picture(*layers))
    assert 0 < made.size <= MOST_CHARACTERS
    for path in (made.dots, made.odd, made.line, made.level):
        places = _numbers(path)
        assert places
        assert all(0 <= a <= WIDTH for a in places[0::2])
        assert all(0 <= b <= HEIGHT for b in places[1::2])
    assert made.even.count("z") == made.even.count("M")
    assert made.mark


def test_thumbnail_of_two_points_is_where_they_are() -> None:
    made = thumbnail(_picture(PictureSeries(style="dots", x=(0, 1), y=(-5, 5), err=(1, 1))))
    assert made.dots == "M3.0 32.3h0M107.0 5.7h0", "left low, right high: y goes up"
    assert made.bars == "M3.0 35.0V29.7M107.0 8.3V3.0"


@pytest.mark.parametrize(
    "series",
    [
        (),
        (PictureSeries(style="dots", x=(), y=()),),
        (PictureSeries(style="dots", x=(math.nan,), y=(1.0,)),),
        (PictureSeries(style="mark", x=(1.0,), y=(0.0,)),),
    ],
)
def test_thumbnail_of_nothing_is_empty(series: tuple[PictureSeries, ...]) -> None:
    assert thumbnail(_picture(*series)).size == 0


def test_thumbnail_of_one_point_is_in_the_middle() -> None:
    assert thumbnail(_picture(PictureSeries(style="dots", x=(4.0,), y=(2.0,)))).dots == "M55.0 19.0h0"


def test_view_in_the_state_is_small() -> None:
    for made in (planet_report, blend_report):
        assert len(json.dumps(dataclasses.asdict(validation_view(made()[0])))) < 30_000


# ---- neighbours ----------------------------------------------------------------------------------------------------


def _star(k: int, **more: object) -> NeighbourReport:
    given: dict[str, object] = {
        "name": f"TIC {k}",
        "ra_deg": 1.0,
        "dec_deg": 2.0,
        "separation_arcsec": 2.0 + k,
        "position_angle_deg": 10.0,
        "tmag": 15.0,
        "can_do_it": False,
        **more,
    }
    return NeighbourReport.model_validate(given)


def _signal_with(stars: list[NeighbourReport]) -> object:
    return planet_report()[0].signals[0].model_copy(update={"neighbours": tuple(stars)})


def test_five_thousand_neighbours_are_counted_and_not_all_listed() -> None:
    signal = _signal_with([_star(k, can_do_it=k in (4000, 7)) for k in range(5000)])
    short = neighbour_table(signal)  # type: ignore[arg-type]
    assert len(short.rows) == 12
    assert [row.name for row in short.rows[:3]] == ["TIC 7", "TIC 4000", "TIC 0"], "the able first, then the nearest"
    assert short.more == f"Show {MOST}"
    assert short.said.startswith("2 of 5000 stars within ")
    assert short.beyond.startswith("4988 stars more")
    everything = neighbour_table(signal, everything=True)  # type: ignore[arg-type]
    assert len(everything.rows) == MOST
    assert everything.more == ""
    assert everything.beyond.endswith("none of them can make the dips.")


def test_no_neighbour_hides_that_could_do_it() -> None:
    able = neighbour_table(_signal_with([_star(k, can_do_it=True) for k in range(30)]))  # type: ignore[arg-type]
    assert len(able.rows) == 30
    assert able.more == able.beyond == ""
    assert neighbour_table(_signal_with([])).rows == []  # type: ignore[arg-type]


def test_neighbour_of_which_little_is_known() -> None:
    row = neighbour_table(_signal_with([_star(1, can_do_it=None)])).rows[0]  # type: ignore[arg-type]
    assert (row.share, row.dim, row.host, row.tone, row.words) == ("–", "–", "", "none", "Not known")


def test_shares_and_dimming() -> None:
    assert share_words(0.00144) == f"0.14{THIN}%"
    assert share_words(2e-9) == f"under 0.001{THIN}%"
    assert share_words(0.0) == f"0{THIN}%"
    assert dim_words(0.6) == f"60{THIN}% of its light"
    assert dim_words(1.7) == "more than all its light"


def test_sky_words() -> None:
    assert pixel_arcsec(["Kepler"]) == 3.98
    assert pixel_arcsec([]) == 21.0
    assert circle_arcsec("circle of 3 pixels, since no pixels were fetched", 21.0) == 63.0
    assert circle_arcsec("pipeline aperture", 21.0) == 0.0


def test_kinds_of_star() -> None:
    report = binary_report()[0]
    kind = validation_view(report).star
    assert kind.words == "Not decided"
    assert not any(bar.best for bar in kind.bars)
    assert kind.facts[0].value == "4.860 ± 0.070 days"
    assert class_words("new_class") == "New class"
    quiet = validation_view(planet_report()[0]).star
    assert (quiet.bars[0].words, quiet.bars[0].best) == ("Quiet", True)
    assert len(quiet.bars) == 4, "a chance under 1 % is not drawn"


def test_rows_survive_a_test_without_numbers() -> None:
    report = planet_report()[0]
    odd = VettingTest(title="Odd", group="catalogue", outcome="fail", value=math.inf, threshold=math.nan, reason="")
    signal = report.signals[0].model_copy(update={"vetting": {"odd": odd}})
    row = check_rows(signal, None, VetChoice())[0]
    assert (row.value, row.limit) == ("", "")


# ---- who may see what ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    home = tmp_path_factory.mktemp("vetted")
    with vetted_home(home) as runs:
        yield home, runs


@pytest.fixture
def runs(stored: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("LARUN_HOME", str(stored[0]))
    return stored[1]


def test_only_ones_own_finished_runs_are_read(runs: dict[str, str]) -> None:
    view = load_validation("local", runs["bare"], None)
    assert view is not None
    assert view.rows[0].action == "Fetch the pixels", "as the run's own request says"
    assert load_validation("somebody", runs["planet"], None) is None
    assert load_validation("local", runs["other"], None) is None
    assert load_validation("local", runs["failed"], None) is None
    assert load_validation("local", "", None) is None


def test_a_damaged_report_is_no_report(runs: dict[str, str], stored: tuple[Path, dict[str, str]]) -> None:
    with damaged((stored[0] / "lake" / "report").rglob("*.json")):
        assert load_validation("local", runs["planet"], None) is None
    assert load_validation("local", runs["planet"], None) is not None


def test_checks_can_be_run_again_with_pixels_by_the_owner(runs: dict[str, str]) -> None:
    with pytest.raises(Refused):
        run_again("somebody", runs["bare"], {"vet": {"pixels": True}})
    with session_scope() as session:  # an example needs no files of a person's
        run = session.get(Run, runs["bare"])
        assert run is not None
        run.request = {**run.request, "data": {"kind": "archive", "target": "TIC 1"}}
    new_id = run_again("local", runs["bare"], {"vet": {"pixels": True, "neighbours": True}})
    with read_scope() as session:
        run = session.get(Run, new_id)
        assert run is not None
        assert run.request["vet"] == {"pixels": True, "neighbours": True}
        assert run.parent_run_id == runs["bare"]
