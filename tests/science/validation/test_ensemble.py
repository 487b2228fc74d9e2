"""Opinions together: bounds, directions, missing ones, and agreement."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.validation import ensemble_weights
from science.validation.ensemble import (
    FEATURES,
    OPINIONS,
    Opinions,
    agreement,
    alone,
    features,
    log_odds,
    planet_probability,
)

COUNTS = st.none() | st.integers(0, 12)
ANY = st.builds(
    Opinions,
    st.none() | st.floats(allow_nan=False),
    st.none() | st.floats(0.0, 1.0),
    COUNTS,
    COUNTS,
    COUNTS,
)
GOOD = Opinions(-6.0, 0.98, 0, 0, 0)
BAD = Opinions(20.0, 0.02, 2, 1, 0)


def probability(opinions: Opinions) -> float:
    found = planet_probability(opinions)
    assert found is not None
    return found


@given(ANY)
def test_any_subset_has_a_probability_and_none_has_none(opinions: Opinions) -> None:
    found = planet_probability(opinions)
    assert (found is None) == (not opinions.present)
    assert found is None or 0.0 <= found <= 1.0
    assert len(features(opinions)) == sum(len(FEATURES[name]) for name in opinions.present)
    agreed = agreement(opinions)
    assert (agreed is None) == (len(opinions.present) < 2)
    assert agreed is None or 0.0 <= agreed <= 1.0


@given(ANY, st.floats(-50.0, 50.0), st.floats(0.0, 50.0))
def test_a_larger_fpp_never_makes_a_planet_likelier(opinions: Opinions, at: float, more: float) -> None:
    rest = (opinions.classifier_planet, opinions.vetting_failed, opinions.vetting_warned, opinions.vetting_noisy)
    assert probability(Opinions(at + more, *rest)) <= probability(Opinions(at, *rest))


@given(ANY, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_surer_classifier_never_makes_a_planet_less_likely(opinions: Opinions, one: float, two: float) -> None:
    rest = (opinions.vetting_failed, opinions.vetting_warned, opinions.vetting_noisy)
    low, high = (probability(Opinions(opinions.log_odds_fpp, p, *rest)) for p in sorted((one, two)))
    assert low <= high


@given(ANY, st.tuples(*[st.integers(0, 4)] * 3), st.integers(0, 2))
def test_one_more_failure_never_makes_a_planet_likelier(
    opinions: Opinions, counts: tuple[int, int, int], which: int
) -> None:
    more = tuple(n + (k == which) for k, n in enumerate(counts))
    given_ = (opinions.log_odds_fpp, opinions.classifier_planet)
    assert probability(Opinions(*given_, *more)) <= probability(Opinions(*given_, *counts))


def test_the_three_agree_or_do_not() -> None:
    assert probability(GOOD) > 0.9
    assert probability(BAD) < 0.1
    good, bad = agreement(GOOD), agreement(BAD)
    assert good is not None
    assert bad is not None
    assert good > 0.8
    assert bad > 0.8
    torn = agreement(Opinions(-9.0, 0.01, None))
    assert torn is not None
    assert torn < 0.4


def test_opinions_that_say_the_same_agree_fully(monkeypatch: pytest.MonkeyPatch) -> None:
    """With weights that make one number the same probability, whoever says it."""
    plain = {("chances",): (0.0, (1.0,)), ("classifier",): (0.0, (1.0,)), ("tests",): (2.0, (-1.0, -1.0, -1.0))}
    monkeypatch.setattr(ensemble_weights, "MODELS", plain)
    same = Opinions(-2.0, 1 / (1 + math.exp(-2.0)), 0, 0, 0)
    assert agreement(same) == pytest.approx(1.0, abs=1e-9)
    opposite = agreement(Opinions(-9.0, 1e-6))
    assert opposite is not None
    assert opposite < 0.05
    # one that says "as likely as not" contradicts nobody
    assert agreement(Opinions(-9.0, 0.5)) == pytest.approx(1.0, abs=1e-9)
    assert agreement(Opinions(0.0, 0.5)) == 1.0


def test_each_opinion_is_calibrated_by_itself() -> None:
    said = alone(GOOD)
    assert tuple(said) == OPINIONS
    for name in OPINIONS:
        assert said[name] == planet_probability(GOOD.only(name))
    assert alone(Opinions()) == {}


def test_the_weights_fit_their_features_and_signs() -> None:
    subsets = [c for k in (1, 2, 3) for c in combinations(OPINIONS, k)]
    assert set(ensemble_weights.MODELS) == set(subsets)
    for subset, (_, weights) in ensemble_weights.MODELS.items():
        names = [name for opinion in subset for name in FEATURES[opinion]]
        assert len(weights) == len(names)
        for name, weight in zip(names, weights, strict=True):
            assert weight >= 0 if name.startswith("log_odds") else weight <= 0
    assert set(ensemble_weights.SKILL) == set(OPINIONS)


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="number"):
        Opinions(math.nan)
    with pytest.raises(ValueError, match="between 0 and 1"):
        Opinions(None, 1.2)
    with pytest.raises(ValueError, match="fail"):
        Opinions(None, None, -1)
    assert log_odds(1.0 + 1e-15) == math.inf
    assert log_odds(0.0) == -math.inf
    assert log_odds(0.5) == 0.0
