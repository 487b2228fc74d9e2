"""The stage that weighs the explanations of a signal: what it asks, what it tells, what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.report import SignalReport
from data.requests import DataChoice, RunRequest
from data.validation_report import ValidationReport
from data.vetting_report import NeighbourReport
from jobs.context import MemoryContext
from jobs.surroundings import Around
from jobs.weighing import weigh, weigh_signals
from science.lightcurve import DetrendedCurve
from science.neighbours import FieldStar, StarField
from science.stars import Star, Value
from science.validation.engine import Effort
from tests.app.made_light import INNER, OUTER, made_light
from tests.app.stored_runs import signal_report

STAR = Star(
    name="TIC 1", ra_deg=120.0, dec_deg=-60.0, tmag=9.5, distance_pc=60.0, radius_sun=Value(1.0, 0.05, "TIC"),
    mass_sun=Value(1.0, 0.05, "TIC"), teff_k=Value(5772.0, 100.0, "TIC"),
)  # fmt: skip
QUICK = Effort(seed=1, first=1024, per_round=512, block=512, least_effective=50.0, most_draws=120_000)
REQUEST = RunRequest(data=DataChoice(kind="example", example="made"))


def field_star(name: int, tmag: float, is_target: bool = False) -> FieldStar:
    return FieldStar(
        ra_deg=120.0, dec_deg=-60.0, epoch_year=2020.0, separation_arcsec=0.0 if is_target else 25.0,
        position_angle_deg=0.0, tmag=tmag, tmag_source="TIC", tic_id=name, is_target=is_target,
    )  # fmt: skip


def neighbour(name: int, share: float, host: float | None, is_target: bool = False) -> NeighbourReport:
    return NeighbourReport(
        name=f"TIC {name}", tic_id=name, ra_deg=120.0, dec_deg=-60.0, separation_arcsec=0.0 if is_target else 25.0,
        position_angle_deg=0.0, tmag=12.0, light_share=share, can_do_it=None if is_target else True,
        host_probability=host, is_target=is_target,
    )  # fmt: skip


FIELD = StarField(120.0, -60.0, 200.0, 2020.0, (field_star(1, 9.5, True), field_star(2, 12.0)), ("TIC",))
AROUND = Around(field=FIELD)


@pytest.fixture(scope="module")
def light() -> DetrendedCurve:
    return made_light()


@pytest.fixture(scope="module")
def signals(light: DetrendedCurve) -> tuple[SignalReport, ...]:
    stars = (neighbour(1, 0.9999, None, True),)
    return signal_report(light, INNER, 1, neighbours=stars), signal_report(light, OUTER, 2, neighbours=stars)


def weighed(
    light: DetrendedCurve, signal: SignalReport, star: Star = STAR, around: Around = AROUND
) -> ValidationReport:
    return weigh(light, signal, (), star, around, QUICK)


def test_a_planet_is_told_with_all_eight_explanations(light: DetrendedCurve, signals: tuple[SignalReport, ...]) -> None:
    found = weigh(light, signals[0], signals[1:], STAR, AROUND, QUICK)
    assert found.outcome == "done", found.reason
    assert found.scenarios is not None
    assert found.scenarios.planet.probability > 0.5
    assert found.fpp == pytest.approx(1 - found.scenarios.planet.probability, abs=1e-9)
    assert {e.code for e in found.evidence} >= {"TP", "EB", "EBx2P", "PTP", "SEB", "BEB"}
    assert found.neighbours == ()


def test_the_pixels_decide_between_the_star_and_its_neighbour(
    light: DetrendedCurve, signals: tuple[SignalReport, ...]
) -> None:
    def with_pixels(host: float) -> ValidationReport:
        stars = (neighbour(1, 0.9, 1 - host, True), neighbour(2, 0.1, host))
        return weighed(light, signals[0].model_copy(update={"neighbours": stars}))

    mine, other = with_pixels(1e-5), with_pixels(1 - 1e-6)
    assert mine.nfpp is not None
    assert other.nfpp is not None
    # the planted dips are boxes, which large bodies do not make: the pixels have to outweigh that
    assert other.nfpp > 0.1 > 1e-6 > mine.nfpp
    assert other.neighbours[0].name == "TIC 2"
    assert other.neighbours[0].assumed
    assert any("taken as the Sun" in n for n in other.notes)


def test_what_cannot_be_weighed_says_why(light: DetrendedCurve, signals: tuple[SignalReport, ...]) -> None:
    alone = weighed(light, signals[0], around=Around(why_no_field="The catalogues could not be reached."))
    assert alone.outcome == "not_run"
    assert "could not be reached" in alone.reason
    nobody = weighed(light, signals[0].model_copy(update={"neighbours": ()}))
    assert "light each star around" in nobody.reason
    unknown = weighed(light, signals[0], star=replace(STAR, mass_sun=None))
    assert unknown.outcome == "not_run"
    assert "mass" in unknown.reason
    small = weighed(light, signals[0], star=replace(STAR, mass_sun=Value(0.09, 0.01, "TIC")))
    assert "below 0.1" in small.reason
    bump = weighed(light, signals[0].model_copy(update={"epoch_bjd": signals[0].epoch_bjd + 0.4}))
    assert bump.outcome == "not_run" or bump.verdict != "validated"


def test_an_attempt_that_goes_on_takes_up_what_was_weighed(
    light: DetrendedCurve, signals: tuple[SignalReport, ...]
) -> None:
    context = MemoryContext("run")
    nobody = Around(why_no_field="The catalogues could not be reached.")
    first = weigh_signals(light, signals, STAR, nobody, REQUEST, context)
    again = weigh_signals(light, signals, STAR, AROUND, REQUEST, context)
    assert [s.validation for s in first] == [s.validation for s in again]
    assert all(s.validation is not None for s in first)
