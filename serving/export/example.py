"""The built-in example: the views of a simulated transit, as the chip takes them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from serving.export.emit import wrapped
from serving.export.read_tflite import Network

#: One TESS sector of 30-minute cadences: a planet of 1 % depth every 3.3 days, 0.1 % noise.
PERIOD_DAYS, EPOCH, DURATION_DAYS, DEPTH, NOISE = 3.3, 1.0, 0.12, 0.01, 0.001


def example_inputs() -> dict[str, npt.NDArray[np.float32]]:
    """Inputs by name (1, …) of the simulated transit; the same for every call."""
    from serving.inputs import network_inputs
    from serving.views import views_of

    time = np.arange(0.0, 27.0, 0.5 / 24)
    away = np.abs((time - EPOCH + PERIOD_DAYS / 2) % PERIOD_DAYS - PERIOD_DAYS / 2)
    ramp = np.clip((DURATION_DAYS / 2 - away) / (0.15 * DURATION_DAYS), 0.0, 1.0)
    flux = 1 - DEPTH * ramp + NOISE * np.random.default_rng(20).standard_normal(time.size)
    views = views_of(time, flux, PERIOD_DAYS, EPOCH, DURATION_DAYS, tmag=10.5)
    rows = (np.atleast_2d(v) for v in (views.global_view, views.local_view, views.secondary_view, views.scalars))
    return network_inputs(*rows)


def quantized(network: Network, inputs: Mapping[str, npt.NDArray[np.floating]]) -> dict[str, npt.NDArray[np.int8]]:
    """Inputs (n, …) as int8 (n, size) by the scales of `network`: rounded half away from zero, cut."""
    found = {}
    for name, index in network.inputs.items():
        tensor = network.tensors[index]
        steps = np.asarray(inputs[name], dtype=np.float64).reshape(len(inputs[name]), -1) / tensor.scale
        whole = np.trunc(steps + np.copysign(0.5, steps)) + tensor.zero
        found[name] = np.clip(whole, -128, 127).astype(np.int8)
    return found


def example_source(network: Network) -> dict[str, str]:
    """example.c and example.h."""
    values = quantized(network, example_inputs())
    head = "/* Written by `python -m serving.export`; do not edit. A simulated transit, one sector, 1 % deep. */"
    arrays = "".join(
        f"    .{name} = {{\n" + "\n".join("  " + line for line in wrapped(values[name][0].tolist())) + "},\n"
        for name in network.inputs
    )
    header = [head, "#ifndef LARUN_EXAMPLE_H", "#define LARUN_EXAMPLE_H", "", '#include "network.h"', ""]
    header += ["extern const larun_inputs larun_example;", "", "#endif", ""]
    body = f'{head}\n#include "example.h"\n\nconst larun_inputs larun_example = {{\n{arrays}}};\n'
    return {"example.h": "\n".join(header), "example.c": body}
