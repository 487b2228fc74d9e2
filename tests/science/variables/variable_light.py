"""Made-up variable stars for the tests: one sector of times, and a star of each kind on it."""

from __future__ import annotations

import numpy as np

from science.lightcurve import Segment, StitchedCurve


def sector(cadence_minutes: float = 10.0, days: float = 26.0, start: float = 2459000.0) -> np.ndarray:
    """Times of one TESS sector with the pause in the middle."""
    time = np.arange(0.0, days, cadence_minutes / 1440.0)
    middle = 0.5 * days
    return start + time[(time < middle - 0.7) | (time > middle + 0.7)]


def segments(time: np.ndarray) -> np.ndarray:
    """Segment numbers: a new one after each gap of half a day."""
    return np.concatenate(([0], np.cumsum(np.diff(time) > 0.5))).astype(np.int32)


def noise(time: np.ndarray, sigma: float = 3e-4, seed: int = 3) -> np.ndarray:
    """White noise about 1."""
    return 1.0 + np.random.default_rng(seed).normal(0.0, sigma, time.size)


def wave(time: np.ndarray, period: float, amplitude: float, seed: int = 3) -> np.ndarray:
    """A sine of a semi-amplitude on noise."""
    return noise(time, seed=seed) + amplitude * np.sin(2 * np.pi * (time - time[0]) / period)


def eclipses(time: np.ndarray, period: float, depth: float, second: float, width: float = 0.06) -> np.ndarray:
    """Two triangular eclipses a cycle, the second of another depth."""
    flux = noise(time)
    phase = ((time - time[0]) / period) % 1.0
    for place, deep in ((0.25, depth), (0.75, second)):
        flux -= deep * np.clip(1.0 - np.abs(phase - place) / (0.5 * width), 0.0, 1.0)
    return flux


def flares(time: np.ndarray, peaks: tuple[float, ...], amplitude: float, decay_days: float = 0.02) -> np.ndarray:
    """Sudden rises with an exponential decay at `peaks` days after the start."""
    flux = noise(time)
    for peak in peaks:
        after = time - time[0] - peak
        flux += np.where(after >= 0, amplitude * np.exp(-np.clip(after, 0, None) / decay_days), 0.0)
    return flux


def stitched(time: np.ndarray, flux: np.ndarray) -> StitchedCurve:
    """The light as stitching hands it on."""
    number = segments(time)
    cadence = float(np.median(np.diff(time)))
    parts = []
    for value in np.unique(number):
        rows = np.flatnonzero(number == value)
        parts.append(Segment(int(rows[0]), int(rows[-1]) + 1, "S1", cadence, cadence, 3e-4))
    return StitchedCurve(
        target="made up",
        time_bjd=time,
        flux=flux,
        flux_err=np.full(time.size, 3e-4),
        quality=np.zeros(time.size, dtype=np.int32),
        sector=np.zeros(time.size, dtype=np.int32),
        filled=np.zeros(time.size, dtype=np.bool_),
        labels=("S1",),
        segments=tuple(parts),
    )
