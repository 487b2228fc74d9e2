"""Connections: the right database, all or nothing, several writers, forked children."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from sqlmodel import select, text

from data.home import Settings, SettingsError, settings
from data.session import database_url, engine, local_user, migrate, read_scope, session_scope
from data.tables import User


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("postgres://me:pw@db:5432/larun", "postgresql+psycopg://me:pw@db:5432/larun"),
        ("postgresql://db/larun?sslmode=require", "postgresql+psycopg://db/larun?sslmode=require"),
        ("postgresql+psycopg2://db/larun", "postgresql+psycopg://db/larun"),
        ("postgresql+psycopg://db/larun", "postgresql+psycopg://db/larun"),
        ("sqlite:////data/x.db", "sqlite:////data/x.db"),
    ],
)
def test_urls_get_the_driver_we_ship(given: str, url: str) -> None:
    assert database_url(Settings(database_url=given)) == url


def test_other_databases_are_refused_in_words() -> None:
    with pytest.raises(SettingsError, match="sqlite:/// or postgresql://"):
        database_url(Settings(database_url="mysql://db/larun"))


def test_sqlite_lives_in_the_home_folder(larun_home: Path) -> None:
    assert database_url() == f"sqlite:///{larun_home}/larun.db"


@pytest.mark.parametrize(
    ("variable", "value"), [("LARUN_PORT", "eighty"), ("LARUN_PORT", "70000"), ("LARUN_WORKERS", "0")]
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"{variable}='{value}' cannot be used"):
        settings()


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="set LARUN_HOME to another folder"):
        Settings(home=tmp_path / "file" / "home").make_folders()


def test_the_home_is_private(larun_home: Path) -> None:
    fresh = Settings(home=larun_home / "fresh")
    fresh.make_folders()
    for folder in (fresh.home, fresh.lake, fresh.uploads, fresh.cache, fresh.logs):
        assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("database")
def test_sqlite_is_set_up_for_several_processes() -> None:
    with read_scope() as session:
        pragmas = {
            name: session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 15000, "synchronous": 1}


@pytest.mark.usefixtures("database")
def test_a_scope_is_all_or_nothing() -> None:
    def half() -> None:
        with session_scope() as session:
            session.add(User(id="a", name="A"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    with read_scope() as session:
        assert session.get(User, "a") is None


@pytest.mark.usefixtures("database")
def test_objects_stay_readable_after_the_scope() -> None:
    with session_scope() as session:
        user = local_user(session)
    assert user.name == "You"
    with read_scope() as session:
        again = session.get(User, "local")
    assert again is not None
    assert again.name == "You"


@pytest.mark.usefixtures("database")
def test_nothing_done_while_reading_is_kept() -> None:
    with read_scope() as session:
        session.add(User(id="a", name="A"))
        session.flush()
    with read_scope() as session:
        assert session.get(User, "a") is None


@pytest.mark.usefixtures("database")
def test_writers_that_read_first_wait_for_each_other_instead_of_failing() -> None:
    """With SQLite's ordinary BEGIN, two that read and then write collide, and one fails at once."""
    barrier = threading.Barrier(4)
    errors: list[BaseException] = []

    def count_up() -> None:
        barrier.wait()
        try:
            for _ in range(20):
                with session_scope() as session:
                    user = session.exec(select(User).where(User.id == "local")).one()
                    user.name = str(int(user.name) + 1) if user.name.isdigit() else "1"
                    session.add(user)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with read_scope() as session:
        assert session.exec(select(User.name)).one() == "80"


@pytest.mark.usefixtures("database")
def test_readers_do_not_wait_for_a_writer() -> None:
    with session_scope() as writer:
        writer.add(User(id="a", name="A"))
        writer.flush()
        with read_scope() as reader:
            assert reader.get(User, "a") is None


@pytest.mark.usefixtures("database")
def test_a_forked_child_has_connections_of_its_own() -> None:
    parent = engine()
    with read_scope() as session:
        session.exec(text("SELECT 1"))
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        code = 1
        try:
            fresh = engine() is not parent
            with session_scope() as session:
                session.add(User(id="child", name="C"))
            os.write(write, b"1" if fresh else b"0")
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(read, 1) == b"1"
    os.close(read)
    with read_scope() as session:
        assert session.get(User, "child") is not None


def test_migrating_makes_the_local_user_once(larun_home: Path) -> None:
    migrate()
    migrate()
    with read_scope() as session:
        assert [(user.id, user.kind) for user in session.exec(select(User))] == [("local", "local")]
