"""What keeps the store tidy: the sweeper's rounds, orphaned files, ended sessions, old answers, deleting a run."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import and_, delete, or_
from sqlalchemy.engine import CursorResult
from sqlmodel import Session, col, select

from data import lake
from data.home import settings
from data.session import read_scope, session_scope
from data.tables import Job, Run, StoredFile, Upload, WebSession, utc_now
from jobs import ledger

logger = logging.getLogger(__name__)

ORPHAN_AGE_SECONDS = 24 * 3600.0  # a file is written before its row: leave the young ones alone
SESSION_IDLE_DAYS = 30
ANSWER_DAYS = 7
CHORES_EVERY_SECONDS = 3600.0
ARCHIVE_CACHE_BYTES = 20 * 10**9  # fetched light curves beyond this go, the longest unused first


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many of each were removed."""

    files: int
    sessions: int
    answers: int
    archive_bytes: int = 0


def tidy(orphan_age_seconds: float = ORPHAN_AGE_SECONDS) -> Tidied:
    """Remove what nobody can reach any more; safe at any time and from several processes."""
    return Tidied(
        files=remove_orphans(orphan_age_seconds),
        sessions=remove_ended_sessions(),
        answers=remove_old_answers(),
        archive_bytes=prune_archive_cache(),
    )


def prune_archive_cache(keep_bytes: int = ARCHIVE_CACHE_BYTES) -> int:
    """Keep the cache of fetched light curves under a size; they are fetched again when wanted. Returns bytes freed."""
    from data.archives.downloads import prune
    from data.archives.settings import ArchiveSettings

    return prune(ArchiveSettings.from_env(), keep_bytes)


def remove_orphans(age_seconds: float = ORPHAN_AGE_SECONDS) -> int:
    """Delete files that no row names and that are older than `age_seconds`: rests of crashes and of deleted runs."""
    config = settings()
    before = time.time() - age_seconds
    with read_scope() as session:
        stored = set(session.exec(select(StoredFile.path)))
        uploaded = set(session.exec(select(Upload.path)))
    removed = 0
    for path in lake.stored_paths():
        if path not in stored:
            removed += _remove_if_old(lake.absolute(path), before)
    for part in config.lake.glob("*/new-*.tmp"):
        removed += _remove_if_old(part, before)
    for file in config.uploads.rglob("*"):
        if file.is_file() and file.relative_to(config.uploads).as_posix() not in uploaded:
            removed += _remove_if_old(file, before)
    if removed:
        logger.info("Removed %d files that belonged to nothing.", removed)
    return removed


def _remove_if_old(file: Path, before: float) -> int:
    try:
        if file.stat().st_mtime >= before:
            return 0
        file.unlink()
    except FileNotFoundError:  # another worker was faster
        return 0
    return 1


def remove_ended_sessions() -> int:
    """Delete sessions that were revoked, have expired, or were not used for a month."""
    now = utc_now()
    ended = or_(
        col(WebSession.revoked).is_(True),
        and_(col(WebSession.expires_at).is_not(None), col(WebSession.expires_at) < now),
        col(WebSession.last_seen) < now - timedelta(days=SESSION_IDLE_DAYS),
    )
    with session_scope() as session:
        return _count(session.execute(delete(WebSession).where(ended)))


def remove_old_answers() -> int:
    """Delete look-ups and fits (jobs without a run of their own) that ended a week ago; what a fit found stays."""
    with session_scope() as session:
        return _count(
            session.execute(
                delete(Job).where(
                    col(Job.run_id).is_(None),
                    col(Job.state).not_in(ledger.OPEN_STATES),
                    col(Job.created_at) < utc_now() - timedelta(days=ANSWER_DAYS),
                )
            )
        )


def delete_run(session: Session, run_id: str, owner_id: str) -> bool:
    """Delete a run of `owner_id` with all its rows; its files go with the next tidying. False when there is none.

    Fits of its signals that wait or run are stopped. Raises ValueError while the run is waiting or running: cancel it
    first.
    """
    run = session.get(Run, run_id)
    if run is None or run.owner_id != owner_id:
        return False
    if run.state in ledger.OPEN_STATES:
        raise ValueError("A run that is not finished cannot be deleted: cancel it first.")
    ledger.cancel_fits(session, run_id)
    session.delete(run)
    session.flush()
    return True


class Rounds:
    """The worker's rounds: the sweeper every few seconds, the chores every hour. Nothing that fails stops them."""

    def __init__(self, *, chores: bool) -> None:
        self._sweep_every = min(settings().lease_seconds / 3, 10.0)
        self._chores = chores
        self._next_sweep = 0.0
        self._next_chores = time.monotonic() + 60.0  # not while everything starts

    def go(self) -> None:
        """Do what is due; cheap when nothing is."""
        now = time.monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + self._sweep_every
            _try(ledger.sweep)
        if self._chores and now >= self._next_chores:
            self._next_chores = now + CHORES_EVERY_SECONDS
            _try(tidy)


def _try(chore: Any) -> None:
    try:
        chore()
    except Exception:
        logger.exception("%s did not work; it will be tried again.", chore.__name__)


def _count(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
