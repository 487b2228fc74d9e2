"""Warm a worker by doing its work once: a small made-up star goes through the pipeline and a short fit, in memory.

That imports what a run imports and compiles (or loads from numba's cache) every kernel with the argument types of real
runs, whatever the stages may call one day; listing the kernels here would be forgotten with the next one.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from data.report import Report
    from jobs.context import MemoryContext

DAYS = 12.0
CADENCE_DAYS = 1.0 / 48.0
PERIOD_DAYS = 2.5
DURATION_DAYS = 0.12
DEPTH = 0.01
NOISE = 0.0005
FIT_STEPS = 20


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
        context = MemoryContext()
        _fit(analyse(request, context), context)


def _fit(report: Report, context: MemoryContext) -> None:
    """A few steps of a fit of the dip, and the times of its transits: the kernels of a job of kind "fit"."""
    import time

    from data.report_star import star_of
    from data.requests import FitChoice
    from jobs import cleaning, fitting
    from science.fitting.fit import fit_transits

    curve = cleaning.restore(context)
    if curve is None or not report.signals:
        return
    group, star = fitting.Group(report.signals[:1], ()), star_of(report)
    settings = replace(fitting.settings_of(FitChoice(), 1), max_steps=FIT_STEPS, block_steps=FIT_STEPS)
    fit = fit_transits(curve, star, (fitting.guess_of(report.signals[0]),), settings, clock=time.monotonic)
    fitting.times_of(curve, star, group, fit)


def _table() -> str:
    """A CSV as a person would write it: a dip of 1 % every 2.5 days, noise from a fixed seed."""
    time_bjd = 2458000.0 + np.arange(0.0, DAYS, CADENCE_DAYS)
    phase = (time_bjd - 2458001.0 + PERIOD_DAYS / 2) % PERIOD_DAYS - PERIOD_DAYS / 2
    flux = 1.0 - DEPTH * (np.abs(phase) < DURATION_DAYS / 2)
    flux += np.random.default_rng(1).normal(0.0, NOISE, flux.size)
    rows = (f"{t:.6f},{f:.7f},{NOISE}" for t, f in zip(time_bjd, flux, strict=True))
    return "time_bjd,flux,flux_err\n" + "\n".join(rows) + "\n"
