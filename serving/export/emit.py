"""The network as C: tables of constants, and one function that calls the kernels in turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from serving.classes import CLASSES
from serving.export import layers
from serving.export.fixed_point import logistic_table, softmax_table
from serving.export.plan import Block, Plan, planned
from serving.export.read_tflite import Network, NotExportable, Operation, Tensor

_WIDTH = 118


@dataclass(frozen=True, slots=True)
class Source:
    """Files by name; `arena_bytes` of memory while it runs; `constant_bytes` of tables."""

    files: Mapping[str, str]
    arena_bytes: int
    constant_bytes: int


@dataclass(slots=True)
class _Writer:
    network: Network
    plan: Plan
    homes: Mapping[int, int]
    tables: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    constant_bytes: int = 0

    def tensor(self, index: int) -> Tensor:
        return self.network.tensors[index]

    def at(self, index: int) -> str:
        """C for the address of an activation."""
        home = self.homes.get(index, index)
        for name, given in self.network.inputs.items():
            if given == home:
                return f"inputs->{name}"
        return f"arena + {self.plan.offsets[home]}"


def emitted(network: Network, *, digest: str) -> Source:
    """`network.c` and `network.h`. `digest` (of the .tflite) is written into both. Raises NotExportable."""
    homes = _homes(network)
    plan = planned(_blocks(network, homes))
    writer = _Writer(network, plan, homes)
    for number, operation in enumerate(network.operations):
        _WRITERS.get(operation.kind, _unknown)(writer, number, operation)
        out = operation.outputs[0]
        writer.calls.append(f"  LARUN_TRACE({number}, {writer.at(out)}, {writer.tensor(out).size});")
    files = {"network.h": _header(network, digest), "network.c": _body(writer, digest)}
    return Source(files, plan.size, writer.constant_bytes)


def _homes(network: Network) -> dict[int, int]:
    """The output of a reshape lies where its input lies."""
    homes: dict[int, int] = {}
    for operation in network.operations:
        if operation.kind == "RESHAPE":
            source = operation.inputs[0]
            homes[operation.outputs[0]] = homes.get(source, source)
    return homes


def _blocks(network: Network, homes: Mapping[int, int]) -> dict[int, Block]:
    """Memory by tensor; by −1 − number for what operation `number` needs while it runs."""
    last_operation = len(network.operations)
    given = set(network.inputs.values())
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    blocks: dict[int, Block] = {}
    for number, operation in enumerate(network.operations):
        for index in operation.inputs:
            last[homes.get(index, index)] = number
        for index in operation.outputs:
            if homes.get(index) not in given:
                first.setdefault(homes.get(index, index), number)
        if operation.kind == "CONV_2D" and not _one_position(network, operation):
            layer = _convolution(network, operation)
            blocks[-1 - number] = Block(layer.scratch_bytes, number, number)
    for index in network.outputs:
        last[homes.get(index, index)] = last_operation
    for index, start in first.items():
        blocks[index] = Block(network.tensors[index].size, start, last.get(index, start))
    return blocks


def _one_position(network: Network, operation: Operation) -> bool:
    x, weights = (network.tensors[i] for i in operation.inputs[:2])
    return x.size == weights.shape[3] and weights.shape[1:3] == (1, 1)


def _bias(network: Network, operation: Operation) -> Tensor | None:
    return network.tensors[operation.inputs[2]] if len(operation.inputs) > 2 and operation.inputs[2] >= 0 else None


def _convolution(network: Network, operation: Operation) -> layers.Convolution:
    x, weights = (network.tensors[i] for i in operation.inputs[:2])
    y = network.tensors[operation.outputs[0]]
    return layers.convolution(operation, x, weights, _bias(network, operation), y)


def _write_convolution(w: _Writer, number: int, operation: Operation) -> None:
    if _one_position(w.network, operation):
        _write_dense(w, number, operation)
        return
    layer = _convolution(w.network, operation)
    _weights(w, number, layer.weights, layer.channels)
    numbers = {f.name: getattr(layer, f.name) for f in fields(layer)}
    _struct(w, "larun_convolution", number, numbers | _names(number))
    scratch = f"(int16_t *)(void *)(arena + {w.plan.offsets[-1 - number]})"
    x, y = operation.inputs[0], operation.outputs[0]
    w.calls.append(f"  larun_convolve(&layer_{number}, {w.at(x)}, {scratch}, {w.at(y)});")
    _clamp(w, operation)


def _write_dense(w: _Writer, number: int, operation: Operation) -> None:
    x, y = operation.inputs[0], operation.outputs[0]
    layer = layers.dense(w.tensor(x), w.tensor(operation.inputs[1]), _bias(w.network, operation), w.tensor(y))
    _weights(w, number, layer.weights, layer.channels)
    numbers = {"inputs": layer.inputs, "outputs": layer.outputs, "window": layer.window}
    _struct(w, "larun_dense", number, numbers | _names(number))
    w.calls.append(f"  larun_connect(&layer_{number}, {w.at(x)}, {w.at(y)});")
    _clamp(w, operation)


def _write_sum(w: _Writer, number: int, operation: Operation) -> None:
    a, b = operation.inputs
    y = operation.outputs[0]
    layer = layers.sums(w.tensor(a), w.tensor(b), w.tensor(y))
    tables = {"table_a": f"left_{number}", "table_b": f"right_{number}"}
    _table(w, "int32_t", tables["table_a"], layer.table_a)
    _table(w, "int32_t", tables["table_b"], layer.table_b)
    numbers = {"multiplier": layer.multiplier, "nudge": layer.nudge, "right": layer.right}
    _struct(w, "larun_sum", number, tables | numbers)
    w.calls.append(f"  larun_add(&layer_{number}, {w.at(a)}, {w.at(b)}, {w.at(y)}, {w.tensor(y).size});")
    _clamp(w, operation)


def _write_product(w: _Writer, number: int, operation: Operation) -> None:
    a, b = operation.inputs
    if w.tensor(a).size < w.tensor(b).size:
        a, b = b, a
    y = operation.outputs[0]
    _struct(w, "larun_product", number, layers.product(w.tensor(a), w.tensor(b), w.tensor(y)))
    w.calls.append(f"  larun_multiply(&layer_{number}, {w.at(a)}, {w.at(b)}, {w.at(y)});")
    _clamp(w, operation)


def _write_mean(w: _Writer, number: int, operation: Operation) -> None:
    x, axes = operation.inputs
    y = operation.outputs[0]
    over = tuple(int(a) for a in np.atleast_1d(w.tensor(axes).data))
    _struct(w, "larun_mean_layer", number, layers.mean(w.tensor(x), over, w.tensor(y)))
    w.calls.append(f"  larun_mean(&layer_{number}, {w.at(x)}, {w.at(y)});")


def _write_logistic(w: _Writer, number: int, operation: Operation) -> None:
    x, y = operation.inputs[0], operation.outputs[0]
    if w.tensor(y).zero != -128 or w.tensor(y).scale != 1 / 256:
        raise NotExportable("A logistic whose output is not in steps of 1/256.")
    _table(w, "int8_t", f"table_{number}", logistic_table(w.tensor(x).scale, w.tensor(x).zero))
    w.calls.append(f"  larun_look_up(table_{number}, {w.at(x)}, {w.at(y)}, {w.tensor(y).size});")


def _write_softmax(w: _Writer, number: int, operation: Operation) -> None:
    x, y = operation.inputs[0], operation.outputs[0]
    if w.tensor(y).zero != -128 or w.tensor(y).scale != 1 / 256:
        raise NotExportable("A softmax whose output is not in steps of 1/256.")
    _table(w, "int32_t", f"table_{number}", softmax_table(w.tensor(x).scale, operation.options.get("Beta", 1.0)))
    w.calls.append(f"  larun_softmax(table_{number}, {w.at(x)}, {w.at(y)}, {w.tensor(y).size});")


def _write_concatenation(w: _Writer, number: int, operation: Operation) -> None:
    y = w.tensor(operation.outputs[0])
    place = 0
    for index in operation.inputs:
        x = w.tensor(index)
        if (x.scales, x.zero) != (y.scales, y.zero) or x.size != x.shape[-1]:
            raise NotExportable("A concatenation of tensors with different scales, or of several rows.")
        w.calls.append(f"  memcpy({w.at(y.index)} + {place}, {w.at(index)}, {x.size});")
        place += x.size


def _write_reshape(w: _Writer, number: int, operation: Operation) -> None:
    """Nothing to do: `_homes` has put both in one place."""


def _refuse_dense(w: _Writer, number: int, operation: Operation) -> None:
    raise NotExportable("FULLY_CONNECTED is rounded in two ways by its two references: use 1×1 convolutions.")


def _unknown(w: _Writer, number: int, operation: Operation) -> None:
    raise NotExportable(f"There is no kernel for {operation.kind}.")


_WRITERS = {
    "CONV_2D": _write_convolution,
    "FULLY_CONNECTED": _refuse_dense,
    "ADD": _write_sum,
    "MUL": _write_product,
    "MEAN": _write_mean,
    "LOGISTIC": _write_logistic,
    "SOFTMAX": _write_softmax,
    "CONCATENATION": _write_concatenation,
    "RESHAPE": _write_reshape,
}


def _clamp(w: _Writer, operation: Operation) -> None:
    y = w.tensor(operation.outputs[0])
    cut = layers.clamp_range(y, operation.options.get("FusedActivationFunction", 0))
    if cut is not None:
        w.calls.append(f"  larun_clamp({cut[0]}, {cut[1]}, {w.at(y.index)}, {y.size});")


def _weights(w: _Writer, number: int, weights: layers.Int8s, channels: Sequence[layers.Channel]) -> None:
    _table(w, "int8_t", f"weights_{number}", weights.ravel().tolist())
    rows = ",\n".join("  {" + ", ".join(str(v) for v in (*asdict(c).values(), 0)) + "}" for c in channels)
    w.tables.append(f"static const larun_channel channels_{number}[{len(channels)}] = {{\n{rows}}};\n")
    w.constant_bytes += 16 * len(channels)


def _table(w: _Writer, kind: str, name: str, values: Sequence[int]) -> None:
    aligned = "LARUN_ALIGNED " if kind == "int8_t" else ""
    rows = "\n".join(wrapped(values))
    w.tables.append(f"static const {aligned}{kind} {name}[{len(values)}] = {{\n{rows}}};\n")
    w.constant_bytes += len(values) * (1 if kind == "int8_t" else 4)


def _struct(w: _Writer, kind: str, number: int, values: Mapping[str, Any]) -> None:
    inside = ", ".join(f".{name} = {value}" for name, value in values.items())
    w.tables.append(f"static const {kind} layer_{number} = {{{inside}}};\n")
    w.constant_bytes += 32


def wrapped(values: Iterable[int]) -> list[str]:
    """Numbers with commas, in lines of source."""
    lines, line = [], " "
    for value in values:
        text = f" {value},"
        if len(line) + len(text) > _WIDTH:
            lines.append(line)
            line = " "
        line += text
    return [*lines, line.rstrip(",")]


def _names(number: int) -> dict[str, str]:
    return {"weights": f"weights_{number}", "channels": f"channels_{number}"}


def _padded(size: int) -> int:
    return -(-size // 4) * 4


def _header(network: Network, digest: str) -> str:
    lines = [
        "/* Written by `python -m serving.export`; do not edit.",
        f" * Network: student-int8.tflite, SHA-256 {digest}",
        " */",
        "#ifndef LARUN_NETWORK_H",
        "#define LARUN_NETWORK_H",
        "",
        "#include <stdint.h>",
        "",
        f'#define LARUN_NETWORK_SHA256 "{digest}"',
        f"#define LARUN_CLASSES {len(CLASSES)}",
        "",
        "/* An input is round(x / scale) + zero, cut at -128 and 127. */",
    ]
    for name, index in network.inputs.items():
        tensor = network.tensors[index]
        lines += [
            f"#define LARUN_{name.upper()}_SIZE {tensor.size}",
            f"#define LARUN_{name.upper()}_SCALE {_c_float(tensor.scale)}",
            f"#define LARUN_{name.upper()}_ZERO ({tensor.zero})",
        ]
    lines += ["", "/* Arrays end on a multiple of four bytes; what is behind an input's size is not used. */"]
    lines += ["typedef struct {"]
    lines += [
        f"  int8_t {name}[{_padded(network.tensors[i].size)}] __attribute__((aligned(4)));"
        for name, i in network.inputs.items()
    ]
    lines += ["} larun_inputs;", ""]
    lines += ["/* A probability is (value + 128) / 256. A logit is (value - LARUN_LOGIT_ZERO) * LARUN_LOGIT_SCALE. */"]
    if len(network.outputs) > 1:
        logits = network.tensors[network.outputs[1]]
        lines += [f"#define LARUN_LOGIT_SCALE {_c_float(logits.scale)}", f"#define LARUN_LOGIT_ZERO ({logits.zero})"]
    lines += ["typedef struct {", "  int8_t probabilities[LARUN_CLASSES];"]
    lines += ["  int8_t logits[LARUN_CLASSES];"] if len(network.outputs) > 1 else []
    names = ", ".join(f'"{name}"' for name in CLASSES)
    lines += [
        "} larun_answer;",
        "",
        f"#define LARUN_CLASS_NAMES {{{names}}}",
        "",
        "/* Not re-entrant: it works in one static block of memory. */",
        "void larun_classify(const larun_inputs *inputs, larun_answer *answer);",
        "",
        "#endif",
        "",
    ]
    return "\n".join(lines)


def _body(w: _Writer, digest: str) -> str:
    outputs = ["probabilities", "logits"]
    copies = [
        f"  memcpy(answer->{name}, {w.at(index)}, LARUN_CLASSES);"
        for name, index in zip(outputs, w.network.outputs, strict=False)
    ]
    return "\n".join(
        [
            "/* Written by `python -m serving.export`; do not edit.",
            f" * Network: student-int8.tflite, SHA-256 {digest}",
            " */",
            '#include "network.h"',
            "",
            "#include <string.h>",
            "",
            '#include "kernels.h"',
            "",
            "#define LARUN_ALIGNED __attribute__((aligned(4)))",
            "#ifdef LARUN_TRACED",
            "void larun_trace(int operation, const int8_t *values, int size);",
            "#define LARUN_TRACE(operation, values, size) larun_trace(operation, values, size)",
            "#else",
            "#define LARUN_TRACE(operation, values, size) ((void)0)",
            "#endif",
            "",
            *w.tables,
            f"static int8_t arena[{w.plan.size}] LARUN_ALIGNED;",
            "",
            "void larun_classify(const larun_inputs *inputs, larun_answer *answer) {",
            *w.calls,
            *copies,
            "}",
            "",
        ]
    )


def _c_float(value: float) -> str:
    return f"{np.float32(value):.9g}f"
