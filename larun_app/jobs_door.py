"""The pages' door to the jobs: start a run, look a star up, fit a signal, stop, try again.

Blocking (database only): call in a thread. `jobs` is imported at the first call, not when the web server starts.
Every foreseen refusal becomes `Refused` with one sentence for the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.requests import FitChoice, RunRequest
from data.session import read_scope, session_scope
from data.tables import Run

if TYPE_CHECKING:
    from jobs.fit_start import FitNow
    from jobs.start import LookupResult


class Refused(Exception):
    """What was asked cannot be done; the message is one sentence for the person."""


def start_run(owner_id: str, request: RunRequest, parent_run_id: str | None = None) -> str:
    """Store and announce a run; returns its id. Raises Refused."""
    from data.archives.targets import NotATarget
    from jobs import start
    from jobs.fetching import NoData

    try:
        with session_scope() as session:
            return start.start_run(session, owner_id, request, parent_run_id=parent_run_id)
    except (NoData, NotATarget) as reason:
        raise Refused(str(reason)) from reason
    except PermissionError as reason:
        raise Refused("That run does not exist.") from reason


def run_again(owner_id: str, run_id: str, changes: dict[str, object]) -> str:
    """The same analysis with parts of its request replaced, as a new run; returns its id. Raises Refused."""
    from jobs.fetching import NoData
    from jobs.start import rerun

    try:
        with session_scope() as session:
            return rerun(session, owner_id, run_id, changes)
    except NoData as reason:
        raise Refused(str(reason)) from reason
    except PermissionError as reason:
        raise Refused("That run does not exist.") from reason


def start_lookup(owner_id: str, text: str) -> str:
    """Ask the archives about a star; returns the job's id. Raises Refused for what is no star."""
    from data.archives.targets import NotATarget
    from jobs import start

    try:
        with session_scope() as session:
            return start.start_lookup(session, owner_id, text)
    except NotATarget as reason:
        raise Refused(reason.sentence) from reason


def lookup_result(owner_id: str, job_id: str) -> LookupResult | None:
    """The answer so far; None for a job that is unknown or another's."""
    from jobs import start

    with read_scope() as session:
        return start.lookup_result(session, owner_id, job_id)


def stop_run(owner_id: str, run_id: str) -> bool:
    """Stop a waiting or running analysis; False where there was nothing to stop."""
    from jobs.ledger import request_cancel

    return request_cancel(run_id, owner_id)


def start_fit(owner_id: str, run_id: str, signal: int, choice: FitChoice) -> str:
    """Ask for the posterior of a signal of a finished run; returns the job's id. While one waits or runs, that one's.
    Raises Refused."""
    from jobs import fit_start

    try:
        with session_scope() as session:
            return fit_start.start_fit(session, owner_id, run_id, signal, choice).id
    except fit_start.CannotStart as reason:
        raise Refused(str(reason)) from reason


def fit_now(owner_id: str, run_id: str, signal: int) -> FitNow:
    """How the fit of a signal stands, and what is stored of it. Raises Refused."""
    from jobs import fit_start

    try:
        with read_scope() as session:
            return fit_start.fit_now(session, owner_id, run_id, signal)
    except fit_start.CannotStart as reason:
        raise Refused(str(reason)) from reason


def stop_fit(owner_id: str, run_id: str, signal: int) -> bool:
    """Stop the fit of a signal; False where there was nothing to stop. Raises Refused."""
    from jobs import fit_start

    try:
        return fit_start.stop_fit(owner_id, run_id, signal)
    except fit_start.CannotStart as reason:
        raise Refused(str(reason)) from reason


def try_again(owner_id: str, run_id: str) -> None:
    """Take a failed or stopped run up again after its last stored stage. Raises Refused."""
    from jobs.ledger import enqueue

    with session_scope() as session:
        run = session.get(Run, run_id)
        if run is None or run.owner_id != owner_id:
            raise Refused("That run does not exist.")
        if run.state in ("queued", "running"):
            return
        enqueue(session, run)
