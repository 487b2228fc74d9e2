"""What Home shows of a person's runs. Plain Python over the tables; every query names the owner."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from sqlmodel import Session, col, func, select

from data.tables import Run, RunStage
from larun_app.dashboard.thumbnails import fold_dots
from larun_app.progress.stages import seconds_left, stage_rows, typical_seconds
from larun_app.ui.numbers import about, when
from larun_app.ui.stage_progress import StageRow
from science.rounding import THIN, significant

RECENT = 6
RUNNING = 4
OPEN_STATES = ("queued", "running")


@dataclasses.dataclass
class RunningRow:
    """A run that is on its way."""

    id: str = ""
    title: str = ""
    words: str = ""
    left: str = ""
    stages: list[StageRow] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class RecentRow:
    """A run that has ended."""

    id: str = ""
    href: str = ""
    title: str = ""
    facts: str = ""
    tone: str = "none"
    verdict: str = ""
    more: str = ""
    when: str = ""
    fold: str = ""


@dataclasses.dataclass
class HomeLists:
    """All of Home."""

    running: list[RunningRow] = dataclasses.field(default_factory=list)
    recent: list[RecentRow] = dataclasses.field(default_factory=list)
    total: int = 0


def home_lists(session: Session, owner_id: str, now: datetime) -> HomeLists:
    """This person's open and last runs."""
    total = session.exec(select(func.count()).select_from(Run).where(Run.owner_id == owner_id)).one()
    running = session.exec(
        select(Run)
        .where(Run.owner_id == owner_id, col(Run.state).in_(OPEN_STATES))
        .order_by(col(Run.created_at).desc())
        .limit(RUNNING)
    ).all()
    recent = session.exec(
        select(Run)
        .where(Run.owner_id == owner_id, col(Run.state).not_in(OPEN_STATES))
        .order_by(col(Run.created_at).desc())
        .limit(RECENT)
    ).all()
    return HomeLists(
        running=[_running(session, run, now) for run in running],
        recent=[recent_row(run, now) for run in recent],
        total=total,
    )


def _running(session: Session, run: Run, now: datetime) -> RunningRow:
    stages = session.exec(select(RunStage).where(RunStage.run_id == run.id).order_by(col(RunStage.position))).all()
    typical = typical_seconds(session, run.owner_id, str(run.request.get("search", {}).get("preset", "")))
    left = seconds_left(stages, typical, now)
    waiting = run.state == "queued"
    return RunningRow(
        id=run.id,
        title=run.title,
        words=f"{run.title} waits for its turn" if waiting else f"{run.title} is being searched",
        left="" if left is None or waiting else f"{about(left)} left",
        stages=stage_rows(stages, typical, now),
    )


def depth_words(depth_ppm: float) -> str:
    """A dip's depth: ppm below 0.2 %, percent above."""
    if depth_ppm < 2000:
        return f"{significant(depth_ppm, 3 if depth_ppm >= 100 else 2)}{THIN}ppm"
    return f"{significant(depth_ppm / 1e4, 3)}{THIN}%"


def recent_row(run: Run, now: datetime) -> RecentRow:
    """One line of the list of results. A failed or stopped run says so and leads to its own page."""
    finished = run.state == "done"
    facts = ""
    if finished and run.verdict_kind in ("signal", "binary") and run.period_days and run.depth_ppm:
        facts = f"{significant(run.period_days, 3)}{THIN}d, {depth_words(run.depth_ppm)}"
    elif finished and run.snr is not None:
        facts = f"best signal at S/N {significant(run.snr, 2)}"
    verdict, tone = run.headline, run.tone or "none"
    if run.state == "failed":
        verdict, tone = "Could not finish", "warn"
    elif run.state == "cancelled":
        verdict, tone = "Stopped", "none"
    return RecentRow(
        id=run.id,
        href=f"/runs/{run.id}" if finished else f"/runs/{run.id}/progress",
        title=run.title,
        facts=facts,
        tone=tone,
        verdict=_chip_words(run.verdict_kind, verdict) if finished else verdict,
        more=("Simulated light" if run.simulated else "") if finished else run.error,
        when=when(run.finished_at or run.created_at, now),
        fold=fold_dots(run.thumbnail) if finished else "",
    )


def _chip_words(kind: str, headline: str) -> str:
    """A headline short enough for a chip."""
    return {
        "signal": "A dip repeats",
        "binary": "Two stars, not a planet",
        "star": "The star itself",
        "nothing": "Nothing convincing found",
        "not_judged": "Could not judge",
    }.get(kind, headline)
