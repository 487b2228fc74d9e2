"""What the rounds of a search pass to each other: the rows searched and the candidate each round brings."""

from __future__ import annotations

from dataclasses import dataclass

from science.lightcurve import FloatArray
from science.search.results import DipMeasurement, SearchSettings, needed_snr
from science.search.screening import Screening


@dataclass(frozen=True, slots=True)
class SearchedCurve:
    """Usable rows of the detrended curve, shape (n,)."""

    time: FloatArray
    flux: FloatArray
    err: FloatArray
    raw: FloatArray
    exposure: FloatArray


@dataclass(frozen=True, slots=True)
class Candidate:
    """The highest peak of one round, refitted and judged."""

    measurement: DipMeasurement
    screening: Screening
    sde: float

    def is_strong(self, settings: SearchSettings) -> bool:
        """True where SDE and signal to noise both reach what was asked for."""
        asked = needed_snr(self.measurement.n_transits, settings.snr_threshold)
        return self.sde >= settings.sde_threshold and self.measurement.snr >= asked
