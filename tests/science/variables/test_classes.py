"""Classes, abstaining, and the odds that a star's temperature gives them."""

from __future__ import annotations

import numpy as np
import pytest

from science.variables.classes import CLASSES, NOT_DECIDED, WORDS, Classification, odds_for_star
from science.variables.features import FEATURES, Features


def of_star(teff: float) -> Features:
    values = np.zeros(len(FEATURES))
    values[FEATURES.index("teff_k")] = teff
    return Features(values, 1, 27.0)


def test_unknown_temperature_changes_nothing() -> None:
    assert set(odds_for_star(of_star(np.nan)).values()) == {1.0}


@pytest.mark.parametrize(
    ("teff", "likely", "unlikely"),
    [(7500.0, "dsct_bcep", "flares"), (3200.0, "flares", "dsct_bcep"), (6800.0, "gdor_spb", "flares")],
)
def test_temperature_favours_what_lives_there(teff: float, likely: str, unlikely: str) -> None:
    odds = odds_for_star(of_star(teff))
    assert odds[likely] == 1.0
    assert 0.0 < odds[unlikely] <= 0.2
    assert set(odds) == set(CLASSES)


def test_every_class_has_words_and_an_answer_knows_whether_it_is_one() -> None:
    assert set(WORDS) == {*CLASSES, NOT_DECIDED}
    answer = Classification(NOT_DECIDED, {"rotation": 0.4, "flares": 0.6})
    assert answer.likeliest == "flares"
    assert not answer.is_decided
