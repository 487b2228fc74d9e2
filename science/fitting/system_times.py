"""Transit times of all planets of a star together: each one's transits are taken out of the others' light."""

from __future__ import annotations

from collections.abc import Mapping

from science.fitting.timing_windows import Companion, TransitShape
from science.fitting.transit_times import Timing, TimingSettings, time_transits
from science.lightcurve import DetrendedCurve


def system_times(
    curve: DetrendedCurve, shapes: Mapping[str, TransitShape], settings: TimingSettings | None = None
) -> dict[str, Timing]:
    """Time the transits of several planets, by name.

    First each planet alone, where none of the others is in front of the star; then again with the others' transits
    divided out at the times just measured, those that could not be timed left out. Raises ValueError for a shape
    without a transit.
    """
    first: dict[str, Timing] = {}
    for name, shape in shapes.items():
        others = [Companion(other) for key, other in shapes.items() if key != name]
        first[name] = time_transits(curve, shape, settings, others=others)
    if len(shapes) == 1:
        return first
    answer = {}
    for name, timing in first.items():
        others = [other.companion for key, other in first.items() if key != name]
        answer[name] = time_transits(curve, timing.shape, settings, others=others)
    return answer
