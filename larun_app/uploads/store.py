"""Uploads on disk and in the database. Every function names the owner; another's upload does not exist."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import col, func, select

from data.home import settings
from data.session import read_scope, session_scope
from data.tables import Run, Upload, new_id
from larun_app.ui.numbers import bytes_words

MAX_BYTES = 200 << 20
#: What one person may keep here at a time.
MAX_FILES = 400
MAX_TOTAL_BYTES = 6 << 30
NAME_LENGTH = 120


class UploadRefused(Exception):
    """The upload is not taken; the message is one sentence for the person."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has arrived and is not registered yet."""

    id: str
    path: Path
    bytes: int
    sha256: str


def shown_name(name: str) -> str:
    """The giver's file name, for people only: last part, printable, not too long. Never used as a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable()).strip()[-NAME_LENGTH:] or "file"


def check_room(owner_id: str) -> None:
    """Refuse when this person's shelf is full."""
    with read_scope() as session:
        files, total = session.exec(
            select(func.count(), func.coalesce(func.sum(Upload.bytes), 0)).where(Upload.owner_id == owner_id)
        ).one()
    if files >= MAX_FILES or total >= MAX_TOTAL_BYTES:
        raise UploadRefused("There is no room for more files. Remove some of your uploads first.")


async def receive(chunks: AsyncIterator[bytes], max_bytes: int = MAX_BYTES) -> Received:
    """Write a body to disk piece by piece. Nothing is left behind when it is too long or breaks off.

    Raises UploadRefused for an empty or too long body.
    """
    upload_id = new_id()
    folder = settings().uploads
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = folder / f"{upload_id}.part"
    digest, size = hashlib.sha256(), 0
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > max_bytes:
                    raise UploadRefused(f"This file is larger than {bytes_words(max_bytes)}. Nothing was kept.")
                digest.update(chunk)
                file.write(chunk)
        if size == 0:
            raise UploadRefused("This file is empty.")
        final = folder / upload_id
        partial.replace(final)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return Received(upload_id, final, size, digest.hexdigest())


def register(owner_id: str, received: Received, name: str, inspection: dict[str, Any]) -> Upload:
    """Make a received file the owner's upload."""
    with session_scope() as session:
        row = Upload(
            id=received.id,
            owner_id=owner_id,
            name=shown_name(name),
            path=received.path.name,
            bytes=received.bytes,
            sha256=received.sha256,
            inspection=inspection,
        )
        session.add(row)
    return row


def discard(received: Received) -> None:
    """Throw away a file that turned out to be unreadable."""
    received.path.unlink(missing_ok=True)


def uploads_of(owner_id: str, ids: Sequence[str]) -> list[Upload]:
    """The owner's uploads with these ids, in the order asked for; unknown ones are left out."""
    if not ids:
        return []
    with read_scope() as session:
        rows = {
            row.id: row
            for row in session.exec(select(Upload).where(Upload.owner_id == owner_id, col(Upload.id).in_(list(ids))))
        }
    return [rows[i] for i in dict.fromkeys(ids) if i in rows]


def path_of(upload: Upload) -> Path:
    """Where an upload's bytes are."""
    return settings().uploads / upload.path


def set_inspection(owner_id: str, upload_id: str, inspection: dict[str, Any]) -> None:
    """Keep what a new reading found."""
    with session_scope() as session:
        row = session.get(Upload, upload_id)
        if row is not None and row.owner_id == owner_id:
            row.inspection = inspection
            session.add(row)


def remove(owner_id: str, upload_id: str) -> bool:
    """Delete an upload that no run of the owner uses. False: unknown, another's, or still needed."""
    with session_scope() as session:
        row = session.get(Upload, upload_id)
        if row is None or row.owner_id != owner_id:
            return False
        for request in session.exec(select(Run.request).where(Run.owner_id == owner_id)):
            if upload_id in request.get("data", {}).get("upload_ids", ()):
                return False
        path = path_of(row)
        session.delete(row)
    with suppress(FileNotFoundError):
        path.unlink()
    return True
