"""The student and its conversion: pure int8, small, near its float twin, free in the batch."""

from __future__ import annotations

import numpy as np
import pytest

from serving.inputs import INPUT_SHAPES
from serving.quantization import (
    STUDENT_OPERATIONS,
    NotConvertible,
    check_student,
    operations,
    to_tflite,
)
from serving.student import build_student, modelled_cost
from tests.firmware.fresh_student import fresh_student, some_inputs


@pytest.fixture(scope="module")
def content() -> bytes:
    pytest.importorskip("tensorflow", reason="TensorFlow is not here")
    return fresh_student()


def test_it_is_pure_int8_and_small(content: bytes) -> None:
    check_student(content)
    assert set(operations(content)) <= STUDENT_OPERATIONS
    assert len(content) <= 100_000


def test_its_modelled_cost_is_within_the_budget() -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not here")
    macs, outputs, cycles = modelled_cost(build_student())
    assert 100_000 < macs < 1_000_000
    assert outputs > 1_000
    assert cycles <= 1_400_000


def test_int8_answers_like_float_for_one_row_and_for_many(content: bytes) -> None:
    from ai_edge_litert.interpreter import Interpreter

    rows = some_inputs(32, seed=9)
    litert = Interpreter(model_content=content)
    for detail in litert.get_input_details():
        litert.resize_tensor_input(detail["index"], [32, *detail["shape"][1:]])
    litert.allocate_tensors()
    for detail in litert.get_input_details():
        scale, zero = detail["quantization"]
        steps = np.clip(np.round(rows[detail["name"]] / scale) + zero, -128, 127)
        litert.set_tensor(detail["index"], steps.astype(np.int8))
    litert.invoke()
    probabilities, logits = (
        (litert.get_tensor(d["index"]).astype(float) - d["quantization"][1]) * d["quantization"][0]
        for d in litert.get_output_details()
    )
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert np.abs(e / e.sum(axis=1, keepdims=True) - probabilities).max() <= 1 / 256
    assert len(np.unique(probabilities, axis=0)) > 16, "the same answer to everything proves nothing"


def test_what_the_chip_has_no_kernel_for_is_refused() -> None:
    keras = pytest.importorskip("keras", reason="TensorFlow is not here")
    x = keras.Input((1, 9, 4), name="global")
    model = keras.Model({"global": x}, keras.layers.GlobalMaxPooling2D()(x))
    rows = {"global": np.random.default_rng(0).normal(size=(8, 1, 9, 4)).astype(np.float32)}
    with pytest.raises(NotConvertible, match="REDUCE_MAX"):
        to_tflite(model, int8=True, representative=rows)
    with pytest.raises(ValueError, match="representative"):
        to_tflite(model, int8=True)


def test_weights_follow_the_seed() -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not here")
    first, again, other = (build_student(INPUT_SHAPES, seed=s).get_layer("last").get_weights()[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
