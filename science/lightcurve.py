"""What a light curve is, from the moment it is read until it is searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]

Mission = Literal["TESS", "Kepler", "K2", "other"]

#: Zero points of the truncated dates that the missions write into their files, in days of BJD_TDB.
BTJD_OFFSET_DAYS = 2457000.0
BKJD_OFFSET_DAYS = 2454833.0


@dataclass(frozen=True, slots=True)
class LightCurve:
    """One sector, quarter or campaign of one star as one pipeline measured it.

    Arrays all have shape (n,) and are sorted by time. Rows without a time are gone; flux may be NaN.
    `flux` is linear and positive-going (a reader has turned magnitudes, ppm and ppt into it) in whatever
    scale the file had; `stitch` makes it relative. `usable` says which rows the chosen quality mask keeps;
    `quality` keeps every bit of the file.
    """

    target: str
    label: str  # "S16", "Q3", "C5", or a file name
    time_bjd: FloatArray  # BJD_TDB, mid-exposure
    flux: FloatArray
    flux_err: FloatArray  # same unit as flux; NaN where the file gives none
    quality: IntArray  # bit field of the pipeline; zeros where the file has none
    usable: BoolArray  # quality mask applied and flux finite
    cadence_days: float  # median step
    exposure_days: float  # effective exposure, for supersampling; equals cadence where unknown
    mission: Mission = "other"
    number: int | None = None  # sector, quarter or campaign
    pipeline: str = ""  # "SPOC", "QLP", "TASOC" …
    flux_column: str = ""  # the file's own name of the column, "PDCSAP_FLUX" …
    camera: int | None = None
    ccd: int | None = None
    crowding: float | None = None  # CROWDSAP: share of the aperture's light that is the target's
    source: str = ""  # file name or archive product
    sha256: str = ""  # of the file's bytes
    notes: tuple[str, ...] = ()  # what the reader decided, in sentences for the user


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a stitched curve without a gap: one orbit or less, one cadence. `start:stop` index rows."""

    start: int
    stop: int
    label: str  # the sector's label
    cadence_days: float
    exposure_days: float
    noise: float  # robust point-to-point scatter, relative flux


@dataclass(frozen=True, slots=True)
class StitchedCurve:
    """All sectors of one star on one relative scale (median 1 per segment), sorted by time.

    `flux_err` is the segment's measured scatter (so mixed cadences get correct weights), `sector` indexes
    `labels`, `filled` marks rows that gap filling made (never used as evidence), `usable` marks the rows that the
    quality mask keeps (the others stay in, so that a chart can show them).
    """

    target: str
    time_bjd: FloatArray
    flux: FloatArray
    flux_err: FloatArray
    quality: IntArray
    sector: IntArray
    filled: BoolArray
    labels: tuple[str, ...]
    segments: tuple[Segment, ...]
    notes: tuple[str, ...] = ()
    usable: BoolArray | None = None  # None: every row with a finite flux


@dataclass(frozen=True, slots=True)
class DetrendedCurve:
    """A stitched curve with slow drifts divided out. `trend` and `flux` have shape (n,); flux = raw / trend.

    `use` marks the rows that the search may use (finite, not filled, not a flare or outlier, not hidden by the user).
    """

    curve: StitchedCurve
    flux: FloatArray
    trend: FloatArray
    use: BoolArray
    window_days: float
    method: str
    variability_period_days: float | None = None  # strongest stellar or systematic rhythm removed, if any
    variability_amplitude: float = 0.0  # its semi-amplitude, relative flux
    notes: tuple[str, ...] = field(default=())
