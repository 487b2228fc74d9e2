"""Small made-up fields and pictures whose shares are known by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from science.lightcurve import BoolArray, Mission
from science.neighbours import FieldStar, StarField
from science.pixels import PixelCube, SkyGrid
from science.search.results import DipMeasurement

RA, DEC, EPOCH = 120.0, 30.0, 2020.0
PIXEL = 21.0


def star(east_px: float, north_px: float, tmag: float, **more: object) -> FieldStar:
    """A star so many pixels east and north of the target."""
    east, north = east_px * PIXEL, north_px * PIXEL
    known = {
        "ra_deg": RA + east / 3600.0 / math.cos(math.radians(DEC)),
        "dec_deg": DEC + north / 3600.0,
        "epoch_year": EPOCH,
        "separation_arcsec": math.hypot(east, north),
        "position_angle_deg": math.degrees(math.atan2(east, north)) % 360.0,
        "tmag": tmag,
        "tmag_source": "TIC",
        "tic_id": 1 + int(1000 * abs(east_px) + abs(north_px)),
        "is_target": east_px == 0 and north_px == 0,
    }
    return FieldStar(**(known | more))  # type: ignore[arg-type]


def field(*stars: FieldStar, complete: bool = True) -> StarField:
    """A field of those stars."""
    return StarField(RA, DEC, 200.0, EPOCH, stars, ("made up",), complete)


def cube(
    aperture: BoolArray | None = None,
    label: str = "S1",
    mission: Mission = "TESS",
    crowding: float | None = None,
    size: int = 11,
    year: float = EPOCH,
) -> PixelCube:
    """A picture with the target in the middle pixel, east to the left (as on the sky), north up."""
    middle = (size - 1) / 2
    step = PIXEL / 3600.0
    time = 2451545.0 + (year - 2000.0) * 365.25 + np.array([-0.01, 0.0, 0.01])
    flux = np.ones((3, size, size))
    grid = SkyGrid(RA, DEC, (middle, middle), ((-step, 0.0), (0.0, step)))
    return PixelCube(
        "star", label, mission, None, time, flux, 0.01 * flux, np.zeros(3, dtype=np.int32),
        np.ones(3, dtype=np.bool_), grid, aperture, None, (0, 0), 0.02, "target pixels", True, crowding=crowding,
    )  # fmt: skip


def square(half: int = 1, size: int = 11) -> BoolArray:
    """A square aperture about the middle, 2 half + 1 pixels wide."""
    aperture = np.zeros((size, size), dtype=np.bool_)
    middle = size // 2
    aperture[middle - half : middle + half + 1, middle - half : middle + half + 1] = True
    return aperture


def dip(depth: float = 1e-3, depth_err: float = 5e-5) -> DipMeasurement:
    """A dip of which only depth and radius ratio matter."""
    none: Sequence[float] = []
    empty = np.array(none)
    ratio = math.sqrt(depth) if depth > 0 else math.nan
    return DipMeasurement(
        5.0, 1e-4, 2459000.0, 1e-3, 0.1, 0.01, depth, depth_err, ratio, 0.0, 20.0, 20.0, 5, 200,
        depth, depth_err, depth, depth_err, 0.0, 0.0, depth_err, empty, empty, empty,
    )  # fmt: skip
