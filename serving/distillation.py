"""The student learns from what the ensemble says of stars it was not trained on, and from the labels.

Soft labels out of fold carry what the ensemble has learned in general, not what it remembers of that star.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from serving import networks
from serving.targets import allowed


def soft_targets(
    out_of_fold: npt.NDArray[np.floating], labels: npt.NDArray[np.integer], *, trust: float = 0.6
) -> npt.NDArray[np.float32]:
    """(n, 6): `trust` times the ensemble's answer, the rest what the label allows, shared as the ensemble would."""
    mask = allowed(labels)
    hard = (out_of_fold + 1e-6) * mask
    hard /= hard.sum(axis=1, keepdims=True)
    return np.asarray(trust * out_of_fold + (1 - trust) * hard, dtype=np.float32)


def distil(
    student: Any,
    inputs: networks.Inputs,
    out_of_fold: npt.NDArray[np.floating],
    labels: npt.NDArray[np.integer],
    weights: npt.NDArray[np.float32],
    *,
    epochs: int,
    seed: int,
    augment: networks.Augment | None = None,
) -> list[float]:
    """Train `student` in place on soft labels; the loss of each epoch."""
    targets = soft_targets(out_of_fold, labels)
    return networks.train(
        student, inputs, targets, weights, epochs=epochs, seed=seed, loss=networks.soft_loss, augment=augment
    )
