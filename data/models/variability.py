"""The stored classifier of variable stars, read without pickle and checked against its card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from science.variables.classes import CLASSES, NOT_DECIDED, Classification, odds_for_star
from science.variables.features import LIGHT_FEATURES, Features

FOLDER = Path(__file__).resolve().parent
MODEL_NAME = "variability.skops"
CARD_NAME = "variability.json"
#: Everything that may be built from the file beside plain arrays and numbers. Anything else is refused.
TRUSTED: tuple[str, ...] = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.tree._tree.Tree",
)


class DamagedModel(RuntimeError):
    """The stored classifier cannot be used. The message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class VariabilityModel:
    """The calibrated forest and its card."""

    estimator: Any
    classes: tuple[str, ...]
    threshold: float
    card: Mapping[str, Any]

    def classify(self, features: Features) -> Classification:
        """The class of one star, or "not_decided" where none reaches the threshold that was chosen in training.

        Chances are those of the light (calibrated on stars that the forest had not seen), times the odds of the
        star's temperature where it is known, made to sum to 1.
        """
        chances = self.estimator.predict_proba(features.light.reshape(1, -1))[0]
        odds = odds_for_star(features)
        weighed = {name: float(chance) * odds[name] for name, chance in zip(self.classes, chances, strict=True)}
        total = sum(weighed.values())
        probabilities = {name: weighed[name] / total for name in CLASSES}
        best = max(probabilities, key=lambda name: probabilities[name])
        return Classification(best if probabilities[best] >= self.threshold else NOT_DECIDED, probabilities)


def load_variability_model(folder: Path = FOLDER) -> VariabilityModel:
    """The classifier stored in `folder`; read once a process.

    Raises DamagedModel where the file or its card is missing, changed, made for other features or classes, or holds
    anything that is not on the list of trusted types.
    """
    return _load(folder)


@lru_cache(maxsize=4)
def _load(folder: Path) -> VariabilityModel:
    try:
        card = json.loads((folder / CARD_NAME).read_text(encoding="utf-8"))
        content = (folder / MODEL_NAME).read_bytes()
    except (OSError, ValueError) as problem:
        raise DamagedModel("The classifier of variable stars is missing or its card cannot be read.") from problem
    if hashlib.sha256(content).hexdigest() != card.get("sha256"):
        raise DamagedModel("The stored classifier of variable stars is not the file its card describes.")
    if tuple(card.get("features", ())) != LIGHT_FEATURES or set(card.get("classes", ())) != set(CLASSES):
        raise DamagedModel("The stored classifier of variable stars was trained for other features; train it again.")
    from skops import io  # type: ignore[import-untyped]

    try:
        unknown = set(io.get_untrusted_types(data=content)) - set(TRUSTED)
        if unknown:
            raise DamagedModel("The stored classifier of variable stars holds types that are not trusted.")
        estimator = io.loads(content, trusted=list(TRUSTED))
    except DamagedModel:
        raise
    except Exception as problem:  # whatever a damaged archive raises
        raise DamagedModel("The stored classifier of variable stars cannot be read.") from problem
    return VariabilityModel(estimator, tuple(card["classes"]), float(card["threshold"]), card)
