"""In which sectors TESS looked at a place, by the pointing table of tess-point: no network is needed."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_UNIX_EPOCH_JD = 2440587.5


@dataclass(frozen=True, slots=True)
class ObservedSector:
    """A sector in which a place fell on a detector.

    `column` and `row` are pixels of the calibrated full-frame image as SPOC counts them (from 1, 44 collateral columns
    in front); good to about a pixel. `middle_jd`: middle of the sector, Julian date, to a day.
    """

    sector: int
    camera: int
    ccd: int
    column: float
    row: float
    middle_jd: float

    @property
    def epoch_year(self) -> float:
        """Middle of the sector as a Julian year, for places at the epoch of observation."""
        return 2000.0 + (self.middle_jd - 2451545.0) / 365.25


def sectors_observed(ra_deg: float, dec_deg: float, *, until_jd: float | None = None) -> tuple[ObservedSector, ...]:
    """The sectors whose pointing had a place on silicon, up to a Julian date (None: now), in order.

    tess-point's table also holds the sectors planned for the years to come; those are told where `until_jd` lets them.
    A place near the edge of a detector can be listed although no light curve was made of it. Raises ValueError for a
    place that is none.
    """
    if not (math.isfinite(ra_deg) and math.isfinite(dec_deg) and abs(dec_deg) <= 90):
        raise ValueError(f"ra_deg and dec_deg must be a place on the sky, not {ra_deg}, {dec_deg}.")
    if until_jd is None:
        until_jd = _UNIX_EPOCH_JD + time.time() / 86400.0
    from tess_stars2px import tess_stars2px_function_entry  # type: ignore[import-untyped]

    pointings = _pointings()
    _, _, _, sectors, cameras, ccds, columns, rows, _ = tess_stars2px_function_entry(
        0, ra_deg % 360.0, dec_deg, scInfo=pointings
    )
    middles = {int(number): float(jd) for number, jd in zip(pointings.sectors, pointings.midtimes, strict=True)}
    found = [
        ObservedSector(int(sector), int(camera), int(ccd), float(column), float(row), middles[int(sector)])
        for sector, camera, ccd, column, row in zip(sectors, cameras, ccds, columns, rows, strict=True)
        if int(sector) > 0  # -1 stands for nowhere
    ]
    return tuple(sorted((s for s in found if s.middle_jd <= until_jd), key=lambda s: s.sector))


def sectors_in_words(sectors: Iterable[int]) -> str:
    """Numbers of sectors as "TESS looked here in 6 sectors: 1, 4, 8, 11–13." """
    numbers = sorted(set(sectors))
    if not numbers:
        return "TESS has not looked here yet."
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = ", ".join(
        f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(str(number) for number in run) for run in runs
    )
    return f"TESS looked here in {len(numbers)} {'sector' if len(numbers) == 1 else 'sectors'}: {words}."


@lru_cache(maxsize=1)
def _pointings() -> Any:
    """tess-point's table of pointings, read once a process."""
    from tess_stars2px import TESS_Spacecraft_Pointing_Data

    return TESS_Spacecraft_Pointing_Data()
