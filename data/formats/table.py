"""What every kind of file is turned into before its columns get a meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from science.lightcurve import Mission
from science.stars import Star

FloatColumn = NDArray[np.float64]


@dataclass(frozen=True)
class Meaning:
    """Which columns a known product keeps its light curve in; None where the columns are still to be guessed."""

    time: str
    flux: str
    flux_err: str | None
    quality: str | None
    flux_unit: str | None = None  # a name of ColumnChoice.flux_unit, where the pipeline fixes it
    #: Added to the flux before use: some products write the deviation from one.
    flux_plus: float = 0.0
    constant_err: float | None = None  # where the header has one error for all points
    bad_where_set: str | None = None  # a further column that is nonzero where the pipeline distrusts the point


@dataclass(frozen=True)
class Table:
    """Columns of numbers with names, and everything the file says about them and about the star.

    `load(name)` gives one column as float64, shape (n_rows,), NaN where there is no number. `units` maps column
    names to the unit written in the file; `remarks` are comment lines; the rest is what the header states.
    """

    format: str  # in words for the user
    names: tuple[str, ...]
    n_rows: int
    load: Callable[[str], FloatColumn]
    units: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    named: bool = True  # False where the file gives no names and columns are called "column 1" …
    meaning: Meaning | None = None
    star: Star = field(default_factory=Star)
    ids: tuple[str, ...] = ()  # "TIC 261136679", "Gaia DR3 …": every identifier in the file
    mission: Mission | None = None
    pipeline: str = ""
    number: int | None = None
    camera: int | None = None
    ccd: int | None = None
    crowding: float | None = None
    exposure_days: float | None = None
    time_zero_bjd: float | None = None  # BJDREFI + BJDREFF of a FITS header
    time_shift_seconds: float = 0.0  # known error of the time stamps, to be added
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
