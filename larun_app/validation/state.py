"""Events of the validation report: load it, list all neighbours, fetch what was missing."""

from __future__ import annotations

import asyncio
from typing import Any

import reflex as rx

from data.requests import VetChoice
from data.session import read_scope
from larun_app.api.run_files import finished_run
from larun_app.jobs_door import Refused, run_again
from larun_app.results.state import address
from larun_app.security.guard import LarunState, guarded
from larun_app.security.sessions import Viewer
from larun_app.validation.neighbours import NeighbourTable
from larun_app.validation.wording import ValidationView, validation_view


def load_validation(owner_id: str, run_id: str, signal: int | None, everything: bool = False) -> ValidationView | None:
    """The page of a finished run of this person's; None where there is none or it cannot be read. Blocking."""
    with read_scope() as session:
        found = finished_run(session, owner_id, run_id)
        if found is None:
            return None
        run, report = found
        asked = VetChoice.model_validate(run.request.get("vet") or {})
    return validation_view(report, signal, asked, everything)


class ValidationState(LarunState):
    """The checks of one signal."""

    run_id: str = ""
    ready: bool = False
    view: ValidationView = ValidationView()
    starting: bool = False

    @rx.event
    @guarded
    async def enter(self, viewer: Viewer) -> None:
        """The report is opened, or another signal is chosen in its address."""
        run_id, wanted = address(str(self.router.url))
        self.starting = False
        if run_id != self.run_id:
            self.run_id, self.ready, self.view = run_id, False, ValidationView()
        view = await asyncio.to_thread(load_validation, viewer.user_id, run_id, wanted)
        if view is not None:
            self.view, self.ready = view, True

    @rx.event
    @guarded
    async def show_all(self, viewer: Viewer) -> None:
        """List every neighbour instead of the first ones."""
        view = await asyncio.to_thread(load_validation, viewer.user_id, self.run_id, self.view.index, True)
        if view is None:
            return
        self.view.neighbours = NeighbourTable(**vars(view.neighbours))

    @rx.event
    @guarded
    async def fetch_missing(self, viewer: Viewer) -> Any:
        """Start the same analysis again, with the archives asked for neighbours and pixels."""
        if self.starting:
            return
        self.starting = True
        yield
        changes: dict[str, object] = {"vet": {"pixels": True, "neighbours": True}}
        try:
            new_id = await asyncio.to_thread(run_again, viewer.user_id, self.run_id, changes)
        except Refused as reason:
            self.starting = False
            self._say(str(reason), "warn")
            return
        yield rx.redirect(f"/runs/{new_id}/progress")
