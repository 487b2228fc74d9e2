"""Simulated, stitched and detrended curves for the search tests: noise, dips, waves and glitches of known truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from science.lightcurve import DetrendedCurve, Segment, StitchedCurve

START = 2458354.1
CADENCE = 10.0 / 1440.0

Array = np.ndarray
Effect = Callable[[Array], Array]


def dips(period: float, epoch: float, duration: float, depth: float, every: int = 1) -> Effect:
    """Trapezoids with a fifth of the duration in each slope; only every n-th where asked."""

    def effect(time: Array) -> Array:
        number = np.floor((time - epoch) / period + 0.5)
        phase = np.abs(time - epoch - number * period)
        shape = np.clip((duration / 2 - phase) / (0.2 * duration), 0, 1)
        return np.where(number % every == 0, -depth * shape, 0.0)

    return effect


def wave(period: float, amplitude: float, phase: float = 0.3) -> Effect:
    """A sine wave."""
    return lambda time: amplitude * np.sin(2 * np.pi * ((time - START) / period + phase))


def curve(
    *effects: Effect,
    noise: float = 3e-4,
    span: float = 27.0,
    seed: int = 1,
    gap: tuple[float, float] = (13.0, 14.2),
    raw_effects: tuple[Effect, ...] = (),
    unused: tuple[float, ...] = (),
    variability: tuple[float, float] | None = None,
) -> DetrendedCurve:
    """One sector of 10-min data with a gap, `effects` in both curves and `raw_effects` only before detrending."""
    rng = np.random.default_rng(seed)
    time = START + np.arange(0, span, CADENCE)
    keep = (time < START + gap[0]) | (time > START + gap[1])
    time = time[keep]
    flux = 1.0 + noise * rng.normal(size=time.size)
    for effect in effects:
        flux = flux + effect(time)
    raw = flux.copy()
    for effect in raw_effects:
        raw = raw + effect(time)
    use = np.ones(time.size, dtype=np.bool_)
    for moment in unused:
        flare = (time > moment) & (time < moment + 0.06)
        use[flare] = False
        flux[flare] += 0.02
    cut = int(np.searchsorted(time, START + gap[0] + 0.1))
    segments = tuple(
        Segment(start, stop, "S1", CADENCE, CADENCE, noise)
        for start, stop in ((0, cut), (cut, time.size))
        if stop > start
    )
    zeros = np.zeros(time.size, dtype=np.int32)
    stitched = StitchedCurve(
        target="simulated",
        time_bjd=time,
        flux=raw,
        flux_err=np.full(time.size, noise),
        quality=zeros,
        sector=zeros,
        filled=np.zeros(time.size, dtype=np.bool_),
        labels=("S1",),
        segments=segments,
    )
    return DetrendedCurve(
        curve=stitched,
        flux=flux,
        trend=raw / flux,
        use=use,
        window_days=0.9,
        method="simulated",
        variability_period_days=None if variability is None else variability[0],
        variability_amplitude=0.0 if variability is None else variability[1],
    )
