"""The kernels in plain C against their slow twins, on random layers of awkward sizes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from serving.export import layers
from serving.export.fixed_point import logistic_table, softmax_table
from serving.export.read_tflite import NotExportable, Operation, Tensor
from tests.firmware import twins
from tests.firmware.kernels import HostKernels


def tensor(
    shape: tuple[int, ...], scale: float | tuple[float, ...] = 1.0, zero: int = 0, data: np.ndarray | None = None
) -> Tensor:
    scales = scale if isinstance(scale, tuple) else (scale,)
    return Tensor(0, "", shape, "int8", tuple(float(np.float32(s)) for s in scales), zero, data)


@dataclasses.dataclass
class Case:
    operation: Operation
    x: Tensor
    weights: Tensor
    bias: Tensor
    y: Tensor
    values: np.ndarray
    fixed: list[tuple[int, int]]


def case(seed: int, *, length: int, inputs: int, outputs: int, kernel: int, stride: int, gain: float = 1.0) -> Case:
    rng = np.random.default_rng(seed)
    scales = tuple(float(np.float32(s)) for s in rng.uniform(0.001, 0.02, outputs))
    positions = -(-length // stride)
    x = tensor((1, 1, length, inputs), 0.02, int(rng.integers(-128, 128)))
    y = tensor((1, 1, positions, outputs), 0.02 * kernel * inputs * 0.3 / gain, int(rng.integers(-128, 128)))
    data = rng.integers(-127, 128, (outputs, 1, kernel, inputs), dtype=np.int8)
    weights = tensor(data.shape, scales, 0, data)
    bias = tensor((outputs,), scales, 0, rng.integers(-3000, 3000, outputs, dtype=np.int32))
    operation = Operation(
        "CONV_2D",
        (0, 1, 2),
        (3,),
        {"Padding": 0, "StrideW": stride, "DilationWFactor": 1, "FusedActivationFunction": 0},
    )
    fixed = [twins.fixed_point(x.scale * s / y.scale) for s in scales]
    return Case(operation, x, weights, bias, y, rng.integers(-128, 128, (length, inputs), dtype=np.int8), fixed)


@pytest.mark.parametrize(
    ("length", "inputs", "outputs", "kernel", "stride", "gain"),
    [
        (9, 3, 4, 7, 2, 1.0),  # channels and window that are padded
        (8, 8, 6, 3, 2, 1.0),
        (7, 4, 2, 3, 1, 1.0),  # an odd number of positions
        (1, 8, 4, 3, 1, 1.0),  # padding wider than the view
        (6, 20, 4, 1, 2, 1.0),
        (5, 5, 8, 5, 3, 300.0),  # multipliers above 1, and saturation
        (12, 4, 2, 2, 1, 300.0),
    ],
)  # fmt: skip
def test_convolution(
    c: HostKernels, length: int, inputs: int, outputs: int, kernel: int, stride: int, gain: float
) -> None:
    shifts = set()
    for seed in range(4):
        k = case(seed, length=length, inputs=inputs, outputs=outputs, kernel=kernel, stride=stride, gain=gain)
        layer = layers.convolution(k.operation, k.x, k.weights, k.bias, k.y)
        wanted = twins.convolved(
            k.values, k.x.zero, k.weights.data[:, 0], k.bias.data, k.fixed, k.y.zero,
            stride=stride, before=layer.before, positions=layer.positions,
        )  # fmt: skip
        np.testing.assert_array_equal(c.convolve(layer, k.values), wanted)
        shifts.add(layer.ordinary)
    assert shifts == ({0} if gain > 1 else {1}), "each case must take the path it is meant for"


@pytest.mark.parametrize("quiet", [1e-9, 1e-14])
def test_a_channel_too_quiet_for_any_step(c: HostKernels, quiet: float) -> None:
    k = case(5, length=8, inputs=4, outputs=2, kernel=3, stride=1)
    scales = (k.weights.scales[0], quiet)
    weights = dataclasses.replace(k.weights, scales=scales)
    layer = layers.convolution(k.operation, k.x, weights, k.bias, k.y)
    answer = c.convolve(layer, k.values)
    assert layer.ordinary
    assert (answer[:, 1] == k.y.zero).all()
    assert (answer[:, 0] != k.y.zero).any()


def test_convolution_notices_a_wrong_weight(c: HostKernels) -> None:
    k = case(3, length=9, inputs=4, outputs=4, kernel=3, stride=1)
    layer = layers.convolution(k.operation, k.x, k.weights, k.bias, k.y)
    right = c.convolve(layer, k.values)
    layer.weights.flat[5] ^= 0x40
    assert (c.convolve(layer, k.values) != right).any()


@pytest.mark.parametrize(("inputs", "outputs"), [(25, 16), (7, 28), (28, 7), (4, 1), (520, 6)])
def test_dense(c: HostKernels, inputs: int, outputs: int) -> None:
    for gain in (1.0, 200.0):
        k = case(inputs + outputs, length=1, inputs=inputs, outputs=outputs, kernel=1, stride=1, gain=gain)
        wanted = twins.convolved(
            k.values, k.x.zero, k.weights.data[:, 0], k.bias.data, k.fixed, k.y.zero, stride=1, before=0, positions=1
        )
        np.testing.assert_array_equal(c.connect(layers.dense(k.x, k.weights, k.bias, k.y), k.values[0]), wanted[0])


def test_addition_for_all_pairs_of_bytes(c: HostKernels) -> None:
    scales, zeros = (0.031, 0.0177, 0.029), (-128, 13, -128)
    a, b, y = (tensor((1, 1, 257, 256), s, z) for s, z in zip(scales, zeros, strict=True))
    left, right = (v.astype(np.int8).ravel() for v in np.meshgrid(np.arange(-128, 128), np.arange(-128, 128)))
    answer = c.add(layers.sums(a, b, y), left[:-1].copy(), right[:-1].copy())
    exact = tuple(float(np.float32(s)) for s in scales)
    for n in range(0, answer.size, 37):
        assert answer[n] == twins.added(int(left[n]), int(right[n]), exact, zeros)


def test_product_of_positions_with_gates(c: HostKernels) -> None:
    rng = np.random.default_rng(1)
    for scales, zeros in (((0.05, 1 / 256, 0.03), (4, -128, -9)), ((0.9, 0.8, 0.5), (-3, 7, 0))):
        a, b, y = (
            tensor(s, k, z) for s, k, z in zip(((1, 1, 5, 6), (1, 1, 1, 6), (1, 1, 5, 6)), scales, zeros, strict=True)
        )
        left = rng.integers(-128, 128, (5, 6), dtype=np.int8)
        right = rng.integers(-128, 128, 6, dtype=np.int8)
        answer = c.multiply(layers.product(a, b, y), left, right)
        exact = tuple(float(np.float32(s)) for s in scales)
        for (position, channel), value in np.ndenumerate(answer):
            assert value == twins.product(int(left[position, channel]), int(right[channel]), exact, zeros)


def test_mean(c: HostKernels) -> None:
    rng = np.random.default_rng(2)
    for positions in (1, 3, 13, 26, 101):
        x, y = tensor((1, 1, positions, 8), 0.04, 5), tensor((1, 1, 1, 8), 0.03, -20)
        values = rng.integers(-128, 128, (positions, 8), dtype=np.int8)
        answer = c.mean(layers.mean(x, (1, 2), y), values)
        wanted = [twins.mean([int(v) for v in column], (x.scale, y.scale), (5, -20)) for column in values.T]
        np.testing.assert_array_equal(answer, wanted)
        real = (values.astype(float).mean(axis=0) - 5) * (x.scale / y.scale) - 20
        # rounded twice, so up to a quarter of a step more than half
        assert np.abs(np.clip(real, -128, 127) - answer).max() <= 0.75


def test_look_up_and_clamp(c: HostKernels) -> None:
    every = np.arange(-128, 128).astype(np.int8)
    table = np.random.default_rng(0).integers(-128, 128, 256, dtype=np.int8)
    np.testing.assert_array_equal(c.look_up(table, every), table)
    np.testing.assert_array_equal(c.clamp(-7, 90, every), np.clip(every, -7, 90))


def test_logistic_table_is_the_logistic() -> None:
    for scale, zero in ((0.0312, -4), (0.2, 30), (0.004, 0)):
        real = 256 / (1 + np.exp(-scale * (np.arange(-128, 128) - zero))) - 128
        assert np.abs(np.clip(real, -128, 127) - logistic_table(scale, zero)).max() <= 0.51


@pytest.mark.parametrize("scale", [0.02, 0.2, 1.5])
def test_softmax(c: HostKernels, scale: float) -> None:
    rng = np.random.default_rng(3)
    table = softmax_table(scale)
    rows = [rng.integers(-128, 128, 6, dtype=np.int8) for _ in range(50)]
    rows += [np.full(6, v, dtype=np.int8) for v in (-128, 0, 127)] + [np.array([127, *[-128] * 5], dtype=np.int8)]
    for row in rows:
        e = np.exp(scale * (row.astype(float) - row.max()))
        wanted = np.clip(256 * e / e.sum() - 128, -128, 127)
        assert np.abs(c.softmax(table, row) - wanted).max() <= 0.51


def test_what_no_kernel_does_is_refused() -> None:
    k = case(0, length=8, inputs=4, outputs=3, kernel=3, stride=1)
    with pytest.raises(NotExportable, match="even outputs"):
        layers.convolution(k.operation, k.x, k.weights, k.bias, k.y)
    with pytest.raises(NotExportable, match="addition"):
        layers.sums(tensor((1, 1, 4, 4)), tensor((1, 1, 1, 4)), tensor((1, 1, 4, 4)))
    loud = case(0, length=1, inputs=520, outputs=2, kernel=1, stride=1, gain=1e6)
    with pytest.raises(NotExportable, match="32 bits"):
        layers.dense(loud.x, loud.weights, loud.bias, loud.y)


def test_a_relu_is_cut_at_its_zero_only_where_int8_does_not_do_it() -> None:
    assert layers.clamp_range(tensor((1,), 0.1, -128), 1) is None
    assert layers.clamp_range(tensor((1,), 0.1, -20), 1) == (-20, 127)
    assert layers.clamp_range(tensor((1,), 0.1, -20), 0) is None
    assert layers.clamp_range(tensor((1,), 0.1, -20), 3) == (-20, 40)
