"""Earlier and later searches of the same star, and what differed between them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from data.tables import Run
from larun_app.dashboard.lists import RecentRow, recent_row
from larun_app.ui.numbers import count

MOST = 50
_OPEN = ("queued", "running")


@dataclasses.dataclass
class HistoryRow:
    """One search of this star."""

    line: RecentRow = dataclasses.field(default_factory=RecentRow)
    changed: str = ""
    here: bool = False


def history(session: Session, run: Run, now: datetime) -> list[HistoryRow]:
    """All of this person's searches of the run's star, the newest first."""
    family = select(Run).where(Run.owner_id == run.owner_id)
    same = [Run.id == run.id, Run.parent_run_id == run.id]
    if run.parent_run_id:
        same += [Run.id == run.parent_run_id, Run.parent_run_id == run.parent_run_id]
    if run.target:
        same.append(Run.target == run.target)
    found = session.exec(family.where(or_(*same)).order_by(col(Run.created_at).desc()).limit(MOST)).all()  # type: ignore[arg-type]
    by_id = {r.id: r for r in found}
    rows = []
    for item in found:
        line = recent_row(item, now)
        if item.state in _OPEN:
            line.verdict, line.tone = ("Waits" if item.state == "queued" else "Being searched"), "info"
        parent = by_id.get(item.parent_run_id or "")
        rows.append(
            HistoryRow(
                line=line,
                changed="" if parent is None else changes(parent.request, item.request),
                here=item.id == run.id,
            )
        )
    return rows


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What a request changed, in words: "2 stretches hidden, preset thorough". "" for the same request."""
    told = []
    old, new = _hidden(before), _hidden(after)
    if old != new:
        told.append(f"{count(len(new), 'stretch', 'stretches')} hidden" if new else "nothing hidden")
    for part, names in (
        ("clean", ("quality", "normalise", "gap_fill", "detrend", "window_days")),
        ("search", ("preset", "engine", "period_min_days", "period_max_days", "max_signals")),
        ("star", ("radius_sun", "mass_sun", "teff_k")),
    ):
        a, b = before.get(part) or {}, after.get(part) or {}
        for name in names:
            if a.get(name) != b.get(name):
                told.append(f"{_NAMES[name]} {_value(b.get(name))}")
    return ", ".join(told)


_NAMES = {
    "quality": "quality mask",
    "normalise": "levels by",
    "gap_fill": "gaps:",
    "detrend": "drifts removed:",
    "window_days": "window",
    "preset": "preset",
    "engine": "engine",
    "period_min_days": "shortest period",
    "period_max_days": "longest period",
    "max_signals": "signals at most",
    "radius_sun": "star's radius",
    "mass_sun": "star's mass",
    "teff_k": "star's temperature",
}


def _value(value: object) -> str:
    if value is None:
        return "chosen by the program"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _hidden(request: Mapping[str, Any]) -> list[tuple[float, float]]:
    found = (request.get("clean") or {}).get("hidden") or ()
    return sorted((float(r["start_bjd"]), float(r["stop_bjd"])) for r in found)
