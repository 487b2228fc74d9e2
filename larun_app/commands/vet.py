"""`larun vet`: test a signal whose period is known."""

from __future__ import annotations

import argparse
from pathlib import Path

from data.requests import CleanChoice, GivenSignal, RunRequest
from larun_app.commands.analyze import data_choice, run_and_write, star_choice, summary, vet_choice
from larun_app.commands.outputs import STANDARD_OUTPUT, check_file, check_folder


def vet(arguments: argparse.Namespace) -> int:
    """Measure the given signal, test it, and print the checks; with --json also the whole report, with --pdf the
    one-page summary."""
    check_file(arguments.json)
    check_file(arguments.pdf)
    check_folder(arguments.plots)
    report = run_and_write(arguments, build_request(arguments))
    if arguments.pdf:
        from jobs.summary_pdf import write_summary

        write_summary(report, report.signals[0].index, Path(arguments.pdf))
    if arguments.json != STANDARD_OUTPUT:
        print(summary(report))
    return 0


def build_request(arguments: argparse.Namespace) -> RunRequest:
    """The request that the options describe. Raises WrongUse or pydantic's ValidationError."""
    return RunRequest(
        data=data_choice(arguments.target),
        clean=CleanChoice(quality=arguments.quality, detrend=not arguments.no_detrend, window_days=arguments.window),
        star=star_choice(arguments),
        signal=GivenSignal(period_days=arguments.period, epoch_bjd=arguments.epoch, duration_hours=arguments.duration),
        vet=vet_choice(arguments),
        seed=arguments.seed,
    )
