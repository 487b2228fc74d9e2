"""A training of seconds: it learns a toy set, it cannot learn shuffled labels, calibration and hashes hold."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from serving import artefacts, calibration, distillation, finishing, networks, stored_answers, training, trees
from serving.classes import CLASSES, JUNK, PLANET
from serving.classifier import Classifier
from serving.inputs import INPUT_SHAPES
from serving.signals import folds
from serving.targets import allowed, blend
from serving.train import load, save, train
from tests.serving.toy_signals import SHAPES, toy_signals, toy_table


def tiny(shapes, **_):
    """In place of a teacher or student, whose graphs take ten seconds to make: one layer."""
    import keras

    keras.utils.set_random_seed(1)
    inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
    flat = [keras.layers.Flatten()(x) for x in inputs.values()]
    x = keras.layers.Dense(16, activation="tanh")(keras.layers.Concatenate()(flat))
    return keras.Model(inputs, keras.layers.Dense(len(CLASSES), activation="softmax")(x))


def _columns(inputs):
    return trees.features(*(inputs[n][:, 0, :, 0] for n in ("global", "local", "secondary")), inputs["scalars"])


def _trained(shuffle: bool):
    inputs, labels = toy_signals(768, 1)
    if shuffle:
        labels = np.random.default_rng(2).permutation(labels)
    model = tiny(SHAPES)
    losses = networks.train(
        model, inputs, allowed(labels), np.ones(labels.size, np.float32), epochs=30, seed=4, batch=64, rate=5e-3
    )
    unseen, truth = toy_signals(300, 99)
    return model, losses, networks.predict(model, unseen), truth


def _planet_auc(answer, truth):
    return roc_auc_score(truth == PLANET, answer[:, PLANET])


def test_a_network_learns_the_toy_set():
    _, losses, answer, truth = _trained(shuffle=False)
    assert losses[-1] < 0.9 * losses[0]
    assert np.allclose(answer.sum(axis=1), 1, atol=1e-5)
    assert _planet_auc(answer, truth) > 0.9
    assert _separation(answer, truth) > 0.3
    soft = distillation.soft_targets(answer, truth)
    assert np.allclose(soft.sum(axis=1), 1, atol=1e-5)


def _separation(answer, truth):
    """Mean planet probability of planets less that of the rest. The toy signals come in three clusters, whose order
    is chance after a training on shuffled labels: an area under a curve would be anything, this stays near 0."""
    planet = answer[:, PLANET]
    return planet[truth == PLANET].mean() - planet[truth != PLANET].mean()


def test_shuffled_labels_teach_nothing():
    _, _, answer, truth = _trained(shuffle=True)
    assert abs(_separation(answer, truth)) < 0.15


def test_trees_learn_and_shuffled_labels_do_not(tmp_path):
    inputs, labels = toy_signals(600, 5)
    unseen, truth = toy_signals(600, 6)
    ones = np.ones(labels.size)
    model = trees.fit(_columns(inputs), labels, ones, (201, 61, 61), seed=0, iterations=10)
    answer = trees.predict(model, _columns(unseen))
    assert _planet_auc(answer, truth) > 0.99
    trees.save(model, tmp_path / "trees.skops")
    assert np.array_equal(trees.predict(trees.load(tmp_path / "trees.skops"), _columns(unseen)), answer)
    mixed = np.random.default_rng(7).permutation(labels)
    blind = trees.fit(_columns(inputs), mixed, ones, (201, 61, 61), seed=0, iterations=10)
    assert abs(_planet_auc(trees.predict(blind, _columns(unseen)), truth) - 0.5) < 0.2


def test_allowed_classes_of_junk():
    mask = allowed([PLANET, JUNK])
    assert mask[0].tolist() == [1, 0, 0, 0, 0, 0]
    assert [c for c, m in zip(CLASSES, mask[1], strict=True) if m] == ["variable", "artifact"]
    with pytest.raises(ValueError, match="index of CLASSES"):
        allowed([6])


def test_blend_is_a_geometric_mean():
    a, b = np.array([[0.9, 0.1]]), np.array([[0.5, 0.5]])
    expected = np.sqrt(a * b)
    assert np.allclose(blend([a, b], [1, 1]), expected / expected.sum())


def test_calibration_undoes_overconfidence():
    rng = np.random.default_rng(8)
    true = rng.dirichlet(np.full(6, 0.5), 6000)
    labels = (true.cumsum(axis=1) > rng.random((6000, 1))).argmax(axis=1)
    sharp = true**2.5 / (true**2.5).sum(axis=1, keepdims=True)
    mask = allowed(labels)
    found = calibration.fit(sharp[:3000], mask[:3000])
    assert found.temperature == pytest.approx(2.5, rel=0.15)
    before = calibration.multiclass_error(sharp[3000:], mask[3000:])
    after = calibration.multiclass_error(found.apply(sharp[3000:]), mask[3000:])
    assert after < 0.03 < 0.1 < before
    assert calibration.Calibration.from_json(found.to_json()) == found


def test_calibration_error_by_hand():
    assert calibration.calibration_error([0.9, 0.9], [1, 0]) == pytest.approx(0.4)
    assert calibration.calibration_error([1.0, 0.0], [1, 0]) == 0


def test_a_changed_file_is_refused(tmp_path):
    (tmp_path / "teacher-0.tflite").write_bytes(b"weights")
    made = artefacts.write_manifest(tmp_path, created="2026-01-01", seed=1, classes=CLASSES, scalars=("snr",))
    assert artefacts.load_manifest(tmp_path) == made
    assert made.teachers == ("teacher-0.tflite",)
    (tmp_path / "teacher-0.tflite").write_bytes(b"weightz")
    with pytest.raises(artefacts.DamagedArtefact, match="not the file that was trained"):
        artefacts.load_manifest(tmp_path)
    (tmp_path / "teacher-0.tflite").unlink()
    with pytest.raises(artefacts.DamagedArtefact, match="is missing"):
        artefacts.load_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(artefacts.DamagedArtefact, match="cannot be read"):
        artefacts.load_manifest(tmp_path)


def test_the_teacher_takes_the_inputs_and_is_small():
    model = networks.build_teacher(INPUT_SHAPES)
    assert {i.name: tuple(i.shape[1:]) for i in model.inputs} == INPUT_SHAPES
    assert model.output_shape == (None, len(CLASSES))
    assert model.count_params() < 250_000


def test_a_whole_training_writes_artefacts_and_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "build_teacher", tiny)
    monkeypatch.setattr("serving.student.build_student", tiny)
    monkeypatch.setattr("serving.quantization.check_student", lambda content: None)
    settings = training.Settings(
        folds=2, width=4, epochs=1, batch=64, iterations=5, student_folds=0, final_student_epochs=1, representative=4,
        scalar_free_folds=0,
    )  # fmt: skip
    signals = toy_table(120)
    save(signals, tmp_path / "table.npz")
    assert np.array_equal(load(tmp_path / "table.npz").local_view, signals.local_view)
    first = train(signals, settings, tmp_path, processes=1)
    assert train(signals, settings, tmp_path, processes=1) == first  # nothing is done again
    out = tmp_path / "out"
    manifest = finishing.finish(signals, settings, tmp_path, out, first, data={}, smoke=True)
    assert manifest.smoke
    assert artefacts.load_manifest(out) == manifest
    assert 0.4 < manifest.metrics["planet_auc_toi_matched"] <= 1
    kept = stored_answers.load(out / stored_answers.FILE)
    ensemble = kept.probabilities["ensemble"]
    assert np.allclose(ensemble.sum(axis=1), 1, atol=0.02)
    table = {"global": signals.global_view, "local": signals.local_view, "secondary": signals.secondary_view}
    answer = Classifier.load(out).classify({k: v[:5] for k, v in table.items()} | {"scalars": signals.scalars[:5]})
    assert np.allclose(answer.sum(axis=1), 1)


def test_no_fold_trains_on_its_stars_or_on_the_test_split_of_yu():
    signals = toy_table(140)
    fold = folds(signals, 5, seed=1)
    test = signals.yu_split == "test"
    for k in range(5):
        rows = training.training_rows(signals, fold, k)
        assert not np.intersect1d(signals.star[rows], signals.star[fold == k]).size
        assert not np.any(rows & test)
    final = training.training_rows(signals, fold, training.FINAL)
    assert not np.intersect1d(signals.group[final], signals.group[test]).size
    assert final.any()
