"""Chances, classifier and tests of the light together: one calibrated probability of a planet on this star.

Each set of opinions that may be there has a logistic model of its own (`ensemble_weights`, trained on simulated signals
of known nature, half of them planets), so that a missing opinion is never guessed. Every weight has the sign that makes
a worse opinion lower the probability. The models of one opinion alone say what each would say by itself: the agreement
is how near these are to each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from science.validation import ensemble_weights

Opinion = Literal["chances", "classifier", "tests"]
OPINIONS: Final[tuple[Opinion, ...]] = ("chances", "classifier", "tests")

#: Log odds beyond these say no more: the calculations behind them are not known that well.
MOST_LOG_ODDS: Final = 6.0
#: Failures and doubts beyond so many say no more.
MOST_TESTS: Final = 2

#: Names of the numbers of each opinion, in the order of `features`.
FEATURES: Final[Mapping[Opinion, tuple[str, ...]]] = {
    "chances": ("log_odds_chances",),
    "classifier": ("log_odds_classifier",),
    "tests": ("failed", "warned", "noisy"),
}


@dataclass(frozen=True, slots=True)
class Opinions:
    """What each method says of a signal; None where it said nothing.

    `log_odds_fpp` is ln(FPP / (1 − FPP)) of the weighed explanations (infinite where FPP is 0 or 1);
    `classifier_planet` the classifier's probability of a planet. Of the tests, `vetting_failed` and `vetting_warned`
    are the numbers of those that fail, or ask for a look, because two stars, another star or something too large may
    make the dips; `vetting_noisy` is the number of other tests that fail: the star itself, the camera, noise.

    Raises ValueError for numbers that are none, a probability outside 0 … 1, and negative counts.
    """

    log_odds_fpp: float | None = None
    classifier_planet: float | None = None
    vetting_failed: int | None = None
    vetting_warned: int | None = None
    vetting_noisy: int | None = None

    def __post_init__(self) -> None:
        """Check what was given."""
        if self.log_odds_fpp is not None and math.isnan(self.log_odds_fpp):
            raise ValueError("The log odds of a false positive must be a number.")
        if self.classifier_planet is not None and not 0.0 <= self.classifier_planet <= 1.0:
            raise ValueError("The classifier's probability must be between 0 and 1.")
        if any(n is not None and n < 0 for n in (self.vetting_failed, self.vetting_warned, self.vetting_noisy)):
            raise ValueError("There are no fewer than no tests that fail.")

    @property
    def present(self) -> tuple[Opinion, ...]:
        """The opinions that there are, in the order of OPINIONS. A count of tests that is not given is 0 where
        others are."""
        there = {
            "chances": self.log_odds_fpp is not None,
            "classifier": self.classifier_planet is not None,
            "tests": self.vetting_failed is not None,
        }
        return tuple(name for name in OPINIONS if there[name])

    def only(self, *names: Opinion) -> Opinions:
        """The same with no more than these."""
        return Opinions(
            self.log_odds_fpp if "chances" in names else None,
            self.classifier_planet if "classifier" in names else None,
            self.vetting_failed if "tests" in names else None,
            self.vetting_warned if "tests" in names else None,
            self.vetting_noisy if "tests" in names else None,
        )


def log_odds(probability: float) -> float:
    """ln(p / (1 − p)); infinite at 0 and 1, and beyond them, where rounding may lead."""
    if probability <= 0.0:
        return -math.inf
    return math.inf if probability >= 1.0 else math.log(probability) - math.log1p(-probability)


def features(opinions: Opinions) -> tuple[float, ...]:
    """The numbers of the opinions that are there, by the names of FEATURES: each larger, the likelier a planet, but for
    failures and doubts."""
    values: list[float] = []
    if opinions.log_odds_fpp is not None:
        values.append(_within(-opinions.log_odds_fpp, MOST_LOG_ODDS))
    if opinions.classifier_planet is not None:
        values.append(_within(log_odds(opinions.classifier_planet), MOST_LOG_ODDS))
    if opinions.vetting_failed is not None:
        counts = (opinions.vetting_failed, opinions.vetting_warned or 0, opinions.vetting_noisy or 0)
        values.extend(float(min(count, MOST_TESTS)) for count in counts)
    return tuple(values)


def planet_probability(opinions: Opinions) -> float | None:
    """Probability of a planet on this star, if planets and others are as frequent; None without any opinion."""
    present = opinions.present
    if not present:
        return None
    intercept, weights = ensemble_weights.MODELS[present]
    logit = intercept + float(np.dot(weights, features(opinions)))
    return 1.0 / (1.0 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1.0 + math.exp(logit))


def alone(opinions: Opinions) -> dict[Opinion, float]:
    """What each opinion would say by itself: its calibrated probability of a planet."""
    found: dict[Opinion, float] = {}
    for name in opinions.present:
        probability = planet_probability(opinions.only(name))
        assert probability is not None, "an opinion that is there has a probability"
        found[name] = probability
    return found


def agreement(opinions: Opinions) -> float | None:
    """How near the opinions are to each other: 1 where all say the same, 0 where they flatly contradict each other.

    1 − 2 σ, where σ is the standard deviation of the separately calibrated probabilities p, each weighted by how much
    such an opinion can be trusted (2 AUC − 1 of it alone) × |2p − 1|: one that says "as likely as not" contradicts
    nobody. None with fewer than two opinions.
    """
    said = alone(opinions)
    if len(said) < 2:
        return None
    p = np.array(list(said.values()))
    weight = np.array([ensemble_weights.SKILL[name] for name in said]) * np.abs(2.0 * p - 1.0)
    if not float(weight.sum()) > 0.0:
        return 1.0
    middle = float(np.average(p, weights=weight))
    spread = math.sqrt(float(np.average(np.square(p - middle), weights=weight)))
    return min(1.0, max(0.0, 1.0 - 2.0 * spread))


def _within(value: float, most: float) -> float:
    return min(most, max(-most, value))
