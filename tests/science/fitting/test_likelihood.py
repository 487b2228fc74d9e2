"""The posterior against slow, obvious twins: dense matrices instead of sums, one formula at a time."""

from dataclasses import replace

import numpy as np
import pytest

from science.fitting.likelihood import SLOPE_PRIOR, correlated_chi2, marginal_chi2, posterior_of
from science.fitting.parameters import kipping_of, layout_of
from science.fitting.priors import priors_of
from science.fitting.results import FitSettings
from science.fitting.windows import select
from science.stars import Star, Value
from tests.science.fitting.planted_light import LIMB, SUN_LIKE, Planted, light

PLANET = Planted()


def _posterior(settings: FitSettings = FitSettings(), star: Star = SUN_LIKE, red: float = 1.0):
    guess = PLANET.guess
    prepared = select(light([PLANET]), [guess])
    layout = layout_of([guess], star, settings, PLANET.epoch, [None])
    return posterior_of(layout, priors_of(layout, [guess], star, settings, [5.0]), prepared, red)


def _truth(layout):
    values = np.zeros(len(layout.names))
    q1, q2 = kipping_of(*LIMB)
    truth = {
        "period_days": PLANET.period,
        "epoch_bjd": 0.0,
        "ln_radius_ratio": np.log(PLANET.ratio),
        "impact_parameter": PLANET.impact,
        "ln_duration": np.log(PLANET.duration),
        "q1": q1,
        "q2": q2,
        "dilution": 0.1,
        "sqrt_e_cos_omega": 0.3,
        "sqrt_e_sin_omega": -0.2,
        "ln_gp_amplitude": np.log(2e-4),
        "ln_gp_timescale": np.log(0.05),
    }
    for i, name in enumerate(layout.names):
        values[i] = truth[name]
    return values


@pytest.mark.parametrize(
    "settings",
    [
        FitSettings(),
        FitSettings(eccentric=True),
        FitSettings(use_stellar_density=True, dilution=0.1, dilution_err=0.02),
        FitSettings(gaussian_process=True),
    ],
)
def test_the_compiled_pass_says_what_the_formulas_say(settings):
    posterior = _posterior(settings)
    layout = posterior.layout
    rng = np.random.default_rng(5)
    centre = layout.theta(_truth(layout)[None])[0]
    theta = centre + rng.normal(size=(300, centre.size)) * 0.3
    theta[:, layout.at("period_days")] = PLANET.period + rng.normal(size=300) * 1e-2
    theta[:, layout.at("epoch_bjd")] = rng.normal(size=300) * 0.05
    theta[:, layout.at("impact_parameter")] = rng.normal(0.0, 6.0, 300)
    fast = posterior(theta)
    slow = posterior.of_values(layout.values(theta)) + layout.ln_jacobian(theta)
    assert np.array_equal(np.isfinite(fast), np.isfinite(slow))
    inside = np.isfinite(fast)
    assert 30 < inside.sum() < 300
    assert fast[inside] == pytest.approx(slow[inside], rel=1e-10, abs=1e-9)


@pytest.mark.parametrize("impact", [0.3, 0.97, 1.04])  # within the star, and more and less than half a disc on it
def test_coordinates_go_there_and_back_with_the_right_volume(impact):
    layout = _posterior().layout
    values = _truth(layout)
    values[layout.at("impact_parameter")] = impact
    theta = layout.theta(values[None])
    assert layout.values(theta)[0] == pytest.approx(values)
    d = values.size
    step = 1e-6
    columns = [(layout.values(theta + step * e) - layout.values(theta - step * e))[0] / (2 * step) for e in np.eye(d)]
    volume = np.log(abs(np.linalg.det(np.array(columns)))) - np.log(1 + PLANET.ratio)
    assert layout.ln_jacobian(theta)[0] == pytest.approx(volume, abs=1e-6)


def _dense(y, error, x, starts, block, n_blocks, kernel=None):
    """Best line of each event with a wide prior on its slope, by matrices; chi2 in blocks and ln det."""
    chi2, log = np.zeros(n_blocks), 0.0
    for first, last, b in zip(starts[:-1], starts[1:], block, strict=True):
        covariance = np.diag(error[first:last] ** 2)
        if kernel is not None:
            covariance = covariance + kernel[first:last, first:last]
        inverse = np.linalg.inv(covariance)
        design = np.column_stack((np.ones(last - first), x[first:last]))
        prior = np.diag([0.0, (1 / error[first:last] ** 2).sum() / SLOPE_PRIOR**2])
        matrix = design.T @ inverse @ design + prior
        right = design.T @ inverse @ y[first:last]
        chi2[b] += y[first:last] @ inverse @ y[first:last] - right @ np.linalg.solve(matrix, right)
        log += np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(matrix)[1]
    return chi2, log


def test_levels_and_slopes_are_integrated_out_exactly():
    posterior = _posterior()
    values = _truth(posterior.layout)[None]
    model = posterior.model(values)
    error = 1 / np.sqrt(posterior.weight)
    wanted, _ = _dense(posterior.flux - model[0], error, posterior.x, posterior.starts, posterior.event_block, 1)
    found = marginal_chi2(
        model,
        np.zeros(1),
        posterior.flux,
        posterior.weight,
        posterior.x,
        posterior.starts,
        posterior.event_block,
        posterior.slope_precision,
        1,
    )
    assert found[0] == pytest.approx(wanted, rel=1e-9)
    # A level and a slope of its own in every event change nothing.
    event = np.repeat(np.arange(posterior.starts.size - 1), np.diff(posterior.starts))
    tilted = replace(posterior, flux=posterior.flux + 0.01 * (event + 1) + 1e-4 * posterior.x)
    assert tilted.chi2(values)[0] == pytest.approx(posterior.chi2(values)[0], rel=1e-3)
    # Negative control: a curved baseline is not a line.
    curved = replace(posterior, flux=posterior.flux + 2e-3 * posterior.x**2)
    assert curved.chi2(values)[0] > 1.2 * posterior.chi2(values)[0]


def test_correlated_noise_against_dense_matrices():
    posterior = _posterior(FitSettings(gaussian_process=True))
    values = _truth(posterior.layout)[None]
    amplitude, timescale = 2e-4, 0.05
    separation = np.sqrt(3) * np.abs(posterior.time[:, None] - posterior.time) / timescale
    kernel = amplitude**2 * (1 + separation) * np.exp(-separation)
    error = 1 / np.sqrt(posterior.weight)
    model = posterior.model(values)
    wanted, log = _dense(
        posterior.flux - model[0], error, posterior.x, posterior.starts, posterior.event_block, 1, kernel
    )
    found, logs = correlated_chi2(
        model,
        np.zeros(1),
        np.array([amplitude]),
        np.array([timescale]),
        posterior.time,
        posterior.flux,
        1 / posterior.weight,
        posterior.x,
        posterior.starts,
        posterior.event_block,
        posterior.slope_precision,
        1,
    )
    assert found[0] == pytest.approx(wanted, rel=1e-8)
    assert logs[0] == pytest.approx(log, rel=1e-8)
    # Without amplitude it is the white likelihood.
    white, _ = correlated_chi2(
        model,
        np.zeros(1),
        np.array([1e-12]),
        np.array([timescale]),
        posterior.time,
        posterior.flux,
        1 / posterior.weight,
        posterior.x,
        posterior.starts,
        posterior.event_block,
        posterior.slope_precision,
        1,
    )
    assert white[0] == pytest.approx(posterior.white_chi2(np.zeros(1), model)[0], rel=1e-9)


def test_the_noise_level_is_integrated_over():
    posterior = _posterior()
    theta = posterior.layout.theta(_truth(posterior.layout)[None])
    other = theta.copy()
    other[0, posterior.layout.at("ln_radius_ratio")] += 0.05
    louder = replace(posterior, weight=posterior.weight / 9.0, slope_precision=posterior.slope_precision / 9.0)
    drop = (posterior(theta) - posterior(other))[0]
    assert drop > 1.0
    # Errors that are three times too long all over make no difference; a red factor makes the one that it should.
    assert (louder(theta) - louder(other))[0] == pytest.approx(drop, rel=1e-9)
    red = replace(posterior, red_factor=2.0)
    assert (red(theta) - red(other))[0] == pytest.approx(drop / 4.0, rel=1e-6)


def test_priors_hold_what_they_say():
    star = replace(SUN_LIKE, density_gcc=Value(1.56, 0.156, "test"))
    posterior = _posterior(FitSettings(use_stellar_density=True), star)
    layout, priors = posterior.layout, posterior.priors
    values = np.repeat(_truth(layout)[None], 3, axis=0)
    values[1, layout.at("impact_parameter")] = 1.07  # the planet misses the star
    values[2, layout.at("q1")] = 1.2
    height = priors.log_density(values, layout.planets(values), layout.limb(values))
    assert np.isfinite(height[0])
    assert not np.isfinite(height[1:]).any()
    assert priors.ln_density == pytest.approx((np.log(1.56), 0.1))
    cube = np.random.default_rng(2).uniform(size=(2000, values.shape[1]))
    drawn = priors.from_cube(cube)
    b, k = drawn[:, layout.at("impact_parameter")], np.exp(drawn[:, layout.at("ln_radius_ratio")])
    assert np.all(b < 1 + k)
    assert np.mean(b / (1 + k)) == pytest.approx(0.5, abs=0.03)
