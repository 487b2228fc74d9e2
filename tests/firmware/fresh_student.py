"""A student that has learned nothing, and views to show it."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from serving.inputs import INPUT_SHAPES, network_inputs


def some_inputs(count: int, seed: int = 0) -> dict[str, npt.NDArray[np.float32]]:
    """Inputs (count, …): dips of all depths and widths in noise, every third without a secondary view."""
    rng = np.random.default_rng(seed)

    def view(bins: int) -> npt.NDArray[np.float64]:
        away = np.abs(np.linspace(-1, 1, bins))
        dip = -np.clip((rng.uniform(0.02, 0.6, (count, 1)) - away) * rng.uniform(2, 30, (count, 1)), 0, 1)
        return dip + rng.uniform(0, 0.3, (count, 1)) * rng.standard_normal((count, bins))

    other = view(61)
    other[::3] = np.nan
    scalars = rng.uniform(-3, 3, (count, 12))
    scalars[rng.random(scalars.shape) < 0.2] = np.nan
    return network_inputs(view(201), view(61), other, scalars)


@functools.cache
def fresh_student(seed: int = 1) -> bytes:
    """Its .tflite: random weights, ranges from `some_inputs`."""
    from serving.quantization import to_tflite
    from serving.student import build_student

    model = build_student(INPUT_SHAPES, seed=seed)
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if layer.name == "last" or layer.name.endswith("_gate_b"):
            # biases other than zero, so that gates and classes differ
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, rng.normal(0, 1, bias.shape).astype(np.float32)])
    return to_tflite(model, int8=True, representative=some_inputs(60, seed))
