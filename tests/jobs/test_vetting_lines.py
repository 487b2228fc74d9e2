"""Findings as lines of the report: known objects, letters, and rounding."""

from __future__ import annotations

import numpy as np
import pytest

from data.archives.products import KnownPlanet
from data.vetting_report import NeighbourReport
from jobs import findings
from jobs.contamination_lines import LightLines, known_object
from jobs.surroundings import Around
from science.vetting.light.table import TESTS
from science.vetting.results import Finding, Picture, Series
from tests.app.made_light import INNER, made_light
from tests.app.stored_runs import signal_report


def planet(status: str, period: float | None = 4.2) -> KnownPlanet:
    return KnownPlanet("TOI-1.01", status, period, None, None, None, None, "list")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def signal():
    return signal_report(made_light((INNER,)), INNER, 1)


def test_a_known_false_positive_asks_for_a_look(signal) -> None:
    line = known_object(signal, Around(known=(planet("false positive"),)))["known_object"]
    assert line.outcome == "warn"
    assert "false positive" in line.reason


@pytest.mark.parametrize(("status", "word"), [("confirmed", "confirmed planet"), ("candidate", "candidate")])
def test_a_known_planet_is_named(signal, status: str, word: str) -> None:
    line = known_object(signal, Around(known=(planet(status),)))["known_object"]
    assert line.outcome == "pass"
    assert line.reason.startswith("It is TOI-1.01")
    assert word in line.reason


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_twice_and_half_the_period_are_the_same_object(signal, factor: float) -> None:
    line = known_object(signal, Around(known=(planet("confirmed", 4.2 * factor),)))["known_object"]
    assert "TOI-1.01" in line.reason


@pytest.mark.parametrize("period", [7.7, None])
def test_another_period_is_another_object(signal, period: float | None) -> None:
    line = known_object(signal, Around(known=(planet("false positive", period),)))["known_object"]
    assert line.outcome == "pass"
    assert "No list has" in line.reason


def test_lists_that_were_not_asked_are_no_pass(signal) -> None:
    line = known_object(signal, Around(why_not_known="The archive does not answer."))["known_object"]
    assert (line.outcome, line.reason) == ("not_run", "The archive does not answer.")


def test_letters_reach_the_sky_and_leave_the_original_alone() -> None:
    star = NeighbourReport(
        name="TIC 2", letter="A", ra_deg=1.0, dec_deg=2.0, separation_arcsec=3.0, position_angle_deg=4.0, tmag=12.0
    )
    sky = {"sectors": [{"stars": [{"name": "TIC 1", "letter": ""}, {"name": "TIC 2", "letter": ""}]}]}
    lettered = LightLines({}, None, (star,)).with_letters(sky)  # type: ignore[arg-type]
    assert [s["letter"] for s in lettered["sectors"][0]["stars"]] == ["", "A"]  # type: ignore[index]
    assert sky["sectors"][0]["stars"][1]["letter"] == ""


def test_a_finding_becomes_a_line_without_infinities() -> None:
    series = Series(
        "dots", np.array([0.0, 1.0, np.nan]), np.array([1.23456789, np.inf, 2.0]), np.array([0.1, 0.1, 0.1])
    )
    finding = Finding(
        "odd_even_depth",
        "fail",
        "They differ.",
        np.inf,
        3.0,
        numbers={"a": np.nan, "b": 2.0},
        picture=Picture((series,), "hours", "ppm", "Odd and even."),
        windows_bjd=np.array([[1.0, 2.0]]),
        fault="eclipsing_binary",
    )
    line = findings.test_lines([finding], TESTS, "light")["odd_even_depth"]
    assert line.value is None
    assert line.numbers == {"a": None, "b": 2.0}
    assert line.picture is not None
    assert line.picture.series[0].x == (0.0,)
    assert line.picture.series[0].y == (1.23457,)
    assert line.windows_bjd == ((1.0, 2.0),)
    assert line.title == "Odd and even dips match"


def test_a_finding_that_no_table_knows_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        findings.test_lines([Finding("unheard_of", "pass", "Fine.")], TESTS, "light")
