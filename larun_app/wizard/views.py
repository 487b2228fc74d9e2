"""What the wizard's page shows, made from the draft, the archive's answer and the uploads. Pure functions."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from data.archives.targets import parse_target
from data.formats.inspection import Inspection
from data.report import StellarReport
from data.requests import CleanChoice
from data.tables import Upload
from larun_app.ui.numbers import bytes_words, cadence_words, count
from larun_app.wizard.draft import Draft, Watched, chosen_ids
from science.rounding import THIN, number, significant, with_error

if TYPE_CHECKING:
    from jobs.start import FoundProduct, LookupResult

LIGHT_YEARS_PER_PARSEC = 3.26156
TESS_SECTOR_DAYS = 27.4
KEPLER_QUARTER_DAYS = 90.0
#: Radius of the drawn star in its 60-pixel picture; the dashed circle of the Sun has 28 pixels when both fit.
_PICTURE_RADIUS = 28.0

_COLOURS = ((3900.0, "#E8684A"), (5300.0, "#E9A14B"), (6000.0, "#F2C14E"), (7300.0, "#F4E3B0"), (1e9, "#BFD3F2"))


@dataclasses.dataclass
class StarCard:
    """The star that was found."""

    shown: bool = False
    name: str = ""
    words: str = ""
    brightness: str = ""
    size: str = ""
    size_err: str = ""
    surface: str = ""
    surface_err: str = ""
    watched: str = ""
    watched_unit: str = ""
    cached: str = ""
    planets: str = ""
    radius_px: str = "0"
    sun_px: str = "0"
    colour: str = "#F2C14E"
    coverage: list[bool] = dataclasses.field(default_factory=list)
    coverage_words: str = ""
    coverage_first: str = ""
    coverage_last: str = ""


@dataclasses.dataclass
class FileCard:
    """One uploaded file and what we read in it."""

    id: str = ""
    name: str = ""
    size: str = ""
    summary: str = ""
    error: str = ""
    notes: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Chip:
    """A product of the archive that can be switched on or off."""

    id: str = ""
    label: str = ""
    detail: str = ""
    on: bool = False


@dataclasses.dataclass
class Fact:
    """A name and what it is."""

    name: str = ""
    value: str = ""


@dataclasses.dataclass
class PlanetChoice:
    """A known planet that can be hidden before the search."""

    name: str = ""
    words: str = ""
    on: bool = False
    possible: bool = False


# ---- the star ---------------------------------------------------------------------------------------------------


def star_card(found: LookupResult) -> StarCard:
    """The card of a found star. What is unknown is left out or says so."""
    star = found.star or StellarReport()
    card = StarCard(shown=True, name=found.name or star.name, cached=found.from_cache)
    ids = f"TIC {star.tic_id}" if star.tic_id is not None and f"TIC {star.tic_id}" != card.name else ""
    away = f"{significant(star.distance_pc * LIGHT_YEARS_PER_PARSEC, 3)} light-years away" if star.distance_pc else ""
    first = ", ".join(filter(None, (ids, away)))
    kind = star.words.split(", ")[0] if star.words else ""
    comparison = _beside_the_sun(star)
    second = ". ".join(filter(None, (kind and f"{_article(kind)} {kind[0].lower()}{kind[1:]}{comparison}",)))
    card.words = ". ".join(filter(None, (first, second))) + "."
    card.words = card.words.lstrip(".")
    if star.tmag is not None:
        card.brightness = f"{star.tmag:.1f}"
    if star.radius_sun is not None:
        card.size, error = with_error(star.radius_sun.value, star.radius_sun.error)
        card.size_err = f"± {error} Suns" if error else "Suns"
        card.radius_px, card.sun_px = _picture(star.radius_sun.value)
    if star.teff_k is not None:
        card.surface, error = with_error(star.teff_k.value, star.teff_k.error)
        card.surface_err = f"± {error}{THIN}K" if error else "K"
        card.colour = next(colour for edge, colour in _COLOURS if star.teff_k.value < edge)
    labels = sorted({p.label for p in found.products})
    card.watched, card.watched_unit = str(len(labels)), _period_noun(found.products, len(labels))
    _coverage(card, found.products)
    card.planets = _planets_words(found)
    return card


def _article(word: str) -> str:
    return "An" if word[:1].lower() in "aeiou" else "A"


def _beside_the_sun(star: StellarReport) -> str:
    parts = []
    if star.radius_sun is not None:
        parts.append("smaller" if star.radius_sun.value < 0.95 else "larger" if star.radius_sun.value > 1.05 else "")
    if star.teff_k is not None:
        parts.append("cooler" if star.teff_k.value < 5600 else "hotter" if star.teff_k.value > 5950 else "")
    told = [p for p in parts if p]
    if not told:
        return " much like the Sun" if parts else ""
    circle = " (dashed circle)" if star.radius_sun is not None else ""
    return f", {' and '.join(told)} than the Sun{circle}"


def _picture(radius_sun: float) -> tuple[str, str]:
    if radius_sun <= 1:
        return f"{max(2.0, _PICTURE_RADIUS * radius_sun):.1f}", f"{_PICTURE_RADIUS:.1f}"
    return f"{_PICTURE_RADIUS:.1f}", f"{max(1.0, _PICTURE_RADIUS / radius_sun):.1f}"


def _period_noun(products: Sequence[FoundProduct], n: int) -> str:
    letters = {p.label[:1] for p in products}
    noun = {"Q": "quarter", "C": "campaign"}.get(letters.pop(), "sector") if len(letters) == 1 else "stretch"
    if noun == "stretch":
        return "stretch" if n == 1 else "stretches"
    return noun if n == 1 else noun + "s"


def _coverage(card: StarCard, products: Sequence[FoundProduct]) -> None:
    """One mark a sector from the first to the last, filled where the star was watched."""
    seen = {p.sector: p.year for p in products if p.sector is not None}
    if not seen or len({p.label[:1] for p in products if p.sector is not None}) != 1:
        return
    first, last = min(seen), max(seen)
    noun = _period_noun(products, 1).capitalize()
    margin = 2 if last - first < 20 else 0
    low, high = max(1 if noun != "Quarter" else 0, first - margin), last + margin
    card.coverage = [n in seen for n in range(low, high + 1)]
    listed = [str(n) for n in sorted(seen)]
    words = listed[0] if len(listed) == 1 else ", ".join(listed[:-1]) + " and " + listed[-1]
    card.coverage_words = f"{noun}{'' if len(listed) == 1 else 's'} {words} of {low} to {high}"
    card.coverage_first = f"{noun} {first}" + (f", {seen[first]}" if seen[first] else "")
    card.coverage_last = f"{noun} {last}" + (f", {seen[last]}" if seen[last] else "") if last != first else ""


def _planets_words(found: LookupResult) -> str:
    n = len(found.known_planets)
    if not n:
        return ""
    many = {1: "One planet or candidate is", 2: "Two planets or candidates are", 3: "Three planets or candidates are"}
    return (
        f"{many.get(n, f'{n} planets or candidates are')} already known here. That makes it a good star to learn on: "
        "you can check your result against theirs."
    )


# ---- the data ---------------------------------------------------------------------------------------------------


def product_chips(draft: Draft, products: Sequence[FoundProduct]) -> list[Chip]:
    """One chip a file of the archive; of one author when one is chosen."""
    on = set(chosen_ids(draft, products))  # type: ignore[arg-type]
    shown = [p for p in products if not draft.author or p.author == draft.author]
    if not draft.author:  # all authors: the chosen files, and the best other one where a sector has none chosen
        taken = {p.label for p in products if p.id in on}
        best: dict[str, str] = {}
        for product in products:
            best.setdefault(product.label, product.id)
        shown = [p for p in products if p.id in on or (p.label not in taken and best[p.label] == p.id)]
    return [
        Chip(
            id=p.id,
            label=p.label,
            detail=", ".join(filter(None, (p.author, cadence_words(p.cadence_seconds), str(p.year) if p.year else ""))),
            on=p.id in on,
        )
        for p in shown
    ]


def authors(products: Sequence[FoundProduct]) -> list[tuple[str, str]]:
    """Choices of who measured the light: the suggestion first, then each author with the sectors they have."""
    counts: dict[str, set[str]] = {}
    for product in products:
        counts.setdefault(product.author, set()).add(product.label)
    if len(counts) < 2:
        return []
    ranked = sorted(counts.items(), key=lambda item: -len(item[1]))
    return [
        ("", "The best of each sector (suggested)"),
        *((name, f"{name}, {count(len(s), 'sector')}") for name, s in ranked),
    ]


def archive_times(draft: Draft, products: Sequence[FoundProduct]) -> Watched | None:
    """Roughly how long the star was watched, over what time; None with nothing switched on."""
    on = [p for p in products if p.id in set(chosen_ids(draft, products))]  # type: ignore[arg-type]
    numbers = sorted({p.sector for p in on if p.sector is not None})
    if not on:
        return None
    each = KEPLER_QUARTER_DAYS if on[0].label[:1] in ("Q", "C") else TESS_SECTOR_DAYS
    points = sum(int(0.85 * each * 86_400 / max(p.cadence_seconds, 1.0)) for p in on)
    stretches = max(1, len(numbers))
    span = each * (numbers[-1] - numbers[0] + 1) if numbers else each
    return Watched(span_days=span, watched_days=each * stretches, stretches=stretches, points=points)


def data_words(draft: Draft, products: Sequence[FoundProduct]) -> str:
    """What is switched on, in a few words: "5 sectors, 2 min, 9 MB"."""
    on = [p for p in products if p.id in set(chosen_ids(draft, products))]  # type: ignore[arg-type]
    if not on:
        return "nothing chosen"
    steps = sorted({cadence_words(p.cadence_seconds) for p in on})
    size = sum(p.bytes or 0 for p in on)
    parts = [f"{len(on)} {_period_noun(on, len(on))}", " and ".join(steps), bytes_words(size) if size else ""]
    return ", ".join(filter(None, parts))


def file_card(upload: Upload) -> FileCard:
    """One uploaded file."""
    found: Mapping[str, Any] = upload.inspection
    card = FileCard(id=upload.id, name=upload.name, size=bytes_words(upload.bytes), error=str(found.get("error", "")))
    if not card.error:
        read = Inspection.model_validate(found)
        span = read.stop_bjd - read.start_bjd
        card.summary = (
            f"{read.format}. {number(read.n_usable)} usable points over {significant(span, 3)} days, "
            f"one every {cadence_words(read.cadence_seconds)}."
        )
        card.notes = list(read.notes)
        card.warnings = list(read.warnings)
    return card


def reading_facts(read: Inspection) -> list[Fact]:
    """How the files are understood, for confirmation."""
    columns = read.columns
    facts = [
        Fact("Format", read.format),
        Fact("Time", f"Column “{columns.time}”, {read.time_system}" + ("" if read.time_system_sure else " (a guess)")),
        Fact(
            "Brightness", f"Column “{columns.flux}”, {read.flux_unit}" + ("" if read.flux_unit_sure else " (a guess)")
        ),
        Fact("Errors", f"Column “{columns.flux_err}”" if columns.flux_err else "None given, measured from the scatter"),
        Fact("Used", read.mask_sentence),
    ]
    masked = [f"{bit.name} ({number(bit.rows)})" for bit in read.quality_bits if bit.masked and bit.rows]
    if masked:
        facts.append(Fact("Left out", ", ".join(masked)))
    if read.labels:
        facts.append(Fact("Parts", ", ".join(read.labels[:30])))
    return facts


def files_times(read: Inspection) -> Watched:
    """How long the uploaded light watched its star."""
    stretches = max(1, len(read.labels))
    span = read.stop_bjd - read.start_bjd
    covered = min(span, read.n_rows * read.cadence_seconds / 86_400)
    return Watched(span_days=span, watched_days=covered, stretches=stretches, points=read.n_usable)


def files_words(read: Inspection | None, n_files: int) -> str:
    """The uploaded data in a few words."""
    if read is None:
        return count(n_files, "file")
    return f"{count(n_files, 'file')}, {count(read.n_usable, 'point')}, {cadence_words(read.cadence_seconds)}"


# ---- search and review ------------------------------------------------------------------------------------------


def cleaning_words(clean: CleanChoice) -> str:
    """How the light is cleaned, in one line."""
    left_out = {"none": "Every point is kept", "hard": "Everything marked is left out"}.get(
        clean.quality, "Spoilt points are left out"
    )
    return f"{left_out}, slow changes {'taken out' if clean.detrend else 'left in'}"


def planet_choices(draft: Draft, found: LookupResult | None) -> list[PlanetChoice]:
    """Known planets, each with whether it can be hidden (its times must be known)."""
    if found is None:
        return []
    return [
        PlanetChoice(
            name=k.name,
            words=(f"every {significant(k.period_days, 3)} days" if k.period_days else "period unknown")
            + (f", {k.disposition}" if k.disposition else ""),
            on=k.name in draft.hide_planets,
            possible=k.period_days is not None and k.epoch_bjd is not None and k.duration_hours is not None,
        )
        for k in found.known_planets
    ]


def search_facts(limits: tuple[float, float], star: str, data: str, time: str) -> list[Fact]:
    """The column at the right of the search step."""
    low, high = limits
    return [
        Fact("Star", star),
        Fact("Data", data),
        Fact("Periods", f"{low:g} to {high:g} days"),
        Fact("Time", time),
    ]


def tidy_target(text: str) -> str:
    """The spelling of a target that the archive is asked for. Raises NotATarget."""
    return parse_target(text).text
