"""The box search adapter: astropy's answer in this product's words."""

from __future__ import annotations

import numpy as np
import pytest

from science.search import search_periods
from science.search.durations import duration_grid
from science.search.grids import period_grid
from science.search.results import PeriodGrid, SearchSettings
from tests.science.search.simulate import sampled, with_transits

SETTINGS = SearchSettings(engine="bls")
TIME = sampled(27.0, 15 / 1440, gaps=((13.0, 14.0),))
FLUX = with_transits(TIME, 3.31, TIME[0] + 1.2, 0.12, 1.2e-3, 5e-4, seed=21)
ERR = np.full(TIME.size, 5e-4)


def test_is_what_astropy_says_at_each_period():
    from astropy.timeseries import BoxLeastSquares

    periods = np.array([2.0, 3.31, 6.62])
    found = search_periods(TIME, FLUX, ERR, PeriodGrid(periods, 2.0, 6.62, 3), None, SETTINGS)
    grid = duration_grid(periods, None, SETTINGS.duration_step, cadence_days=15 / 1440)
    for i, period in enumerate(periods):
        trial = grid.durations_days[grid.first[i] : grid.stop[i]]
        model = BoxLeastSquares(TIME, FLUX, ERR)
        theirs = model.power([period], trial, objective="likelihood", method="fast", oversample=10)
        assert found.delta_chi2[i] == pytest.approx(2 * float(theirs.power[0]), rel=0.03)
        assert found.depth[i] == pytest.approx(float(theirs.depth[0]), rel=0.1)


def test_finds_an_injected_planet():
    grid = period_grid(27.0, period_min_days=0.5, period_max_days=None, min_transits=2, oversampling=3)
    found = search_periods(TIME, FLUX, ERR, grid, None, SETTINGS)
    best = found.best_index
    assert found.engine == "bls"
    assert found.sde > 9
    assert found.best_period_days == pytest.approx(3.31, rel=2e-3)
    miss = (found.epoch_bjd[best] - TIME[0] - 1.2 + 1.655) % 3.31 - 1.655
    assert abs(miss) < 0.02
    # A box is as deep as the transit is on average, some 10 % less than at its deepest.
    assert 0.8e-3 < found.depth[best] < 1.25e-3


def test_brightenings_do_not_count():
    grid = PeriodGrid(np.array([3.30, 3.31, 3.32]), 3.30, 3.32, 3)
    bright = search_periods(TIME, 2 - FLUX, ERR, grid, None, SETTINGS)
    dips = search_periods(TIME, FLUX, ERR, grid, None, SETTINGS)
    assert bright.delta_chi2.max() < 0.3 * dips.delta_chi2.max()
    assert np.all(bright.depth >= 0)


def test_progress_can_cancel():
    told = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done > 0:
            raise KeyboardInterrupt

    grid = period_grid(27.0, period_min_days=0.5, period_max_days=None, min_transits=2, oversampling=3)
    with pytest.raises(KeyboardInterrupt):
        search_periods(TIME, FLUX, ERR, grid, None, SETTINGS, stop)
    assert told[0][0] == 0
    assert 0 < told[-1][0] < told[-1][1]
