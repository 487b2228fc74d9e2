"""Probabilities that mean what they say: temperature and bias per class, fitted on answers for stars left out.

p' ∝ exp(log p / T + b), the vector scaling of Guo et al. 2017 (ICML, §4.2) with one temperature. It is fitted by the
log-likelihood of what each label allows (`serving.targets.allowed`). Applying it takes numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.targets import JUNK_CLASSES

Floats = npt.NDArray[np.float64]
_TINY = 1e-7


@dataclass(frozen=True, slots=True)
class Calibration:
    """`temperature` above 1 softens; `bias` (6,) is added to the log of each class."""

    temperature: float
    bias: tuple[float, ...]

    def apply(self, probabilities: npt.ArrayLike) -> Floats:
        """(n, 6) → (n, 6), rows summing to 1."""
        log = np.log(np.clip(np.asarray(probabilities, dtype=float), _TINY, 1))
        return _softmax(log / self.temperature + np.asarray(self.bias))

    def to_json(self) -> dict[str, Any]:
        return {"temperature": self.temperature, "bias": list(self.bias)}

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> Calibration:
        return cls(float(read["temperature"]), tuple(float(b) for b in read["bias"]))


def fit(
    probabilities: npt.ArrayLike, mask: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, ridge: float = 1e-3
) -> Calibration:
    """The calibration of greatest likelihood. `mask` (n, 6) as of `allowed`; `ridge` holds the biases of absent
    classes at zero.

    Raises ValueError when there are no rows.
    """
    from scipy.optimize import minimize

    log = np.log(np.clip(np.asarray(probabilities, dtype=float), _TINY, 1))
    mask = np.asarray(mask, dtype=float)
    if log.shape[0] == 0:
        raise ValueError("There is nothing to calibrate on.")
    w = np.ones(log.shape[0]) if weights is None else np.asarray(weights, dtype=float)
    w = w / w.sum()

    def cost(x: Floats) -> tuple[float, Floats]:
        p = _softmax(log * np.exp(-x[0]) + x[1:])
        inside = np.clip((p * mask).sum(axis=1), 1e-12, None)
        by_logit = (p - p * mask / inside[:, None]) * w[:, None]
        slope = np.concatenate([[-(by_logit * log).sum() * np.exp(-x[0])], by_logit.sum(axis=0) + 2 * ridge * x[1:]])
        return float(-(w * np.log(inside)).sum() + ridge * (x[1:] ** 2).sum()), slope

    found = minimize(cost, np.zeros(1 + log.shape[1]), jac=True, method="L-BFGS-B", bounds=[(-2, 2)] + [(-4, 4)] * 6)
    return Calibration(float(np.exp(found.x[0])), tuple(float(b) for b in found.x[1:]))


def calibration_error(
    probability: npt.ArrayLike, happened: npt.ArrayLike, weights: npt.ArrayLike | None = None, bins: int = 15
) -> float:
    """ECE of one yes/no probability: mean |share that happened − mean probability| over equal-width bins, by weight."""
    p, y = np.asarray(probability, dtype=float), np.asarray(happened, dtype=float)
    w = np.ones_like(p) if weights is None else np.asarray(weights, dtype=float)
    where = np.clip((p * bins).astype(int), 0, bins - 1)
    gap = np.bincount(where, weights=w * (y - p), minlength=bins)
    return float(np.abs(gap).sum() / w.sum())


def multiclass_error(probabilities: npt.ArrayLike, mask: npt.ArrayLike, bins: int = 15) -> float:
    """ECE of the most probable class (Guo et al. 2017, eq. 3). Variable and artifact count as one class, because
    most of their rows do not tell them apart."""
    p, m = np.asarray(probabilities, dtype=float), np.asarray(mask, dtype=float)
    first, second = JUNK_CLASSES
    merged = np.delete(p, second, axis=1)
    merged[:, first] = p[:, first] + p[:, second]
    allowed = np.delete(m, second, axis=1)
    allowed[:, first] = np.maximum(m[:, first], m[:, second])
    best = merged.argmax(axis=1)
    rows = np.arange(best.size)
    return calibration_error(merged[rows, best], allowed[rows, best], bins=bins)


def _softmax(logits: Floats) -> Floats:
    raw = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))
