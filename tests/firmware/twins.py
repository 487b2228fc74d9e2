"""Every kernel once more, slowly and from the definitions of TensorFlow Lite: the judge of the C."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Int8s = npt.NDArray[np.int8]


def multiplied(x: int, fixed: int, shift: int) -> int:
    """MultiplyByQuantizedMultiplier: a doubling high product, then a division by a power of two, both rounded."""
    wide = (x << max(shift, 0)) * fixed
    nudged = wide + ((1 << 30) if wide >= 0 else 1 - (1 << 30))
    high = abs(nudged) // (1 << 31) * (1 if nudged >= 0 else -1)
    exponent = max(-shift, 0)
    mask = (1 << exponent) - 1
    threshold = (mask >> 1) + (1 if high < 0 else 0)
    return (high >> exponent) + (1 if (high & mask) > threshold else 0)


def cut(x: int) -> int:
    return max(-128, min(127, x))


def convolved(
    x: Int8s, x_zero: int, weights: Int8s, bias: npt.NDArray, fixed: list[tuple[int, int]], y_zero: int,
    *, stride: int, before: int, positions: int,
) -> Int8s:  # fmt: skip
    """(positions, outputs) from x (length, inputs) and weights (outputs, kernel, inputs)."""
    length, inputs = x.shape
    outputs, kernel, _ = weights.shape
    y = np.zeros((positions, outputs), dtype=np.int8)
    for position in range(positions):
        for output in range(outputs):
            total = int(bias[output])
            for k in range(kernel):
                place = position * stride + k - before
                if 0 <= place < length:
                    for channel in range(inputs):
                        total += (int(x[place, channel]) - x_zero) * int(weights[output, k, channel])
            y[position, output] = cut(multiplied(total, *fixed[output]) + y_zero)
    return y


def added(a: int, b: int, scales: tuple[float, float, float], zeros: tuple[int, int, int]) -> int:
    twice = 2 * max(scales[:2])
    x = multiplied((a - zeros[0]) << 20, *fixed_point(scales[0] / twice))
    y = multiplied((b - zeros[1]) << 20, *fixed_point(scales[1] / twice))
    return cut(multiplied(x + y, *fixed_point(twice / ((1 << 20) * scales[2]))) + zeros[2])


def product(a: int, b: int, scales: tuple[float, float, float], zeros: tuple[int, int, int]) -> int:
    real = float(np.float32(scales[0]) * np.float32(scales[1]) / np.float32(scales[2]))
    return cut(multiplied((a - zeros[0]) * (b - zeros[1]), *fixed_point(real)) + zeros[2])


def mean(values: list[int], scales: tuple[float, float], zeros: tuple[int, int]) -> int:
    """The division by the count is folded into the multiplier, with as many bits more as the count has."""
    fixed, shift = fixed_point(scales[0] / scales[1])
    bits = int(math.log2(len(values)))
    return cut(
        multiplied(sum(values) - zeros[0] * len(values), (fixed << bits) // len(values), shift - bits) + zeros[1]
    )


def fixed_point(real: float) -> tuple[int, int]:
    """QuantizeMultiplier."""
    fraction, shift = math.frexp(real)
    fixed = math.floor(fraction * 2**31 + 0.5)
    return (fixed // 2, shift + 1) if fixed == 2**31 else (fixed, shift)
