"""A keras model as a .tflite: float for the server, pure int8 for the student.

The one path of TensorFlow 2.21 that leaves no remains of dynamic batches in the graph: a concrete function of fixed
shape, its variables frozen, then converted. Names of inner tensors, recorded ranges and metadata are taken out after:
they are a third of a small file, and nothing reads them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[np.float32]]

#: What the student may consist of; the kernels for the microcontroller know these.
STUDENT_OPERATIONS: Final = frozenset(
    {
        "CONV_2D", "ADD", "MUL", "MEAN", "LOGISTIC", "CONCATENATION", "RESHAPE", "SOFTMAX",
    }
)  # fmt: skip
MOST_STUDENT_BYTES: Final = 100_000
LOGITS: Final = "logits"


class NotConvertible(Exception):
    """The converted network has operations, types or a size that the student must not have."""


def to_tflite(model: Any, *, int8: bool = False, float16: bool = False, representative: Arrays | None = None) -> bytes:
    """The .tflite of a keras model with named inputs, for a batch of one.

    `int8`: weights, activations, inputs and outputs in int8, by the ranges seen on `representative` (input name →
    (n, …), a few hundred rows are enough). Output 0 is the model's; where it has a layer "logits", that is output 1,
    because probabilities in steps of 1/256 no longer order what is unlikely. `float16`: weights stored in half.

    Raises NotConvertible where an int8 network would need an operation outside STUDENT_OPERATIONS or more than
    100,000 bytes, and ValueError for int8 without `representative`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    if int8 and representative is None:
        raise ValueError("int8 needs representative inputs.")
    converter = tf.lite.TFLiteConverter.from_concrete_functions([_frozen(model)])
    if int8:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        names = [i.name for i in model.inputs]
        converter.representative_dataset = lambda: _rows(names, representative or {})
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    elif float16:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    content = stripped(converter.convert())
    if int8:
        check_student(content)
    return content


def check_student(content: bytes) -> None:
    """Raises NotConvertible unless `content` is pure int8, of the student's operations, and small enough."""
    found = operations(content)
    strange = sorted(set(found) - STUDENT_OPERATIONS)
    if strange:
        raise NotConvertible(f"The network needs {', '.join(strange)}, which the microcontroller has no kernel for.")
    if len(content) > MOST_STUDENT_BYTES:
        raise NotConvertible(f"The network takes {len(content):,} bytes; {MOST_STUDENT_BYTES:,} are allowed.")


def operations(content: bytes) -> list[str]:
    """Names of the operations of a .tflite in the order in which they run."""
    import tflite

    names = {v: k for k, v in vars(tflite.BuiltinOperator).items() if not k.startswith("_")}
    model = tflite.Model.GetRootAs(content)
    codes = [model.OperatorCodes(i) for i in range(model.OperatorCodesLength())]
    kinds = [names[max(c.BuiltinCode(), c.DeprecatedBuiltinCode())] for c in codes]
    graph = model.Subgraphs(0)
    return [kinds[graph.Operators(i).OpcodeIndex()] for i in range(graph.OperatorsLength())]


def stripped(content: bytes) -> bytes:
    """The same network without names of inner tensors, recorded ranges, signatures and metadata, and with reshapes
    that follow the batch, so that LiteRT can be given many rows at once (`resize_tensor_input`)."""
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(bytearray(content), 0))
    graph = model.subgraphs[0]
    outside = {*map(int, graph.inputs), *map(int, graph.outputs)}
    for number, tensor in enumerate(graph.tensors):
        if number not in outside:
            tensor.name = None
        if tensor.quantization is not None:
            tensor.quantization.min = tensor.quantization.max = None
    _free_the_batch(model, graph, schema)
    kept = sorted({t.buffer for t in graph.tensors} | {0})
    model.buffers = [model.buffers[b] for b in kept]
    for tensor in graph.tensors:
        tensor.buffer = kept.index(tensor.buffer)
    model.metadata, model.metadataBuffer, model.signatureDefs = [], [], []
    model.description = "LARUN.SPACE"
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _free_the_batch(model: Any, graph: Any, schema: Any) -> None:
    for operator in graph.operators:
        if model.operatorCodes[operator.opcodeIndex].builtinCode != schema.BuiltinOperator.RESHAPE:
            continue
        shape = graph.tensors[operator.inputs[1]]
        sizes = np.frombuffer(bytes(model.buffers[shape.buffer].data), dtype=np.int32).copy()
        if sizes.size > 1 and sizes[0] == 1:
            sizes[0] = -1
            model.buffers.append(schema.BufferT())
            model.buffers[-1].data = np.frombuffer(sizes.tobytes(), dtype=np.uint8)
            shape.buffer = len(model.buffers) - 1
            operator.builtinOptions = None


def _frozen(model: Any) -> Any:
    import keras
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    names = [i.name for i in model.inputs]
    outputs = {"answer": model.outputs[0]}
    if any(layer.name == LOGITS for layer in model.layers):
        outputs[LOGITS] = model.get_layer(LOGITS).output
    both = keras.Model(dict(zip(names, model.inputs, strict=True)), outputs)

    def call(*values: Any) -> Any:
        answers = both(dict(zip(names, values, strict=True)), training=False)
        return [tf.identity(answers[name], name=name) for name in outputs]

    signature = [tf.TensorSpec((1, *i.shape[1:]), tf.float32, name=n) for n, i in zip(names, model.inputs, strict=True)]
    return convert_variables_to_constants_v2(tf.function(call, input_signature=signature).get_concrete_function())


def _rows(names: list[str], inputs: Arrays) -> Iterator[list[npt.NDArray[np.float32]]]:
    """Row after row, the inputs in the order of `names`: a frozen function has no signature to name them by."""
    for row in range(inputs[names[0]].shape[0]):
        yield [np.asarray(inputs[name][row : row + 1], dtype=np.float32) for name in names]
