"""What a row may be: the classes its label allows, so that "variable or artifact" can be learned from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from serving.classes import CLASSES, JUNK

JUNK_CLASSES = (CLASSES.index("variable"), CLASSES.index("artifact"))


def allowed(labels: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """(n, 6): 1 for every class the label allows; JUNK allows variable and artifact.

    Raises ValueError for a label that is no class.
    """
    labels = np.asarray(labels, dtype=int)
    if np.any((labels < JUNK) | (labels >= len(CLASSES))):
        raise ValueError("Labels must be an index of CLASSES, or JUNK.")
    mask = np.zeros((labels.size, len(CLASSES)), dtype=np.float32)
    known = labels != JUNK
    mask[np.flatnonzero(known), labels[known]] = 1
    mask[np.ix_(~known, JUNK_CLASSES)] = 1
    return mask


def blend(probabilities: list[npt.NDArray[np.floating]], weights: list[float]) -> npt.NDArray[np.float64]:
    """Weighted geometric mean of several (n, 6) answers, rows summing to 1: none can outvote the rest alone."""
    share = np.asarray(weights, dtype=float) / np.sum(weights)
    log = sum(w * np.log(np.clip(p, 1e-7, 1)) for w, p in zip(share, probabilities, strict=True))
    raw = np.exp(log - np.max(log, axis=1, keepdims=True))
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))
