"""The student network: what the teachers know, in a size that a microcontroller can run.

Convolutions with kernels (1, k) behind strided stems, residual blocks with a squeeze-excite gate (Hu et al. 2018), and
a few dense layers. Only operations that become pure int8: CONV_2D, ADD, MUL, MEAN, LOGISTIC, CONCATENATION, RESHAPE,
SOFTMAX. No batch normalisation, so there is nothing to fold. Dense layers are 1×1 convolutions of one position: the
reference of LiteRT and tflite-micro round FULLY_CONNECTED differently, so no kernel could agree with both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from serving.classes import CLASSES
from serving.inputs import INPUT_SHAPES


@dataclass(frozen=True, slots=True)
class Branch:
    """One view: channels, kernel and stride of the stem; channels of the residual blocks, each of stride 2."""

    stem: int
    kernel: int
    stride: int
    blocks: tuple[int, ...]
    summary: int


BRANCHES: Final = {
    "global": Branch(stem=16, kernel=7, stride=2, blocks=(16, 24, 40), summary=24),
    "local": Branch(stem=16, kernel=5, stride=1, blocks=(20, 28), summary=24),
    "secondary": Branch(stem=8, kernel=5, stride=2, blocks=(16,), summary=12),
}
#: Modelled cycles of a Cortex-M4 for our kernels: for each multiplication, and for each output of a convolution.
CYCLES_PER_MAC, CYCLES_PER_OUTPUT = 1.41, 37.5


def build_student(
    shapes: Mapping[str, tuple[int, ...]] = INPUT_SHAPES, *, classes: int = len(CLASSES), seed: int = 0
) -> Any:
    """A compiled-later `keras.Model` for inputs of `shapes` (without the batch), answering (n, classes) probabilities.

    Inputs are named as the shapes are; the layer "logits" gives the answer before the softmax. Weights depend on
    `seed` alone.
    """
    import keras

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
    parts = [_branch(inputs[name], branch, name) for name, branch in BRANCHES.items()]
    parts.append(_dense(inputs["scalars"], 16, "scalars_summary"))
    x = _dense(layers.Concatenate(name="parts")(parts), 48, "together")
    logits = layers.Reshape((classes,), name="logits")(_dense(x, classes, "last", relu=False))
    return keras.Model(inputs, layers.Softmax(name="probabilities")(logits), name="student")


def modelled_cost(model: Any) -> tuple[int, int, float]:
    """Multiplications, outputs of convolutions, and the modelled cycles of a keras model."""
    macs = outputs = 0
    for layer in model.layers:
        if type(layer).__name__ == "Conv2D":
            _, height, width, channels = layer.output.shape
            here = height * width * channels
            outputs += here
            macs += here * int(layer.kernel.shape[0] * layer.kernel.shape[1] * layer.kernel.shape[2])
    return macs, outputs, CYCLES_PER_MAC * macs + CYCLES_PER_OUTPUT * outputs


def _branch(x: Any, branch: Branch, name: str) -> Any:
    x = _convolution(x, branch.stem, branch.kernel, f"{name}_stem", stride=branch.stride)
    for number, channels in enumerate(branch.blocks, start=1):
        # one gate a branch: the mean it needs costs little, its multiplication as much as an addition
        x = _residual(x, channels, f"{name}_{number}", gated=number == len(branch.blocks))
    # flattened, not averaged: where in the view something is tells an eclipse from another
    return _dense(x, branch.summary, f"{name}_summary")


def _dense(x: Any, outputs: int, name: str, *, relu: bool = True) -> Any:
    import keras

    size = 1
    for length in x.shape[1:]:
        size *= int(length)
    if tuple(x.shape[1:]) != (1, 1, size):
        x = keras.layers.Reshape((1, 1, size), name=f"{name}_flat")(x)
    return _convolution(x, outputs, 1, name, relu=relu)


def _residual(x: Any, channels: int, name: str, *, gated: bool) -> Any:
    import keras

    layers = keras.layers
    y = _convolution(x, channels, 3, f"{name}_a", stride=2)
    y = _convolution(y, channels, 3, f"{name}_b", relu=False)
    if gated:
        gate = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_squeeze")(y)
        gate = _convolution(gate, max(4, channels // 4), 1, f"{name}_gate_a")
        gate = _convolution(gate, channels, 1, f"{name}_gate_b", relu=False)
        y = layers.Multiply(name=f"{name}_gated")([y, layers.Activation("sigmoid", name=f"{name}_gate")(gate)])
    direct = _convolution(x, channels, 1, f"{name}_direct", stride=2, relu=False)
    return layers.ReLU(name=f"{name}_out")(layers.Add(name=f"{name}_sum")([direct, y]))


def _convolution(x: Any, channels: int, kernel: int, name: str, *, stride: int = 1, relu: bool = True) -> Any:
    import keras

    return keras.layers.Conv2D(
        channels, (1, kernel), strides=(1, stride), padding="same", activation="relu" if relu else None,
        kernel_initializer="he_normal", name=name,
    )(x)  # fmt: skip
