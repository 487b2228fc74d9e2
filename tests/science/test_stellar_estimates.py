"""Estimates from Gaia: dwarfs, giants, dust, and what must stay unknown."""

import csv
import gzip
import math

import numpy as np
import pytest

from science.neighbours import FieldStar
from science.stars import Star, Value
from science.stellar_estimates import (
    FROM_COLOUR,
    FROM_COLOUR_AND_PARALLAX,
    estimate_from_gaia,
    estimate_star,
    galactic_latitude_deg,
    mean_extinction,
)
from tests.standins.realdata import MISSING_REASON, has_realdata, realdata_dir


def gaia(g: float | None, colour: float | None, parallax: float | None = 20.0, error: float = 0.02, **more):
    """A star near the pole of the Galaxy, where there is hardly any dust."""
    known = {"ra_deg": 192.9, "dec_deg": 27.1, "parallax_err_mas": error, **more}
    return FieldStar(
        epoch_year=2016.0, separation_arcsec=0.0, position_angle_deg=0.0, tmag=9.0, tmag_source="TIC",
        gmag=g, bp_rp=colour, parallax_mas=parallax, is_target=True, **known,
    )  # fmt: skip


def apparent(m_g: float, parallax: float = 20.0) -> float:
    return m_g - 5 * math.log10(parallax / 100)


def test_a_star_like_the_sun_at_fifty_parsecs():
    star = estimate_star(Star(), gaia(apparent(4.635), 0.823))
    assert star.teff_k.value == pytest.approx(5770, abs=60)
    assert star.radius_sun.value == pytest.approx(1.01, abs=0.05)
    assert star.mass_sun.value == pytest.approx(1.0, abs=0.03)
    assert star.logg_cgs.value == pytest.approx(4.43, abs=0.05)
    assert star.density_gcc.value == pytest.approx(1.36, abs=0.2)
    assert star.distance_pc == pytest.approx(50.0)
    assert star.tmag == 9.0
    values = star.teff_k, star.radius_sun, star.mass_sun, star.logg_cgs, star.density_gcc
    assert {v.source for v in values} == {FROM_COLOUR_AND_PARALLAX}
    assert all(v.error > 0 for v in values)


def test_a_red_dwarf_by_its_brightness():
    estimate = estimate_from_gaia(gaia(apparent(10.82), 2.78))
    assert estimate.kind == "dwarf"
    assert estimate.radius_sun.value == pytest.approx(0.300, abs=0.01)
    assert estimate.mass_sun.value == pytest.approx(0.29, abs=0.01)


def test_a_giant_gets_its_size_from_its_light_and_no_mass():
    # A K giant like Pollux: BP - RP 1.2, M_G 0.75; 4,860 K and some 9 solar radii.
    star = estimate_star(Star(), gaia(apparent(0.75), 1.2))
    assert estimate_from_gaia(gaia(apparent(0.75), 1.2)).kind == "evolved"
    assert 7.5 < star.radius_sun.value < 10.5
    assert star.mass_sun is None
    assert star.logg_cgs is None
    assert star.density_gcc is None


def test_a_white_dwarf_is_no_dwarf_of_the_sequence():
    estimate = estimate_from_gaia(gaia(apparent(12.0), 0.1))
    assert estimate.kind == "below the dwarf sequence"
    assert estimate.radius_sun.value < 0.05
    assert estimate.mass_sun is None


def test_a_pair_of_equal_dwarfs_stays_a_dwarf():
    assert estimate_from_gaia(gaia(apparent(4.635 - 0.75), 0.823)).kind == "dwarf"


def test_known_values_stay_and_guide():
    known = Star(teff_k=Value(5900.0, 60.0, "TIC"), radius_sun=Value(1.1, 0.05, "TIC"))
    star = estimate_star(known, gaia(apparent(4.5), 0.823))
    assert star.teff_k == known.teff_k
    assert star.radius_sun == known.radius_sun
    assert star.mass_sun.source == FROM_COLOUR_AND_PARALLAX
    assert star.mass_sun.value == pytest.approx(1.06, abs=0.03)
    large = Star(radius_sun=Value(2.5, 0.1, "TIC"))
    assert estimate_star(large, gaia(apparent(4.5), 0.823)).mass_sun is None
    exact = Star(radius_sun=Value(1.0, 0.05, "TIC"), logg_cgs=Value(4.438, 0.05, "TIC"))
    assert estimate_star(exact, gaia(apparent(4.5), 0.823)).mass_sun.source == "from gravity and radius"


@pytest.mark.parametrize("parallax", [None, math.nan, -1.0, 0.05])
def test_without_a_sure_parallax_only_the_temperature(parallax):
    star = estimate_star(Star(), gaia(12.0, 0.823, parallax))
    assert star.teff_k.source == FROM_COLOUR
    assert star.teff_k.error > 500
    assert star.radius_sun is None
    assert star.mass_sun is None
    assert star.distance_pc is None


@pytest.mark.parametrize("colour", [None, math.nan, -2.0, 7.0])
def test_without_a_colour_on_the_table_nothing(colour):
    star = estimate_star(Star(name="x"), gaia(12.0, colour))
    assert star.teff_k is None
    assert star.radius_sun is None
    assert star.mass_sun is None


def test_a_restless_astrometry_widens_the_errors():
    calm, restless = gaia(apparent(4.6), 0.823, error=1.0), gaia(apparent(4.6), 0.823, error=1.0, ruwe=3.0)
    assert estimate_from_gaia(restless).radius_sun.error > 1.5 * estimate_from_gaia(calm).radius_sun.error
    assert estimate_from_gaia(gaia(apparent(4.6), 0.823, error=1.0, ruwe=8.0)).kind == "unknown"


def test_dust_grows_with_distance_and_towards_the_plane():
    assert mean_extinction(80.0, 0.0) == 0.0
    assert mean_extinction(1100.0, 0.0) == pytest.approx(1.0)
    assert mean_extinction(1100.0, 0.01) == pytest.approx(1.0, abs=0.01)
    assert mean_extinction(1e5, 90.0) == pytest.approx(0.1 * math.exp(-1), rel=1e-3)
    assert galactic_latitude_deg(192.859, 27.128) == pytest.approx(90.0, abs=0.01)
    assert galactic_latitude_deg(266.405, -28.936) == pytest.approx(0.0, abs=0.01)


@pytest.mark.skipif(not has_realdata(), reason=MISSING_REASON)
def test_errors_hold_against_the_tic_in_a_dusty_field():
    folder = realdata_dir() / "cones"

    def rows(name: str) -> list[dict[str, str]]:
        with gzip.open(folder / name, "rt") as file:
            return list(csv.DictReader(file))

    def number(text: str) -> float:
        return float(text or "nan")

    by_id = {r["source_id"]: r for r in rows("toi3505_gaia_dr3_2p5arcmin.csv.gz")}
    pulls = []
    for row in rows("toi3505_tic_v8_2p5arcmin.csv.gz"):
        other = by_id.get(row["GAIA"])
        if other is None or not math.isfinite(number(row["rad"])):
            continue
        star = gaia(
            number(other["phot_g_mean_mag"]), number(other["bp_rp"]), number(other["parallax"]),
            number(other["parallax_error"]), ra_deg=number(other["ra"]), dec_deg=number(other["dec"]),
        )  # fmt: skip
        radius = estimate_from_gaia(star).radius_sun
        if radius is not None:
            pulls.append((radius.value - number(row["rad"])) / radius.error)
    assert len(pulls) > 80
    assert np.mean(np.abs(pulls) < 1) > 0.7
    assert np.mean(np.abs(pulls) < 2) > 0.93
