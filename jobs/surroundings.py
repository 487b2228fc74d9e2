"""What lies around the star: its neighbours in the catalogues and its pixels. Extras that may be missing, but never
silently.

The archives are asked in a hurry: a star whose neighbours cannot be had is still searched and tested, and each test
that needed them says why it was not run.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data.requests import RunRequest
from jobs.context import RunContext
from jobs.fetching import SourceFile
from jobs.why_not_asked import (
    NO_CATALOGUES_ASKED,
    NO_PIXELS_ASKED,
    NO_POSITION,
    OFFLINE_VARIABLE,
    SIMULATED,
    SWITCHED_OFF,
)
from science.lightcurve import LightCurve
from science.neighbours import StarField
from science.pixels import PixelCube
from science.stars import Star

if TYPE_CHECKING:
    from data.archives.products import KnownPlanet
    from data.archives.targets import Target

#: Stars further than this add nothing to a TESS aperture (ten pixels); Kepler's pixels are five times smaller.
FIELD_ARCSEC = {"TESS": 210.0, "Kepler": 40.0, "K2": 40.0, "other": 210.0}

#: Pixels of so many sectors settle where the dips are; more would only take longer.
SECTORS_WITH_PIXELS = 6


@dataclass(frozen=True, slots=True)
class Around:
    """The field and known planets, or why they are missing; `epoch_year` is the middle of the observations."""

    field: StarField | None = None
    why_no_field: str = ""
    known: tuple[KnownPlanet, ...] | None = None
    why_not_known: str = ""
    sectors_observed: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Movies:
    """The pixels of some sectors, or why there are none."""

    cubes: tuple[PixelCube, ...] = ()
    why_none: str = ""
    notes: tuple[str, ...] = ()


def epoch_year(curves: Sequence[LightCurve]) -> float:
    """Julian year of the middle of the observations."""
    middle = float(np.median([np.median(c.time_bjd) for c in curves]))
    return 2000.0 + (middle - 2451545.0) / 365.25


def look_around(
    request: RunRequest, star: Star, curves: Sequence[LightCurve], simulated: bool, context: RunContext
) -> Around:
    """The stars of the field and the planets already known. Never raises for an archive that is down."""
    why = "" if request.vet.neighbours else NO_CATALOGUES_ASKED
    why = why or _why_not_ask(star, simulated)
    if why:
        return Around(why_no_field=why, why_not_known=why)
    from data.archives import field as fields
    from data.archives import sectors
    from data.archives.circuit import hurried
    from data.archives.errors import ArchiveError
    from data.archives.settings import ArchiveSettings

    settings = hurried(ArchiveSettings.from_env())
    context.progress(0.95, "asking the catalogues who else is in the picture")
    mission = curves[0].mission
    found, why_no_field, notes = None, "", ()
    try:
        found = fields.star_field(star, epoch_year(curves), FIELD_ARCSEC[mission], settings)
        notes = found.notes
    except ArchiveError as error:
        why_no_field = str(error)
    known, why_not_known = None, "The star has no TIC number, under which planets are listed."
    if star.tic_id is not None:
        from data.archives.exoplanet_archive import known_planets

        known = known_planets(star.tic_id, settings)
        why_not_known = "" if known is not None else "The NASA Exoplanet Archive does not answer."
    observed: tuple[int, ...] = ()
    if star.ra_deg is not None and star.dec_deg is not None and mission == "TESS":
        observed = tuple(s.sector for s in sectors.sectors_observed(star.ra_deg, star.dec_deg))
    return Around(found, why_no_field, known, why_not_known, observed, notes)


def fetch_movies(
    request: RunRequest,
    target: str,
    star: Star,
    curves: Sequence[LightCurve],
    files: Sequence[SourceFile],
    wanted: Sequence[str],
    simulated: bool,
    context: RunContext,
) -> Movies:
    """The pixels of `target` in the sectors `wanted` (labels, best first), at most SECTORS_WITH_PIXELS.

    Where the light itself was made from `files` of pixels, those are taken and the archive is not asked. Never raises
    for an archive that is down.
    """
    own = _own_movies(curves, files)
    if own.cubes:
        return own
    why = "" if request.vet.pixels else NO_PIXELS_ASKED
    why = why or _why_not_ask(star, simulated)
    if why:
        return Movies(why_none=why)
    from data.archives import mast, pixels
    from data.archives.circuit import hurried
    from data.archives.errors import ArchiveError
    from data.archives.settings import ArchiveSettings
    from data.archives.targets import NotATarget
    from data.formats.errors import UnreadableFile
    from data.formats.pixel_files import read_pixels

    settings = hurried(ArchiveSettings.from_env())
    numbers = [number for label in wanted for number in [_number_of(curves, label)] if number is not None]
    cubes: list[PixelCube] = []
    try:
        resolved = mast.resolve(_as_target(target, star), settings, with_planets=False)
        mission = curves[0].mission if curves[0].mission != "other" else None
        products = pixels.list_pixels(
            resolved, numbers or None, settings, mission=mission, sectors_max=SECTORS_WITH_PIXELS
        )
    except (ArchiveError, NotATarget) as error:
        return Movies(why_none=str(error))
    notes = list(products.notes)
    for i, product in enumerate(products):
        context.progress(0.3 + 0.3 * i / len(products), f"pixels of {product.label}, {i} of {len(products)} here")
        try:
            path = pixels.fetch_pixels(product, None, settings)
            cubes.append(read_pixels(path, product.file_name))
        except (ArchiveError, UnreadableFile) as error:
            notes.append(f"Pixels of {product.label}: {error}")
    if not cubes:
        return Movies(why_none=" ".join(notes) or "The archive has no pixels of these sectors.", notes=tuple(notes))
    return Movies(tuple(cubes), "", tuple(notes))


def _own_movies(curves: Sequence[LightCurve], files: Sequence[SourceFile]) -> Movies:
    """The pixels of the files that the light was made from."""
    made = {c.source for c in curves if c.pipeline in ("target pixels", "full-frame cut-out")}
    if not made:
        return Movies()
    from data.formats.pixel_files import read_pixels

    cubes = [read_pixels(f.path, f.name) for f in files if f.name in made]
    return Movies(tuple(cubes[:SECTORS_WITH_PIXELS]))


def _number_of(curves: Sequence[LightCurve], label: str) -> int | None:
    return next((c.number for c in curves if c.label == label), None)


def _as_target(target: str, star: Star) -> Target:
    """The star as the archive knows it: by the name of the run, else by its TIC number, else by its place."""
    from data.archives.targets import NotATarget, parse_target

    for text in (target, f"TIC {star.tic_id}" if star.tic_id is not None else ""):
        try:
            parsed = parse_target(text)
        except NotATarget:
            continue
        if parsed.kind != "name":  # the name of a file is no name of a star
            return parsed
    return parse_target(f"{star.ra_deg} {star.dec_deg}")


def _why_not_ask(star: Star, simulated: bool) -> str:
    if simulated:
        return SIMULATED
    if os.environ.get(OFFLINE_VARIABLE):
        return SWITCHED_OFF
    if star.ra_deg is None or star.dec_deg is None or not abs(star.dec_deg) <= 90:
        return NO_POSITION
    return ""
