"""What would change a verdict, in sentences: which explanations stand in its way, and what would rule them out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from science import rounding
from science.validation.results import Validation, VariantResult
from science.validation.verdict import LARGEST_RADIUS_EARTH, LIKELY_FPP, VALIDATED_FPP, VALIDATED_NFPP

#: Explanations with less chance than this are not worth a sentence.
_WORTH = 0.002
_MOST_SENTENCES = 4


@dataclass(frozen=True, slots=True)
class _Step:
    """Something that can be done, the explanations that it would rule out, and how to say it."""

    rules_out: Callable[[VariantResult], bool]
    words: str


_STEPS = (
    _Step(
        lambda v: v.scenario in ("heb", "beb", "btp"),
        "An image with high resolution that shows no second star near this one",
    ),
    _Step(
        lambda v: v.scenario == "eb",
        "Radial velocities that stay within some km/s over the period, as those of two stars do not",
    ),
    _Step(
        lambda v: v.scenario == "neb", "A transit followed from the ground, with this star apart from its neighbours"
    ),
)


def would_change(answer: Validation) -> tuple[str, ...]:
    """Sentences on what would change the verdict, the most telling first; empty where nothing is in its way."""
    said: list[tuple[float, str]] = []
    fpp = answer.fpp.value
    for step in _STEPS:
        gone = sum(v.probability for v in answer.variants if step.rules_out(v))
        if gone > _WORTH:
            left = max(fpp - gone, 0.0) / max(1.0 - gone, 1e-12)
            said.append(
                (gone, f"{step.words} would bring the chance of a false positive from {_told(fpp)} to {_told(left)}.")
            )
    artifact = answer.scenarios["artifact"].value
    if artifact > _WORTH:
        said.append(
            (artifact, f"More transits: noise or the instrument could have made these with {_told(artifact)} chance.")
        )
    variable = answer.scenarios["variability"].value
    if variable > _WORTH:
        said.append((variable, f"More light of this star: it could do this by itself with {_told(variable)} chance."))
    sentences = [words for _, words in sorted(said, reverse=True)]
    if answer.verdict == "not decided" and (_near(answer) or "Too few draws" in answer.reason):
        sentences.insert(0, "More draws: the error of the calculation is too large to say on which side it falls.")
    planet = answer.planet
    if planet is not None and planet.radius_earth > LARGEST_RADIUS_EARTH and fpp < LIKELY_FPP:
        sentences.insert(
            0, "A mass from radial velocities: planets, brown dwarfs and small stars are equally large here."
        )
    if answer.verdict == "validated":
        return ()
    return tuple(sentences[:_MOST_SENTENCES])


def _near(answer: Validation) -> bool:
    f, n = answer.fpp, answer.nfpp
    return any(abs(f.value - edge) < 3 * f.error for edge in (VALIDATED_FPP, LIKELY_FPP)) or (
        abs(n.value - VALIDATED_NFPP) < 3 * n.error
    )


def _told(chance: float) -> str:
    if chance < 1e-4:
        return "under 0.01 %"
    if chance > 0.9999:
        return "over 99.99 %"
    return rounding.percent(chance, 2)
