"""The template engine against its slow twin, against known truths, and against everything that must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.search import engine, search_periods
from science.search.durations import duration_grid
from science.search.grids import period_grid
from science.search.results import PeriodGrid, SearchSettings
from science.stars import Star, Value
from tests.science.search.simulate import direct_delta_chi2, sampled, with_transits

SETTINGS = SearchSettings()


def grid_of(periods) -> PeriodGrid:
    periods = np.asarray(periods, dtype=np.float64)
    return PeriodGrid(periods, float(periods[0]), float(periods[-1]), 3)


def around(period: float, n: int = 9, step: float = 2e-3) -> PeriodGrid:
    return grid_of(period * (1 + step * (np.arange(n) - n // 2)))


# ------------------------------------------------------------------ against the slow twin


@pytest.mark.parametrize(
    ("period", "duration", "cadence", "span"),
    [
        (0.61, 0.05, 10 / 1440, 27.0),
        (0.9137, 0.06, 29.4 / 1440, 80.0),
        (3.7, 0.12, 10 / 1440, 27.0),
        (12.9, 0.2, 20 / 1440, 54.0),
        (31.0, 0.3, 58.8 / 1440, 180.0),
    ],
)
@pytest.mark.parametrize("phase", [0.0, 0.31, 0.9995])
def test_gains_the_chi_square_of_the_direct_search(period, duration, cadence, span, phase):
    """At a true period, wherever in phase the transit lies, binning costs less than 2.5 % of chi-square."""
    time = sampled(span, cadence)
    epoch = 0.5 * (time[0] + time[-1]) + phase * period
    flux = with_transits(time, period, epoch, duration, 2e-3, 5e-4, seed=4)
    err = np.full(time.size, 5e-4)
    found = search_periods(time, flux, err, grid_of([period]), None, SETTINGS)
    durations = duration * 1.1 ** np.arange(-4, 5)
    best, direct_duration, direct_epoch, depth = direct_delta_chi2(time, flux, err, period, durations, steps=30)
    assert found.delta_chi2[0] == pytest.approx(best, rel=0.025)
    assert found.duration_days[0] == pytest.approx(direct_duration, rel=0.16)
    miss = (found.epoch_bjd[0] - direct_epoch + period / 2) % period - period / 2
    assert abs(miss) < 0.1 * duration
    assert found.depth[0] == pytest.approx(depth, rel=0.06)


def test_follows_the_direct_search_in_pure_noise():
    """Without a signal each period's maximum is that of noise; the fast one must neither miss nor invent."""
    time = sampled(27.0, 30 / 1440, gaps=((13.0, 14.1),))
    rng = np.random.default_rng(12)
    flux = 1 + rng.normal(0, 1e-3, time.size)
    err = np.full(time.size, 1e-3)
    periods = np.linspace(1.9, 2.6, 9)
    found = search_periods(time, flux, err, grid_of(periods), None, SETTINGS)
    grid = duration_grid(periods, None, SETTINGS.duration_step, cadence_days=30 / 1440)
    direct = np.array(
        [
            direct_delta_chi2(time, flux, err, p, grid.durations_days[grid.first[i] : grid.stop[i]], steps=30)[0]
            for i, p in enumerate(periods)
        ]
    )
    assert np.all(found.delta_chi2 < 1.25 * direct)
    assert np.median(found.delta_chi2 / direct) == pytest.approx(0.97, abs=0.06)


def test_unequal_errors_are_weights():
    """A curve whose second half is ten times noisier: the gain is that of the weighted direct search."""
    time = sampled(40.0, 20 / 1440)
    err = np.where(time < time[0] + 20, 4e-4, 4e-3)
    flux = with_transits(time, 2.6, time[0] + 1.1, 0.12, 1e-3, 0.0, seed=1)
    flux += np.random.default_rng(5).normal(0, 1, time.size) * err
    found = search_periods(time, flux, err, grid_of([2.6]), None, SETTINGS)
    best = direct_delta_chi2(time, flux, err, 2.6, np.array([0.11, 0.12, 0.13]), steps=30)
    assert found.delta_chi2[0] == pytest.approx(best[0], rel=0.03)


# ------------------------------------------------------------------ against known truths


@pytest.mark.parametrize(
    ("period", "duration", "cadence_minutes", "span"),
    [(0.55, 0.06, 2, 27.0), (4.3117, 0.14, 2, 27.0), (0.79, 0.08, 1 / 3, 9.0), (11.3, 0.2, 10, 27.0)],
)
def test_finds_an_injected_planet(period, duration, cadence_minutes, span):
    time = sampled(span, cadence_minutes / 1440, gaps=((13.0, 14.0),))
    epoch = time[0] + 0.37 * period
    noise = 2e-4 * np.sqrt(30 / cadence_minutes)
    flux = with_transits(time, period, epoch, duration, 1e-3, noise, seed=8)
    grid = period_grid(span, period_min_days=0.5, period_max_days=None, min_transits=2, oversampling=3)
    found = search_periods(time, flux, np.full(time.size, noise), grid, None, SETTINGS)
    best = found.best_index
    assert found.sde > 8.5
    assert found.best_period_days == pytest.approx(period, rel=2e-3)
    assert found.depth[best] == pytest.approx(1e-3, rel=0.15)
    assert found.duration_days[best] == pytest.approx(duration, rel=0.25)


def test_a_known_star_leaves_the_noise_fewer_durations_to_choose_from():
    time = sampled(27.0, 10 / 1440)
    flux = with_transits(time, 3.2, time[0] + 1, 0.11, 6e-4, 6e-4, seed=3)
    err = np.full(time.size, 6e-4)
    sun = Star(radius_sun=Value(1.0, 0.03, "test"), mass_sun=Value(1.0, 0.05, "test"))
    grid = period_grid(27.0, period_min_days=0.5, period_max_days=None, min_transits=2, oversampling=3)
    known = search_periods(time, flux, err, grid, sun, SETTINGS)
    unknown = search_periods(time, flux, err, grid, sun, SearchSettings(use_stellar_density=False))
    assert known.best_period_days == pytest.approx(3.2, rel=2e-3)
    assert known.delta_chi2.max() == pytest.approx(unknown.delta_chi2.max(), rel=0.02)
    assert np.median(known.delta_chi2) < 0.95 * np.median(unknown.delta_chi2)
    assert any("density" in note for note in known.notes)


def test_brightenings_are_not_found():
    time = sampled(20.0, 10 / 1440)
    flux = 2.0 - with_transits(time, 2.2, time[0] + 1, 0.1, 5e-3, 1e-4, seed=2)
    found = search_periods(time, flux, np.full(time.size, 1e-4), around(2.2), None, SETTINGS)
    dip = search_periods(time, 2.0 - flux, np.full(time.size, 1e-4), around(2.2), None, SETTINGS)
    assert found.delta_chi2.max() < 0.01 * dip.delta_chi2.max()
    assert np.all(found.depth >= 0)


def test_one_deep_event_is_no_repeating_dip():
    """An event that no second turn covers is not seen at all, whatever its depth."""
    time = sampled(20.0, 10 / 1440, gaps=((9.0, 18.0),))
    flux = 1 + np.random.default_rng(6).normal(0, 3e-4, time.size)
    flux[np.abs(time - (time[0] + 8.2)) < 0.1] -= 0.02
    err = np.full(time.size, 3e-4)
    # The event is at 8.2 d; with these periods the next ones fall into the gap or after the end.
    grid = grid_of([8.5, 9.0, 9.4])
    alone = search_periods(time, flux, err, grid, None, SETTINGS)
    single = search_periods(time, flux, err, grid, None, SearchSettings(min_transits=1))
    assert single.delta_chi2.min() > 10_000
    assert alone.delta_chi2.max() < 200


def test_flat_and_perfect_curves_have_no_detection():
    time = sampled(20.0, 10 / 1440)
    found = search_periods(time, np.ones(time.size), np.full(time.size, 1e-4), around(2.0, 200), None, SETTINGS)
    assert found.sde == 0.0
    assert not found.power.any()
    assert not np.isfinite(found.epoch_bjd).any()
    assert "No dip was found at any period." in found.notes


# ------------------------------------------------------------------ what must not matter

TIME = sampled(15.0, 15 / 1440, gaps=((6.0, 7.0),))
FLUX = with_transits(TIME, 1.7, TIME[0] + 0.6, 0.1, 1e-3, 4e-4, seed=9)
ERR = np.full(TIME.size, 4e-4)
GRID = period_grid(15.0, period_min_days=1.0, period_max_days=3.0, min_transits=2, oversampling=2)
PLAIN = search_periods(TIME, FLUX, ERR, GRID, None, SETTINGS)


@given(shift=st.floats(-1e4, 1e4))
@settings(max_examples=15, deadline=None)
def test_invariant_under_a_shift_of_time(shift):
    moved = search_periods(TIME + shift, FLUX, ERR, GRID, None, SETTINGS)
    # Times are rounded to 5e-10 d at this size, which moves single points across bin borders.
    assert np.allclose(moved.delta_chi2, PLAIN.delta_chi2, rtol=0.05, atol=0.5)
    assert moved.sde == pytest.approx(PLAIN.sde, rel=0.01)
    assert moved.best_index == PLAIN.best_index
    assert moved.epoch_bjd[moved.best_index] - shift == pytest.approx(PLAIN.epoch_bjd[PLAIN.best_index], abs=0.01)


@given(scale=st.floats(1e-3, 30.0))
@settings(max_examples=15, deadline=None)
def test_invariant_under_a_scale_of_dips_and_errors(scale):
    scaled = search_periods(TIME, 1 + (FLUX - 1) * scale, ERR * scale, GRID, None, SETTINGS)
    assert np.allclose(scaled.delta_chi2, PLAIN.delta_chi2, rtol=1e-3)
    assert np.allclose(scaled.depth, PLAIN.depth * scale, rtol=1e-2)
    assert scaled.sde == pytest.approx(PLAIN.sde, rel=1e-3)


@given(factor=st.floats(0.01, 100.0))
@settings(max_examples=15, deadline=None)
def test_errors_alone_scale_chi_square_and_nothing_else(factor):
    other = search_periods(TIME, FLUX, ERR * factor, GRID, None, SETTINGS)
    assert np.allclose(other.delta_chi2 * factor**2, PLAIN.delta_chi2, rtol=1e-3)
    assert other.sde == pytest.approx(PLAIN.sde, rel=1e-3)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_the_order_of_points_does_not_matter(seed):
    order = np.random.default_rng(seed).permutation(TIME.size)
    shuffled = search_periods(TIME[order], FLUX[order], ERR[order], GRID, None, SETTINGS)
    assert np.array_equal(shuffled.delta_chi2, PLAIN.delta_chi2)
    assert np.array_equal(shuffled.epoch_bjd, PLAIN.epoch_bjd)


def test_threads_give_the_same_numbers():
    two = search_periods(TIME, FLUX, ERR, GRID, None, SETTINGS, n_threads=2)
    for name in ("delta_chi2", "depth", "duration_days", "epoch_bjd", "power"):
        assert np.array_equal(getattr(two, name), getattr(PLAIN, name))


def test_a_doubled_curve_doubles_the_chi_square():
    """Every point twice: the same statistic, twice the weight."""
    twice = search_periods(np.tile(TIME, 2), np.tile(FLUX, 2), np.tile(ERR, 2), GRID, None, SETTINGS)
    # Twice the points may be cut into other chunks, which moves some of them by a fraction of a bin.
    assert twice.delta_chi2.max() == pytest.approx(2 * PLAIN.delta_chi2.max(), rel=0.02)
    assert np.median(twice.delta_chi2 / PLAIN.delta_chi2) == pytest.approx(2.0, rel=0.01)


# ------------------------------------------------------------------ sharing, progress, refusals


def test_sharing_a_fold_among_neighbours_costs_little(monkeypatch):
    """Long data share chunk folds; folding every period by itself gives the same spectrum within the bin noise."""
    time = sampled(400.0, 29.4 / 1440)
    flux = with_transits(time, 5.37, time[0] + 2, 0.15, 3e-4, 4e-4, seed=10)
    err = np.full(time.size, 4e-4)
    grid = period_grid(400.0, period_min_days=5.3, period_max_days=5.45, min_transits=2, oversampling=3)
    shared = search_periods(time, flux, err, grid, None, SETTINGS)
    alone_first = np.array([0, time.size])
    monkeypatch.setattr(engine, "_sharing", lambda time, periods, bin_days: (alone_first, 1, 1e-3))
    alone = search_periods(time, flux, err, grid, None, SETTINGS)
    assert shared.best_period_days == pytest.approx(alone.best_period_days, rel=2e-4)
    assert shared.delta_chi2.max() == pytest.approx(alone.delta_chi2.max(), rel=0.02)
    assert np.corrcoef(shared.delta_chi2, alone.delta_chi2)[0, 1] > 0.99
    assert not np.array_equal(shared.delta_chi2, alone.delta_chi2)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_progress_is_told_and_can_cancel(n_threads):
    class CancelledError(Exception):
        pass

    told: list[tuple[int, int]] = []
    search_periods(TIME, FLUX, ERR, GRID, None, SETTINGS, lambda *p: told.append(p), n_threads=n_threads)
    n = len(GRID.periods_days)
    assert told[0] == (0, n)
    assert told[-1] == (n, n)
    assert [done for done, _ in told] == sorted(done for done, _ in told)

    def stop(done: int, total: int) -> None:
        if done > 0:
            raise CancelledError

    with pytest.raises(CancelledError):
        search_periods(TIME, FLUX, ERR, GRID, None, SETTINGS, stop, n_threads=n_threads)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda t, f, e: (t[:5], f[:5], e[:5]), "ten points"),
        (lambda t, f, e: (t, f[:-1], e), "equal length"),
        (lambda t, f, e: (t, np.where(np.arange(f.size) == 3, np.nan, f), e), "finite"),
        (lambda t, f, e: (t, f, np.zeros_like(e)), "positive"),
        (lambda t, f, e: (np.full_like(t, 5.0), f, e), "same time"),
    ],
)
def test_refuses_what_cannot_be_searched(spoil, words):
    with pytest.raises(ValueError, match=words):
        search_periods(*spoil(TIME, FLUX, ERR), GRID, None, SETTINGS)


def test_warm_up_leaves_nothing_to_compile():
    engine.warm_up()
    from science.search import kernels

    before = kernels.search_block.stats.cache_misses, len(kernels.search_block.signatures)
    search_periods(TIME, FLUX, ERR, GRID, None, SETTINGS, n_threads=2)
    assert (kernels.search_block.stats.cache_misses, len(kernels.search_block.signatures)) == before


def test_read_only_arrays_need_no_other_kernel():
    from science.search import kernels

    engine.warm_up()
    before = len(kernels.search_block.signatures)
    frozen = [a.copy() for a in (TIME, FLUX, ERR, GRID.periods_days)]
    for array in frozen:
        array.setflags(write=False)
    grid = PeriodGrid(frozen[3], GRID.period_min_days, GRID.period_max_days, GRID.oversampling)
    found = search_periods(*frozen[:3], grid, None, SETTINGS)
    assert np.array_equal(found.delta_chi2, PLAIN.delta_chi2)
    assert len(kernels.search_block.signatures) == before
