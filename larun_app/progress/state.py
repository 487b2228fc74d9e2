"""Events of the progress page: follow a run from the database, stop it, try it again."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reflex as rx
from sqlmodel import Session, col, select

from data.session import read_scope
from data.tables import Job, Run, RunStage, utc_now
from larun_app import jobs_door
from larun_app.progress.early import EarlyLook, early_look
from larun_app.progress.stages import seconds_left, stage_rows, typical_seconds
from larun_app.security.guard import LarunState, guarded
from larun_app.security.sessions import Viewer
from larun_app.ui.numbers import about
from larun_app.ui.stage_progress import StageRow

POLL_SECONDS = 1.0
POLL_AT_MOST = 4 * 3600
OPEN_STATES = ("queued", "running")
_RUN_ID = re.compile(r"/runs/([a-z0-9]{6,16})(?:/|$)")


@dataclass(frozen=True, slots=True)
class RunNow:
    """What the database says of a run at one moment."""

    title: str
    state: str
    error: str
    simulated: bool
    stages: list[StageRow]
    left: float | None
    has_light: bool
    retry_at: datetime | None


def run_now(owner_id: str, run_id: str) -> RunNow | None:
    """The run's present state; None where it is unknown or another's. Blocking."""
    now = utc_now()
    with read_scope() as session:
        run = session.get(Run, run_id)
        if run is None or run.owner_id != owner_id:
            return None
        stages = session.exec(select(RunStage).where(RunStage.run_id == run_id).order_by(col(RunStage.position))).all()
        typical = typical_seconds(session, owner_id, str(run.request.get("search", {}).get("preset", "")))
        return RunNow(
            title=run.title,
            state=run.state,
            error=run.error,
            simulated=run.simulated,
            stages=stage_rows(stages, typical, now),
            left=seconds_left(stages, typical, now),
            has_light=any(s.name == "clean" and s.state == "done" for s in stages),
            retry_at=_next_try(session, run),
        )


def _next_try(session: Session, run: Run) -> datetime | None:
    """When an outside service that did not answer is asked again."""
    if run.state != "queued" or not run.error:
        return None
    return session.exec(
        select(Job.not_before).where(Job.run_id == run.id, Job.state == "queued").order_by(col(Job.created_at).desc())
    ).first()


def run_id_of(url: str) -> str:
    """The run's id in an address of ours; "" where there is none."""
    found = _RUN_ID.search(url)
    return found.group(1) if found else ""


class ProgressState(LarunState):
    """One run on its way."""

    run_id: str = ""
    found: bool = False
    missing: bool = False
    title: str = ""
    run_state: str = ""
    words: str = ""
    error: str = ""
    retry_words: str = ""
    simulated: bool = False
    stages: rx.Field[list[StageRow]] = rx.field(default_factory=list)
    spoken: str = ""
    stopping: bool = False
    look: EarlyLook = EarlyLook()
    _watching: int = 0

    def _show(self, run: RunNow) -> None:
        self.found, self.missing = True, False
        self.title, self.run_state, self.error = run.title, run.state, run.error
        self.simulated = run.simulated
        if self.stages != run.stages:
            self.stages = run.stages
        now_on = next((s for s in run.stages if s.state == "running"), None)
        self.spoken = f"{now_on.title}." if now_on is not None else ""  # announced at changes of stage only
        self.words = _words(run)
        self.retry_words = _retry_words(run)

    async def _look(self, owner_id: str) -> EarlyLook | None:
        return await asyncio.to_thread(early_look, owner_id, self.run_id)

    @rx.event
    @guarded
    async def enter(self, viewer: Viewer) -> Any:
        """The page is opened, perhaps again: show where the run is, then follow it."""
        run_id = run_id_of(str(self.router.url))
        self.notice = ""
        self.stopping = False
        if run_id != self.run_id:
            self.run_id, self.look, self.stages = run_id, EarlyLook(), []
        run = await asyncio.to_thread(run_now, viewer.user_id, run_id)
        if run is None:
            self.found, self.missing = False, True
            return None
        if run.state == "done":
            return rx.redirect(f"/runs/{run_id}", replace=True)
        self._show(run)
        if run.has_light:
            self.look = await self._look(viewer.user_id) or EarlyLook()
        return ProgressState.follow if run.state in OPEN_STATES else None

    @rx.event(background=True)
    @guarded
    async def follow(self, viewer: Viewer) -> Any:
        """Ask the database once a second until the run has ended or another page is open."""
        async with self:
            self._watching += 1
            mine, run_id, drawn = self._watching, self.run_id, bool(self.look.path)
        for _ in range(POLL_AT_MOST):
            await asyncio.sleep(POLL_SECONDS)
            run = await asyncio.to_thread(run_now, viewer.user_id, run_id)
            look = None
            if run is not None and run.has_light and not drawn:
                look = await asyncio.to_thread(early_look, viewer.user_id, run_id)
                drawn = look is not None
            async with self:
                if self._watching != mine or self.run_id != run_id or run is None:
                    return
                address = str(self.router.url).split("?")[0].rstrip("/")
                here = run_id_of(address) == run_id and address.endswith("/progress")
                if not here:
                    return
                self._show(run)
                if look is not None:
                    self.look = look
            if run.state == "done":
                yield rx.redirect(f"/runs/{run_id}", replace=True)
                return
            if run.state not in OPEN_STATES:
                return

    @rx.event
    @guarded
    async def stop(self, viewer: Viewer) -> Any:
        """Stop the run. What is stored already stays, so that it can go on later."""
        stopped = await asyncio.to_thread(jobs_door.stop_run, viewer.user_id, self.run_id)
        if not stopped:
            self._say("There was nothing left to stop.")
            return ProgressState.enter
        self.stopping = True
        run = await asyncio.to_thread(run_now, viewer.user_id, self.run_id)
        if run is not None:
            self._show(run)
        return ProgressState.follow

    @rx.event
    @guarded
    async def again(self, viewer: Viewer) -> Any:
        """Take the run up again where it ended."""
        try:
            await asyncio.to_thread(jobs_door.try_again, viewer.user_id, self.run_id)
        except jobs_door.Refused as reason:
            self._say(str(reason), "warn")
            return None
        return ProgressState.enter


def _words(run: RunNow) -> str:
    """The line under the title."""
    leave = "You can leave this page; it goes on without you, and the result waits under Results."
    if run.retry_at is not None:
        return leave
    if run.state == "queued":
        return f"It waits for its turn. {leave}"
    if run.state == "running":
        left = f"{about(run.left).capitalize()} left. " if run.left is not None and run.left > 2 else ""
        return f"{left}{leave}"
    return ""


def _retry_words(run: RunNow) -> str:
    """What happens next when an archive did not answer; "" otherwise."""
    if run.retry_at is None:
        return ""
    return f"Nothing is lost, and it is not your fault. We try again at {run.retry_at.astimezone():%H:%M}."
