"""A worker that dies in the middle of a fit: the next goes on from the stored chain. Real processes, real SIGKILL."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from sqlmodel import select

from data import lake
from data.requests import FitChoice
from data.session import local_user, read_scope, session_scope
from data.stored_report import read_report
from data.tables import Job, StoredFile
from jobs import fit_start
from tests.app.made_light import INNER, made_light
from tests.app.stored_runs import CONVINCING, made_report, signal_report, store
from tests.jobs.worker_processes import notes, wait_until, worker_process

RUN = "oneplanet222"


@pytest.fixture
def job_id(database: Path) -> str:
    light = made_light()
    report = made_report(light, RUN, signals=(signal_report(light, INNER, 1),), verdict=CONVINCING)
    with session_scope() as session:
        local_user(session)
        store(session, light, run_id=RUN, report=report)
    with session_scope() as session:
        return fit_start.start_fit(session, "local", RUN, 1, FitChoice()).id


def test_a_killed_worker_loses_no_more_than_the_last_block(database: Path, job_id: str) -> None:
    home = database
    (home / "hold").touch()

    def job() -> Job:
        with read_scope() as session:
            return session.exec(select(Job).where(Job.id == job_id)).one()

    with worker_process(home, script="slow_fit_worker.py") as first:
        wait_until(lambda: "block 3" in notes(home), home)
        working = int(job().worker.split("/")[2])
        assert working != first.pid
        os.kill(working, signal.SIGKILL)
        # the consumer puts another process in its place, which takes the fit up where it was stored
        wait_until(lambda: notes(home).count("block 3") == 2, home)
        (home / "hold").unlink()
        wait_until(lambda: job().state == "done", home)
    assert notes(home) == ["block 0", "block 1", "block 2", "block 3", "block 3", "block 4"]
    assert job().attempt == 2
    with read_scope() as session:
        report = read_report(session, RUN)
        files = session.exec(select(StoredFile)).all()
    assert report is not None
    assert report.signals[0].fit is not None
    assert report.signals[0].fit.converged
    assert not [f.kind for f in files if "checkpoint" in f.kind]
    assert not [p for p in lake.stored_paths() if "checkpoint" in p], "a part of the chain was left in the lake"
