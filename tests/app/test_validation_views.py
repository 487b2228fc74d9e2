"""The rules of the validation report's page: order, words, paths, tables, and who may see what."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest

from data.report import Report, SignalReport
from data.requests import VetChoice
from data.session import read_scope, session_scope
from data.tables import Run
from data.vetting_report import FieldReport, VettingTest
from jobs.why_not_asked import LASTING, NO_CATALOGUES_ASKED, NO_PIXELS_ASKED
from larun_app.jobs_door import Refused, run_again
from larun_app.results.wording import result_view
from larun_app.validation.checks import action_of, check_rows
from larun_app.validation.counts import Counts, counts_of
from larun_app.validation.open_questions import would_change
from larun_app.validation.star_kind import class_words
from larun_app.validation.state import load_validation
from larun_app.validation.wording import NO_SIGNAL, UNCHECKED, validation_view
from science.rounding import THIN
from tests.app.made_light import made_light
from tests.app.stored_runs import NOTHING, made_report
from tests.app.vetted_runs import bare_report, binary_report, blend_report, check, damaged, planet_report

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


def test_what_was_not_asked_is_named() -> None:
    report = bare_report()[0]
    tests = {
        "on_target": check("Dips come from this star", "not_run", group="pixels", reason=NO_PIXELS_ASKED),
        "known_object": check("Nothing is known against it", "not_run", group="catalogue", reason=NO_CATALOGUES_ASKED),
        "host_star": check("No neighbour explains them", "not_run", group="pixels", reason=NO_PIXELS_ASKED),
        "star": check("A quiet star", "not_run", group="star", reason="Too short."),
    }
    signal = report.signals[0].model_copy(update={"vetting": tests})
    field = FieldReport(why_no_field=NO_CATALOGUES_ASKED, why_no_pixels=NO_PIXELS_ASKED)
    view = validation_view(
        report.model_copy(update={"signals": (signal,), "field": field}), 1, VetChoice(pixels=False, neighbours=False)
    )
    assert [(row.reason, row.action) for row in view.rows] == [
        ("Pixels were not asked for in this run.", "Fetch the pixels"),
        ("The star catalogues were not asked in this run.", "Look it up"),
        ("Pixels were not asked for in this run.", ""),  # one button does for both
        ("Too short.", ""),
    ]
    assert view.sky.empty == "The star catalogues were not asked in this run. Pixels were not asked for in this run."
    assert view.would_change[:3] == [
        "The pixels, which were switched off: 2 checks wait for them.",
        "The star catalogue, which was switched off: one check waits for it.",
        "“A quiet star”, once it can be run: too short.",
    ]


@pytest.mark.parametrize("reason", sorted(LASTING))
def test_what_no_other_try_would_bring_offers_no_button(reason: str) -> None:
    report = bare_report()[0]
    tests = {
        "on_target": check("Dips come from this star", "not_run", group="pixels", reason=reason),
        "known_object": check("Nothing is known against it", "not_run", group="catalogue", reason=reason),
    }
    signal = report.signals[0].model_copy(update={"vetting": tests})
    field = FieldReport(why_no_field=reason, why_no_pixels=reason)
    view = validation_view(report.model_copy(update={"signals": (signal,), "field": field}))
    assert [row.action for row in view.rows] == ["", ""]
    assert view.sky.empty == reason, "said once, although it stands for both"


def test_pixels_that_were_there_are_not_waited_for() -> None:
    report = blend_report()[0]
    tests = {"centroid": check("No shift", "not_run", group="pixels", reason="The dips are too shallow.")}
    signal = report.signals[0].model_copy(update={"vetting": tests, "neighbours": ()})
    first = would_change(signal, report.field, VetChoice())[0]
    assert first == "“No shift”, once it can be run: the dips are too shallow."


def test_a_limit_that_did_not_decide_is_not_held_up() -> None:
    report = planet_report()[0]
    tests = {
        "a": check("Enough clean dips", "fail", value=15.0, threshold=3.0, limit="at_least", unit="dips",
                   reason="15 dips, together 2.2 times their noise."),
        "b": check("Clear of the noise", "fail", value=2.2, threshold=6.2, limit="at_least", unit="σ"),
    }  # fmt: skip
    view = validation_view(report.model_copy(update={"signals": (_with(report, tests),)}))
    assert [(row.value, row.limit) for row in view.rows] == [("", ""), (f"2.2{THIN}σ", f"over 6.2{THIN}σ")]
    assert view.would_change == [
        "“Enough clean dips” fails for the reason it gives; only new data could turn it.",
        f"“Clear of the noise” would have to come over 6.2{THIN}σ; it is at 2.2{THIN}σ.",
    ]
    look = {"c": check("Every dip joins in", "warn", value=264.0, threshold=7.8, limit="at_least")}
    view = validation_view(report.model_copy(update={"signals": (_with(report, look),)}))
    assert (view.rows[0].value, view.rows[0].limit) == ("", "")
    assert view.would_change[0] == "“Every dip joins in”, if more data made it worse."


def test_the_sectors_that_saw_the_star() -> None:
    report = planet_report()[0]
    assert report.field is not None
    seen = validation_view(report).sectors
    assert seen == "TESS looked here in 3 sectors: 1, 2, 28. This report uses all of them."

    def of(*numbers: int) -> str:
        field = report.field.model_copy(update={"sectors_observed": numbers})  # type: ignore[union-attr]
        return validation_view(report.model_copy(update={"field": field})).sectors

    assert of(1, 2, 28, 60, 61, 62) == "TESS looked here in 6 sectors: 1, 2, 28, 60–62. This report uses 3 of them."
    assert of(2) == "TESS looked here in 1 sector: 2. This report uses it."
    assert of(90) == "TESS looked here in 1 sector: 90."
    assert of() == "", "nobody asked, or it is not TESS"


def test_the_age_of_the_catalogues_is_said_once() -> None:
    report = planet_report()[0]

    def of(*catalogues: str) -> str:
        field = report.field.model_copy(update={"catalogues": catalogues})  # type: ignore[union-attr]
        return validation_view(report.model_copy(update={"field": field})).catalogues

    pixels = "Pixels of S1, S2, S28."
    assert of("Gaia DR3", "TIC v8.2") == f"Stars from Gaia DR3, TIC v8.2. {pixels}"
    gaia, tic = "Gaia DR3, from the cache, 2 days old", "TIC v8.2, from the cache, 2 days old"
    assert of(gaia, tic) == f"Stars from Gaia DR3, TIC v8.2 (from the cache, 2 days old). {pixels}"
    assert of(gaia, "TIC v8.2") == f"Stars from Gaia DR3 (from the cache, 2 days old), TIC v8.2. {pixels}"
    assert of() == ""


def test_a_listed_planet_is_named_with_the_verdict() -> None:
    report = planet_report()[0]
    line = "It is TOI-1 b, a confirmed planet with a year of 4.2 days."
    known = check("Nothing is known against it", group="catalogue", reason=line, numbers={"catalogue_period_days": 4.2})
    before = validation_view(report).sentences
    signal = _with(report, report.signals[0].vetting | {"known_object": known})
    assert validation_view(report.model_copy(update={"signals": (signal,)})).sentences == [*before, line]
    unlisted = known.model_copy(update={"numbers": {}, "reason": "No list has a planet of this star with this year."})
    signal = _with(report, report.signals[0].vetting | {"known_object": unlisted})
    assert validation_view(report.model_copy(update={"signals": (signal,)})).sentences == before


def _with(report: Report, tests: dict[str, VettingTest]) -> SignalReport:
    return report.signals[0].model_copy(update={"vetting": tests})


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


def test_view_in_the_state_is_small() -> None:
    for made in (planet_report, blend_report):
        assert len(json.dumps(dataclasses.asdict(validation_view(made()[0])))) < 30_000


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


def test_the_kind_is_said_once_and_a_repeat_is_called_a_turn_only_of_a_spotted_star() -> None:
    report = planet_report()[0]
    assert report.variability is not None
    told = f"This is most likely a quiet star (83{THIN}%). It changes by 61{THIN}ppm."
    found = report.variability.model_copy(
        update={"words": "a quiet star", "sentence": told, "rotation_period_days": 6.8, "rotation_period_days_err": 0.6}
    )
    kind = validation_view(report.model_copy(update={"variability": found})).star
    assert (kind.words, kind.sentence) == ("A quiet star", f"It changes by 61{THIN}ppm.")
    assert (kind.facts[0].name, kind.facts[0].value) == ("Repeats every", "6.80 ± 0.60 days")
    spotted = found.model_copy(update={"label": "rotation", "probabilities": {"rotation": 0.9}})
    kind = validation_view(report.model_copy(update={"variability": spotted})).star
    assert kind.facts[0].name == "Turns once in"
    assert kind.sentence == told, "what the bars do not say is kept"


def test_rows_survive_a_test_without_numbers() -> None:
    report = planet_report()[0]
    odd = VettingTest(title="Odd", group="catalogue", outcome="fail", value=math.inf, threshold=math.nan, reason="")
    signal = report.signals[0].model_copy(update={"vetting": {"odd": odd}})
    row = check_rows(signal, None, VetChoice())[0]
    assert (row.value, row.limit) == ("", "")


# ---- who may see what ----------------------------------------------------------------------------------------------


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
        assert run.request["vet"] == {"pixels": True, "neighbours": True, "chances": True, "contrast": []}
        assert run.parent_run_id == runs["bare"]
