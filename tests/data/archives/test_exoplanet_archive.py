"""Planets already known, asked over TAP."""

from __future__ import annotations

import pytest

from data.archives.errors import ArchiveUnavailable
from data.archives.exoplanet_archive import known_planets, tap_rows, tic_of_toi
from data.archives.settings import ArchiveSettings
from tests.standins.mast_server import MastStandIn

pytestmark = pytest.mark.usefixtures("realdata")  # the stars asked for are in the pack


def test_a_confirmed_planet_and_its_toi_are_one(settings: ArchiveSettings) -> None:
    planets = known_planets(261136679, settings)
    assert planets is not None
    assert [(p.name, p.status) for p in planets] == [("pi Men c", "confirmed")]
    (planet,) = planets
    assert planet.period_days == pytest.approx(6.26784, abs=1e-3)
    assert planet.epoch_bjd is not None  # from the TOI table: the planet table of the stand-in has none
    assert planet.depth_ppm == pytest.approx(321, abs=30)


def test_all_planets_of_a_star_by_period(settings: ArchiveSettings) -> None:
    planets = known_planets(198153540, settings)
    assert planets is not None
    assert [p.name for p in planets] == ["TOI-1798 c", "TOI-1798 b"]


def test_depths_of_the_planet_table_are_percent(settings: ArchiveSettings) -> None:
    planets = known_planets(169175503, settings)
    assert planets is not None
    by_name = {p.name: p for p in planets}
    assert by_name["Kepler-11 e"].depth_ppm == pytest.approx(1376, abs=1)
    assert by_name["Kepler-11 e"].duration_hours == pytest.approx(4.28, abs=0.01)


def test_candidates_and_false_positives(standin: MastStandIn, settings: ArchiveSettings) -> None:
    rows = standin.holdings.catalogue.toi_rows
    for code, status in (("PC", "candidate"), ("FP", "false positive")):
        tic_id = next(row["tid"] for row in rows if row["tfopwg_disp"] == code)
        planets = known_planets(tic_id, settings)
        assert planets is not None
        assert status in [p.status for p in planets]


def test_nothing_known_is_not_the_same_as_no_answer(standin: MastStandIn, settings: ArchiveSettings) -> None:
    assert known_planets(29780677, settings) == ()
    standin.fault("status", "tap", times=None, value=503)
    assert known_planets(55652896, settings) is None
    assert known_planets(29780677, settings) == ()  # still in the cache


@pytest.mark.parametrize("kind", ["html", "garbage", "drop"])
def test_what_is_no_table_is_no_answer(standin: MastStandIn, settings: ArchiveSettings, kind: str) -> None:
    standin.fault(kind, "tap", times=None)
    planets = known_planets(261136679, settings)
    assert planets is None


def test_a_question_it_does_not_understand(settings: ArchiveSettings) -> None:
    with pytest.raises(ArchiveUnavailable, match="did not understand"):
        tap_rows("drop table toi", settings)


def test_toi_numbers(settings: ArchiveSettings) -> None:
    assert tic_of_toi(1798, settings) == 198153540
    assert tic_of_toi(99999, settings) is None


def test_a_silent_archive_is_left_alone_for_a_while(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("status", "tap", times=None, value=503)
    assert known_planets(261136679, settings) is None
    asked = standin.asked("tap")
    assert known_planets(198153540, settings) is None
    assert standin.asked("tap") == asked
