"""ln Z by adaptive importance sampling, with its error and effective sample size.

Every parameter of a scenario is a monotonic function of a standard normal number, so that the prior is one normal
distribution in d dimensions. The proposal is learnt by tempering: the first draws come from the prior; a mixture of
Student t distributions is fitted to them, weighed by the likelihood to a power that keeps a given effective size, and
the next draws come from it, until the power is 1 (population Monte Carlo: Cappé et al. 2004, J. Comput. Graph. Stat.
13, 907; 2008, Stat. Comput. 18, 447). A tenth of each mixture is the prior itself, which bounds the weights (Hesterberg
1995, Technometrics 37, 185). Only draws of the last, fixed mixture count: the estimate of Z is unbiased.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special
from scipy.stats import qmc

from science.lightcurve import FloatArray
from science.validation.mixture import Mixture, fit

#: ln of what is averaged over the prior (likelihood, chance to transit, chance of a companion) at draws (m, d).
LogWeight = Callable[[FloatArray], FloatArray]


class Space(Protocol):
    """A change of coordinates between draws x of the normal prior and y, in which the mixture is fitted."""

    def forward(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(y, ln density of the prior in y)."""

    def back(self, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(x, ln density of the prior in y)."""


_PRIOR_SHARE = 0.1
_ROUNDS = 24
#: Shares of effective draws that end the learning: at once, and after four rounds; draws of the largest round.
_GOOD_SHARE, _FAIR_SHARE, _LARGEST_ROUND = 0.3, 0.1, 8192
#: -ln of the share of the prior that a peak may fill: one that few draws met is taken to fill no more.
CORNER = 4.6
#: So many effective draws are enough where the evidence is less than this above the floor.
_ROUGH, _SLIGHT = 30.0, 4.0
#: So many tell that it is far below.
_SEEN = 5.0
#: Rounds before a scenario may be given up.
_PATIENCE = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """ln of the mean of a weight over its prior. `error` is of ln Z; -inf with error 0 where nothing is allowed."""

    ln_z: float
    error: float
    effective_size: float
    draws: int  # all that were evaluated
    best: FloatArray | None = None  # the draw of the largest weight, shape (d,)


def log_normal(x: FloatArray) -> FloatArray:
    """ln density of the standard normal prior at draws (m, d)."""
    return np.asarray(-0.5 * np.sum(np.square(x), axis=1) - 0.5 * x.shape[1] * math.log(2.0 * math.pi))


def first_draws(dimensions: int, count: int, seed: int) -> FloatArray:
    """Draws of the prior, evenly spread (scrambled Sobol); the same for every scenario of one seed. Shape (m, d)."""
    engine = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    u = np.clip(engine.random_base2(max(1, math.ceil(math.log2(count)))), 1e-9, 1.0 - 1e-9)
    return np.asarray(special.ndtri(u), dtype=np.float64)


@dataclass(slots=True)
class _Batch:
    y: FloatArray
    value: FloatArray  # ln weight
    log_prior: FloatArray  # ln density of the prior in y
    log_q: FloatArray  # ln density of what the draws came from

    @property
    def rest(self) -> FloatArray:
        rest = np.full(self.log_prior.size, -np.inf)
        some = np.isfinite(self.log_prior)
        rest[some] = self.log_prior[some] - self.log_q[some]
        return rest


class Sampler:
    """One scenario's evidence, which can be given more draws.

    `start`: a mixture that followed a scenario alike, to begin with beside draws of the prior. `floor`: a scenario in
    which no draw comes near this ln weight is given up early (`given_up`): its evidence cannot be above its largest
    weight, nor by CORNER near it.
    """

    def __init__(
        self,
        log_weight: LogWeight,
        dimensions: int,
        seed: int,
        first: int = 2048,
        per_round: int = 1024,
        space: Space | None = None,
        floor: float = -math.inf,
        start: Mixture | None = None,
    ):
        self._weigh, self._space = log_weight, space
        self._rng = np.random.default_rng([seed, dimensions])
        self._mixture: Mixture | None = None
        self._logs: list[FloatArray] = []  # ln weights of the draws that count
        self._best: FloatArray | None = None
        self._best_log, self._used = -math.inf, 0
        self._kept: list[_Batch] = []
        self._per_round = per_round
        self.given_up = False
        self._learn(first_draws(dimensions, first, seed), per_round, floor, start)

    def _values(self, x: FloatArray, allowed: FloatArray) -> FloatArray:
        found = np.full(len(x), -np.inf)
        rows = np.flatnonzero(np.isfinite(allowed))
        self._used += len(x)
        if rows.size:
            found[rows] = self._weigh(x[rows])
            found[np.isnan(found)] = -np.inf
            if found.max() > self._best_log:
                self._best_log, self._best = float(found.max()), x[int(np.argmax(found))].copy()
        return found

    def _of_prior(self, x: FloatArray) -> _Batch:
        y, log_prior = (x, log_normal(x)) if self._space is None else self._space.forward(x)
        return _Batch(y, self._values(x, log_prior), log_prior, log_prior)

    def _draw(self, count: int) -> _Batch:
        """Draws of the mixture with the prior's share in it."""
        assert self._mixture is not None
        y = self._mixture.draw(count, self._rng)
        x, log_prior = (y, log_normal(y)) if self._space is None else self._space.back(y)
        plain = np.flatnonzero(self._rng.random(count) < _PRIOR_SHARE)
        x[plain] = self._rng.standard_normal((plain.size, y.shape[1]))
        y[plain], log_prior[plain] = (
            (x[plain], log_normal(x[plain])) if self._space is None else self._space.forward(x[plain])
        )
        log_q = np.logaddexp(
            math.log(_PRIOR_SHARE) + log_prior, math.log(1.0 - _PRIOR_SHARE) + self._mixture.log_density(y)
        )
        return _Batch(y, self._values(x, log_prior), log_prior, log_q)

    def _learn(self, x: FloatArray, per_round: int, floor: float, start: Mixture | None) -> None:
        batch = self._of_prior(x)
        self._kept = [batch]
        if start is not None:
            self._mixture = start
            batch = self._draw(2 * per_round)
            self._kept.append(batch)
        if not any(np.isfinite(b.value).any() for b in self._kept):
            self._mixture = None
            self._logs.append(batch.value)
            return
        power, thin, best_before = 0.0, 0, self._best_log
        for turn in range(_ROUNDS):
            found = self._follow(power)
            if found is None:
                break
            power = found
            if power >= 1.0:
                size = _size(batch.value + batch.rest)
                share, thin = size / batch.value.size, thin + 1
                if share > _GOOD_SHARE or (thin >= 4 and share > _FAIR_SHARE):
                    break
                ln_z = _log_mean(batch.value + batch.rest)
                if size > _ROUGH and ln_z < floor + _SLIGHT:
                    break
                if size > _SEEN and ln_z + _SLIGHT < floor:
                    self.given_up = True
                    break
                if thin % 3 == 0:  # what so few draws tell is not enough to follow the shape
                    per_round = min(2 * per_round, _LARGEST_ROUND)
            rise = max(self._best_log - best_before, 0.0)
            if turn >= _PATIENCE and self._best_log - CORNER + 2.0 * rise < floor:
                self.given_up = True
                break
            if turn % 3 == 0:
                best_before = self._best_log
            batch = self._draw(per_round)
            self._kept = [*self._kept[-2:], batch] if turn else [batch]
        self._per_round = per_round

    def _follow(self, power: float) -> float | None:
        """Fit the mixture to what is kept, at the largest power from `power` on that the draws bear; that power."""
        value = np.concatenate([b.value for b in self._kept])
        rest = np.concatenate([b.rest for b in self._kept])
        y = np.concatenate([b.y for b in self._kept])
        power = _power(value, rest, 25.0 * y.shape[1], power)
        logs = power * value + rest
        good = np.isfinite(logs)
        if not good.any():
            return None
        self._mixture = fit(y[good], _normalised(logs[good]), self._rng)
        return power

    def add(self, count: int) -> None:
        """Draw `count` more times from the proposal as it is."""
        if self._mixture is not None:
            batch = self._draw(count)
            self._logs.append(batch.value + batch.rest)
            self._kept = [*self._kept[-2:], batch]

    def improve(self, count: int) -> None:
        """Learn the proposal anew from the latest draws, and begin again with `count` draws of it."""
        if self._mixture is not None and self._kept:
            self._follow(1.0)
            self._logs = []
            self.add(count)

    @property
    def proposal(self) -> Mixture | None:
        """What was learnt, where it is more than a few draws; a scenario alike may start from it."""
        return self._mixture if self.evidence.effective_size >= _ROUGH else None

    def latest(self) -> tuple[FloatArray, FloatArray]:
        """(draws of the prior's normal numbers (m, d), their shares of the posterior (m,)) of the latest draws."""
        if not self._kept:
            return np.empty((0, 0)), np.empty(0)
        batch = self._kept[-1]
        logs = batch.value + batch.rest
        good = np.flatnonzero(np.isfinite(logs))
        if good.size == 0:
            return np.empty((0, batch.y.shape[1])), np.empty(0)
        y = batch.y[good]
        x = y if self._space is None else self._space.back(y)[0]
        return x, _normalised(logs[good])

    @property
    def largest(self) -> float:
        """ln of the largest weight met: the evidence cannot be above the largest there is."""
        return self._best_log

    @property
    def evidence(self) -> Evidence:
        """What is known now."""
        logs = np.concatenate(self._logs) if self._logs else np.empty(0)
        if not np.isfinite(logs).any():
            return Evidence(-math.inf, 0.0, 0.0, self._used, None)
        size = _size(logs)
        error = math.sqrt(max(1.0 / size - 1.0 / logs.size, 1e-12))
        return Evidence(_log_mean(logs), error, size, self._used, self._best)


def _normalised(logs: FloatArray) -> FloatArray:
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def _size(logs: FloatArray) -> float:
    if not np.isfinite(logs).any():
        return 0.0
    weights = np.exp(logs - logs.max())
    return float(weights.sum() ** 2 / np.square(weights).sum())


def _log_mean(logs: FloatArray) -> float:
    return float(special.logsumexp(logs)) - math.log(logs.size)


def _power(value: FloatArray, rest: FloatArray, wanted: float, least: float) -> float:
    """The largest power of the likelihood from `least` to 1 that leaves an effective size of `wanted`."""
    finite = np.where(np.isfinite(value), value, -np.inf)

    def size(power: float) -> float:
        return _size(np.where(np.isfinite(finite), power * finite + rest, -np.inf))

    if size(1.0) >= wanted:
        return 1.0
    if least > 0.0 and size(least) < wanted:
        return least
    low, high = math.log(max(least, 1e-8)), 0.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if size(math.exp(middle)) >= wanted else (low, middle)
    return math.exp(low)
