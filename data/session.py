"""Database connections and migration: SQLite in the home folder by default, PostgreSQL by URL.

SQLite runs in WAL mode with foreign keys on. A writing session takes the write lock when it begins (BEGIN IMMEDIATE),
so that it waits its turn instead of failing half-way when another process wrote since its first read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlmodel import Session, create_engine, select

from data.home import Settings, SettingsError, settings
from data.tables import User

if TYPE_CHECKING:  # only who migrates pays for importing it
    from alembic.config import Config

BUSY_TIMEOUT_MS = 15_000
LOCAL_USER_ID = "local"

_BEGIN_OPTION = "larun_begin"
_engines: dict[tuple[int, str], Engine] = {}
_engines_lock = Lock()


def database_url(config: Settings | None = None) -> str:
    """SQLAlchemy URL of the database. Raises SettingsError for a kind of database that is not supported."""
    config = config or settings()
    if not config.database_url:
        return f"sqlite:///{config.database_file}"
    given = config.database_url
    for prefix in ("postgres://", "postgresql://", "postgresql+psycopg://", "postgresql+psycopg2://"):
        if given.startswith(prefix):
            return "postgresql+psycopg://" + given.removeprefix(prefix)
    if given.startswith("sqlite:///"):
        return given
    raise SettingsError("LARUN_DATABASE_URL must begin with sqlite:/// or postgresql://.")


def engine(url: str | None = None) -> Engine:
    """The engine of this process for `url` (default: from the settings). A forked child gets its own connections."""
    url = url or database_url()
    key = (os.getpid(), url)
    with _engines_lock:
        if key not in _engines:
            _engines[key] = _make_engine(url)
        return _engines[key]


def dispose_engines() -> None:
    """Close all pooled connections of this process."""
    with _engines_lock:
        for made in _engines.values():
            made.dispose(close=True)
        _engines.clear()


def _make_engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=10)
    file = make_url(url).database
    if file and file != ":memory:":
        Path(file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(made, "connect", _prepare_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    return made


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get(_BEGIN_OPTION, 'DEFERRED')}")


@contextmanager
def session_scope(url: str | None = None) -> Iterator[Session]:
    """A session for reading and writing: commits at the end, rolls back when an exception passes through.

    Objects stay readable after the scope. Blocking: in async code run it in a thread.
    """
    with Session(engine(url).execution_options(**{_BEGIN_OPTION: "IMMEDIATE"}), expire_on_commit=False) as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


@contextmanager
def read_scope(url: str | None = None) -> Iterator[Session]:
    """A session for reading only; never waits for writers. Nothing done in it is kept."""
    with Session(engine(url), expire_on_commit=False) as session:
        try:
            yield session
        finally:
            session.expunge_all()
            session.rollback()


def local_user(session: Session) -> User:
    """The one person of a loopback installation, made at first use."""
    user = session.get(User, LOCAL_USER_ID)
    if user is None:
        user = User(id=LOCAL_USER_ID, name="You", kind="local")
        session.add(user)
        session.flush()
    return user


def alembic_config(url: str | None = None) -> Config:
    """Alembic's configuration for `url`, usable from any working directory."""
    from alembic.config import Config

    here = Path(__file__).parent
    config = Config(str(here / "alembic.ini"))
    config.set_main_option("script_location", str(here / "migrations"))
    config.attributes["url"] = url or database_url()
    return config


def migrate(url: str | None = None, revision: str = "head") -> None:
    """Bring the database to `revision`, making it when it does not exist; then make the local user."""
    from alembic import command

    command.upgrade(alembic_config(url), revision)
    if revision == "head":
        with session_scope(url) as session:
            if session.exec(select(User).limit(1)).first() is None:
                local_user(session)
