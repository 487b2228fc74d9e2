"""The light that transits are timed on: points in order, and the transits of other planets taken out of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from science.fitting import orbit
from science.fitting.transit import transit_flux
from science.lightcurve import BoolArray, DetrendedCurve, FloatArray

#: Another planet's transit that is not timed is masked this many durations wide: it may be late.
MASK_WIDTH = 1.3


@dataclass(frozen=True, slots=True)
class TransitShape:
    """The most probable transit of a planet: what is held while single transits are timed.

    `scaled_axis` is a/R★; `dilution` the share of the light that is not the star's and still in the curve.
    """

    period_days: float
    epoch_bjd: float
    radius_ratio: float
    scaled_axis: float
    impact_parameter: float
    u1: float
    u2: float
    eccentricity: float = 0.0
    omega_rad: float = 0.5 * math.pi
    dilution: float = 0.0

    @property
    def row(self) -> FloatArray:
        """In the order of science.fitting.transit.PLANET_COLUMNS, shape (7,)."""
        return np.array(
            [
                self.period_days,
                self.epoch_bjd,
                self.radius_ratio,
                self.scaled_axis,
                self.impact_parameter,
                self.eccentricity,
                self.omega_rad,
            ]
        )

    @property
    def duration_days(self) -> float:
        """First to fourth contact; 0 where the planet passes beside the star."""
        values = (np.array([v]) for v in self._path)
        total = float(orbit.duration_of(*values)[0][0])
        return total if math.isfinite(total) else 0.0

    @property
    def _path(self) -> tuple[float, ...]:
        return (
            self.period_days,
            self.scaled_axis,
            self.radius_ratio,
            self.impact_parameter,
            self.eccentricity,
            self.omega_rad,
        )


@dataclass(frozen=True, slots=True)
class Companion:
    """Another planet of the star, and the times (BJD) of its transits that are known, by number."""

    shape: TransitShape
    times_bjd: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Light:
    """Usable points of a curve, sorted by time, shape (n,): BJD, flux around 1, its error, exposure, cadence (days)."""

    time: FloatArray
    flux: FloatArray
    err: FloatArray
    exposure: FloatArray
    cadence: FloatArray

    def coverage(self, centre: float, duration: float) -> float:
        """Share of a transit's length that has data, 0 to 1."""
        first, last = np.searchsorted(self.time, (centre - 0.5 * duration, centre + 0.5 * duration))
        if last <= first:
            return 0.0
        # A transit shorter than a few exposures holds one more or one less of them by chance.
        return float(min(1.0, self.cadence[first:last].sum() / duration))

    def only(self, rows: BoolArray) -> Light:
        """The points of `rows`."""
        return Light(self.time[rows], self.flux[rows], self.err[rows], self.exposure[rows], self.cadence[rows])


def light_of(curve: DetrendedCurve) -> Light:
    """The points of a detrended curve that may be evidence, with the exposure and cadence of their segments."""
    stitched = curve.curve
    exposure, cadence = np.zeros(curve.flux.size), np.zeros(curve.flux.size)
    for segment in stitched.segments:
        exposure[segment.start : segment.stop] = segment.exposure_days
        cadence[segment.start : segment.stop] = segment.cadence_days
    err = stitched.flux_err
    rows = curve.use & np.isfinite(curve.flux) & np.isfinite(err) & (err > 0)
    return Light(stitched.time_bjd, curve.flux, err, exposure, cadence).only(rows)


def without_companions(light: Light, others: Sequence[Companion]) -> Light:
    """The light with other planets' transits divided out where their times are known, and left out where not."""
    flux = light.flux.copy()
    free = np.ones(light.time.size, dtype=np.bool_)
    for other in others:
        shape = other.shape
        number = np.round((light.time - shape.epoch_bjd) / shape.period_days).astype(np.int64)
        half = 0.5 * MASK_WIDTH * shape.duration_days
        expected = shape.epoch_bjd + number * shape.period_days
        late = np.zeros(light.time.size)
        known = np.zeros(light.time.size, dtype=np.bool_)
        for epoch, time in other.times_bjd.items():
            rows = number == epoch
            late[rows] = time - expected[rows]
            known |= rows
        free &= known | (np.abs(light.time - expected) > half)
        near = known & (np.abs(light.time - expected - late) < half)
        if near.any():
            shifted = light.time[near] - late[near]
            seen = transit_flux(shifted, light.exposure[near], shape.row[None, :], shape.u1, shape.u2)
            flux[near] /= 1.0 - (1.0 - shape.dilution) * (1.0 - seen)
    return Light(light.time, flux, light.err, light.exposure, light.cadence).only(free)
