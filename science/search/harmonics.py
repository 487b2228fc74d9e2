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
    period: float,
    seen_times: FloatArray,
    duration: float,
    time: FloatArray,
    cadence: float,
    highest: int = 12,
) -> tuple[float, ...]:
    """Other periods that fit the same dips: those whose extra dips, or missing ones, all fall where nothing was
    measured.

    `seen_times` are the mid-times of the dips with data, `time` the usable time stamps (sorted, days). The longest
    possible period is the greatest common divisor of the distances between dips seen; of its fractions (to 1/12) those
    remain of which no extra dip has a third of its points measured. Longest first; `period` itself is left out.
    """
    if seen_times.size == 0:
        return ()
    cycles = np.round((seen_times - seen_times[0]) / period).astype(np.int64)
    common = int(np.gcd.reduce(cycles)) if seen_times.size > 1 else 1
    longest = period * max(common, 1)
    expected = max(1.0, duration / cadence)
    aliases = []
    for divisor in range(1, highest * max(common, 1) + 1):
        trial = longest / divisor
        if trial < 2.0 * duration or trial < period / highest:
            break
        if abs(trial / period - 1.0) < 1e-6:
            continue
        times = transit_times(trial, float(seen_times[0]), float(time[0]), float(time[-1]))
        distance = np.abs(times[:, None] - seen_times[None, :]).min(axis=1)
        extra = times[distance > 0.5 * duration]
        points = np.searchsorted(time, extra + duration / 2) - np.searchsorted(time, extra - duration / 2)
        if not np.any(points >= expected / 3.0):
            aliases.append(trial)
    return tuple(aliases)
