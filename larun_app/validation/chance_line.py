"""The overview's line on how likely a false positive is."""

from __future__ import annotations

import dataclasses

from data.report import SignalReport
from jobs.chance_words import VERDICT_TONES, VERDICT_WORDS, not_weighed, with_error_words


@dataclasses.dataclass
class ChanceLine:
    """One line; all empty for runs older than the step. `done` is False where the line is the reason why not."""

    words: str = ""
    tone: str = "none"
    done: bool = False


def chance_line(signal: SignalReport) -> ChanceLine:
    """The line of one signal."""
    found = signal.validation
    if found is None:
        return ChanceLine()
    if found.outcome == "not_run" or found.fpp is None or found.verdict is None:
        return ChanceLine(not_weighed(found))
    return ChanceLine(
        f"{with_error_words(found.fpp, found.fpp_err)}. {VERDICT_WORDS[found.verdict]}.",
        VERDICT_TONES[found.verdict],
        True,
    )
