"""A worker's hold on one job: heartbeat, progress, cancel, results, end. Every write checks the fence."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType

from sqlalchemy import or_, update
from sqlalchemy.engine import CursorResult
from sqlmodel import Session, col, select

from data import lake
from data.lake import StoredFileInfo
from data.session import read_scope, session_scope
from data.tables import Job, Run, RunStage, StoredFile, utc_now
from jobs import queue

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.3  # a moving bar looks smooth at this rate; more writes help nobody
CANCEL_CHECK_SECONDS = 1.0
THUMBNAIL_POINTS = 80
RUN_GONE = "This run does not exist any more."


def work_name(kind: str) -> str:
    """What people call a job of this kind."""
    return {"analysis": "run", "lookup": "look-up"}.get(kind, kind)


class Cancelled(Exception):
    """The person asked for the run to stop."""


class LeaseLost(Exception):
    """Another worker has (or may have) this job now: stop, write nothing."""


class RunProblem(Exception):
    """The run cannot go on; the message is one plain sentence for the person.

    `retry_after_seconds`: try again after this time, while attempts are left (an archive that does not answer).
    """

    def __init__(self, sentence: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What lists show of a finished run. `thumbnail`: folded brightness, at most 80 numbers."""

    headline: str
    verdict_kind: str
    tone: str
    period_days: float | None = None
    depth_ppm: float | None = None
    snr: float | None = None
    simulated: bool = False
    thumbnail: tuple[float, ...] = ()
    title: str | None = None


class JobHandle:
    """Made by `jobs.ledger.claim`; use as a context manager, which runs the heartbeat."""

    def __init__(self, job: Job, *, lease_seconds: float, cancel_grace_seconds: float = 30.0) -> None:
        self.job_id = job.id
        self.kind = job.kind
        self.run_id = job.run_id or ""
        self.files_of = self.run_id or str((job.payload or {}).get("run_id", ""))  # the run that results are kept under
        self.owner_id = job.owner_id
        self.attempt = job.attempt
        self.max_attempts = job.max_attempts
        self.fence = job.fence
        self.priority = job.priority
        self.payload = dict(job.payload or {})
        self.ended = False
        self.when_stuck: Callable[[], None] | None = None  # called when a cancelled run does not stop in time
        self._lease_seconds = lease_seconds
        self._cancel_grace_seconds = cancel_grace_seconds
        self._renewed = time.monotonic()
        self._cancel_checked = 0.0
        self._noted = -math.inf
        self._written: dict[str, tuple[float, str]] = {}  # stage → (monotonic time, fact) of the last write
        self._stage_began: dict[str, float] = {}
        self._stop = threading.Event()
        self._cancel = threading.Event()
        self._lost = threading.Event()
        self._heart: threading.Thread | None = None

    # -- heartbeat ---------------------------------------------------------------------------------------------

    def __enter__(self) -> JobHandle:
        self._heart = threading.Thread(target=self._beat, name=f"heartbeat-{self.job_id}", daemon=True)
        self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._heart is not None:
            self._heart.join(timeout=5)

    def _beat(self) -> None:
        tick = min(2.0, self._lease_seconds / 5)
        cancel_seen: float | None = None
        while not self._stop.wait(tick):
            try:
                if time.monotonic() - self._renewed > self._lease_seconds / 4:
                    with self._guarded():
                        pass
                elif self._read_cancel():
                    self._cancel.set()
            except LeaseLost:
                return
            except Exception:
                logger.exception("Job %s: the heartbeat could not be written.", self.job_id)
                if time.monotonic() - self._renewed > self._lease_seconds:
                    self._lost.set()  # others may have taken the job by now, so this worker must not write
                    return
            if self._cancel.is_set():
                cancel_seen = cancel_seen or time.monotonic()
                if time.monotonic() - cancel_seen > self._cancel_grace_seconds and self.when_stuck is not None:
                    self._end_stuck()
                    return

    def _end_stuck(self) -> None:
        try:
            self.cancelled()
        except LeaseLost:
            return
        if self.when_stuck is not None:
            self.when_stuck()

    @contextmanager
    def _guarded(self) -> Iterator[Session]:
        """A transaction that is ours: renews the lease, or raises LeaseLost when the fence is no longer this one."""
        if self._lost.is_set():
            raise LeaseLost(self.job_id)
        now = utc_now()
        with session_scope() as session:
            mine = session.execute(
                update(Job)
                .where(col(Job.id) == self.job_id, col(Job.fence) == self.fence, col(Job.state) == "running")
                .values(lease_until=now + timedelta(seconds=self._lease_seconds))
            )
            if not isinstance(mine, CursorResult) or mine.rowcount != 1:
                self._lost.set()
                raise LeaseLost(self.job_id)
            yield session
        self._renewed = time.monotonic()

    def _read_cancel(self) -> bool:
        with read_scope() as session:
            row = session.exec(
                select(Job.cancel_requested, Job.fence, Job.state).where(Job.id == self.job_id)
            ).one_or_none()
        if row is None or row[1] != self.fence or row[2] != "running":
            self._lost.set()
            raise LeaseLost(self.job_id)
        return bool(row[0])

    # -- during the run ----------------------------------------------------------------------------------------

    def check_cancelled(self) -> None:
        """Cheap; call it often. Raises Cancelled when the person asked to stop, LeaseLost when the job is not ours."""
        if self._lost.is_set():
            raise LeaseLost(self.job_id)
        now = time.monotonic()
        if not self._cancel.is_set() and now - self._cancel_checked > CANCEL_CHECK_SECONDS:
            self._cancel_checked = now
            if self._read_cancel():
                self._cancel.set()
        if self._cancel.is_set():
            raise Cancelled(self.run_id)

    def stage_started(self, stage: str, fact: str = "") -> None:
        """Mark a stage as running."""
        self._stage_began[stage] = time.monotonic()
        self._write_stage(stage, state="running", fraction=0.0, fact=fact, eta_seconds=None, started_at=utc_now())

    def progress(self, stage: str, fraction: float, fact: str = "", eta_seconds: float | None = None) -> None:
        """Say how far `stage` is (0 to 1), with one line of fact and the time left. Writes at most a few times a
        second, so it may be called from inner loops; raises as `check_cancelled` does."""
        self.check_cancelled()
        values: dict[str, object] = {}
        if stage not in self._stage_began:
            self._stage_began[stage] = time.monotonic()
            values["started_at"] = utc_now()
        when, said = self._written.get(stage, (-math.inf, ""))
        if time.monotonic() - when < PROGRESS_SECONDS and fact in ("", said):
            return
        eta = eta_seconds if eta_seconds is not None and math.isfinite(eta_seconds) else None
        values |= {"state": "running", "fraction": min(max(fraction, 0.0), 1.0), "eta_seconds": eta}
        if fact:
            values["fact"] = fact
        self._write_stage(stage, **values)

    def stage_done(self, stage: str, fact: str = "", *, skipped: bool = False) -> None:
        """Mark a stage as done (or not needed). Its files must be stored before: a resumed run trusts this mark."""
        began = self._stage_began.get(stage)
        values: dict[str, object] = {
            "state": "skipped" if skipped else "done",
            "fraction": 1.0,
            "eta_seconds": None,
            "seconds": None if began is None else round(time.monotonic() - began, 3),
        }
        if fact:
            values["fact"] = fact
        self._write_stage(stage, **values)

    def _write_stage(self, stage: str, **values: object) -> None:
        with self._guarded() as session:
            changed = session.execute(
                update(RunStage)
                .where(col(RunStage.run_id) == self.run_id, col(RunStage.name) == stage)
                .values(fence=self.fence, **values)
            )
            if not isinstance(changed, CursorResult) or changed.rowcount != 1:
                raise KeyError(f"Run {self.run_id} has no stage {stage!r}.")
        self._written[stage] = (time.monotonic(), str(values.get("fact", "")))

    def stages_done(self) -> frozenset[str]:
        """Stages that an earlier attempt completed; their files are in `stored_files`."""
        with read_scope() as session:
            names = session.exec(
                select(RunStage.name).where(
                    RunStage.run_id == self.run_id, col(RunStage.state).in_(("done", "skipped"))
                )
            )
            return frozenset(names)

    def stored_files(self) -> dict[str, StoredFile]:
        """Files of this run so far, by kind."""
        with read_scope() as session:
            files = session.exec(select(StoredFile).where(StoredFile.run_id == self.files_of)).all()
            return {file.kind: file for file in files}

    def store(self, kind: str, info: StoredFileInfo, stage: str = "", *, transient: bool = False) -> StoredFile:
        """Record a file of the lake as this run's `kind`, in place of what an earlier attempt recorded.

        `transient`: the file that is replaced is deleted now, not with the next tidying; for what is written every few
        seconds. Raises RunProblem where the run was deleted meanwhile.
        """
        with self._guarded() as session:
            if session.get(Run, self.files_of) is None:
                raise RunProblem(RUN_GONE)
            row = session.exec(
                select(StoredFile).where(StoredFile.run_id == self.files_of, StoredFile.kind == kind)
            ).one_or_none()
            row = row or StoredFile(
                run_id=self.files_of, owner_id=self.owner_id, kind=kind, path="", sha256="", bytes=0
            )
            replaced = row.path
            row.stage, row.fence, row.created_at = stage, self.fence, utc_now()
            row.path, row.sha256, row.bytes, row.rows = info.path, info.sha256, info.bytes, info.rows
            row.meta = dict(info.meta)
            session.add(row)
            session.flush()
        if transient and replaced not in ("", info.path):
            _discard([replaced])
        return row

    def forget(self, kind: str) -> None:
        """Remove files that only an unfinished piece of work needed: this kind, and those it begins with a dash."""
        with self._guarded() as session:
            rows = session.exec(
                select(StoredFile).where(
                    StoredFile.run_id == self.files_of,
                    or_(col(StoredFile.kind) == kind, col(StoredFile.kind).startswith(f"{kind}-")),
                )
            ).all()
            paths = [row.path for row in rows]
            for row in rows:
                session.delete(row)
        _discard(paths)

    def note(self, result: dict[str, object], *, now: bool = False) -> None:
        """How a job without a run stands, for whoever waits for its answer. Writes at most a few times a second (`now`:
        in any case); raises as `check_cancelled` does."""
        self.check_cancelled()
        if not now and time.monotonic() - self._noted < PROGRESS_SECONDS:
            return
        with self._guarded() as session:
            session.execute(update(Job).where(col(Job.id) == self.job_id).values(result=result))
        self._noted = time.monotonic()

    def describe(self, *, title: str | None = None, target: str | None = None, simulated: bool | None = None) -> None:
        """Correct what lists say of the run once the data are known."""
        given = {"title": title, "target": target, "simulated": simulated}
        values = {name: value for name, value in given.items() if value is not None}
        if values:
            with self._guarded() as session:
                session.execute(update(Run).where(col(Run.id) == self.run_id).values(**values))

    # -- the end, once -----------------------------------------------------------------------------------------

    def finish(self, summary: RunSummary) -> None:
        """The run is done. Only the holder of the present fence gets here, so it happens once."""
        now = utc_now()
        with self._guarded() as session:
            values: dict[str, object] = {
                "state": "done",
                "error": "",
                "finished_at": now,
                "headline": summary.headline,
                "verdict_kind": summary.verdict_kind,
                "tone": summary.tone,
                "period_days": _finite(summary.period_days),
                "depth_ppm": _finite(summary.depth_ppm),
                "snr": _finite(summary.snr),
                "simulated": summary.simulated,
                "thumbnail": _thumbnail(summary.thumbnail),
            }
            if summary.title is not None:
                values["title"] = summary.title
            session.execute(update(Run).where(col(Run.id) == self.run_id).values(**values))
            self._close(session, "done", "", "skipped", "skipped")
        self.ended = True

    def answer(self, result: dict[str, object]) -> None:
        """A job without a run is done: keep its answer in the job row."""
        with self._guarded() as session:
            session.execute(update(Job).where(col(Job.id) == self.job_id).values(result=result))
            self._close(session, "done", "", "skipped", "skipped")
        self.ended = True

    def release(self) -> None:
        """Put the job back untouched, because this worker is asked to stop: the attempt does not count."""
        self._put_back("", 0.0, attempt=self.attempt - 1)

    def cancelled(self) -> None:
        """The run stopped because it was asked to."""
        with self._guarded() as session:
            session.execute(
                update(Run).where(col(Run.id) == self.run_id).values(state="cancelled", error="", finished_at=utc_now())
            )
            self._close(session, "cancelled", "", "skipped", "skipped")
        self.ended = True

    def fail(self, sentence: str, *, retry_after_seconds: float | None = None) -> str:
        """The run cannot go on: say why. Returns "failed", "retry" when it was put back for another attempt,
        "cancelled" when a stop had been asked for meanwhile, or "lost" when the job is no longer ours."""
        try:
            if self._read_cancel():
                self.cancelled()
                return "cancelled"
            if retry_after_seconds is not None and self.attempt < self.max_attempts:
                self._put_back(sentence, retry_after_seconds)
                return "retry"
            with self._guarded() as session:
                session.execute(
                    update(Run)
                    .where(col(Run.id) == self.run_id)
                    .values(state="failed", error=sentence, finished_at=utc_now())
                )
                self._close(session, "failed", sentence, "failed", "skipped")
        except LeaseLost:
            return "lost"
        self.ended = True
        return "failed"

    def _put_back(self, sentence: str, delay_seconds: float, attempt: int | None = None) -> None:
        now = utc_now()
        with self._guarded() as session:
            session.execute(
                update(Job)
                .where(col(Job.id) == self.job_id)
                .values(
                    state="queued",
                    error=sentence,
                    attempt=self.attempt if attempt is None else attempt,
                    fence=self.fence + 1,
                    lease_until=None,
                    queued_at=now,
                    not_before=now + timedelta(seconds=delay_seconds) if delay_seconds else None,
                )
            )
            session.execute(update(Run).where(col(Run.id) == self.run_id).values(state="queued", error=sentence))
            self._settle_stages(session, "waiting", "waiting")
        self.ended = True
        queue.ring(self.job_id, self.kind, self.priority, delay_seconds or None)

    def _close(self, session: Session, state: str, error: str, running_becomes: str, waiting_becomes: str) -> None:
        session.execute(
            update(Job)
            .where(col(Job.id) == self.job_id)
            .values(state=state, error=error, lease_until=None, finished_at=utc_now())
        )
        self._settle_stages(session, running_becomes, waiting_becomes)

    def _settle_stages(self, session: Session, running_becomes: str, waiting_becomes: str) -> None:
        for old, new in (("running", running_becomes), ("waiting", waiting_becomes)):
            session.execute(
                update(RunStage)
                .where(col(RunStage.run_id) == self.run_id, col(RunStage.state) == old)
                .values(state=new, eta_seconds=None)
            )


def _discard(paths: Iterable[str]) -> None:
    """Delete files of the lake that no row names any more."""
    for path in paths:
        with read_scope() as session:
            named = session.exec(select(StoredFile.id).where(StoredFile.path == path)).first()
        if named is None:
            lake.absolute(path).unlink(missing_ok=True)


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _thumbnail(values: tuple[float, ...]) -> list[float] | None:
    if len(values) > THUMBNAIL_POINTS:
        raise ValueError(f"A thumbnail holds at most {THUMBNAIL_POINTS} numbers, not {len(values)}.")
    finite = [round(float(value), 3) for value in values if math.isfinite(value)]
    return finite or None
