"""The job ledger: who works on what, until when, and how it ended. The truth is here; the queue only rings.

Huey forgets a task whose worker is killed. So each piece of work is a row of `Job`: a worker takes it with one atomic
UPDATE that sets a lease and raises the fence, keeps the lease alive while it works, and writes only as long as the
row still carries its fence. When a lease runs out, `sweep` gives the job to another worker. Results may therefore be
computed twice but are recorded once: a file row is keyed by (run, kind), a stage row by (run, stage), and only the
holder of the present fence can end the run.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, event, or_, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from data.home import settings
from data.session import read_scope, session_scope
from data.tables import STAGES, Job, Run, RunStage, new_id, utc_now
from jobs import queue
from jobs.handle import JobHandle, work_name
from jobs.identity import is_dead

logger = logging.getLogger(__name__)

OPEN_STATES = ("queued", "running")

_TO_RING = "larun_jobs_to_ring"  # kept with the session until its commit

GIVEN_UP = "The {work} stopped {attempts} times before it could finish, so it was given up. You can start it again."


@dataclass(frozen=True, slots=True)
class SweepResult:
    """Ids of jobs the sweeper touched: leases that ran out, lost announcements, those given up, those cancelled."""

    requeued: tuple[str, ...] = ()
    rung: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()


def create_run(
    session: Session,
    owner_id: str,
    request: dict[str, Any],
    *,
    target: str,
    title: str = "",
    simulated: bool = False,
    parent_run_id: str | None = None,
) -> Run:
    """A new run with its stages, all waiting. `request` is a `RunRequest` as JSON. Not yet enqueued."""
    run = Run(
        owner_id=owner_id,
        request=request,
        target=target,
        title=title or target,
        simulated=simulated,
        parent_run_id=parent_run_id,
    )
    session.add(run)
    session.flush()
    session.add_all(RunStage(run_id=run.id, name=name, position=position) for position, name in enumerate(STAGES))
    session.flush()
    return run


def enqueue(session: Session, run: Run, *, priority: int = 0, max_attempts: int = 3, announce: bool = True) -> Job:
    """Ask for `run` to be computed. The queue is rung after the session's commit; a lost ring is repaired by `sweep`.
    Without `announce` nobody is told yet: the caller means to claim the job itself.

    Asking again while the run is waiting or running returns the same job; asking after it ended makes a new job that
    resumes after the last stored stage.
    """
    earlier = session.exec(select(Job).where(Job.run_id == run.id).order_by(col(Job.created_at).desc())).all()
    still_open = next((job for job in earlier if job.state in OPEN_STATES), None)
    if still_open is not None:
        return still_open
    now = utc_now()
    job = Job(
        kind="analysis",
        run_id=run.id,
        owner_id=run.owner_id,
        idempotency_key=f"run:{run.id}:{len(earlier) + 1}",
        priority=priority,
        max_attempts=max_attempts,
        created_at=now,
        queued_at=now,
    )
    try:
        with session.begin_nested():
            session.add(job)
            session.flush()
    except IntegrityError:  # asked twice at the same moment: the other one won
        return session.exec(select(Job).where(Job.idempotency_key == f"run:{run.id}:{len(earlier) + 1}")).one()
    run.state, run.error, run.finished_at = "queued", "", None
    session.add(run)
    session.execute(
        update(RunStage)
        .where(col(RunStage.run_id) == run.id, col(RunStage.state).in_(("running", "failed", "skipped")))
        .values(state="waiting", fraction=0.0, eta_seconds=None)
    )
    if announce:
        _ring_after_commit(session, job)
    return job


def enqueue_lookup(session: Session, owner_id: str, text: str, *, priority: int = 10) -> Job:
    """Ask the archives about a star, ahead of waiting searches: a person sits before the page."""
    key = new_id()
    job = Job(
        kind="lookup",
        owner_id=owner_id,
        idempotency_key=f"lookup:{key}",
        priority=priority,
        max_attempts=2,
        payload={"text": text},
    )
    session.add(job)
    session.flush()
    _ring_after_commit(session, job)
    return job


def enqueue_fit(
    session: Session, owner_id: str, run_id: str, signal: int, settings_document: dict[str, Any], *, priority: int = 5
) -> Job:
    """Ask for the posterior of a signal of a finished run, ahead of waiting searches.

    Such a job has no run of its own: the run stays done whatever becomes of the fit, whose files are stored beside the
    run's. Asking again while one waits or runs returns the same job, whatever its settings.
    """
    earlier = fit_jobs(session, run_id, signal)
    still_open = next((job for job in earlier if job.state in OPEN_STATES), None)
    if still_open is not None:
        return still_open
    # numbered on from the newest row, since old ones are tidied away
    number = 1 + max((int(job.idempotency_key.rpartition(":")[2]) for job in earlier), default=0)
    key = f"{_fit_key(run_id, signal)}{number}"
    job = Job(
        kind="fit",
        owner_id=owner_id,
        idempotency_key=key,
        priority=priority,
        payload={"run_id": run_id, "signal": signal, "settings": settings_document},
    )
    try:
        with session.begin_nested():
            session.add(job)
            session.flush()
    except IntegrityError:  # asked twice at the same moment: the other one won
        return session.exec(select(Job).where(Job.idempotency_key == key)).one()
    _ring_after_commit(session, job)
    return job


def fit_jobs(session: Session, run_id: str, signal: int | None = None) -> list[Job]:
    """Jobs of kind "fit" for a run (or one signal of it), the newest first. Whoever calls checks the owner."""
    return list(
        session.exec(
            select(Job)
            .where(Job.kind == "fit", col(Job.idempotency_key).startswith(_fit_key(run_id, signal)))
            .order_by(col(Job.created_at).desc())
        ).all()
    )


def _fit_key(run_id: str, signal: int | None) -> str:
    return f"fit:{run_id}:" + ("" if signal is None else f"{signal}:")


def _ring_after_commit(session: Session, job: Job) -> None:
    session.info.setdefault(_TO_RING, []).append((job.id, job.kind, job.priority))


@event.listens_for(Session, "after_commit")
def _ring_now(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint: workers cannot see the row yet
    for job_id, kind, priority in session.info.pop(_TO_RING, []):
        queue.ring(job_id, kind, priority)


@event.listens_for(Session, "after_rollback")
def _ring_not(session: Session) -> None:
    session.info.pop(_TO_RING, None)


def claim(job_id: str, worker: str) -> JobHandle | None:
    """Take a job for `worker`, or None when there is nothing to take (done, taken, cancelled, too early)."""
    now = utc_now()
    config = settings()
    free = or_(
        and_(col(Job.state) == "queued", or_(col(Job.not_before).is_(None), col(Job.not_before) <= now)),
        and_(col(Job.state) == "running", col(Job.lease_until) < now),
    )
    with session_scope() as session:
        taken = _rows(
            session.execute(
                update(Job)
                .where(
                    col(Job.id) == job_id,
                    free,
                    col(Job.attempt) < col(Job.max_attempts),
                    col(Job.cancel_requested).is_(False),
                )
                .values(
                    state="running",
                    attempt=col(Job.attempt) + 1,
                    fence=col(Job.fence) + 1,
                    worker=worker,
                    lease_until=now + timedelta(seconds=config.lease_seconds),
                    started_at=now,
                    not_before=None,
                )
            )
        )
        if not taken:
            return None
        job = session.exec(select(Job).where(Job.id == job_id)).one()
        run = session.get(Run, job.run_id) if job.run_id else None
        if run is not None:
            run.state, run.error = "running", ""
            run.started_at = run.started_at or now
            session.add(run)
            _settle_stages(session, run.id, {"running": "waiting", "failed": "waiting"})
    return JobHandle(job, lease_seconds=config.lease_seconds, cancel_grace_seconds=config.cancel_grace_seconds)


def request_cancel(run_id: str, owner_id: str) -> bool:
    """Stop a run of `owner_id`. A waiting one ends at once, a running one at its next check. False: nothing to stop."""
    with session_scope() as session:
        job = session.exec(
            select(Job).where(Job.run_id == run_id, Job.owner_id == owner_id, col(Job.state).in_(OPEN_STATES))
        ).first()
        return job is not None and _cancel(session, job)


def request_cancel_job(job_id: str, owner_id: str) -> bool:
    """The same for a job without a run of its own, by its id."""
    with session_scope() as session:
        job = session.exec(
            select(Job).where(Job.id == job_id, Job.owner_id == owner_id, col(Job.state).in_(OPEN_STATES))
        ).one_or_none()
        return job is not None and _cancel(session, job)


def cancel_fits(session: Session, run_id: str) -> None:
    """Stop every fit of a run, because the run goes."""
    for job in fit_jobs(session, run_id):
        if job.state in OPEN_STATES:
            _cancel(session, job)


def _cancel(session: Session, job: Job) -> bool:
    now = utc_now()
    waiting = _rows(
        session.execute(
            update(Job)
            .where(col(Job.id) == job.id, col(Job.state) == "queued")
            .values(state="cancelled", cancel_requested=True, fence=col(Job.fence) + 1, finished_at=now)
        )
    )
    if waiting:
        if job.run_id:
            _end_run(session, job.run_id, "cancelled", "", now)
        return True
    return bool(
        _rows(
            session.execute(
                update(Job).where(col(Job.id) == job.id, col(Job.state) == "running").values(cancel_requested=True)
            )
        )
    )


def sweep() -> SweepResult:
    """Repair what crashes leave behind; safe to run at any time and from several processes.

    Jobs whose lease ran out, or whose worker on this machine is known to be dead, go back to the queue, or fail when
    their attempts are used up, or end as cancelled when that was asked; jobs that wait for long without standing in
    the queue are announced again.
    """
    config = settings()
    now = utc_now()
    touched: dict[str, list[str]] = {"queued": [], "failed": [], "cancelled": []}
    with read_scope() as session:  # the usual round finds nothing, and should not make writers wait for it
        running = session.exec(select(Job).where(Job.state == "running")).all()
    for job in running:
        if job.lease_until is None or job.lease_until < now or is_dead(job.worker):
            state = _take_away(job, now)
            if state is not None:
                touched[state].append(job.id)
    rung = _ring_forgotten(now, config.requeue_seconds)
    return SweepResult(tuple(touched["queued"]), tuple(rung), tuple(touched["failed"]), tuple(touched["cancelled"]))


def _take_away(job: Job, now: datetime) -> str | None:
    """Take a job from its silent worker; returns the state it has now, None when it was not silent after all."""
    if job.cancel_requested:
        state, error = "cancelled", ""
    elif job.attempt >= job.max_attempts:
        state, error = "failed", GIVEN_UP.format(work=work_name(job.kind), attempts=_times(job.attempt))
    else:
        state, error = "queued", ""
    values: dict[str, Any] = {"state": state, "error": error, "fence": job.fence + 1, "lease_until": None}
    values |= {"queued_at": now} if state == "queued" else {"finished_at": now}
    with session_scope() as session:
        if not _rows(
            session.execute(
                update(Job)
                .where(col(Job.id) == job.id, col(Job.state) == "running", col(Job.fence) == job.fence)
                .where(col(Job.lease_until) == job.lease_until, col(Job.cancel_requested) == job.cancel_requested)
                .values(**values)
            )
        ):
            return None  # another sweeper was faster, or the worker woke up
        logger.warning("Job %s (attempt %d, worker %s) went silent: %s.", job.id, job.attempt, job.worker, state)
        if job.run_id and state == "queued":
            session.execute(update(Run).where(col(Run.id) == job.run_id).values(state="queued"))
            _settle_stages(session, job.run_id, {"running": "waiting"})
        elif job.run_id:
            _end_run(session, job.run_id, state, error, now)
        if state == "queued":
            _ring_after_commit(session, job)
    return state


def _ring_forgotten(now: datetime, patience_seconds: float) -> list[str]:
    """Announce again the jobs that wait although the queue does not know them."""
    with read_scope() as session:
        waiting = session.exec(
            select(Job).where(
                Job.state == "queued",
                col(Job.queued_at) < now - timedelta(seconds=patience_seconds),
                or_(col(Job.not_before).is_(None), col(Job.not_before) <= now),
            )
        ).all()
    if not waiting:
        return []
    known = queue.announced()
    forgotten = [job for job in waiting if job.id not in known]
    for job in forgotten:
        with session_scope() as session:
            session.execute(update(Job).where(col(Job.id) == job.id, col(Job.state) == "queued").values(queued_at=now))
            _ring_after_commit(session, job)
    return [job.id for job in forgotten]


def _times(count: int) -> str:
    return {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}.get(count, str(count))


def _rows(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0


def _settle_stages(session: Session, run_id: str, change: dict[str, str]) -> None:
    for old, new in change.items():
        session.execute(
            update(RunStage)
            .where(col(RunStage.run_id) == run_id, col(RunStage.state) == old)
            .values(state=new, eta_seconds=None)
        )


def _end_run(session: Session, run_id: str, state: str, error: str, now: datetime) -> None:
    session.execute(
        update(Run)
        .where(col(Run.id) == run_id, col(Run.state).in_(OPEN_STATES))
        .values(state=state, error=error, finished_at=now)
    )
    _settle_stages(session, run_id, {"running": "failed" if state == "failed" else "skipped", "waiting": "skipped"})
