"""The whole fit: planted planets come back, what cannot be fitted is named, what has not converged says so."""

import time
from dataclasses import replace

import numpy as np
import pytest

from science.fitting.fit import NothingToFit, fit_transits
from science.fitting.problem import pose
from science.fitting.results import Fit, FitSettings, Guess
from science.folding import phase_days
from science.stars import Star
from tests.science.fitting.planted_light import SUN_LIKE, Planted, light

PLANET = Planted()
SHORT = FitSettings(n_walkers=16, max_steps=200, block_steps=100, threads=1)


def _told(fit: Fit) -> dict[str, float]:
    return {p.name: p.interval.median for p in fit.parameters}


@pytest.fixture(scope="module")
def fit() -> Fit:
    return fit_transits(light([PLANET]), SUN_LIKE, [PLANET.guess], SHORT, clock=time.perf_counter)


def test_a_planted_planet_comes_back(fit):
    intervals = {p.name: p.interval for p in fit.parameters}
    for name, truth in (
        ("period_days", PLANET.period),
        ("radius_ratio", PLANET.ratio),
        ("duration_hours", 24 * PLANET.duration),
        ("impact_parameter", PLANET.impact),
    ):
        i = intervals[name]
        assert i.lo95 - 0.5 * (i.median - i.lo95) < truth < i.hi95 + 0.5 * (i.hi95 - i.median), name
        assert i.lo95 < i.lo68 < i.median < i.hi68 < i.hi95
    late = phase_days(np.array([intervals["epoch_bjd"].median]), PLANET.period, PLANET.epoch)[0]
    assert abs(late) < 0.002
    assert intervals["radius_earth"].median == pytest.approx(109.1 * 0.95 * PLANET.ratio, rel=0.1)
    assert intervals["impact_parameter"].lo95 > 0.0


def test_what_a_fit_holds(fit):
    names = [p.name for p in fit.parameters]
    assert len(set(names)) == len(names)
    for name in ("u1", "u2", "depth_ppm", "density_transit_gcc", "noise_ppm:S1", "baseline_ppm:S1", "inclination_deg"):
        assert name in names
    assert fit.draws("epoch_bjd").min() > 2.4e6
    assert fit.draws("impact_parameter").min() >= 0.0
    assert _told(fit)["noise_ppm:S1"] == pytest.approx(500.0, rel=0.08)
    assert abs(_told(fit)["baseline_ppm:S1"]) < 60.0
    assert set(fit.best) == set(fit.chain.names)
    band = fit.bands[0]
    assert band.median.min() == pytest.approx(1 - 1.2 * PLANET.ratio**2, abs=4e-4)
    assert np.all(band.lo68 <= band.hi68)
    assert band.median[0] == 1.0
    assert fit.residuals.red_factor >= 1.0


def test_a_run_that_is_too_short_says_so(fit):
    assert not fit.convergence.converged
    assert "steps" in fit.convergence.reason


def test_an_interrupted_fit_goes_on_where_it_was(fit):
    kept = []

    class Stop(Exception):
        pass

    def cancel(_):
        raise Stop

    curve = light([PLANET])
    with pytest.raises(Stop):
        fit_transits(
            curve,
            SUN_LIKE,
            [PLANET.guess],
            SHORT,
            clock=time.perf_counter,
            on_checkpoint=kept.append,
            on_progress=cancel,
        )
    again = fit_transits(curve, SUN_LIKE, [PLANET.guess], SHORT, clock=time.perf_counter, resume=kept[-1])
    assert np.array_equal(again.chain.samples, fit.chain.samples)


def test_averaged_and_single_points_have_the_same_best_fit():
    curve = light([PLANET], cadence_minutes=2.0, noise=1e-3)
    one, other = (pose(curve, SUN_LIKE, [PLANET.guess], replace(SHORT, data_mode=m)) for m in ("binned", "windowed"))
    assert one.prepared.data.time_bjd.size < 0.6 * other.prepared.data.time_bjd.size
    assert one.prepared.data.mode == "binned"
    assert other.prepared.data.mode == "windowed"
    # Differences of the posterior between any two places are the same, which is all that a sampler sees.
    theta = other.starts.reshape(-1, other.starts.shape[-1])
    fine, whole = one.posterior(theta), other.posterior(theta)
    likely = whole > whole.max() - 8.0
    assert np.ptp(whole[likely]) > 5.0
    assert np.std((fine - whole)[likely]) < 0.35


def test_ensembles_start_apart_and_inside():
    problem = pose(light([PLANET], noise=2e-3), SUN_LIKE, [PLANET.guess], FitSettings())
    values = np.stack([problem.layout.values(s) for s in problem.starts])
    impact = values[..., problem.layout.at("impact_parameter")].mean(axis=1)
    assert np.ptp(impact) > 0.3
    assert all(np.all(np.isfinite(problem.posterior(s))) for s in problem.starts)


def test_one_transit_holds_the_period():
    planet = replace(PLANET, period=40.0)
    problem = pose(light([planet]), SUN_LIKE, [planet.guess], SHORT)
    assert "period_days" not in problem.layout.names
    assert any("Only one transit" in note for note in problem.notes)


def test_no_dip_is_nothing_to_fit():
    empty = light([replace(PLANET, ratio=1e-3)])
    with pytest.raises(NothingToFit, match="no dip"):
        pose(empty, SUN_LIKE, [PLANET.guess], SHORT)
    with pytest.raises(NothingToFit, match="No planet"):
        pose(empty, SUN_LIKE, [], SHORT)
    with pytest.raises(NothingToFit, match="foreign light"):
        pose(empty, SUN_LIKE, [PLANET.guess], replace(SHORT, dilution=1.2))


def test_grazing_and_unknown_star_are_told():
    grazing = replace(PLANET, impact=1.0, ratio=0.12, duration=0.07)
    quick = replace(SHORT, max_steps=100)
    fit = fit_transits(light([grazing]), Star(), [grazing.guess], quick, clock=time.perf_counter)
    assert any("grazing" in note for note in fit.notes)
    assert any("radius is unknown" in note for note in fit.notes)
    assert "radius_earth" not in _told(fit)


def test_two_planets_are_fitted_together():
    second = Planted(period=6.7, epoch=PLANET.epoch + 2.2, ratio=0.05, duration=0.16, impact=0.2)
    quick = replace(SHORT, max_steps=60, block_steps=60, n_walkers=24)
    fit = fit_transits(light([PLANET, second]), SUN_LIKE, [PLANET.guess, second.guess], quick, clock=time.perf_counter)
    told = _told(fit)
    assert told["radius_ratio:b"] == pytest.approx(PLANET.ratio, rel=0.15)
    assert told["radius_ratio:c"] == pytest.approx(second.ratio, rel=0.15)
    assert told["period_days:c"] == pytest.approx(second.period, rel=1e-3)
    assert len(fit.bands) == 2


def test_other_kinds_of_fits_run():
    curve = light([PLANET], waves=2e-4)
    quick = replace(SHORT, max_steps=60, n_walkers=24)
    for settings in (
        replace(quick, gaussian_process=True),
        replace(quick, eccentric=True, dilution=0.1, dilution_err=0.02),
    ):
        told = _told(fit_transits(curve, SUN_LIKE, [PLANET.guess], settings, clock=time.perf_counter))
        assert told["radius_ratio"] == pytest.approx(PLANET.ratio, rel=0.2)
    assert 0.0 < told["eccentricity"] < 0.95


def test_red_noise_widens_the_answer():
    white = pose(light([PLANET]), SUN_LIKE, [PLANET.guess], SHORT)
    red = pose(light([PLANET], waves=2e-4), SUN_LIKE, [PLANET.guess], SHORT)
    assert red.posterior.red_factor > 1.3 * white.posterior.red_factor
    assert any("independent points" in note for note in red.notes)


def test_an_impossible_guess_never_reaches_the_sampler():
    with pytest.raises(NothingToFit):
        fit_transits(light([PLANET]), SUN_LIKE, [Guess(4.0, 2459001.0, 3.0, 0.1)], SHORT, clock=time.perf_counter)
