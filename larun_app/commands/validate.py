"""`larun validate`: how likely each explanation is of dips of a known period, or of those of a finished run."""

from __future__ import annotations

import argparse
import json
import sys

from data.report import Report
from jobs.chance_words import not_weighed, weighed
from larun_app.commands.analyze import run_and_write, signal_lines
from larun_app.commands.chance_lines import chance_lines
from larun_app.commands.failures import EXIT_CODES
from larun_app.commands.finished_run import finished_report, names_a_run, told_signals
from larun_app.commands.outputs import STANDARD_OUTPUT, check_file, check_folder, write_text
from larun_app.commands.vet import build_request


def validate(arguments: argparse.Namespace) -> int:
    """Measure and test the given signal, weigh its explanations and print them; with --json the whole report. Without
    an ephemeris TARGET is a finished run, whose stored probabilities are printed.

    Ends with 0 where there are probabilities, with 2 where the signal was refused (the reason is printed).
    """
    check_file(arguments.json)
    check_folder(arguments.plots)
    if names_a_run(arguments):
        report = finished_report(arguments.target, "weigh")
        if arguments.json:
            write_text(arguments.json, json.dumps(report.model_dump(mode="json"), indent=1))
    else:
        report = run_and_write(arguments, build_request(arguments))
    return _tell(arguments, report)


def _tell(arguments: argparse.Namespace, report: Report) -> int:
    signals = told_signals(report)
    if not any(weighed(signal) for signal in signals):
        found = next((s.validation for s in signals if s.validation is not None), None)
        reason = "The explanations were not weighed in this run: search again." if found is None else not_weighed(found)
        print(f"larun: {reason}", file=sys.stderr)
        return EXIT_CODES["input"]
    if arguments.json != STANDARD_OUTPUT:
        lines = [report.title]
        for signal in signals:
            lines += ["", *signal_lines(signal), *chance_lines(signal)]
        if report.run_id:
            lines += ["", f"Run {report.run_id}; `larun export {report.run_id}` writes its files."]
        print("\n".join(lines))
    return 0
