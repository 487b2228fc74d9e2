"""One planet probability from the ensemble, the scalars and the numbers of the vetting tests.

A logistic regression, fitted by scikit-learn and kept as JSON: its few weights can be read, and applying it takes no
scikit-learn. The shape of a dip cannot tell a planet from another star's eclipse; where the dips come from can.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FILE: Final = "vetting.json"
#: Name of the column that every combination starts from: log-odds of a planet by the ensemble.
ENSEMBLE: Final = "log_odds_planet"
_CUT = 4.0


@dataclass(frozen=True, slots=True)
class Combination:
    """Each column adds weight · (value − centre) / width, cut at ±4 widths, or `missing` where it is unknown.

    `columns` are ENSEMBLE, names of scalars (physical values, `serving.scalars`) and names of vetting tests.
    """

    columns: tuple[str, ...]
    centre: tuple[float, ...]
    width: tuple[float, ...]
    weight: tuple[float, ...]
    missing: tuple[float, ...]
    intercept: float

    def planet(self, table: npt.ArrayLike) -> Floats:
        """(n,) probability of a planet from (n, columns), NaN where unknown."""
        scaled, unknown = _prepared(np.asarray(table, dtype=float), np.array(self.centre), np.array(self.width))
        logit = self.intercept + scaled @ np.array(self.weight) + unknown @ np.array(self.missing)
        return np.asarray(1 / (1 + np.exp(-logit)))

    def table(self, planet: npt.ArrayLike, known: Sequence[Mapping[str, float | None]]) -> Floats:
        """(n, columns) from the ensemble's planet probability (n,) and, of each signal, its numbers by name. Names
        that are no column are passed over."""
        odds = log_odds(planet)
        rows = [
            [odds[k] if name == ENSEMBLE else _number(numbers.get(name)) for name in self.columns]
            for k, numbers in enumerate(known)
        ]
        return np.array(rows, dtype=float).reshape(len(known), len(self.columns))


def log_odds(probability: npt.ArrayLike) -> Floats:
    """log(p / (1 − p)), p kept within 1e-6 of 0 and 1."""
    p = np.clip(np.asarray(probability, dtype=float), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(p / (1 - p)))


def fit(
    columns: Sequence[str], table: npt.ArrayLike, is_planet: npt.ArrayLike, weights: npt.ArrayLike | None = None,
    *, strength: float = 1.0,
) -> Combination:  # fmt: skip
    """The combination of greatest likelihood, with a Gaussian prior of `strength` on its weights.

    `table` (n, columns), NaN where unknown; `is_planet` (n,) booleans. Raises ValueError where only one kind is given.
    """
    from sklearn.linear_model import LogisticRegression

    numbers = np.asarray(table, dtype=float)
    empty = ~np.isfinite(numbers).any(axis=0)
    filled = np.where(empty, 0.0, numbers)
    centre = np.nanmedian(filled, axis=0)
    width = np.nanpercentile(filled, 84, axis=0) - np.nanpercentile(filled, 16, axis=0)
    width = np.where(width > 0, width / 2, 1.0)
    scaled, unknown = _prepared(numbers, centre, width)
    model = LogisticRegression(C=strength, max_iter=1000)
    model.fit(np.concatenate([scaled, unknown], axis=1), np.asarray(is_planet, dtype=bool), sample_weight=weights)
    found = model.coef_[0]
    size = len(columns)
    return Combination(
        tuple(columns), _plain(centre), _plain(width), _plain(found[:size]), _plain(found[size:]),
        float(model.intercept_[0]),
    )  # fmt: skip


def save(combination: Combination, path: Path) -> None:
    """Store as JSON."""
    path.write_text(json.dumps(asdict(combination), indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> Combination:
    """Read what `save` wrote. Raises ValueError where it is no such file."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        lists = {name: tuple(read[name]) for name in ("columns", "centre", "width", "weight", "missing")}
        found = Combination(**lists, intercept=float(read["intercept"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} holds no combination: {error}.") from error
    if len({len(values) for values in lists.values()}) != 1:
        raise ValueError(f"{path.name} holds no combination: its lists differ in length.")
    return found


def _prepared(table: Floats, centre: Floats, width: Floats) -> tuple[Floats, Floats]:
    unknown = ~np.isfinite(table)
    with np.errstate(invalid="ignore"):
        scaled = np.where(unknown, 0.0, np.clip((table - centre) / width, -_CUT, _CUT))
    return scaled, unknown.astype(float)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
