"""`larun fit`: full posteriors of a signal whose period is known."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from data.report import Report
from data.requests import CleanChoice, GivenSignal, RunRequest
from larun_app.commands.analyze import (
    data_choice,
    fit_choice,
    fit_lines,
    run_and_write,
    signal_lines,
    star_choice,
    vet_choice,
)
from larun_app.commands.failures import WrongUse
from larun_app.commands.outputs import STANDARD_OUTPUT, check_file, check_folder


def fit(arguments: argparse.Namespace) -> int:
    """Measure the given signal, sample its posterior and print the table; with --json also the whole report, with
    --plots the figures, with --chains the draws.

    Ends with 0 where the posterior converged. Where it did not, the reason is printed instead of numbers and the code
    is 4: a script must not take it for a result. JSON and chain are written all the same, marked as not converged.
    """
    from larun_app.cli import EXIT_NOT_CONVERGED

    for name in (arguments.json, arguments.chains):
        check_file(name)
    if arguments.chains == STANDARD_OUTPUT:
        raise WrongUse("The chain is a Parquet file: name a file to write it into.")
    check_folder(arguments.plots)
    report = run_and_write(arguments, build_request(arguments))
    found = report.signals[0].fit
    assert found is not None, "a fit was asked for"
    if arguments.chains and not write_chain(report, Path(arguments.chains)):
        print("There is no chain to write: the sampling could not begin.", file=sys.stderr)
    if arguments.json != STANDARD_OUTPUT:
        print(summary(report))
    return 0 if found.converged else EXIT_NOT_CONVERGED


def build_request(arguments: argparse.Namespace) -> RunRequest:
    """The request that the options describe. Raises WrongUse or pydantic's ValidationError."""
    return RunRequest(
        data=data_choice(arguments.target),
        clean=CleanChoice(quality=arguments.quality, detrend=not arguments.no_detrend, window_days=arguments.window),
        star=star_choice(arguments),
        signal=GivenSignal(period_days=arguments.period, epoch_bjd=arguments.epoch, duration_hours=arguments.duration),
        vet=vet_choice(arguments),
        fit=fit_choice(arguments),
        seed=arguments.seed,
    )


def write_chain(report: Report, path: Path) -> bool:
    """Write the stored draws as they are; False where there are none, because the fit could not begin."""
    from data.session import LOCAL_USER_ID, read_scope
    from larun_app.api.fit_files import fit_file

    with read_scope() as session:
        raw = fit_file(session, LOCAL_USER_ID, report, f"fit-{report.signals[0].index}-chain.parquet")
    if raw is not None:
        path.write_bytes(raw)
    return raw is not None


def summary(report: Report) -> str:
    """The star, the signal and its posterior, as a person would tell it."""
    [signal] = report.signals
    lines = [report.title if report.title == report.target else f"{report.title} ({report.target})"]
    if report.simulated:
        lines.append("SIMULATED DATA: this star does not exist.")
    if report.stellar.words:
        lines.append(report.stellar.words)
    lines += ["", *signal_lines(signal)]
    if signal.fit is not None:
        lines += fit_lines(signal.fit)
    if report.run_id:
        lines += ["", f"Run {report.run_id}; `larun export {report.run_id}` writes its files."]
    return "\n".join(lines)
