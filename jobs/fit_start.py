"""Start, watch and stop the fit of a signal. Page, API and tests come through here; the work is in `jobs.fit_run`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel
from sqlmodel import Session, select

from data.fit_report import FitProgress, FitReport
from data.lake import LakeError
from data.report import Report, SignalReport
from data.requests import FitChoice
from data.session import read_scope
from data.stored_report import read_report
from data.tables import Job, Run, StoredFile
from jobs.ledger import OPEN_STATES, enqueue_fit, fit_jobs, request_cancel_job
from jobs.summary_pdf import NoSuchSignal, chosen_signal

NOT_FINISHED = "This run has not finished: a signal can be fitted when it has."
NO_LIGHT = "The cleaned light of this run is not stored any more. Search the star again, then fit."
DAMAGED = "The stored result cannot be read. Nothing was changed; search the star again."


class CannotStart(Exception):
    """There is no such fit to start or to see; the message is one sentence, `status` says how an HTTP route answers."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class FitNow(BaseModel):
    """How the fit of a signal stands. `state` and `settings` are those of the newest job ("none" without one); `fit` is
    what is stored, which may come from an earlier job or from the run itself."""

    state: Literal["none", "queued", "running", "done", "failed", "cancelled"]
    job_id: str = ""
    stopping: bool = False
    error: str = ""
    settings: FitChoice | None = None
    progress: FitProgress | None = None
    waiting_since: datetime | None = None
    fit: FitReport | None = None


def start_fit(session: Session, owner_id: str, run_id: str, signal: int, choice: FitChoice) -> Job:
    """Ask for a fit; the worker is told after the commit. While one of this signal waits or runs, that one is returned.

    Raises CannotStart: 404 where there is no such run of this person or no such signal, 409 where the run has not
    finished or its result is damaged.
    """
    index = _index_of(session, owner_id, run_id, signal)
    light = session.exec(
        select(StoredFile.id).where(StoredFile.run_id == run_id, StoredFile.kind == "detrended")
    ).one_or_none()
    if light is None:
        raise CannotStart(NO_LIGHT, 409)
    return enqueue_fit(session, owner_id, run_id, index, choice.model_dump(mode="json"))


def fit_now(session: Session, owner_id: str, run_id: str, signal: int) -> FitNow:
    """How the fit of a signal stands. Raises CannotStart as `start_fit`."""
    report = _report_of(session, owner_id, run_id)
    found = _chosen(report, signal)
    jobs = fit_jobs(session, run_id, found.index)
    if not jobs:
        return FitNow(state="none", fit=found.fit)
    job = jobs[0]
    progress = (job.result or {}).get("progress") if job.state in OPEN_STATES else None
    return FitNow(
        state=job.state,
        job_id=job.id,
        stopping=job.state == "running" and job.cancel_requested,
        error=job.error,
        settings=FitChoice.model_validate(job.payload["settings"]),
        progress=None if progress is None else FitProgress.model_validate(progress),
        waiting_since=job.queued_at if job.state == "queued" else None,
        fit=found.fit,
    )


def stop_fit(owner_id: str, run_id: str, signal: int) -> bool:
    """Stop the fit of a signal; False where none waits or runs. Raises CannotStart."""
    with read_scope() as session:
        index = _index_of(session, owner_id, run_id, signal)
        going = next((job.id for job in fit_jobs(session, run_id, index) if job.state in OPEN_STATES), None)
    return going is not None and request_cancel_job(going, owner_id)


def _index_of(session: Session, owner_id: str, run_id: str, signal: int) -> int:
    return _chosen(_report_of(session, owner_id, run_id), signal).index


def _chosen(report: Report, signal: int) -> SignalReport:
    try:
        return chosen_signal(report, signal)
    except NoSuchSignal as reason:
        raise CannotStart(str(reason), 404) from reason


def _report_of(session: Session, owner_id: str, run_id: str) -> Report:
    run = session.get(Run, run_id) if 0 < len(run_id) <= 32 else None
    if run is None or run.owner_id != owner_id:
        raise CannotStart("There is no such run.", 404)
    if run.state != "done":
        raise CannotStart(NOT_FINISHED, 409)
    try:
        report = read_report(session, run_id, owner_id)
    except (LakeError, ValueError) as damaged:
        raise CannotStart(DAMAGED, 409) from damaged
    if report is None:
        raise CannotStart("There is no such run.", 404)
    return report
