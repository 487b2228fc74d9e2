"""The one place where a run's report is read: the stored document, with the fits that were made since.

A fit that is asked for later is stored as a document of its own, `fit-<signal>`, and set into its signal here. So two
fits of two signals never write the same file, and page, API, command line and exports read the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, or_, select

from data import lake
from data.fit_report import FitReport
from data.report import Report, SignalReport
from data.tables import StoredFile

_FIT = re.compile(r"fit-([0-9]{1,2})")


@dataclass(frozen=True, slots=True)
class StoredText:
    """The report as JSON, and a name that changes with its content."""

    text: str
    content: str


def fit_kind(signal: int) -> str:
    """Name under which the fit of a signal is stored."""
    return f"fit-{signal}"


def read_text(session: Session, run_id: str, owner_id: str | None = None) -> StoredText | None:
    """The report of a run with its fits; None where there is none (or, with `owner_id`, none of theirs).

    The text is the stored one byte for byte where nothing was fitted since. Raises data.lake.LakeError when a file is
    damaged, ValueError when one is not what it should be.
    """
    rows = _rows(session, run_id, owner_id)
    report = rows.pop("report", None)
    if report is None:
        return None
    text = lake.read_document(report.path)
    if not rows:
        return StoredText(text, report.sha256)
    parts = [report.sha256, *(f"{kind} {row.sha256}" for kind, row in sorted(rows.items()))]
    merged = _merged(Report.model_validate_json(text), rows)
    document = json.dumps(merged.model_dump(mode="json"), ensure_ascii=False, allow_nan=False)
    return StoredText(document, hashlib.sha256("\n".join(parts).encode()).hexdigest())


def read_report(session: Session, run_id: str, owner_id: str | None = None) -> Report | None:
    """The same as a model. Raises as `read_text`."""
    rows = _rows(session, run_id, owner_id)
    report = rows.pop("report", None)
    return None if report is None else _merged(Report.model_validate_json(lake.read_document(report.path)), rows)


def with_fits(report: Report, fits: Mapping[int, FitReport]) -> Report:
    """The report with these fits, by signal index, in place of those it holds."""

    def fitted(signal: SignalReport) -> SignalReport:
        fit = fits.get(signal.index)
        return signal if fit is None else signal.model_copy(update={"fit": fit})

    if not fits:
        return report
    rejected = report.best_rejected
    # numbers of found signals and that of the strongest repeat may coincide; only one of them is ever fitted
    if report.signals:
        return report.model_copy(update={"signals": tuple(fitted(s) for s in report.signals)})
    return report if rejected is None else report.model_copy(update={"best_rejected": fitted(rejected)})


def _rows(session: Session, run_id: str, owner_id: str | None) -> dict[str, StoredFile]:
    wanted = select(StoredFile).where(
        StoredFile.run_id == run_id,
        or_(col(StoredFile.kind) == "report", col(StoredFile.kind).like("fit-%")),
    )
    if owner_id is not None:
        wanted = wanted.where(StoredFile.owner_id == owner_id)
    return {row.kind: row for row in session.exec(wanted).all() if row.kind == "report" or _FIT.fullmatch(row.kind)}


def _merged(report: Report, rows: Mapping[str, StoredFile]) -> Report:
    fits = {
        int(kind.removeprefix("fit-")): FitReport.model_validate_json(lake.read_document(row.path))
        for kind, row in rows.items()
    }
    return with_fits(report, fits)
