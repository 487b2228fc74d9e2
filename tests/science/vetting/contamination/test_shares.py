"""Shares, the dip on the target alone, and what each neighbour would need."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from science.neighbours import FieldStar
from science.prf import GaussianPrf, winged_prf
from science.stars import Star, Value
from science.vetting.contamination.dilution import CrowdingOfSector
from science.vetting.contamination.shares import contamination
from tests.science.vetting.contamination.scenes import EPOCH, cube, dip, field, square, star

TARGET = star(0, 0, 10.0)
CORRECTED = (CrowdingOfSector("S1", corrected=True),)
RAW = (CrowdingOfSector("S1", corrected=False),)


def by_hand(*stars: FieldStar) -> np.ndarray:
    """Shares in the square aperture by one image a star; east is to the left."""
    light = []
    for s in stars:
        angle = math.radians(s.position_angle_deg)
        column = 5 - s.separation_arcsec / 21 * math.sin(angle)
        row = 5 + s.separation_arcsec / 21 * math.cos(angle)
        light.append(10 ** (-0.4 * s.tmag) * GaussianPrf().image(11, 11, column, row)[square()].sum())
    return np.array(light) / sum(light)


def test_shares_are_those_of_a_sum_by_hand_and_add_up_to_one():
    others = [star(1.3, 0.4, 12.0), star(-2.5, 1.0, 11.0), star(0.0, -4.0, 9.0)]
    found = contamination([cube(square())], field(TARGET, *others), Star(), dip(), CORRECTED)
    expected = dict(zip([s.tic_id for s in (TARGET, *others)], by_hand(TARGET, *others), strict=True))
    assert sum(s.share for s in found.stars) == pytest.approx(1.0, abs=1e-12)
    for s in found.stars:
        assert s.share == pytest.approx(expected[s.star.tic_id], rel=1e-3, abs=1e-9)
    assert found.stars[0].verdict == "target"
    assert found.captured == pytest.approx(winged_prf("TESS").image(11, 11, 5, 5)[square()].sum(), rel=1e-6)
    chosen = contamination([cube(square())], field(TARGET, *others), Star(), dip(), CORRECTED, GaussianPrf())
    assert chosen.captured == pytest.approx(GaussianPrf().image(11, 11, 5, 5)[square()].sum(), rel=1e-6)
    assert [s.share for s in chosen.stars] == pytest.approx([s.share for s in found.stars])


def test_an_equal_star_in_the_same_pixel_has_half_the_light():
    found = contamination([cube(square())], field(TARGET, star(0.01, 0.0, 10.0)), Star(), dip(), RAW)
    assert found.target_share == pytest.approx(0.5, abs=1e-3)
    assert found.depth == pytest.approx(2e-3, rel=1e-2)
    assert found.radius_ratio == pytest.approx(math.sqrt(2) * dip().radius_ratio, rel=1e-2)


def test_correcting_what_is_corrected_leaves_it_alone():
    crowded = field(TARGET, star(1.0, 0.0, 10.5))
    for told in (CORRECTED, (CrowdingOfSector("S1", 0.6, 0.8, True),), (CrowdingOfSector("S1", 0.6, 0.8, None),)):
        found = contamination([cube(square())], crowded, Star(), dip(), told)
        assert found.depth == dip().depth
        assert found.radius_ratio == dip().radius_ratio
    again = contamination([cube(square())], crowded, Star(), dip(), RAW)
    assert again.depth > 1.2 * dip().depth


def test_eclipse_needed_undoes_the_pipelines_correction():
    neighbour = star(1.0, 0.0, 13.0)
    picture = [cube(square())]
    raw = contamination(picture, field(TARGET, neighbour), Star(), dip(), RAW)
    share = raw.neighbours[0].share
    assert raw.neighbours[0].needed_depth == pytest.approx(1e-3 / share)
    # The same eclipse in a light curve that the pipeline divided by 0.5 looks twice as deep.
    half = contamination(
        picture, field(TARGET, neighbour), Star(), dip(2e-3), (CrowdingOfSector("S1", 0.5, None, True),)
    )
    assert half.neighbours[0].needed_depth == pytest.approx(1e-3 / share)


def test_verdicts_by_the_eclipse_needed():
    stars = [star(0.5, 0.0, 13.0), star(0.0, 0.5, 17.0), star(-0.5, 0.0, 17.5), star(0.0, -0.5, 20.0)]
    found = contamination([cube(square())], field(TARGET, *stars), Star(), dip(), CORRECTED)
    verdicts = {s.star.tmag: s.verdict for s in found.stars}
    assert verdicts[13.0] == "could"
    assert verdicts[17.0] == "could, nearly whole"
    assert verdicts[17.5] == "not excluded"
    assert verdicts[20.0] == "cannot"


def test_a_bright_star_outside_is_not_excluded_by_the_edge_of_its_image():
    found = contamination([cube(square())], field(TARGET, star(5.0, 0.0, 8.0)), Star(), dip(), CORRECTED)
    assert found.neighbours[0].needed_depth > 1
    assert found.neighbours[0].verdict == "not excluded"
    faint = contamination([cube(square())], field(TARGET, star(5.0, 0.0, 15.0)), Star(), dip(), CORRECTED)
    assert faint.neighbours[0].verdict == "cannot"


def test_averages_sectors_with_their_own_apertures():
    neighbour = star(2.0, 0.0, 10.0)
    small, large = cube(square(0), "S1"), cube(square(2), "S2")
    both = contamination([small, large], field(TARGET, neighbour), Star(), dip(), CORRECTED)
    one, two = (contamination([c], field(TARGET, neighbour), Star(), dip(), CORRECTED) for c in (small, large))
    assert both.target_share == pytest.approx((one.target_share + two.target_share) / 2)
    assert [s.n_pixels for s in both.sectors] == [1, 25]
    assert one.target_share > two.target_share


def test_proper_motion_carries_stars_to_the_epoch_of_the_movie():
    mover = star(4.0, 0.0, 10.0, pm_ra_mas=-42000.0 / 20, pm_dec_mas=0.0)
    then = contamination([cube(square())], field(TARGET, mover), Star(), dip(), CORRECTED)
    later = contamination([cube(square(), year=EPOCH + 20)], field(TARGET, mover), Star(), dip(), CORRECTED)
    assert then.target_share > 0.99
    assert later.target_share < 0.99


def test_kepler_uses_its_own_magnitudes():
    target = star(0, 0, 10.0, kepmag=10.0)
    red = star(0.01, 0.0, 10.0, kepmag=12.5)
    found = contamination([cube(square(), mission="Kepler")], field(target, red), Star(), dip(), CORRECTED)
    assert found.target_share == pytest.approx(1 / 1.1, abs=1e-3)


def test_size_of_the_planet_follows_the_star_with_errors():
    sun = Star(radius_sun=Value(1.0, 0.05, "TIC"))
    found = contamination([cube(square())], field(TARGET), sun, dip(1e-4, 1e-6), CORRECTED)
    assert found.radius_earth.value == pytest.approx(1.0908, abs=1e-3)
    assert found.radius_earth.error == pytest.approx(0.0546, abs=2e-3)
    assert contamination([cube(square())], field(TARGET), Star(), dip(), CORRECTED).radius_earth is None


def test_without_pixels_a_usual_aperture_is_taken_and_said():
    found = contamination([], field(TARGET, star(1.0, 0.0, 12.0)), Star(), dip(), CORRECTED)
    assert 0.8 < found.target_share < 0.99
    assert "round aperture of 13 pixels" in found.notes[0]
    cut_out = contamination([cube(None)], field(TARGET, star(1.0, 0.0, 12.0)), Star(), dip(), CORRECTED)
    assert cut_out.target_share == pytest.approx(found.target_share, abs=0.02)
    assert cut_out.sectors[0].aperture == "nominal"
    assert "names no aperture" in cut_out.notes[0]


def test_a_star_off_the_picture_falls_back_to_a_usual_aperture():
    elsewhere = replace(cube(square()), grid=replace(cube().grid, ra_deg=121.0))
    found = contamination([elsewhere], field(TARGET), Star(), dip(), CORRECTED)
    assert found.target_share == 1.0
    assert any("left out" in n for n in found.notes)
    assert any("round aperture" in n for n in found.notes)


def test_a_target_unknown_to_the_catalogue_is_taken_from_the_star():
    near = replace(star(0.05, 0.0, 10.1), is_target=False)
    twin = contamination([cube(square())], field(near), Star(tmag=10.0), dip(), CORRECTED)
    assert twin.target_share == 1.0
    other = replace(near, tmag=14.0)
    own = contamination([cube(square())], field(other), Star(tmag=10.0), dip(), CORRECTED)
    assert 0.9 < own.target_share < 1.0
    nothing = contamination([cube(square())], field(replace(star(1, 0, 10.0), is_target=False)), Star(), dip())
    assert not nothing.stars
    assert "no star at this position" in nothing.reason


def test_without_a_catalogue_the_file_speaks_or_nothing():
    told = (CrowdingOfSector("S1", 0.8, 0.9, False), CrowdingOfSector("S2", 0.9, 0.9, False))
    found = contamination([], None, Star(), dip(), told)
    assert found.target_share == pytest.approx(0.85)
    assert not found.stars
    assert found.depth == pytest.approx(1e-3 / 0.85)
    empty = contamination([], None, Star(), dip())
    assert empty.target_share is None
    assert empty.depth == dip().depth
    assert "catalogue" in empty.reason


def test_broken_magnitudes_and_dips_do_no_harm():
    stars = field(TARGET, star(1.0, 0.0, math.nan), star(0.0, 1.0, 12.0))
    found = contamination([cube(square())], stars, Star(), dip(), CORRECTED)
    assert len(found.stars) == 2
    assert found.n_without_magnitude == 1
    for depth in (0.0, -1e-3, math.nan):
        shallow = contamination([cube(square())], stars, Star(), dip(depth), CORRECTED)
        assert math.isnan(shallow.neighbours[0].needed_depth)
        assert shallow.neighbours[0].verdict == "unknown"
    unknown = contamination([cube(square())], field(star(0, 0, math.nan)), Star(), dip(), CORRECTED)
    assert "no magnitude" in unknown.reason


def test_crowding_and_catalogue_stand_beside_ours():
    target = star(0, 0, 10.0, contratio=0.25)
    told = (CrowdingOfSector("S1", 0.9, 0.85, True),)
    found = contamination([cube(square())], field(target), Star(), dip(), told)
    assert (found.crowding, found.flux_fraction, found.catalogue_share) == (0.9, 0.85, 0.8)
    from_cube = contamination([cube(square(), crowding=0.93)], field(target), Star(), dip())
    assert from_cube.crowding == 0.93


def test_five_thousand_neighbours_are_fast():
    rng = np.random.default_rng(2)
    others = [star(*rng.uniform(-10, 10, 2), rng.uniform(11, 20)) for _ in range(5000)]
    start = time.process_time()
    found = contamination([cube(square(), f"S{i}") for i in range(6)], field(TARGET, *others), Star(), dip())
    assert time.process_time() - start < 1.5
    assert sum(s.share for s in found.stars) == pytest.approx(1.0)
    alone = contamination([cube(square())], field(TARGET), Star(), dip())
    assert alone.target_share == 1.0
    assert alone.target_share_err == 0.0
