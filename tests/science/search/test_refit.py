"""Refits of simulated dips whose truth comes from an independent pixel model of the star."""

from __future__ import annotations

import numpy as np
import pytest

from science.search.refit import event_depths, in_transit, measure, model_flux
from science.stars import Star

SUN_LAW = (0.386, 0.206)
EPOCH = 2458355.2


def pixel_transit(phase: np.ndarray, duration: float, ratio: float, impact: float) -> tuple[np.ndarray, float]:
    """Relative flux and mid-transit depth from a star of pixels, interpolated over 60 planet positions."""
    side = 601
    grid = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(grid, grid)
    r2 = x**2 + y**2
    mu = np.sqrt(np.clip(1 - r2, 0, 1))
    light = (1 - SUN_LAW[0] * (1 - mu) - SUN_LAW[1] * (1 - mu) ** 2) * (r2 < 1)
    reach = np.sqrt((1 + ratio) ** 2 - impact**2)
    along = np.linspace(0, reach, 60)
    hidden = [float((light * ((x - a) ** 2 + (y - impact) ** 2 < ratio**2)).sum() / light.sum()) for a in along]
    hidden[-1] = 0.0
    return 1 - np.interp(np.abs(phase) / (duration / 2) * reach, along, hidden, right=0.0), hidden[0]


def simulate(
    period: float, duration: float, ratio: float, impact: float, noise: float, seed: int, span: float = 27.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    rng = np.random.default_rng(seed)
    time = 2458354.0 + np.arange(0, span, 2 / 1440)
    time = time[np.abs(time - time[0] - span / 2) > 0.6]
    phase = (time - EPOCH + period / 2) % period - period / 2
    flux, depth = pixel_transit(phase, duration, ratio, impact)
    return time, flux + noise * rng.normal(size=time.size), np.full(time.size, noise), depth


def test_errors_cover_the_truth() -> None:
    pulls = []
    for seed in range(25):
        time, flux, err, depth = simulate(3.3, 0.12, 0.04, 0.2, 1.2e-3, seed)
        found = measure(time, flux, err, 3.301, EPOCH + 0.01, 0.15, Star(), 2 / 1440)
        cycles = round((found.epoch_bjd - EPOCH) / 3.3)
        pulls.append(
            (
                (found.period_days - 3.3) / found.period_err_days,
                (found.epoch_bjd - EPOCH - cycles * 3.3) / found.epoch_err_days,
                (found.depth - depth) / found.depth_err,
            )
        )
    scatter = np.std(np.array(pulls), axis=0)
    assert np.all(scatter > 0.6)
    assert np.all(scatter < 1.5)
    assert np.all(np.abs(np.mean(np.array(pulls), axis=0)) < 0.75)


def test_a_deep_transit_gives_depth_duration_and_radius() -> None:
    time, flux, err, depth = simulate(1.338, 0.09, 0.15, 0.2, 2e-3, 5)
    found = measure(time, flux, err, 1.3382, EPOCH, 0.11, Star(), 2 / 1440)
    assert found.depth == pytest.approx(depth, rel=0.02)
    assert found.duration_days == pytest.approx(0.09, rel=0.05)
    assert found.radius_ratio == pytest.approx(0.15, rel=0.05)
    assert found.n_transits == len(found.transit_times_bjd) == len(found.transit_depths)
    assert found.odd_even_sigma < 4
    assert abs(found.secondary_depth) < 4 * found.secondary_depth_err
    assert abs(found.epoch_bjd - time.mean()) < 1.338


def test_alternating_depths_show_in_odd_and_even() -> None:
    time, flux, err, depth = simulate(3.0, 0.12, 0.1, 0.2, 1e-3, 1)
    number = np.round((time - EPOCH) / 3.0)
    flux = np.where(number % 2 == 0, 1 + (flux - 1) * 0.8, flux)
    found = measure(time, flux, err, 3.0, EPOCH, 0.12, Star(), 2 / 1440)
    assert found.odd_even_sigma > 8
    shallow, deep = sorted((found.odd_depth, found.even_depth))
    assert shallow / deep == pytest.approx(0.8, abs=0.04)
    assert depth > 0


def test_a_secondary_is_measured_at_half_phase() -> None:
    time, flux, err, _ = simulate(3.0, 0.12, 0.1, 0.2, 1e-3, 1)
    flux[in_transit(time, 3.0, EPOCH + 1.5, 0.12)] -= 2e-3
    found = measure(time, flux, err, 3.0, EPOCH, 0.12, Star(), 2 / 1440)
    assert found.secondary_depth == pytest.approx(2e-3, abs=3 * found.secondary_depth_err)
    assert found.secondary_depth > 10 * found.secondary_depth_err


def test_red_noise_lowers_the_signal_to_noise_and_widens_the_errors() -> None:
    time, flux, err, _ = simulate(3.3, 0.12, 0.04, 0.2, 1e-3, 2)
    rng = np.random.default_rng(9)
    wander = np.interp(time, time[::80], 5e-4 * rng.normal(size=time[::80].size))
    calm = measure(time, flux, err, 3.3, EPOCH, 0.12, Star(), 2 / 1440)
    noisy = measure(time, flux + wander, err, 3.3, EPOCH, 0.12, Star(), 2 / 1440)
    assert noisy.snr < 0.6 * noisy.snr_white
    assert noisy.depth_err > 1.5 * calm.depth_err


def test_one_transit_leaves_the_period_open() -> None:
    time, flux, err, _ = simulate(40.0, 0.2, 0.05, 0.2, 1e-3, 2)
    found = measure(time, flux, err, 40.0, EPOCH, 0.2, Star(), 2 / 1440)
    assert found.n_transits == 1
    assert found.period_days == 40.0
    assert np.isinf(found.period_err_days)


def test_long_exposures_are_allowed_for() -> None:
    rng = np.random.default_rng(4)
    fine = 2458354.0 + np.arange(0, 80, 1 / 1440)
    phase = (fine - EPOCH + 2.5) % 5.0 - 2.5
    flux, _ = pixel_transit(phase, 0.1, 0.08, 0.2)
    count = fine.size // 30
    time = fine[: count * 30].reshape(count, 30).mean(axis=1)
    binned = flux[: count * 30].reshape(count, 30).mean(axis=1) + 2e-4 * rng.normal(size=count)
    err = np.full(count, 2e-4)
    aware = measure(time, binned, err, 5.0, EPOCH, 0.12, Star(), 30 / 1440)
    unaware = measure(time, binned, err, 5.0, EPOCH, 0.12, Star(), 0.0)
    assert aware.duration_days == pytest.approx(0.1, rel=0.06)
    # Blind to the blur, the fit takes it for a grazing, larger planet.
    assert abs(aware.duration_days - 0.1) < 0.3 * abs(unaware.duration_days - 0.1)
    assert abs(aware.radius_ratio - 0.08) < 0.3 * abs(unaware.radius_ratio - 0.08)


def test_nothing_to_fit_is_said() -> None:
    time, flux, err, _ = simulate(3.3, 0.12, 0.04, 0.2, 1e-3, 2)
    with pytest.raises(ValueError, match="positive"):
        measure(time, flux, err, 0.0, EPOCH, 0.12, Star())
    hole = in_transit(time, 3.3, EPOCH, 0.12, widths=2.0)
    with pytest.raises(ValueError, match="points"):
        measure(time[~hole], flux[~hole], err[~hole], 3.3, EPOCH, 0.1, Star())


@pytest.mark.filterwarnings("error")
def test_dips_whose_middles_fell_into_gaps_are_measured_at_their_edges() -> None:
    time, flux, err, depth = simulate(3.3, 0.2, 0.1, 0.2, 1e-3, 6)
    seen = ~in_transit(time, 3.3, EPOCH, 0.2, widths=0.64)
    found = measure(time[seen], flux[seen], err[seen], 3.3, EPOCH, 0.2, Star(), 2 / 1440)
    assert found.depth == pytest.approx(depth, rel=0.15)


def test_event_depths_leave_out_badly_covered_transits() -> None:
    phase = np.tile(np.linspace(-0.1, 0.1, 41), 3)
    number = np.repeat(np.array([0, 1, 2], dtype=np.int32), 41)
    value = (np.abs(phase) < 0.05).astype(float)
    flux = 1 - 0.01 * value * (1 + number)
    keep = (number != 2) | (phase > 0.046)
    err = np.full(int(keep.sum()), 1e-3)
    cycles, depths, errs = event_depths(phase[keep], number[keep], flux[keep], err, value[keep], 1.0)
    assert cycles.tolist() == [0, 1]
    assert depths == pytest.approx([0.01, 0.02])
    assert np.all(errs < 1e-3)


def test_the_model_curve_is_the_fitted_dip() -> None:
    time, flux, err, _ = simulate(3.3, 0.12, 0.08, 0.2, 5e-4, 2)
    found = measure(time, flux, err, 3.3, EPOCH, 0.12, Star(), 2 / 1440)
    residual = flux - model_flux(found, time, Star(), 2 / 1440)
    assert np.std(residual) == pytest.approx(5e-4, rel=0.03)
