"""The fitted trees as plain arrays: the answers of `serving.trees` without scikit-learn.

Importing scikit-learn costs a service more than 100 MB and some seconds, and one signal through its thousands of trees
about 10 ms. `pack` takes the fitted pipeline apart; walking all trees at once in numpy takes under 1 ms.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from serving.trees import predict as shared_out

FILE: Final = "trees.npz"
#: Rows walked at once: enough to spread numpy's overhead, few enough for the caches.
_ROWS_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class PackedTrees:
    """Principal components of the leading columns, then trees sorted from the deepest to the shallowest.

    `rotation` (k, p) and `offset` (p,) turn the first k columns into p components; the others pass. Nodes are those of
    all trees in one list; a leaf leads to itself. `alive` (depth,) is how many trees go on at each level.
    """

    rotation: npt.NDArray[np.float32]
    offset: npt.NDArray[np.float32]
    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float64]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    missing_left: npt.NDArray[np.bool_]
    value: npt.NDArray[np.float64]
    root: npt.NDArray[np.int32]
    column: npt.NDArray[np.int32]  # which class each tree adds to
    alive: npt.NDArray[np.int32]
    baseline: npt.NDArray[np.float64]
    classes_: npt.NDArray[np.int64]

    def predict(self, columns: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """(n, 6) from `serving.trees.features`, as `serving.trees.predict`."""
        return shared_out(self, columns)

    def predict_proba(self, columns: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """(n, classes) in the order of `classes_`, which includes JUNK where it was trained on."""
        answer = np.empty((columns.shape[0], self.classes_.size))
        for start in range(0, columns.shape[0], _ROWS_AT_ONCE):
            part = columns[start : start + _ROWS_AT_ONCE]
            answer[start : start + part.shape[0]] = self._walk(part)
        raw = np.exp(answer - answer.max(axis=1, keepdims=True))
        return np.asarray(raw / raw.sum(axis=1, keepdims=True))

    def _walk(self, columns: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        views = self.rotation.shape[0]
        components = columns[:, :views] @ self.rotation - self.offset
        x = np.concatenate([components, columns[:, views:]], axis=1).astype(np.float64)
        gone_on = np.arange(x.shape[0])[:, None] * x.shape[1]
        flat = x.ravel()
        node = np.tile(self.root, (x.shape[0], 1))
        for count in self.alive:
            here = node[:, :count]
            number = flat[gone_on + self.feature[here]]
            to_left = (number <= self.threshold[here]) | (np.isnan(number) & self.missing_left[here])
            node[:, :count] = np.where(to_left, self.left[here], self.right[here])
        leaves = self.value[node]
        raw = np.empty((x.shape[0], self.baseline.size))
        for k in range(self.baseline.size):
            raw[:, k] = self.baseline[k] + leaves[:, self.column == k].sum(axis=1)
        return raw


def pack(pipeline: Any) -> PackedTrees:
    """Take apart what `serving.trees.fit` made.

    Raises ValueError for a pipeline of another make: categories, or two classes (one tree for both).
    """
    (_, columns), (_, boosting) = pipeline.steps
    parts = [(model, np.asarray(where, dtype=int)) for _, model, where in columns.transformers_]
    views = [(model, where) for model, where in parts if hasattr(model, "components_")]
    passed = np.concatenate([where for model, where in parts if not hasattr(model, "components_")])
    width = sum(where.size for _, where in views)
    if not np.array_equal(np.concatenate([where for _, where in views]), np.arange(width)):
        raise ValueError("The views must be the first columns.")
    if not np.array_equal(passed, width + np.arange(passed.size)):
        raise ValueError("The numbers must follow the views in order.")
    rotation = np.zeros((width, sum(m.components_.shape[0] for m, _ in views)), dtype=np.float32)
    offset, to = np.zeros(rotation.shape[1], dtype=np.float32), 0
    for model, where in views:
        count = model.components_.shape[0]
        rotation[where, to : to + count] = model.components_.T
        offset[to : to + count] = model.mean_ @ model.components_.T
        to += count

    if boosting.is_categorical_ is not None and np.any(boosting.is_categorical_):
        raise ValueError("Categories cannot be packed.")
    classes = np.asarray(boosting.classes_, dtype=np.int64)
    trees = [(k, tree.nodes) for step in boosting._predictors for k, tree in enumerate(step)]
    baseline = np.asarray(boosting._baseline_prediction, dtype=float).ravel()
    if baseline.size != classes.size:
        raise ValueError("Three classes or more are needed.")
    trees.sort(key=lambda t: -int(t[1]["depth"].max()))
    depths = np.array([int(nodes["depth"].max()) for _, nodes in trees])
    roots = np.concatenate([[0], np.cumsum([nodes.size for _, nodes in trees])])[:-1]
    all_nodes = np.concatenate([nodes for _, nodes in trees])
    shift = np.repeat(roots, [nodes.size for _, nodes in trees])
    leaf = all_nodes["is_leaf"].astype(bool)
    own = np.arange(all_nodes.size)
    return PackedTrees(
        rotation=rotation,
        offset=offset,
        feature=np.where(leaf, 0, all_nodes["feature_idx"]).astype(np.int32),
        threshold=all_nodes["num_threshold"].astype(np.float64),
        left=np.where(leaf, own, all_nodes["left"] + shift).astype(np.int32),
        right=np.where(leaf, own, all_nodes["right"] + shift).astype(np.int32),
        missing_left=all_nodes["missing_go_to_left"].astype(bool),
        value=all_nodes["value"].astype(np.float64),
        root=roots.astype(np.int32),
        column=np.array([k for k, _ in trees], dtype=np.int32),
        alive=np.array([(depths > level).sum() for level in range(int(depths.max(initial=0)))], dtype=np.int32),
        baseline=baseline,
        classes_=classes,
    )


def save(pipeline: Any, path: Path) -> None:
    """Pack and store as .npz, no pickles; the same pipeline gives the same bytes."""
    packed = pack(pipeline)
    with path.open("wb") as file:
        np.savez_compressed(file, **{f.name: getattr(packed, f.name) for f in fields(PackedTrees)})


def load(path: Path) -> PackedTrees:
    """Read what `save` wrote. Raises ValueError where it is no such file."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return PackedTrees(**{f.name: stored[f.name] for f in fields(PackedTrees)})
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"{path.name} holds no packed trees: {error}.") from error
