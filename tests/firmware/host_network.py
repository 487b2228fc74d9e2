"""The exported network in plain C on the host, with what every operation leaves behind, and its reference in LiteRT."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from serving.export import emulated
from serving.export.read_tflite import Network, Tensor

Int8s = npt.NDArray[np.int8]


def computed(network: Network) -> list[Tensor]:
    """The output of every operation, in the order in which they run."""
    return [network.tensors[operation.outputs[0]] for operation in network.operations]


class HostNetwork:
    """`libhost.so` of the firmware."""

    def __init__(self, network: Network, generated: Path, folder: Path) -> None:
        emulated.build(generated, folder, "host")
        self._c = ctypes.CDLL(str(folder / "libhost.so"))
        self._traced = sum(t.size for t in computed(network))

    def run(self, inputs: Mapping[str, Int8s]) -> tuple[Int8s, Int8s]:
        """Answers (n, 2, 6) and traces (n, bytes) for inputs (n, size) by name."""
        rows = emulated.packed(inputs)
        answers = np.zeros((len(rows), 2, 6), dtype=np.int8)
        traces = np.zeros((len(rows), self._traced), dtype=np.int8)
        for row, answer, trace in zip(rows, answers, traces, strict=True):
            padded = np.ascontiguousarray(row)
            self._c.larun_trace_into(ctypes.c_void_p(trace.ctypes.data))
            self._c.larun_classify(ctypes.c_void_p(padded.ctypes.data), ctypes.c_void_p(answer.ctypes.data))
        return answers, traces


def reference(network: Network, content: bytes, inputs: Mapping[str, Int8s]) -> tuple[Int8s, Int8s]:
    """The same from LiteRT's reference kernels."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    litert = Interpreter(
        model_content=content,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    litert.allocate_tensors()
    answers, traces = [], []
    for row in range(len(next(iter(inputs.values())))):
        for name, index in network.inputs.items():
            litert.set_tensor(index, inputs[name][row].reshape(network.tensors[index].shape))
        litert.invoke()
        answers.append([litert.get_tensor(index).ravel() for index in network.outputs])
        traces.append(np.concatenate([litert.get_tensor(t.index).ravel() for t in computed(network)]))
    return np.array(answers), np.array(traces)


def differing(network: Network, ours: Int8s, theirs: Int8s) -> dict[str, int]:
    """Differing bytes by operation, of traces (n, bytes); empty where there are none."""
    found, place = {}, 0
    for number, (operation, tensor) in enumerate(zip(network.operations, computed(network), strict=True)):
        part = slice(place, place + tensor.size)
        wrong = int((ours[:, part] != theirs[:, part]).sum())
        if wrong:
            found[f"{number} {operation.kind}"] = wrong
        place += tensor.size
    return found
