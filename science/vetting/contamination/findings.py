"""What the neighbours' light means, as tests with a sentence each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from science.rounding import THIN, number, percent, significant
from science.vetting.contamination.shares import Contamination, StarShare
from science.vetting.results import Finding, Picture, Series, not_run

#: Light from neighbours above which a page asks for a look.
MUCH_LIGHT = 0.05
#: How far our share and the pipeline's may differ and still be said to agree.
AGREE_WITHIN = 0.02
_NAMED = 3


@dataclass(frozen=True, slots=True)
class ContaminationTest:
    """One test of the neighbours' light: the `name` of its finding, its `title` as the good outcome, the `question` it
    answers. Neither settles a verdict by itself."""

    name: str
    title: str
    question: str
    run: Callable[[Contamination], Finding]
    decisive: bool = False


def light_from_neighbours(found: Contamination) -> Finding:
    """Share of the aperture's light that is not the target's; a look above 5 %. Fails never: it dilutes, no more."""
    name = "light_from_neighbours"
    if found.target_share is None:
        return not_run(name, f"{found.reason} The file of the light curve does not say either.")
    others = max(0.0, 1.0 - found.target_share)
    numbers = {"target_share": found.target_share, "n_neighbours": float(len(found.neighbours))}
    for key, value in (
        ("target_share_err", found.target_share_err),
        ("crowdsap", found.crowding),
        ("flfrcsap", found.flux_fraction),
        ("captured_share_of_target", found.captured),
        ("catalogue_target_share", found.catalogue_share),
        ("depth_on_target", found.depth),
        ("radius_ratio", found.radius_ratio),
    ):
        if value is not None and math.isfinite(value):
            numbers[key] = value
    words = [_whose_light(found, others), agreement(found), _what_is_done(found)]
    return Finding(
        name=name,
        outcome="warn" if others > MUCH_LIGHT else "pass",
        reason=" ".join(w for w in words if w),
        value=100.0 * others,
        threshold=100.0 * MUCH_LIGHT,
        unit="%",
        numbers=numbers,
    )


def neighbours_capable(found: Contamination) -> Finding:
    """How many neighbours have enough light in the aperture to make the dip by an eclipse of their own."""
    name = "neighbours_capable"
    if not found.stars:
        return not_run(name, f"{found.reason} Without it we cannot say which neighbour could make the dips.")
    if not (math.isfinite(found.observed_depth) and found.observed_depth > 0):
        return not_run(name, "The dip has no measured depth, so we cannot say what a neighbour would need to do.")
    others = found.neighbours
    capable = sorted((s for s in others if s.can_do_it), key=lambda s: s.needed_depth)
    open_ones = [s for s in others if s.verdict == "not excluded"]
    least = min((s.needed_depth for s in others), default=math.inf)
    numbers = {
        "n_neighbours": float(len(others)),
        "n_equal_pair": float(sum(s.verdict == "could" for s in others)),
        "n_not_excluded": float(len(open_ones)),
    }
    if math.isfinite(least):
        numbers["smallest_needed_depth"] = least
    return Finding(
        name=name,
        outcome="warn" if capable or open_ones else "pass",
        reason=_who_could(others, capable, open_ones, found),
        value=float(len(capable)),
        threshold=0.0,
        unit="stars",
        numbers=numbers,
        picture=_picture(others),
    )


CONTAMINATION_TESTS: tuple[ContaminationTest, ...] = (
    ContaminationTest(
        "light_from_neighbours",
        "Little light from neighbours",
        "How much of the light is another star's?",
        light_from_neighbours,
    ),
    ContaminationTest(
        "neighbours_capable",
        "No neighbour could fake it",
        "Could a neighbour's eclipses look like this?",
        neighbours_capable,
    ),
)


def contamination_findings(found: Contamination) -> tuple[Finding, ...]:
    """All tests of `CONTAMINATION_TESTS`, in order."""
    return tuple(test.run(found) for test in CONTAMINATION_TESTS)


def agreement(found: Contamination) -> str:
    """One sentence on how our share of the target compares with the file's and the catalogue's; "" without ours."""
    ours = found.target_share
    if ours is None or not found.stars:
        return ""
    told = []
    if found.crowding is not None:
        told.append((f"the file of the light curve says {_share(found.crowding)} (CROWDSAP)", found.crowding))
    if found.catalogue_share is not None:
        told.append((f"the TESS Input Catalog {_share(found.catalogue_share)}", found.catalogue_share))
    if not told:
        return ""
    apart = max(abs(value - ours) for _, value in told)
    words = f"We find {_share(ours)} for this star; " + ", ".join(text for text, _ in told)
    if apart <= AGREE_WITHIN:
        return f"{words}: they agree."
    return f"{words}. They differ by up to {_share(apart)}: aperture, stars counted and image shape are not the same."


def _share(value: float) -> str:
    """A share near 1 with the digits that matter: 99.97 %."""
    rest = min(value, 1.0 - value) if 0 < value < 1 else 0.0
    digits = 1 if rest >= 0.01 or rest <= 0 else min(4, 1 - math.floor(math.log10(100 * rest)))
    return f"{100 * value:.{digits}f}{THIN}%"


def _whose_light(found: Contamination, others: float) -> str:
    if not found.stars:
        return (
            f"By the file of the light curve {_share(1.0 - others)} of the light in the aperture is this star's own"
            f" (CROWDSAP). {found.reason}"
        )
    count = len(found.neighbours)
    if count == 0:
        return "The catalogues know no other star near enough to add light."
    crowd = "1 neighbour adds" if count == 1 else f"{number(count)} neighbours add"
    strongest = found.neighbours[0]
    most = ""
    if others > MUCH_LIGHT:
        distance = significant(strongest.star.separation_arcsec, 2)
        most = f", most of it from {strongest.star.name} ({distance}″ away, {_share(strongest.share)})"
        if strongest.share < 0.5 * others:
            most = most.replace("most of it from", "the strongest of them")
    return f"{crowd} {_share(others)} of the light in the aperture{most}."


def _what_is_done(found: Contamination) -> str:
    depth = f"The dip on this star alone is {significant(1e6 * found.depth, 3)} ppm deep."
    if not (math.isfinite(found.depth) and found.depth > 0):
        depth = ""
    if found.correction == "already":
        return f"The light curve is already corrected for it, so we change nothing. {depth}".strip()
    if found.correction == "unknown":
        return "We do not know whether this light curve is corrected for it, so we change nothing."
    if found.correction == "now":
        return f"The light curve is not corrected for it; we do it here. {depth}".strip()
    return f"Some sectors are corrected for it already; we correct the others. {depth}".strip()


def _who_could(
    others: tuple[StarShare, ...], capable: list[StarShare], open_ones: list[StarShare], found: Contamination
) -> str:
    if not others:
        return "The catalogues know no other star near enough to make these dips."
    dip = f"dips of {significant(1e6 * found.observed_depth, 3)} ppm"
    crowd = f"{number(len(capable))} of {number(len(others))} neighbours"
    if len(capable) == len(others):
        crowd = "The one neighbour" if len(others) == 1 else f"All {number(len(others))} neighbours"
    unsure = ""
    if open_ones:
        named = _names(open_ones)
        unsure = f" Errors, or the edge of its image, leave the possibility open for {named}."
    if capable:
        listed = ", ".join(
            f"{s.star.name} ({significant(s.star.separation_arcsec, 2)}″ away, dips of {percent(s.needed_depth)})"
            for s in capable[:_NAMED]
        )
        more = len(capable) - _NAMED
        rest = f" and {number(more)} more" if more > 0 else ""
        own = "its" if len(capable) == 1 else "their"
        return f"{crowd} could make these {dip} by eclipses of {own} own: {listed}{rest}.{unsure}"
    least = min(others, key=lambda s: s.needed_depth)
    if math.isfinite(least.needed_depth) and least.needed_depth < 100:
        need = f"{least.star.name} would have to lose {significant(least.needed_depth, 2)} times all its light."
    else:
        need = "hardly any of their light falls into the aperture."
    none = (
        "The one neighbour cannot make"
        if len(others) == 1
        else f"None of the {number(len(others))} neighbours can make"
    )
    return f"{none} these {dip}: {need}{unsure}"


def _names(stars: list[StarShare]) -> str:
    names = [s.star.name for s in stars[:_NAMED]]
    more = len(stars) - len(names)
    return ", ".join(names) + (f" and {number(more)} more" if more else "")


def _picture(others: tuple[StarShare, ...]) -> Picture | None:
    shown = sorted((s for s in others if s.needed_depth <= 10.0), key=lambda s: s.needed_depth)[:200]
    if not shown:
        return None
    x = np.array([s.star.separation_arcsec for s in shown])
    y = np.array([100.0 * s.needed_depth for s in shown])
    errs = np.array([100.0 * s.needed_depth_err for s in shown])
    ends = np.array([0.0, float(x.max()) * 1.05 + 1.0])
    below = sum(s.needed_depth <= 1.0 for s in shown)
    return Picture(
        series=(
            Series("dots", x, y, errs, "Neighbours"),
            Series("level", ends, np.array([100.0, 100.0]), None, "All of its light"),
            Series("level", ends, np.array([50.0, 50.0]), None, "Half: two equal stars"),
        ),
        x_label="Distance from the star (arcsec)",
        y_label="Light it would have to lose (%)",
        summary=f"{below} of {len(shown)} neighbours shown would need less than all of their light.",
    )
