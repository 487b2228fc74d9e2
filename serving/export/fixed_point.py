"""The fixed-point arithmetic of TensorFlow Lite in whole numbers of Python: multipliers, and tables of functions.

After gemmlowp's `fixedpoint.h` and TensorFlow's `quantization_util.cc`, as their public documentation describes them. A
raw number with k integer bits stands for raw / 2^(31 − k).
"""

from __future__ import annotations

import math
from typing import Final

_LEAST, _MOST = -(1 << 31), (1 << 31) - 1
#: exp(−2^k) 2^31 for k = −2 … 4
_EXPONENTIALS: Final = {-2: 1672461947, -1: 1302514674, 0: 790015084, 1: 290630308, 2: 39332535, 3: 720401, 4: 242}
_EXP_OF_MINUS_EIGHTH, _THIRD = 1895147668, 715827883


def multiplier(real: float) -> tuple[int, int]:
    """(m, s) with real ≈ m 2^(s − 31), m a 32-bit number of 31 significant bits. 0 gives (0, 0)."""
    if real == 0:
        return 0, 0
    fraction, shift = math.frexp(real)
    fixed = _half_up(fraction * (1 << 31))
    if fixed == 1 << 31:
        fixed, shift = fixed // 2, shift + 1
    return (0, 0) if shift < -31 else (fixed, shift)


def doubled_high_product(a: int, b: int) -> int:
    """Upper half of twice the product of two 32-bit numbers, rounded, saturated."""
    if a == b == _LEAST:
        return _MOST
    return (a * b + (1 << 30)) >> 31


def divided(x: int, exponent: int) -> int:
    """x / 2^exponent, halves away from zero."""
    if exponent == 0:
        return x
    half = 1 << (exponent - 1)
    return (x + half) >> exponent if x >= 0 else -((-x + half) >> exponent)


def scaled(x: int, fixed: int, shift: int) -> int:
    """x times the real number of `multiplier`, rounded twice as the reference rounds."""
    return divided(doubled_high_product(x << max(shift, 0), fixed), max(-shift, 0))


def exponential(a: int, integer_bits: int) -> int:
    """exp of a raw number ≤ 0 with `integer_bits`; raw with none."""
    fraction_bits = 31 - integer_bits
    if a == 0:
        return _MOST
    quarter = 1 << (fraction_bits - 2)
    inside = (a & (quarter - 1)) - quarter
    result = _exponential_near_zero(inside << integer_bits)
    remainder = inside - a
    for exponent, factor in _EXPONENTIALS.items():
        if integer_bits > exponent and remainder & (1 << (fraction_bits + exponent)):
            result = doubled_high_product(result, factor)
    if integer_bits > 5 and a < -(1 << (fraction_bits + 5)):
        return 0
    return result


def logistic(a: int, integer_bits: int) -> int:
    """1 / (1 + exp(−a)) of a raw number; raw with no integer bits."""
    if a == 0:
        return 1 << 30
    positive = one_over_one_plus(exponential(-abs(a), integer_bits))
    return positive if a > 0 else _MOST - positive


def one_over_one_plus(x: int) -> int:
    """1 / (1 + x) for raw x in [0, 1]; raw with no integer bits."""
    half_denominator = (x + _MOST + 1) // 2
    estimate = 1515870810 + doubled_high_product(half_denominator, -1010580540)
    for _ in range(3):
        rest = (1 << 29) - doubled_high_product(half_denominator, estimate)
        estimate += _saturated(doubled_high_product(estimate, rest) << 2)
    return _saturated(estimate << 1)


def logistic_table(scale: float, zero: int) -> list[int]:
    """int8 answers of LOGISTIC for the inputs −128 … 127; the output has scale 1/256 and zero point −128."""
    fixed, shift = multiplier(scale * (1 << (31 - 4)))
    radius = input_radius(4, shift)
    table = []
    for value in range(-128, 128):
        centred = value - zero
        if centred <= -radius:
            table.append(-128)
        elif centred >= radius:
            table.append(127)
        else:
            answer = divided(logistic(scaled(centred, fixed, shift), 4), 31 - 8) - 128
            table.append(min(127, max(-128, answer)))
    return table


def softmax_table(scale: float, beta: float = 1.0) -> list[int]:
    """exp(−d scale beta), raw with no integer bits, for d = 0 … 255 int8 steps below the largest input."""
    real = min(beta * scale * (1 << (31 - 5)), float(_MOST))
    fixed, shift = multiplier(real)
    radius = input_radius(5, shift)
    return [exponential(scaled(-d, fixed, shift), 5) if d <= radius else 0 for d in range(256)]


def input_radius(integer_bits: int, left_shift: int) -> int:
    """The largest input that, shifted, still has `integer_bits`."""
    return math.floor(((1 << integer_bits) - 1) * (1 << (31 - integer_bits)) / 2.0**left_shift)


def _exponential_near_zero(a: int) -> int:
    """exp on [−1/4, 0), raw with no integer bits: a Taylor series of order four about −1/8."""
    x = a + (1 << 28)
    x2 = doubled_high_product(x, x)
    x3 = doubled_high_product(x2, x)
    x4 = doubled_high_product(x2, x2)
    series = divided(doubled_high_product(divided(x4, 2) + x3, _THIRD) + x2, 1)
    return _EXP_OF_MINUS_EIGHTH + doubled_high_product(_EXP_OF_MINUS_EIGHTH, x + series)


def _half_up(x: float) -> int:
    """Nearest whole number, halves away from zero."""
    return int(math.copysign(math.floor(abs(x) + 0.5), x))


def _saturated(x: int) -> int:
    return min(_MOST, max(_LEAST, x))
