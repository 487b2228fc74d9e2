"""The stars that take part: the target first, how bright each is in the band, and where it lies on a movie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from science.lightcurve import FloatArray, Mission
from science.neighbours import FieldStar, StarField
from science.pixels import PixelCube
from science.stars import Star
from science.tess_magnitude import kepler_magnitude, kepler_magnitude_error, tess_magnitude_error

#: Error of a magnitude that a catalogue gives.
CATALOGUE_ERROR_MAG = 0.02
#: An unmatched target is looked for within this distance of its position, arcsec, and this close in magnitude.
_SAME_STAR_ARCSEC = 3.0
_SAME_STAR_MAG = 1.0


def magnitudes(stars: Sequence[FieldStar], mission: Mission) -> tuple[FloatArray, FloatArray]:
    """(magnitude, error) of stars in the band of a mission, shape (k,); NaN where none is known.

    Kepler and K2: the Kepler magnitude, else from Gaia's colours, else G, else the TESS magnitude.
    """
    if not stars:
        return np.zeros(0), np.zeros(0)
    colour = numbers([s.bp_rp for s in stars])
    if mission in ("Kepler", "K2"):
        own, g = numbers([s.kepmag for s in stars]), numbers([s.gmag for s in stars])
        tmag = numbers([s.tmag for s in stars])
        mags = np.where(np.isfinite(own), own, kepler_magnitude(g, colour))
        mags = np.where(np.isfinite(mags), mags, tmag)
        errs = np.where(np.isfinite(own), CATALOGUE_ERROR_MAG, kepler_magnitude_error(colour))
        return mags, np.where(np.isfinite(g) | np.isfinite(own), errs, 0.5)
    from_colour = np.maximum(tess_magnitude_error(colour), CATALOGUE_ERROR_MAG)
    by_source = {"Gaia G only": 0.6, "TIC": CATALOGUE_ERROR_MAG}
    errs = np.array([by_source.get(s.tmag_source, e) for s, e in zip(stars, from_colour, strict=True)])
    return numbers([s.tmag for s in stars]), errs


def numbers(values: Sequence[float | None]) -> FloatArray:
    return np.array([math.nan if v is None else v for v in values], dtype=np.float64)


def listed_stars(field: StarField, star: Star) -> tuple[list[FieldStar], str]:
    """The target first, then all others; or nothing, and why."""
    if field.target is not None:
        target = field.target
        if not math.isfinite(target.tmag) and star.tmag is not None:
            target = replace(target, tmag=star.tmag, tmag_source="TIC")
        return [target, *field.others], ""
    near = [s for s in field.stars if s.separation_arcsec < _SAME_STAR_ARCSEC and _alike(s.tmag, star.tmag)]
    if near:
        same = min(near, key=lambda s: s.tmag if math.isfinite(s.tmag) else 99.0)
        return [replace(same, is_target=True), *(s for s in field.stars if s is not same)], ""
    if star.tmag is not None and math.isfinite(star.tmag):
        itself = FieldStar(
            field.ra_deg if star.ra_deg is None else star.ra_deg,
            field.dec_deg if star.dec_deg is None else star.dec_deg,
            field.epoch_year,
            0.0,
            0.0,
            star.tmag,
            "TIC",
            tic_id=star.tic_id,
            is_target=True,
        )
        return [itself, *field.stars], ""
    return [], "The catalogues know no star at this position, so there is nothing to compare its neighbours with."


def _alike(magnitude: float, other: float | None) -> bool:
    return other is None or not math.isfinite(magnitude) or abs(magnitude - other) < _SAME_STAR_MAG


def pixel_positions(cube: PixelCube, stars: list[FieldStar]) -> tuple[FloatArray, FloatArray]:
    """(column, row) of stars on a movie, proper motion applied to its epoch; far away where the grid cannot place."""
    years = cube.epoch_year - np.array([s.epoch_year for s in stars])
    moved_ra = np.nan_to_num(numbers([s.pm_ra_mas for s in stars])) * years / 3.6e6
    moved_dec = np.nan_to_num(numbers([s.pm_dec_mas for s in stars])) * years / 3.6e6
    dec = np.array([s.dec_deg for s in stars])
    ra = np.array([s.ra_deg for s in stars]) + moved_ra / np.maximum(np.cos(np.radians(dec)), 1e-6)
    columns, rows = cube.grid.to_pixel(ra, dec + moved_dec)
    return np.nan_to_num(columns, nan=1e6), np.nan_to_num(rows, nan=1e6)
