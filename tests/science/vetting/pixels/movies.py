"""Made-up pixel movies: a few Gaussian stars on a small image, one of which dims."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from science.lightcurve import FloatArray, Mission
from science.neighbours import FieldStar, StarField
from science.pixels import PixelCube, SkyGrid
from science.prf import GaussianPrf, image_of_stars
from science.search.occultation import dip_shape
from science.search.results import DipMeasurement
from science.stars import Star

START_BJD = 2459000.0
PIXEL_DEG = 21.0 / 3600.0
CENTRE = (5.0, 5.0)
RA, DEC = 120.0, -35.0
CADENCE = 20.0 / 1440.0
PRF = GaussianPrf(0.75)


def a_dip(
    period: float = 3.1, epoch: float = START_BJD + 1.3, duration: float = 0.15, depth: float = 0.01
) -> DipMeasurement:
    """A measured dip with the numbers that pixels look at."""
    none = np.empty(0)
    return DipMeasurement(
        period, 1e-4, epoch, 1e-3, duration, 0.01, depth, depth / 20, math.sqrt(depth), 0.2, 20.0, 20.0, 8, 100,
        depth, depth / 10, depth, depth / 10, 0.0, 0.0, depth / 10, none, none, none,
    )  # fmt: skip


def a_grid(turn_deg: float = 30.0, centre: tuple[float, float] = CENTRE) -> SkyGrid:
    """North turned by `turn_deg`, east to the left of it."""
    c, s = math.cos(math.radians(turn_deg)) * PIXEL_DEG, math.sin(math.radians(turn_deg)) * PIXEL_DEG
    return SkyGrid(RA, DEC, centre, ((-c, s), (s, c)))


def a_field(offsets: Sequence[tuple[float, float, float]] = ()) -> StarField:
    """The target of magnitude 10 in the middle; others as (east arcsec, north arcsec, magnitude)."""
    stars = [FieldStar(RA, DEC, 2020.0, 0.0, 0.0, 10.0, "TIC", tic_id=1, is_target=True)]
    for number, (east, north, tmag) in enumerate(offsets):
        ra = RA + east / 3600.0 / math.cos(math.radians(DEC))
        angle = math.degrees(math.atan2(east, north)) % 360.0
        stars.append(
            FieldStar(ra, DEC + north / 3600.0, 2020.0, math.hypot(east, north), angle, tmag, "TIC", tic_id=number + 2)
        )
    return StarField(RA, DEC, 200.0, 2020.0, tuple(stars), ("made up",))


STAR = Star("TIC 1", tic_id=1, ra_deg=RA, dec_deg=DEC, tmag=10.0)


def a_movie(
    field: StarField,
    host: int = 0,
    host_depth: float = 0.01,
    *,
    dip: DipMeasurement | None = None,
    seed: int = 1,
    noise: float = 10.0,
    label: str = "S1",
    start: float = START_BJD,
    days: float = 26.0,
    grid: SkyGrid | None = None,
    told_grid: SkyGrid | None = None,
    jitter_px: float = 0.0,
    sky: float = 0.0,
    mission: Mission = "TESS",
    size: int = 11,
) -> PixelCube:
    """A movie of 10,000 electrons a second for magnitude 10; star `host` of the field dims by `host_depth`.

    `jitter_px` moves the picture and stands in POS_CORR; `sky` is a background that drifts by half of itself.
    """
    dip = a_dip() if dip is None else dip
    grid = a_grid() if grid is None else grid
    rng = np.random.default_rng(seed)
    time = start + np.arange(0.0, days, CADENCE)
    column, row = grid.to_pixel(np.array([s.ra_deg for s in field.stars]), np.array([s.dec_deg for s in field.stars]))
    light = np.array([10.0 ** (0.4 * (20.0 - s.tmag)) for s in field.stars])
    phase = (time - dip.epoch_bjd + 0.5 * dip.period_days) % dip.period_days - 0.5 * dip.period_days
    shape = dip_shape(dip.radius_ratio, dip.impact_parameter, (0.35, 0.2), CADENCE / dip.duration_days)
    value = host_depth * shape.at(phase, dip.duration_days)
    scene = image_of_stars(PRF, size, size, column, row, light)
    h = 0.02
    right = image_of_stars(PRF, size, size, column + h, row, light)
    by_column = (right - image_of_stars(PRF, size, size, column - h, row, light)) / (2 * h)
    pointing = np.zeros((time.size, 2))
    pointing[:, 0] = rng.normal(0.0, jitter_px, time.size) if jitter_px else 0.0
    host_image = light[host] * PRF.image(size, size, float(column[host]), float(row[host]))
    background = sky * (1.0 + 0.5 * np.sin(2 * np.pi * (time - start) / 7.0))
    flux = scene + pointing[:, 0, None, None] * by_column - value[:, None, None] * host_image
    flux = flux + background[:, None, None] + rng.normal(0.0, noise, (time.size, size, size))
    y, x = np.mgrid[0:size, 0:size]
    return PixelCube(
        "TIC 1", label, mission, 1, time, flux, np.full(flux.shape, noise), np.zeros(time.size, dtype=np.int32),
        np.ones(time.size, dtype=np.bool_), grid if told_grid is None else told_grid,
        np.hypot(x - column[0], y - row[0]) <= 1.6, pointing if jitter_px else None, (100, 200), CADENCE,
        "target pixels", sky == 0.0,
    )  # fmt: skip


def without(cube: PixelCube, frames: FloatArray) -> PixelCube:
    """The movie with the frames at `frames` (True) not usable."""
    return replace(cube, usable=cube.usable & ~np.asarray(frames, dtype=np.bool_))
