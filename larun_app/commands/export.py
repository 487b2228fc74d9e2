"""`larun export RUN`: the files of a finished run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def export(arguments: argparse.Namespace) -> int:
    """Write one format of a run that belongs to the local person."""
    from data.session import LOCAL_USER_ID, migrate
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
