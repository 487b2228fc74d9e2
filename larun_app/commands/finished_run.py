"""A finished run as the target of a command, instead of a light curve."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from data.report import Report, SignalReport
from larun_app.commands.failures import WrongUse


def names_a_run(arguments: argparse.Namespace) -> bool:
    """Whether no ephemeris is given, so that TARGET is a run. Raises WrongUse where only a part of one is."""
    given = [arguments.period, arguments.epoch, arguments.duration]
    again = all(number is None for number in given)
    if not again and None in given:
        raise WrongUse("Give --period, --epoch and --duration together, or none of them and the id of a finished run.")
    return again


def finished_report(targets: Sequence[str], nothing_to: str) -> Report:
    """The report of the run, which has a signal. Raises WrongUse; `nothing_to` ends the sentence where it has none."""
    from data.session import LOCAL_USER_ID, migrate, read_scope
    from larun_app.api.run_files import finished_run

    if len(targets) != 1:
        raise WrongUse("Give --period, --epoch and --duration, or the id of one finished run.")
    migrate()
    with read_scope() as session:
        found = finished_run(session, LOCAL_USER_ID, targets[0])
    if found is None:
        raise WrongUse(
            f"There is no finished run {targets[0]!r} here; for a light curve give --period, --epoch and --duration."
        )
    if not told_signals(found[1]):
        raise WrongUse(f"Nothing was found in this run, so there is nothing to {nothing_to}.")
    return found[1]


def told_signals(report: Report) -> tuple[SignalReport, ...]:
    """The signals, else the strongest repeat that is something."""
    best = report.best_rejected
    if report.signals:
        return report.signals
    return () if best is None or best.kind == "none" else (best,)
