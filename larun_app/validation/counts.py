"""How the checks of a signal ended, counted and in words."""

from __future__ import annotations

from dataclasses import dataclass

from data.report import SignalReport
from data.vetting_report import Outcome, VettingOutcome

#: Verdict of all checks → tone of its card.
TONES: dict[VettingOutcome, str] = {"passed": "pass", "look": "warn", "failed": "fail", "not_judged": "none"}


@dataclass(frozen=True, slots=True)
class Counts:
    """Number of checks by how they ended."""

    passed: int = 0
    look: int = 0
    failed: int = 0
    not_run: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.passed + self.look + self.failed + self.not_run

    @property
    def words(self) -> str:
        """ "2 fail, 14 pass, 1 to look at, 2 not run"; "" where there are none."""
        parts = (
            (self.failed, f"{self.failed} {'fails' if self.failed == 1 else 'fail'}"),
            (self.passed, f"{self.passed} {'passes' if self.passed == 1 else 'pass'}"),
            (self.look, f"{self.look} to look at"),
            (self.not_run, f"{self.not_run} not run"),
        )
        return ", ".join(words for n, words in parts if n)

    @property
    def tone(self) -> str:
        """Tone of the worst: a fail, then a look; all unrun is none."""
        if self.failed:
            return "fail"
        if self.look:
            return "warn"
        return "pass" if self.passed else "none"


def counts_of(signal: SignalReport) -> Counts:
    """Counted from the checks themselves, so that the numbers always fit the rows below them."""

    def number(outcome: Outcome) -> int:
        return sum(test.outcome == outcome for test in signal.vetting.values())

    return Counts(number("pass"), number("warn"), number("fail"), number("not_run"))


def verdict_tone(signal: SignalReport) -> str:
    """Tone of the signal's verdict; that of its worst check where no verdict was given."""
    verdict = signal.vetting_verdict
    return TONES[verdict.outcome] if verdict is not None else counts_of(signal).tone
