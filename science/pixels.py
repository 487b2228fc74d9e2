"""A movie of pixels around a star, and where the sky lies on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from science.lightcurve import BoolArray, FloatArray, IntArray, Mission

#: Edge of a pixel in arcsec: TESS (Ricker et al. 2015), Kepler and K2 (Kepler Instrument Handbook).
PIXEL_ARCSEC: dict[str, float] = {"TESS": 21.0, "Kepler": 3.98, "K2": 3.98, "other": 21.0}


@dataclass(frozen=True, slots=True)
class SkyGrid:
    """Linear tangent-plane mapping between sky and pixels of one movie (FITS WCS paper II: CD matrix, TAN).

    `crpix` (column, row) counts from 0 at the centre of the lower left pixel of the cut-out; `cd` has shape (2, 2) in
    degrees per pixel; `ra_deg`, `dec_deg` belong to `crpix`.
    """

    ra_deg: float
    dec_deg: float
    crpix: tuple[float, float]
    cd: tuple[tuple[float, float], tuple[float, float]]

    def to_pixel(self, ra_deg: FloatArray | float, dec_deg: FloatArray | float) -> tuple[FloatArray, FloatArray]:
        """(column, row) of sky positions, 0 at the centre of the lower left pixel."""
        ra0, dec0 = np.radians(self.ra_deg), np.radians(self.dec_deg)
        ra, dec = np.radians(np.asarray(ra_deg, dtype=np.float64)), np.radians(np.asarray(dec_deg, dtype=np.float64))
        scale = np.sin(dec0) * np.sin(dec) + np.cos(dec0) * np.cos(dec) * np.cos(ra - ra0)
        xi = np.degrees(np.cos(dec) * np.sin(ra - ra0) / scale)
        eta = np.degrees((np.cos(dec0) * np.sin(dec) - np.sin(dec0) * np.cos(dec) * np.cos(ra - ra0)) / scale)
        inverse = np.linalg.inv(np.array(self.cd))
        column = inverse[0, 0] * xi + inverse[0, 1] * eta + self.crpix[0]
        row = inverse[1, 0] * xi + inverse[1, 1] * eta + self.crpix[1]
        return np.asarray(column), np.asarray(row)

    def to_sky(self, column: FloatArray | float, row: FloatArray | float) -> tuple[FloatArray, FloatArray]:
        """(ra, dec) in degrees of pixel positions."""
        dx = np.asarray(column, dtype=np.float64) - self.crpix[0]
        dy = np.asarray(row, dtype=np.float64) - self.crpix[1]
        cd = np.array(self.cd)
        xi, eta = np.radians(cd[0, 0] * dx + cd[0, 1] * dy), np.radians(cd[1, 0] * dx + cd[1, 1] * dy)
        ra0, dec0 = np.radians(self.ra_deg), np.radians(self.dec_deg)
        below = np.cos(dec0) - eta * np.sin(dec0)
        ra = ra0 + np.arctan2(xi, below)
        dec = np.arctan2(np.sin(dec0) + eta * np.cos(dec0), np.hypot(xi, below))
        return np.degrees(ra) % 360.0, np.degrees(dec)

    @property
    def pixel_arcsec(self) -> float:
        """Edge of a pixel on the sky, arcsec."""
        return float(np.sqrt(abs(np.linalg.det(np.array(self.cd)))) * 3600.0)

    def offset_arcsec(self, column: float, row: float) -> tuple[float, float]:
        """(east, north) in arcsec of a step of (column, row) pixels."""
        cd = np.array(self.cd) * 3600.0
        return float(cd[0, 0] * column + cd[0, 1] * row), float(cd[1, 0] * column + cd[1, 1] * row)


@dataclass(frozen=True, slots=True)
class PixelCube:
    """One sector's, quarter's or campaign's movie of one star.

    `flux` and `flux_err` have shape (n, rows, columns), electrons a second; pixels without data are NaN. `usable`
    says which frames the quality mask keeps. `aperture` (rows, columns) is True where the pipeline measured; None
    where the file names none (cut-outs of full-frame images). `pos_corr` (n, 2) is the pointing (column, row) in
    pixels, None where the file has none. `corner` is the detector (column, row) of the lower left pixel. `camera` and
    `ccd` name the detector: those of TESS, for Kepler and K2 the module and its output.
    """

    target: str
    label: str  # "S16", "Q10", "C18"
    mission: Mission
    number: int | None
    time_bjd: FloatArray
    flux: FloatArray
    flux_err: FloatArray
    quality: IntArray
    usable: BoolArray
    grid: SkyGrid
    aperture: BoolArray | None
    pos_corr: FloatArray | None
    corner: tuple[int, int]
    exposure_days: float
    kind: Literal["target pixels", "full-frame cut-out"]
    background_subtracted: bool
    camera: int | None = None
    ccd: int | None = None
    crowding: float | None = None  # CROWDSAP
    flux_fraction: float | None = None  # FLFRCSAP
    source: str = ""
    sha256: str = ""
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return int(self.flux.shape[1]), int(self.flux.shape[2])

    @property
    def epoch_year(self) -> float:
        """Julian year of the middle of the movie, for proper motions."""
        return 2000.0 + (float(np.median(self.time_bjd)) - 2451545.0) / 365.25
