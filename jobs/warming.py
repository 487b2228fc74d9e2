"""Warm a worker by doing its work once: a small made-up star goes through the whole pipeline, in memory.

That imports what a run imports and compiles (or loads from numba's cache) every kernel with the argument types of real
runs, whatever the stages may call one day; listing the kernels here would be forgotten with the next one.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

DAYS = 12.0
CADENCE_DAYS = 1.0 / 48.0
PERIOD_DAYS = 2.5
DURATION_DAYS = 0.12
DEPTH = 0.01
NOISE = 0.0005


def warm_up() -> None:
    """Analyse the made-up star. Raises whatever the pipeline raises; nothing is stored or fetched."""
    from data.requests import DataChoice, RunRequest, SearchChoice
    from jobs.context import MemoryContext
    from jobs.pipeline import analyse

    with tempfile.TemporaryDirectory(prefix="larun-warm-") as folder:
        file = Path(folder) / "made-up.csv"
        file.write_text(_table())
        request = RunRequest(
            data=DataChoice(kind="files", target="made-up", paths=(str(file),)),
            search=SearchChoice(preset="standard", period_min_days=1.0, period_max_days=4.0),
        )
        analyse(request, MemoryContext())


def _table() -> str:
    """A CSV as a person would write it: a dip of 1 % every 2.5 days, noise from a fixed seed."""
    time_bjd = 2458000.0 + np.arange(0.0, DAYS, CADENCE_DAYS)
    phase = (time_bjd - 2458001.0 + PERIOD_DAYS / 2) % PERIOD_DAYS - PERIOD_DAYS / 2
    flux = 1.0 - DEPTH * (np.abs(phase) < DURATION_DAYS / 2)
    flux += np.random.default_rng(1).normal(0.0, NOISE, flux.size)
    rows = (f"{t:.6f},{f:.7f},{NOISE}" for t, f in zip(time_bjd, flux, strict=True))
    return "time_bjd,flux,flux_err\n" + "\n".join(rows) + "\n"
