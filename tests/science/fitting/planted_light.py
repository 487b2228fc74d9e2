"""Made-up light of one or several planets with known parameters, for the tests of the fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.fitting.orbit import scaled_axis_of_duration
from science.fitting.results import Guess
from science.fitting.transit import transit_flux
from science.lightcurve import DetrendedCurve, FloatArray, Segment, StitchedCurve
from science.stars import Star, Value

START_BJD = 2459000.25
LIMB = (0.386, 0.206)
SUN_LIKE = Star(
    teff_k=Value(5500.0, 100.0, "test"),
    logg_cgs=Value(4.5, 0.1, "test"),
    radius_sun=Value(0.95, 0.03, "test"),
    mass_sun=Value(0.95, 0.05, "test"),
    density_gcc=Value(1.56, 0.17, "test"),
)


@dataclass(frozen=True, slots=True)
class Planted:
    """A transiting planet; times and durations in days."""

    period: float = 4.1
    epoch: float = START_BJD + 1.7
    ratio: float = 0.06
    duration: float = 0.13
    impact: float = 0.4

    @property
    def row(self) -> FloatArray:
        """The planet as the transit model takes it, circular."""
        axis = float(scaled_axis_of_duration(self.period, self.duration, self.ratio, self.impact))
        return np.array([self.period, self.epoch, self.ratio, axis, self.impact, 0.0, 0.5 * np.pi])

    @property
    def guess(self) -> Guess:
        """What a search would know: a little wrong in everything."""
        return Guess(self.period + 2e-4, self.epoch + 0.004, 1.1 * self.duration, 0.95 * self.ratio, 0.3)


def light(
    planets: Sequence[Planted],
    *,
    days: float = 27.0,
    noise: float = 5e-4,
    cadence_minutes: float = 10.0,
    seed: int = 1,
    sectors: int = 1,
    waves: float = 0.0,
) -> DetrendedCurve:
    """White noise (plus slow `waves` of that amplitude, 5 hours long) and transits; each sector has one pause."""
    cadence = cadence_minutes / 1440.0
    time, sector, segments = [], [], []
    start = 0
    for number in range(sectors):
        for low, high in ((0.0, 0.48), (0.52, 0.98)):
            part = START_BJD + days * (number + np.arange(low, high, cadence / days))
            time.append(part)
            sector.append(np.full(part.size, number, dtype=np.int32))
            segments.append(Segment(start, start + part.size, f"S{number + 1}", cadence, cadence, noise))
            start += part.size
    t = np.concatenate(time)
    rng = np.random.default_rng(seed)
    flux = transit_flux(t, np.full(t.size, cadence), np.array([p.row for p in planets]), *LIMB)
    flux = flux + rng.normal(0.0, noise, t.size)
    for _ in range(5):
        flux += waves * np.sin(2.0 * np.pi * t / rng.uniform(0.15, 0.3) + rng.uniform(0.0, 6.3))
    stitched = StitchedCurve(
        target="TIC 1",
        time_bjd=t,
        flux=flux,
        flux_err=np.full(t.size, noise),
        quality=np.zeros(t.size, dtype=np.int32),
        sector=np.concatenate(sector),
        filled=np.zeros(t.size, dtype=np.bool_),
        labels=tuple(f"S{n + 1}" for n in range(sectors)),
        segments=tuple(segments),
    )
    return DetrendedCurve(stitched, flux, np.ones(t.size), np.isfinite(flux), 1.0, "none")
