"""Ensembles against posteriors that are known, and every way a run can end."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from science.fitting.ensembles import ImpossibleStart, ResumeMismatch, fresh_generator, run_ensembles
from science.fitting.repairs import repaired
from science.fitting.results import EnsembleState, FitSettings, Progress
from science.fitting.stopping import look_at

SETTINGS = FitSettings(budget_seconds=1e9, max_steps=6000, threads=2, seed=3)
CORNERS = np.array([[-2.0, 1.0], [2.0, -1.0], [1.0, 2.0], [-1.0, -2.0]])


def still() -> float:
    """A clock that stands, so that no budget ends."""
    return 0.0


def starts(centres: np.ndarray, walkers: int = 24, width: float = 0.3, seed: int = 0) -> np.ndarray:
    """(ensembles, walkers, d) around `centres` (ensembles, d)."""
    scatter = np.random.default_rng(seed).normal(size=(len(centres), walkers, centres.shape[1]))
    return centres[:, None, :] + width * scatter


def gaussian(theta: np.ndarray) -> np.ndarray:
    return -0.5 * np.sum(theta**2, axis=1)


def two_peaks(theta: np.ndarray) -> np.ndarray:
    left = -0.5 * np.sum((theta - [-4.0, 0.0]) ** 2, axis=1) / 0.3**2
    right = -0.5 * np.sum((theta - [4.0, 0.0]) ** 2, axis=1) / 0.3**2
    return np.logaddexp(left, right)


def test_strongly_correlated_gaussian() -> None:
    d = 5
    generator = np.random.default_rng(1)
    root = generator.normal(size=(d, d)) * np.array([1e-4, 1.0, 30.0, 1.0, 1.0])[:, None]
    covariance = root @ root.T
    inverse = np.linalg.inv(covariance)
    mean = np.array([0.01, -3.0, 100.0, 0.0, 7.0])
    size = np.sqrt(np.diag(covariance))
    apart = mean + 3.0 * size * generator.choice([-1.0, 1.0], size=(4, d))
    seen: list[Progress] = []
    chain, convergence = run_ensembles(
        lambda t: -0.5 * np.einsum("ij,jk,ik->i", t - mean, inverse, t - mean),
        apart[:, None, :] + 0.2 * size * generator.normal(size=(4, 30, d)),
        ("a", "b", "c", "d", "e"),
        SETTINGS,
        clock=still,
        on_progress=seen.append,
    )
    assert convergence.converged
    assert convergence.reason == ""
    assert convergence.rhat <= 1.01
    assert convergence.ess >= 400
    assert convergence.steps > 50 * convergence.tau_steps
    assert 0 < chain.discarded <= chain.samples.shape[1] // 2
    for i, p in enumerate(convergence.parameters):
        draws = chain.flat[:, i]
        assert abs(np.mean(draws) - mean[i]) < 4 * size[i] / np.sqrt(p.ess_bulk)
        assert np.std(draws) == pytest.approx(size[i], rel=4 / np.sqrt(2 * p.ess_bulk) + 0.01)
    found = np.corrcoef(chain.flat.T)
    assert np.max(np.abs(found - covariance / np.outer(size, size))) < 0.05
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert all(f < 1.0 for f in fractions[:-1])


def test_banana() -> None:
    def banana(t: np.ndarray) -> np.ndarray:
        return -0.5 * (t[:, 0] ** 2 / 4.0 + (t[:, 1] - 0.25 * (t[:, 0] ** 2 - 4.0)) ** 2)

    chain, convergence = run_ensembles(banana, starts(CORNERS), ("x", "y"), SETTINGS, clock=still)
    assert convergence.converged
    assert np.quantile(chain.flat[:, 0], [0.16, 0.5, 0.84]) == pytest.approx([-1.99, 0.0, 1.99], abs=0.15)
    assert np.mean(chain.flat[:, 1]) == pytest.approx(0.0, abs=0.25)
    assert np.var(chain.flat[:, 1]) == pytest.approx(3.0, rel=0.25)


def test_separate_peaks_are_not_converged() -> None:
    peaks = np.array([[-4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [-4.0, 0.0]])
    _, convergence = run_ensembles(
        two_peaks, starts(peaks, width=0.1), ("x", "y"), replace(SETTINGS, max_steps=500), clock=still
    )
    assert not convergence.converged
    assert "limit of 500 steps" in convergence.reason
    assert "different values of x" in convergence.reason
    assert "separate peaks" in convergence.reason
    assert convergence.rhat > 1.5


def test_resumed_run_is_the_uninterrupted_one_bit_for_bit() -> None:
    settings = replace(SETTINGS, block_steps=20, max_steps=160)
    begin = starts(CORNERS)
    stored: list[tuple[EnsembleState, ...]] = []
    kwargs = {"clock": still}
    whole, verdict = run_ensembles(two_peaks, begin, ("x", "y"), settings, on_checkpoint=stored.append, **kwargs)
    assert len(stored) == 8
    for at in (0, 4):
        again, same = run_ensembles(two_peaks, begin * 0.0, ("x", "y"), settings, resume=stored[at], **kwargs)
        assert np.array_equal(again.samples, whole.samples)
        assert np.array_equal(again.log_probability, whole.log_probability)
        assert same == verdict
    other, _ = run_ensembles(two_peaks, begin, ("x", "y"), replace(settings, seed=4), **kwargs)
    assert not np.array_equal(other.samples, whole.samples)
    one, _ = run_ensembles(two_peaks, begin, ("x", "y"), replace(settings, threads=1), **kwargs)
    assert np.array_equal(one.samples, whole.samples)
    with pytest.raises(ResumeMismatch):
        run_ensembles(two_peaks, starts(CORNERS, walkers=12), ("x", "y"), settings, resume=stored[0], **kwargs)


def test_long_chain_is_thinned_and_still_resumes_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("science.fitting.ensembles.LOOK_ROWS", 40)
    settings = replace(SETTINGS, block_steps=61, max_steps=366)
    stored: list[tuple[EnsembleState, ...]] = []
    small = 4 * 230 * 24 * 3 * 8
    peaks = starts(np.array([[-4.0, 0.0], [4.0, 0.0]] * 2), width=0.1)
    whole, verdict = run_ensembles(
        two_peaks, peaks, ("x", "y"), settings, clock=still, on_checkpoint=stored.append, largest_bytes=small
    )
    assert whole.thin_by == 2
    assert whole.samples.nbytes + whole.log_probability.nbytes <= small
    assert verdict.steps + verdict.discarded == 2 * whole.samples.shape[1]
    # the last checkpoint but one is a thinned one
    assert stored[-2][0].thin_by == 2
    again, same = run_ensembles(
        two_peaks, peaks, ("x", "y"), settings, clock=still, resume=stored[-2], largest_bytes=small
    )
    assert np.array_equal(again.samples, whole.samples)
    assert same == verdict


def test_cancel_comes_after_a_checkpoint_and_at_once() -> None:
    stored: list[tuple[EnsembleState, ...]] = []

    class Cancelled(Exception):
        pass

    def cancel(progress: Progress) -> None:
        if progress.steps >= 500:
            raise Cancelled

    with pytest.raises(Cancelled):
        run_ensembles(
            two_peaks,
            starts(np.array([[-4.0, 0.0], [4.0, 0.0]] * 2), width=0.1),
            ("x", "y"),
            SETTINGS,
            clock=still,
            on_progress=cancel,
            on_checkpoint=stored.append,
        )
    assert [len(states[0].samples) for states in stored] == [250, 500]


def test_budget_ends_the_run_with_the_reason() -> None:
    ticks = count()
    _, convergence = run_ensembles(
        gaussian,
        starts(CORNERS),
        ("x", "y"),
        replace(SETTINGS, budget_seconds=9.0, block_steps=20),
        clock=lambda: float(next(ticks)),
    )
    assert not convergence.converged
    assert convergence.reason.startswith("The time of 9 s ended after ")
    assert convergence.steps + convergence.discarded < 200


def test_impossible_starts_are_named() -> None:
    good = starts(CORNERS)
    with pytest.raises(ImpossibleStart, match="none of the 24 walkers of ensemble 1"):
        run_ensembles(lambda t: np.full(len(t), np.nan), good, ("x", "y"), SETTINGS, clock=still)
    with pytest.raises(ImpossibleStart, match="plane"):
        run_ensembles(gaussian, good * [1.0, 0.0], ("x", "y"), SETTINGS, clock=still)
    with pytest.raises(ImpossibleStart, match="not a number"):
        run_ensembles(gaussian, good * np.nan, ("x", "y"), SETTINGS, clock=still)
    with pytest.raises(ValueError, match="too few"):
        run_ensembles(gaussian, good[:, :3], ("x", "y"), SETTINGS, clock=still)


def test_nan_is_no_probability_and_flat_gives_the_prior() -> None:
    limits = np.array([[0.0, 1.0], [-1.0, 3.0]])

    def flat(t: np.ndarray) -> np.ndarray:
        assert np.all((t >= limits[:, 0]) & (t <= limits[:, 1]))  # never asked outside
        return np.where(t[:, 0] < 0.25, np.nan, 0.0)

    begin = np.random.default_rng(2).uniform([-0.5, -2.0], [1.5, 3.0], size=(4, 24, 2))
    chain, convergence = run_ensembles(flat, begin, ("x", "y"), SETTINGS, clock=still, limits=limits)
    assert convergence.converged
    assert np.min(chain.flat[:, 0]) >= 0.25
    assert np.quantile(chain.flat[:, 0], [0.1, 0.5, 0.9]) == pytest.approx([0.325, 0.625, 0.925], abs=0.03)
    assert np.quantile(chain.flat[:, 1], [0.1, 0.5, 0.9]) == pytest.approx([-0.6, 1.0, 2.6], abs=0.15)


def test_flat_without_limits_never_converges() -> None:
    settings = replace(SETTINGS, max_steps=500)
    _, convergence = run_ensembles(lambda t: np.zeros(len(t)), starts(CORNERS), ("x", "y"), settings, clock=still)
    assert not convergence.converged
    assert convergence.reason


def test_walkers_left_far_below_are_moved() -> None:
    generator = np.random.default_rng(4)
    states = []
    for i in range(3):
        samples = generator.normal(size=(100, 24, 2))
        if i == 1:
            samples[:, :3] = 60.0  # three walkers that never came near
        if i == 2:
            samples[:] += 60.0  # all of them
        heights = gaussian(samples.reshape(-1, 2)).reshape(100, 24)
        states.append(EnsembleState(samples, heights, np.zeros(24, dtype=np.int32), fresh_generator(1, i)))
    before = tuple(states)
    early = repaired(before, gaussian, 100)
    assert [state.repaired_step for state in early] == [0, 100, 0]
    assert np.all(early[1].log_probability[-1] > -20)
    assert np.array_equal(early[1].log_probability[-1], gaussian(early[1].samples[-1]))
    assert np.array_equal(early[1].samples[:-1], before[1].samples[:-1])
    assert np.all(before[1].samples[-1, :3] == 60.0)  # what was given is not written to
    assert early[1].generator != before[1].generator
    # a whole ensemble is left where it is until it had time to climb
    late = repaired(tuple(replace(state, thin_by=10) for state in before), gaussian, 100)
    assert [state.repaired_step for state in late] == [0, 1000, 1000]
    assert np.all(late[2].log_probability[-1] > -20)


def test_what_lies_before_a_repair_is_left_out() -> None:
    samples = np.random.default_rng(5).normal(size=(4, 600, 24, 2))
    heights = gaussian(samples.reshape(-1, 2)).reshape(4, 600, 24)
    assert look_at(samples, heights, 0.3, ("x", "y")).discarded_rows < 20
    assert look_at(samples, heights, 0.3, ("x", "y"), repaired_step=250).discarded_rows >= 250
    late = look_at(samples, heights, 0.3, ("x", "y"), repaired_step=600)
    assert late.discarded_rows == 600
    assert not late.convergence.converged
