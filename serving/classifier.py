"""The trained classifier as it is served: the ensemble, the student of the microcontroller, and what moved the answer.

numpy and LiteRT only. TensorFlow and scikit-learn stay where training happens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from serving import combination, packed_trees
from serving.artefacts import COMMITTED, STUDENT, TREES, DamagedArtefact, Manifest, load_manifest
from serving.calibration import Calibration
from serving.classes import CLASSES, PLANET
from serving.inputs import network_inputs
from serving.litert import Network
from serving.networks import reflected
from serving.scalars import SCALARS
from serving.targets import blend
from serving.trees import features
from serving.unusual import FOLDER, has_second, is_unusual
from serving.view_grids import GLOBAL_BINS, LOCAL_BINS

Floats = npt.NDArray[np.float64]
#: Arrays by branch: views with median 0 and deepest point −1, standardised scalars; NaN where there is none.
Rows = Mapping[str, npt.NDArray[np.float32]]
Model = Callable[["_Question"], Floats]

#: Numbers of each branch, in the order in which a flat row of them is laid out.
WIDTHS: Final = {"global": GLOBAL_BINS, "local": LOCAL_BINS, "secondary": LOCAL_BINS, "scalars": len(SCALARS)}
BRANCHES: Final = tuple(WIDTHS)
NUMBERS: Final = sum(WIDTHS.values())
#: So few rows are answered by one model after the other: that is quicker than changing threads.
_FEW: Final = 8
#: What a branch is replaced by to see how much it matters: flat light, no other dip, no numbers known.
_BLANK: Final = {"global": 0.0, "local": 0.0, "secondary": np.nan, "scalars": np.nan}


class Classifier:
    """Answers of one folder of artefacts. Safe to share between threads; networks load with the first question.

    `second` is the training that answers for unusual signals (`serving.unusual`), where the folder holds one.
    """

    def __init__(self, folder: Path, manifest: Manifest, second: Classifier | None = None) -> None:
        self.folder = folder
        self.manifest = manifest
        self.second = second
        self._lock = threading.Lock()
        self._models: list[tuple[Model, float]] | None = None
        self._student: Network | None = None
        self._calibration = {name: Calibration.from_json(read) for name, read in manifest.calibration.items()}
        held = combination.FILE in manifest.files
        self.combination = combination.load(folder / combination.FILE) if held else None
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="network")

    @classmethod
    def load(cls, folder: Path = COMMITTED) -> Classifier:
        """Check hashes and what the artefacts were made for. Raises DamagedArtefact with one sentence."""
        manifest = load_manifest(folder)
        if manifest.classes != CLASSES or manifest.scalars != SCALARS:
            raise DamagedArtefact("The artefacts are for other classes or scalars than this version knows.")
        if not manifest.teachers:
            raise DamagedArtefact("The artefacts hold no network of the ensemble.")
        return cls(folder, manifest, cls.load(folder / FOLDER) if has_second(folder) else None)

    def warm(self) -> None:
        """Load everything and classify a flat signal once, so that the first question is no slower than the next."""
        rows = {name: np.zeros((1, width), dtype=np.float32) for name, width in WIDTHS.items()}
        if self.second is not None:
            self.second.warm()
        self.classify(rows)
        if self.has_student:
            self.student(rows)

    @property
    def parts(self) -> tuple[str, ...]:
        """Files whose answers make up the ensemble."""
        forests = [name for name in (packed_trees.FILE, TREES) if name in self.manifest.files]
        return (*self.manifest.teachers, *forests[:1])

    def weight(self, part: str) -> float:
        """Of one of the `parts` in the blend; the trees have one weight, whichever file holds them."""
        blend_weights = self.manifest.blend
        return blend_weights.get(part, blend_weights.get(TREES, 1.0) if part == packed_trees.FILE else 1.0)

    @property
    def has_student(self) -> bool:
        """Whether the artefacts hold the network of the microcontroller."""
        return STUDENT in self.manifest.files

    def classify(self, rows: Rows, unusual: npt.NDArray[np.bool_] | None = None) -> Floats:
        """(n, 6) calibrated probabilities of the ensemble, in the order of CLASSES. `unusual` (n,) says which rows the
        second training answers; without it the rows themselves do."""
        if _size(rows) == 0:
            return np.empty((0, len(CLASSES)))
        if self.second is None:
            return self._answer(rows)
        chosen = self.unusual(rows) if unusual is None else unusual
        answer = np.empty((chosen.size, len(CLASSES)))
        for some, model in ((chosen, self.second), (~chosen, self)):
            if some.any():
                answer[some] = model._answer({name: values[some] for name, values in rows.items()})
        return answer

    def unusual(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """(n,) which rows the second training answers; none where there is no such training."""
        if self.second is None:
            return np.zeros(_size(rows), dtype=np.bool_)
        return is_unusual(rows["global"], rows["scalars"])

    def _answer(self, rows: Rows) -> Floats:
        models, asked = self._ensemble(), _Question(rows)
        side_by_side = self._pool.map if _size(rows) > _FEW else map
        answers = list(side_by_side(lambda model: model[0](asked), models))
        return self._calibrated("ensemble", blend(answers, [weight for _, weight in models]))

    def student(self, rows: Rows) -> Floats:
        """(n, 6) calibrated probabilities of the int8 student, from the very bytes the microcontroller computes.

        Raises DamagedArtefact where there is none.
        """
        with self._lock:
            if self._student is None:
                if not self.has_student:
                    raise DamagedArtefact("The artefacts hold no student.")
                self._student = Network(self.folder / STUDENT, reference=True)
        if _size(rows) == 0:
            return np.empty((0, len(CLASSES)))
        return self._calibrated("student", self._student.predict(_Question(rows).inputs))

    def explain(self, rows: Rows) -> Floats:
        """(n, 4) change of the planet probability when one branch is blank, in the order of BRANCHES: negative where
        the branch spoke for a planet."""
        chosen = self.unusual(rows)  # the same models have to answer with and without a branch
        blank = self.classify(blanked(rows), np.tile(chosen, len(BRANCHES)))
        return changes(self.classify(rows, chosen)[:, PLANET], blank[:, PLANET])

    def _ensemble(self) -> list[tuple[Model, float]]:
        with self._lock:
            if self._models is None:
                weights = [(name, self.weight(name)) for name in self.parts]
                self._models = [(self._model(name), weight) for name, weight in weights if weight > 0]
            return self._models

    def _model(self, name: str) -> Model:
        if name in (TREES, packed_trees.FILE):
            return _trees(self.folder / name)
        return _both_ways(Network(self.folder / name))

    def _calibrated(self, name: str, probabilities: Floats) -> Floats:
        calibration = self._calibration.get(name)
        return probabilities if calibration is None else calibration.apply(probabilities)


def as_table(rows: Rows) -> npt.NDArray[np.float32]:
    """(n, NUMBERS): the branches side by side."""
    return np.concatenate([np.asarray(rows[name], dtype=np.float32) for name in BRANCHES], axis=1)


def as_rows(table: npt.NDArray[np.floating]) -> dict[str, npt.NDArray[np.float32]]:
    """Split (n, NUMBERS) into the arrays of the branches."""
    parts = np.split(np.asarray(table, dtype=np.float32), np.cumsum(list(WIDTHS.values()))[:-1], axis=1)
    return dict(zip(BRANCHES, parts, strict=True))


def blanked(rows: Rows) -> dict[str, npt.NDArray[np.float32]]:
    """(4 n) rows: all with the first branch blank, then all with the second blank, and so on."""
    count = _size(rows)
    several = {name: np.concatenate([values] * len(BRANCHES)) for name, values in rows.items()}
    for k, name in enumerate(BRANCHES):
        several[name][k * count : (k + 1) * count] = _BLANK[name]
    return several


def changes(planet: Floats, blank: Floats) -> Floats:
    """(n, 4) from the planet probability of n rows and of the 4 n rows of `blanked`."""
    return np.asarray((blank.reshape(len(BRANCHES), planet.size) - planet).T)


class _Question:
    """Rows, and what the models make of them, made once."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.inputs = network_inputs(rows["global"], rows["local"], rows["secondary"], rows["scalars"])
        self.mirrored = reflected(self.inputs)


def _both_ways(network: Network) -> Model:
    """The mean of the answers to the views and to their mirror images, as `serving.networks.predict` evaluates."""
    return lambda asked: (network.predict(asked.inputs) + network.predict(asked.mirrored)) / 2


def _trees(path: Path) -> Model:
    model: Any
    if path.name == packed_trees.FILE:
        model = packed_trees.load(path)
    else:  # slower to load, and scikit-learn comes in
        from serving import trees

        model = packed_trees.pack(trees.load(path))

    def answer(asked: _Question) -> Floats:
        rows = asked.rows
        return np.asarray(model.predict(features(*(rows[name] for name in BRANCHES))))

    return answer


def _size(rows: Rows) -> int:
    return int(rows["global"].shape[0])
