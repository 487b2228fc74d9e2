"""The adapter of transitleastsquares, and its agreement with our engine on a few planets (the benchmark has 120)."""

from __future__ import annotations

import numpy as np
import pytest

from science.search import reference, search_periods
from science.search.grids import period_grid
from science.search.results import SearchSettings
from science.stars import Star, Value
from tests.science.search.simulate import sampled, with_transits

SETTINGS = SearchSettings(engine="reference")


@pytest.mark.parametrize(
    ("period", "duration", "depth", "seed"),
    [(1.93, 0.09, 1.3e-3, 31), (4.31, 0.14, 1.5e-3, 32), (8.77, 0.17, 2.2e-3, 33)],
)
@pytest.mark.slow
def test_the_engine_agrees_with_the_exact_reference(period, duration, depth, seed):
    time = sampled(27.0, 15 / 1440, gaps=((13.0, 14.0),))
    flux = with_transits(time, period, time[0] + 1.2, duration, depth, 6e-4, seed)
    err = np.full(time.size, 6e-4)
    grid = period_grid(27.0, period_min_days=0.7, period_max_days=None, min_transits=2, oversampling=3)
    theirs = reference.search_periods(time, flux, err, grid, None, SETTINGS, backend="fused")
    ours = search_periods(time, flux, err, grid, None, SearchSettings())
    i, j = ours.best_index, theirs.best_index
    assert theirs.sde > 8
    assert ours.best_period_days == pytest.approx(theirs.best_period_days, rel=2e-3)
    assert ours.sde == pytest.approx(theirs.sde, rel=0.07)
    assert ours.depth[i] == pytest.approx(theirs.depth[j], rel=0.1)
    assert ours.duration_days[i] == pytest.approx(theirs.duration_days[j], rel=0.25)
    miss = (ours.epoch_bjd[i] - theirs.epoch_bjd[j] + period / 2) % period - period / 2
    assert abs(miss) < 0.15 * duration
    # The spectra agree everywhere, not only at the peak.
    assert np.corrcoef(ours.sr, theirs.sr)[0, 1] > 0.9


def test_gives_the_packages_own_answer_on_our_grid():
    """Its chi-square, scaled back, is the gain of a template at its own period, epoch, duration and depth."""
    from science.search.templates import transit_shape

    time = sampled(20.0, 30 / 1440)
    flux = with_transits(time, 2.6, time[0] + 1.0, 0.13, 3e-3, 4e-4, 41)
    err = np.full(time.size, 4e-4)
    grid = period_grid(20.0, period_min_days=2.0, period_max_days=4.0, min_transits=2, oversampling=3)
    found = search_periods(time, flux, err, grid, None, SETTINGS)
    best = found.best_index
    assert np.array_equal(found.periods_days, grid.periods_days)
    assert np.isfinite(found.epoch_bjd).sum() == 1
    x = (time - found.epoch_bjd[best] + found.best_period_days / 2) % found.best_period_days
    a = transit_shape(0.35, 0.23).value((x - found.best_period_days / 2) / found.duration_days[best])
    gain = np.sum(a * (1 - flux)) ** 2 / np.sum(a**2) / 4e-4**2
    assert found.delta_chi2[best] == pytest.approx(gain, rel=0.1)


def test_stellar_limits_follow_the_density():
    dwarf = Star(density_gcc=Value(10.0, 1.0, "test"))
    limits = reference._stellar_limits(dwarf)
    assert limits["R_star_min"] < limits["R_star"] < limits["R_star_max"]
    assert limits["M_star"] / limits["R_star"] ** 3 * 1.41 == pytest.approx(10.0, rel=0.01)
    assert reference._stellar_limits(None) == {}


def test_progress_is_told_and_can_cancel():
    time = sampled(20.0, 30 / 1440)
    flux = with_transits(time, 2.6, time[0] + 1.0, 0.13, 3e-3, 4e-4, 41)
    err = np.full(time.size, 4e-4)
    grid = period_grid(20.0, period_min_days=1.0, period_max_days=None, min_transits=2, oversampling=3)
    told = []
    search_periods(time, flux, err, grid, None, SETTINGS, lambda *p: told.append(p))
    n = len(grid.periods_days)
    assert told[0] == (0, n)
    assert told[-1] == (n, n)

    def stop(done: int, total: int) -> None:
        if done > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search_periods(time, flux, err, grid, None, SETTINGS, stop)
