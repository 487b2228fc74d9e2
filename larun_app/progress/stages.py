"""Stages of a run in words, and how long they usually take. Plain Python over the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median

from sqlmodel import Session, col, select

from data.tables import Run, RunStage
from larun_app.ui.numbers import about, took
from larun_app.ui.stage_progress import STAGE_WORDS, StageRow

_LAST_RUNS = 12


def typical_seconds(session: Session, owner_id: str, preset: str) -> dict[str, float]:
    """Median seconds of each stage over this person's last runs with this preset; empty before the first."""
    recent = session.exec(
        select(Run)
        .where(Run.owner_id == owner_id, Run.state == "done")
        .order_by(col(Run.created_at).desc())
        .limit(4 * _LAST_RUNS)
    ).all()
    ids = [run.id for run in recent if run.request.get("search", {}).get("preset") == preset][:_LAST_RUNS]
    if not ids:
        return {}
    seconds: dict[str, list[float]] = {}
    for stage in session.exec(
        select(RunStage).where(col(RunStage.run_id).in_(ids), col(RunStage.seconds).is_not(None))
    ):
        seconds.setdefault(stage.name, []).append(float(stage.seconds or 0.0))
    return {name: median(values) for name, values in seconds.items()}


def stage_rows(stages: Sequence[RunStage], typical: Mapping[str, float], now: datetime) -> list[StageRow]:
    """What the page shows of each stage, in order."""
    rows = []
    for stage in sorted(stages, key=lambda s: s.position):
        title, short, promise = STAGE_WORDS.get(stage.name, (stage.name, stage.name, ""))
        rows.append(
            StageRow(
                name=stage.name,
                title=title,
                short=short,
                state=stage.state,
                fact=stage.fact or promise,
                time=_time(stage, typical, now),
                percent=round(100 * min(max(stage.fraction, 0.0), 1.0)),
            )
        )
    return rows


def _time(stage: RunStage, typical: Mapping[str, float], now: datetime) -> str:
    if stage.state == "done":
        return took(stage.seconds) if stage.seconds is not None else ""
    if stage.state == "running":
        left = _left_of_running(stage, typical, now)
        if left is None:
            return ""
        return f"{about(left)} left" if left > 1 else "any moment"
    if stage.state == "waiting" and typical.get(stage.name, 0.0) >= 2:
        return about(typical[stage.name])
    return ""


def _left_of_running(stage: RunStage, typical: Mapping[str, float], now: datetime) -> float | None:
    """Seconds left of the running stage: as it says itself, else by how far it is, else as it usually takes."""
    if stage.eta_seconds is not None:
        return stage.eta_seconds
    if stage.started_at is None:
        return typical.get(stage.name)
    spent = max(0.0, (now - stage.started_at).total_seconds())
    if stage.fraction >= 0.1:
        return spent * (1 - stage.fraction) / stage.fraction
    return max(0.0, typical[stage.name] - spent) if stage.name in typical else None


def seconds_left(stages: Sequence[RunStage], typical: Mapping[str, float], now: datetime) -> float | None:
    """Seconds until the verdict, as far as that can be said; None where it cannot."""
    left = 0.0
    for stage in stages:
        if stage.state in ("done", "skipped"):
            continue
        more = _left_of_running(stage, typical, now) if stage.state == "running" else typical.get(stage.name)
        if more is None:
            return None
        left += more
    return left
