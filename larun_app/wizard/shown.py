"""What the wizard shows, drawn from the draft. Every change is saved at once; the page never holds the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import reflex as rx

from data.session import read_scope
from larun_app import jobs_door
from larun_app.security.guard import LarunState
from larun_app.security.sessions import Viewer
from larun_app.uploads import store as uploads
from larun_app.uploads.reader import read_apart
from larun_app.wizard import draft as rules
from larun_app.wizard import estimates, store, views
from larun_app.wizard.draft import Draft, Watched
from larun_app.wizard.reach import Reach, reach_of
from larun_app.wizard.views import Chip, Fact, FileCard, PlanetChoice, StarCard

if TYPE_CHECKING:
    from jobs.start import LookupResult


class WizardState(LarunState):
    """What the wizard shows."""

    step: int = 1
    way: str = "name"
    text: str = ""
    ra: str = ""
    dec: str = ""
    star_error: str = ""
    looking: bool = False
    card: StarCard = StarCard()
    ready: bool = False
    heading: str = "Analyse a star"

    files: rx.Field[list[FileCard]] = rx.field(default_factory=list)
    files_error: str = ""
    reading: rx.Field[list[Fact]] = rx.field(default_factory=list)
    reading_guess: bool = False
    busy_reading: bool = False
    column_names: rx.Field[list[str]] = rx.field(default_factory=list)
    time_column: str = ""
    flux_column: str = ""
    time_system: str = ""
    flux_unit: str = ""

    chips: rx.Field[list[Chip]] = rx.field(default_factory=list)
    authors: rx.Field[list[tuple[str, str]]] = rx.field(default_factory=list)
    author: str = ""
    data_words: str = ""

    quality: str = "default"
    detrend: str = "yes"
    normalise: str = "median"
    gap_fill: str = "none"
    window: str = ""
    window_error: str = ""
    cleaning_words: str = ""

    preset: str = "standard"
    times: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    slider: rx.Field[list[int]] = rx.field(default_factory=lambda: [0, 0])
    slider_key: str = ""
    period_min: str = "0.5"
    period_max: str = "13"
    period_error: str = ""
    period_hint: str = ""
    periods_suggested: bool = True
    engine: str = ""
    max_signals: str = ""
    planets: rx.Field[list[PlanetChoice]] = rx.field(default_factory=list)
    reach: Reach = Reach()
    search_facts: rx.Field[list[Fact]] = rx.field(default_factory=list)
    star_radius: str = ""
    star_mass: str = ""
    star_error_numbers: str = ""
    starting: bool = False

    _watching: int = 0

    # ---- drawing ------------------------------------------------------------------------------------------------

    async def _load(self, viewer: Viewer) -> Draft:
        return await asyncio.to_thread(store.load, viewer.user_id)

    async def _save(self, viewer: Viewer, draft: Draft) -> None:
        await asyncio.to_thread(store.save, viewer.user_id, draft)

    async def _change(self, viewer: Viewer, change: Callable[[Draft], Draft]) -> Draft:
        """Change the draft, keep it, show it."""
        draft = change(await self._load(viewer))
        await self._save(viewer, draft)
        await self._show(viewer, draft)
        return draft

    async def _show(self, viewer: Viewer, draft: Draft) -> LookupResult | None:
        """Draw everything from the draft."""
        found: LookupResult | None = None
        if draft.way != "file" and draft.lookup_job:
            found = await asyncio.to_thread(jobs_door.lookup_result, viewer.user_id, draft.lookup_job)
        self._show_star(draft, found)
        watched = await self._show_data(viewer, draft, found)
        self._show_clean(draft)
        await self._show_search(viewer, draft, found, watched)
        return found

    def _show_star(self, draft: Draft, found: LookupResult | None) -> None:
        self.way, self.text, self.ra, self.dec = draft.way, draft.text, draft.ra, draft.dec
        self.looking = found is not None and found.state == "waiting"
        self.card = StarCard()
        if found is not None and found.state == "failed":
            self.star_error = found.sentence
        elif found is not None and found.state == "done":
            self.star_error = ""
            self.card = views.star_card(found)
            if not found.products:
                self.star_error = "The star is known, but neither TESS nor Kepler has a light curve of it."
        self.ready = bool(found is not None and found.state == "done" and found.products)

    async def _show_data(self, viewer: Viewer, draft: Draft, found: LookupResult | None) -> Watched | None:
        """Fill in the data step; returns how long the star was watched, as far as known."""
        self._show_columns(draft)
        if draft.way == "file":
            return await self._show_files(viewer, draft)
        self.files, self.reading, self.column_names, self.files_error = [], [], [], ""
        if found is None or found.state != "done":
            self.chips, self.authors, self.data_words = [], [], ""
            self.heading = "Analyse a star"
            return None
        self.heading = found.name or draft.target_text
        self.chips = views.product_chips(draft, found.products)
        self.authors = views.authors(found.products)
        self.author = draft.author
        self.data_words = views.data_words(draft, found.products)
        return views.archive_times(draft, found.products)

    async def _show_files(self, viewer: Viewer, draft: Draft) -> Watched | None:
        rows = await asyncio.to_thread(uploads.uploads_of, viewer.user_id, draft.upload_ids)
        reading = together(rows)
        self.files = [views.file_card(row) for row in rows]
        self.files_error = draft.files_error
        # a file whose columns are not understood may go on to the next step, where they can be named
        self.ready = bool(rows) and not draft.files_error
        self.heading = rows[0].name if rows else "Analyse a star"
        self.data_words = views.files_words(reading, len(rows))
        self.reading = views.reading_facts(reading) if reading else []
        self.reading_guess = bool(reading and reading.needs_confirmation)
        self.column_names = list(reading.columns_found[:200]) if reading else []
        self.chips, self.authors, self.author = [], [], ""
        if reading is None:
            return None
        self.time_column = draft.columns.time or reading.columns.time
        self.flux_column = draft.columns.flux or reading.columns.flux
        return views.files_times(reading)

    def _show_columns(self, draft: Draft) -> None:
        """Show the person's own reading of the columns."""
        self.time_system = draft.columns.time_system or ""
        self.flux_unit = draft.columns.flux_unit or ""
        self.time_column = draft.columns.time or ""
        self.flux_column = draft.columns.flux or ""

    def _show_clean(self, draft: Draft) -> None:
        clean = draft.clean
        self.quality, self.normalise, self.gap_fill = clean.quality, clean.normalise, clean.gap_fill
        self.detrend = "yes" if clean.detrend else "no"
        self.cleaning_words = views.cleaning_words(clean)
        self.window = f"{clean.window_days:g}" if clean.window_days else ""

    async def _show_search(
        self, viewer: Viewer, draft: Draft, found: LookupResult | None, watched: Watched | None
    ) -> None:
        search = draft.search
        low, high = rules.periods(draft, watched)
        self.preset, self.engine = search.preset, search.engine or ""
        self.max_signals = str(search.max_signals or "")
        self.slider = [rules.slider_of_period(low), rules.slider_of_period(high)]
        self.slider_key = f"{low:g}-{high:g}"
        self.period_min, self.period_max = f"{low:g}", f"{high:g}"
        self.periods_suggested = search.period_min_days is None and search.period_max_days is None
        self.period_hint = rules.long_period_words(high, watched)
        self.planets = views.planet_choices(draft, found)
        self.reach = _reach(draft, found, watched, (low, high))
        self.star_radius = f"{draft.star.radius_sun:g}" if draft.star.radius_sun else ""
        self.star_mass = f"{draft.star.mass_sun:g}" if draft.star.mass_sun else ""
        points, span = (watched.points, watched.span_days) if watched else (18_000, 27.0)
        self.times = await asyncio.to_thread(_expected, viewer.user_id, points, span, (low, high))
        self.search_facts = views.search_facts((low, high), self.heading, self.data_words, self.times[search.preset])

    async def _read_together(self, viewer: Viewer, draft: Draft, *, always: bool = False) -> Draft:
        """Read several files as one star's and keep what was found with each. Returns the draft, with the sentence
        that says why they do not belong together, if so."""
        rows = await asyncio.to_thread(uploads.uploads_of, viewer.user_id, draft.upload_ids)
        error = ""
        if rows and (len(rows) > 1 or always):
            files = [(uploads.path_of(row), row.name) for row in rows]
            reading = await read_apart(files, draft.columns, draft.clean.quality)
            if reading.inspection is None:
                error = reading.error
            else:
                parts = reading.inspection.parts or (reading.inspection,)
                for row, part in zip(rows, parts, strict=False):
                    found = part.model_dump(mode="json")
                    await asyncio.to_thread(uploads.set_inspection, viewer.user_id, row.id, found)
        draft = draft.model_copy(update={"files_error": error})
        await self._save(viewer, draft)
        return draft


def number_in(text: str) -> float | None:
    """A number as people type it; None for an empty field. Raises ValueError."""
    clean = text.strip().replace(",", ".").replace("\u202f", "")
    return float(clean) if clean else None


def _expected(owner_id: str, points: int, span_days: float, limits: tuple[float, float]) -> dict[str, str]:
    with read_scope() as session:
        return estimates.expected(session, owner_id, estimates.size_of(points, span_days, limits))


def together(rows: list[Any]) -> Any:
    """One inspection of several uploads: the only one, or the parts' counts summed. None where one has none."""
    from data.formats.inspection import Inspection

    if not rows or any("error" in row.inspection for row in rows):
        return None
    parts = [Inspection.model_validate(row.inspection) for row in rows]
    if len(parts) == 1:
        return parts[0]
    return parts[0].model_copy(
        update={
            "n_rows": sum(p.n_rows for p in parts),
            "n_usable": sum(p.n_usable for p in parts),
            "start_bjd": min(p.start_bjd for p in parts),
            "stop_bjd": max(p.stop_bjd for p in parts),
            "labels": tuple(label for p in parts for label in p.labels),
            "time_system_sure": all(p.time_system_sure for p in parts),
            "flux_unit_sure": all(p.flux_unit_sure for p in parts),
            "mask_sentence": f"{sum(p.n_usable for p in parts):,} of {sum(p.n_rows for p in parts):,} rows are used.",
        }
    )


def _reach(draft: Draft, found: LookupResult | None, watched: Watched | None, limits: tuple[float, float]) -> Reach:
    """What could be found around a star of the catalogue; the person's own size of the star wins. TESS only."""
    if found is None or found.star is None or any(p.label[:1] != "S" for p in found.products if p.chosen):
        return Reach()
    star = found.star
    radius = draft.star.radius_sun or (star.radius_sun.value if star.radius_sun else None)
    mass = draft.star.mass_sun or (star.mass_sun.value if star.mass_sun else None)
    return reach_of(star.tmag, radius, mass, watched, limits)
