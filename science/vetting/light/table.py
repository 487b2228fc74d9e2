"""All tests of the light curve, in the order in which they are told. A new test is one function and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from science.vetting.evidence import Evidence
from science.vetting.light.camera import camera_rhythm
from science.vetting.light.odd_even import odd_even_depth, odd_even_time
from science.vetting.light.orbit import physical_orbit, size, too_long
from science.vetting.light.repetition import consistent_events, near_gaps, single_event, steady_depth
from science.vetting.light.secondary import secondary
from science.vetting.light.shape import symmetry, v_shape
from science.vetting.light.sine import sine
from science.vetting.light.strength import signal_strength, transit_model, valid_transits
from science.vetting.light.uniqueness import shape_sign, unique_in_phase, unique_locally
from science.vetting.light.workings import Workings
from science.vetting.results import Finding, not_run

#: A dip longer than this share of its period is no crossing.
_NO_CROSSING = 0.45


@dataclass(frozen=True, slots=True)
class LightTest:
    """One test: its key, the good outcome in words, what it asks, and whether its failure alone decides."""

    name: str
    title: str
    question: str
    decisive: bool
    function: Callable[[Workings], Finding]


TESTS: tuple[LightTest, ...] = (
    LightTest(
        "odd_even_depth",
        "Odd and even dips match",
        "Is every other dip deeper, as when two stars of unequal brightness take turns?",
        True,
        odd_even_depth,
    ),
    LightTest(
        "odd_even_time",
        "The beat is even",
        "Does every other dip come early or late, as with two stars on an oval orbit?",
        True,
        odd_even_time,
    ),
    LightTest(
        "secondary",
        "No second dip in between",
        "Does the light drop again when the companion goes behind the star?",
        True,
        secondary,
    ),
    LightTest("v_shape", "Flat bottom, not V-shaped", "Does the body cross the star, or only graze it?", True, v_shape),
    LightTest("size", "Small enough for a planet", "How large would the body be?", True, size),
    LightTest(
        "physical_orbit", "The orbit is possible", "Does the length of the dip suit this star?", True, physical_orbit
    ),
    LightTest("sine", "No wave at this rhythm", "Is it the star itself that waves?", True, sine),
    LightTest(
        "signal_strength", "Clear of the noise", "How deep are all dips together, compared with noise?", True,
        signal_strength,
    ),
    LightTest(
        "valid_transits", "Enough clean dips", "How many dips are left without the damaged ones?", True, valid_transits
    ),
    LightTest("transit_model", "A planet fits", "Does a planet explain it better than a straight line?", True,
              transit_model),
    LightTest(
        "unique_in_phase", "Nothing else like it", "Are there dips or rises as strong at other phases?", True,
        unique_in_phase,
    ),
    LightTest("unique_locally", "Nothing like it nearby", "Are there similar events next to the dips?", True,
              unique_locally),
    LightTest("shape_sign", "Dips, not bumps", "Does the light rise as much as it falls?", True, shape_sign),
    LightTest("symmetry", "The same on both sides", "Does it fall as it rises?", True, symmetry),
    LightTest("steady_depth", "Same depth every time", "Is the mean depth that of a typical dip?", True, steady_depth),
    LightTest(
        "consistent_events", "Every dip joins in", "Do the dips differ more than their noise allows?", True,
        consistent_events,
    ),
    LightTest("single_event", "No single dip decides", "Does one dip carry all the weight?", True, single_event),
    LightTest(
        "camera_rhythm", "Not a camera rhythm", "Do the dips keep time with the spacecraft?", False, camera_rhythm
    ),
    LightTest("near_gaps", "Not only beside gaps", "Do the dips sit where the data begin or end?", False, near_gaps),
)  # fmt: skip


def vet_light(evidence: Evidence) -> tuple[Finding, ...]:
    """Run all tests of TESTS on one signal, in their order.

    What a test needs and does not find makes it "not_run" with the reason; so does numerical trouble. A period longer
    than the data, a single dip, no dip at all or an unknown star are no errors.
    """
    workings = Workings(evidence)
    problem = _problem(workings)
    if problem:
        return tuple(_without_light(test, workings, problem) for test in TESTS)
    return tuple(_run(test, workings) for test in TESTS)


def _without_light(test: LightTest, w: Workings, problem: str) -> Finding:
    """Nothing can be tested; only a dip that takes up most of its orbit tells something by that alone."""
    if test.function is physical_orbit and w.period > 0 and w.share >= _NO_CROSSING and np.any(w.inside):
        return too_long(w)
    return not_run(test.name, problem)


def _problem(w: Workings) -> str:
    """Why nothing can be tested at all; "" where something can."""
    if w.time.size < 20:
        return "Fewer than twenty measurements: too little light for any test."
    if not (np.isfinite(w.period) and w.period > 0 and np.isfinite(w.duration) and w.duration > 0):
        return "The signal has no period or no length, so its dips cannot be found."
    if np.count_nonzero(w.inside) < 3:
        return "Fewer than three measurements lie in the dips; light at the right times would let it run."
    if np.count_nonzero(~w.near) < 10:
        return "Almost no light was measured outside the dips, so there is nothing to compare them with."
    return ""


def _run(test: LightTest, workings: Workings) -> Finding:
    try:
        with np.errstate(all="ignore"):
            return test.function(workings)
    except (ValueError, np.linalg.LinAlgError, ZeroDivisionError, OverflowError) as trouble:
        text = str(trouble) if isinstance(trouble, ValueError) and str(trouble).endswith(".") else ""
        return not_run(test.name, text or "The numbers of this dip could not be worked out; more light would help.")
