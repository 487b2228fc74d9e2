"""What the archive has of a star: files, and which of them are taken unless a person chooses otherwise. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from science.stars import Star

from .targets import Target, without_planet_letter

MissionName = Literal["TESS", "Kepler", "K2"]

#: Pipelines whose light curves we read, best first within each mission. At equal rank the preferred cadence decides.
PIPELINES: dict[MissionName, tuple[str, ...]] = {
    "TESS": ("SPOC", "TESS-SPOC", "QLP", "TGLC", "TASOC", "GSFC-ELEANOR-LITE"),
    "Kepler": ("Kepler",),
    "K2": ("K2", "K2SFF", "EVEREST"),
}

#: Preferred exposure within a pipeline, in seconds: 2 minutes resolve every transit at a sixth of the 20-s volume.
_PREFERRED_SECONDS: dict[MissionName, float] = {"TESS": 120.0, "Kepler": 1800.0, "K2": 1800.0}

_LETTER: dict[MissionName, str] = {"TESS": "S", "Kepler": "Q", "K2": "C"}


@dataclass(frozen=True, slots=True)
class KnownPlanet:
    """A planet or candidate already listed for a star. `epoch_bjd` is BJD_TDB; None where the list has no value."""

    name: str
    status: Literal["confirmed", "candidate", "false positive"]
    period_days: float | None
    epoch_bjd: float | None
    duration_hours: float | None
    depth_ppm: float | None
    radius_earth: float | None
    source: str


@dataclass(frozen=True, slots=True)
class ResolvedStar:
    """A star as the archives know it. Angles in degrees (ICRS, J2000). None where the catalogues have nothing.

    `known_planets` is None where the list of planets could not be asked. `note` says when something comes from the
    cache because an archive is down; empty otherwise.
    """

    name: str
    tic_id: int | None
    ra_deg: float
    dec_deg: float
    star: Star
    target: Target
    kic_id: int | None = None
    epic_id: int | None = None
    known_planets: tuple[KnownPlanet, ...] | None = None
    known_planets_note: str = ""
    note: str = ""

    @property
    def common_name(self) -> str:
        """The name by which the star's confirmed planets are called ("pi Men" for TIC 261136679); empty where none."""
        for planet in self.known_planets or ():
            if planet.status == "confirmed" and not planet.name.startswith(("TOI-", "TIC ")):
                return without_planet_letter(planet.name) or ""
        return ""

    @property
    def archive_names(self) -> tuple[str, ...]:
        """The names under which MAST files this star's observations."""
        names = []
        if self.tic_id is not None:
            names.append(str(self.tic_id))
        if self.kic_id is not None:
            names.append(f"kplr{self.kic_id:09d}")
        if self.epic_id is not None:
            names.append(f"ktwo{self.epic_id:09d}")
        return tuple(names)


@dataclass(frozen=True, slots=True)
class Product:
    """One light-curve file at the archive. `number`: sector, quarter or campaign. `size_bytes` None where not told."""

    uri: str
    file_name: str
    mission: MissionName
    number: int | None
    author: str
    cadence_seconds: float
    size_bytes: int | None
    year: int | None
    target_name: str = ""

    @property
    def label(self) -> str:
        """ "S16", "Q3", "C5"; the file name where there is no number."""
        return f"{_LETTER[self.mission]}{self.number}" if self.number is not None else self.file_name

    @property
    def part(self) -> str:
        """Half of a K2 campaign that was cut in two (9, 10, 11: files "c91", "c92" …); empty otherwise."""
        match = re.search(r"-c(?:9|10|11)([12])_", self.file_name) if self.mission == "K2" else None
        return match[1] if match else ""

    @property
    def rank(self) -> tuple[int, float, str]:
        """Sorts the better file of one sector first."""
        known = PIPELINES[self.mission]
        place = known.index(self.author) if self.author in known else len(known)
        return place, abs(self.cadence_seconds - _PREFERRED_SECONDS[self.mission]), self.file_name


class ProductList(tuple[Product, ...]):
    """Products, sorted by mission, number and rank. `note` says when the list is an old one from the cache;
    `preferred` is the mission that the person's spelling of the star means ("TIC …": TESS), None where it does not say.
    """

    note: str = ""
    preferred: MissionName | None = None

    @classmethod
    def of(cls, products: Iterable[Product], note: str = "", preferred: MissionName | None = None) -> ProductList:
        """Sorted list of `products` with a note and the preferred mission."""
        made = cls(sorted(products, key=lambda p: (p.mission, p.number if p.number is not None else -1, p.rank)))
        made.note = note
        made.preferred = preferred
        return made


def choose_default(products: Iterable[Product], mission: MissionName | None = None) -> tuple[Product, ...]:
    """The files to analyse unless a person chooses: the best one of each sector, of one mission.

    SPOC 2 min before 20 s before TESS-SPOC before QLP and the others; Kepler and K2 in long cadence. Without
    `mission`: the one a ProductList prefers; else Kepler where there is any (years of one star, the finest
    photometry), then TESS, then K2. Files of pipelines that we cannot read are never chosen.
    """
    if mission is None and isinstance(products, ProductList):
        mission = products.preferred
    readable = [p for p in products if p.author in PIPELINES[p.mission]]
    present = {p.mission for p in readable}
    order: tuple[MissionName, ...] = ("Kepler", "TESS", "K2")
    if mission is not None:
        order = (mission, *(m for m in order if m != mission))
    chosen = next((m for m in order if m in present), None)
    best: dict[tuple[int | str, str], Product] = {}
    for product in sorted((p for p in readable if p.mission == chosen), key=lambda p: p.rank):
        best.setdefault((product.number if product.number is not None else product.file_name, product.part), product)
    return tuple(sorted(best.values(), key=lambda p: (p.number if p.number is not None else -1, p.file_name)))


def planets_in_words(planets: Iterable[KnownPlanet]) -> str:
    """ "Two planets are already known here.", also with candidates; empty where nothing is known."""
    found = tuple(planets)
    confirmed = sum(p.status == "confirmed" for p in found)
    candidates = sum(p.status == "candidate" for p in found)
    parts = []
    if confirmed:
        parts.append(f"{_count(confirmed)} planet{'s' if confirmed > 1 else ''}")
    if candidates:
        parts.append(f"{_count(candidates)} candidate{'s' if candidates > 1 else ''}")
    if not parts:
        return ""
    text = " and ".join(parts)
    verb = "is" if confirmed + candidates == 1 else "are"
    return f"{text[0].upper()}{text[1:]} {verb} already known here."


def _count(number: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[number] if number < len(words) else str(number)
