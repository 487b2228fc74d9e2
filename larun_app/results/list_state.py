"""Events of the list of results."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import reflex as rx
from pydantic import Field

from data.session import read_scope
from larun_app.dashboard.lists import RecentRow
from larun_app.results.lists import PAGE, Kind, ResultList, result_list
from larun_app.security.guard import LarunState, guarded
from larun_app.security.sessions import Viewer


def load(owner_id: str, text: str, kind: str, shown: int) -> ResultList:
    """The list from the database. Blocking."""
    with read_scope() as session:
        return result_list(session, owner_id, text, kind, shown, datetime.now().astimezone())


class ResultListState(LarunState):
    """The list, its search text and filter."""

    ready: bool = False
    lines: rx.Field[list[RecentRow]] = rx.field(default_factory=list)
    found: int = 0
    total: int = 0
    text: str = ""
    kind: str = "all"
    shown: int = PAGE

    async def _load(self, viewer: Viewer) -> None:
        made = await asyncio.to_thread(load, viewer.user_id, self.text, self.kind, self.shown)
        self.lines, self.found, self.total, self.ready = made.rows, made.found, made.total, True

    @rx.event
    @guarded
    async def enter(self, viewer: Viewer) -> None:
        """The list is opened."""
        self.notice = ""
        self.shown = PAGE
        await self._load(viewer)

    @rx.event
    @guarded
    async def look_for(self, viewer: Viewer, text: Annotated[str, Field(max_length=200)]) -> None:
        """The search text changed."""
        self.text, self.shown = text, PAGE
        await self._load(viewer)

    @rx.event
    @guarded
    async def choose_kind(self, viewer: Viewer, kind: Kind) -> None:
        """The filter changed."""
        self.kind, self.shown = kind, PAGE
        await self._load(viewer)

    @rx.event
    @guarded
    async def more(self, viewer: Viewer) -> None:
        """Show further lines."""
        self.shown = min(self.shown + PAGE, 3000)
        await self._load(viewer)
