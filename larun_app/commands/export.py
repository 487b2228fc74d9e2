"""`larun export RUN`: the files of a finished run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def export(arguments: argparse.Namespace) -> int:
    """Write one format of a run that belongs to the local person."""
    from data.session import LOCAL_USER_ID, migrate

    if arguments.format == "pdf":
        return _export_summary(arguments)
    from larun_app.api.downloads import Export, make_export
    from larun_app.commands.failures import WrongUse
    from larun_app.commands.outputs import check_file

    what = {"zip": "bundle.zip", "fits": "lightcurve.fits", "csv": "lightcurve.csv", "json": "report.json"}
    check_file(arguments.output)
    migrate()
    made: Export | None = make_export(arguments.run, LOCAL_USER_ID, what[arguments.format])
    if made is None:
        raise WrongUse(f"There is no finished run {arguments.run!r} here.")
    path = Path(arguments.output or made.file_name)
    path.write_bytes(made.content)
    print(f"wrote {path}", file=sys.stderr)
    return 0


def _export_summary(arguments: argparse.Namespace) -> int:
    """The one-page summary of one signal; without a number that of the first."""
    from data.session import LOCAL_USER_ID, migrate, read_scope
    from jobs.summary_pdf import STRONGEST_REPEAT, NoSuchSignal, write_summary
    from larun_app.api.run_files import owned_run, report_of
    from larun_app.api.summary import wanted_name
    from larun_app.commands.failures import WrongUse
    from larun_app.commands.outputs import check_file

    check_file(arguments.output)
    migrate()
    with read_scope() as session:
        run = owned_run(session, LOCAL_USER_ID, arguments.run)
        report = report_of(session, LOCAL_USER_ID, arguments.run) if run is not None and run.state == "done" else None
    if report is None:
        raise WrongUse(f"There is no finished run {arguments.run!r} here.")
    first = report.signals[0].index if report.signals else STRONGEST_REPEAT
    number = first if arguments.signal is None else arguments.signal
    path = Path(arguments.output or wanted_name(report, number))
    try:
        write_summary(report, number, path)
    except NoSuchSignal as reason:
        raise WrongUse(str(reason)) from reason
    print(f"wrote {path}", file=sys.stderr)
    return 0
