"""Which star is it: likelihood, prior, and everything that is none of them."""

from __future__ import annotations

import numpy as np
import pytest

from science.vetting.pixels.combine import View
from science.vetting.pixels.host import OCCURRENCE, TARGET_SHARE, _fit, host_probabilities, occurrence
from science.vetting.pixels.position import Image
from tests.science.vetting.pixels.movies import CENTRE, PRF, a_grid

PLACES = np.array([[5.0, 5.0], [6.5, 4.0], [2.0, 7.0]])
FLUX = np.array([10_000.0, 900.0, 4000.0])


def a_view(host: int | None, light: float, noise: float = 3.0, seed: int = 1, step: float = 0.0) -> View:
    image = np.random.default_rng(seed).normal(0.0, noise, (11, 11))
    if host is not None:
        image += light * PRF.image(11, 11, PLACES[host, 0] + step, PLACES[host, 1])
    return View(Image.of(image, np.full((11, 11), noise)), PRF, CENTRE, (0.03, 0.03), a_grid(0.0))


@pytest.mark.parametrize("host", [0, 1, 2])
def test_the_star_that_dims_is_named(host: int) -> None:
    views = [a_view(host, 100.0, seed=s) for s in range(3)]
    found, none = host_probabilities(views, [PLACES] * 3, FLUX)
    assert found[0].index == host
    assert found[0].probability > 0.99
    assert found[0].missing == pytest.approx(100.0, rel=0.1)
    assert found[0].needed_depth == pytest.approx(100.0 / FLUX[host], rel=0.1)
    assert none + sum(h.probability for h in found) == pytest.approx(1.0)


def test_a_star_that_would_need_more_than_its_light_is_out() -> None:
    flux = np.array([10_000.0, 30.0, 4000.0])  # 100 go missing at the place of the second
    found, none = host_probabilities([a_view(1, 100.0, seed=s) for s in range(3)], [PLACES] * 3, flux)
    assert next(h.probability for h in found if h.index == 1) < 1e-3
    assert none > 0.9


def test_stars_on_top_of_each_other_are_told_by_the_prior_only() -> None:
    places = np.array([[5.0, 5.0], [5.02, 5.0]])
    found, _ = host_probabilities([a_view(0, 100.0)], [places], np.array([10_000.0, 400.0]))
    rates = occurrence(0.01, 0.001), occurrence(0.25, 0.025)
    assert found[0].probability == pytest.approx(rates[0] / sum(rates), abs=0.05)


def test_the_target_has_its_share_and_neighbours_split_the_rest() -> None:
    places = np.array([[5.0, 5.0], [5.01, 5.0], [5.0, 5.01], [5.01, 5.01]])
    flux = np.array([10_000.0, 400.0, 400.0, 400.0])
    found, none = host_probabilities([a_view(0, 100.0)], [places], flux, target=0)
    chance = {h.index: h.probability for h in found}
    assert none < 0.01
    assert chance[0] == pytest.approx(TARGET_SHARE, abs=0.05)
    for other in (1, 2, 3):  # however many could do it
        assert chance[other] == pytest.approx((1 - TARGET_SHARE) / 3, abs=0.03)
    alone, _ = host_probabilities([a_view(0, 100.0)], [places], np.array([10_000.0, 400.0, 20.0, 20.0]), target=0)
    chance = {h.index: h.probability for h in alone}
    assert chance[1] == pytest.approx(1 - TARGET_SHARE, abs=0.05)
    assert chance[2] < 1e-3


def test_the_share_of_the_target_does_not_save_it() -> None:
    """Light that goes missing at a neighbour, or more of it than the target has."""
    found, _ = host_probabilities([a_view(2, 100.0, seed=s) for s in range(3)], [PLACES] * 3, FLUX, target=0)
    assert found[0].index == 2
    assert found[0].probability > 0.99
    places = np.array([[5.0, 5.0], [5.02, 5.0]])
    found, _ = host_probabilities([a_view(0, 100.0)], [places], np.array([50.0, 400.0]), target=0)
    assert found[0].index == 1
    assert found[0].probability > 0.9


def test_stars_beside_the_aperture_need_more_and_take_less_of_the_rest() -> None:
    places = np.array([[5.0, 5.0], [5.02, 5.0], [0.0, 9.0]])
    flux = np.array([10_000.0, 400.0, 400.0])
    shares = []
    for inside in (1.0, 0.01):
        found, _ = host_probabilities([a_view(0, 100.0)], [places], flux, 0, np.array([1.0, 1.0, inside]))
        shares.append(next(h.probability for h in found if h.index == 1))
    assert shares[1] == pytest.approx(1 - TARGET_SHARE, abs=0.05)
    assert shares[0] == pytest.approx(0.5 * shares[1], rel=0.3)  # the far one could have done it as well


def test_a_place_without_a_star_is_none_of_them() -> None:
    view = a_view(None, 0.0)
    image = 150.0 * PRF.image(11, 11, 8.7, 8.2) + np.random.default_rng(4).normal(0, 3.0, (11, 11))
    view = View(Image.of(image, np.full((11, 11), 3.0)), PRF, CENTRE, (0.03, 0.03), a_grid(0.0))
    _, none = host_probabilities([view], [PLACES], FLUX)
    assert none > 0.99


def test_noise_gives_no_star_much_more_than_its_prior() -> None:
    found, none = host_probabilities([a_view(None, 0.0)], [PLACES], FLUX)
    assert none < 1.0
    assert max(h.probability for h in found) < 0.95


def test_a_step_of_the_registration_is_forgiven() -> None:
    views = [a_view(0, 2000.0, step=0.06, seed=s) for s in range(2)]
    found, none = host_probabilities(views, [PLACES] * 2, FLUX)
    assert found[0].index == 0
    assert none < 0.05


def test_the_marginal_likelihood_is_that_of_a_full_covariance() -> None:
    view = a_view(0, 300.0, step=0.1)
    places = PLACES[:2]
    chi2, light, err = _fit([view], [places])
    for index, (column, row) in enumerate(places):
        shares = view.image.prf(PRF, column, row)
        steps = view.image.slopes(PRF, column, row, 0.05) * light[index] * np.array(view.registration_err)
        inverse = np.linalg.inv(np.eye(shares.size) + steps @ steps.T)
        best = float(shares @ inverse @ view.image.values) / float(shares @ inverse @ shares)
        left = view.image.values - best * shares
        assert light[index] == pytest.approx(best, rel=1e-3)
        assert err[index] == pytest.approx(float(shares @ inverse @ shares) ** -0.5, rel=1e-3)
        assert chi2[index] == pytest.approx(float(left @ inverse @ left), rel=1e-3)


def test_no_stars_and_stars_out_of_sight() -> None:
    found, none = host_probabilities([a_view(0, 100.0)], [np.empty((0, 2))], np.empty(0))
    assert found == ()
    assert none == 1.0
    far = np.array([[400.0, 5.0], [5.0, -90.0]])
    found, none = host_probabilities([a_view(0, 100.0)], [far], np.array([1e4, 1e4]))
    assert found == ()
    assert none == pytest.approx(1.0)


def test_five_thousand_stars() -> None:
    rng = np.random.default_rng(8)
    places = np.vstack([PLACES, rng.uniform(-2, 13, (5000, 2))])
    flux = np.concatenate([FLUX, np.full(5000, 3.0)])
    found, _ = host_probabilities([a_view(0, 100.0)], [places], flux)
    assert found[0].index == 0
    assert found[0].probability > 0.9


def test_the_prior_falls_with_depth_and_ends_at_all_the_light() -> None:
    assert occurrence(0.001, 1e-4) == pytest.approx(OCCURRENCE[0][1])
    assert occurrence(0.3, 0.03) == pytest.approx(OCCURRENCE[1][1], rel=0.01)
    assert occurrence(0.95, 0.1) < 0.2 * occurrence(0.3, 0.03)
    assert occurrence(2.0, 0.1) < 1e-10
    assert occurrence(1.5, 1.0) > 0.0  # deeper than all the light, but not surely
    assert occurrence(0.0, 0.1) == occurrence(-1.0, 0.1) == 0.0
