"""What may be chosen about a fit, with one plain sentence each."""

from __future__ import annotations

import dataclasses
from typing import Literal, get_args

from data.requests import FitChoice

Switch = Literal["eccentric", "use_stellar_density", "gaussian_process", "nested", "together"]
Minutes = Literal["1", "2", "5", "15", "30"]  # as a select gives them

#: Switch → its name and what it does.
SWITCHES: tuple[tuple[Switch, str, str], ...] = (
    (
        "eccentric",
        "The orbit may be stretched",
        "Else it is taken as a circle. The dips alone say little about it, so the errors grow.",
    ),
    (
        "use_stellar_density",
        "Use the star’s density",
        "What is known of the star narrows path and length of the dip; the check against it is then not possible.",
    ),
    (
        "gaussian_process",
        "Allow for slow wander of the light",
        "A Gaussian process describes red noise. For restless stars; it takes several times as long.",
    ),
    (
        "nested",
        "Nested sampling",
        "Another way to sample, slower but at home where several answers fit equally well.",
    ),
)
#: Offered where the star has several signals.
TOGETHER: tuple[Switch, str, str] = (
    "together",
    "All signals together",
    "One fit for all signals of this star. Worth it where their dips overlap; it takes longer.",
)
TIME_LIMITS: tuple[int, ...] = tuple(int(m) for m in get_args(Minutes))


@dataclasses.dataclass
class Chosen:
    """The state of the switches."""

    eccentric: bool = False
    use_stellar_density: bool = False
    gaussian_process: bool = False
    nested: bool = False
    together: bool = False
    minutes: int = 2


def to_request(chosen: Chosen) -> FitChoice:
    """As the job is told. Raises pydantic.ValidationError."""
    return FitChoice(
        sampler="dynesty" if chosen.nested else "emcee",
        eccentric=chosen.eccentric,
        use_stellar_density=chosen.use_stellar_density,
        gaussian_process=chosen.gaussian_process,
        budget_seconds=60.0 * chosen.minutes,
        together=chosen.together,
    )


def from_request(choice: FitChoice | None) -> Chosen:
    """The switches as they were for an earlier fit; the nearest time limit that is not shorter."""
    if choice is None:
        return Chosen()
    minutes = next((m for m in TIME_LIMITS if 60 * m >= choice.budget_seconds), TIME_LIMITS[-1])
    return Chosen(
        eccentric=choice.eccentric,
        use_stellar_density=choice.use_stellar_density,
        gaussian_process=choice.gaussian_process,
        nested=choice.sampler == "dynesty",
        together=choice.together,
        minutes=minutes,
    )
