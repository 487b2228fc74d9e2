"""The served classifier answers what its parts, put together by hand, answer."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from serving import artefacts, packed_trees, trees
from serving.artefacts import DamagedArtefact
from serving.calibration import Calibration
from serving.classes import PLANET
from serving.classifier import BRANCHES, NUMBERS, Classifier, as_rows, as_table, blanked
from serving.litert import ROWS_AT_ONCE, Network
from serving.networks import reflected
from serving.targets import blend
from tests.serving.toy_artefacts import (
    BLEND,
    CALIBRATION,
    inputs_of,
    linear_answer,
    linear_network,
    toy_rows,
    toy_weights,
)

ROOT = Path(__file__).resolve().parents[2]


def test_a_network_of_any_number_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "teacher-0.tflite"
    path.write_bytes(linear_network(toy_weights(0)))
    network = Network(path)
    inputs = inputs_of(toy_rows(2 * ROWS_AT_ONCE + 3))
    expected = linear_answer(toy_weights(0), inputs)
    for count in (0, 1, ROWS_AT_ONCE, 2 * ROWS_AT_ONCE + 3):
        answer = network.predict({name: v[:count] for name, v in inputs.items()})
        assert np.allclose(answer, expected[:count], atol=1e-5), count
    assert not np.allclose(linear_answer(toy_weights(1), inputs), expected, atol=1e-3)


def test_the_ensemble_is_the_calibrated_blend_of_its_parts(toy_folder: Path) -> None:
    rows = toy_rows(40, seed=9)
    inputs = inputs_of(rows)
    parts = []
    for k in (0, 1):
        both = linear_answer(toy_weights(k), inputs), linear_answer(toy_weights(k), reflected(inputs))
        parts.append(sum(both) / 2)
    parts.append(trees.predict(trees.load(toy_folder / "trees.skops"), trees.features(*(rows[n] for n in BRANCHES))))
    expected = Calibration.from_json(CALIBRATION).apply(blend(parts, list(BLEND.values())))
    classifier = Classifier.load(toy_folder)
    assert np.allclose(classifier.classify(rows), expected, atol=1e-5)
    student = Calibration.from_json(CALIBRATION).apply(linear_answer(toy_weights(2), inputs))
    assert np.allclose(classifier.student(rows), student, atol=1e-5)


def test_one_row_is_answered_as_among_many(toy_folder: Path) -> None:
    classifier, rows = Classifier.load(toy_folder), toy_rows(70)
    together = classifier.classify(rows)
    for k in (0, 5, 69):
        assert np.allclose(classifier.classify({n: v[k : k + 1] for n, v in rows.items()}), together[k], atol=1e-6)


def test_an_explanation_is_the_change_when_a_branch_is_blank(toy_folder: Path) -> None:
    classifier, rows = Classifier.load(toy_folder), toy_rows(3)
    moved = classifier.explain(rows)
    assert moved.shape == (3, len(BRANCHES))
    before = classifier.classify(rows)[:, PLANET]
    flat = classifier.classify(rows | {"local": np.zeros_like(rows["local"])})[:, PLANET]
    unknown = classifier.classify(rows | {"scalars": np.full_like(rows["scalars"], np.nan)})[:, PLANET]
    assert np.allclose(moved[:, 1], flat - before, atol=1e-6)
    assert np.allclose(moved[:, 3], unknown - before, atol=1e-6)
    assert moved[0, 2] == pytest.approx(0, abs=1e-6)  # the first row has no secondary view to lose
    assert np.abs(moved[1]).max() > 1e-3


def test_blank_rows_and_tables_keep_their_order() -> None:
    rows = toy_rows(3)
    table = as_table(rows)
    assert table.shape == (3, NUMBERS)
    assert all(np.array_equal(as_rows(table)[n], rows[n], equal_nan=True) for n in BRANCHES)
    several = blanked(rows)
    assert np.array_equal(several["global"][:3], np.zeros((3, 201)))
    assert np.array_equal(several["global"][3:6], rows["global"])
    assert np.isnan(several["secondary"][6:9]).all()


def test_packed_trees_are_the_same_trees(toy_folder: Path, tmp_path: Path) -> None:
    rows = toy_rows(200, seed=4)
    columns = trees.features(*(rows[n] for n in BRANCHES))
    slow = trees.load(toy_folder / "trees.skops")
    packed = packed_trees.load(toy_folder / packed_trees.FILE)
    assert np.allclose(packed.predict(columns), trees.predict(slow, columns), atol=1e-9)
    assert packed.predict(columns[:0]).shape == (0, 6)
    again = tmp_path / "again.npz"
    packed_trees.save(slow, again)
    assert again.read_bytes() == (toy_folder / packed_trees.FILE).read_bytes()
    again.write_bytes(b"PK not trees")
    with pytest.raises(ValueError, match="no packed trees"):
        packed_trees.load(again)


def test_damaged_or_foreign_artefacts_are_refused(toy_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DamagedArtefact, match="no trained classifier"):
        Classifier.load(tmp_path)
    shutil.copytree(toy_folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "teacher-0.tflite").write_bytes(b"nonsense")
    with pytest.raises(DamagedArtefact, match="not the file that was trained"):
        Classifier.load(tmp_path)
    with pytest.raises(DamagedArtefact, match="no network that can be run"):
        Network(tmp_path / "teacher-0.tflite")
    artefacts.write_manifest(tmp_path, created="2026-01-01", seed=0, classes=("a", "b"), scalars=("c",))
    with pytest.raises(DamagedArtefact, match="other classes or scalars"):
        Classifier.load(tmp_path)


def test_serving_brings_in_neither_tensorflow_nor_scikit_learn(toy_folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from serving.classifier import Classifier\n"
        f"Classifier.load(Path({str(toy_folder)!r})).warm()\n"
        "import serving.service\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'tensorflow', 'keras', 'sklearn', 'torch', 'numba'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.stdout == "[]\n", done.stderr
