"""Opinions together in words: who disagrees, who is missing, and never more than the chances allow."""

from __future__ import annotations

from typing import Any

import pytest

from data.classification_report import Classification, ClassProbabilities, SignalClass
from data.report import SignalReport
from data.validation_report import ValidationReport
from data.vetting_report import Fault, Outcome, VettingTest
from jobs.ensemble import opinions_of, weigh_opinions, with_ensemble
from jobs.model_service import ModelService
from jobs.vetting_verdict import judge
from tests.app.validated_runs import A_NEIGHBOUR, A_PAIR, A_PLANET, NOT_DECIDED, NOT_RUN, scenarios, validation

SECOND_DIP = "Half an orbit later the light drops by 210 ± 30 ppm, 7.0 times its error."
LIKELY = validation(
    scenarios(beb=0.1, planet=0.9), "likely planet", "FPP 0.1 ± 0.001, NFPP 0 ± 0.",
    would_change=("An image with high resolution would bring the chance of a false positive from 10 % to 0.1 %.",),
)  # fmt: skip


def vetting_test(title: str, outcome: Outcome = "pass", reason: str = "Fine.", **more: Any) -> VettingTest:
    return VettingTest(title=title, group=more.pop("group", "light"), outcome=outcome, reason=reason, **more)


def checks(outcome: Outcome = "pass", fault: Fault | None = None, reason: str = "Fine.") -> dict[str, VettingTest]:
    return {
        "secondary": vetting_test("No second dip in between", outcome, reason, fault=fault),
        "odd_even_depth": vetting_test("Odd and even dips match"),
        "on_target": vetting_test("The dips are on this star", group="pixels"),
    }


FAILING = checks("fail", "eclipsing_binary", SECOND_DIP)


def classified(planet: float, label: SignalClass = "planet") -> Classification:
    other = label if label != "planet" else "eb"
    shares = dict.fromkeys(ClassProbabilities.model_fields, 0.0) | {"planet": planet, other: 1.0 - planet}
    return Classification(
        outcome="done", label=label, probabilities=ClassProbabilities(**shares), model_version="2026-01-01-test"
    )


def signal(
    chances: ValidationReport | None = A_PLANET,
    found: Classification | None = None,
    tests: dict[str, VettingTest] | None = None,
) -> SignalReport:
    vetting = checks() if tests is None else tests
    return SignalReport(
        index=1, period_days=3.0, epoch_bjd=2459000.0, duration_hours=2.5, depth_ppm=900.0, sde=20.0, snr=25.0,
        snr_white=30.0, fap=1e-4, fap_lo=0.0, fap_hi=3e-4, fap_method="white-noise table", n_transits=9, kind="dip",
        convincing=True, vetting=vetting, vetting_verdict=judge(vetting) if vetting else None,
        classification=classified(0.97) if found is None else found, validation=chances,
    )  # fmt: skip


def test_all_for_a_planet_is_published_without_disagreement() -> None:
    told = weigh_opinions(signal())
    assert told.recommendation.startswith("Publish it as statistically validated on this platform")
    assert told.disagreements == ()
    assert told.missing == ()
    assert told.planet is not None
    assert told.planet > 0.9
    assert told.agreement is not None
    assert told.agreement > 0.8


def test_a_failing_check_against_the_others_is_named_with_its_own_sentence() -> None:
    told = weigh_opinions(signal(tests=FAILING))
    assert len(told.disagreements) == 1
    said = told.disagreements[0]
    assert said.startswith("The check “No second dip in between” fails, but the chances speak for a planet")
    assert "the classifier takes it for a planet" in said
    assert said.endswith(SECOND_DIP)
    assert told.recommendation.startswith(("Leave it: two stars", "Look first at the check “No second dip"))
    assert "validated" not in told.recommendation


def test_the_classifier_against_the_others_is_named_with_the_check_that_asks_for_it() -> None:
    told = weigh_opinions(signal(found=classified(0.02, "eb")))
    assert told.disagreements[0].startswith("The classifier takes it for two stars eclipsing each other (a planet: 2.0")
    assert "The check “No second dip in between” asks for this: Fine." in told.disagreements[0]
    assert told.recommendation.startswith("Look first at the check “No second dip in between”")
    bare = {"odd_even_time": vetting_test("The beat is even")}
    told = weigh_opinions(signal(found=classified(0.02, "beb"), tests=bare))
    assert "The pixels, or an image with high resolution, would tell" in told.disagreements[0]


def test_the_chances_against_the_others_name_the_explanation_and_what_rules_it_out() -> None:
    told = weigh_opinions(signal(A_PAIR))
    assert "most likely a companion star eclipsing this one" in told.disagreements[0]
    assert told.disagreements[0].endswith(A_PAIR.would_change[0])
    nearby = weigh_opinions(signal(A_NEIGHBOUR))
    assert nearby.recommendation.startswith(
        ("Look first at TIC 200100", "Leave it: the dips are likely those of TIC 2")
    )
    moved = A_PAIR.model_copy(update={"timing": NOT_DECIDED.timing})
    assert "the times of single dips decide" in weigh_opinions(signal(moved)).disagreements[0]


def test_two_stars_by_all_is_left_without_a_disagreement() -> None:
    told = weigh_opinions(signal(A_PAIR, classified(0.01, "eb"), FAILING))
    assert told.recommendation == "Leave it: two stars, not a planet."
    assert told.disagreements == ()
    assert told.agreement is not None
    assert told.agreement > 0.8


@pytest.mark.parametrize("planet", [0.55, 0.75, 0.95])
def test_no_disagreement_is_made_up_where_all_are_on_one_side(planet: float) -> None:
    assert weigh_opinions(signal(LIKELY, classified(planet))).disagreements == ()


def test_missing_opinions_are_told_with_their_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LARUN_MODEL_URL", raising=False)
    down = ModelService().classify({})
    told = weigh_opinions(signal(NOT_RUN, down, {}))
    assert told.planet is None
    assert told.agreement is None
    assert told.recommendation == "Nothing can be recommended: no opinion on this signal could be had."
    assert told.missing == (
        f"No chances: {NOT_RUN.reason[0].lower()}{NOT_RUN.reason[1:]}",
        "No classifier: no model service is set up here.",
        "No checks: no check of the light could be made.",
    )
    never = weigh_opinions(signal(None, down))
    assert "No chances: they were not asked for in this run." in never.missing
    assert never.planet is not None
    assert never.agreement is None


def test_without_the_service_the_others_still_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LARUN_MODEL_URL", raising=False)
    down = ModelService().classify({})
    told = weigh_opinions(signal(found=down))
    assert told.recommendation.startswith("Publish it as statistically validated")
    assert told.planet is not None
    assert len(told.missing) == 1


@pytest.mark.parametrize("chances", [None, NOT_RUN, A_PAIR, A_NEIGHBOUR, NOT_DECIDED, LIKELY])
@pytest.mark.parametrize("planet", [0.01, 0.5, 0.999])
@pytest.mark.parametrize("tests", [{}, checks(), FAILING, checks("warn", "eclipsing_binary", SECOND_DIP)])
def test_never_more_than_the_verdict_allows(
    chances: ValidationReport | None, planet: float, tests: dict[str, VettingTest]
) -> None:
    told = weigh_opinions(signal(chances, classified(planet, "planet" if planet > 0.4 else "eb"), tests))
    assert "validated" not in told.recommendation
    assert told.recommendation.endswith(".")
    if chances is not LIKELY:
        assert not told.recommendation.startswith("Publish")


def test_a_validated_signal_with_a_doubt_is_looked_at_first() -> None:
    told = weigh_opinions(signal(tests=checks("warn", "systematic", SECOND_DIP)))
    assert told.recommendation.startswith("Look first at the check “No second dip in between”")
    assert "If that is settled: publish it as statistically validated" in told.recommendation
    untested = weigh_opinions(signal(tests={}))
    assert not untested.recommendation.startswith("Publish")


def test_counts_are_those_that_were_calibrated() -> None:
    tests = {
        "secondary": vetting_test("a", "fail", fault="eclipsing_binary"),
        "size": vetting_test("b", "warn", fault="too_large"),
        "signal_strength": vetting_test("c", "fail", fault="noise"),
        "on_target": vetting_test("d", "fail", fault="neighbour", group="pixels"),
        "others": vetting_test("e", "warn", fault="neighbour", group="neighbours"),
        "known": vetting_test("f", "fail", fault="neighbour", group="catalogue", decisive=False),
    }
    found = opinions_of(signal(tests=tests))
    assert (found.vetting_failed, found.vetting_warned, found.vetting_noisy) == (2, 1, 1)


def test_every_signal_gets_its_own() -> None:
    one, two = with_ensemble([signal(), signal(A_PAIR)])
    assert one.ensemble is not None
    assert two.ensemble is not None
    assert one.ensemble != two.ensemble
    assert with_ensemble([]) == ()
