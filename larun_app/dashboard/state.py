"""Events of Home."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import reflex as rx
from pydantic import BaseModel, Field

from data.archives.targets import NotATarget, parse_target
from data.requests import DataChoice, RunRequest
from data.session import read_scope
from larun_app import jobs_door
from larun_app.dashboard.lists import HomeLists, RecentRow, RunningRow, home_lists
from larun_app.security.guard import LarunState, guarded
from larun_app.security.sessions import Viewer

POLL_SECONDS = 1.0
#: A page left open does not ask forever.
POLL_AT_MOST = 3600


class SearchForm(BaseModel):
    """What the search box sends."""

    star: str = Field(default="", max_length=200)


def load_lists(owner_id: str) -> HomeLists:
    """Home's lists from the database, in the time of this computer. Blocking."""
    with read_scope() as session:
        return home_lists(session, owner_id, datetime.now().astimezone())


class HomeState(LarunState):
    """Lists of Home and its search box."""

    running: rx.Field[list[RunningRow]] = rx.field(default_factory=list)
    recent: rx.Field[list[RecentRow]] = rx.field(default_factory=list)
    total: int = 0
    search_error: str = ""
    starting: str = ""
    #: Kept in the browser, so that the next visit does not flash the greeting.
    returning: str = rx.LocalStorage("", name="larun-returning")
    _watching: int = 0

    def _show(self, lists: HomeLists) -> None:
        self.running = lists.running
        self.recent = lists.recent
        self.total = lists.total
        self.returning = "yes" if lists.total else ""

    @rx.event
    @guarded
    async def enter(self, viewer: Viewer) -> Any:
        """The page is opened: load the lists, and follow what runs."""
        self.search_error = ""
        self.starting = ""
        self.notice = ""
        self._show(await asyncio.to_thread(load_lists, viewer.user_id))
        return HomeState.follow if self.running else None

    @rx.event(background=True)
    @guarded
    async def follow(self, viewer: Viewer) -> None:
        """Refresh the lists while something runs."""
        async with self:
            self._watching += 1
            mine = self._watching
        for _ in range(POLL_AT_MOST):
            await asyncio.sleep(POLL_SECONDS)
            lists = await asyncio.to_thread(load_lists, viewer.user_id)
            async with self:
                if self._watching != mine:
                    return
                if lists.running != self.running or lists.recent != self.recent:
                    self._show(lists)
            if not lists.running:
                return

    @rx.event
    @guarded
    async def search(self, viewer: Viewer, form: SearchForm) -> Any:
        """The search box: understood, the wizard opens with the star; else one sentence says why not."""
        try:
            target = parse_target(form.star)
        except NotATarget as wrong:
            self.search_error = wrong.sentence
            return rx.set_focus("star")
        self.search_error = ""
        return rx.redirect(f"/analyse?star={quote(target.text)}")

    @rx.event
    @guarded
    async def start_example(self, viewer: Viewer, key: Annotated[str, Field(max_length=60)]) -> Any:
        """One click on an example starts its analysis."""
        self.starting = key
        yield
        try:
            request = RunRequest(data=DataChoice(kind="example", example=key))
            run_id = await asyncio.to_thread(jobs_door.start_run, viewer.user_id, request)
        except jobs_door.Refused as reason:
            self.starting = ""
            self._say(str(reason), "warn")
            return
        yield rx.redirect(f"/runs/{run_id}/progress")
        self.starting = ""
