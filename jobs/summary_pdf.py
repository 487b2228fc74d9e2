"""The one-page summary of a signal as a PDF file, in the spirit of the one-page summaries of the missions' pipelines.

As a program, for callers that do not want the drawing in their own process:
`python -m jobs.summary_pdf RUN SIGNAL FILE`. Exit code 2: there is no such run or signal.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import select

from data import lake
from data.report import Report, SignalReport
from data.session import read_scope
from data.stored_report import read_report
from data.tables import StoredFile

if TYPE_CHECKING:
    import numpy as np

#: Of the layout; part of the name of cached files.
LAYOUT_VERSION = "2"
#: Number that addresses the strongest repeat of a search that found nothing.
STRONGEST_REPEAT = 0
_NO_SUCH_SIGNAL = 2


class NoSuchSignal(ValueError):
    """The run has no signal of this number; the message is a sentence for the user."""


def chosen_signal(report: Report, signal_index: int) -> SignalReport:
    """The signal of that number; where the search found nothing, 0 (or its own number) is the strongest repeat.

    Raises NoSuchSignal.
    """
    for signal in report.signals:
        if signal.index == signal_index:
            return signal
    rejected = report.best_rejected
    if not report.signals and rejected is not None and signal_index in (STRONGEST_REPEAT, rejected.index):
        return rejected
    raise NoSuchSignal(f"This run has no signal {signal_index}.")


def write_summary(report: Report, signal_index: int, path: Path) -> Path:
    """Write the one-page summary of a signal; returns `path`.

    The light and the pictures of the pixels are read from what the run stored; what is not stored is said on the page.
    The same report and arrays give the same bytes. The file appears when it is complete. Raises NoSuchSignal.
    """
    import matplotlib

    from jobs.summary_page import RC, draw_page

    signal = chosen_signal(report, signal_index)
    light = _columns(report.run_id)
    sky = _document(report.run_id, f"sky-{signal.index}")
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)  # type: ignore[arg-type]
        figure = draw_page(report, signal, light, sky)
        _save(figure, report, signal, path)
    return path


def _save(figure: Any, report: Report, signal: SignalReport, path: Path) -> None:
    from matplotlib.backends.backend_pdf import Name, PdfPages

    from jobs.summary_words import alternative

    created = _moment(report.provenance.created)
    metadata = {
        "Title": f"{report.title or report.target}, signal {signal.index}",
        "Subject": alternative(report, signal),
        "Creator": f"LARUN.SPACE {report.provenance.versions.get('larun', '')}".strip(),
        "Producer": f"matplotlib {report.provenance.versions.get('matplotlib', '')}".strip(),
        "CreationDate": created,
    }
    handle, part = tempfile.mkstemp(dir=path.absolute().parent, prefix=".summary-", suffix=".tmp")
    os.close(handle)
    try:
        with PdfPages(part, metadata=metadata) as pages:
            pages.savefig(figure)
            file: Any = pages._ensure_file()
            # matplotlib writes a catalogue without language; the later one is the one that counts
            file.writeObject(
                file.rootObject,
                {
                    "Type": Name("Catalog"),  # type: ignore[no-untyped-call]
                    "Pages": file.pagesObject,
                    "Lang": b"en-GB",
                    "ViewerPreferences": {"DisplayDocTitle": True},
                },
            )
        Path(part).chmod(0o666 & ~_umask())
        os.replace(part, path)
    finally:
        Path(part).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _moment(created: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _stored(run_id: str, kind: str) -> str | None:
    if not run_id:
        return None
    with read_scope() as session:
        return session.exec(
            select(StoredFile.path).where(StoredFile.run_id == run_id, StoredFile.kind == kind)
        ).one_or_none()


def _columns(run_id: str) -> dict[str, np.ndarray] | None:
    path = _stored(run_id, "lightcurve")
    try:
        return None if path is None else lake.read_columns(path, ("t", "flux", "flags"))
    except lake.LakeError:  # the page says that the light is not there; its numbers still are
        return None


def _document(run_id: str, kind: str) -> dict[str, Any] | None:
    path = _stored(run_id, kind)
    try:
        return None if path is None else json.loads(lake.read_document(path))
    except lake.LakeError:
        return None


def report_of_run(run_id: str) -> Report | None:
    """The stored report of a run, whoever's it is; None without one."""
    try:
        with read_scope() as session:
            return read_report(session, run_id)
    except lake.LakeError:
        return None


def main(argv: Sequence[str]) -> int:
    """RUN SIGNAL FILE: write one summary. Whoever calls has made sure that the run is the asking person's."""
    run_id, number, path = argv
    report = report_of_run(run_id)
    try:
        if report is None:
            raise NoSuchSignal(f"There is no finished run {run_id!r} here.")
        write_summary(report, int(number), Path(path))
    except NoSuchSignal as reason:
        print(reason, file=sys.stderr)
        return _NO_SUCH_SIGNAL
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
