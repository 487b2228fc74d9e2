"""Events of the wizard's first question, and of coming and going between the steps."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import reflex as rx
from pydantic import BaseModel, Field

from data.archives.targets import NotATarget, parse_target
from data.requests import RunRequest
from larun_app import jobs_door
from larun_app.security.guard import guarded
from larun_app.security.sessions import Viewer
from larun_app.uploads import store as uploads
from larun_app.wizard import draft as rules
from larun_app.wizard import store
from larun_app.wizard.draft import LAST_STEP, Draft, Way
from larun_app.wizard.shown import WizardState

LOOKUP_POLL_SECONDS = 0.4
LOOKUP_AT_MOST_SECONDS = 240.0
STILL_WAITING = "The archive has not answered yet. It may be slow: try again, or analyse a file of your own."

ShortText = Annotated[str, Field(max_length=40)]


class StarForm(BaseModel):
    """The first question's fields; which of them are there depends on the way chosen."""

    star: str = Field(default="", max_length=200)
    ra: str = Field(default="", max_length=40)
    dec: str = Field(default="", max_length=40)


class StarEvents(WizardState):
    """Steps, and which star."""

    @rx.event
    @guarded
    async def enter(self, viewer: Viewer) -> Any:
        """The page is opened, or another step is: `?step=`, `?star=`, `?way=file`, `?from=RUN`."""
        query = {key: values[0][:200] for key, values in parse_qs(urlsplit(str(self.router.url)).query).items()}
        self.notice = ""
        self.starting = False
        draft = await self._load(viewer)
        if "from" in query:
            return await self._enter_from_run(viewer, query["from"])
        if query.get("way") == "file" and draft.way != "file":
            draft = draft.model_copy(update={"way": "file"})
            await self._save(viewer, draft)
        if "star" in query:
            await self._look_up(viewer, Draft(text=query["star"]))
            self.step = 1
            return rx.redirect("/analyse?step=1", replace=True)
        asked = query.get("step", "1")
        step = int(asked) if asked.isdigit() else 1
        found = await self._show(viewer, draft)
        furthest = LAST_STEP if self.ready and (draft.way != "file" or self.reading) else 2 if self.ready else 1
        self.step = min(max(step, 1), furthest)
        if found is not None and found.state == "waiting":
            return StarEvents.await_lookup
        return None

    async def _enter_from_run(self, viewer: Viewer, run_id: str) -> Any:
        request = await asyncio.to_thread(store.request_of_run, viewer.user_id, run_id)
        if request is None:
            return rx.redirect("/analyse?step=1", replace=True)
        draft = rules.from_request(RunRequest.model_validate(request))
        draft = draft.model_copy(update={"parent_run_id": run_id})
        if draft.way == "file":
            await self._save(viewer, draft)
            return rx.redirect("/analyse?step=2", replace=True)
        await self._look_up(viewer, draft)
        return rx.redirect("/analyse?step=1", replace=True)

    @rx.event
    @guarded
    async def next(self, viewer: Viewer) -> Any:
        """On to the next question, when this one is answered."""
        if not self.ready:
            self.star_error = self.star_error or (
                "Choose at least one file first." if self.way == "file" else "Name a star first, then find it."
            )
            return None
        if self.step == 2 and self.way != "file" and not any(chip.on for chip in self.chips):
            self._say("Choose at least one sector.", "warn")
            return None
        if self.step == 2 and self.way == "file" and not self.reading:
            self._say("Name the columns first, so that we can read the file.", "warn")
            return None
        return rx.redirect(f"/analyse?step={min(self.step + 1, LAST_STEP)}")

    @rx.event
    @guarded
    async def cancel(self, viewer: Viewer) -> Any:
        """Forget everything entered."""
        await asyncio.to_thread(store.clear, viewer.user_id)
        return rx.redirect("/")

    # ---- 1 star -------------------------------------------------------------------------------------------------

    @rx.event
    @guarded
    async def choose_way(self, viewer: Viewer, way: Way) -> None:
        """Name, coordinates or file."""
        self.star_error = ""
        await self._change(viewer, lambda d: d.model_copy(update={"way": way}))

    @rx.event
    @guarded
    async def find(self, viewer: Viewer, form: StarForm) -> Any:
        """Ask the archives about what was typed."""
        draft = await self._load(viewer)
        if draft.way == "coordinates":
            draft = draft.model_copy(update={"ra": form.ra, "dec": form.dec})
        else:
            draft = draft.model_copy(update={"text": form.star})
        draft = draft.model_copy(update={"products": None, "author": "", "hide_planets": ()})
        if await self._look_up(viewer, draft):
            return StarEvents.await_lookup
        return None

    async def _look_up(self, viewer: Viewer, draft: Draft) -> bool:
        """Start the look-up of a draft's star; False where the text cannot be a star."""
        try:
            target = parse_target(draft.target_text)
            job = await asyncio.to_thread(jobs_door.start_lookup, viewer.user_id, target.text)
        except (NotATarget, jobs_door.Refused) as wrong:
            await self._save(viewer, draft.model_copy(update={"lookup_job": ""}))
            await self._show(viewer, draft.model_copy(update={"lookup_job": ""}))
            self.star_error = str(wrong)
            return False
        self.star_error = ""
        draft = draft.model_copy(update={"lookup_job": job})
        await self._save(viewer, draft)
        await self._show(viewer, draft)
        return True

    @rx.event(background=True)
    @guarded
    async def await_lookup(self, viewer: Viewer) -> None:
        """Wait for the archives' answer and show it."""
        async with self:
            self._watching += 1
            mine = self._watching
        waited = 0.0
        while waited < LOOKUP_AT_MOST_SECONDS:
            await asyncio.sleep(LOOKUP_POLL_SECONDS)
            waited += LOOKUP_POLL_SECONDS
            draft = await asyncio.to_thread(store.load, viewer.user_id)
            found = await asyncio.to_thread(jobs_door.lookup_result, viewer.user_id, draft.lookup_job)
            if found is not None and found.state == "waiting":
                continue
            async with self:
                if self._watching == mine:
                    await self._show(viewer, draft)
            return
        async with self:
            if self._watching == mine:
                self.looking = False
                self.star_error = STILL_WAITING

    @rx.event
    @guarded
    async def add_files(self, viewer: Viewer, ids: Annotated[list[ShortText], Field(max_length=100)]) -> None:
        """Files have arrived."""
        known = await asyncio.to_thread(uploads.uploads_of, viewer.user_id, ids)
        fresh = tuple(row.id for row in known)
        draft = await self._load(viewer)
        draft = draft.model_copy(
            update={"way": "file", "upload_ids": tuple(dict.fromkeys((*draft.upload_ids, *fresh)))[:200]}
        )
        draft = await self._read_together(viewer, draft)
        await self._show(viewer, draft)

    @rx.event
    @guarded
    async def remove_file(self, viewer: Viewer, upload_id: ShortText) -> None:
        """Take a file out; its bytes go too where no run needs them."""
        draft = await self._load(viewer)
        draft = draft.model_copy(update={"upload_ids": tuple(i for i in draft.upload_ids if i != upload_id)})
        await asyncio.to_thread(uploads.remove, viewer.user_id, upload_id)
        draft = await self._read_together(viewer, draft)
        await self._show(viewer, draft)
