"""Dips that keep time with the spacecraft are told from dips that do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from science.vetting.evidence import Evidence
from science.vetting.light.camera import camera_rhythm
from science.vetting.light.workings import Workings
from tests.science.vetting.light.simulated_light import crossing, light


@pytest.fixture(scope="module")
def planet() -> Evidence:
    return light(crossing())


def asked(evidence: Evidence, dumps: np.ndarray | None):
    return camera_rhythm(Workings(replace(evidence, spacecraft_bjd=dumps)))


def test_dumps_at_every_dip_ask_for_a_look(planet: Evidence) -> None:
    found = asked(planet, np.array(planet.dip.transit_times_bjd) + 0.01)
    assert found.outcome == "warn"
    assert found.value == len(planet.dip.transit_times_bjd)
    assert len(found.windows_bjd) == len(planet.dip.transit_times_bjd)
    assert "momentum dump" in found.reason


def test_dumps_between_the_dips_pass(planet: Evidence) -> None:
    found = asked(planet, np.array(planet.dip.transit_times_bjd) + 0.5 * planet.dip.period_days)
    assert found.outcome == "pass"
    assert found.value == 0
    assert found.numbers["dips_on_dumps"] == 0


def test_a_chance_coincidence_passes(planet: Evidence) -> None:
    found = asked(planet, np.array([planet.dip.transit_times_bjd[0]]))
    assert found.outcome == "pass"
    assert found.value == 1


def test_many_dumps_explain_many_coincidences(planet: Evidence) -> None:
    found = asked(planet, np.arange(planet.time_bjd[0], planet.time_bjd[-1], 0.1))
    assert found.outcome == "pass"
    assert found.numbers["expected_by_chance"] == pytest.approx(len(planet.dip.transit_times_bjd), rel=0.05)


def test_files_without_flags_are_not_run(planet: Evidence) -> None:
    assert asked(planet, None).outcome == "not_run"


def test_flags_without_a_dump_pass_and_say_so(planet: Evidence) -> None:
    found = asked(planet, np.empty(0))
    assert found.outcome == "pass"
    assert "No momentum dump" in found.reason
