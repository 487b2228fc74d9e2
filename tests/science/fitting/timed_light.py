"""Made-up light with transits at chosen times, for the tests of transit times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from science.fitting.timing_windows import TransitShape
from science.fitting.transit import transit_flux
from science.lightcurve import DetrendedCurve, FloatArray, Segment, StitchedCurve

START_BJD = 2458325.0


def detrended(time: FloatArray, flux: FloatArray, noise: float, cadence_days: float) -> DetrendedCurve:
    """One segment, nothing left out."""
    n = time.size
    stitched = StitchedCurve(
        target="TIC 1",
        time_bjd=time,
        flux=flux,
        flux_err=np.full(n, noise),
        quality=np.zeros(n, dtype=np.int32),
        sector=np.zeros(n, dtype=np.int32),
        filled=np.zeros(n, dtype=np.bool_),
        labels=("S1",),
        segments=(Segment(0, n, "S1", cadence_days, cadence_days, noise),),
    )
    return DetrendedCurve(stitched, flux, np.ones(n), np.isfinite(flux), 1.0, "none")


def with_transits(
    shapes: Sequence[TransitShape],
    late_minutes: Sequence[FloatArray],
    *,
    days: float,
    noise: float,
    cadence_minutes: float = 10.0,
    seed: int = 1,
) -> DetrendedCurve:
    """White noise and the transits of each shape, transit i late by `late_minutes[planet][i]` (0 beyond its end)."""
    cadence = cadence_minutes / 1440
    time = START_BJD + np.arange(0.0, days, cadence)
    exposure = np.full(time.size, cadence)
    flux = np.ones(time.size)
    for shape, late in zip(shapes, late_minutes, strict=True):
        number = np.round((time - shape.epoch_bjd) / shape.period_days).astype(int)
        shift = np.zeros(time.size)
        inside = (number >= 0) & (number < len(late))
        shift[inside] = np.asarray(late)[number[inside]] / 1440
        flux *= transit_flux(time - shift, exposure, shape.row[None, :], shape.u1, shape.u2)
    flux += np.random.default_rng(seed).normal(0.0, noise, time.size)
    return detrended(time, flux, noise, cadence)
