"""What the tests of the light curve look at: the points of one star, and one signal in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.folding import cycle_numbers, phase_days
from science.lightcurve import DetrendedCurve, FloatArray, IntArray
from science.quality import MOMENTUM_DUMP
from science.search.refit import in_transit
from science.search.results import DipMeasurement
from science.stars import Star

#: (period, epoch BJD, duration), days.
Ephemeris = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The light that the search used (detrended, and as measured before), with one signal in it.

    Arrays have shape (n,), sorted by time, finite. `raw` is the stitched flux before detrending. `segment` numbers
    the stretches without a gap, `sector` the sectors. Points in transits of other signals are left out.
    """

    time_bjd: FloatArray
    flux: FloatArray
    flux_err: FloatArray
    raw: FloatArray
    exposure_days: FloatArray
    segment: IntArray
    sector: IntArray
    dip: DipMeasurement
    star: Star
    fap: float = 0.0  # false-alarm probability of the search
    sde: float = float("nan")
    spacecraft_bjd: FloatArray | None = None  # momentum dumps, shape (k,); None where the files flag nothing at all

    @property
    def phase_days(self) -> FloatArray:
        """Days from the nearest mid-transit, shape (n,)."""
        return phase_days(self.time_bjd, self.dip.period_days, self.dip.epoch_bjd)

    @property
    def cycle(self) -> IntArray:
        """Number of the nearest transit, shape (n,)."""
        return cycle_numbers(self.time_bjd, self.dip.period_days, self.dip.epoch_bjd)

    @property
    def cadence_days(self) -> float:
        """Median exposure, days."""
        return float(np.median(self.exposure_days))


def evidence(
    curve: DetrendedCurve,
    dip: DipMeasurement,
    star: Star,
    others: Sequence[Ephemeris] = (),
    fap: float = 0.0,
    sde: float = float("nan"),
) -> Evidence:
    """Gather the evidence for one signal; transits of `others` are left out, also where they meet its own.

    Another signal that would take more than half of the light in its own dips (a multiple, a resonance) keeps out of
    these: there the two cannot be told apart.

    Raises ValueError where fewer than ten usable points are left.
    """
    c = curve.curve
    use = curve.use & np.isfinite(curve.flux) & np.isfinite(c.flux) & np.isfinite(c.flux_err) & (c.flux_err > 0)
    mine = in_transit(c.time_bjd, dip.period_days, dip.epoch_bjd, dip.duration_days)
    for period, epoch, duration in others:
        theirs = in_transit(c.time_bjd, period, epoch, duration, widths=1.2)
        if np.count_nonzero(use & mine & theirs) > 0.5 * np.count_nonzero(use & mine):
            theirs &= ~mine
        use &= ~theirs
    if np.count_nonzero(use) < 10:
        raise ValueError("Fewer than ten usable points are left beside the transits of the other signals.")
    exposure, segment = np.zeros(len(use)), np.zeros(len(use), dtype=np.int32)
    for number, part in enumerate(c.segments):
        exposure[part.start : part.stop] = part.exposure_days
        segment[part.start : part.stop] = number
    return Evidence(
        time_bjd=c.time_bjd[use],
        flux=curve.flux[use],
        flux_err=c.flux_err[use],
        raw=c.flux[use],
        exposure_days=exposure[use],
        segment=segment[use],
        sector=c.sector[use].astype(np.int32),
        dip=dip,
        star=star,
        fap=fap,
        sde=sde,
        spacecraft_bjd=_momentum_dumps(curve),
    )


def _momentum_dumps(curve: DetrendedCurve) -> FloatArray | None:
    """Middle of each run of flagged rows; None where no row has any flag, so that nothing is known."""
    c = curve.curve
    if not np.any(c.quality):
        return None
    times = c.time_bjd[(c.quality & MOMENTUM_DUMP) != 0]
    if times.size == 0:
        return np.empty(0)
    groups = np.split(times, np.flatnonzero(np.diff(times) > 0.1) + 1)
    return np.array([float(np.mean(group)) for group in groups])
