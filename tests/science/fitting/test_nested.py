"""Nested sampling where walkers fail: two separate peaks of known shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from science.fitting.nested import NestedRun, equal_weights, judge, kish_size, run_nested, weighted_size
from science.fitting.repairs import ImpossibleStart
from science.fitting.results import FitSettings, Progress

SETTINGS = FitSettings(sampler="dynesty", n_ensembles=2, budget_seconds=1e9, threads=1, seed=2)
BOX = np.array([[-5.0, 5.0], [-5.0, 5.0]])


def still() -> float:
    return 0.0


def two_peaks(theta: np.ndarray) -> np.ndarray:
    """Shares 2/3 at x = 3 and 1/3 at x = -3, both of width 0.3."""
    left = -0.5 * np.sum((theta - [-3.0, 0.0]) ** 2, axis=1) / 0.09
    right = -0.5 * np.sum((theta - [3.0, 0.0]) ** 2, axis=1) / 0.09
    return np.logaddexp(left - np.log(2.0), right)


def test_two_peaks_converge_with_their_shares() -> None:
    seen: list[Progress] = []
    chain, convergence = run_nested(
        two_peaks, BOX, ("x", "y"), SETTINGS, clock=still, on_progress=seen.append, n_live=120
    )
    assert convergence.converged, convergence.reason
    assert chain.samples.shape[0] == 2
    assert chain.samples.shape[3] == 2
    assert np.array_equal(chain.log_probability[0, 0], two_peaks(chain.samples[0, 0]))
    assert np.mean(chain.flat[:, 0] > 0) == pytest.approx(2 / 3, abs=0.1)
    right = chain.flat[chain.flat[:, 0] > 0]
    assert np.std(right, axis=0) == pytest.approx([0.3, 0.3], rel=0.1)
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_cancel_budget_and_bad_input() -> None:
    def cancel(progress: Progress) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        run_nested(two_peaks, BOX, ("x", "y"), SETTINGS, clock=still, on_progress=cancel)
    ticks = iter(range(100))
    short = replace(SETTINGS, n_ensembles=1, budget_seconds=1.5)
    _, convergence = run_nested(two_peaks, BOX, ("x", "y"), short, clock=lambda: float(next(ticks)))
    assert not convergence.converged
    assert "ended before nested sampling did" in convergence.reason
    with pytest.raises(ImpossibleStart):
        run_nested(lambda t: np.full(len(t), np.nan), BOX, ("x", "y"), SETTINGS, clock=still)
    with pytest.raises(ValueError, match="finite"):
        run_nested(two_peaks, BOX * np.inf, ("x", "y"), SETTINGS, clock=still)


def made_up(centre: float, ln_evidence: float, seed: int) -> NestedRun:
    points = np.random.default_rng(seed).normal(centre, 1.0, size=(2000, 1))
    return NestedRun(points, np.zeros(2000), np.full(2000, 1 / 2000), ln_evidence, 0.1, 4000)


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([made_up(0.0, -5.0, 1), made_up(0.0, -5.1, 2)], ""),
        ([made_up(0.0, -5.0, 1), made_up(0.0, -8.0, 2)], "do not agree in their evidence"),
        ([made_up(0.0, -5.0, 1), made_up(0.5, -5.0, 2)], "do not agree in x"),
    ],
)
def test_runs_are_compared(runs: list[NestedRun], words: str) -> None:
    convergence = judge(runs, equal_weights(runs, ("x",), 1), "")
    assert convergence.converged == (words == "")
    assert words in convergence.reason


def test_weights_are_worth_what_they_are() -> None:
    assert kish_size(np.ones(50)) == pytest.approx(50)
    assert kish_size(np.array([1.0, 1.0, 0.0, 0.0])) == pytest.approx(2)
    values = np.random.default_rng(1).normal(size=1000)
    assert weighted_size(values, np.ones(1000)) == pytest.approx(1000)
    assert weighted_size(values, np.where(np.arange(1000) < 100, 1.0, 0.0)) == pytest.approx(100)
