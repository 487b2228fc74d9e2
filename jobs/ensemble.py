"""What chances, classifier and checks say of a signal together: one probability, one recommendation, who disagrees.

An opinion that is missing is told with its reason and left out; nothing stands in for it. The recommendation never goes
beyond the verdict of the chances: without one nothing is called validated.
"""

from __future__ import annotations

from collections.abc import Sequence

from data.report import SignalReport
from data.validation_report import EnsembleReport
from jobs.ensemble_words import ANOTHER_BODY, Conflict, conflict, recommendation
from science.validation.ensemble import Opinion, Opinions, agreement, alone, log_odds, planet_probability

#: Opinions are told to differ where one is this much surer of a planet than the other, and they are on two sides.
FAR_APART = 0.4


def with_ensemble(signals: Sequence[SignalReport]) -> tuple[SignalReport, ...]:
    """The signals with what all opinions say together."""
    return tuple(s.model_copy(update={"ensemble": weigh_opinions(s)}) for s in signals)


def weigh_opinions(signal: SignalReport) -> EnsembleReport:
    """One signal, whatever of its vetting, classification and validation there is."""
    opinions = opinions_of(signal)
    planet = planet_probability(opinions)
    conflicts = conflicts_of(signal, opinions)
    return EnsembleReport(
        agreement=agreement(opinions),
        planet=planet,
        recommendation=recommendation(signal, planet, conflicts),
        disagreements=tuple(c.sentence for c in conflicts),
        missing=missing(signal, opinions),
    )


def opinions_of(signal: SignalReport) -> Opinions:
    """What the calibrated models are asked. Doubts count for tests of the light only: others were not calibrated; a
    failure that decides counts wherever it comes from."""
    chances, found = signal.validation, signal.classification
    weighed = chances is not None and chances.outcome == "done" and chances.fpp is not None
    tests = signal.vetting.values()
    counts: tuple[int | None, int | None, int | None] = (None, None, None)
    if any(t.group == "light" and t.outcome != "not_run" for t in tests):
        failed = [t for t in tests if t.outcome == "fail" and (t.decisive or t.group == "light")]
        doubts = [t for t in tests if t.outcome == "warn" and t.group == "light"]
        bodies = sum(t.fault in ANOTHER_BODY for t in failed)
        counts = (bodies, sum(t.fault in ANOTHER_BODY for t in doubts), len(failed) - bodies)
    return Opinions(
        log_odds(chances.fpp) if weighed and chances is not None and chances.fpp is not None else None,
        found.probabilities.planet if found is not None and found.probabilities is not None else None,
        *counts,
    )


def missing(signal: SignalReport, opinions: Opinions) -> tuple[str, ...]:
    """Each opinion that could not be had, and why, one sentence each."""
    there = opinions.present
    said = []
    if "chances" not in there:
        why = "They were not asked for in this run." if signal.validation is None else signal.validation.reason
        said.append(f"No chances: {_inside(why)}")
    if "classifier" not in there:
        found = signal.classification
        why = "It was not asked in this run." if found is None else found.reason or "It gave no probabilities."
        said.append(f"No classifier: {_inside(why)}")
    if "tests" not in there:
        reasons = [t.reason for t in signal.vetting.values() if t.group == "light" and t.reason]
        said.append(f"No checks: {_inside(reasons[0] if reasons else 'No check of the light could be made.')}")
    return tuple(said)


def conflicts_of(signal: SignalReport, opinions: Opinions) -> tuple[Conflict, ...]:
    """Opinions that contradict each other: one for a planet, one against, far apart. The widest first.

    An opinion whose own number is on the other side than its calibrated one is on no side.
    """
    said = alone(opinions)
    sides = {name: _side(name, p, opinions) for name, p in said.items()}
    against = [name for name in said if sides[name] < 0]
    found = []
    for no in against:
        friends = [name for name in said if sides[name] > 0 and said[name] - said[no] >= FAR_APART]
        if friends:
            friends.sort(key=lambda name: -said[name])
            found.append((said[friends[0]] - said[no], conflict(signal, no, friends)))
    return tuple(told for _, told in sorted(found, key=lambda item: -item[0]))


def _side(name: Opinion, planet: float, opinions: Opinions) -> int:
    side = 1 if planet > 0.5 else -1
    if name == "chances" and opinions.log_odds_fpp is not None:
        return side if (opinions.log_odds_fpp < 0) == (side > 0) else 0
    if name == "classifier" and opinions.classifier_planet is not None:
        return side if (opinions.classifier_planet > 0.5) == (side > 0) else 0
    return side


def _inside(sentence: str) -> str:
    """A sentence after a colon; names in capitals stay as they are."""
    first, _, _ = sentence.partition(" ")
    return sentence if first[1:] != first[1:].lower() else f"{sentence[:1].lower()}{sentence[1:]}"
