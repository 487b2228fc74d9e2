"""Training of the classifier on little made-up light: simulation, weights, threshold, packing."""

from __future__ import annotations

import numpy as np
import pytest
from skops import io

from data.models.variability import TRUSTED
from science.variables.classes import CLASSES
from science.variables.features import LIGHT_FEATURES
from serving.variability_curves import LabelledLight
from serving.variability_simulation import simulated_light
from serving.variability_training import TrainingTable, abstain_threshold, fitted, packed, weights
from tests.science.variables.variable_light import noise, sector, segments


class Odd:
    """A type that no model needs."""


def base() -> LabelledLight:
    time = sector(4.0)
    return LabelledLight("base", "constant", "eye", time, noise(time), np.full(time.size, 3e-4), segments(time))


def made_up(per_class: int = 8, seed: int = 2) -> TrainingTable:
    """Classes that differ in one number."""
    chance = np.random.default_rng(seed)
    label = np.repeat(CLASSES, per_class)
    x = chance.normal(0.0, 0.1, (label.size, len(LIGHT_FEATURES)))
    x[:, 3] += np.repeat(np.arange(len(CLASSES)), per_class)
    star = np.array([f"star {i // 2}" for i in range(label.size)])
    return TrainingTable(x, label, star, np.where(np.arange(label.size) % 4 < 2, "eye", "simulated"))


def test_every_class_is_simulated_on_the_base_and_again_the_same() -> None:
    first = list(simulated_light([base()], 2, 5))
    again = list(simulated_light([base()], 2, 5))
    assert [light.label for light in first] == [name for name in CLASSES for _ in range(2)]
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.flux, other.flux)
        assert np.all(np.isfinite(one.flux))
        assert one.star == "base"
        for number in np.unique(one.segment):
            assert np.median(one.flux[one.segment == number]) == pytest.approx(1.0, abs=1e-6)
    spread = {light.label: float(np.ptp(light.flux)) for light in first}
    assert spread["eb_detached"] > spread["constant"]


def test_classes_weigh_alike_and_real_light_more() -> None:
    table = made_up()
    weight = weights(table)
    totals = [weight[table.label == name].sum() for name in CLASSES]
    assert np.ptp(totals) < 1e-9 * max(totals)
    assert weight[table.is_real].mean() > weight[~table.is_real].mean()


def test_the_threshold_abstains_only_where_it_must() -> None:
    label = np.repeat(CLASSES, 20)
    chances = np.zeros((label.size, len(CLASSES)))
    chances[np.arange(label.size), np.repeat(np.arange(len(CLASSES)), 20)] = 0.9
    assert abstain_threshold(label, chances) == pytest.approx(0.30)
    # One answer in five is wrong and says so with a low chance.
    wrong = np.arange(label.size) % 5 == 0
    chances[wrong] = 0.05
    chances[wrong, (np.repeat(np.arange(len(CLASSES)), 20)[wrong] + 1) % len(CLASSES)] = 0.6
    assert 0.61 <= abstain_threshold(label, chances) <= 0.70


def test_training_is_the_same_again_and_packs_without_pickle() -> None:
    table = made_up()
    model = fitted(table, trees=10)
    assert np.mean(model.predict(table.x) == table.label) > 0.9
    content = packed(model)
    assert content[:2] == b"PK"
    assert packed(fitted(table, trees=10)) == content
    again = io.loads(content, trusted=list(TRUSTED))
    assert np.array_equal(model.predict_proba(table.x), again.predict_proba(table.x))
    with pytest.raises(ValueError, match="not trusted"):
        packed(Odd())
