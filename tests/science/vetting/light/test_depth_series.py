from __future__ import annotations

import numpy as np
import pytest

from science.vetting.light.depth_series import cycles_around, depth_series, mean_around

N, PERIOD, DURATION = 700, 1.7, 0.2


@pytest.fixture(scope="module")
def rough() -> dict[str, np.ndarray]:
    """Unevenly sampled light with a gap and a dip."""
    rng = np.random.default_rng(3)
    time = np.sort(rng.uniform(0.0, 9.0, N))
    time = time[(time < 4.0) | (time > 4.7)]
    cycle = np.floor(time / PERIOD + 0.5).astype(np.int32)
    phase = time - cycle * PERIOD
    err = rng.uniform(0.8e-3, 1.2e-3, time.size)
    flux = 1.0 + err * rng.normal(size=time.size) - 4e-3 * (np.abs(phase) < DURATION / 2)
    return {"time": time, "cycle": cycle, "phase": phase, "err": err, "flux": flux}


def test_mean_around_is_the_mean_of_the_points_around(rough: dict[str, np.ndarray]) -> None:
    t, y, w = rough["time"], rough["flux"], 1 / rough["err"] ** 2
    w = np.where(rough["phase"] > 0.5, 0.0, w)
    mean, total, count = mean_around(t, y, w, 0.1)
    for i in range(0, t.size, 7):
        near = (np.abs(t - t[i]) <= 0.1) & (w > 0)
        assert count[i] == near.sum()
        if near.any():
            assert mean[i] == pytest.approx(np.average(y[near], weights=w[near]), abs=1e-10)
            assert total[i] == pytest.approx(w[near].sum())
        else:
            assert np.isnan(mean[i])


def test_cycles_around_counts_different_numbers(rough: dict[str, np.ndarray]) -> None:
    order = np.argsort(rough["phase"])
    x, c = rough["phase"][order], rough["cycle"][order]
    got = cycles_around(x, c, 0.03, int(c.max()) + 1)
    want = [np.unique(c[np.abs(x - p) <= 0.03]).size for p in x]
    assert got.tolist() == want


def test_depth_series_against_a_plain_loop(rough: dict[str, np.ndarray]) -> None:
    t, f, e, p, c = (rough[key] for key in ("time", "flux", "err", "phase", "cycle"))
    near = np.abs(p) < DURATION
    s = depth_series(t, f, e, p, c, near, PERIOD, DURATION, 1.0)
    w = 1 / e**2
    for i in range(0, t.size, 11):
        apart = np.abs(p - p[i])
        rows = np.minimum(apart, PERIOD - apart) <= DURATION / 2
        depth = 1.0 - np.average(f[rows], weights=w[rows])
        events = np.unique(np.round((t[rows] - t[i]) / PERIOD)).size
        assert s.depth[i] == pytest.approx(depth, abs=1e-12)
        assert s.err[i] == pytest.approx(np.sqrt(s.white**2 / rows.sum() + s.red**2 / events))
        one = np.abs(t - t[i]) <= DURATION / 2
        want = (1.0 - np.average(f[one], weights=w[one])) / np.sqrt(s.white**2 / one.sum() + s.red**2)
        assert s.event_snr[i] == pytest.approx(want, abs=1e-9)


def test_red_noise_is_found_and_white_noise_has_none() -> None:
    rng = np.random.default_rng(1)
    t = np.arange(0.0, 30.0, 0.01)
    e = np.full(t.size, 1e-3)
    cycle = np.floor(t / 3.0 + 0.5).astype(np.int32)
    phase = t - 3.0 * cycle
    near = np.abs(phase) < 0.2
    white = 1.0 + 1e-3 * rng.normal(size=t.size)
    red = white + 1e-3 * np.sin(2 * np.pi * t / 1.234)
    assert depth_series(t, white, e, phase, cycle, near, 3.0, 0.2, 1.0).red < 1e-4
    assert depth_series(t, red, e, phase, cycle, near, 3.0, 0.2, 1.0).red > 4e-4


def test_light_only_in_dips_is_refused(rough: dict[str, np.ndarray]) -> None:
    t, f, e, p, c = (rough[key] for key in ("time", "flux", "err", "phase", "cycle"))
    with pytest.raises(ValueError, match="outside"):
        depth_series(t, f, e, p, c, np.ones(t.size, dtype=bool), PERIOD, DURATION, 1.0)
