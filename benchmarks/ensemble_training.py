"""Logistic models of every set of opinions, trained on simulated signals of known nature, and how good they are.

Planets weigh as much as all false positives together, and the kinds of these the same: what comes out is the
probability for a signal that is as likely a planet as not. Cross-validation leaves out all signals in the light of a
star together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.ensemble_signals import Simulated
from science.validation.ensemble import FEATURES, OPINIONS, Opinion, Opinions, features
from serving.calibration import calibration_error

Floats = npt.NDArray[np.float64]
Subset = tuple[Opinion, ...]

SUBSETS: Final[tuple[Subset, ...]] = tuple(c for k in range(1, len(OPINIONS) + 1) for c in combinations(OPINIONS, k))
FOLDS: Final = 10
BINS: Final = 10
#: Inverse strength of the ridge on the weights.
_RIDGE: Final = 1.0
_SIGN: Final = {"log_odds_chances": 1.0, "log_odds_classifier": 1.0, "failed": -1.0, "warned": -1.0, "noisy": -1.0}


@dataclass(frozen=True, slots=True)
class Model:
    """`intercept` + `weights` · features of the opinions of a subset: the log odds of a planet."""

    intercept: float
    weights: tuple[float, ...]

    def planet(self, numbers: Floats) -> Floats:
        """Probability of each row of features (n, k)."""
        return np.asarray(1.0 / (1.0 + np.exp(-(self.intercept + numbers @ np.array(self.weights)))))


@dataclass(frozen=True, slots=True)
class Scores:
    """How good the probabilities of `signals` left-out signals are: area under the ROC curve, Brier score and expected
    calibration error (ten bins), kinds in balance."""

    auc: float
    brier: float
    calibration: float
    signals: int


@dataclass(frozen=True, slots=True)
class Table:
    """Signals side by side: (n,) truth, weight and star of each, and what the methods say."""

    opinions: tuple[Opinions, ...]
    planet: npt.NDArray[np.bool_]
    weight: Floats
    light_of: npt.NDArray[np.int64]

    def numbers(self, subset: Subset) -> Floats:
        """(n, k) features of the subset, NaN in rows that lack one of its opinions."""
        width = sum(len(FEATURES[name]) for name in subset)
        rows = [o.only(*subset) for o in self.opinions]
        return np.array([features(o) if o.present == subset else (np.nan,) * width for o in rows], dtype=np.float64)


def table_of(signals: Sequence[Simulated], classifier: Sequence[float | None]) -> Table:
    """The signals with balanced weights of mean 1. Raises ValueError where planets or others are missing."""
    kinds = np.array([one.kind for one in signals])
    planet = np.array([one.is_planet for one in signals], dtype=np.bool_)
    if not planet.any() or planet.all():
        raise ValueError("Planets and false positives are both needed.")
    others = np.unique(kinds[~planet])
    weight = np.zeros(kinds.size)
    for kind in np.unique(kinds):
        share = 0.5 if kind == "planet" else 0.5 / others.size
        weight[kinds == kind] = share / np.count_nonzero(kinds == kind)
    opinions = tuple(one.opinions(p) for one, p in zip(signals, classifier, strict=True))
    stars = np.array([one.light_of for one in signals], dtype=np.int64)
    return Table(opinions, planet, weight * kinds.size, stars)


def fit(numbers: Floats, planet: npt.NDArray[np.bool_], weight: Floats, subset: Subset) -> Model:
    """The model of rows without NaN. A feature whose weight comes out with the wrong sign is left out (weight 0), so
    that a worse opinion never makes a planet likelier."""
    from sklearn.linear_model import LogisticRegression

    signs = np.array([_SIGN[name] for opinion in subset for name in FEATURES[opinion]])
    used = np.ones(signs.size, dtype=np.bool_)
    while True:
        made = LogisticRegression(C=_RIDGE).fit(numbers[:, used], planet, sample_weight=weight)
        wrong = made.coef_[0] * signs[used] < 0.0
        if not wrong.any():
            break
        used[np.flatnonzero(used)[wrong]] = False
        if not used.any():
            return Model(0.0, (0.0,) * signs.size)
    weights = np.zeros(signs.size)
    weights[used] = made.coef_[0]
    return Model(float(made.intercept_[0]), tuple(float(w) for w in weights))


def fit_all(table: Table) -> dict[Subset, Model]:
    """One model for each subset, from all rows that have its opinions."""
    found = {}
    for subset in SUBSETS:
        numbers = table.numbers(subset)
        rows = np.isfinite(numbers).all(axis=1)
        found[subset] = fit(numbers[rows], table.planet[rows], table.weight[rows], subset)
    return found


def left_out(table: Table, subset: Subset) -> Floats:
    """(n,) what models trained without the star of a signal say of it; NaN where an opinion is missing."""
    from sklearn.model_selection import GroupKFold

    numbers = table.numbers(subset)
    rows = np.flatnonzero(np.isfinite(numbers).all(axis=1))
    answer = np.full(table.planet.size, np.nan)
    stars = table.light_of[rows]
    folds = GroupKFold(min(FOLDS, np.unique(stars).size))
    for train, test in folds.split(rows, groups=stars):
        some = rows[train]
        made = fit(numbers[some], table.planet[some], table.weight[some], subset)
        answer[rows[test]] = made.planet(numbers[rows[test]])
    return answer


def scores(table: Table, probability: Floats) -> Scores:
    """Of the rows with a probability."""
    from sklearn.metrics import roc_auc_score

    rows = np.isfinite(probability)
    p, y, w = probability[rows], table.planet[rows], table.weight[rows]
    return Scores(
        auc=float(roc_auc_score(y, p, sample_weight=w)),
        brier=float(np.average(np.square(p - y), weights=w)),
        calibration=calibration_error(p, y, w, BINS),
        signals=int(rows.sum()),
    )


def auc_error(table: Table, first: Floats, second: Floats | None = None, draws: int = 300) -> float:
    """One sigma of the AUC of `first`, or of how much better it is than `second`, when stars are drawn anew."""
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(1)
    stars = np.unique(table.light_of)
    rows_of = [np.flatnonzero(table.light_of == star) for star in stars]
    seen = []
    for _ in range(draws):
        rows = np.concatenate([rows_of[k] for k in rng.integers(stars.size, size=stars.size)])
        rows = rows[np.isfinite(first[rows]) & (True if second is None else np.isfinite(second[rows]))]
        y, w = table.planet[rows], table.weight[rows]
        if y.any() and not y.all():
            other = 0.0 if second is None else roc_auc_score(y, second[rows], sample_weight=w)
            seen.append(roc_auc_score(y, first[rows], sample_weight=w) - other)
    return float(np.std(seen))


def write_module(
    path: Path, models: Mapping[Subset, Model], found: Mapping[Subset, Scores], made: Mapping[str, object]
):
    """`science/validation/ensemble_weights.py` anew. `made` says of what, when and how."""
    skill = {subset[0]: round(max(0.0, 2.0 * found[subset].auc - 1.0), 4) for subset in SUBSETS if len(subset) == 1}

    def quoted(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    lines = [
        '"""Weights of `science.validation.ensemble`, written by `make ensemble` (benchmarks/ensemble.py).',
        "",
        "Logistic models (scikit-learn) of simulated signals of known nature, planets and others in balance.",
        "Not edited by hand.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Mapping",
        "from typing import Final",
        "",
        "#: When, of what and how.",
        "MADE: Final[Mapping[str, str | int]] = {",
        *(f"    {quoted(name)}: {quoted(value)}," for name, value in made.items()),
        "}",
        "#: Opinions that are there → intercept, weights of their features in the order of FEATURES.",
        "MODELS: Final[Mapping[tuple[str, ...], tuple[float, tuple[float, ...]]]] = {",
    ]
    for subset in SUBSETS:
        model = models[subset]
        names = ", ".join(quoted(name) for name in subset) + ("," if len(subset) == 1 else "")
        weights = ", ".join(repr(round(w, 5)) for w in model.weights) + ("," if len(model.weights) == 1 else "")
        lines.append(f"    ({names}): ({round(model.intercept, 5)!r}, ({weights})),")
    lines += [
        "}",
        "#: Opinion → 2 AUC − 1 of it alone, on stars left out.",
        f"SKILL: Final[Mapping[str, float]] = {quoted(skill)}",
        "#: Opinions → (AUC, Brier score, expected calibration error) on stars left out.",
        "SCORES: Final[Mapping[tuple[str, ...], tuple[float, float, float]]] = {",
    ]
    for subset in SUBSETS:
        s = found[subset]
        names = ", ".join(quoted(name) for name in subset) + ("," if len(subset) == 1 else "")
        lines.append(f"    ({names}): ({round(s.auc, 4)}, {round(s.brier, 4)}, {round(s.calibration, 4)}),")
    lines += ["}", ""]
    partial = path.with_suffix(".part")
    partial.write_text("\n".join(lines), encoding="utf-8")
    partial.replace(path)
