"""Naming how one period relates to another, and listing the periods that the gaps in the data leave open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.folding import transit_times
from science.lightcurve import FloatArray

_RATIOS: tuple[tuple[int, int], ...] = (
    (1, 1), (1, 2), (2, 1), (1, 3), (3, 1), (2, 3), (3, 2), (1, 4), (4, 1), (3, 4), (4, 3), (1, 5), (5, 1),
)  # fmt: skip
_WORDS = {
    (1, 1): "equal to", (1, 2): "half of", (2, 1): "twice", (1, 3): "a third of", (3, 1): "three times",
    (2, 3): "two thirds of", (3, 2): "one and a half times", (1, 4): "a quarter of", (4, 1): "four times",
    (3, 4): "three quarters of", (4, 3): "four thirds of", (1, 5): "a fifth of", (5, 1): "five times",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Relation:
    """`period` is `numerator`/`denominator` of the other period, off by `offset` (relative)."""

    numerator: int
    denominator: int
    offset: float

    def describe(self, of_what: str) -> str:
        """In words: "half of the rotation period"."""
        return f"{_WORDS[(self.numerator, self.denominator)]} {of_what}"


def relation(period: float, other: float, tolerance: float, highest: int = 5) -> Relation | None:
    """The simplest ratio n/m (n, m <= `highest`) of `period` to `other` within a relative `tolerance`; None if none."""
    if not (period > 0 and other > 0):
        return None
    for numerator, denominator in _RATIOS:
        if max(numerator, denominator) > highest:
            continue
        offset = period * denominator / (other * numerator) - 1.0
        if abs(offset) <= tolerance:
            return Relation(numerator, denominator, offset)
    return None


def same_ephemeris(period: float, epoch: float, other_period: float, other_epoch: float, within_days: float) -> bool:
    """True where every transit of the longer of two related periods coincides with one of the shorter.

    Tells a left-over of a masked signal from another body near a resonance, whose transits do not coincide.
    """
    short, short_epoch = (period, epoch) if period <= other_period else (other_period, other_epoch)
    long_epoch = other_epoch if period <= other_period else epoch
    distance = (long_epoch - short_epoch) / short
    return abs(distance - round(distance)) * short <= within_days


def period_resolution(period: float, span: float, duration: float) -> float:
    """Relative period error that shifts the outermost transits by half a duration over the `span` (days)."""
    return 0.5 * duration / max(span, period)


def gap_aliases(
    period: float, epoch: float, duration: float, time: FloatArray, cadence: float, highest: int = 12
) -> tuple[float, ...]:
    """Shorter periods that the data cannot exclude: period/n whose extra transits all fall where nothing was measured.

    `time` holds the usable time stamps (sorted, days). An extra transit counts as seen when at least a third of its
    points are there. Ascending in n, shape (k,) as a tuple of days.
    """
    expected = max(1.0, duration / cadence)
    aliases = []
    for divisor in range(2, highest + 1):
        trial = period / divisor
        if trial < 2.0 * duration:
            break
        times = transit_times(trial, epoch, float(time[0]), float(time[-1]))
        number = np.round((times - epoch) / trial).astype(np.int64)
        extra = times[number % divisor != 0]
        points = np.searchsorted(time, extra + duration / 2) - np.searchsorted(time, extra - duration / 2)
        if extra.size and not np.any(points >= expected / 3.0):
            aliases.append(trial)
    return tuple(aliases)
