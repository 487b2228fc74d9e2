"""What each kernel of `firmware/kernels` is given: weights in its order, fixed-point numbers, sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serving.export.fixed_point import multiplier, scaled
from serving.export.read_tflite import NotExportable, Operation, Tensor

Int8s = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Channel:
    """`larun_channel` of kernels.h."""

    bias: int
    multiplier: int
    nudge: int
    left: int
    right: int
    away: int


@dataclass(frozen=True, slots=True)
class Convolution:
    """`larun_convolution`; weights (outputs / 2, window, 2, 4)."""

    weights: Int8s
    channels: tuple[Channel, ...]
    inputs: int
    padded_inputs: int
    outputs: int
    length: int
    positions: int
    stride: int
    before: int
    after: int
    window: int
    zero: int
    ordinary: int

    @property
    def scratch_bytes(self) -> int:
        """Bytes of the widened input."""
        return 2 * (self.before + self.length + self.after) * self.padded_inputs


@dataclass(frozen=True, slots=True)
class Dense:
    """`larun_dense`; weights as above."""

    weights: Int8s
    channels: tuple[Channel, ...]
    inputs: int
    outputs: int
    window: int


def convolution(operation: Operation, x: Tensor, weights: Tensor, bias: Tensor | None, y: Tensor) -> Convolution:
    """A CONV_2D of height one. Raises NotExportable for other shapes, dilation, odd numbers of outputs."""
    options = operation.options
    outputs, height, kernel, inputs = weights.shape
    if height != 1 or x.shape[:2] != (1, 1) or options.get("DilationWFactor", 1) != 1 or outputs % 2:
        raise NotExportable(f"A convolution {weights.shape} on {x.shape} is not one along one axis with even outputs.")
    stride, length, positions = options["StrideW"], x.shape[2], y.shape[2]
    missing = max((positions - 1) * stride + kernel - length, 0) if options["Padding"] == 0 else 0
    before = missing // 2
    padded = _up_to_four(inputs)
    wide = np.zeros((outputs, kernel, padded), dtype=np.int8)
    wide[:, :, :inputs] = weights.data.reshape(outputs, kernel, inputs)
    channels = _channels(x, weights, bias, y)
    return Convolution(
        weights=_paired(wide.reshape(outputs, -1)),
        channels=channels,
        inputs=inputs,
        padded_inputs=padded,
        outputs=outputs,
        length=length,
        positions=positions,
        stride=stride,
        before=before,
        after=missing - before,
        window=kernel * padded // 4,
        zero=x.zero,
        ordinary=int(all(c.left == 1 and c.right > 0 for c in channels)),
    )


def dense(x: Tensor, weights: Tensor, bias: Tensor | None, y: Tensor) -> Dense:
    """A convolution of one position, kernel 1."""
    outputs, inputs = weights.shape[0], int(np.prod(weights.shape[1:]))
    if x.size != inputs or y.size != outputs:
        raise NotExportable(f"A dense layer {weights.shape} does not take {x.shape}.")
    wide = np.zeros((outputs + outputs % 2, _up_to_four(inputs)), dtype=np.int8)
    wide[:outputs, :inputs] = weights.data.reshape(outputs, inputs)
    channels = _channels(x, weights, bias, y)
    if outputs % 2:
        channels = (*channels, Channel(0, 0, 0, 0, 0, 0))
    return Dense(_paired(wide), channels, inputs, outputs, wide.shape[1] // 4)


@dataclass(frozen=True, slots=True)
class Sum:
    """`larun_sum`; the tables have 256 numbers each."""

    table_a: tuple[int, ...]
    table_b: tuple[int, ...]
    multiplier: int
    nudge: int
    right: int


def sums(a: Tensor, b: Tensor, y: Tensor) -> Sum:
    """An ADD: both inputs brought to twice the larger scale, 20 bits up. Raises NotExportable for broadcasting."""
    if a.shape != b.shape:
        raise NotExportable(f"An addition of {a.shape} and {b.shape}.")
    twice = 2 * max(a.scale, b.scale)
    m, s = multiplier(twice / ((1 << 20) * y.scale))
    if not -22 <= s < 0:
        raise NotExportable(f"An addition with the shift {s}.")

    def table(x: Tensor) -> tuple[int, ...]:
        fixed, shift = multiplier(x.scale / twice)
        # doubled here, for the doubling in the product that follows
        return tuple(2 * scaled((v - x.zero) << 20, fixed, shift) for v in range(-128, 128))

    return Sum(table(a), table(b), m, _nudge(-s, y.zero), -s)


def product(a: Tensor, b: Tensor, y: Tensor) -> dict[str, int]:
    """`larun_product`: `a` (positions × channels) times `b` (channels)."""
    channels = a.shape[-1]
    if b.size != channels:
        raise NotExportable(f"A product of {a.shape} and {b.shape}.")
    # the reference multiplies these in single precision
    real = np.float32(a.scale) * np.float32(b.scale) / np.float32(y.scale)
    m, s = multiplier(float(real))
    left, right = max(s, 0), max(-s, 0)
    if left > 13 or right > 22:
        raise NotExportable(f"A product with the shift {s}.")
    return {
        "multiplier": m, "nudge": _nudge(right, y.zero), "zero_a": a.zero, "zero_b": b.zero, "left": left,
        "right": right, "away": int(right > 0), "positions": a.size // channels, "channels": channels,
    }  # fmt: skip


def mean(x: Tensor, axes: tuple[int, ...], y: Tensor) -> dict[str, int]:
    """`larun_mean_layer`: over all axes but the last."""
    if sorted(a % len(x.shape) for a in axes) not in ([1, 2], [0, 1, 2]) or len(x.shape) != 4:
        raise NotExportable(f"A mean of {x.shape} over the axes {axes}.")
    channels = x.shape[-1]
    positions = x.size // channels
    m, s = multiplier(x.scale / y.scale)
    shift = min(positions.bit_length() - 1, 32, 31 + s)
    m, s = (m << shift) // positions, s - shift
    return {
        "multiplier": m, "zero_in": x.zero, "zero": y.zero, "left": max(s, 0), "right": max(-s, 0),
        "positions": positions, "channels": channels,
    }  # fmt: skip


def clamp_range(y: Tensor, activation: int) -> tuple[int, int] | None:
    """What is left to cut after a kernel that cuts at int8: None where a ReLU's zero is the least int8 anyway."""
    if activation == 0:
        return None
    if activation == 1:
        return (y.zero, 127) if y.zero > -128 else None
    if activation == 3:
        high = min(127, y.zero + int(np.floor(6.0 / y.scale + 0.5)))
        return None if (y.zero, high) == (-128, 127) else (y.zero, high)
    raise NotExportable(f"Activation {activation} has no kernel.")


def _channels(x: Tensor, weights: Tensor, bias: Tensor | None, y: Tensor) -> tuple[Channel, ...]:
    outputs = weights.shape[0]
    rows = weights.data.reshape(outputs, -1).astype(np.int64)
    added = np.zeros(outputs, dtype=np.int64) if bias is None else bias.data.astype(np.int64)
    if weights.zero != 0:
        raise NotExportable("Weights with a zero point.")
    found = []
    for row in range(outputs):
        m, s = _real_multiplier(x, weights, y, row)
        left, right = max(s, 0) + 1, max(-s, 0)
        largest = int(np.abs(rows[row]).sum()) * 255 + abs(int(added[row]))
        if m == 0 or (right > 22 and largest < 1 << (right - 1)):
            # too quiet to move the output by half a step, as a channel that has died
            m, left, right = 0, 1, 1
        if largest << left >= 1 << 31 or right > 22:
            raise NotExportable(f"Output {row} of tensor {y.index} does not fit 32 bits.")
        found.append(
            Channel(
                bias=int(added[row] - x.zero * rows[row].sum()),
                multiplier=m,
                nudge=_nudge(right, y.zero),
                left=left,
                right=right,
                away=int(right > 0),
            )
        )
    return tuple(found)


def _nudge(right: int, zero: int) -> int:
    """Half of 2^right, and the output's zero point so far up."""
    return ((1 << right) >> 1) + zero * (1 << right)


def _real_multiplier(x: Tensor, weights: Tensor, y: Tensor, row: int) -> tuple[int, int]:
    scale = weights.scales[row if len(weights.scales) > 1 else 0]
    return multiplier(x.scale * scale / y.scale)


def _paired(rows: Int8s) -> Int8s:
    outputs, width = rows.shape
    return np.ascontiguousarray(rows.reshape(outputs // 2, 2, width // 4, 4).transpose(0, 2, 1, 3))


def _up_to_four(count: int) -> int:
    return -(-count // 4) * 4
