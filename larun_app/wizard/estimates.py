"""How long a search will take: from this person's own last runs where there are any, else from a simple model.

The model is a line through wall-clock seconds of whole runs on two cores: one sector (WASP-4, 14 000 points) took 4, 7
and 9 s as quick, standard and thorough; six sectors (pi Mensae, 100 000 points) 15 s quick and 11 s standard.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from data.requests import Preset
from larun_app.progress.stages import typical_seconds
from larun_app.ui.numbers import about

#: Seconds of any run, and per 10 000 points. Boxes are cheap to try, but each trial reads every point.
_FIXED: dict[Preset, float] = {"quick": 2.5, "standard": 6.0, "thorough": 8.0}
_PER_10K_POINTS: dict[Preset, float] = {"quick": 1.2, "standard": 0.6, "thorough": 2.0}


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to search."""

    points: int


def model_seconds(preset: Preset, size: Size) -> float:
    """Seconds from the size of the data alone."""
    return _FIXED[preset] + _PER_10K_POINTS[preset] * size.points / 10_000


def expected(session: Session, owner_id: str, size: Size) -> dict[str, str]:
    """Words for each preset: "about 40 s"."""
    words = {}
    for preset in ("quick", "standard", "thorough"):
        seen = typical_seconds(session, owner_id, preset)
        modelled = model_seconds(preset, size)
        # earlier runs were of other stars: they count, the size of this one counts too
        seconds = (sum(seen.values()) * modelled) ** 0.5 if len(seen) >= 4 else modelled
        words[preset] = about(seconds)
    return words
