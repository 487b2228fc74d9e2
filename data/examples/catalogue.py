"""The bundled examples: what each is, and where its file lies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from science.stars import Star, Value, complete

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class KnownPlanet:
    """A planet from the literature (or the truth of a simulation), to compare a result with."""

    name: str
    period_days: float
    epoch_bjd: float
    depth_ppm: float
    reference: str


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """At most 300 points for a small picture. `kind` "fold": x in hours from mid-transit (or phase for a binary);
    "curve": x in days since the first point. y in ppm around the normal level."""

    kind: Literal["fold", "phase", "curve"]
    x: tuple[float, ...]
    y_ppm: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One star to start from. `title` and `teaser` are for cards, `origin` says where the file is from."""

    id: str
    target: str
    title: str
    teaser: str
    observed: str  # "TESS sector 2"
    path: Path
    simulated: bool
    origin: str
    star: Star
    known: tuple[KnownPlanet, ...]
    thumbnail: Thumbnail


@cache
def list_examples() -> tuple[Example, ...]:
    """All examples, the clear planet first."""
    entries = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))["examples"]
    return tuple(_example(entry) for entry in entries)


def get_example(example_id: str) -> Example:
    """The example with this id. Raises KeyError."""
    for example in list_examples():
        if example.id == example_id:
            return example
    raise KeyError(example_id)


def _example(entry: dict[str, Any]) -> Example:
    return Example(
        id=entry["id"],
        target=entry["target"],
        title=entry["title"],
        teaser=entry["teaser"],
        observed=entry["observed"],
        path=FOLDER / entry["file"],
        simulated=entry["simulated"],
        origin=entry["origin"],
        star=_star(entry["star"]),
        known=tuple(KnownPlanet(**planet) for planet in entry["known"]),
        thumbnail=Thumbnail(
            entry["thumbnail"]["kind"], tuple(entry["thumbnail"]["x"]), tuple(entry["thumbnail"]["y_ppm"])
        ),
    )


def _star(entry: dict[str, Any]) -> Star:
    values: dict[str, Any] = {
        name: Value(entry[name]["value"], entry[name].get("error"), entry[name]["source"])
        for name in ("teff_k", "logg_cgs", "radius_sun", "mass_sun")
        if name in entry
    }
    plain = ("name", "tic_id", "ra_deg", "dec_deg", "tmag", "distance_pc")
    values.update({name: entry[name] for name in plain if name in entry})
    return complete(Star(**values))
