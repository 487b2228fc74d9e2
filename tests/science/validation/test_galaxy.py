"""The analytic Galaxy: its geometry, its counts, the stars it draws, and what real counts make of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from science.dwarf_sequence import dwarf_at_temperature
from science.validation import galaxy
from science.validation.galaxy import counts_match, density_per_deg2, field_stars, galactic_of, with_counts
from science.validation.galaxy_stars import stellar_kinds, systems_per_pc3
from science.validation.question import Population
from tests.standins.realdata import MISSING_REASON, has_realdata

DIRECTIONS = [(90.0, 0.0), (-60.0, 260.0), (30.0, 90.0), (-10.0, 180.0), (3.5, 56.0), (0.0, 0.0), (0.0, 180.0)]


@pytest.mark.parametrize(
    ("ra", "dec", "longitude", "latitude"),
    [
        (266.404996, -28.936172, 0.0, 0.0),  # the centre
        (83.633083, 22.0145, 184.557446, -5.784357),  # M1
        (10.684708, 41.26875, 121.174329, -21.573309),  # M31
        (192.85948, 27.12825, 122.93192, 90.0),  # the pole, where longitude is any
    ],
)
def test_galactic_coordinates_are_those_of_known_objects(ra, dec, longitude, latitude):
    found = galactic_of(ra, dec)
    turn = (found.longitude_deg - longitude + 180.0) % 360.0 - 180.0
    assert turn * math.cos(math.radians(latitude)) == pytest.approx(0.0, abs=1e-3)
    assert found.latitude_deg == pytest.approx(latitude, abs=1e-3)


def test_galactic_coordinates_are_those_of_astropy():
    coordinates = pytest.importorskip("astropy.coordinates")
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, 50), np.degrees(np.arcsin(rng.uniform(-1, 1, 50)))
    sky = coordinates.SkyCoord(ra, dec, unit="deg").galactic
    for i in range(50):
        found = galactic_of(float(ra[i]), float(dec[i]))
        ours = coordinates.SkyCoord(found.longitude_deg, found.latitude_deg, unit="deg", frame="galactic")
        assert ours.separation(sky[i]).arcsec < 0.2
        assert 0.0 <= found.longitude_deg < 360.0


@pytest.mark.parametrize(("ra", "dec"), [(math.nan, 0.0), (0.0, 90.1), (0.0, math.nan), (math.inf, 0.0)])
def test_no_place_is_refused(ra, dec):
    with pytest.raises(ValueError, match="no place"):
        galactic_of(ra, dec)


@pytest.mark.parametrize(("latitude", "longitude"), [(91.0, 0.0), (math.nan, 0.0), (0.0, math.nan)])
def test_no_direction_is_refused(latitude, longitude):
    with pytest.raises(ValueError, match="no direction"):
        field_stars(latitude, longitude, tmag_from=12.0)
    with pytest.raises(ValueError, match="no direction"):
        density_per_deg2(latitude, longitude, np.array([15.0]))


def test_limits_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="limits"):
        field_stars(30.0, 0.0, tmag_from=math.nan)


@pytest.mark.parametrize(("latitude", "longitude"), DIRECTIONS)
def test_counts_rise_with_magnitude(latitude, longitude):
    counts = density_per_deg2(latitude, longitude, np.arange(6.0, 21.5, 0.5))
    assert np.isfinite(counts).all()
    assert (np.diff(counts) > 0).all()


@pytest.mark.parametrize("longitude", [0.0, 90.0, 180.0, 270.0])
@pytest.mark.parametrize("limit", [14.0, 17.0, 20.0])
def test_counts_rise_towards_the_plane(longitude, limit):
    counts = [density_per_deg2(b, longitude, np.array([limit]))[0] for b in (60.0, 50.0, 40.0, 30.0, 20.0, 10.0)]
    assert (np.diff(counts) > 0).all()


def test_counts_rise_towards_the_centre_and_are_alike_on_both_sides_of_it():
    limit = np.array([18.0])
    towards = [density_per_deg2(20.0, place, limit)[0] for place in (180.0, 135.0, 90.0, 45.0, 10.0)]
    assert (np.diff(towards) > 0).all()
    assert density_per_deg2(40.0, 100.0, limit) == pytest.approx(density_per_deg2(40.0, 260.0, limit), rel=1e-3)


def test_the_south_has_fewer_stars_in_front_because_the_sun_is_north_of_the_plane():
    limit = np.array([19.0])
    assert density_per_deg2(-60.0, 90.0, limit)[0] > density_per_deg2(60.0, 90.0, limit)[0]


def test_longitude_turns_round():
    assert density_per_deg2(10.0, -30.0, np.array([18.0])) == pytest.approx(
        density_per_deg2(10.0, 330.0, np.array([18.0])), rel=1e-12
    )


@pytest.mark.parametrize(("latitude", "longitude"), [(-60.0, 260.0), (12.0, 30.0), (2.0, 300.0)])
def test_counts_are_those_of_a_plain_sum_over_fine_shells(latitude, longitude):
    """The obvious way: every kind of star in every shell counts where it is bright enough."""
    edges = np.geomspace(10.0, 90000.0, 4001)
    distance = 0.5 * (edges[1:] + edges[:-1])
    up, turn = math.radians(latitude), math.radians(longitude)
    x = 8200.0 - distance * math.cos(up) * math.cos(turn)
    y, z = distance * math.cos(up) * math.sin(turn), 25.0 + distance * math.sin(up)
    radius = np.sqrt(x**2 + y**2)
    per_pc = 0.5e-3 * np.exp(-(radius - 8200.0) / 4200.0) * np.exp(-(np.abs(z) - 25.0) / 110.0)
    dust = np.cumsum(per_pc * np.diff(edges)) - 0.5 * per_pc * np.diff(edges)
    volume = distance**2 * np.diff(edges) * math.radians(1.0) ** 2
    limits = np.array([13.0, 16.0, 19.0, 20.5])
    plain = np.zeros(4)
    for part in galaxy._parts():
        stars = galaxy._births(part, x, y, z) * volume
        for count, magnitude in zip(part.kinds.per_pc3, part.kinds.absolute_tmag, strict=True):
            seen = magnitude + 5.0 * np.log10(distance / 10.0) + dust
            plain += [count * stars[seen < limit].sum() for limit in limits]
    assert density_per_deg2(latitude, longitude, limits) == pytest.approx(plain, rel=0.01)


@pytest.mark.parametrize(("latitude", "longitude"), DIRECTIONS)
def test_stars_are_whole_and_within_the_limits(latitude, longitude):
    stars = field_stars(latitude, longitude, tmag_from=11.0, tmag_until=20.0, most=1500, seed=3)
    assert stars.tmag.size == 1500
    for column in (stars.tmag, stars.mass_sun, stars.radius_sun, stars.teff_k, stars.logg_cgs):
        assert column.shape == (1500,)
        assert np.isfinite(column).all()
    assert stars.tmag.min() >= 11.0
    assert stars.tmag.max() <= 20.0
    assert (np.diff(stars.tmag) >= 0).all()
    assert stars.mass_sun.min() >= 0.1
    assert stars.mass_sun.max() <= 8.0
    assert stars.radius_sun.min() > 0.08
    assert stars.radius_sun.max() < 300.0
    assert stars.teff_k.min() > 2300.0


def test_mass_radius_and_gravity_belong_together():
    stars = field_stars(5.0, 100.0, tmag_from=10.0, most=5000)
    expected = 4.438 + np.log10(stars.mass_sun) - 2.0 * np.log10(stars.radius_sun)
    assert stars.logg_cgs == pytest.approx(expected, abs=1e-9)


def test_dwarfs_lie_on_the_sequence():
    stars = field_stars(0.0, 120.0, tmag_from=14.0, most=5000)
    dwarf = (stars.logg_cgs > 4.2) & (stars.teff_k < 9000.0)
    assert dwarf.mean() > 0.6
    mean = dwarf_at_temperature(stars.teff_k[dwarf])
    assert np.median(stars.radius_sun[dwarf] / mean.radius_sun) == pytest.approx(1.0, abs=0.1)
    assert np.percentile(np.abs(np.log(stars.radius_sun[dwarf] / mean.radius_sun)), 95) < math.log(1.35)
    assert np.percentile(np.abs(np.log(stars.mass_sun[dwarf] / mean.mass_sun)), 95) < math.log(1.35)
    red = dwarf & (stars.mass_sun < 0.7)
    assert np.corrcoef(stars.mass_sun[red], stars.teff_k[red])[0, 1] > 0.9


def test_giants_are_many_among_the_bright_and_few_among_the_faint():
    shares = [
        float(np.mean(field_stars(13.5, 76.0, tmag_from=t, tmag_until=t + 1.0).logg_cgs < 3.5))
        for t in (10.0, 13.0, 16.0, 19.0)
    ]
    assert 0.3 < shares[0] < 0.7
    assert shares[3] < 0.02
    assert (np.diff(shares) < 0).all()


def test_the_same_seed_draws_the_same_stars():
    first, second = (field_stars(20.0, 50.0, tmag_from=12.0, seed=4) for _ in range(2))
    other = field_stars(20.0, 50.0, tmag_from=12.0, seed=5)
    assert np.array_equal(first.tmag, second.tmag)
    assert np.array_equal(first.mass_sun, second.mass_sun)
    assert not np.array_equal(first.tmag, other.tmag)
    assert first.area_deg2 == second.area_deg2 == other.area_deg2


@pytest.mark.parametrize("most", [100, 2000, 20000])
def test_the_area_is_that_in_which_the_model_has_as_many_stars(most):
    stars = field_stars(-25.0, 280.0, tmag_from=12.0, tmag_until=19.0, most=most)
    between = np.diff(density_per_deg2(-25.0, 280.0, np.array([12.0, 19.0])))[0]
    assert stars.tmag.size / stars.area_deg2 == pytest.approx(between, rel=1e-9)


def test_magnitudes_are_drawn_as_the_model_counts_them():
    stars = field_stars(40.0, 200.0, tmag_from=10.0, tmag_until=21.0, most=20000)
    limits = np.array([14.0, 16.0, 18.0, 20.0])
    expected = density_per_deg2(40.0, 200.0, limits) - density_per_deg2(40.0, 200.0, np.array([10.0]))
    drawn = [np.count_nonzero(stars.tmag < limit) / stars.area_deg2 for limit in limits]
    assert drawn == pytest.approx(expected, rel=0.1)
    assert drawn[2:] == pytest.approx(expected[2:], rel=0.02)


def test_no_field_is_larger_than_a_thousand_square_degrees():
    stars = field_stars(90.0, 0.0, tmag_from=3.0, tmag_until=6.0, most=2000)
    assert 0 < stars.tmag.size < 2000
    assert 900.0 < stars.area_deg2 <= galaxy.LARGEST_FIELD_DEG2
    none = field_stars(30.0, 0.0, tmag_from=15.0, tmag_until=15.0)
    assert none.tmag.size == 0
    assert none.area_deg2 > 0


def test_stars_near_the_sun_are_as_many_as_are_counted():
    """0.081 objects in a cubic parsec by the Gaia Catalogue of Nearby Stars, some of them pairs of ours."""
    edges = np.geomspace(0.1, 8.0, 400)
    assert systems_per_pc3(edges).sum() == pytest.approx(0.075, rel=0.1)
    alive = stellar_kinds(0.0, 10.0)
    assert 0.06 < alive.per_pc3.sum() < systems_per_pc3(edges).sum()


def test_old_stars_have_left_the_sequence_and_young_ones_have_not():
    old, young = stellar_kinds(11.5, 13.0), stellar_kinds(0.0, 0.2)
    assert old.mass_sun[old.logg_cgs > 4.0].max() < 1.0
    assert young.mass_sun[young.logg_cgs > 3.9].max() > 3.0
    turnoff = stellar_kinds(11.5, 13.0, dwarf_gyr=6.4, brighter_mass=1.25)
    assert 0.78 < turnoff.mass_sun.max() < 0.9


def _population(tmag: np.ndarray, area: float) -> Population:
    one = np.ones(tmag.size)
    return Population(tmag, one, one, 5800.0 * one, 4.4 * one, area)


def test_counts_scale_the_area_and_nothing_else():
    model = field_stars(-25.0, 280.0, tmag_from=11.0, most=4000)
    whole = np.concatenate([model.tmag, model.tmag, [math.nan]])
    twice = with_counts(model, whole, model.area_deg2)
    assert model.area_deg2 / twice.area_deg2 == pytest.approx(2.0)
    assert twice.tmag is model.tmag
    assert with_counts(model, whole, 2.0 * model.area_deg2).area_deg2 == pytest.approx(model.area_deg2)
    match = counts_match(model, whole, model.area_deg2)
    assert match.factor == pytest.approx(2.0)
    assert match.observed_stars == 2 * round(match.expected_stars)
    assert (match.tmag_from, match.tmag_until) == (12.0, 18.0)


def test_a_cone_of_few_stars_leaves_the_model_alone():
    model = field_stars(-25.0, 280.0, tmag_from=11.0, most=4000)
    for few in (np.zeros(0), np.linspace(12.5, 17.5, 19), np.linspace(18.5, 20.0, 500), np.full(50, math.nan)):
        assert with_counts(model, few, 0.01).area_deg2 == model.area_deg2
    empty = field_stars(30.0, 0.0, tmag_from=15.0, tmag_until=15.0)
    assert with_counts(empty, np.linspace(12.5, 17.5, 100), 0.01).area_deg2 == empty.area_deg2


def test_the_factor_stays_sane():
    model = _population(np.linspace(12.0, 20.0, 800), 1.0)
    crowd = np.linspace(12.5, 17.5, 10000)
    assert counts_match(model, crowd, 1.0).factor == 5.0
    assert counts_match(model, crowd[::400], 1.0).factor == 0.2
    with pytest.raises(ValueError, match="area"):
        counts_match(model, crowd, 0.0)


def test_only_stars_as_faint_as_the_population_are_compared():
    """A population that starts at the target's magnitude says nothing of brighter stars."""
    model = field_stars(-3.5, 56.0, tmag_from=16.0, most=4000)
    full = field_stars(-3.5, 56.0, tmag_from=10.0, most=40000, seed=1)
    match = counts_match(model, full.tmag, full.area_deg2)
    assert match.tmag_from == pytest.approx(16.0, abs=0.5)
    assert match.factor == pytest.approx(1.0, abs=0.15)


@pytest.mark.skipif(not has_realdata(), reason=MISSING_REASON)
def test_real_cones_are_counted_within_a_factor_two():
    from benchmarks.galaxy import pack_cones

    cones = pack_cones()
    assert len(cones) == 4
    for cone in cones:
        assert 0.5 < cone.expected() / cone.stars < 2.0, cone.name


@pytest.mark.skipif(not has_realdata(), reason=MISSING_REASON)
def test_scaled_by_its_bright_stars_the_model_foretells_the_faint_ones():
    from benchmarks.galaxy import pack_cones

    for cone in pack_cones():
        if cone.stars < 100:
            continue
        model = field_stars(cone.latitude_deg, cone.longitude_deg, tmag_from=11.0, most=10000)
        scaled = with_counts(model, cone.tmag, cone.area_deg2)
        expected = np.count_nonzero((scaled.tmag >= 18) & (scaled.tmag < 19)) / scaled.area_deg2 * cone.area_deg2
        assert expected / np.count_nonzero((cone.tmag >= 18) & (cone.tmag < 19)) == pytest.approx(1.0, abs=0.2)
