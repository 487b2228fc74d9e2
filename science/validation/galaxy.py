"""An analytic Galaxy: the stars of a field and their number, without network or catalogue.

Thin and thick disc (exponential), halo (flattened power law) and bar (boxy Gaussian), each with its own stars
(`galaxy_stars`), behind a layer of dust. After Juric et al. (2008, ApJ 673, 864; J08), Bland-Hawthorn & Gerhard (2016,
ARA&A 54, 529; BHG) and Robin et al. (2003, A&A 409, 523). No arms, warp, clusters, clouds of dust or Magellanic Clouds:
in the plane, and towards those, counts can be wrong by more than a factor 2, which `with_counts` mends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Literal

import numpy as np

from science.lightcurve import FloatArray
from science.validation.galaxy_stars import StellarKinds, stellar_kinds
from science.validation.question import Population

# North pole of the Galaxy and longitude of the celestial pole, J2000, degrees (Hipparcos catalogue, vol. 1, 1.5.3).
_POLE_RA, _POLE_DEC, _CELESTIAL_POLE_L = 192.85948, 27.12825, 122.93192

_SUN_RADIUS_PC, _SUN_HEIGHT_PC = 8200.0, 25.0  # BHG; J08

# Births over the last ten billion years: (from, until Gyr ago, rate over the oldest, scale height in pc). Younger stars
# lie nearer to the plane, and fewer are born now (as in Robin et al.); the old height and the length are J08's.
_THIN_AGES = ((0.0, 1.0, 0.4, 100.0), (1.0, 3.0, 0.6, 200.0), (3.0, 10.0, 1.0, 300.0))
_THIN_LENGTH_PC = 2600.0
# J08 finds 0.12 of the thin disc's stars at the Sun, BHG settles on 0.04; ours is set by Gaia's count at b = -60 deg.
_THICK_SHARE, _THICK_HEIGHT_PC, _THICK_LENGTH_PC = 0.10, 900.0, 3600.0
# Shape of J08, with the break of Deason, Belokurov & Evans (2011, MNRAS 416, 2903). The share is set by the same count:
# with J08's 0.0051, and stars as bright as ours are for their mass, a quarter too many would be seen.
_HALO_SHARE, _HALO_FLATTENING, _HALO_POWER = 0.0022, 0.64, -2.77
_HALO_CORE_PC, _HALO_BREAK_PC, _HALO_OUTER_POWER = 500.0, 27000.0, -4.6
# Bar: G2 of Dwek et al. (1995, ApJ 445, 716) at the angle of Wegg & Gerhard (2013, MNRAS 435, 1874); 1.5e10 solar
# masses are within (BHG), of which the discs, that go on to the centre here, have a third.
_BAR_AXES_PC, _BAR_ANGLE_DEG, _BAR_MASS_SUN = (1580.0, 620.0, 430.0), 27.0, 1.0e10
_BAR_VOLUME = 20.648  # of exp(-s^2 / 2) with s^4 = (x^2 + y^2)^2 + z^4, unit axes
# Stars and remnants near the Sun, solar masses in a cubic parsec (Bovy 2017, MNRAS 470, 1360): what goes with the
# number of births that `galaxy_stars` counts in.
_MASS_PER_PC3 = 0.040

# Dust: exponential, 110 pc thick (Girardi et al. 2005, A&A 436, 895), 4.2 kpc long (Sharma et al. 2011, ApJ 730, 3).
# 0.5 mag in a kpc at the Sun is set by the bright stars of the whole sky; 0.75 in V by A_T = 2.06 E(B - V) (Stassun et
# al. 2019), where 0.7 to 1 is usual.
_DUST_MAG_PER_PC, _DUST_HEIGHT_PC, _DUST_LENGTH_PC = 0.50e-3, 110.0, 4200.0

_NEAREST_PC, _FARTHEST_PC, _SHELLS = 20.0, 80000.0, 120
#: A field is never larger than this, square degrees: it has one direction.
LARGEST_FIELD_DEG2 = 1000.0

#: Where a cone of the Gaia or TIC catalogue has all stars, whatever the crowding.
COMPLETE_TMAG = (12.0, 18.0)
#: Fewer stars than this do not tell the density better than the model does.
LEAST_COUNTED = 20
#: The model is not scaled by more than this.
LARGEST_FACTOR = 5.0


@dataclass(frozen=True, slots=True)
class GalacticPosition:
    """Galactic longitude (0 to 360) and latitude, degrees."""

    longitude_deg: float
    latitude_deg: float


@dataclass(frozen=True, slots=True)
class CountsMatch:
    """The model against the counts of a catalogue's cone between two TESS magnitudes.

    `factor` is what the model's density has to be multiplied with: 1 where the cone has too few stars to tell, else
    within 0.2 to 5. `expected_stars` are those of the model before it.
    """

    tmag_from: float
    tmag_until: float
    observed_stars: int
    expected_stars: float
    factor: float


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of the Galaxy: its stars, and its shape."""

    kinds: StellarKinds
    shape: Literal["disc", "halo", "bar"]
    share: float = 1.0  # of the density of births near the Sun
    height_pc: float = 0.0
    length_pc: float = 0.0


@dataclass(frozen=True, slots=True)
class _Cells:
    """Kinds of stars (rows, those of all parts) at distances (columns); arrays of shape (k, shells).

    The stars of a cell have TESS magnitudes from `bright` to `faint`, spread evenly.
    """

    per_deg2: FloatArray
    bright: FloatArray
    faint: FloatArray


def galactic_of(ra_deg: float, dec_deg: float) -> GalacticPosition:
    """Galactic coordinates of an ICRS position, degrees (to 0.1 arcsec). ValueError where it is no place in the sky."""
    if not (math.isfinite(ra_deg) and -90.0 <= dec_deg <= 90.0):
        raise ValueError(f"There is no place at right ascension {ra_deg}, declination {dec_deg}.")
    ra, dec, pole = math.radians(ra_deg - _POLE_RA), math.radians(dec_deg), math.radians(_POLE_DEC)
    up = math.sin(pole) * math.sin(dec) + math.cos(pole) * math.cos(dec) * math.cos(ra)
    east = math.cos(dec) * math.sin(ra)
    north = math.sin(dec) * math.cos(pole) - math.cos(dec) * math.sin(pole) * math.cos(ra)
    longitude = (_CELESTIAL_POLE_L - math.degrees(math.atan2(east, north))) % 360.0
    return GalacticPosition(longitude, math.degrees(math.atan2(up, math.hypot(east, north))))


def field_stars(
    galactic_latitude_deg: float,
    galactic_longitude_deg: float,
    *,
    tmag_from: float,
    tmag_until: float = 21.0,
    most: int = 2000,
    seed: int = 0,
) -> Population:
    """Stars of a direction with TESS magnitudes between two limits, drawn from the model; brightest first.

    All count alike: the area is that in which the model has as many stars as were drawn, `most` of them unless that
    would be more than 1,000 square degrees. Unresolved pairs are one star; magnitudes are behind the dust, the other
    columns are the stars' own. Latitude first, as in `density_per_deg2`. The same for the same `seed`.

    Raises ValueError for no direction, or limits that are no numbers.
    """
    if not (math.isfinite(tmag_from) and math.isfinite(tmag_until)):
        raise ValueError("The limits of the magnitudes are no numbers.")
    cells = _cells(galactic_latitude_deg, galactic_longitude_deg)
    low, high = np.maximum(cells.bright, tmag_from), np.minimum(cells.faint, tmag_until)
    until = np.cumsum(cells.per_deg2 * np.clip((high - low) / (cells.faint - cells.bright), 0.0, None))
    density = float(until[-1])
    count = most if density * LARGEST_FIELD_DEG2 >= most else int(density * LARGEST_FIELD_DEG2)
    if count < 1:
        none = np.zeros(0)
        return Population(none, none, none, none, none, LARGEST_FIELD_DEG2)
    rng = np.random.default_rng(seed)
    # One draw in each of `count` equal slices: the kinds of stars come in their right shares with less scatter.
    u = (np.arange(count) + rng.random(count)) / count * density
    chosen = np.minimum(np.searchsorted(until, u, side="right"), np.searchsorted(until, density))
    tmag = low.ravel()[chosen] + rng.random(count) * (high - low).ravel()[chosen]
    order = np.argsort(tmag, kind="stable")
    kind, stars = chosen[order] // _SHELLS, _all_kinds()
    return Population(
        tmag=tmag[order],
        mass_sun=stars.mass_sun[kind],
        radius_sun=stars.radius_sun[kind],
        teff_k=stars.teff_k[kind],
        logg_cgs=stars.logg_cgs[kind],
        area_deg2=count / density,
    )


def density_per_deg2(
    galactic_latitude_deg: float, galactic_longitude_deg: float, tmag_limits: FloatArray
) -> FloatArray:
    """Stars in a square degree that are brighter than each TESS magnitude, shape of `tmag_limits`.

    Raises ValueError for no direction.
    """
    cells = _cells(galactic_latitude_deg, galactic_longitude_deg)
    limits = np.asarray(tmag_limits, dtype=np.float64)
    width = cells.faint - cells.bright
    counts = [np.vdot(cells.per_deg2, np.clip((limit - cells.bright) / width, 0.0, 1.0)) for limit in limits.ravel()]
    return np.array(counts, dtype=np.float64).reshape(limits.shape)


def counts_match(
    population: Population,
    observed_tmag: FloatArray,
    observed_area_deg2: float,
    *,
    complete: tuple[float, float] = COMPLETE_TMAG,
) -> CountsMatch:
    """The model's stars against those of a catalogue's cone (TESS magnitudes, without the target; NaN is left out).

    Compared where both are complete: between the limits `complete`, from the population's brightest star on. Raises
    ValueError for a cone without area.
    """
    if not (math.isfinite(observed_area_deg2) and observed_area_deg2 > 0):
        raise ValueError("A cone needs an area to be counted in.")
    start = max(complete[0], float(population.tmag.min())) if population.tmag.size else complete[1]
    observed = _between(observed_tmag, start, complete[1])
    modelled = _between(population.tmag, start, complete[1])
    expected = modelled / population.area_deg2 * observed_area_deg2
    factor = 1.0
    if observed >= LEAST_COUNTED and modelled >= LEAST_COUNTED:
        factor = min(max(observed / expected, 1.0 / LARGEST_FACTOR), LARGEST_FACTOR)
    return CountsMatch(start, complete[1], observed, expected, factor)


def with_counts(
    population: Population,
    observed_tmag: FloatArray,
    observed_area_deg2: float,
    *,
    complete: tuple[float, float] = COMPLETE_TMAG,
) -> Population:
    """The model's stars in the area in which they are as dense as those of a catalogue's cone; see `counts_match`."""
    match = counts_match(population, observed_tmag, observed_area_deg2, complete=complete)
    return replace(population, area_deg2=population.area_deg2 / match.factor)


def _between(tmag: FloatArray, low: float, high: float) -> int:
    return int(np.count_nonzero((tmag >= low) & (tmag < high)))


@cache
def _all_kinds() -> StellarKinds:
    """The stars of all parts, one after the other."""
    every = [part.kinds for part in _parts()]
    return StellarKinds(*(np.concatenate([getattr(k, f.name) for k in every]) for f in fields(StellarKinds)))


@cache
def _parts() -> tuple[_Part, ...]:
    """All parts. Made once: they are the same for every direction."""
    column = np.array([(until - since) * rate for since, until, rate, _ in _THIN_AGES])
    local = column / np.array([height for *_, height in _THIN_AGES])
    local /= local.sum() * (1.0 + _THICK_SHARE + _HALO_SHARE)
    thin = tuple(
        _Part(stellar_kinds(since, until), "disc", float(share), height, _THIN_LENGTH_PC)
        for (since, until, _, height), share in zip(_THIN_AGES, local, strict=True)
    )
    whole = 1.0 + _THICK_SHARE + _HALO_SHARE
    # Metals of about 1/4 and 1/30 of the Sun's: turn-off at 0.9 and 0.8 solar masses after ten and twelve Gyr.
    thick = stellar_kinds(9.0, 11.0, dwarf_gyr=7.6, brighter_mass=1.12)
    halo = stellar_kinds(11.5, 13.0, dwarf_gyr=6.4, brighter_mass=1.25)
    return (
        *thin,
        _Part(thick, "disc", _THICK_SHARE / whole, _THICK_HEIGHT_PC, _THICK_LENGTH_PC),
        _Part(halo, "halo", _HALO_SHARE / whole),
        _Part(stellar_kinds(8.0, 11.0), "bar"),
    )


def _births(part: _Part, x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
    """Density of births over that near the Sun; pc from the Galaxy's centre, the Sun at x > 0."""
    radius = np.hypot(x, y)
    if part.shape == "disc":
        rise = -(radius - _SUN_RADIUS_PC) / part.length_pc - (np.abs(z) - _SUN_HEIGHT_PC) / part.height_pc
        return np.asarray(part.share * np.exp(rise))
    if part.shape == "halo":
        r = np.maximum(np.hypot(radius, z / _HALO_FLATTENING), _HALO_CORE_PC)
        inner = (np.minimum(r, _HALO_BREAK_PC) / _SUN_RADIUS_PC) ** _HALO_POWER
        return np.asarray(part.share * inner * (np.maximum(r, _HALO_BREAK_PC) / _HALO_BREAK_PC) ** _HALO_OUTER_POWER)
    angle = math.radians(_BAR_ANGLE_DEG)
    along = (x * math.cos(angle) + y * math.sin(angle)) / _BAR_AXES_PC[0]
    across = (y * math.cos(angle) - x * math.sin(angle)) / _BAR_AXES_PC[1]
    s_squared = np.hypot(along**2 + across**2, (z / _BAR_AXES_PC[2]) ** 2)
    central = _BAR_MASS_SUN / (_BAR_VOLUME * math.prod(_BAR_AXES_PC)) / _MASS_PER_PC3
    return np.asarray(central * np.exp(-0.5 * s_squared))


def _cells(latitude_deg: float, longitude_deg: float) -> _Cells:
    """All kinds of stars in all shells of distance along one direction."""
    if not (math.isfinite(longitude_deg) and -90.0 <= latitude_deg <= 90.0):
        raise ValueError(f"There is no direction at longitude {longitude_deg}, latitude {latitude_deg}.")
    edges = np.geomspace(_NEAREST_PC, _FARTHEST_PC, _SHELLS + 1)
    middle = np.sqrt(edges[1:] * edges[:-1])
    longitude, latitude = math.radians(longitude_deg), math.radians(latitude_deg)
    x = _SUN_RADIUS_PC - middle * math.cos(latitude) * math.cos(longitude)
    y = middle * math.cos(latitude) * math.sin(longitude)
    z = _SUN_HEIGHT_PC + middle * math.sin(latitude)
    dust = _DUST_MAG_PER_PC * np.exp(
        -(np.hypot(x, y) - _SUN_RADIUS_PC) / _DUST_LENGTH_PC - (np.abs(z) - _SUN_HEIGHT_PC) / _DUST_HEIGHT_PC
    )
    faded = np.concatenate([[0.0], np.cumsum(dust * np.diff(edges))])
    modulus = 5.0 * np.log10(edges / 10.0) + faded
    volume = np.diff(edges**3) / 3.0 * math.radians(1.0) ** 2
    born = np.concatenate(
        [np.broadcast_to(_births(p, x, y, z) * volume, (p.kinds.mass_sun.size, _SHELLS)) for p in _parts()]
    )
    stars = _all_kinds()
    return _Cells(
        per_deg2=stars.per_pc3[:, None] * born,
        bright=stars.absolute_tmag[:, None] + modulus[:-1],
        faint=stars.absolute_tmag[:, None] + modulus[1:],
    )
