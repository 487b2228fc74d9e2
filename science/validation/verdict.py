"""What the probabilities mean (Giacalone et al. 2021, AJ 161, 24, section 5), and whether they are known well."""

from __future__ import annotations

from science.validation.results import Planet, Probability, Verdict

VALIDATED_FPP, LIKELY_FPP = 0.015, 0.5
VALIDATED_NFPP, NEARBY_NFPP = 1e-3, 0.1
#: A probability has to be this many of its errors from a threshold.
SIGMAS = 3.0
#: Above this radius stars, brown dwarfs and planets are equally large (Earth = 1): nothing is validated by statistics.
LARGEST_RADIUS_EARTH = 8.0
#: Where more of the planets that fit only graze their star, the dip has no flat part and says nothing of a size.
MOST_GRAZING = 0.5


def decide(fpp: Probability, nfpp: Probability, planet: Planet | None = None) -> tuple[Verdict, str, bool]:
    """(verdict, one sentence, decided): "not decided" where an error straddles a threshold that matters."""
    low, high = _name(fpp, nfpp, -SIGMAS), _name(fpp, nfpp, SIGMAS)
    told = f"FPP {_told(fpp)}, NFPP {_told(nfpp)}"
    if low != high:
        return "not decided", f"{told}: within the error it may be {low} or {high}.", False
    if low == "validated" and planet is not None and planet.radius_earth > LARGEST_RADIUS_EARTH:
        size = f"at {planet.radius_earth:.1f} Earth radii it may be a star or a brown dwarf of a planet's size"
        return "likely planet", f"{told}, but {size}: nothing so large is validated by statistics.", True
    if low in ("validated", "likely planet") and planet is not None and planet.grazing > MOST_GRAZING:
        reason = f"{told}, but the dip fits only where the body grazes the star, so that its size is not known."
        return "not decided", reason, True
    return low, f"{told}.", True


def _name(fpp: Probability, nfpp: Probability, sigmas: float) -> Verdict:
    f, n = fpp.value + sigmas * fpp.error, nfpp.value + sigmas * nfpp.error
    if n > NEARBY_NFPP:
        return "likely nearby false positive"
    if f >= LIKELY_FPP:
        return "likely false positive"
    if n >= VALIDATED_NFPP:
        return "not decided"
    return "validated" if f < VALIDATED_FPP else "likely planet"


def _told(probability: Probability) -> str:
    return f"{probability.value:.2g} ± {probability.error:.1g}"
