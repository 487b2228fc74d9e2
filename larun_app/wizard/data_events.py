"""Events of the second and third question: which data, and how it is cleaned."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

import reflex as rx
from pydantic import Field, ValidationError

from data.requests import CleanChoice, ColumnChoice
from larun_app import jobs_door
from larun_app.security.guard import guarded
from larun_app.security.sessions import Viewer
from larun_app.wizard import draft as rules
from larun_app.wizard.draft import Draft
from larun_app.wizard.shown import WizardState, number_in

ShortText = Annotated[str, Field(max_length=40)]


class DataEvents(WizardState):
    """Which data, how it is read, how it is cleaned."""

    @rx.event
    @guarded
    async def toggle_product(self, viewer: Viewer, product_id: Annotated[str, Field(max_length=300)]) -> None:
        """Switch a sector on or off."""
        draft = await self._load(viewer)
        found = await asyncio.to_thread(jobs_door.lookup_result, viewer.user_id, draft.lookup_job)
        products = found.products if found else ()
        await self._change(viewer, lambda d: rules.toggle_product(d, products, product_id))  # type: ignore[arg-type]

    @rx.event
    @guarded
    async def choose_author(self, viewer: Viewer, author: ShortText) -> None:
        """Take all sectors from one pipeline, or go back to the suggestion."""
        draft = await self._load(viewer)
        found = await asyncio.to_thread(jobs_door.lookup_result, viewer.user_id, draft.lookup_job)
        products = found.products if found else ()
        await self._change(viewer, lambda d: rules.use_author(d, products, author))  # type: ignore[arg-type]

    @rx.event
    @guarded
    async def set_column(
        self, viewer: Viewer, field: Literal["time", "flux", "time_system", "flux_unit"], value: ShortText
    ) -> Any:
        """Correct how the files are read, and read them again."""
        draft = await self._load(viewer)
        try:
            columns = ColumnChoice.model_validate({**draft.columns.model_dump(), field: value or None})
        except ValidationError:
            self._say("That cannot be chosen here.", "warn")
            return
        draft = draft.model_copy(update={"columns": columns})
        self.busy_reading = True
        yield
        draft = await self._read_together(viewer, draft, always=True)
        await self._show(viewer, draft)
        self.busy_reading = False
        if not draft.files_error:
            self._say("Read again with your choice.")

    @rx.event
    @guarded
    async def set_clean(
        self, viewer: Viewer, field: Literal["quality", "normalise", "gap_fill", "detrend"], value: ShortText
    ) -> Any:
        """One of the cleaning choices."""
        wanted: object = (value == "yes") if field == "detrend" else value

        def change(draft: Draft) -> Draft:
            return draft.model_copy(
                update={"clean": CleanChoice.model_validate({**draft.clean.model_dump(), field: wanted})}
            )

        await self._change(viewer, change)

    @rx.event
    @guarded
    async def set_window(self, viewer: Viewer, text: ShortText) -> None:
        """Length of the smoothing window; empty = chosen for you."""
        draft = await self._load(viewer)
        try:
            clean = CleanChoice.model_validate({**draft.clean.model_dump(), "window_days": number_in(text)})
        except ValueError:
            self.window, self.window_error = text, "A number of days between 0.1 and 20, or empty."
            return
        self.window_error = ""
        await self._change(viewer, lambda d: d.model_copy(update={"clean": clean}))
