"""Simulated pixel movies of real fields, with a transit on the target or on one of its neighbours.

A movie is made of every catalogued star's light through a PRF that the fits do not know: a sharp and a wide elliptical
Moffat profile, turned at random and lopsided, another one in every sector. Each sector has its own roll, sub-pixel
place, error of the sky grid, pointing jitter and drift, sky with a scattered-light ramp, photon and read noise; the
stars' light differs from their catalogue magnitudes by 5 %.
"""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from science.neighbours import FieldStar, StarField
from science.pixels import PixelCube, SkyGrid
from science.prf import TabulatedPrf, image_of_stars, images
from science.search.occultation import dip_shape
from science.search.results import DipMeasurement
from science.stars import Star

Array = NDArray[np.float64]

ZERO_POINT_MAG = 20.44  # TESS Instrument Handbook: 1 electron a second
PIXEL_ARCSEC = 21.0
SIZE = 11
CADENCE_DAYS = 10.0 / 1440.0
_EXPOSURE_SECONDS = 600.0 * 0.8  # what is left after cosmic rays are taken out
_SKY = 120.0  # electrons a second and pixel
_READ = 10.0 * math.sqrt(300.0) / _EXPOSURE_SECONDS  # 10 electrons in each of 300 two-second reads
EPOCH_YEAR = 2016.0
#: Scatter of ten-minute means of POS_CORR in SPOC light curves of sectors 1 to 11 (0.0007 to 0.002), and its drift.
JITTER_PX, DRIFT_PX = 0.0015, 0.015


@dataclass(frozen=True, slots=True)
class CatalogueStar:
    """A star of a cone: position, TESS magnitude, Gaia or TIC number."""

    ra_deg: float
    dec_deg: float
    tmag: float
    number: int
    gaia: bool


def gaia_cone(path: Path) -> list[CatalogueStar]:
    """Stars of a Gaia DR3 table; magnitudes by Stassun et al. 2019, eq. 1, without colour G − 0.43."""
    found = []
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            if not row["phot_g_mean_mag"]:
                continue
            g = float(row["phot_g_mean_mag"])
            tmag = g - 0.430
            if row["bp_rp"] and -0.2 < float(row["bp_rp"]) < 3.5:
                x = float(row["bp_rp"])
                tmag = g - 0.00522555 * x**3 + 0.0891337 * x**2 - 0.633923 * x + 0.0324473
            found.append(CatalogueStar(float(row["ra"]), float(row["dec"]), tmag, int(row["source_id"]), True))
    return found


def tic_cone(path: Path) -> list[CatalogueStar]:
    """Stars of a TRICERATOPS star table."""
    with gzip.open(path, "rt") as file:
        return [
            CatalogueStar(float(row["ra"]), float(row["dec"]), float(row["Tmag"]), int(row["ID"]), False)
            for row in csv.DictReader(file)
            if row["Tmag"]
        ]


def star_field(cone: Sequence[CatalogueStar], target: int, radius_arcsec: float = 125.0) -> StarField:
    """The cone as seen from one of its stars."""
    home = cone[target]
    stars = []
    for index, star in enumerate(cone):
        east = (star.ra_deg - home.ra_deg) * math.cos(math.radians(home.dec_deg)) * 3600.0
        north = (star.dec_deg - home.dec_deg) * 3600.0
        separation = math.hypot(east, north)
        if separation > radius_arcsec:
            continue
        stars.append(
            FieldStar(
                star.ra_deg,
                star.dec_deg,
                EPOCH_YEAR,
                separation,
                math.degrees(math.atan2(east, north)) % 360.0,
                star.tmag,
                "Gaia colours" if star.gaia else "TIC",
                gaia_id=star.number if star.gaia else None,
                tic_id=None if star.gaia else star.number,
                is_target=index == target,
            )
        )
    stars.sort(key=lambda s: (not s.is_target, s.separation_arcsec))
    return StarField(home.ra_deg, home.dec_deg, radius_arcsec, EPOCH_YEAR, tuple(stars), ("benchmark",))


def unknown_prf(rng: np.random.Generator) -> TabulatedPrf:
    """A lopsided, elliptical PRF with wings: two Moffat profiles, the wider one shifted, integrated over pixels."""
    per_pixel, half = 9, 63
    offset = np.arange(-half, half + 1) / per_pixel
    x, y = np.meshgrid(offset, offset)
    angle = rng.uniform(0, math.pi)
    stretch = rng.uniform(1.0, 1.25)
    u, v = x * math.cos(angle) + y * math.sin(angle), -x * math.sin(angle) + y * math.cos(angle)

    def moffat(core: float, beta: float, u0: float) -> Array:
        profile = (1.0 + (np.square((u - u0) / stretch) + np.square(v * stretch)) / core**2) ** -beta
        return profile / profile.sum()

    wide = rng.uniform(0.1, 0.25)
    sharp = moffat(rng.uniform(1.1, 1.5), 3.2, 0.0)
    table = (1.0 - wide) * sharp + wide * moffat(2.4, 2.6, rng.uniform(-0.5, 0.5))
    table = uniform_filter(table, size=per_pixel, mode="constant") * per_pixel**2
    return TabulatedPrf(table * (per_pixel**2 / table.sum()), per_pixel)


@dataclass(frozen=True, slots=True)
class Blend:
    """One case: three movies, the signal, the star, its field, and which star of the field dims by how much."""

    cubes: tuple[PixelCube, ...]
    dip: DipMeasurement
    star: Star
    field: StarField
    host: int
    host_depth: float
    aperture_depth: float
    snr: float

    @property
    def host_offset_arcsec(self) -> tuple[float, float]:
        """(east, north) of the true host from the target."""
        host = self.field.stars[self.host]
        angle = math.radians(host.position_angle_deg)
        return host.separation_arcsec * math.sin(angle), host.separation_arcsec * math.cos(angle)


@dataclass(frozen=True, slots=True)
class _Sector:
    grid: SkyGrid  # with its error: what the fits are told
    shares: Array  # (stars, rows, columns), of the true places
    by_column: Array
    by_row: Array
    aperture: NDArray[np.bool_]


def blend(
    field: StarField,
    rng: np.random.Generator,
    on_target: bool,
    n_sectors: int = 3,
    deepest: float = 0.9,
    snr_range: tuple[float, float] = (8.0, 60.0),
) -> Blend | None:
    """Draw one case; None where no star of the wanted kind could make a dip of the drawn strength.

    Strength is the signal to noise of all dips in the aperture, white noise, uniform in its logarithm. Neighbours are
    drawn with equal chance among those whose dip would be at most `deepest` deep; the target likewise.
    """
    target = field.stars[0]
    true_flux = np.array([10.0 ** (0.4 * (ZERO_POINT_MAG - s.tmag)) for s in field.stars])
    true_flux *= np.exp(rng.normal(0.0, 0.05, true_flux.size))
    sectors = [_sector(field, true_flux, rng) for _ in range(n_sectors)]
    period, duration = rng.uniform(2.5, 8.0), rng.uniform(1.5, 4.0) / 24.0
    snr = float(np.exp(rng.uniform(*np.log(snr_range))))
    in_aperture = np.mean([(s.shares[:, s.aperture]).sum(axis=1) for s in sectors], axis=0)  # (stars,)
    light = float(true_flux @ in_aperture)
    pixels = float(np.mean([s.aperture.sum() for s in sectors]))
    noise = math.sqrt((light + pixels * _SKY) / _EXPOSURE_SECONDS + pixels * _READ**2)
    frames_in = n_sectors * 26.0 / period * 0.8 * duration / CADENCE_DAYS
    missing = snr * noise / math.sqrt(frames_in)  # electrons a second in the aperture
    with np.errstate(divide="ignore"):
        depth = missing / (true_flux * in_aperture)
    able = np.flatnonzero((depth <= deepest) & (in_aperture > 1e-4))
    able = able[able == 0] if on_target else able[able != 0]
    if able.size == 0:
        return None
    host = int(rng.choice(able))
    epoch = 2459000.0 + rng.uniform(0, period)
    impact = rng.uniform(0.0, 0.7)
    measured = _dip(period, epoch, duration, missing / light, impact)
    cubes = tuple(
        _movie(f"S{number + 1}", number, sector, true_flux, host, float(depth[host]), measured, rng)
        for number, sector in enumerate(sectors)
    )
    star = Star(name="target", ra_deg=target.ra_deg, dec_deg=target.dec_deg, tmag=target.tmag)
    return Blend(cubes, measured, star, field, host, float(depth[host]), missing / light, snr)


def _sector(field: StarField, flux: Array, rng: np.random.Generator) -> _Sector:
    roll, parity = rng.uniform(0, 2 * math.pi), rng.choice([-1.0, 1.0])
    cd = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]]) * PIXEL_ARCSEC / 3600.0
    cd[:, 0] *= parity
    place = (SIZE - 1) / 2 + rng.uniform(-0.5, 0.5, 2)
    sky = ((cd[0, 0], cd[0, 1]), (cd[1, 0], cd[1, 1]))
    truth = SkyGrid(field.ra_deg, field.dec_deg, (float(place[0]), float(place[1])), sky)
    wrong = place + rng.normal(0.0, 0.1, 2)
    told = SkyGrid(field.ra_deg, field.dec_deg, (float(wrong[0]), float(wrong[1])), sky)
    prf = unknown_prf(rng)
    column, row = truth.to_pixel(np.array([s.ra_deg for s in field.stars]), np.array([s.dec_deg for s in field.stars]))
    h = 0.05
    shares = images(prf, SIZE, SIZE, column, row)
    by_column = image_of_stars(prf, SIZE, SIZE, column + h, row, flux) / (2 * h)
    by_column -= image_of_stars(prf, SIZE, SIZE, column - h, row, flux) / (2 * h)
    by_row = image_of_stars(prf, SIZE, SIZE, column, row + h, flux) / (2 * h)
    by_row -= image_of_stars(prf, SIZE, SIZE, column, row - h, flux) / (2 * h)
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    aperture = np.hypot(x - column[0], y - row[0]) <= 1.6
    return _Sector(told, shares, by_column, by_row, aperture)


def _movie(
    label: str,
    number: int,
    sector: _Sector,
    flux: Array,
    host: int,
    depth: float,
    dip: DipMeasurement,
    rng: np.random.Generator,
) -> PixelCube:
    start = 2459000.0 + 27.4 * number
    time = start + np.concatenate([np.arange(0.0, 13.0, CADENCE_DAYS), np.arange(14.0, 27.0, CADENCE_DAYS)])
    phase = (time - dip.epoch_bjd + 0.5 * dip.period_days) % dip.period_days - 0.5 * dip.period_days
    shape = dip_shape(
        dip.radius_ratio, dip.impact_parameter, (0.35, 0.2), CADENCE_DAYS / dip.duration_days
    ).at(phase, dip.duration_days)  # fmt: skip
    days = time - start
    jitter = rng.normal(0.0, JITTER_PX, (time.size, 2))
    jitter += DRIFT_PX * np.column_stack([np.sin(2 * np.pi * days / 9.0), np.cos(2 * np.pi * days / 13.0)])
    sky = _SKY * (1.0 + 1.5 * np.exp(-((days % 14.0) / 1.5)) + 0.05 * np.sin(2 * np.pi * days / 5.0))
    tilt = 0.1 * np.linspace(-1, 1, SIZE)[None, None, :]
    clean = np.tensordot(flux, sector.shares, axes=1)[None]
    movie = (
        clean
        + jitter[:, 0, None, None] * sector.by_column
        + jitter[:, 1, None, None] * sector.by_row
        - (depth * shape)[:, None, None] * flux[host] * sector.shares[host]
        + sky[:, None, None] * (1.0 + tilt)
    )
    sigma = np.sqrt(np.maximum(movie, 0.0) / _EXPOSURE_SECONDS + _READ**2)
    movie = movie + sigma * rng.standard_normal(movie.shape)
    return PixelCube(
        "target", label, "TESS", number + 1, time, movie, sigma,
        np.zeros(time.size, dtype=np.int32), np.ones(time.size, dtype=np.bool_),
        sector.grid, sector.aperture, None, (0, 0), CADENCE_DAYS, "full-frame cut-out", False,
    )  # fmt: skip


def _dip(period: float, epoch: float, duration: float, depth: float, impact: float) -> DipMeasurement:
    empty = np.empty(0)
    return DipMeasurement(
        period, 1e-4, epoch, 1e-3, duration, 0.01, depth, depth / 10, math.sqrt(min(depth, 0.2)), impact,
        10.0, 10.0, 10, 100, depth, depth / 5, depth, depth / 5, 0.0, 0.0, depth / 5, empty, empty, empty,
    )  # fmt: skip


def kepler_dip(period: float, epoch: float, duration: float, depth: float) -> DipMeasurement:
    """A catalogue's ephemeris and depth as a measurement."""
    return _dip(period, epoch, duration, depth, 0.3)
