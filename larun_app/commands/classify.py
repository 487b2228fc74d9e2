"""`larun classify`: what kind of signal dips of a known period are, or those of a finished run."""

from __future__ import annotations

import argparse
import json
import sys

from data.report import Report, SignalReport
from larun_app.commands.analyze import classification_lines, run_and_write, signal_lines
from larun_app.commands.failures import EXIT_CODES, WrongUse
from larun_app.commands.finished_run import finished_report, names_a_run, told_signals
from larun_app.commands.outputs import STANDARD_OUTPUT, check_file, check_folder, write_text
from larun_app.commands.vet import build_request


def classify(arguments: argparse.Namespace) -> int:
    """Measure the given signal, test it, ask the model service and print its answer; with --json the whole report.
    Without an ephemeris TARGET is a finished run: the service is asked about its signals again, and nothing is stored.

    Ends with 0 where there is an answer, with 3 where the service gave none (the reason is printed).
    """
    from larun_app.server.borrowed_model import NoModelService, model_service

    check_file(arguments.json)
    check_folder(arguments.plots)
    stored = finished_report(arguments.target, "classify") if names_a_run(arguments) else None
    try:
        with model_service():
            report = _asked_again(arguments, stored) if stored else run_and_write(arguments, build_request(arguments))
    except NoModelService as reason:
        raise WrongUse(str(reason)) from reason
    return _tell(arguments, report, told_signals(report))


def _asked_again(arguments: argparse.Namespace, report: Report) -> Report:
    """The report with the answers of now."""
    from data.report_star import star_of
    from data.session import LOCAL_USER_ID, read_scope
    from jobs import classifying, cleaning
    from jobs.context import MemoryContext
    from larun_app.api.run_files import stored_file

    kept = MemoryContext(report.run_id or "")
    with read_scope() as session:
        row = stored_file(session, LOCAL_USER_ID, report.run_id or "", "detrended")
        if row is not None:
            from data import lake

            kept.save_columns("detrended", lake.read_columns(row.path), dict(row.meta))
    curve = cleaning.restore(kept)
    if curve is None:
        raise WrongUse("The cleaned light of this run is not stored, so it cannot be classified again.")
    answered = classifying.classify_signals(curve, told_signals(report), star_of(report), kept)
    if report.signals:
        report = report.model_copy(update={"signals": answered})
    else:
        report = report.model_copy(update={"best_rejected": answered[0]})
    if arguments.json:
        write_text(arguments.json, json.dumps(report.model_dump(mode="json"), indent=1))
    return report


def _tell(arguments: argparse.Namespace, report: Report, signals: tuple[SignalReport, ...]) -> int:
    answers = [s.classification for s in signals]
    missing = next((a for a in answers if a is None or a.outcome != "done"), signals[0].classification)
    if all(a is None or a.outcome != "done" for a in answers):
        print(f"larun: {missing.reason if missing is not None else 'The signal was not classified.'}", file=sys.stderr)
        return EXIT_CODES["service"]
    if arguments.json != STANDARD_OUTPUT:
        lines = [report.title]
        for signal in signals:
            lines += ["", *signal_lines(signal), *classification_lines(signal)]
        print("\n".join(lines))
    return 0
