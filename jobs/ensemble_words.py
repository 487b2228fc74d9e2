"""What the opinions on a signal say, where they differ and what to do next, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.report import SignalReport
from data.validation_report import ScenarioName, ValidationReport
from data.vetting_report import Fault, VettingTest
from jobs.chance_words import SCENARIO_WORDS, listed_scenarios, told_probability
from jobs.class_words import IN_A_SENTENCE
from science.rounding import model_share, significant
from science.validation.ensemble import Opinion

#: From here on all opinions together speak for a planet.
LIKELY = 0.5
#: Failures for these reasons speak of another body than a planet of this star; the others of noise, camera or the star.
ANOTHER_BODY: frozenset[Fault] = frozenset({"eclipsing_binary", "too_large", "neighbour"})
#: Checks that ask what the classifier saw, by its class; the first that was made is quoted.
_ASKING: dict[str, tuple[str, ...]] = {
    "eb": ("secondary", "odd_even_depth", "v_shape"),
    "beb": ("on_target", "secondary"),
    "variable": ("star_variability", "sine"),
    "artifact": ("camera_rhythm", "consistent_events", "near_gaps"),
    "no_signal": ("signal_strength", "unique_in_phase"),
    "planet": ("v_shape", "secondary"),
}
#: What would tell more where no such check could be made.
_MORE: dict[str, str] = {
    "eb": "Radial velocities would tell: two stars move each other by kilometres per second.",
    "beb": "The pixels, or an image with high resolution, would tell on which star the dips are.",
    "variable": "More light of this star would tell whether it does this by itself.",
    "artifact": "More transits would tell whether the camera made these.",
    "no_signal": "More transits would tell whether these are real.",
    "planet": "More transits would tell.",
}
#: What would rule out an explanation, where the chances name nothing themselves.
_RULES_OUT: dict[ScenarioName, str] = {
    "eb": "Radial velocities would tell.",
    "heb": "An image with high resolution would tell.",
    "beb": "An image with high resolution would tell.",
    "btp": "An image with high resolution would tell.",
    "neb": "A transit followed from the ground, with this star apart from its neighbours, would tell.",
    "artifact": "More transits would tell.",
    "variability": "More light of this star would tell.",
}


@dataclass(frozen=True, slots=True)
class Conflict:
    """One opinion against others. `mover` is the sentence on what would move the verdict, `look` what to look at."""

    sentence: str
    look: str
    mover: str


def conflict(signal: SignalReport, no: Opinion, friends: Sequence[Opinion]) -> Conflict:
    """`no` speaks against a planet, `friends` (at least one) for one."""
    said = " and ".join(_for(signal, name) for name in friends)
    look, mover = _mover(signal, no)
    words = f"{_against(signal, no)}, but {said}."
    return Conflict(f"{words[:1].upper()}{words[1:]} {mover}", look, mover)


def recommendation(signal: SignalReport, planet: float | None, conflicts: Sequence[Conflict]) -> str:
    """What to do with the signal, in one or two plain sentences; never more than the verdict of the chances allows."""
    failed = signal.vetting_verdict
    if failed is not None and failed.outcome == "failed":
        test = signal.vetting.get(failed.worst_test)
        if planet is None or planet < LIKELY or test is None:
            return f"Leave it: {_lower(failed.headline)}."
        return f"Look first at the check “{test.title}”: {test.reason}"
    if conflicts:
        return f"Look first at {conflicts[0].look}. {conflicts[0].mover}"
    found = signal.validation
    if found is None or found.outcome != "done" or found.verdict is None:
        return _without_chances(planet)
    return _by_verdict(signal, found, planet)


def _without_chances(planet: float | None) -> str:
    if planet is None:
        return "Nothing can be recommended: no opinion on this signal could be had."
    if planet < LIKELY:
        return "Leave it for now: what is known speaks against a planet of this star."
    return "Keep it as a candidate: how likely a false positive is has not been worked out."


def _by_verdict(signal: SignalReport, found: ValidationReport, planet: float | None) -> str:
    next_step = f" {found.would_change[0]}" if found.would_change else ""
    unlikely = planet is not None and planet < LIKELY
    if found.verdict == "likely nearby false positive":
        return f"Leave it: the dips are likely those of {_neighbour(found)}."
    if found.verdict == "likely false positive":
        name = _best_other(found)
        if name is None:
            return "Leave it: a planet is not the likely explanation."
        return f"Leave it: {_lower(SCENARIO_WORDS[name])} is likelier than a planet."
    if found.verdict == "not decided":
        if unlikely:
            return f"Leave it for now: the chances do not decide, and the rest speaks against a planet.{next_step}"
        return f"Keep it as a candidate: the chances do not decide.{next_step}"
    if unlikely:
        return f"Keep it as a candidate: all opinions together are not sure of a planet.{next_step}"
    if found.verdict == "likely planet":
        return f"Publish it as a candidate, not as a planet.{next_step}"
    publish = "Publish it as statistically validated on this platform; no mass has been measured here."
    judged = signal.vetting_verdict
    if judged is None or judged.outcome == "not_judged":
        return "Look first at the light: no check of it could be made. Without one, publish nothing."
    if judged.outcome == "look":
        test = signal.vetting.get(judged.worst_test)
        what = f"the check “{test.title}”: {test.reason}" if test is not None else f"this: {_lower(judged.headline)}."
        return f"Look first at {what} If that is settled: {_lower(publish)}"
    return publish


def _for(signal: SignalReport, name: Opinion) -> str:
    if name == "chances":
        return f"the chances speak for a planet (a false positive: {_fpp(signal)})"
    if name == "classifier":
        return f"the classifier takes it for a planet ({model_share(_planet_share(signal))})"
    return "no check speaks of another body"


def _against(signal: SignalReport, name: Opinion) -> str:
    if name == "chances":
        best = _best_other(signal.validation)
        likely = "" if best is None else f", most likely {_lower(SCENARIO_WORDS[best])}"
        return f"the chances speak against a planet (a false positive: {_fpp(signal)}{likely})"
    if name == "classifier":
        share = model_share(_planet_share(signal))
        label = signal.classification.label if signal.classification is not None else None
        if label is None or label == "planet":
            return f"the classifier is not sure of a planet ({share})"
        return f"the classifier takes it for {IN_A_SENTENCE[label]} (a planet: {share})"
    test = _worst(signal)
    if test is None:
        return "the checks speak against a planet"
    return f"the check “{test.title}” {'fails' if test.outcome == 'fail' else 'asks for a look'}"


def _mover(signal: SignalReport, no: Opinion) -> tuple[str, str]:
    """(what to look at, the sentence on what would move the verdict) of the opinion against a planet."""
    if no == "tests":
        test = _worst(signal)
        return ("the checks", "") if test is None else (f"the check “{test.title}”", test.reason)
    if no == "classifier":
        label = (signal.classification.label if signal.classification is not None else None) or "planet"
        for key in _ASKING[label]:
            test = signal.vetting.get(key)
            if test is not None and test.outcome != "not_run":
                return f"the check “{test.title}”", f"The check “{test.title}” asks for this: {test.reason}"
        return "what the classifier saw", _MORE[label]
    return _chances_mover(signal)


def _chances_mover(signal: SignalReport) -> tuple[str, str]:
    found = signal.validation
    if found is None:
        return "the chances", ""
    timing = found.timing
    if timing is not None and timing.scrutinise:
        late = significant(timing.amplitude_minutes, 2)
        return "the times of single dips", (
            f"The dips come early or late by {late} min, which smears their fold: the times of single dips decide."
        )
    best = _best_other(found)
    if best == "neb" and found.neighbours:
        name = _neighbour(found)
        return name, f"A transit followed from the ground, with this star apart from {name}, would tell."
    if found.would_change:
        return "what could rule the other explanation out", found.would_change[0]
    return "what could rule the other explanation out", _RULES_OUT.get(best, "") if best is not None else ""


def _worst(signal: SignalReport) -> VettingTest | None:
    """The test that speaks most of another body: the verdict’s own, else one that fails, else one in doubt."""
    verdict = signal.vetting_verdict
    first = signal.vetting.get(verdict.worst_test) if verdict is not None else None
    listed = [*([first] if first is not None else []), *signal.vetting.values()]
    for outcome in ("fail", "warn"):
        for test in listed:
            if test.outcome == outcome and test.fault in ANOTHER_BODY:
                return test
    return None


def _best_other(found: ValidationReport | None) -> ScenarioName | None:
    """The likeliest explanation but the planet."""
    if found is None:
        return None
    return next((name for name, _, _ in listed_scenarios(found) if name != "planet"), None)


def _neighbour(found: ValidationReport) -> str:
    first = max(found.neighbours, key=lambda n: n.probability, default=None)
    return "a star nearby" if first is None else first.name


def _fpp(signal: SignalReport) -> str:
    found = signal.validation
    if found is None or found.fpp is None:
        return "unknown"
    return told_probability(found.fpp, found.fpp_err)[0]


def _planet_share(signal: SignalReport) -> float:
    found = signal.classification
    return 0.0 if found is None or found.probabilities is None else found.probabilities.planet


def _lower(words: str) -> str:
    return f"{words[:1].lower()}{words[1:]}"
