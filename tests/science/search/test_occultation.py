"""The hidden light against brute force over pixels, and the dip's table."""

from __future__ import annotations

import numpy as np
import pytest

from science.search.occultation import blocked_light, dip_shape, radius_ratio_for_depth

LAW = (0.4, 0.25)


def brute_force(separation: float, ratio: float, u1: float, u2: float) -> float:
    side = 1601
    grid = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(grid, grid)
    r2 = x**2 + y**2
    mu = np.sqrt(np.clip(1 - r2, 0, 1))
    light = (1 - u1 * (1 - mu) - u2 * (1 - mu) ** 2) * (r2 < 1)
    return float((light * ((x - separation) ** 2 + y**2 < ratio**2)).sum() / light.sum())


@pytest.mark.parametrize("ratio", [0.05, 0.15, 0.4])
@pytest.mark.parametrize("separation", [0.0, 0.03, 0.5, 0.88, 0.99, 1.04])
def test_hidden_light_equals_brute_force(separation: float, ratio: float) -> None:
    assert blocked_light(separation, ratio, *LAW) == pytest.approx(brute_force(separation, ratio, *LAW), abs=6e-5)


def test_without_limb_darkening_a_central_disc_hides_its_area() -> None:
    assert blocked_light(0.2, 0.1, 0.0, 0.0) == pytest.approx(0.01, rel=1e-6)
    assert blocked_light(1.2, 0.1, 0.0, 0.0) == 0.0
    assert blocked_light(0.1, 1.5, 0.3, 0.1) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("impact", [0.0, 0.5, 0.85])
@pytest.mark.parametrize("depth", [1e-4, 2e-3, 0.03])
def test_radius_ratio_inverts_the_depth(depth: float, impact: float) -> None:
    ratio = radius_ratio_for_depth(depth, impact, LAW)
    assert blocked_light(impact, ratio, *LAW) == pytest.approx(depth, rel=1e-3)


def test_the_dip_is_one_deep_in_the_middle_and_over_at_the_contacts() -> None:
    shape = dip_shape(0.1, 0.3, LAW)
    value = shape.at(np.array([0.0, 0.05, 0.0999, 0.1, 0.2, -0.05]), duration=0.2)
    assert value[0] == pytest.approx(1.0)
    assert value[1] == value[5]
    assert value[2] < 0.01
    assert value[3] == value[4] == 0.0


def test_exposure_blurs_the_table_as_averaging_the_model_does() -> None:
    sharp = dip_shape(0.08, 0.4, LAW)
    blurred = dip_shape(0.08, 0.4, LAW, exposure_over_duration=0.25)
    duration, exposure = 0.1, 0.025
    for phase in (0.0, 0.02, 0.045, 0.055, 0.061):
        times = phase + (np.arange(400) + 0.5) / 400 * exposure - exposure / 2
        expected = sharp.at(times, duration).mean()
        assert blurred.at(np.array([phase]), duration)[0] == pytest.approx(expected, abs=4e-3)


def test_a_planet_that_misses_the_star_is_refused() -> None:
    with pytest.raises(ValueError, match="cross"):
        dip_shape(0.1, 1.2, LAW)
