"""The stars around a target: Gaia DR3 and the TESS Input Catalog, matched, at the epoch of the observation.

Waits for the network, so it belongs into workers; with `circuit.hurried` settings it waits for seconds only.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from science.neighbours import StarField
from science.stars import Star

from .errors import ArchiveUnavailable, ServiceUnreachable, TargetNotFound
from .field_matching import moved, separations
from .field_stars import TIC_COLUMNS, TIC_EPOCH_YEAR, Catalogues, GaiaTable, TicTable, target_row
from .gaia import ROWS_MAX, GaiaCone, gaia_cone
from .portal import MastPortal
from .settings import ArchiveSettings
from .sky_answers import labelled, remembered

TIC_RELEASE = "TIC v8.2"

TESS_RADIUS_ARCSEC = 210.0  # ten pixels
KEPLER_RADIUS_ARCSEC = 30.0
RADIUS_MAX_ARCSEC = 1800.0
GAIA_EPOCH_YEAR = 2016.0

#: Asked beyond the radius, for stars that move into it between the catalogue's epoch and that of the observation.
MARGIN_ARCSEC = 25.0
#: Circles of fast targets are centred anew every so many years, so that answers can be used again.
_CENTRE_STEP_YEARS = 5.0


def star_field(
    star: Star, epoch_year: float, radius_arcsec: float | None = None, settings: ArchiveSettings | None = None
) -> StarField:
    """All stars of Gaia DR3 and the TIC within a radius of `star`, with places of `epoch_year` (Julian year, 2019.5).

    `radius_arcsec`: 210 by default, 30 where the star's band is Kepler's. Stars of both catalogues are matched by
    their Gaia number where it still means the same star, else by place and brightness; stars of one catalogue stay.
    Artefacts, duplicates and galaxies of the TIC are left out and counted in the notes. Without an answer of one
    catalogue the other stands alone, and the notes say so.

    An epoch that cannot be (before 1950, after 2100, NaN) is taken as 2016.0, and noted.

    Raises ArchiveUnavailable where neither answers nor is in the cache, TargetNotFound where the star has neither a
    place nor a known TIC number, ValueError for a radius beyond RADIUS_MAX_ARCSEC or not above 0.
    """
    settings = settings or ArchiveSettings.from_env()
    if radius_arcsec is None:
        radius_arcsec = KEPLER_RADIUS_ARCSEC if star.band == "Kepler" else TESS_RADIUS_ARCSEC
    if not 0 < radius_arcsec <= RADIUS_MAX_ARCSEC:
        raise ValueError(f"radius_arcsec must be between 0 and {RADIUS_MAX_ARCSEC:.0f}, not {radius_arcsec}.")
    ra_deg, dec_deg = _place(star, settings)
    notes: list[str] = []
    if not 1950 <= epoch_year <= 2100:
        epoch_year = GAIA_EPOCH_YEAR
        notes.append("When the star was observed is not known, so the stars stand where they were in 2016.")
    names: list[str] = []
    tic, tic_failure = _ask_tic(star, ra_deg, dec_deg, radius_arcsec, epoch_year, settings, names, notes)
    centre = _centre(star, tic, ra_deg, dec_deg, epoch_year)
    gaia, gaia_failure = _ask_gaia(star, centre, radius_arcsec, settings, names, notes)
    if tic_failure and gaia_failure:
        raise _neither(tic_failure, gaia_failure)
    both = Catalogues.of(gaia or GaiaTable.empty(), tic or TicTable.empty(), keep_id=star.tic_id)
    notes += both.notes
    row = target_row(both, star, ra_deg, dec_deg, epoch_year)
    if row is None:
        notes.append("The catalogues do not know the target itself: no star at its place has about its brightness.")
        here = float(ra_deg), float(dec_deg)
    else:
        ras, decs = both.places().at(epoch_year)
        here = float(ras[row]), float(decs[row])
    stars, without_magnitude = both.stars(epoch_year, here, radius_arcsec, row, star)
    if row is not None and not (stars and stars[0].is_target):
        notes.append("How bright the target itself is is not known, so it is not among the stars.")
    if without_magnitude:
        notes.append(f"{_counted(without_magnitude, 'star')} without any magnitude could not be used.")
    return StarField(
        ra_deg=here[0],
        dec_deg=here[1],
        radius_arcsec=float(radius_arcsec),
        epoch_year=float(epoch_year),
        stars=stars,
        catalogues=tuple(names),
        complete=gaia is None or gaia.complete,
        notes=tuple(notes),
    )


def _place(star: Star, settings: ArchiveSettings) -> tuple[float, float]:
    """The star's place in degrees; that of its TIC number where it has none, or one that is not on the sky."""
    if star.ra_deg is not None and star.dec_deg is not None and math.isfinite(star.ra_deg) and abs(star.dec_deg) <= 90:
        return star.ra_deg % 360.0, star.dec_deg
    if star.tic_id is None:
        raise TargetNotFound(
            "Neither a place on the sky nor a TIC number of this star is known, so its neighbours cannot be looked up."
        )
    tic_id = star.tic_id

    def ask() -> dict[str, Any]:
        row = _portal(settings).tic_by_number(tic_id)
        known = row is not None and row.get("ra") is not None and row.get("dec") is not None
        return {"columns": {"place": [row["ra"], row["dec"]] if known and row else []}}

    found, _, _ = remembered(settings, "mast", "tic-place", f"tic {tic_id}", ask)
    if not found["columns"]["place"]:
        raise TargetNotFound(f"The TESS Input Catalog has no place for TIC {tic_id}.")
    ra_deg, dec_deg = (float(value) for value in found["columns"]["place"])
    return ra_deg % 360.0, dec_deg


def _ask_tic(
    star: Star, ra_deg: float, dec_deg: float, radius_arcsec: float, epoch_year: float, settings: ArchiveSettings,
    names: list[str], notes: list[str],
) -> tuple[TicTable | None, ArchiveUnavailable | None]:  # fmt: skip
    """The TIC around the star, also where a fast one has gone to by then; or why there is none."""
    try:
        tic, label, note = _tic_cone(ra_deg, dec_deg, radius_arcsec + MARGIN_ARCSEC, settings)
        here = _centre(star, tic, ra_deg, dec_deg, epoch_year)
        away = separations(ra_deg, dec_deg, np.array([here[0]]), np.array([here[1]]))[0][0]
        if away > MARGIN_ARCSEC - 5.0:
            more, _, _ = _tic_cone(*here, radius_arcsec + MARGIN_ARCSEC, settings)
            tic = tic.joined(more)
    except ArchiveUnavailable as error:
        notes.append(f"{error.sentence} The stars are those of Gaia alone, their TESS magnitudes from Gaia's colours.")
        return None, error
    names.append(label)
    if note:
        notes.append(f"{label}: {note}")
    return tic, None


def _ask_gaia(
    star: Star, centre: tuple[float, float], radius_arcsec: float, settings: ArchiveSettings,
    names: list[str], notes: list[str],
) -> tuple[GaiaTable | None, ArchiveUnavailable | None]:  # fmt: skip
    try:
        cone: GaiaCone = gaia_cone(*centre, radius_arcsec + MARGIN_ARCSEC, settings)
    except ArchiveUnavailable as error:
        notes.append(
            f"{error.sentence} The stars are those of the TESS Input Catalog alone; Gaia's signs of double stars are "
            "not known."
        )
        return None, error
    names.insert(0, cone.label)
    if cone.note:
        notes.append(f"{cone.label}: {cone.note}")
    if not cone.complete:
        notes.append(
            f"There are too many stars here: only the brightest {min(len(cone), ROWS_MAX):,} of Gaia are used."
        )
    return GaiaTable.of(cone.columns, complete=cone.complete), None


def _tic_cone(
    ra_deg: float, dec_deg: float, radius_arcsec: float, settings: ArchiveSettings
) -> tuple[TicTable, str, str]:
    """The TIC within a radius of a J2000 place, its name with its age, and why an old answer had to do."""

    def ask() -> dict[str, Any]:
        rows = _portal(settings).tic_cone(ra_deg, dec_deg, radius_arcsec, TIC_COLUMNS)
        return {"columns": {name: [row.get(name) for row in rows] for name in TIC_COLUMNS}}

    key = f"{ra_deg:.3f} {dec_deg:+.3f} {radius_arcsec:.0f}"
    found, age, note = remembered(settings, "mast", "tic-cone", key, ask)
    return TicTable.of(found["columns"]), labelled(TIC_RELEASE, age), note


def _centre(star: Star, tic: TicTable | None, ra_deg: float, dec_deg: float, epoch_year: float) -> tuple[float, float]:
    """Where the target is at about the epoch, by the TIC's proper motion; its place as given without one."""
    if tic is None:
        return ra_deg, dec_deg
    alone = Catalogues.of(GaiaTable.empty(), tic, keep_id=star.tic_id)
    row = target_row(alone, star, ra_deg, dec_deg, epoch_year)
    if row is None:
        return ra_deg, dec_deg
    places = alone.places()
    ra, dec = moved(
        places.ra_deg[row], places.dec_deg[row], places.pm_ra_mas[row], places.pm_dec_mas[row],
        _stepped(epoch_year) - TIC_EPOCH_YEAR,
    )  # fmt: skip
    return float(ra), float(dec)


@lru_cache(maxsize=4)
def _portal(settings: ArchiveSettings) -> MastPortal:
    return MastPortal(settings)


def _stepped(epoch_year: float) -> float:
    return _CENTRE_STEP_YEARS * round(epoch_year / _CENTRE_STEP_YEARS)


def _neither(tic: ArchiveUnavailable, gaia: ArchiveUnavailable) -> ArchiveUnavailable:
    kind = ServiceUnreachable if isinstance(gaia, ServiceUnreachable) else ArchiveUnavailable
    return kind(gaia.service, f"The stars around the target are not known. {tic.sentence} {gaia.sentence}")


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
