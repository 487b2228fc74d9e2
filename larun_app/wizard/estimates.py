"""How long a search will take: from this person's own last runs where there are any, else from a simple model.

The model's constants are CPU seconds measured with `larun bench end-to-end` on two cores of an ordinary server.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from data.requests import Preset
from larun_app.progress.stages import typical_seconds
from larun_app.ui.numbers import about

#: Seconds before and after the search, and seconds of the search per 10 000 points and 10 days of longest period.
_FIXED: dict[Preset, float] = {"quick": 3.0, "standard": 5.0, "thorough": 6.0}
_PER_UNIT: dict[Preset, float] = {"quick": 0.4, "standard": 2.5, "thorough": 12.0}


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to search."""

    points: int
    period_max_days: float


def model_seconds(preset: Preset, size: Size) -> float:
    """Seconds from the size of the data alone."""
    return _FIXED[preset] + _PER_UNIT[preset] * (size.points / 10_000) * max(0.2, size.period_max_days / 10)


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
