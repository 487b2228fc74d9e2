"""The list of results: what is asked of it and what it shows. Plain Python over the tables."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, func, or_, select

from data.tables import Run
from larun_app.dashboard.lists import RecentRow, recent_row

PAGE = 30
Kind = Literal["all", "signal", "binary", "nothing", "unfinished"]
#: (kind, words) in the order of the filter.
KINDS: tuple[tuple[Kind, str], ...] = (
    ("all", "All"),
    ("signal", "A dip repeats"),
    ("binary", "Two stars"),
    ("nothing", "Nothing convincing"),
    ("unfinished", "Not finished"),
)
_VERDICTS = {
    "signal": ("signal",),
    "binary": ("binary", "neighbour"),
    "nothing": ("nothing", "star", "glitch", "not_judged"),
}


@dataclasses.dataclass
class ResultList:
    """One page of results."""

    rows: list[RecentRow] = dataclasses.field(default_factory=list)
    found: int = 0
    total: int = 0


def result_list(session: Session, owner_id: str, text: str, kind: str, shown: int, now: datetime) -> ResultList:
    """This person's runs whose name holds `text`, the newest first, `shown` of them."""
    mine = [Run.owner_id == owner_id]
    total = session.exec(select(func.count()).select_from(Run).where(*mine)).one()
    wanted = list(mine)
    if text.strip():
        like = "%" + text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        wanted.append(or_(col(Run.title).ilike(like, escape="\\"), col(Run.target).ilike(like, escape="\\")))  # type: ignore[arg-type]
    if kind in _VERDICTS:
        wanted.append(col(Run.verdict_kind).in_(_VERDICTS[kind]))  # type: ignore[arg-type]
        wanted.append(Run.state == "done")
    elif kind == "unfinished":
        wanted.append(Run.state != "done")
    found = session.exec(select(func.count()).select_from(Run).where(*wanted)).one()
    runs = session.exec(
        select(Run).where(*wanted).order_by(col(Run.created_at).desc(), Run.id).limit(max(PAGE, shown))
    ).all()
    return ResultList([_line(run, now) for run in runs], found, total)


def _line(run: Run, now: datetime) -> RecentRow:
    row = recent_row(run, now)
    if run.state in ("queued", "running"):
        row.verdict, row.tone, row.more = ("Waits" if run.state == "queued" else "Being searched"), "info", ""
    return row
