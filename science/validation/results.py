"""What a validation answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["validated", "likely planet", "likely nearby false positive", "likely false positive", "not decided"]


@dataclass(frozen=True, slots=True)
class VariantResult:
    """Evidence of one explanation on one star."""

    code: str
    scenario: str
    star: str
    ln_z: float
    ln_z_err: float
    effective_size: float
    draws: int
    probability: float
    probability_err: float


@dataclass(frozen=True, slots=True)
class Probability:
    """A probability and its Monte-Carlo error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Planet:
    """What the planet on the target would be: median radius, and the share of the draws in which it grazes the star."""

    radius_earth: float
    grazing: float


@dataclass(frozen=True, slots=True)
class Validation:
    """The posterior over the explanations. `scenarios` maps each of the eight names to its probability."""

    fpp: Probability
    nfpp: Probability
    verdict: Verdict
    reason: str  # one sentence
    scenarios: dict[str, Probability]
    variants: tuple[VariantResult, ...]
    neighbours: dict[str, Probability]
    draws: int
    seed: int
    planet: Planet | None = None
