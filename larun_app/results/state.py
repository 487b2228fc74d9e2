"""Events of a result's pages: load it, choose a signal."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import reflex as rx
from pydantic import Field

from data.lake import LakeError
from data.session import read_scope
from larun_app.api.run_files import owned_run, report_of
from larun_app.results.history import HistoryRow, history
from larun_app.results.wording import ResultView, SignalView, result_view
from larun_app.security.guard import LarunState, guarded
from larun_app.security.sessions import Viewer

_RUN_ID = re.compile(r"/runs/([a-z0-9]{1,32})(?:/|$)")
DAMAGED = "The stored result cannot be read. Nothing was changed; search the star again."


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the database and the lake hold of a run."""

    state: str
    view: ResultView | None = None
    rows: tuple[HistoryRow, ...] = ()
    damaged: bool = False


def load_result(owner_id: str, run_id: str, now: datetime) -> Loaded | None:
    """A run of this person's with its report where it is done; None where there is none. Blocking."""
    with read_scope() as session:
        run = owned_run(session, owner_id, run_id)
        if run is None:
            return None
        if run.state != "done":
            return Loaded(run.state)
        try:
            report = report_of(session, owner_id, run_id)
        except (LakeError, ValueError):
            report = None
        rows = tuple(history(session, run, now))
    return Loaded("done", None if report is None else result_view(report), rows, damaged=report is None)


def address(url: str) -> tuple[str, int | None]:
    """Run id ("" where there is none) and signal (None where not named) of an address."""
    parts = urlsplit(url)
    found = _RUN_ID.search(parts.path)
    wanted = parse_qs(parts.query).get("signal", [""])[0]
    return (found.group(1) if found else "", int(wanted) if wanted.isdigit() and len(wanted) < 3 else None)


class ResultState(LarunState):
    """One result."""

    run_id: str = ""
    phase: str = ""  # "" before it is known | done | missing | damaged
    view: ResultView = ResultView()
    rows: rx.Field[list[HistoryRow]] = rx.field(default_factory=list)
    signal: int = 1
    chosen: SignalView = SignalView()

    def _choose(self, index: int) -> None:
        for signal in self.view.signals:
            if signal.index == index:
                self.signal, self.chosen = index, signal
                return

    @rx.event
    @guarded
    async def enter(self, viewer: Viewer) -> Any:
        """A page of a result is opened."""
        run_id, wanted = address(str(self.router.url))
        self.notice = ""
        if run_id != self.run_id:
            self.run_id, self.phase, self.view, self.rows, self.chosen = run_id, "", ResultView(), [], SignalView()
        loaded = await asyncio.to_thread(load_result, viewer.user_id, run_id, datetime.now().astimezone())
        if loaded is None:
            self.phase = "missing"
            return None
        if loaded.state != "done":
            return rx.redirect(f"/runs/{run_id}/progress", replace=True)
        if loaded.view is None:
            self.phase = "damaged"
            return None
        self.view, self.rows, self.phase = loaded.view, list(loaded.rows), "done"
        if self.view.signals:
            self._choose(self.view.signals[0].index)
        else:
            self.signal, self.chosen = 0, SignalView()
        if wanted is not None:
            self._choose(wanted)
        return None

    @rx.event
    @guarded
    async def choose(self, viewer: Viewer, index: Annotated[int, Field(ge=0, le=99)]) -> None:
        """Another signal was chosen, above the verdict or in a chart."""
        self._choose(index)
