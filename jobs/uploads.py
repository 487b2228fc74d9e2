"""Uploaded files as inputs of a run. Apart from the pipeline, because the web process asks it and must stay light."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from data.home import settings
from data.tables import Upload
from jobs.fetching import NoData, SourceFile


def uploads_of(session: Session, owner_id: str, ids: Sequence[str]) -> tuple[SourceFile, ...]:
    """The uploaded files of this owner, in the order asked for. Raises NoData when one is missing or another's."""
    rows = {
        u.id: u for u in session.exec(select(Upload).where(Upload.owner_id == owner_id, col(Upload.id).in_(list(ids))))
    }
    if any(i not in rows for i in ids):
        raise NoData("An uploaded file is gone. Upload it again.")
    folder = settings().uploads
    return tuple(SourceFile(folder / rows[i].path, rows[i].name, "uploaded") for i in ids)
