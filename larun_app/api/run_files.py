"""A person's runs and their stored files. Every query names the owner: another's run is as good as none."""

from __future__ import annotations

import json
from typing import Any

from sqlmodel import Session, select

from data import lake
from data.report import Report
from data.stored_report import read_report
from data.tables import Run, StoredFile

NO_SUCH_RUN = "There is no such run."
SIGN_IN = "Reload the page: this browser has no session here."


def owned_run(session: Session, owner_id: str, run_id: str) -> Run | None:
    """The run, if it is this person's."""
    if not 0 < len(run_id) <= 32:
        return None
    return session.exec(select(Run).where(Run.id == run_id, Run.owner_id == owner_id)).one_or_none()


def stored_file(session: Session, owner_id: str, run_id: str, kind: str) -> StoredFile | None:
    """One file of a run, if it is this person's."""
    return session.exec(
        select(StoredFile).where(StoredFile.run_id == run_id, StoredFile.owner_id == owner_id, StoredFile.kind == kind)
    ).one_or_none()


def document_of(session: Session, owner_id: str, run_id: str, kind: str) -> dict[str, Any] | None:
    """A stored JSON document of a run. Raises data.lake.LakeError when the file is damaged."""
    row = stored_file(session, owner_id, run_id, kind)
    return None if row is None else json.loads(lake.read_document(row.path))


def report_of(session: Session, owner_id: str, run_id: str) -> Report | None:
    """The report of a finished run, with the fits made since. Raises data.lake.LakeError or ValueError when a file is
    damaged."""
    return read_report(session, run_id, owner_id)


def finished_run(session: Session, owner_id: str, run_id: str) -> tuple[Run, Report] | None:
    """A finished run of this person's with its report; None where there is none or it cannot be read."""
    run = owned_run(session, owner_id, run_id)
    if run is None or run.state != "done":
        return None
    try:
        report = report_of(session, owner_id, run_id)
    except (lake.LakeError, ValueError):
        return None
    return None if report is None else (run, report)
