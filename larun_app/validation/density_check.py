"""The star's density from a later fit, as one more check of the report."""

from __future__ import annotations

from data.report import SignalReport
from data.vetting_report import VettingTest
from jobs.vetting_verdict import judge

KEY = "fitted_density"


def with_density(signal: SignalReport) -> SignalReport:
    """The signal with its fit's check among the others; unchanged where nothing was fitted or nothing checked.

    The verdict stays as it is unless this check fails: then it is given anew, with the failure among what speaks
    against the signal. It never decides alone, since an eccentric orbit fails it, too.
    """
    found = signal.fit.density if signal.fit is not None else None
    if found is None or not signal.vetting:
        return signal
    limit = 3.0 if found.outcome == "fail" else 2.0
    check = VettingTest(
        title="Density of the star",
        question="Is the star that dims as dense as the one we look at?",
        group="light",
        outcome=found.outcome,
        value=found.sigma,
        threshold=limit if found.sigma is not None else None,
        unit="σ",
        reason=found.sentence,
        decisive=False,
        fault="neighbour" if found.outcome == "fail" else None,
        numbers=found.numbers,
    )
    tests = {**signal.vetting, KEY: check}
    changes: dict[str, object] = {"vetting": tests}
    verdict = signal.vetting_verdict
    if found.outcome == "fail" and verdict is not None:
        if verdict.outcome == "failed":
            said = tuple(dict.fromkeys([*verdict.sentences, found.sentence]))
            changes["vetting_verdict"] = verdict.model_copy(update={"sentences": said})
        else:
            changes["vetting_verdict"] = judge(tests)
    return signal.model_copy(update=changes)
