"""A mixture of Student t distributions that follows weighted draws: the proposal of `importance`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from scipy import special

from science.lightcurve import FloatArray

FREEDOM: Final = 6.0
_INFLATE: Final = 1.15
_MOST_PARTS: Final = 8
_STEPS_OF_MEANS, _STEPS_OF_MIXTURE = 6, 8


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _lower_inverse(root: FloatArray) -> FloatArray:
    """Inverse of a lower triangular matrix (d, d)."""
    d = root.shape[0]
    inverse = np.zeros((d, d))
    for j in range(d):
        inverse[j, j] = 1.0 / root[j, j]
        for i in range(j + 1, d):
            total = 0.0
            for m in range(j, i):
                total += root[i, m] * inverse[m, j]
            inverse[i, j] = -total / root[i, i]
    return inverse


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _root(matrix: FloatArray) -> FloatArray:
    """Cholesky factor of (d, d); what is not positive by rounding is made so."""
    d = matrix.shape[0]
    root = np.zeros((d, d))
    for i in range(d):
        for j in range(i + 1):
            total = matrix[i, j]
            for m in range(j):
                total -= root[i, m] * root[j, m]
            root[i, j] = math.sqrt(max(total, 1e-14)) if i == j else total / root[j, j]
    return root


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _distances(y: FloatArray, mean: FloatArray, inverse: FloatArray, answer: FloatArray) -> None:
    """Squared Mahalanobis distances of (n, d), into `answer` (n,)."""
    d = mean.size
    for row in range(y.shape[0]):
        total = 0.0
        for i in range(d):
            part = 0.0
            for j in range(i + 1):
                part += inverse[i, j] * (y[row, j] - mean[j])
            total += part * part
        answer[row] = total


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _t_density(y: FloatArray, means: FloatArray, inverses: FloatArray, log_shares: FloatArray) -> FloatArray:
    """ln density of t distributions with FREEDOM degrees, all but their common constant, shape (n,)."""
    n, count, d = y.shape[0], means.shape[0], means.shape[1]
    total = np.full(n, -math.inf)
    away = np.empty(n)
    for k in range(count):
        _distances(y, means[k], inverses[k], away)
        constant = log_shares[k]
        for i in range(d):
            constant += math.log(inverses[k, i, i])
        for row in range(n):
            part = constant - 0.5 * (FREEDOM + d) * math.log1p(away[row] / FREEDOM)
            top = max(part, total[row])
            total[row] = top + math.log(math.exp(part - top) + math.exp(total[row] - top))
    return total


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _follow(
    x: FloatArray, weights: FloatArray, centres: FloatArray, spread: FloatArray, size: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(means, Cholesky factors, shares): k means by weight in the whitened space, then expectation-maximisation."""
    n, d = x.shape
    count = centres.shape[0]
    inverse = _lower_inverse(_root(spread))
    white = np.zeros((n, d))
    for row in range(n):
        for i in range(d):
            for j in range(i + 1):
                white[row, i] += inverse[i, j] * x[row, j]
    label = np.zeros(n, dtype=np.int64)
    for _ in range(_STEPS_OF_MEANS):
        for row in range(n):
            best = math.inf
            for k in range(count):
                apart = 0.0
                for i in range(d):
                    apart += (white[row, i] - centres[k, i]) ** 2
                if apart < best:
                    best, label[row] = apart, k
        for k in range(count):
            total = 0.0
            centre = np.zeros(d)
            for row in range(n):
                if label[row] == k:
                    total += weights[row]
                    centre += weights[row] * white[row]
            if total > 0.0:
                centres[k] = centre / total
    duty = np.zeros((n, count))
    for row in range(n):
        duty[row, label[row]] = 1.0
    means, roots, shares = np.zeros((count, d)), np.zeros((count, d, d)), np.zeros(count)
    logs, away = np.empty((n, count)), np.empty(n)
    for _ in range(_STEPS_OF_MIXTURE):
        for k in range(count):
            total = 0.0
            centre = np.zeros(d)
            for row in range(n):
                part = duty[row, k] * weights[row]
                total += part
                centre += part * x[row]
            total = max(total, 1e-12)
            shares[k], means[k] = total, centre / total
            own = np.zeros((d, d))
            for row in range(n):
                part = duty[row, k] * weights[row]
                if part == 0.0:
                    continue
                for i in range(d):
                    for j in range(i + 1):
                        own[i, j] += part * (x[row, i] - means[k, i]) * (x[row, j] - means[k, j])
            # a little of the whole spread, as much as a handful of draws would say, keeps small parts from collapsing
            lent = min(0.5, 2.0 * d / (size * total + 1e-9)) * total
            for i in range(d):
                for j in range(i + 1):
                    value = (own[i, j] + lent * 0.2 * spread[i, j]) / (total + lent)
                    if i == j:
                        value += 1e-6
                    own[i, j] = value
                    own[j, i] = value
            roots[k] = _root(own)
            _distances(x, means[k], _lower_inverse(roots[k]), away)
            constant = math.log(total)
            for i in range(d):
                constant -= math.log(roots[k, i, i])
            for row in range(n):
                logs[row, k] = constant - 0.5 * away[row]
        for row in range(n):
            top = logs[row].max()
            whole = 0.0
            for k in range(count):
                duty[row, k] = math.exp(logs[row, k] - top)
                whole += duty[row, k]
            for k in range(count):
                duty[row, k] /= whole
    return means, roots, shares / shares.sum()


@dataclass(slots=True)
class Mixture:
    """`means` (c, d), Cholesky factors `roots` (c, d, d) of the scales, `shares` (c,)."""

    means: FloatArray
    roots: FloatArray
    shares: FloatArray

    def draw(self, count: int, rng: np.random.Generator) -> FloatArray:
        """Draws (count, d)."""
        kind = np.minimum(np.searchsorted(np.cumsum(self.shares), rng.random(count)), self.means.shape[0] - 1)
        away = rng.standard_normal((count, self.means.shape[1]))
        stretch = np.sqrt(FREEDOM / rng.chisquare(FREEDOM, count))
        return np.asarray(self.means[kind] + np.einsum("mij,mj->mi", self.roots[kind], away) * stretch[:, None])

    def moved(self, dimensions: int, shift: float) -> Mixture:
        """The same with its first coordinate moved by `shift`, and with normal coordinates added up to `dimensions`."""
        more = dimensions - self.means.shape[1]
        means = np.pad(self.means, ((0, 0), (0, more)))
        means[:, 0] += shift
        roots = np.pad(self.roots, ((0, 0), (0, more), (0, more)))
        for i in range(self.means.shape[1], dimensions):
            roots[:, i, i] = 1.0
        return Mixture(means, roots, self.shares)

    def log_density(self, y: FloatArray) -> FloatArray:
        """ln density at (n, d), shape (n,)."""
        d = self.means.shape[1]
        constant = special.gammaln(0.5 * (FREEDOM + d)) - special.gammaln(0.5 * FREEDOM)
        constant -= 0.5 * d * math.log(FREEDOM * math.pi)
        inverses = np.array([_lower_inverse(root) for root in self.roots])
        return np.asarray(
            constant + _t_density(y, self.means, inverses, np.log(np.maximum(self.shares, 1e-300))), dtype=np.float64
        )


def fit(x: FloatArray, weights: FloatArray, rng: np.random.Generator) -> Mixture:
    """A mixture that follows the weighted draws (n, d), with up to eight parts as the effective size allows."""
    d = x.shape[1]
    keep = weights > weights.max() * 1e-6
    x, weights = np.ascontiguousarray(x[keep]), weights[keep] / weights[keep].sum()
    size = float(1.0 / np.square(weights).sum())
    count = int(np.clip(size / (8.0 * d), 1, _MOST_PARTS))
    mean = weights @ x
    spread = (x - mean).T @ ((x - mean) * weights[:, None]) + 1e-5 * np.eye(d)
    whitened = (x @ np.linalg.inv(np.linalg.cholesky(spread)).T)[rng.choice(x.shape[0], count, p=weights)]
    means, roots, shares = _follow(x, weights, whitened, spread, size)
    return Mixture(means, roots * _INFLATE, shares)
