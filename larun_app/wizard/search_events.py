"""Events of the last two questions: how hard to look, and the start."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Literal

import reflex as rx
from pydantic import Field, ValidationError

from data.requests import KnownTransit, SearchChoice, StarChoice
from larun_app import jobs_door
from larun_app.security.guard import guarded
from larun_app.security.sessions import Viewer
from larun_app.uploads import store as uploads
from larun_app.wizard import draft as rules
from larun_app.wizard import store, views
from larun_app.wizard.draft import Draft, NotReady
from larun_app.wizard.shown import WizardState, number_in, together

if TYPE_CHECKING:
    from jobs.start import LookupResult

ShortText = Annotated[str, Field(max_length=40)]


class SearchEvents(WizardState):
    """How hard to look, and the start."""

    @rx.event
    @guarded
    async def set_preset(self, viewer: Viewer, preset: Literal["quick", "standard", "thorough"]) -> None:
        """Quick, standard or thorough."""
        await self._change_search(viewer, preset=preset)

    @rx.event
    @guarded
    async def set_engine(self, viewer: Viewer, engine: Literal["", "larun", "bls", "reference"]) -> None:
        """Which search; "" = the preset's."""
        await self._change_search(viewer, engine=engine or None)

    @rx.event
    @guarded
    async def set_max_signals(self, viewer: Viewer, many: Literal["", "1", "2", "3", "4", "5", "6", "7", "8"]) -> None:
        """How many planets to look for; "" = the preset's."""
        await self._change_search(viewer, max_signals=int(many) if many else None)

    async def _change_search(self, viewer: Viewer, **values: object) -> None:
        def change(draft: Draft) -> Draft:
            return draft.model_copy(
                update={"search": SearchChoice.model_validate({**draft.search.model_dump(), **values})}
            )

        await self._change(viewer, change)

    @rx.event
    @guarded
    async def set_slider(
        self, viewer: Viewer, positions: Annotated[list[float], Field(min_length=2, max_length=2)]
    ) -> None:
        """The period slider was let go."""
        low, high = sorted(rules.period_of_slider(p) for p in positions)
        self.period_error = ""
        try:
            await self._change(viewer, lambda d: rules.with_periods(d, low, high))
        except ValidationError:
            self.period_error = "The longest period must be longer than the shortest."
            self.slider_key += "."

    @rx.event
    @guarded
    async def set_period(self, viewer: Viewer, end: Literal["min", "max"], text: ShortText) -> None:
        """One of the two period fields was left."""
        draft = await self._load(viewer)
        low, high = draft.search.period_min_days, draft.search.period_max_days
        try:
            value = number_in(text)
            if end == "min":
                low = value if text != self.period_min else low
            else:
                high = value if text != self.period_max else high
            changed = rules.with_periods(draft, low, high)
            shortest, longest = float(self.period_min), float(self.period_max)
            shortest, longest = (value or shortest, longest) if end == "min" else (shortest, value or longest)
            if not shortest < longest:
                raise ValueError("order")
        except ValueError:
            self.period_error = (
                "The longest period must be longer than the shortest, and both between 0.2 and 3 000 days."
            )
            return
        self.period_error = ""
        await self._change(viewer, lambda _: changed)

    @rx.event
    @guarded
    async def suggest_periods(self, viewer: Viewer) -> None:
        """Back to the limits that fit the data."""
        self.period_error = ""
        await self._change(viewer, lambda d: rules.with_periods(d, None, None))

    @rx.event
    @guarded
    async def toggle_planet(self, viewer: Viewer, name: Annotated[str, Field(max_length=80)]) -> None:
        """Hide a known planet before the search, or not."""

        def change(draft: Draft) -> Draft:
            kept = tuple(n for n in draft.hide_planets if n != name)
            return draft.model_copy(update={"hide_planets": kept if name in draft.hide_planets else (*kept, name)[:10]})

        await self._change(viewer, change)

    @rx.event
    @guarded
    async def set_star(self, viewer: Viewer, field: Literal["radius_sun", "mass_sun"], text: ShortText) -> None:
        """The person's own size or mass of the star; empty = the catalogue's."""
        draft = await self._load(viewer)
        try:
            star = StarChoice.model_validate({**draft.star.model_dump(), field: number_in(text)})
        except ValueError:
            self.star_error_numbers = "A number in Suns between 0.05 and 50, or empty."
            return
        self.star_error_numbers = ""
        await self._change(viewer, lambda d: d.model_copy(update={"star": star}))

    @rx.event
    @guarded
    async def start(self, viewer: Viewer) -> Any:
        """Make the request and start it."""
        self.starting = True
        yield
        draft = await self._load(viewer)
        found = await self._show(viewer, draft)
        limits = float(self.period_min), float(self.period_max)
        try:
            request = rules.to_request(
                draft, await self._target(viewer, draft, found), limits, _hidden(draft, found), self.heading
            )
            parent = draft.parent_run_id or None
            run_id = await asyncio.to_thread(jobs_door.start_run, viewer.user_id, request, parent)
        except NotReady as missing:
            self.starting = False
            self._say(str(missing), "warn")
            yield rx.redirect(f"/analyse?step={missing.step}")
            return
        except (jobs_door.Refused, ValidationError) as reason:
            self.starting = False
            self._say(
                str(reason) if isinstance(reason, jobs_door.Refused) else "These choices contradict each other.", "warn"
            )
            return
        await asyncio.to_thread(store.clear, viewer.user_id)
        yield rx.redirect(f"/runs/{run_id}/progress")
        self.starting = False

    async def _target(self, viewer: Viewer, draft: Draft, found: LookupResult | None) -> str:
        if draft.way == "file":
            rows = await asyncio.to_thread(uploads.uploads_of, viewer.user_id, draft.upload_ids)
            reading = together(rows)
            return (reading.star_name if reading else "") or (rows[0].name if rows else "")
        if found is None or found.state != "done":
            return ""
        return views.tidy_target(draft.target_text)


def _hidden(draft: Draft, found: LookupResult | None) -> list[KnownTransit]:
    if found is None:
        return []
    return [
        KnownTransit(period_days=k.period_days, epoch_bjd=k.epoch_bjd, duration_hours=k.duration_hours)
        for k in found.known_planets
        if k.name in draft.hide_planets and k.period_days and k.epoch_bjd and k.duration_hours
    ]
