"""A classifier of linear networks, written byte by byte, whose answers plain numpy tells: no training, no TensorFlow.

Each network is softmax(Σ W·input + b) over the four inputs. Planet likes a deep middle of the local view, "eb" another
dip, "variable" scatter in the global view; the random rest makes each answer different.
"""

from __future__ import annotations

from pathlib import Path

import flatbuffers
import numpy as np
import tflite
from threadpoolctl import threadpool_limits

from serving import artefacts, combination, packed_trees, trees
from serving.artefacts import Manifest
from serving.classes import CLASSES
from serving.classifier import BRANCHES, WIDTHS
from serving.inputs import network_inputs
from serving.scalars import SCALARS

CALIBRATION = {"temperature": 1.3, "bias": [0.1, 0.0, 0.0, 0.0, -0.1, 0.0]}
BLEND = {"teacher-0.tflite": 2.0, "teacher-1.tflite": 1.0, "trees.skops": 1.0}


def toy_rows(count: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Rows as the classifier takes them; every fifth without a secondary view, one scalar in five unknown."""
    rng = np.random.default_rng(seed)
    rows = {}
    for name, width in WIDTHS.items():
        values = rng.normal(0, 0.2, (count, width))
        if name != "scalars":
            x = np.linspace(-1, 1, width)
            values -= np.where(np.abs(x) < (0.05 if name == "global" else 0.3), 3.0, 0.0)
            values -= np.median(values, axis=1, keepdims=True)
            values /= -values.min(axis=1, keepdims=True)
        rows[name] = values.astype(np.float32)
    rows["secondary"][::5] = np.nan
    rows["scalars"][rng.random(rows["scalars"].shape) < 0.2] = np.nan
    return rows


def inputs_of(rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return dict(network_inputs(*(rows[name] for name in BRANCHES)))


def toy_weights(seed: int) -> dict[str, np.ndarray]:
    """Weights (6, numbers of the input) by input, and "bias" (6,)."""
    rng = np.random.default_rng(seed)
    shapes = {name: int(np.prod(values.shape[1:])) for name, values in inputs_of(toy_rows(1)).items()}
    weights = {name: rng.normal(0, 1.5 / np.sqrt(n), (len(CLASSES), n)) for name, n in shapes.items()}
    return {name: w.astype(np.float32) for name, w in (weights | {"bias": rng.normal(0, 0.3, len(CLASSES))}).items()}


def linear_answer(weights: dict[str, np.ndarray], inputs: dict[str, np.ndarray]) -> np.ndarray:
    """What the network of these weights answers, by numpy."""
    logits = weights["bias"] + sum(v.reshape(len(v), -1).astype(float) @ weights[n].T for n, v in inputs.items())
    raw = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raw / raw.sum(axis=1, keepdims=True)


def write_toys(folder: Path, *, student: bool = True) -> Manifest:
    """A whole folder of artefacts: two networks, trees, the student (in float32), the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    for k in (0, 1):
        (folder / f"teacher-{k}.tflite").write_bytes(linear_network(toy_weights(k)))
    if student:
        (folder / artefacts.STUDENT).write_bytes(linear_network(toy_weights(2)))
    rows = toy_rows(120, 7)
    labels = np.random.default_rng(3).integers(-1, len(CLASSES), 120)
    columns = trees.features(*(rows[name] for name in BRANCHES))
    import sklearn.ensemble  # noqa: F401 (its threads can be limited once they are there)

    with threadpool_limits(1):  # more threads only wait for each other on so little
        model = trees.fit(columns, labels, np.ones(120), (201, 61, 61), seed=0, iterations=3)
    trees.save(model, folder / artefacts.TREES)
    packed_trees.save(model, folder / packed_trees.FILE)
    columns_used = (combination.ENSEMBLE, "tmag", "centroid")
    combination.save(
        combination.Combination(columns_used, (0, 10, 1), (1, 2, 1), (1, 0.3, -2), (0, 0, -0.5), 0.2),
        folder / combination.FILE,
    )
    return artefacts.write_manifest(
        folder,
        created="2026-01-01",
        seed=0,
        classes=CLASSES,
        scalars=SCALARS,
        blend=BLEND,
        calibration={"ensemble": CALIBRATION, "student": CALIBRATION},
        smoke=True,
    )


def linear_network(weights: dict[str, np.ndarray]) -> bytes:
    """The .tflite: one FULLY_CONNECTED an input, ADDs, SOFTMAX."""
    made = _Writer()
    inputs = inputs_of(toy_rows(1))
    total = None
    for name, values in inputs.items():
        taken = made.tensor(name, values.shape)
        weight = made.tensor(f"weight_{name}", weights[name].shape, weights[name])
        bias = made.tensor(f"bias_{name}", (len(CLASSES),), weights["bias"] if total is None else np.zeros(6, "f4"))
        part = made.tensor(f"part_{name}", (1, len(CLASSES)))
        made.inputs.append(taken)
        made.operator(tflite.BuiltinOperator.FULLY_CONNECTED, [taken, weight, bias], part)
        if total is None:
            total = part
        else:
            summed = made.tensor(f"sum_{name}", (1, len(CLASSES)))
            made.operator(tflite.BuiltinOperator.ADD, [total, part], summed)
            total = summed
    answer = made.tensor("probabilities", (1, len(CLASSES)))
    made.operator(tflite.BuiltinOperator.SOFTMAX, [total], answer)
    return made.finish(answer)


class _Writer:
    def __init__(self) -> None:
        self.builder = flatbuffers.Builder(1 << 16)
        self.buffers: list[int] = [self._buffer(None)]
        self.tensors: list[int] = []
        self.operators: list[int] = []
        self.codes: list[int] = []
        self.inputs: list[int] = []

    def tensor(self, name: str, shape: tuple[int, ...], values: np.ndarray | None = None) -> int:
        b = self.builder
        buffer = 0
        if values is not None:
            self.buffers.append(self._buffer(values))
            buffer = len(self.buffers) - 1
        words, size = b.CreateString(name), b.CreateNumpyVector(np.array(shape, "i4"))
        tflite.TensorStart(b)
        tflite.TensorAddShape(b, size)
        tflite.TensorAddType(b, tflite.TensorType.FLOAT32)
        tflite.TensorAddBuffer(b, buffer)
        tflite.TensorAddName(b, words)
        self.tensors.append(tflite.TensorEnd(b))
        return len(self.tensors) - 1

    def operator(self, code: int, inputs: list[int], output: int) -> None:
        b = self.builder
        taken, given = b.CreateNumpyVector(np.array(inputs, "i4")), b.CreateNumpyVector(np.array([output], "i4"))
        if code == tflite.BuiltinOperator.FULLY_CONNECTED:
            tflite.FullyConnectedOptionsStart(b)
            kind, options = tflite.BuiltinOptions.FullyConnectedOptions, tflite.FullyConnectedOptionsEnd(b)
        elif code == tflite.BuiltinOperator.ADD:
            tflite.AddOptionsStart(b)
            kind, options = tflite.BuiltinOptions.AddOptions, tflite.AddOptionsEnd(b)
        else:
            tflite.SoftmaxOptionsStart(b)
            tflite.SoftmaxOptionsAddBeta(b, 1.0)
            kind, options = tflite.BuiltinOptions.SoftmaxOptions, tflite.SoftmaxOptionsEnd(b)
        if code not in self.codes:
            self.codes.append(code)
        tflite.OperatorStart(b)
        tflite.OperatorAddOpcodeIndex(b, self.codes.index(code))
        tflite.OperatorAddInputs(b, taken)
        tflite.OperatorAddOutputs(b, given)
        tflite.OperatorAddBuiltinOptionsType(b, kind)
        tflite.OperatorAddBuiltinOptions(b, options)
        self.operators.append(tflite.OperatorEnd(b))

    def finish(self, output: int) -> bytes:
        b = self.builder
        codes = []
        for code in self.codes:
            tflite.OperatorCodeStart(b)
            tflite.OperatorCodeAddDeprecatedBuiltinCode(b, code)
            tflite.OperatorCodeAddBuiltinCode(b, code)
            tflite.OperatorCodeAddVersion(b, 1)
            codes.append(tflite.OperatorCodeEnd(b))
        tensors, operators = self._offsets(self.tensors), self._offsets(self.operators)
        taken = b.CreateNumpyVector(np.array(self.inputs, "i4"))
        given = b.CreateNumpyVector(np.array([output], "i4"))
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, tensors)
        tflite.SubGraphAddInputs(b, taken)
        tflite.SubGraphAddOutputs(b, given)
        tflite.SubGraphAddOperators(b, operators)
        graph = self._offsets([tflite.SubGraphEnd(b)])
        kinds, buffers = self._offsets(codes), self._offsets(self.buffers)
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, 3)
        tflite.ModelAddOperatorCodes(b, kinds)
        tflite.ModelAddSubgraphs(b, graph)
        tflite.ModelAddBuffers(b, buffers)
        b.Finish(tflite.ModelEnd(b), file_identifier=b"TFL3")
        return bytes(b.Output())

    def _buffer(self, values: np.ndarray | None) -> int:
        b = self.builder
        data = None
        if values is not None:
            content = np.frombuffer(np.ascontiguousarray(values, "<f4").tobytes(), "u1")
            b.StartVector(1, content.size, 16)
            b.head = b.Head() - content.size
            b.Bytes[b.Head() : b.Head() + content.size] = content.tobytes()
            data = b.EndVector()
        tflite.BufferStart(b)
        if data is not None:
            tflite.BufferAddData(b, data)
        return tflite.BufferEnd(b)

    def _offsets(self, offsets: list[int]) -> int:
        b = self.builder
        b.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            b.PrependUOffsetTRelative(offset)
        return b.EndVector()
