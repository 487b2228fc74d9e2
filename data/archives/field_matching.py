"""Two catalogues of one piece of sky: places at a common epoch, and which rows are the same star. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_MAS = np.pi / (180.0 * 3.6e6)
_ARCSEC = np.pi / (180.0 * 3600.0)

#: Equal numbers are the same star only this close by: some numbers of Gaia DR2 mean another star in DR3.
SAME_NUMBER_ARCSEC = 3.0
SAME_NUMBER_MAG = 2.0
#: Without equal numbers: this close at a common epoch, and this near in brightness.
SAME_PLACE_ARCSEC = 1.5
SAME_PLACE_MAG = 1.0
#: The scales on which closeness and brightness are weighed against each other where several would do.
_SCALE_ARCSEC, _SCALE_MAG = 0.3, 0.3


@dataclass(frozen=True, slots=True)
class Places:
    """Places of n stars, each of shape (n,): degrees, mas/yr (`pm_ra_mas` with cos dec; NaN or 0 where unknown)."""

    ra_deg: FloatArray
    dec_deg: FloatArray
    pm_ra_mas: FloatArray
    pm_dec_mas: FloatArray
    epoch_year: FloatArray

    def at(self, epoch_year: float) -> tuple[FloatArray, FloatArray]:
        """(ra, dec) in degrees at an epoch; stars without proper motion stay where they are."""
        return moved(self.ra_deg, self.dec_deg, self.pm_ra_mas, self.pm_dec_mas, epoch_year - self.epoch_year)


def moved(
    ra_deg: FloatArray, dec_deg: FloatArray, pm_ra_mas: FloatArray, pm_dec_mas: FloatArray, years: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Places after `years` of uniform motion along the great circle of the proper motion, in degrees.

    The unit vector r goes to r + t (p mu_a* + q mu_d), normalised, with p and q pointing east and north: exact in the
    tangent, also beside the poles and across 0 h; the part of the radial velocity is left out (Hipparcos Catalogue,
    ESA SP-1200, vol. 1, sect. 1.5.5, with zero radial velocity). NaN motion counts as none. Shapes (n,).
    """
    ra, dec = np.radians(np.asarray(ra_deg, float)), np.radians(np.asarray(dec_deg, float))
    known = np.isfinite(pm_ra_mas) & np.isfinite(pm_dec_mas)
    east = np.where(known, pm_ra_mas, 0.0) * years * _MAS
    north = np.where(known, pm_dec_mas, 0.0) * years * _MAS
    sin_ra, cos_ra, sin_dec, cos_dec = np.sin(ra), np.cos(ra), np.sin(dec), np.cos(dec)
    x = cos_dec * cos_ra - sin_ra * east - sin_dec * cos_ra * north
    y = cos_dec * sin_ra + cos_ra * east - sin_dec * sin_ra * north
    z = sin_dec + cos_dec * north
    return np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y)))


def separations(
    ra_deg: float, dec_deg: float, ras_deg: FloatArray, decs_deg: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Distances in arcsec (haversine) and position angles in degrees, east of north, of places seen from one place."""
    a0, d0, a, d = np.radians(ra_deg), np.radians(dec_deg), np.radians(ras_deg), np.radians(decs_deg)
    half = np.sin((d - d0) / 2) ** 2 + np.cos(d0) * np.cos(d) * np.sin((a - a0) / 2) ** 2
    away = 2 * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    east = np.cos(d) * np.sin(a - a0)
    north = np.sin(d - d0) + 2 * np.sin(d0) * np.cos(d) * np.sin((a - a0) / 2) ** 2
    return away / _ARCSEC, np.degrees(np.arctan2(east, north)) % 360.0


def match(
    ids: tuple[IntArray, IntArray],
    places: tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]],
    magnitudes: tuple[FloatArray, FloatArray],
) -> IntArray:
    """For each star of the second catalogue the row of the same star in the first, -1 where there is none.

    ids: Gaia numbers (n,), (m,), 0 where unknown; places: (ra, dec) in degrees at one epoch; magnitudes: of one band,
    NaN where unknown. Pairs of equal numbers that also lie close by come first; what is left is paired by place and
    brightness, the best pairs first, each star once. A star without magnitude is paired by place alone.
    """
    first, second = len(ids[0]), len(ids[1])
    partner = np.full(second, -1, dtype=np.int64)
    if not first or not second:
        return partner
    unit_first, unit_second = _unit(*places[0]), _unit(*places[1])
    taken = np.zeros(first, dtype=bool)
    row_of = {int(number): row for row, number in enumerate(ids[0]) if number}
    for row, number in enumerate(ids[1].tolist()):
        other = row_of.get(number) if number else None
        if other is None or taken[other]:
            continue
        away = np.linalg.norm(unit_first[other] - unit_second[row]) / _ARCSEC
        fainter = abs(magnitudes[0][other] - magnitudes[1][row])
        if away <= SAME_NUMBER_ARCSEC and not fainter > SAME_NUMBER_MAG:
            partner[row], taken[other] = other, True
    pairs = pairs_within(places[0], places[1], SAME_PLACE_ARCSEC)
    difference = np.abs(magnitudes[0][pairs[:, 0]] - magnitudes[1][pairs[:, 1]])
    pairs, difference = pairs[~(difference > SAME_PLACE_MAG)], difference[~(difference > SAME_PLACE_MAG)]
    away = np.linalg.norm(unit_first[pairs[:, 0]] - unit_second[pairs[:, 1]], axis=1) / _ARCSEC
    # a missing magnitude costs as much as a poor agreement, so that it never beats a good one
    score = (away / _SCALE_ARCSEC) ** 2 + (np.where(np.isnan(difference), SAME_PLACE_MAG, difference) / _SCALE_MAG) ** 2
    for other, row in pairs[np.argsort(score, kind="stable")].tolist():
        if partner[row] < 0 and not taken[other]:
            partner[row], taken[other] = other, True
    return partner


def _unit(ra_deg: FloatArray, dec_deg: FloatArray) -> FloatArray:
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)


def pairs_within(
    first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray], reach_arcsec: float
) -> IntArray:
    """Pairs (row of the first, row of the second) of places (ra, dec) closer than a reach, shape (k, 2)."""
    from scipy.spatial import cKDTree

    if not first[0].size or not second[0].size:
        return np.empty((0, 2), dtype=np.int64)
    near = cKDTree(_unit(*first)).query_ball_point(_unit(*second), reach_arcsec * _ARCSEC)
    found = [(other, row) for row, hits in enumerate(near) for other in hits]
    return np.array(found, dtype=np.int64).reshape(-1, 2)
