"""An int8 .tflite as plain records: tensors with their scales, operations in the order in which they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt


class NotExportable(Exception):
    """The network has something that the kernels for the microcontroller do not do."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """`data` None for activations; `scales` has one number, or one for each output channel."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    scales: tuple[float, ...]
    zero: int
    data: npt.NDArray[Any] | None

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def scale(self) -> float:
        """The one scale of an activation. Raises NotExportable where there is none, or several."""
        if len(self.scales) != 1:
            raise NotExportable(f"Tensor {self.index} has {len(self.scales)} scales in place of one.")
        return self.scales[0]


@dataclass(frozen=True, slots=True)
class Operation:
    """`kind` as TensorFlow Lite names it; `inputs` and `outputs` are indices of tensors, −1 for one left out."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Network:
    """A graph. `inputs` maps the name of an input ("global", …) to its tensor."""

    tensors: tuple[Tensor, ...]
    operations: tuple[Operation, ...]
    inputs: Mapping[str, int]
    outputs: tuple[int, ...]


def read_tflite(content: bytes) -> Network:
    """The network of a .tflite. Raises NotExportable for files of another kind and for quantised graphs not int8."""
    import tflite

    if content[4:8] != b"TFL3":
        raise NotExportable("This is no .tflite.")
    model = tflite.Model.GetRootAs(content)
    if model.SubgraphsLength() != 1:
        raise NotExportable(f"The network has {model.SubgraphsLength()} graphs in place of one.")
    graph = model.Subgraphs(0)
    tensors = tuple(_tensor(model, graph.Tensors(i), i) for i in range(graph.TensorsLength()))
    operations = tuple(_operation(model, graph.Operators(i)) for i in range(graph.OperatorsLength()))
    inputs = {tensors[i].name: int(i) for i in graph.InputsAsNumpy()}
    for name, index in inputs.items():
        if tensors[index].dtype != "int8":
            raise NotExportable(f"Input {name} is {tensors[index].dtype}, not int8.")
    return Network(tensors, operations, inputs, tuple(int(i) for i in graph.OutputsAsNumpy()))


_DTYPES = {0: "float32", 2: "int32", 3: "uint8", 4: "int64", 7: "int16", 9: "int8"}


def _tensor(model: Any, tensor: Any, index: int) -> Tensor:
    quantization = tensor.Quantization()
    dtype = _DTYPES.get(tensor.Type(), f"type {tensor.Type()}")
    scales: tuple[float, ...] = ()
    zero = 0
    if quantization is not None and quantization.ScaleLength():
        scales = tuple(float(x) for x in quantization.ScaleAsNumpy())
        zeros = {int(x) for x in np.atleast_1d(quantization.ZeroPointAsNumpy())}
        if len(zeros) > 1:
            raise NotExportable(f"Tensor {index} has several zero points.")
        zero = zeros.pop() if zeros else 0
    shape = tuple(int(x) for x in tensor.ShapeAsNumpy()) if tensor.ShapeLength() else ()
    buffer = model.Buffers(tensor.Buffer())
    data = None
    if buffer.DataLength():
        data = np.frombuffer(buffer.DataAsNumpy().tobytes(), dtype=dtype).reshape(shape)
    name = tensor.Name()
    return Tensor(index, name.decode() if name else "", shape, dtype, scales, zero, data)


def _operation(model: Any, operator: Any) -> Operation:
    import tflite

    code = model.OperatorCodes(operator.OpcodeIndex())
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    kind = next(k for k, v in vars(tflite.BuiltinOperator).items() if v == number and not k.startswith("_"))
    return Operation(
        kind,
        tuple(int(i) for i in operator.InputsAsNumpy()),
        tuple(int(i) for i in operator.OutputsAsNumpy()),
        _options(kind, operator),
    )


def _options(kind: str, operator: Any) -> dict[str, Any]:
    import tflite

    readers: dict[str, tuple[type, tuple[str, ...]]] = {
        "CONV_2D": (
            tflite.Conv2DOptions,
            ("Padding", "StrideW", "StrideH", "DilationWFactor", "FusedActivationFunction"),
        ),
        "FULLY_CONNECTED": (tflite.FullyConnectedOptions, ("FusedActivationFunction", "WeightsFormat")),
        "ADD": (tflite.AddOptions, ("FusedActivationFunction",)),
        "MUL": (tflite.MulOptions, ("FusedActivationFunction",)),
        "CONCATENATION": (tflite.ConcatenationOptions, ("Axis", "FusedActivationFunction")),
        "SOFTMAX": (tflite.SoftmaxOptions, ("Beta",)),
    }
    table = operator.BuiltinOptions()
    if kind not in readers or table is None:
        return {}
    cls, names = readers[kind]
    options = cls()
    options.Init(table.Bytes, table.Pos)
    return {name: getattr(options, name)() for name in names}
