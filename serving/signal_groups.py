"""Rows that must not be divided between training and test: one star, or one ephemeris in neighbouring stars."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

NEAR_ARCMIN: Final = 9.0
#: Periods agree within this (relative), 1:1 or 2:1.
SAME_PERIOD: Final = 0.002
#: Where a position is not known: TIC numbers this close are mostly neighbours (half of those 30 to 100 apart lie
#: within 9 arcmin, 95 % of those closer).
NEAR_TIC_NUMBERS: Final = 100
#: And whatever their numbers: periods and epochs that agree as closely as chance hardly makes them.
_TIGHT_PERIOD, _TIGHT_EPOCH_DAYS, _TIGHT_BASELINE_DAYS = 5e-4, 0.02, 60.0


def groups(
    star: npt.NDArray[np.int64],
    period_days: npt.NDArray[np.float64],
    epoch: npt.NDArray[np.float64],
    ra_deg: npt.NDArray[np.float64],
    dec_deg: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """Number of the connected component of each row, (n,): rows of one star, and rows whose periods agree (1:1, 2:1)
    on stars within 9 arcmin. Without a position, neighbours by TIC number, or a shared epoch, stand in for it."""
    n = star.size
    parent = np.arange(n)

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = int(parent[k])
        return k

    def join(a: int, b: int) -> None:
        ra, rb = root(a), root(b)
        if ra != rb:
            parent[max(ra, rb)] = min(ra, rb)

    for a, b in _consecutive(star):
        join(a, b)
    x = _unit_vectors(ra_deg, dec_deg)
    placed = np.isfinite(x[:, 0])
    chord = 2 * np.sin(np.radians(NEAR_ARCMIN / 60) / 2)
    log_period = np.log(period_days)
    order = np.argsort(log_period, kind="stable")
    ordered = log_period[order]
    for ratio in (0.0, np.log(2.0)):
        stop = np.searchsorted(ordered, ordered + ratio + SAME_PERIOD, side="right")
        start = np.searchsorted(ordered, ordered + ratio - SAME_PERIOD, side="left")
        for position, a in enumerate(order):
            first = max(start[position], position + 1) if ratio == 0 else start[position]
            others = order[first : stop[position]]
            if others.size == 0:
                continue
            both = placed[a] & placed[others]
            apart = np.linalg.norm(x[others] - x[a], axis=1)
            near = np.where(both, apart < chord, np.abs(star[others] - star[a]) <= NEAR_TIC_NUMBERS)
            if ratio == 0.0:
                near |= ~both & _same_epoch(period_days[a], epoch[a], period_days[others], epoch[others])
            for b in others[near]:
                join(int(a), int(b))
    return np.array([root(k) for k in range(n)], dtype=np.int64)


def repeats(
    star: npt.NDArray[np.int64], period_days: npt.NDArray[np.float64], tolerance: float = 0.01
) -> npt.NDArray[np.int64]:
    """How often each row's signal occurs, (n,): rows of the same star whose period differs by less than `tolerance`
    from the previous one in order of period."""
    count = np.ones(star.size, dtype=np.int64)
    order = np.lexsort((period_days, star))
    begin = 0
    for k in range(1, star.size + 1):
        last = k == star.size
        if not last:
            a, b = order[k - 1], order[k]
            if star[a] == star[b] and period_days[b] <= period_days[a] * (1 + tolerance):
                continue
        count[order[begin:k]] = k - begin
        begin = k
    return count


def _same_epoch(period: float, epoch: float, periods: npt.NDArray, epochs: npt.NDArray) -> npt.NDArray[np.bool_]:
    apart = epochs - epoch
    away = apart - np.round(apart / period) * period
    tight = np.abs(periods / period - 1) < _TIGHT_PERIOD
    return np.asarray(tight & (np.abs(apart) < _TIGHT_BASELINE_DAYS) & (np.abs(away) < _TIGHT_EPOCH_DAYS))


def _consecutive(star: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    order = np.argsort(star, kind="stable")
    return [(int(a), int(b)) for a, b in pairwise(order) if star[a] == star[b]]


def _unit_vectors(ra_deg: npt.NDArray, dec_deg: npt.NDArray) -> npt.NDArray[np.float64]:
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)
