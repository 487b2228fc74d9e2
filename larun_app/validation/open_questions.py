"""What the report does not tell, and what would change its verdict: from the checks themselves."""

from __future__ import annotations

from data.report import SignalReport
from data.requests import VetChoice
from data.vetting_report import FieldReport, VettingTest
from jobs.chance_words import weighed
from jobs.check_numbers import amount, inside, limit_decides, limit_value
from larun_app.validation.neighbours import others
from science.rounding import significant

_MOST = 5


def not_told(signal: SignalReport, field: FieldReport | None, pixel_arcsec: float) -> list[str]:
    """What no check of this report can say."""
    told = ["The mass. A dip gives size only."]
    if not weighed(signal):
        told.append(
            "How likely a planet is. No chance has been worked out here; to pass every check is not the same as to be "
            "a planet."
        )
    on_target = signal.vetting.get("on_target")
    if on_target is None or on_target.outcome == "not_run":
        told.append("Whether the dips come from this exact star: its pixels were not looked at.")
    else:
        told.append(
            f"Whether a companion star hides closer than the pixels can tell apart: each is "
            f"{significant(pixel_arcsec, 2)}″ wide."
        )
    if field is None or field.why_no_field:
        told.append("Which neighbours share its light: no star catalogue was read.")
    elif not field.complete:
        told.append("All neighbours: the catalogue’s list was cut at its limit.")
    unrun = sum(test.outcome == "not_run" for test in signal.vetting.values())
    if unrun:
        told.append(
            f"What {'the check' if unrun == 1 else f'the {unrun} checks'} that could not be run would have said."
        )
    return told


def would_change(signal: SignalReport, field: FieldReport | None, asked: VetChoice) -> list[str]:
    """What could turn the verdict, the heaviest first."""
    tests = signal.vetting
    by_outcome = {o: [t for t in tests.values() if t.outcome == o] for o in ("fail", "warn", "not_run")}
    if by_outcome["fail"]:
        weighty = [t for t in by_outcome["fail"] if t.decisive] or by_outcome["fail"]
        return [*(_would_pass(t) for t in weighty[:_MOST]), *_unrun(by_outcome["not_run"], field, asked)[:2]]
    said = [_would_fail(t) for t in by_outcome["warn"][:_MOST]]
    letters = [n.letter for n in others(signal) if n.can_do_it and n.letter]
    if letters and all(t.outcome == "not_run" for t in tests.values() if t.group == "pixels"):
        who = f"star {letters[0]}" if len(letters) == 1 else f"one of the stars {', '.join(letters[:6])}"
        said.append(f"Pixels that point to {who}: not this star’s planet.")
    said += _unrun(by_outcome["not_run"], field, asked)
    said.append("More sectors: every further dip makes the errors smaller, and a hidden difference easier to see.")
    return said[: _MOST + 2]


def _would_pass(test: VettingTest) -> str:
    if not limit_decides(test):
        return f"“{test.title}” fails for the reason it gives; only new data could turn it."
    assert test.value is not None
    assert test.threshold is not None
    side = "under" if test.limit == "at_most" else "over"
    return (
        f"“{test.title}” would have to come {side} {limit_value(test.threshold, test.unit)}; "
        f"it is at {amount(test.value, test.unit)}."
    )


def _would_fail(test: VettingTest) -> str:
    if not limit_decides(test):
        return f"“{test.title}”, if more data made it worse."
    assert test.value is not None
    assert test.threshold is not None
    now, line = amount(test.value, test.unit), limit_value(test.threshold, test.unit)
    if not inside(test.value, test):  # a look that lies past its threshold, and says in its reason why that is no fail
        return f"“{test.title}”: at {now}, past the usual {line}. Its reason says why that does not decide."
    side = "over" if test.limit == "at_most" else "under"
    return f"“{test.title}” going {side} {line}; it is at {now} now."


def _unrun(tests: list[VettingTest], field: FieldReport | None, asked: VetChoice) -> list[str]:
    said = []
    told: list[VettingTest] = []
    for group, noun, wanted, missing in (
        ("pixels", "The pixels", asked.pixels, field is None or field.why_no_pixels),
        ("neighbours", "The star catalogue", asked.neighbours, field is None or field.why_no_field),
    ):
        waiting = [t for t in tests if t.group == group or (group, t.group) == ("neighbours", "catalogue")]
        if waiting and (missing or not wanted):
            told += waiting
            n = "one check waits" if len(waiting) == 1 else f"{len(waiting)} checks wait"
            off = "" if wanted else ", which were switched off" if group == "pixels" else ", which was switched off"
            it = "them" if group == "pixels" else "it"
            said.append(f"{noun}{off}: {n} for {it}.")
    rest = [t for t in tests if not any(t is other for other in told)]
    said += [f"“{t.title}”, once it can be run: {t.reason[:1].lower()}{t.reason[1:]}" for t in rest[:3]]
    return said
