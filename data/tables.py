"""SQL tables: who, what was asked, how far it is, and where its files are.

Every row a person makes carries `owner_id`; whoever reads one by id checks the owner. Arrays are not here but in
Parquet files (`data.lake`), to which `StoredFile` points. Times are UTC and timezone-aware in Python.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, DateTime, Index, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

#: Stages of an analysis in their order.
STAGES: Final = ("fetch", "clean", "search", "test", "measure", "conclude")

RUN_STATES: Final = ("queued", "running", "done", "failed", "cancelled")
STAGE_STATES: Final = ("waiting", "running", "done", "skipped", "failed")

# named constraints, so that later revisions can change them on every engine
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_ID_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # no look-alikes: people read these aloud


def new_id() -> str:
    """Unguessable id for addresses: 12 characters, 59 bits."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(12))


def utc_now() -> datetime:
    """The present, timezone-aware."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """Timezone-aware UTC on every engine: SQLite keeps no zone, so it is put back when reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse times without a zone, store the rest as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC again."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class User(SQLModel, table=True):
    """A person. `kind` is "local" for the one person of a loopback installation, "account" for one who signs in."""

    __tablename__ = "user_account"  # "user" is a reserved word in PostgreSQL

    id: str = Field(default_factory=new_id, primary_key=True, max_length=16)
    name: str = Field(max_length=120)
    kind: str = Field(default="local", max_length=16, index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcDateTime)


class WebSession(SQLModel, table=True):
    """A browser that may act for a user. `token_hash` is the SHA-256 of the opaque id in its cookie."""

    __tablename__ = "web_session"

    token_hash: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True, max_length=16)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcDateTime)
    last_seen: datetime = Field(default_factory=utc_now, sa_type=UtcDateTime, index=True)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked: bool = False


class Run(SQLModel, table=True):
    """One analysis of one star: the request, its state, and the few facts that lists show."""

    __tablename__ = "run"
    __table_args__ = (
        Index("ix_run_owner_created", "owner_id", "created_at"),
        Index("ix_run_state_created", "state", "created_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=16)
    owner_id: str = Field(foreign_key="user_account.id", max_length=16)
    title: str = Field(default="", max_length=200)
    target: str = Field(default="", max_length=200, index=True)
    state: str = Field(default="queued", max_length=16)
    request: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    parent_run_id: str | None = Field(default=None, max_length=16, index=True)
    visibility: str = Field(default="private", max_length=16)
    simulated: bool = False
    error: str = ""
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    headline: str = ""
    verdict_kind: str = Field(default="", max_length=24)
    tone: str = Field(default="", max_length=16)
    period_days: float | None = None
    depth_ppm: float | None = None
    snr: float | None = None
    thumbnail: list[float] | None = Field(default=None, sa_type=JSON)  # folded curve, at most 80 numbers


class RunStage(SQLModel, table=True):
    """How far one stage of a run is. `fence` is that of the attempt that wrote it last."""

    __tablename__ = "run_stage"
    __table_args__ = (UniqueConstraint("run_id", "position", name="uq_run_stage_position"),)

    run_id: str = Field(foreign_key="run.id", ondelete="CASCADE", primary_key=True, max_length=16)
    name: str = Field(primary_key=True, max_length=16)
    position: int
    state: str = Field(default="waiting", max_length=16)
    fact: str = ""  # one line for people: "17,204 points in 2 sectors"
    fraction: float = 0.0
    seconds: float | None = None
    eta_seconds: float | None = None
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fence: int = 0


class Job(SQLModel, table=True):
    """A piece of work for a worker; this row, not the queue, is the truth (see `jobs.ledger`)."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_state_lease", "state", "lease_until"),
        Index("ix_job_state_queued", "state", "queued_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=16)
    kind: str = Field(default="analysis", max_length=32)
    run_id: str | None = Field(default=None, foreign_key="run.id", ondelete="CASCADE", index=True, max_length=16)
    owner_id: str = Field(foreign_key="user_account.id", index=True, max_length=16)
    idempotency_key: str = Field(unique=True, max_length=80)
    state: str = Field(default="queued", max_length=16)
    priority: int = 0  # higher first
    attempt: int = 0
    max_attempts: int = 3
    fence: int = 0  # grows with every claim and every taking away; writes of an older fence are refused
    worker: str = Field(default="", max_length=120)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cancel_requested: bool = False
    error: str = ""
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # what to do, for jobs without a run
    result: dict[str, Any] | None = Field(default=None, sa_type=JSON)  # the answer of a job without a run
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcDateTime)
    queued_at: datetime = Field(default_factory=utc_now, sa_type=UtcDateTime)  # last time it was announced
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StoredFile(SQLModel, table=True):
    """An immutable file of the lake that belongs to a run. One row a run and kind: a repeated attempt replaces it."""

    __tablename__ = "stored_file"
    __table_args__ = (UniqueConstraint("run_id", "kind", name="uq_stored_file_run_kind"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=16)
    run_id: str = Field(foreign_key="run.id", ondelete="CASCADE", max_length=16)
    owner_id: str = Field(foreign_key="user_account.id", index=True, max_length=16)
    kind: str = Field(max_length=60)  # "lightcurve", "periodogram-1", "report"
    stage: str = Field(default="", max_length=16)
    path: str = Field(index=True, max_length=200)  # relative to the lake
    sha256: str = Field(index=True, max_length=64)
    bytes: int = Field(sa_type=BigInteger)
    rows: int = 0
    meta: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    fence: int = 0
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcDateTime)


class Upload(SQLModel, table=True):
    """A file someone gave us, before or after it went into a run. `inspection` is what the reader found in it."""

    __tablename__ = "upload"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=16)
    owner_id: str = Field(foreign_key="user_account.id", index=True, max_length=16)
    name: str = Field(max_length=255)  # the giver's name, for people only: never used as a path
    path: str = Field(max_length=200)  # relative to the uploads folder
    bytes: int = Field(sa_type=BigInteger)
    sha256: str = Field(max_length=64, index=True)
    inspection: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcDateTime, index=True)


class WizardDraft(SQLModel, table=True):
    """The half-filled wizard of a person, so that a closed browser loses nothing."""

    __tablename__ = "wizard_draft"

    owner_id: str = Field(foreign_key="user_account.id", ondelete="CASCADE", primary_key=True, max_length=16)
    document: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    updated_at: datetime = Field(default_factory=utc_now, sa_type=UtcDateTime)
