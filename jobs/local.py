"""Run an analysis in this process, for the command line. It is stored like any other, so the browser shows it too."""

from __future__ import annotations

from data.report import Report
from data.requests import RunRequest
from data.session import local_user, migrate, session_scope
from jobs.handle import Cancelled, LeaseLost, RunProblem
from jobs.ledger import claim
from jobs.running import LedgerContext, Watcher, run_analysis
from jobs.start import start_run
from jobs.work import UNEXPECTED, worker_name


class RunFailed(Exception):
    """The run ended without a result; the message is the sentence for the user."""


def run_here(request: RunRequest, watcher: Watcher | None = None) -> Report:
    """Store the request as a run of the local person, work on it here and return its report.

    Raises the stage's own error for foreseen failures (see jobs.failures), so that exit codes can tell input from
    service; RunFailed when another worker took the job.
    """
    from data.home import settings

    settings().make_folders()
    migrate()
    with session_scope() as session:
        owner = local_user(session)
        run_id = start_run(session, owner.id, request, announce=False)
    job_id = _job_of(run_id)
    handle = claim(job_id, worker_name())
    if handle is None:
        raise RunFailed("Another worker has taken this run; its result will be in the browser.")
    with handle:
        try:
            run_analysis(run_id, handle, watcher)
        except KeyboardInterrupt:
            handle.cancelled()
            raise
        except (Cancelled, LeaseLost) as stopped:
            raise RunFailed("The run was stopped.") from stopped
        except RunProblem as problem:
            handle.fail(str(problem))
            raise (problem.__cause__ or problem) from None
        except Exception as error:
            handle.fail(UNEXPECTED.format(work="run", name=type(error).__name__))
            raise
        document = LedgerContext(handle).load_document("report")
    assert document is not None, "a finished run has a report"
    return Report.model_validate(document)


def _job_of(run_id: str) -> str:
    from sqlmodel import select

    from data.session import read_scope
    from data.tables import Job

    with read_scope() as session:
        return session.exec(select(Job.id).where(Job.run_id == run_id)).one()
