"""Gradient-boosted trees beside the networks: principal components of the views, their summaries, the scalars.

They see the numbers rather than the shape, err elsewhere than the networks, and so add to a blend with them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.classes import CLASSES, JUNK
from serving.targets import JUNK_CLASSES

#: principal components kept of each view
COMPONENTS = {"global": 24, "local": 16, "secondary": 8}


def summaries(view: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(n, 8) of a view (n, bins): scatter outside the middle, mean and minimum of the middle third, of the outer
    thirds and their difference, maximum, and asymmetry about the middle. All in units of the depth."""
    third = view.shape[1] // 3
    left, middle, right = view[:, :third], view[:, third:-third], view[:, -third:]
    outer = np.concatenate([left, right], axis=1)
    mirrored = np.mean(np.abs(view - view[:, ::-1]), axis=1)
    columns = [
        outer.std(axis=1), middle.mean(axis=1), middle.min(axis=1), outer.mean(axis=1), outer.min(axis=1),
        left.mean(axis=1) - right.mean(axis=1), view.max(axis=1), mirrored,
    ]  # fmt: skip
    return np.stack(columns, axis=1).astype(np.float32)


def features(
    global_view: npt.NDArray[np.float32],
    local_view: npt.NDArray[np.float32],
    secondary_view: npt.NDArray[np.float32],
    scalars: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """(n, columns): the three views as they are (absent: 0), then their summaries (absent: NaN), then the scalars."""
    views = (global_view, local_view, secondary_view)
    filled = [np.nan_to_num(v) for v in views]
    found = []
    for view, full in zip(views, filled, strict=True):
        numbers = summaries(full)
        numbers[~np.isfinite(view).any(axis=1)] = np.nan
        found.append(numbers)
    return np.concatenate([*filled, *found, scalars], axis=1).astype(np.float32)


def fit(
    columns: npt.NDArray[np.float32],
    labels: npt.NDArray[np.integer],
    weights: npt.NDArray[np.floating],
    bins: tuple[int, int, int],
    *,
    seed: int,
    iterations: int = 300,
) -> Any:
    """A scikit-learn pipeline fitted on `features`; `bins` are the lengths of the three views in front."""
    from sklearn.compose import ColumnTransformer
    from sklearn.decomposition import PCA
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline

    # a number that no row has cannot be cut into bins; as a constant it splits nothing
    columns = np.where(np.isfinite(columns).any(axis=0), columns, np.float32(0.0))
    edges = np.cumsum([0, *bins])
    parts = []
    for (name, kept), start, stop in zip(COMPONENTS.items(), edges[:-1], edges[1:], strict=True):
        size = min(kept, stop - start, columns.shape[0])
        parts.append((name, PCA(size, random_state=seed, svd_solver="full"), list(range(start, stop))))
    parts.append(("numbers", "passthrough", list(range(int(edges[-1]), columns.shape[1]))))
    boosting = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=iterations, max_leaf_nodes=15, min_samples_leaf=20, l2_regularization=1.0,
        max_features=0.3, early_stopping=False, random_state=seed,
    )  # fmt: skip
    model = make_pipeline(ColumnTransformer(parts), boosting)
    return model.fit(columns, labels, histgradientboostingclassifier__sample_weight=weights)


def predict(model: Any, columns: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """(n, 6). The probability of JUNK, a class of its own to the trees, goes to variable and artifact in proportion
    to what the trees give each of them."""
    raw = np.asarray(model.predict_proba(columns), dtype=float)
    answer = np.zeros((columns.shape[0], len(CLASSES)))
    junk = np.zeros(columns.shape[0])
    for column, label in enumerate(model.classes_):
        if label == JUNK:
            junk = raw[:, column]
        else:
            answer[:, int(label)] = raw[:, column]
    pair = answer[:, JUNK_CLASSES] + 1e-6
    answer[:, JUNK_CLASSES] += junk[:, None] * pair / pair.sum(axis=1, keepdims=True)
    return answer / answer.sum(axis=1, keepdims=True)


def save(model: Any, path: Path) -> None:
    """Store without pickles."""
    import skops.io

    path.write_bytes(skops.io.dumps(model))


def load(path: Path) -> Any:
    """Read what `save` wrote; types other than scikit-learn's own are refused (ValueError)."""
    import skops.io

    unknown = skops.io.get_untrusted_types(file=path)
    strange = [name for name in unknown if not name.startswith(("sklearn.", "numpy."))]
    if strange:
        raise ValueError(f"{path.name} holds types that are not scikit-learn's: {', '.join(strange)}.")
    return skops.io.load(path, trusted=unknown)
