"""Convergence numbers against slow formulas written out, and against chains whose answer is known."""

from __future__ import annotations

import math
from statistics import NormalDist

import emcee
import numpy as np
import pytest

from science.fitting import diagnostics


def autoregressive(rho: float, shape: tuple[int, int, int], seed: int) -> np.ndarray:
    """AR(1) draws (ensembles, steps, walkers) of unit variance: τ = (1 + ρ) / (1 - ρ)."""
    generator = np.random.default_rng(seed)
    x = np.empty(shape)
    x[:, 0] = generator.normal(size=(shape[0], shape[2]))
    for i in range(1, shape[1]):
        x[:, i] = rho * x[:, i - 1] + math.sqrt(1 - rho**2) * generator.normal(size=(shape[0], shape[2]))
    return x


def slow_rhat(draws: np.ndarray) -> float:
    """Eq. 1-4, 14 of Vehtari et al. 2021 by loops, with average ranks counted pair by pair."""

    def scores(chains: list[list[float]]) -> list[list[float]]:
        every = [v for chain in chains for v in chain]
        size = len(every)

        def score(v: float) -> float:
            rank = sum(w < v for w in every) + (sum(w == v for w in every) + 1) / 2
            return NormalDist().inv_cdf((rank - 0.375) / (size + 0.25))

        return [[score(v) for v in chain] for chain in chains]

    def basic(chains: list[list[float]]) -> float:
        m, n = len(chains), len(chains[0])
        means = [sum(c) / n for c in chains]
        grand = sum(means) / m
        between = n / (m - 1) * sum((x - grand) ** 2 for x in means)
        within = sum(sum((v - mean) ** 2 for v in c) / (n - 1) for c, mean in zip(chains, means, strict=True)) / m
        return math.sqrt(((n - 1) / n * within + between / n) / within)

    half = draws.shape[1] // 2
    chains = [part.ravel().tolist() for d in draws for part in (d[:half], d[-half:])]
    middle = float(np.median([v for c in chains for v in c]))
    return max(basic(scores(chains)), basic(scores([[abs(v - middle) for v in c] for c in chains])))


def slow_size(draws: np.ndarray) -> float:
    """Eq. 10-13 of Vehtari et al. 2021 by direct sums over lags, averaged over walkers."""
    half = draws.shape[1] // 2
    chains = [part for d in draws for part in (d[:half], d[-half:])]
    n = half * draws.shape[2]
    means = [float(c.mean()) for c in chains]
    covariances = []
    for c, mean in zip(chains, means, strict=True):
        row = []
        for lag in range(half):
            total = 0.0
            for w in range(c.shape[1]):
                for t in range(half - lag):
                    total += (c[t, w] - mean) * (c[t + lag, w] - mean)
            row.append(total / half / c.shape[1] * n / (n - 1))
        covariances.append(row)
    within = sum(row[0] for row in covariances) / len(chains)
    grand = sum(means) / len(means)
    pooled = within * (n - 1) / n + sum((x - grand) ** 2 for x in means) / (len(means) - 1)
    rho = [1 - (within - sum(row[lag] for row in covariances) / len(chains)) / pooled for lag in range(half)]
    rho[0] = 1.0
    total, smallest = 0.0, math.inf
    for k in range(half // 2):
        pair = rho[2 * k] + rho[2 * k + 1]
        if pair < 0:
            break
        smallest = min(smallest, pair)
        total += smallest
    size = len(chains) * n
    return size / max(2 * total - 1, 1 / math.log10(size))


@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_rhat_is_the_formula(shift: float) -> None:
    draws = autoregressive(0.6, (3, 21, 4), 1)
    draws[1] += shift
    draws[0, 5:8] = draws[0, 5]  # ties, as refused steps make them
    assert diagnostics.rhat(draws) == pytest.approx(slow_rhat(draws), rel=1e-10)


@pytest.mark.parametrize("rho", [0.0, 0.7, -0.5])
def test_effective_size_is_the_formula(rho: float) -> None:
    draws = autoregressive(rho, (2, 40, 3), 2)
    assert diagnostics.effective_size(draws) == pytest.approx(slow_size(draws), rel=1e-9)


def test_sizes_of_a_chain_whose_memory_is_known() -> None:
    draws = autoregressive(0.8, (4, 2000, 8), 3)
    total = draws.size / 9.0  # τ = 1.8 / 0.2
    assert diagnostics.autocorrelation_time(draws) == pytest.approx(9.0, rel=0.06)
    assert diagnostics.bulk_ess(draws) == pytest.approx(total, rel=0.08)
    assert total * 0.9 < diagnostics.tail_ess(draws) < draws.size  # indicators forget faster than the value
    assert diagnostics.rhat(draws) < 1.01


def test_tau_is_that_of_emcee_for_a_long_chain() -> None:
    draws = autoregressive(0.8, (1, 3000, 32), 4)
    theirs = float(emcee.autocorr.integrated_time(draws[0][:, :, None], c=5)[0])
    assert diagnostics.autocorrelation_time(draws) == pytest.approx(theirs, rel=0.03)


def test_rhat_sees_place_and_spread_and_drift() -> None:
    calm = np.random.default_rng(5).normal(size=(4, 200, 8))
    moved, wide, drifting = calm.copy(), calm.copy(), calm.copy()
    moved[2] += 0.5
    wide[2] *= 2.0
    drifting += np.linspace(-0.5, 0.5, 200)[None, :, None]
    assert diagnostics.rhat(calm) < 1.005
    assert min(map(diagnostics.rhat, (moved, wide, drifting))) > 1.01


def test_a_walker_that_keeps_its_place_is_a_long_memory() -> None:
    draws = np.random.default_rng(6).normal(size=(4, 400, 8))
    parted = draws + np.where(np.arange(8) < 4, -5.0, 5.0)
    assert diagnostics.autocorrelation_time(draws) < 1.5
    assert diagnostics.autocorrelation_time(parted) > 20
    assert diagnostics.bulk_ess(parted) < 0.05 * diagnostics.bulk_ess(draws)


def test_thinning_a_long_chain_for_a_look_changes_little() -> None:
    draws = autoregressive(0.95, (4, 3000, 4), 7)
    (found,) = diagnostics.diagnose(draws[..., None], ("x",), steps_per_row=2)
    assert found.tau_steps == pytest.approx(2 * 39.0, rel=0.2)
    assert found.ess_bulk == pytest.approx(draws.size / 39.0, rel=0.25)


def test_constant_or_short_or_broken_draws_have_no_numbers() -> None:
    for samples in (np.ones((4, 100, 8, 1)), np.zeros((4, 3, 8, 1)), np.full((4, 100, 8, 1), np.nan)):
        (found,) = diagnostics.diagnose(samples, ("x",))
        assert math.isnan(found.rhat)
        assert math.isnan(found.ess_bulk)
        assert math.isnan(found.tau_steps)
