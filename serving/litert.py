"""A stored network run by LiteRT, for any number of rows, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from serving.artefacts import DamagedArtefact

Inputs = Mapping[str, npt.NDArray[np.float32]]
#: Rows given to a network at once, where it takes more than one: more costs memory and gains nothing on a processor.
ROWS_AT_ONCE: Final = 32


class Network:
    """One .tflite: float inputs by name in, probabilities out. int8 networks are fed and read through their scales.

    A second output is logits, which are read instead: probabilities in steps of 1/256 tie what is unlikely.
    """

    def __init__(self, path: Path, *, threads: int = 1, reference: bool = False) -> None:
        """`reference`: by LiteRT's reference kernels, which the microcontroller repeats bit for bit; the fast ones
        differ from them by a step of int8 or two, and take an eighth of the time.

        Raises DamagedArtefact for a file LiteRT cannot run or whose inputs have no names we know.
        """
        self.name = path.name
        self._content = path.read_bytes()  # LiteRT keeps pointing into it
        self._threads = threads
        self._reference = reference
        self._lock = threading.Lock()
        try:
            self._one = self._interpreter()
            self._order = _by_name(self._one.get_input_details())
            self._output, self._is_logits = _answering(self._one.get_output_details())
        except (ValueError, RuntimeError) as error:
            raise DamagedArtefact(f"{path.name} is no network that can be run: {error}.") from error
        self._many: Any = None
        self._can_widen = True

    def predict(self, inputs: Inputs) -> npt.NDArray[np.float64]:
        """(n, classes) from arrays (n, …) by input name; n may be 0."""
        rows = next(iter(inputs.values())).shape[0]
        answer = np.empty((rows, int(self._one.get_output_details()[self._output]["shape"][-1])))
        with self._lock:
            start = 0
            while rows - start >= ROWS_AT_ONCE and self._widened():
                answer[start : start + ROWS_AT_ONCE] = self._run(self._many, inputs, start, ROWS_AT_ONCE)
                start += ROWS_AT_ONCE
            for row in range(start, rows):
                answer[row] = self._run(self._one, inputs, row, 1)[0]
        return answer

    def _interpreter(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        kernels = OpResolverType.BUILTIN_REF if self._reference else OpResolverType.AUTO
        interpreter = Interpreter(
            model_content=self._content, num_threads=self._threads, experimental_op_resolver_type=kernels
        )
        interpreter.allocate_tensors()
        return interpreter

    def _widened(self) -> bool:
        """Make the interpreter of many rows when first needed. A graph with the batch of one built in has none."""
        if self._many is None and self._can_widen:
            try:
                many = self._interpreter()
                for detail in many.get_input_details():
                    many.resize_tensor_input(detail["index"], [ROWS_AT_ONCE, *detail["shape"][1:]], strict=False)
                many.allocate_tensors()
                if int(many.get_output_details()[self._output]["shape"][0]) != ROWS_AT_ONCE:
                    raise ValueError("the batch is built in")
                many.invoke()
                self._many = many
            except (ValueError, RuntimeError):
                self._can_widen = False
        return self._many is not None

    def _run(self, interpreter: Any, inputs: Inputs, start: int, count: int) -> npt.NDArray[np.float64]:
        details = interpreter.get_input_details()
        for name, position in self._order.items():
            values = inputs[name][start : start + count]
            detail = details[position]
            interpreter.set_tensor(detail["index"], _stored(values, detail))
        interpreter.invoke()
        outputs = interpreter.get_output_details()
        detail = outputs[-1]
        raw = np.asarray(interpreter.get_tensor(detail["index"]), dtype=float)
        scale, zero = detail["quantization"]
        read = (raw - zero) * scale if scale else raw
        return read if len(outputs) == 1 else _softmax(read)


def _softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Probabilities of the second output: in eight bits they are steps of 1/256, which order nothing unlikely."""
    raw = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def _by_name(details: list[dict[str, Any]]) -> dict[str, int]:
    """Position of each input; converters put words around the names ("serving_default_local:0")."""
    found = {}
    for name in ("global", "local", "secondary", "scalars"):
        where = [k for k, d in enumerate(details) if name in d["name"]]
        if len(where) == 1:
            found[name] = where[0]
        elif where:
            raise ValueError(f"several inputs are called {name}")
    if len(found) != len(details):
        raise ValueError(f"its inputs are {', '.join(d['name'] for d in details)}")
    return found


def _answering(details: list[dict[str, Any]]) -> tuple[int, bool]:
    """Position of the output to read, and whether it holds logits. `serving.quantization` puts them second."""
    return (1, True) if len(details) == 2 else (0, False)


def _stored(values: npt.NDArray[np.float32], detail: Mapping[str, Any]) -> npt.NDArray[Any]:
    scale, zero = detail["quantization"]
    if not scale:
        return np.ascontiguousarray(values, dtype=detail["dtype"])
    kind = np.iinfo(detail["dtype"])
    # as the kernels round: half away from zero
    steps = values.astype(np.float64) / scale
    rounded = np.trunc(steps + np.copysign(0.5, steps)) + zero
    return np.clip(rounded, kind.min, kind.max).astype(detail["dtype"])
