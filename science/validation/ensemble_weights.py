"""Weights of `science.validation.ensemble`, written by `make ensemble` (benchmarks/ensemble.py).

Logistic models (scikit-learn) of simulated signals of known nature, planets and others in balance.
Not edited by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: When, of what and how.
MADE: Final[Mapping[str, str | int]] = {
    "date": "2026-11-25",
    "planets": 120,
    "false positives": 240,
    "stars lending their light": 34,
    "classifier": "2026-11-25-baedfb10",
    "command": "python -m benchmarks.ensemble --write --each 40",
}
#: Opinions that are there → intercept, weights of their features in the order of FEATURES.
MODELS: Final[Mapping[tuple[str, ...], tuple[float, tuple[float, ...]]]] = {
    ("chances",): (0.89322, (0.49568,)),
    ("classifier",): (0.0135, (0.61985,)),
    ("tests",): (1.50943, (-2.53761, -1.27083, -0.3175)),
    ("chances", "classifier"): (0.66648, (0.37026, 0.31067)),
    ("chances", "tests"): (1.51123, (0.33637, -1.98534, -0.92201, 0.0)),
    ("classifier", "tests"): (1.04523, (0.33778, -1.91772, -1.09914, 0.0)),
    ("chances", "classifier", "tests"): (1.4153, (0.30951, 0.08876, -1.8271, -0.89975, 0.0)),
}
#: Opinion → 2 AUC − 1 of it alone, on stars left out.
SKILL: Final[Mapping[str, float]] = {"chances": 0.7009, "classifier": 0.6528, "tests": 0.7085}
#: Opinions → (AUC, Brier score, expected calibration error) on stars left out.
SCORES: Final[Mapping[tuple[str, ...], tuple[float, float, float]]] = {
    ("chances",): (0.8505, 0.1462, 0.0692),
    ("classifier",): (0.8264, 0.1683, 0.0809),
    ("tests",): (0.8542, 0.1446, 0.0496),
    ("chances", "classifier"): (0.8722, 0.1376, 0.0625),
    ("chances", "tests"): (0.903, 0.1201, 0.0376),
    ("classifier", "tests"): (0.8753, 0.137, 0.0557),
    ("chances", "classifier", "tests"): (0.9006, 0.1204, 0.0323),
}
