"""Files of the fits of a run: numbers (CSV, LaTeX), transit times, the thinned chain (Parquet), and figures (PNG, PDF).

Figures are drawn in a child process, so that the web server never loads what draws, and kept in the cache folder under
the content name of the fit.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from sqlmodel import Session

from data import lake
from data.fit_report import FitReport
from data.home import settings
from data.report import Report
from data.stored_report import fit_kind
from larun_app.api.run_files import stored_file

logger = logging.getLogger(__name__)

#: Names of the downloads, N the signal's number: "fit-1.csv", "fit-1-corner.pdf" …
FIT_FILE = re.compile(
    r"fit-(?P<signal>0|[1-9]\d?)(?P<part>\.csv|\.tex|-times\.csv|-chain\.parquet"
    r"|-(?P<figure>corner|fold|trace|times)\.(?P<format>png|pdf))"
)
_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "tex": "application/x-tex; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "png": "image/png",
    "pdf": "application/pdf",
}
TIME_OUT_SECONDS = 120.0
_PROJECT = Path(__file__).parents[2]
_MOST_KEPT = 100  # folders of figures; older ones are drawn again when wanted
_one_drawing = threading.Lock()


def media_type(what: str) -> str:
    """Of a download named as in FIT_FILE."""
    return _MEDIA[what.rpartition(".")[2]]


def fits_of(report: Report) -> dict[int, FitReport]:
    """The fits of a report by signal."""
    shown = report.signals or ((report.best_rejected,) if report.best_rejected is not None else ())
    return {s.index: s.fit for s in shown if s.fit is not None}


def fit_file(session: Session, owner_id: str, report: Report, what: str) -> bytes | None:
    """One file of a fit; None where there is no such fit, or it has no such file. Blocking."""
    found = FIT_FILE.fullmatch(what)
    fit = None if found is None else fits_of(report).get(int(found["signal"]))
    if found is None or fit is None:
        return None
    signal = int(found["signal"])
    if found["figure"]:
        return figures(session, owner_id, report, signal).get(what)
    if found["part"] == "-chain.parquet":
        row = stored_file(session, owner_id, report.run_id, f"{fit_kind(signal)}-chain")
        return None if row is None else lake.absolute(row.path).read_bytes()
    from jobs import fit_table

    if found["part"] == ".csv":
        return fit_table.csv_bytes(fit)
    if found["part"] == ".tex":
        return fit_table.latex(fit, report.title or report.target, signal)
    return fit_table.times_csv(fit) if fit.transit_times else None


def fit_members(session: Session, owner_id: str, report: Report) -> dict[str, bytes]:
    """All files of all fits, for the zip. Figures that cannot be drawn are left out: the numbers matter more."""
    members: dict[str, bytes] = {}
    for signal in fits_of(report):
        kind = fit_kind(signal)
        for what in (f"{kind}.csv", f"{kind}.tex", f"{kind}-times.csv", f"{kind}-chain.parquet"):
            content = fit_file(session, owner_id, report, what)
            if content is not None:
                members[what] = content
        members |= figures(session, owner_id, report, signal)
    return members


def figures(session: Session, owner_id: str, report: Report, signal: int) -> dict[str, bytes]:
    """The figures of a fit by name, from the cache folder or drawn now; empty where they cannot be drawn. Blocking."""
    from jobs.fit_plots import LAYOUT_VERSION

    kind = fit_kind(signal)
    parts = [LAYOUT_VERSION, report.run_id, str(signal), report.title]
    for name in (kind, f"{kind}-corner", f"{kind}-trace", f"{kind}-band", f"{kind}-fold", "report"):
        row = stored_file(session, owner_id, report.run_id, name)
        parts.append("" if row is None else row.sha256)
    kept = settings().cache / "fit-figures" / hashlib.sha256("\n".join(parts).encode()).hexdigest()
    if not kept.is_dir():
        with _one_drawing:
            if not kept.is_dir():
                _draw(report.run_id, signal, kept)
                _keep_few(kept.parent)
    return {f.name: f.read_bytes() for f in sorted(kept.glob("*"))} if kept.is_dir() else {}


def _draw(run_id: str, signal: int, kept: Path) -> None:
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "MPLCONFIGDIR": str(settings().cache / "matplotlib"),
        "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix="new-") as folder:
        made = Path(folder) / "figures"
        command = [sys.executable, "-m", "jobs.fit_plots", run_id, str(signal), str(made)]
        try:
            done = subprocess.run(
                command, cwd=_PROJECT, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=TIME_OUT_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            logger.error("The figures of the fit of %s took too long.", run_id)
            return
        if done.returncode != 0:
            told = done.stderr.decode(errors="replace")[-2000:]
            logger.error("The figures of the fit of %s were not drawn: %s", run_id, told)
            return
        made.replace(kept)


def _keep_few(folder: Path) -> None:
    import shutil

    folders = sorted(
        (f for f in folder.iterdir() if f.is_dir() and not f.name.startswith("new-")),
        key=lambda f: f.stat().st_mtime,
        reverse=True,
    )
    for old in folders[_MOST_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
