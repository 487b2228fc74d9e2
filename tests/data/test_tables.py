"""The tables: owners, ids, UTC times, what belongs together goes together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import SQLModel, select

from data import tables
from data.session import local_user, read_scope, session_scope
from data.tables import Job, Run, RunStage, StoredFile, Upload, User, WebSession, WizardDraft, new_id, utc_now

#: Rows people make; the others belong to one of these (a stage to its run) or are the person.
OWNED = (Run, Job, StoredFile, Upload, WizardDraft)


@pytest.mark.parametrize("model", OWNED)
def test_every_row_a_person_makes_has_an_owner(model: type[SQLModel]) -> None:
    column = model.__table__.columns["owner_id"]  # type: ignore[attr-defined]
    assert not column.nullable
    assert [key.target_fullname for key in column.foreign_keys] == ["user_account.id"]


def test_no_table_is_forgotten_here() -> None:
    known = {model.__tablename__ for model in (*OWNED, User, WebSession, RunStage)}
    assert set(SQLModel.metadata.tables) == known, "a new table needs an owner column, and a place in this test"


def test_ids_are_short_readable_and_never_repeat() -> None:
    ids = {new_id() for _ in range(5000)}
    assert len(ids) == 5000
    assert all(len(i) == 12 and i.isalnum() and i.islower() | i.isdigit() for i in ids)
    assert not set("".join(ids)) & set("01ilo"), "people read these aloud"


@pytest.mark.usefixtures("database")
def test_times_come_back_in_utc_whatever_zone_they_were_in() -> None:
    elsewhere = datetime(2026, 2, 3, 23, 30, 15, 123456, tzinfo=timezone(timedelta(hours=-7)))
    with session_scope() as session:
        session.add(User(id="u", name="U", created_at=elsewhere))
    with read_scope() as session:
        read = session.exec(select(User.created_at).where(User.id == "u")).one()
    assert read == elsewhere
    assert read.tzinfo is UTC
    assert read == datetime(2026, 2, 4, 6, 30, 15, 123456, tzinfo=UTC)


@pytest.mark.usefixtures("database")
def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(StatementError, match="without a zone"), session_scope() as session:
        session.add(User(id="u", name="U", created_at=datetime(2026, 2, 3)))


@pytest.mark.usefixtures("database")
def test_times_can_be_compared_in_the_database() -> None:
    now = utc_now()
    with session_scope() as session:
        session.add(User(id="old", name="O", created_at=now - timedelta(days=2)))
        session.add(User(id="new", name="N", created_at=now))
    with read_scope() as session:
        recent = session.exec(select(User.id).where(User.created_at > now - timedelta(days=1), User.id != "local"))
        assert recent.all() == ["new"]


@pytest.mark.usefixtures("database")
def test_rows_need_an_owner_that_exists() -> None:
    with pytest.raises(IntegrityError), session_scope() as session:
        session.add(Run(owner_id="nobody", target="TIC 1"))


@pytest.mark.usefixtures("database")
def test_a_run_takes_its_stages_files_and_jobs_with_it() -> None:
    with session_scope() as session:
        owner = local_user(session).id
        run = Run(owner_id=owner, target="TIC 1")
        session.add(run)
        session.flush()
        session.add(RunStage(run_id=run.id, name="fetch", position=0))
        session.add(Job(run_id=run.id, owner_id=owner, idempotency_key="k"))
        session.add(StoredFile(run_id=run.id, owner_id=owner, kind="report", path="p", sha256="s", bytes=1))
    with session_scope() as session:
        session.delete(session.exec(select(Run)).one())
    with read_scope() as session:
        for model in (RunStage, Job, StoredFile):
            assert session.exec(select(model)).all() == []


@pytest.mark.usefixtures("database")
def test_one_file_a_run_and_kind_and_one_job_a_key() -> None:
    with session_scope() as session:
        owner = local_user(session).id
        session.add(Run(id="r", owner_id=owner, target="TIC 1"))
        session.flush()
        session.add(StoredFile(run_id="r", owner_id=owner, kind="report", path="p", sha256="s", bytes=3_000_000_000))
        session.add(Job(run_id="r", owner_id=owner, idempotency_key="k"))
    for twin in (
        StoredFile(run_id="r", owner_id="local", kind="report", path="q", sha256="t", bytes=1),
        Job(run_id="r", owner_id="local", idempotency_key="k"),
    ):
        with pytest.raises(IntegrityError), session_scope() as session:
            session.add(twin)
    with read_scope() as session:
        assert session.exec(select(StoredFile.bytes)).one() == 3_000_000_000


def test_stages_are_in_the_order_of_the_pipeline() -> None:
    assert tables.STAGES == ("fetch", "clean", "search", "test", "measure", "conclude")
