"""Toy signals of three shapes, for trainings of seconds: a flat-bottomed dip, a V with a second dip, waves."""

from __future__ import annotations

import numpy as np

from serving.classes import CLASSES, JUNK, PLANET
from serving.signals import SCALARS, Signals

SHAPES = {"global": (1, 201, 2), "local": (1, 61, 2), "secondary": (1, 61, 2), "scalars": (4,)}


def toy_signals(count: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Inputs by name, and labels: planet, eb, or JUNK / variable / artifact for the waves."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, count)
    inputs = {}
    for name in ("global", "local", "secondary"):
        bins = SHAPES[name][1]
        x = np.linspace(-1, 1, bins)
        half = 0.35 if name == "local" else 0.06
        dip = np.clip(1 - (np.abs(x) / half) ** 8, 0, 1)
        vee = np.clip(1 - np.abs(x) / (1.6 * half), 0, 1)
        wave = 0.5 - 0.5 * np.cos(2 * np.pi * x * rng.uniform(0.8, 1.2, (count, 1)))
        view = np.where(kind[:, None] == 0, -dip, np.where(kind[:, None] == 1, -vee, -wave))
        if name == "global":
            view = view - np.where(kind[:, None] == 1, 0.5 * np.clip(1 - np.abs(np.abs(x) - 1) / 0.1, 0, 1), 0)
        if name == "secondary":
            view = np.where(kind[:, None] == 1, -0.5 * vee, 0.0)
        view = view + rng.normal(0, 0.15, view.shape)
        inputs[name] = np.stack([view, np.broadcast_to(np.abs(x), view.shape)], axis=-1)[:, None].astype(np.float32)
    inputs["scalars"] = rng.normal(0, 1, (count, SHAPES["scalars"][0])).astype(np.float32)
    waves = rng.choice([JUNK, CLASSES.index("variable"), CLASSES.index("artifact")], count)
    labels = np.where(kind == 0, CLASSES.index("planet"), np.where(kind == 1, CLASSES.index("eb"), waves))
    return inputs, labels.astype(np.int8)


def toy_table(n: int = 60, seed: int = 0) -> Signals:
    """A table of `toy_signals`, n/2 stars of two rows each. Every seventh row is of Yu's test split."""
    rng = np.random.default_rng(seed)
    inputs, label = toy_signals(n, seed)
    star = np.repeat(np.arange(n // 2), 2) + 1000
    no = np.zeros(n, dtype=bool)
    return Signals(
        star=star, period_days=rng.uniform(1, 9, n), snr=np.full(n, 20.0),
        global_view=inputs["global"][:, 0, :, 0],
        local_view=inputs["local"][:, 0, :, 0],
        secondary_view=inputs["secondary"][:, 0, :, 0], scalars=np.zeros((n, len(SCALARS)), np.float32),
        label=label, source=np.full(n, "yu2019"), weight=np.ones(n, np.float32), toi_matched=label == PLANET,
        tfop_false_positive=no, yu_split=np.where(np.arange(n) % 7 == 0, "test", "train"),
        group=star.copy(), all_pc=label == PLANET, certain=~no, rule=np.full(n, "toy"),
    )  # fmt: skip
