"""Events of the fit page: load it, start a fit, follow it, stop it, choose how."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import reflex as rx
from pydantic import ValidationError
from sqlmodel import col, func, or_, select

from data.report import Report, SignalReport
from data.session import read_scope
from data.tables import Job
from larun_app import jobs_door
from larun_app.api.run_files import finished_run
from larun_app.fit.choices import Chosen, Minutes, Switch, to_request
from larun_app.fit.wording import FitView, fit_view, settings_of
from larun_app.results.state import address
from larun_app.security.guard import LarunState, guarded
from larun_app.security.sessions import Viewer

POLL_SECONDS = 1.0
POLL_AT_MOST = 2 * 3600
OPEN_STATES = ("queued", "running")


@dataclass(frozen=True, slots=True)
class LoadedFit:
    """The page, and the switches as they were for the newest fit."""

    view: FitView
    chosen: Chosen


def load_fit(owner_id: str, run_id: str, wanted: int | None) -> LoadedFit | None:
    """The page of a finished run of this person's; None where there is none or it cannot be read. Blocking.

    `wanted` is the signal of the address; where there is none of that number, the first one is shown.
    """
    with read_scope() as session:
        found = finished_run(session, owner_id, run_id)
    if found is None:
        return None
    report = found[1]
    signal = signal_of(report, wanted)
    if signal is None:
        return LoadedFit(fit_view(report, None, None), Chosen())
    try:
        now = jobs_door.fit_now(owner_id, run_id, signal.index)
    except jobs_door.Refused:
        return None
    ahead = work_ahead(now.job_id) if now.state == "queued" else 0
    return LoadedFit(fit_view(report, now, signal, ahead), settings_of(now))


def signal_of(report: Report, wanted: int | None) -> SignalReport | None:
    """The signal of the page's number; 0 is the strongest repeat of a search that found nothing."""
    if not report.signals:
        return report.best_rejected
    return next((s for s in report.signals if s.index == wanted), report.signals[0])


def work_ahead(job_id: str) -> int:
    """How many jobs that need the processor run now or are taken up before this one. Blocking."""
    with read_scope() as session:
        job = session.get(Job, job_id)
        if job is None:
            return 0
        before = or_(
            Job.state == "running",
            Job.priority > job.priority,
            (col(Job.priority) == job.priority) & (col(Job.queued_at) < job.queued_at),
        )
        counted = select(func.count()).where(
            col(Job.state).in_(OPEN_STATES), col(Job.kind).in_(("analysis", "fit")), Job.id != job.id, before
        )
        return int(session.exec(counted).one())


class FitState(LarunState):
    """The fit of one signal."""

    run_id: str = ""
    ready: bool = False
    view: FitView = FitView()
    chosen: Chosen = Chosen()
    wide: bool = False  # 95 % instead of 68 %
    starting: bool = False
    _watching: int = 0

    @rx.event
    @guarded
    async def enter(self, viewer: Viewer) -> Any:
        """The page is opened, or another signal is chosen in its address."""
        run_id, wanted = address(str(self.router.url))
        self.starting = False
        if run_id != self.run_id:
            self.run_id, self.ready, self.view, self.chosen = run_id, False, FitView(), Chosen()
        loaded = await asyncio.to_thread(load_fit, viewer.user_id, run_id, wanted)
        if loaded is None:
            return None
        self.view, self.chosen, self.ready = loaded.view, loaded.chosen, True
        return FitState.follow if self.view.job in OPEN_STATES else None

    @rx.event(background=True)
    @guarded
    async def follow(self, viewer: Viewer) -> Any:
        """Ask the database once a second until the fit has ended or another page is open."""
        async with self:
            self._watching += 1
            mine, run_id, index = self._watching, self.run_id, self.view.index
        for _ in range(POLL_AT_MOST):
            await asyncio.sleep(POLL_SECONDS)
            loaded = await asyncio.to_thread(load_fit, viewer.user_id, run_id, index)
            async with self:
                here = address(str(self.router.url))[0] == run_id and _on_fit(str(self.router.url))
                if self._watching != mine or not here or loaded is None or self.view.index != index:
                    return
                if self.view != loaded.view:
                    self.view = loaded.view
            if loaded.view.job not in OPEN_STATES:
                return

    @rx.event
    @guarded
    async def start(self, viewer: Viewer) -> Any:
        """Fit the signal that is shown, as the switches stand."""
        if self.starting or not self.ready or self.view.index < 0:
            return
        self.starting, self.notice = True, ""
        yield
        try:
            choice = to_request(Chosen(**{name: getattr(self.chosen, name) for name in Chosen.__dataclass_fields__}))
            await asyncio.to_thread(jobs_door.start_fit, viewer.user_id, self.run_id, self.view.number, choice)
        except (jobs_door.Refused, ValidationError) as reason:
            self.starting = False
            self._say(
                str(reason) if isinstance(reason, jobs_door.Refused) else "These choices do not go together.", "warn"
            )
            return
        self.starting = False
        loaded = await asyncio.to_thread(load_fit, viewer.user_id, self.run_id, self.view.index)
        if loaded is not None:
            self.view = loaded.view
        yield FitState.follow

    @rx.event
    @guarded
    async def stop(self, viewer: Viewer) -> Any:
        """Stop the fit that waits or runs."""
        try:
            stopped = await asyncio.to_thread(jobs_door.stop_fit, viewer.user_id, self.run_id, self.view.number)
        except jobs_door.Refused as reason:
            self._say(str(reason), "warn")
            return None
        if not stopped:
            self._say("There was nothing left to stop.")
            return FitState.enter
        loaded = await asyncio.to_thread(load_fit, viewer.user_id, self.run_id, self.view.index)
        if loaded is not None:
            self.view = loaded.view
        return FitState.follow

    @rx.event
    @guarded
    async def show_wide(self, viewer: Viewer, wide: bool) -> None:
        """The 95 % interval, or the 68 % one."""
        self.wide = wide

    @rx.event
    @guarded
    async def switch(self, viewer: Viewer, name: Switch, on: bool) -> None:
        """One of the choices is made."""
        setattr(self.chosen, name, on)

    @rx.event
    @guarded
    async def allow(self, viewer: Viewer, minutes: Minutes) -> None:
        """How long the sampling may take."""
        self.chosen.minutes = int(minutes)


def _on_fit(url: str) -> bool:
    return url.split("?")[0].split("#")[0].rstrip("/").endswith("/fit")
