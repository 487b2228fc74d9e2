"""Tidying removes what nobody can reach, and nothing else."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import select

from data import lake
from data.home import settings
from data.session import local_user, read_scope, session_scope
from data.tables import Job, Run, StoredFile, Upload, WebSession, utc_now
from jobs import housekeeping, ledger

pytestmark = pytest.mark.usefixtures("database")


def make_old(path: Path) -> Path:
    long_ago = time.time() - 2 * housekeeping.ORPHAN_AGE_SECONDS
    os.utime(path, (long_ago, long_ago))
    return path


def test_only_old_files_without_a_row_are_removed() -> None:
    kept, young, orphan = (lake.write_columns("lightcurve", {"t": np.full(3, float(i))}) for i in range(3))
    for info in (kept, orphan):
        make_old(lake.absolute(info.path))
    half = make_old(_touch(settings().lake / "lightcurve" / "new-abc.parquet.tmp"))
    upload_kept = make_old(_touch(settings().uploads / "ab" / "kept.fits"))
    upload_orphan = make_old(_touch(settings().uploads / "ab" / "orphan.fits"))
    with session_scope() as session:
        owner = local_user(session).id
        session.add(Run(id="r", owner_id=owner))
        session.flush()
        session.add(StoredFile(run_id="r", owner_id=owner, kind="k", path=kept.path, sha256=kept.sha256, bytes=1))
        session.add(Upload(owner_id=owner, name="x.fits", path="ab/kept.fits", bytes=0, sha256="s"))
    assert housekeeping.remove_orphans() == 3
    assert sorted(lake.stored_paths()) == sorted([kept.path, young.path])
    assert not half.exists()
    assert upload_kept.exists()
    assert not upload_orphan.exists()
    assert housekeeping.remove_orphans() == 0


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_file_that_two_runs_share_stays_until_both_are_gone() -> None:
    info = lake.write_document("report", {"a": 1})
    make_old(lake.absolute(info.path))
    with session_scope() as session:
        owner = local_user(session).id
        for name in ("r1", "r2"):
            session.add(Run(id=name, owner_id=owner, state="done"))
            session.flush()
            session.add(StoredFile(run_id=name, owner_id=owner, kind="report", path=info.path, sha256="s", bytes=1))
    for name, left in (("r1", True), ("r2", False)):
        with session_scope() as session:
            assert housekeeping.delete_run(session, name, "local")
        housekeeping.remove_orphans()
        assert lake.absolute(info.path).exists() is left


def test_a_run_that_is_not_finished_cannot_be_deleted() -> None:
    with session_scope() as session:
        run = ledger.create_run(session, local_user(session).id, {}, target="TIC 1")
        with pytest.raises(ValueError, match="cancel it first"):
            housekeeping.delete_run(session, run.id, "local")
        assert housekeeping.delete_run(session, run.id, "stranger") is False


def test_ended_sessions_go_and_live_ones_stay() -> None:
    now = utc_now()
    rows = {
        "live": {},
        "revoked": {"revoked": True},
        "expired": {"expires_at": now - timedelta(minutes=1)},
        "not-yet": {"expires_at": now + timedelta(minutes=1)},
        "idle": {"last_seen": now - timedelta(days=31)},
    }
    with session_scope() as session:
        owner = local_user(session).id
        session.add_all(WebSession(token_hash=name, user_id=owner, **values) for name, values in rows.items())
    assert housekeeping.remove_ended_sessions() == 3
    with read_scope() as session:
        assert set(session.exec(select(WebSession.token_hash))) == {"live", "not-yet"}


def test_old_answers_go_but_open_questions_and_runs_stay() -> None:
    old = utc_now() - timedelta(days=8)
    with session_scope() as session:
        owner = local_user(session).id
        session.add(Run(id="r", owner_id=owner))
        session.flush()
        session.add(Job(id="old", owner_id=owner, idempotency_key="1", state="done", created_at=old))
        session.add(Job(id="new", owner_id=owner, idempotency_key="2", state="done"))
        session.add(Job(id="open", owner_id=owner, idempotency_key="3", state="queued", created_at=old))
        session.add(Job(id="run", run_id="r", owner_id=owner, idempotency_key="4", state="done", created_at=old))
    assert housekeeping.remove_old_answers() == 1
    with read_scope() as session:
        assert set(session.exec(select(Job.id))) == {"new", "open", "run"}


def test_rounds_go_on_when_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def broken() -> None:
        calls.append("sweep")
        raise RuntimeError("no database today")

    monkeypatch.setattr(ledger, "sweep", broken)
    rounds = housekeeping.Rounds(chores=True)
    rounds.go()
    rounds.go()
    assert calls == ["sweep"], "not more often than needed"
    rounds._next_sweep = 0.0
    rounds.go()
    assert calls == ["sweep", "sweep"]
