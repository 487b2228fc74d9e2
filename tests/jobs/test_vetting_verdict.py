"""What the tests of a signal say together."""

from __future__ import annotations

import pytest

from data.vetting_report import Fault, Outcome, TestGroup, VettingTest
from jobs.vetting_verdict import HEADLINES, judge


def line(
    outcome: Outcome,
    *,
    group: TestGroup = "light",
    fault: Fault | None = None,
    decisive: bool = True,
    value: float | None = None,
    threshold: float | None = None,
    reason: str = "Because.",
) -> VettingTest:
    return VettingTest(
        title="Odd and even dips match",
        group=group,
        outcome=outcome,
        reason=reason,
        fault=fault,
        decisive=decisive,
        value=value,
        threshold=threshold,
    )


def test_all_passed_says_no_chance_was_worked_out() -> None:
    verdict = judge({"a": line("pass"), "b": line("pass")})
    assert verdict.outcome == "passed"
    assert "has not been worked out" in verdict.sentences[0]
    assert (verdict.n_pass, verdict.worst_test) == (2, "")


def test_a_test_not_run_is_counted_and_said() -> None:
    verdict = judge({"a": line("pass"), "b": line("not_run", group="pixels")})
    assert verdict.outcome == "passed"
    assert verdict.n_not_run == 1
    assert any("could not be made" in sentence for sentence in verdict.sentences)


def test_a_doubt_asks_for_a_look_and_names_the_worst() -> None:
    verdict = judge(
        {
            "mild": line("warn", value=2.1, threshold=3.0, reason="Mild."),
            "near": line("warn", value=2.9, threshold=3.0, reason="Near."),
        }
    )
    assert verdict.outcome == "look"
    assert verdict.worst_test == "near"
    assert verdict.headline == "2 things need a second look"


def test_one_decisive_failure_decides() -> None:
    verdict = judge({"a": line("pass"), "b": line("fail", fault="eclipsing_binary", reason="Odd and even differ.")})
    assert verdict.outcome == "failed"
    assert verdict.headline == "Two stars, not a planet"
    assert verdict.sentences == ("Odd and even differ.",)
    assert verdict.worst_test == "b"


def test_a_failure_that_is_not_decisive_only_asks_for_a_look() -> None:
    verdict = judge({"a": line("pass"), "b": line("fail", fault="noise", decisive=False)})
    assert verdict.outcome == "look"


def test_where_the_dips_come_from_is_told_before_what_makes_them() -> None:
    verdict = judge({"a": line("fail", fault="eclipsing_binary"), "b": line("fail", group="pixels", fault="neighbour")})
    assert verdict.fault == "neighbour"
    assert verdict.worst_test == "b"


def test_the_worst_of_one_fault_is_the_furthest_beyond_its_limit() -> None:
    verdict = judge(
        {
            "little": line("fail", fault="noise", value=6.0, threshold=6.2, reason="Little."),
            "much": line("fail", fault="noise", value=19.0, threshold=7.0, reason="Much."),
        }
    )
    assert verdict.worst_test == "much"
    assert verdict.sentences[0] == "Much."


def test_pixels_alone_do_not_make_a_pass() -> None:
    verdict = judge({"a": line("not_run"), "b": line("pass", group="pixels")})
    assert verdict.outcome == "not_judged"


def test_nothing_at_all_is_not_judged() -> None:
    assert judge({}).outcome == "not_judged"


@pytest.mark.parametrize("fault", list(HEADLINES))
def test_every_fault_has_its_headline(fault: Fault) -> None:
    assert judge({"a": line("fail", fault=fault)}).headline == HEADLINES[fault]


def test_unknown_origin_is_never_green() -> None:
    verdict = judge({"a": line("pass"), "on_target": line("not_run", group="pixels", reason="No pixels were fetched.")})
    assert verdict.outcome == "look"
    assert verdict.worst_test == "on_target"
    assert "no pixels were fetched." in verdict.sentences[0]
