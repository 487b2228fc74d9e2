"""Nested sampling: for posteriors with several peaks, whose shares walkers cannot tell.

Skilling 2006 (Bayesian Analysis 1, 833); dynesty (Speagle 2020, MNRAS 493, 3132). Several runs with different seeds,
compared with each other as ensembles of walkers are, and by their evidence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from science.fitting.diagnostics import rank_normalised, rhat
from science.fitting.ensembles import LogProbability, guarded
from science.fitting.repairs import ImpossibleStart
from science.fitting.results import (
    LARGEST_RHAT,
    SMALLEST_ESS,
    Chain,
    Convergence,
    FitSettings,
    OnProgress,
    ParameterDiagnostics,
    Progress,
)
from science.fitting.stopping import rhat_text, spoken
from science.lightcurve import FloatArray
from science.rounding import number

#: A run ends where the points left can add this share to the evidence at most.
LAST_SHARE = 0.02
#: Live points of one run: at least this many for each parameter.
LIVE_PER_PARAMETER = 25
SMALLEST_LIVE = 200
#: Iterations of one run between two looks.
ROUND = 200
#: Runs agree in ln Z within this many of their errors.
EVIDENCE_SIGMAS = 3.0
#: "Walkers" that the draws are arranged in: they are independent, so this has no meaning but the shape.
COLUMNS = 4
#: Points drawn in search of a first place with probability, for each live point.
SEARCH = 200


@dataclass(frozen=True, slots=True)
class NestedRun:
    """What one run found: points (n, d) with weights (n,) that sum to 1, and the evidence."""

    points: FloatArray
    log_probability: FloatArray
    weights: FloatArray
    ln_evidence: float
    ln_evidence_err: float
    calls: int


def run_nested(
    log_probability: LogProbability,
    limits: FloatArray,
    names: tuple[str, ...],
    settings: FitSettings,
    *,
    clock: Callable[[], float],
    prior_transform: Callable[[FloatArray], FloatArray] | None = None,
    on_progress: OnProgress | None = None,
    n_live: int = 0,
) -> tuple[Chain, Convergence]:
    """Sample by nested sampling: `settings.n_ensembles` runs, each to its end or to the budget.

    `log_probability` takes (m, d) and returns (m,), as for the ensembles; it is integrated over the box of `limits`
    (d, 2). With `prior_transform`, which takes points (m, d) of the unit cube to parameters, it must be the likelihood
    alone. The chain holds equally weighted independent draws in random order, shape (runs, draws, columns, d), as many
    as the weights are worth. Converged: all runs at their end, R-hat between runs at most 1.01, ESS (by the weights) at
    least 400 for every parameter, and the runs' ln Z within 3 errors of each other.

    There is nothing to resume from: a run begun anew with the same settings gives the same draws. Raises
    ImpossibleStart where no point with probability is found, ValueError for limits that are not finite.
    """
    d = len(names)
    box = np.asarray(limits, dtype=np.float64)
    if prior_transform is None and (box.shape != (d, 2) or not np.all(np.isfinite(box)) or np.any(np.ptp(box, 1) <= 0)):
        raise ValueError("nested sampling needs a finite lower and upper limit of every parameter")
    transform = prior_transform or (lambda unit: box[:, 0] + unit * (box[:, 1] - box[:, 0]))
    value = guarded(log_probability, None if prior_transform else box)
    live = n_live or max(SMALLEST_LIVE, LIVE_PER_PARAMETER * d)
    began = clock()
    runs = [_Running(value, transform, d, live, settings.seed, i) for i in range(settings.n_ensembles)]
    fraction, end = 0.0, ""
    # a run spends its time in Python, and only the likelihood frees other threads
    with ThreadPoolExecutor(max_workers=max(1, settings.threads)) as pool:
        while not all(run.finished for run in runs):
            if clock() - began > settings.budget_seconds:
                end = f"The time of {number(settings.budget_seconds)} s ended before nested sampling did."
                break
            list(pool.map(_Running.advance, runs))
            fraction = max(fraction, min(run.fraction for run in runs))
            if on_progress:
                nan = float("nan")
                words = f"{sum(run.finished for run in runs)} of {len(runs)} runs of nested sampling are complete."
                steps = max(run.iterations for run in runs)
                on_progress(Progress(fraction, steps, nan, nan, nan, nan, clock() - began, words))
    found = [run.result() for run in runs]
    chain = equal_weights(found, names, settings.seed)
    return chain, judge(found, chain, end)


class _Running:
    """One run of dynesty that can be advanced by a few iterations."""

    def __init__(
        self,
        value: LogProbability,
        transform: Callable[[FloatArray], FloatArray],
        d: int,
        live: int,
        seed: int,
        index: int,
    ) -> None:
        from dynesty import NestedSampler  # type: ignore[import-untyped]

        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index, 2)))
        points = first_points(value, transform, d, live, generator)

        def one(theta: FloatArray) -> float:
            # dynesty wants numbers: below everything that occurs stands for impossible
            height = float(value(theta[None, :])[0])
            return height if math.isfinite(height) else -1e300

        self.sampler: Any = NestedSampler(
            one,
            lambda unit: transform(unit[None, :])[0],
            d,
            nlive=live,
            bound="multi",
            # draws from the ellipsoids keep the shares of separate peaks, which random walks from live points let drift
            # by chance; beyond a few dimensions ellipsoids are filled too badly
            sample="unif" if d < 10 else "rwalk",
            rstate=generator,
            live_points=points,
        )
        self.steps: Iterator[Any] = self.sampler.sample(dlogz=LAST_SHARE)
        self.finished = False
        self.iterations = 0
        self.fraction = 0.0
        self.remaining: list[float] = []

    def advance(self) -> None:
        """ROUND more iterations, or the end."""
        if self.finished:
            return
        done = list(islice(self.steps, ROUND))
        self.iterations += len(done)
        self.finished = len(done) < ROUND
        if done:
            self.remaining.append(float(done[-1].delta_logz))
        self.fraction = 1.0 if self.finished else self._fraction()

    def _fraction(self) -> float:
        """How far: ln of what is left of the evidence falls nearly in a line at the end, so the rest is guessed from
        its last fall; 0.95 at most, and little while it does not fall."""
        if len(self.remaining) < 3 or not self.remaining[-1] < self.remaining[-2]:
            return min(0.3, 0.02 * len(self.remaining))
        now, before = math.log(max(self.remaining[-1], 1e-9)), math.log(max(self.remaining[-2], 1e-9))
        rounds_left = (now - math.log(LAST_SHARE)) / max(before - now, 1e-3)
        return min(0.95, len(self.remaining) / (len(self.remaining) + max(0.0, rounds_left)))

    def result(self) -> NestedRun:
        """The run with its live points added, as far as it came."""
        from dynesty.utils import compute_integrals  # type: ignore[import-untyped]

        self.steps.close()  # type: ignore[attr-defined]
        if not self.sampler.added_live:
            for _ in self.sampler.add_live_points():
                pass
        saved = self.sampler.saved_run
        heights = np.array(saved["logl"])
        log_weights, ln_evidence, variance, _ = compute_integrals(logl=heights, logvol=np.array(saved["logvol"]))
        weights = np.exp(log_weights - np.max(log_weights))
        return NestedRun(
            points=np.array(saved["v"]),
            log_probability=heights,
            weights=weights / np.sum(weights),
            ln_evidence=float(ln_evidence[-1]),
            ln_evidence_err=float(np.sqrt(max(0.0, variance[-1]))),
            calls=int(self.sampler.ncall),
        )


def first_points(
    value: LogProbability,
    transform: Callable[[FloatArray], FloatArray],
    d: int,
    live: int,
    generator: np.random.Generator,
) -> list[FloatArray]:
    """Live points drawn from the prior: units, parameters and ln p. Raises ImpossibleStart where none is possible."""
    unit = generator.random((live, d))
    height = value(transform(unit))
    for _ in range(SEARCH):
        if np.any(np.isfinite(height)):
            break
        unit = generator.random((live, d))
        height = value(transform(unit))
    if not np.any(np.isfinite(height)):
        raise ImpossibleStart(f"none of {SEARCH * live} places inside the limits has a probability above zero")
    return [unit, transform(unit), np.where(np.isfinite(height), height, -1e300)]


def kish_size(weights: FloatArray) -> float:
    """How many equal draws weights (n,) are worth: (Σ w)² / Σ w²."""
    return float(np.sum(weights) ** 2 / np.sum(weights**2))


def weighted_size(values: FloatArray, weights: FloatArray) -> float:
    """Independent draws that would give the weighted mean of `values` as well as it is: variance over its variance."""
    share = weights / np.sum(weights)
    mean = float(np.sum(share * values))
    variance = float(np.sum(share * (values - mean) ** 2))
    of_mean = float(np.sum(share**2 * (values - mean) ** 2))
    return variance / of_mean if of_mean > 0 else float("nan")


def equal_weights(runs: list[NestedRun], names: tuple[str, ...], seed: int) -> Chain:
    """Draws of equal weight from each run, as many as the poorest run is worth, in random order (systematic
    resampling)."""
    draws = max(2 * COLUMNS, int(min(kish_size(run.weights) for run in runs)))
    draws -= draws % COLUMNS
    samples, heights = [], []
    for i, run in enumerate(runs):
        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(i, 3)))
        at = (np.arange(draws) + generator.random()) / draws
        chosen = np.minimum(np.searchsorted(np.cumsum(run.weights), at), len(run.weights) - 1)
        chosen = generator.permutation(chosen)
        samples.append(run.points[chosen].reshape(-1, COLUMNS, len(names)))
        heights.append(run.log_probability[chosen].reshape(-1, COLUMNS))
    return Chain(names=names, samples=np.stack(samples), log_probability=np.stack(heights))


def judge(runs: list[NestedRun], chain: Chain, end: str) -> Convergence:
    """The verdict on complete runs (`end` empty) or on runs that were cut short."""
    points = np.concatenate([run.points for run in runs])
    weights = np.concatenate([run.weights for run in runs])
    parameters = []
    for i, name in enumerate(chain.names):
        low, high = np.quantile(chain.flat[:, i], (0.05, 0.95))
        scores = rank_normalised(points[:, i])
        sizes = [weighted_size((points[:, i] <= edge).astype(np.float64), weights) for edge in (low, high)]
        parameters.append(
            ParameterDiagnostics(
                name, rhat(chain.samples[..., i]), weighted_size(scores, weights), float(min(sizes)), 1.0
            )
        )
    return Convergence(
        converged=not (reason := shortcoming(runs, tuple(parameters), end)),
        reason=reason,
        parameters=tuple(parameters),
        steps=chain.samples.shape[1],
        discarded=0,
        n_ensembles=len(runs),
        n_walkers=COLUMNS,
        acceptance=sum(len(run.points) for run in runs) / max(1, sum(run.calls for run in runs)),
    )


def shortcoming(runs: list[NestedRun], parameters: tuple[ParameterDiagnostics, ...], end: str) -> str:
    """Why the runs may not be believed, one sentence; "" where they may."""
    if end:
        return end
    if len(runs) > 1:
        heights = np.array([run.ln_evidence for run in runs])
        low, high = int(np.argmin(heights)), int(np.argmax(heights))
        error = math.hypot(runs[low].ln_evidence_err, runs[high].ln_evidence_err)
        apart = float(heights[high] - heights[low])
        if apart > EVIDENCE_SIGMAS * error:
            return (
                f"The runs do not agree in their evidence: ln Z is {number(float(heights[low]), 2)} in one and "
                f"{number(float(heights[high]), 2)} in another, {number(apart / error, 1)} errors apart."
            )
    p = max(parameters, key=lambda q: q.rhat if math.isfinite(q.rhat) else math.inf)
    if not p.rhat <= LARGEST_RHAT:
        return (
            f"The independent runs do not agree in {spoken(p.name)}: R-hat is {rhat_text(p.rhat)}, at most "
            f"{LARGEST_RHAT} is accepted."
        )
    p = min(parameters, key=lambda q: min(q.ess_bulk, q.ess_tail))
    size = min(p.ess_bulk, p.ess_tail)
    if not size >= SMALLEST_ESS:
        return (
            f"Only {number(math.floor(size)) if math.isfinite(size) else 'no'} independent samples of "
            f"{spoken(p.name)}; {number(SMALLEST_ESS)} are needed."
        )
    return ""
