"""The teacher network: residual convolutions with squeeze-excite gates over three views, and the scalars.

Keras on TensorFlow, `jit_compile=False`. It takes the same named inputs as the student ("global", "local",
"secondary", "scalars"), each view (1, bins, channels), and answers the six probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.classes import CLASSES

Inputs = Mapping[str, npt.NDArray[np.float32]]
Augment = Callable[[dict[str, npt.NDArray[np.float32]], np.random.Generator], dict[str, npt.NDArray[np.float32]]]

_VIEWS = ("global", "local", "secondary")
#: kernel and stride of the first convolution, strides of the residual blocks, width relative to the teacher's
_BRANCHES = {
    "global": (7, 2, (2, 2, 2), 1.0),
    "local": (5, 1, (2, 2), 1.0),
    "secondary": (5, 2, (2,), 0.5),
}


def build_teacher(
    shapes: Mapping[str, tuple[int, ...]], *, width: int = 24, dropout: float = 0.3, seed: int = 0
) -> Any:
    """A compiled-later `keras.Model` for inputs of `shapes` (without the batch). Weights depend on `seed` alone."""
    import keras

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
    parts = []
    for name in _VIEWS:
        kernel, stride, strides, share = _BRANCHES[name]
        channels = max(4, int(width * share))
        x = _convolution(inputs[name], channels, kernel, stride)
        for depth, step in enumerate(strides):
            x = _residual(x, int(channels * 1.5**depth), step)
        parts += [layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)]
    parts.append(layers.Dense(32, activation="relu")(inputs["scalars"]))
    x = layers.Concatenate()(parts)
    x = layers.Dropout(dropout, seed=seed)(layers.Dense(96, activation="relu")(x))
    answer = layers.Dense(len(CLASSES), activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, answer, name="teacher")


def marginal_loss(target: Any, probabilities: Any) -> Any:
    """−log of the probability of what the label allows (`serving.targets.allowed`), one number a row."""
    import keras

    inside = keras.ops.sum(target * probabilities, axis=-1)
    return -keras.ops.log(keras.ops.clip(inside, 1e-7, 1.0))


def soft_loss(target: Any, probabilities: Any) -> Any:
    """Cross-entropy with soft labels, for distillation."""
    import keras

    return -keras.ops.sum(target * keras.ops.log(keras.ops.clip(probabilities, 1e-7, 1.0)), axis=-1)


def train(
    model: Any,
    inputs: Inputs,
    targets: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
    *,
    epochs: int,
    seed: int,
    batch: int = 256,
    rate: float = 2e-3,
    loss: Callable[[Any, Any], Any] = marginal_loss,
    augment: Augment | None = None,
) -> list[float]:
    """Train in place, with a cosine learning rate and the running mean of the weights at the end; the loss of each
    epoch. `augment` is applied anew to each batch; order and augmentation depend on `seed` alone."""
    import keras

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(workers=1)
            self.epoch = 0
            self.shuffle()

        def shuffle(self) -> None:
            self.order = np.random.default_rng([seed, self.epoch]).permutation(weights.size)

        def on_epoch_end(self) -> None:
            self.epoch += 1
            self.shuffle()

        def __len__(self) -> int:
            return -(-weights.size // batch)

        def __getitem__(self, index: int) -> Any:
            rows = self.order[index * batch : (index + 1) * batch]
            taken = {name: values[rows] for name, values in inputs.items()}
            if augment is not None:
                taken = augment(taken, np.random.default_rng([seed, self.epoch, index]))
            return taken, targets[rows], weights[rows]

    keras.utils.set_random_seed(seed)
    batches = Batches()
    schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * len(batches))
    # the mean over about an epoch; a longer one would still hold the first weights after a short training
    momentum = 1 - 1 / max(2, min(100, len(batches)))
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=1e-4, use_ema=True, ema_momentum=momentum)
    model.compile(optimizer, loss=loss, jit_compile=False)
    return [float(x) for x in model.fit(batches, epochs=epochs, verbose=0).history["loss"]]


def predict(model: Any, inputs: Inputs, *, reflect: bool = True, batch: int = 1024) -> npt.NDArray[np.float64]:
    """(n, 6); with `reflect` the mean of the answers to the views and to their mirror images."""
    answer = np.asarray(model.predict(dict(inputs), batch_size=batch, verbose=0), dtype=float)
    if reflect:
        answer = (answer + np.asarray(model.predict(reflected(inputs), batch_size=batch, verbose=0), dtype=float)) / 2
    return answer


def reflected(inputs: Inputs) -> dict[str, npt.NDArray[np.float32]]:
    """The views seen backwards in time; the scalars stay."""
    return {name: v[..., ::-1, :].copy() if name in _VIEWS else v for name, v in inputs.items()}


def _convolution(x: Any, channels: int, kernel: int, stride: int = 1, *, relu: bool = True) -> Any:
    import keras

    activation = "relu" if relu else None
    return keras.layers.Conv2D(
        channels, (1, kernel), strides=(1, stride), padding="same", activation=activation,
        kernel_initializer="he_normal",
    )(x)  # fmt: skip


def _residual(x: Any, channels: int, stride: int) -> Any:
    """Two convolutions beside a direct path, and a gate for each channel (squeeze and excite, Hu et al. 2018). No
    batch normalisation: on a CPU it would take half the time, and nets this shallow learn without."""
    import keras

    layers = keras.layers
    y = _convolution(_convolution(x, channels, 3, stride), channels, 3, relu=False)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(y)
    gate = layers.Dense(max(4, channels // 4), activation="relu")(gate)
    y = layers.Multiply()([y, layers.Dense(channels, activation="sigmoid")(gate)])
    return layers.ReLU()(layers.Add()([_convolution(x, channels, 1, stride, relu=False), y]))
