"""The rows of the checks: their order, words and thumbnails."""

from __future__ import annotations

import dataclasses

from data.report import SignalReport
from data.requests import VetChoice
from data.vetting_report import FieldReport, Outcome, VettingTest
from jobs.check_numbers import limit_words, long_unit, value_words
from jobs.why_not_asked import LASTING
from larun_app.ui.picture import Thumbnail, thumbnail

WORDS: dict[Outcome, str] = {"pass": "Pass", "warn": "Look", "fail": "Fail", "not_run": "Not run"}
_ORDER: tuple[Outcome, ...] = ("fail", "warn", "not_run", "pass")

#: What a row of unrun checks offers: nothing, a first fetch, or another try.
FETCH = {"pixels": "Fetch the pixels", "neighbours": "Look the stars up", "catalogue": "Look it up"}
AGAIN = "Try again"


@dataclasses.dataclass
class CheckRow:
    """One check. `action` is the word on the button that would run it, "" where nothing would."""

    key: str = ""
    outcome: str = "not_run"
    word: str = ""
    title: str = ""
    question: str = ""
    reason: str = ""
    value: str = ""
    limit: str = ""
    unit: str = ""  # where it is too long to stand behind the number
    thumb: Thumbnail = dataclasses.field(default_factory=Thumbnail)
    has_picture: bool = False
    points: bool = False
    action: str = ""


def check_rows(signal: SignalReport, field: FieldReport | None, asked: VetChoice) -> list[CheckRow]:
    """Fails first, then looks, then what was not run, then passes; inside each, in the order of the tests."""
    offered: set[str] = set()
    rows = []
    for key, test in signal.vetting.items():
        action = action_of(test, field, asked)
        archive = "pixels" if test.group == "pixels" else "stars"
        rows.append(_row(key, test, "" if archive in offered else action))  # one button an archive
        offered |= {archive} if action else set()
    return sorted(rows, key=lambda row: _ORDER.index(row.outcome))  # type: ignore[arg-type]  # sorted is stable


def action_of(test: VettingTest, field: FieldReport | None, asked: VetChoice) -> str:
    """Word of the button that would run this check: only where pixels or neighbours were switched off or failed."""
    if test.outcome != "not_run":
        return ""
    if test.group == "pixels":
        wanted, missing = asked.pixels, field.why_no_pixels if field else "no field"
    elif test.group in ("neighbours", "catalogue"):
        wanted, missing = asked.neighbours, field.why_no_field if field else "no field"
    else:
        return ""
    if not wanted:
        return FETCH[test.group]
    return AGAIN if missing and missing not in LASTING else ""


def _row(key: str, test: VettingTest, action: str) -> CheckRow:
    reason, value = test.reason, value_words(test)
    if test.outcome == "fail" and not test.decisive:
        reason += " This check alone does not decide."
    picture = test.picture
    return CheckRow(
        key=key,
        outcome=test.outcome,
        word=WORDS[test.outcome],
        title=test.title,
        question=test.question,
        reason=reason,
        value=value,
        limit=limit_words(test),
        unit=long_unit(test.unit) if value else "",
        thumb=thumbnail(picture) if picture is not None else Thumbnail(),
        has_picture=picture is not None,
        points=bool(test.windows_bjd),
        action=action,
    )
