"""Words of the chances: the probabilities, the eight explanations, and what a verdict on them means."""

from __future__ import annotations

from jobs.chance_words import SCENARIO_WORDS
from larun_app.learn.term import Term

#: Key of a scenario's entry; the product's names of scenarios are those of the report.
SCENARIO_KEY = "scenario-{}"

_EXPLAINED: tuple[tuple[str, str, str], ...] = (
    (
        "planet",
        "transiting planet, TP",
        "A planet crosses the star we look at. Its size follows from the dip.",
    ),
    (
        "eb",
        "eclipsing binary, EB",
        "The star has a companion star, and the two pass in front of each other. If both are alike, the true period is "
        "twice the one seen.",
    ),
    (
        "beb",
        "background eclipsing binary, BEB",
        "Far behind the star, too close to it on the sky to be told apart, two other stars eclipse each other. The "
        "bright star’s light makes their deep eclipses look shallow.",
    ),
    (
        "heb",
        "hierarchical eclipsing binary, HEB",
        "Two faint stars circle the one we look at and eclipse each other. Its light makes that look shallow.",
    ),
    (
        "neb",
        "nearby eclipsing binary, NEB",
        "The dips are those of a star that catalogues list beside this one and whose light falls into the same pixels: "
        "two stars eclipsing there, or a planet of that star.",
    ),
    (
        "btp",
        "background or companion transiting planet, BTP",
        "There is a planet, but of a companion or a background star too close to be told apart. It is larger than it "
        "looks.",
    ),
    (
        "artifact",
        "instrumental artefact",
        "The camera, the spacecraft or the reduction makes the dips: nothing in the sky gets dimmer.",
    ),
    (
        "variability",
        "stellar variability",
        "The star changes its light by itself, by spots or by swelling and shrinking, in a beat that looks like dips.",
    ),
)

CHANCE_TERMS: tuple[Term, ...] = (
    Term(
        "fpp",
        "Chance not a planet",
        "false-positive probability, FPP",
        "How likely it is that something other than a planet of this star makes the dips: seven explanations together, "
        "each weighed by how well it fits the light and by how common it is.",
    ),
    Term(
        "nfpp",
        "… and for a neighbouring star",
        "nearby false-positive probability, NFPP",
        "How likely it is that the dips are those of a listed star nearby whose light falls into the same pixels.",
    ),
    Term(
        "statistically-validated",
        "Statistically validated",
        "FPP under 0.015 and NFPP under 0.001",
        "All explanations but a planet have been found so unlikely here that the signal counts as one, by chances "
        "alone. No mass has been measured, so it is not the same as a confirmed planet.",
    ),
    Term(
        "scenario",
        "Explanation",
        "scenario",
        "One of eight things that can make such dips. Their probabilities add up to 100\u202f%.",
    ),
    *(Term(SCENARIO_KEY.format(key), SCENARIO_WORDS[key], exact, plain) for key, exact, plain in _EXPLAINED),  # type: ignore[index]
    Term(
        "prior",
        "What was known before",
        "prior",
        "How common each thing is before one looks at this light: how many stars have companions, which sizes planets "
        "have, how many stars lie behind.",
    ),
    Term(
        "evidence",
        "Weight of an explanation",
        "evidence, ln Z",
        "How well an explanation fits the light, averaged over all its forms, each counted by how common it is. The "
        "explanation that fits often weighs more than one that fits by luck.",
    ),
)
