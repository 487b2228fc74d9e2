"""A worker that dies in the middle of a run costs nothing: real consumer processes, real SIGKILL."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from sqlmodel import select

from data import lake
from data.session import local_user, read_scope, session_scope
from data.tables import Job, Run, RunStage, StoredFile
from jobs import ledger
from tests.jobs.worker_processes import notes, wait_until, worker_process


def start_run() -> tuple[str, str]:
    with session_scope() as session:
        run = ledger.create_run(session, local_user(session).id, {}, target="TIC 1")
        return run.id, ledger.enqueue(session, run).id


def job_of(job_id: str) -> Job:
    with read_scope() as session:
        return session.exec(select(Job).where(Job.id == job_id)).one()


def children_of(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def assert_finished_once(home: Path, run_id: str, job_id: str, attempt: int) -> None:
    with read_scope() as session:
        run = session.exec(select(Run).where(Run.id == run_id)).one()
        stages = {row.name: row for row in session.exec(select(RunStage).where(RunStage.run_id == run_id))}
        files = session.exec(select(StoredFile).where(StoredFile.run_id == run_id)).all()
    job = job_of(job_id)
    assert (run.state, run.headline, run.period_days) == ("done", "A dip repeats.", 3.5)
    assert (job.state, job.attempt) == ("done", attempt)
    assert run.finished_at is not None
    assert [stages[name].state for name in ("fetch", "search", "conclude")] == ["done", "done", "skipped"]
    assert sorted(file.kind for file in files) == ["lightcurve", "report"]
    assert sorted(lake.stored_paths()) == sorted(file.path for file in files), "a file without a row, or twice"
    assert not list((home / "lake").glob("*/new-*")), "a half-written file was left"
    # the work notes its end after the job is stored as done
    wait_until(lambda: f"finished {attempt}" in notes(home), home)
    said = notes(home)
    assert [note for note in said if note.startswith("finished")] == [f"finished {attempt}"]
    assert [note for note in said if note.startswith("fetched")] == ["fetched 1"], "a stored stage was done again"


@pytest.mark.parametrize(("victim", "bell"), [("consumer", "sqlite"), ("child", "sqlite"), ("consumer", "redis")])
def test_a_killed_worker_finishes_exactly_once(
    database: Path, victim: str, bell: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = database
    if bell == "redis":
        monkeypatch.setenv("LARUN_QUEUE_URL", request.getfixturevalue("redis_url"))
    (home / "hold").touch()
    run_id, job_id = start_run()
    with worker_process(home) as first:
        wait_until(lambda: "searching 1" in notes(home), home)
        working = int(job_of(job_id).worker.split("/")[2])
        assert working in children_of(first.pid)
        if victim == "child":
            # the consumer puts another process in its place, which takes the job up
            os.kill(working, signal.SIGKILL)
            wait_until(lambda: "searching 2" in notes(home), home)
            (home / "hold").unlink()
            wait_until(lambda: job_of(job_id).state == "done", home)
        else:
            helpers = children_of(first.pid)
            os.kill(first.pid, signal.SIGKILL)
            first.wait(10)
            wait_until(lambda: not any(alive(pid) for pid in helpers), home)
    if victim == "consumer":
        assert job_of(job_id).state == "running", "the dead worker cannot have recorded anything"
        (home / "hold").unlink()
        with worker_process(home):
            wait_until(lambda: job_of(job_id).state == "done", home)
    assert_finished_once(home, run_id, job_id, attempt=2)


def test_ctrl_c_puts_the_run_back_without_using_up_an_attempt(database: Path) -> None:
    home = database
    (home / "hold").touch()
    run_id, job_id = start_run()
    with worker_process(home) as process:
        wait_until(lambda: "searching 1" in notes(home), home)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(15)
        assert time.monotonic() - began < 10
    assert (job_of(job_id).state, job_of(job_id).attempt) == ("queued", 0)
    (home / "hold").unlink()
    with worker_process(home):
        wait_until(lambda: job_of(job_id).state == "done", home)
    assert_finished_once(home, run_id, job_id, attempt=1)


def test_a_running_job_can_be_cancelled_from_another_process(database: Path) -> None:
    home = database
    (home / "hold").touch()
    run_id, job_id = start_run()
    with worker_process(home):
        wait_until(lambda: "searching 1" in notes(home), home)
        assert ledger.request_cancel(run_id, "someone-else") is False
        assert ledger.request_cancel(run_id, "local") is True
        wait_until(lambda: job_of(job_id).state == "cancelled", home, 10)
        # the worker lives and does the next run
        (home / "hold").unlink()
        _, next_job = start_run()
        wait_until(lambda: job_of(next_job).state == "done", home)
    with read_scope() as session:
        assert session.exec(select(Run.state).where(Run.id == run_id)).one() == "cancelled"
