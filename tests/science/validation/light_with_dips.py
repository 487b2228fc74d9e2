"""Light of weeks with dips in it, for what folds and what else could have made them."""

from __future__ import annotations

import numpy as np

from science.fitting.timing_windows import Light

PERIOD, EPOCH, DURATION = 3.70317, 1.30411, 0.12007


def light(
    depth: float = 0.002, noise: float = 3e-4, days: float = 27.0, seed: int = 1, red: float = 0.0, level: float = 1.0,
    shift_days: float = 0.0,
) -> Light:  # fmt: skip
    """Ten-minute points with boxes of `depth`; `red` is the size of a slow random walk back to zero."""
    rng = np.random.default_rng(seed)
    time = np.arange(0.0, days, 10 / 1440)
    away = np.abs((time - EPOCH + 0.5 * PERIOD) % PERIOD - 0.5 * PERIOD)
    flux = 1.0 - depth * (away < 0.5 * DURATION) + noise * rng.standard_normal(time.size)
    slow = 0.0
    for i, kick in enumerate(rng.standard_normal(time.size)):
        slow = 0.97 * slow + red * np.sqrt(1 - 0.97**2) * kick
        flux[i] += slow
    step = np.full(time.size, 10 / 1440)
    return Light(time + shift_days, level * flux, np.full(time.size, level * noise), step, step)
