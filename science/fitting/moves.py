"""How walkers of one ensemble move: draws from the shape of the others, differential evolution, snooker steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from emcee.moves import Move  # type: ignore[import-untyped]
from numpy.typing import NDArray

from science.lightcurve import BoolArray, FloatArray

#: Degrees of freedom of the draws, and how much wider than the others' scatter (variance) they are: tails heavier than
#: those of the posterior keep the acceptance of far places from sticking.
FREEDOM = 5.0
WIDER = 1.3


class EvolutionMove(Move):  # type: ignore[misc]
    """Each walker of one half steps by what the walkers of the other half show; then the halves change places.

    A walker draws its kind of step by `shares` (draw, jump, snooker; the rest are differences):

    * draw: independent of where it is, from a multivariate t with the mean and covariance of the other half
      (Metropolised independence sampling, Tierney 1994, Annals of Statistics 22, 1701), which forgets at once where
      the posterior is near a Gaussian;
    * difference of two others scaled by 2.38 / sqrt(2 d) (ter Braak 2006, Statistics and Computing 16, 239);
    * jump: the whole difference, which crosses between peaks;
    * snooker: along the line to a third (ter Braak & Vrugt 2008, Statistics and Computing 18, 435).

    All of them depend on the other half only, which stands still meanwhile, so each half-step keeps the posterior.
    """

    def __init__(self, *, draw: float = 0.5, jump: float = 0.05, snooker: float = 0.05) -> None:
        self.edges = np.cumsum([draw, jump, snooker])

    def propose(self, model: Any, state: Any) -> tuple[Any, BoolArray]:
        """One step of all walkers. Changes `state` in place and says who moved."""
        n = len(state.coords)
        order = model.random.permutation(n)
        accepted = np.zeros(n, dtype=bool)
        for mine, others in ((order[: n // 2], order[n // 2 :]), (order[n // 2 :], order[: n // 2])):
            with np.errstate(over="ignore", invalid="ignore"):
                places, factors = self.proposal(state.coords[mine], state.coords[others], model.random)
            # without any bound to the posterior walkers run away until numbers end: such a step is refused
            lost = ~(np.all(np.isfinite(places), axis=1) & np.isfinite(factors))
            places[lost] = state.coords[mine[lost]]
            factors[lost] = -np.inf
            log_probability, _ = model.compute_log_prob_fn(places)
            gain = factors + log_probability - state.log_prob[mine]
            won = np.log(1.0 - model.random.random_sample(len(mine))) < gain
            moved = mine[won]
            state.coords[moved] = places[won]
            state.log_prob[moved] = log_probability[won]
            accepted[moved] = True
        return state, accepted

    def proposal(self, mine: FloatArray, others: FloatArray, random: Any) -> tuple[FloatArray, FloatArray]:
        """Where walkers (m, d) try to go, and the logarithm of the factor of the acceptance of each."""
        m, d = mine.shape
        # three different others for each
        chosen = np.argsort(random.random_sample((m, len(others))), axis=1)[:, :3]
        a, b, c = others[chosen[:, 0]], others[chosen[:, 1]], others[chosen[:, 2]]
        kind = np.searchsorted(self.edges, random.random_sample(m), side="right")
        scale = np.where(kind == 1, 1.0, 2.38 / np.sqrt(2.0 * d)) * (1.0 + 1e-4 * (random.random_sample(m) - 0.5))
        places = mine + scale[:, None] * (a - b)
        factors = np.zeros(m)
        snooker = np.flatnonzero(kind == 2)
        if len(snooker):
            line = mine[snooker] - c[snooker]
            length2 = np.einsum("ij,ij->i", line, line)
            apart = length2 > 0  # two walkers at the same place have no line: such a step is refused below
            shift = 1.7 * np.einsum("ij,ij->i", line, (a - b)[snooker]) / np.where(apart, length2, 1.0)
            places[snooker] = mine[snooker] + line * shift[:, None]
            with np.errstate(divide="ignore"):
                factors[snooker] = np.where(apart, (d - 1.0) * np.log(np.abs(1.0 + shift)), -np.inf)
        self._draw(np.flatnonzero(kind == 0), mine, others, places, factors, random)
        return places, factors

    @staticmethod
    def _draw(
        who: NDArray[np.intp],
        mine: FloatArray,
        others: FloatArray,
        places: FloatArray,
        factors: FloatArray,
        random: Any,
    ) -> None:
        """Fill `places` and `factors` of the walkers `who` with independent draws; leaves their difference step where
        the other half is too flat to have a shape (the same for the way back, which sees the same half)."""
        d = mine.shape[1]
        if not len(who) or len(others) < d + 2:
            return
        deviation = others - np.mean(others, axis=0)
        size = np.sqrt(np.mean(deviation**2, axis=0))
        if not np.all((size > 0) & np.isfinite(size)):
            return
        # in units of each parameter's scatter: they span many orders of magnitude
        unit = deviation / size
        try:
            root = np.linalg.cholesky(WIDER * (unit.T @ unit) / (len(others) - 1) + 1e-10 * np.eye(d))
        except np.linalg.LinAlgError:
            return
        middle = np.mean(others, axis=0)
        wide = random.chisquare(FREEDOM, size=len(who)) / FREEDOM
        there = random.standard_normal((len(who), d)) / np.sqrt(wide)[:, None]
        here = np.linalg.solve(root, ((mine[who] - middle) / size).T).T
        places[who] = middle + (there @ root.T) * size
        factors[who] = _log_t(here) - _log_t(there)


def _log_t(scores: FloatArray) -> FloatArray:
    """ln of the multivariate t density of scores (n, d), up to a constant."""
    d = scores.shape[1]
    return np.asarray(-0.5 * (FREEDOM + d) * np.log1p(np.sum(scores**2, axis=1) / FREEDOM), dtype=np.float64)
