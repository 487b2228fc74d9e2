"""Migrations give exactly the tables of the code, and can be taken back: on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlmodel import SQLModel, select

from data.session import (
    alembic_config,
    database_url,
    dispose_engines,
    engine,
    local_user,
    migrate,
    read_scope,
    session_scope,
)
from data.tables import Job, Run, StoredFile, User


def _programs() -> Path:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    name = shutil.which("initdb") or (found[-1] if found else None)
    if name is None:
        pytest.skip("PostgreSQL is not installed.")
    return Path(name).parent


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a PostgreSQL server that lives as long as these tests; it refuses to run as root."""
    programs = _programs()
    folder = tmp_path_factory.mktemp("postgresql")
    as_user: dict[str, object] = {}
    if os.geteuid() == 0:
        name = next((user for user in ("postgres", "nobody") if _exists(user)), None)
        if name is None:
            pytest.skip("PostgreSQL does not run as root, and there is no other user.")
        account = pwd.getpwnam(name)
        for parent in (folder, *folder.parents):
            if parent.owner() == "root" and parent != Path("/tmp") and parent.is_relative_to("/tmp"):
                parent.chmod(0o755)
        os.chown(folder, account.pw_uid, account.pw_gid)
        as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": str(folder)}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*arguments: str) -> None:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}
        done = subprocess.run(
            arguments,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            **as_user,  # type: ignore[call-overload]
        )
        if done.returncode != 0:
            pytest.skip(f"PostgreSQL does not start here: {(done.stderr or done.stdout).strip()[-300:]}")

    cluster = str(folder / "cluster")
    run(str(programs / "initdb"), "-D", cluster, "-U", "larun", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off"
    run(str(programs / "pg_ctl"), "-D", cluster, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://larun@127.0.0.1:{port}/postgres"
    finally:
        dispose_engines()
        run(str(programs / "pg_ctl"), "-D", cluster, "-w", "-m", "immediate", "stop")


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, larun_home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of an empty database, which is also that of the settings."""
    if request.param == "postgresql":
        monkeypatch.setenv("LARUN_DATABASE_URL", request.getfixturevalue("postgresql"))
        command.downgrade(alembic_config(), "base")
    return database_url()


def table_names() -> set[str]:
    return set(inspect(engine()).get_table_names()) - {"alembic_version"}


def test_the_newest_revision_is_what_the_code_says(empty_database: str) -> None:
    migrate()
    with engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, SQLModel.metadata)
    assert differences == []


def test_revisions_can_be_taken_back_and_made_again(empty_database: str) -> None:
    migrate()
    assert table_names() == set(SQLModel.metadata.tables)
    command.downgrade(alembic_config(), "base")
    assert table_names() == set()
    migrate()
    assert table_names() == set(SQLModel.metadata.tables)


def test_there_is_one_line_of_revisions() -> None:
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_a_run_goes_through_the_ledger(empty_database: str) -> None:
    """The same SQL on both engines: claims, guarded writes, times, JSON, deleting with all that belongs to it."""
    from data import lake
    from jobs import ledger
    from jobs.handle import RunSummary
    from jobs.housekeeping import delete_run, tidy

    migrate()
    with session_scope() as session:
        run = ledger.create_run(session, local_user(session).id, {"nested": {"a": [1, None]}}, target="π Mensae")
        job = ledger.enqueue(session, run)
    handle = ledger.claim(job.id, "w1")
    assert handle is not None
    assert ledger.claim(job.id, "w2") is None
    with handle:
        handle.progress("fetch", 0.5, "half")
        handle.stage_done("fetch")
        handle.store("report", lake.write_document("report", {"x": 1}), "conclude")
        handle.finish(RunSummary("A dip repeats.", "signal", "pass", period_days=6.27, thumbnail=(0.0, 1.0)))
    assert ledger.sweep() == ledger.SweepResult()
    with read_scope() as session:
        read = session.exec(select(Run)).one()
        assert (read.state, read.request, read.target) == ("done", {"nested": {"a": [1, None]}}, "π Mensae")
        assert read.finished_at is not None
        assert read.started_at is not None
        assert read.finished_at >= read.started_at >= read.created_at
    with session_scope() as session:
        assert delete_run(session, run.id, "someone") is False
        assert delete_run(session, run.id, "local") is True
    assert tidy(orphan_age_seconds=-1).files == 1
    with read_scope() as session:
        assert session.exec(select(StoredFile)).all() == []
        assert session.exec(select(Job)).all() == []
        assert session.exec(select(User.id)).one() == "local"


def test_of_many_workers_one_gets_each_job(empty_database: str) -> None:
    """PostgreSQL really runs these side by side; SQLite takes them in turn."""
    from jobs import ledger

    migrate()
    with session_scope() as session:
        owner = local_user(session).id
        runs = [ledger.create_run(session, owner, {}, target=f"TIC {number}") for number in range(6)]
        jobs = [ledger.enqueue(session, run).id for run in runs]
    taken: list[str] = []
    errors: list[BaseException] = []
    barrier = threading.Barrier(4)

    def compete(name: str) -> None:
        barrier.wait()
        try:
            for job_id in jobs:
                if ledger.claim(job_id, name) is not None:
                    taken.append(job_id)
                ledger.sweep()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=compete, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(taken) == sorted(jobs)
    with read_scope() as session:
        assert {job.attempt for job in session.exec(select(Job))} == {1}
