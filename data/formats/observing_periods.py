"""When each TESS sector, Kepler quarter and K2 campaign was observed: tells to which one a stretch of data belongs."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from data.formats.table import FloatColumn
from science.lightcurve import IntArray, Mission

#: First day of each TESS sector, BJD - 2457000, sector 1 first; the last entry ends the last sector listed. Sectors
#: follow each other without a break of more than about a day. Source: dates of the TESS pointing table (NASA/MIT).
# fmt: off
_TESS_STARTS = (
    1324.5, 1353.6, 1382.5, 1409.5, 1437.5, 1463.5, 1490.5, 1516.5, 1542.5, 1568.5, 1596.2, 1624.5, 1653.5,  # 1-13
    1682.9, 1710.5, 1737.5, 1763.5, 1789.5, 1814.5, 1841.5, 1869.5, 1897.5, 1926.5, 1955.5, 1982.5, 2008.5,  # 14-26
    2034.5, 2060.5, 2087.5, 2114.5, 2143.5, 2172.5, 2200.5, 2227.5, 2254.5, 2280.5, 2306.5, 2332.5, 2360.5,  # 27-39
    2389.5, 2418.5, 2446.5, 2473.5, 2499.5, 2524.5, 2550.5, 2578.5, 2607.5, 2636.5, 2664.5, 2691.5, 2717.5,  # 40-52
    2743.5, 2769.5, 2796.5, 2823.5, 2852.5, 2881.5, 2909.5, 2936.5, 2962.5, 2987.5, 3013.5, 3040.5, 3068.5,  # 53-65
    3097.5, 3126.5, 3154.5, 3181.5, 3207.5, 3233.5, 3259.5, 3285.5, 3312.5, 3339.5, 3366.5, 3395.5, 3423.5,  # 66-78
    3451.5, 3479.5, 3506.5, 3532.5, 3558.5, 3584.5, 3609.5, 3635.5, 3662.5, 3689.5, 3717.5, 3746.5, 3774.5,  # 79-91
    3802.5, 3829.5, 3855.5, 3881.5, 3907.5, 3933.5, 3988.5, 4045.5, 4073.5, 4100.5, 4126.5, 4151.5, 4177.5,  # 92-104
    4204.5, 4232.5, 4261.5, 4290.5, 4318.5,                                                                  # 105-108
)
#: The same for the Kepler quarters 0-17, BJD - 2454833, cut in the middle of the pauses between them.
_KEPLER_STARTS = (
    119.0, 130.9, 167.0, 259.3, 350.9, 442.8, 538.8, 629.7, 728.0, 805.4, 906.4, 1000.7, 1098.9, 1182.4, 1273.6,
    1372.4, 1471.6, 1558.6, 1592.0,
)
#: The same for the K2 campaigns 0-19. Campaigns 9 to 11 had breaks inside; the table holds their outer limits.
_K2_STARTS = (
    1930.0, 1975.0, 2059.5, 2141.0, 2221.0, 2303.0, 2383.0, 2465.0, 2553.0, 2643.0, 2741.0, 2821.5, 2902.0, 2986.5,
    3071.0, 3154.5, 3250.0, 3344.0, 3416.0, 3500.0, 3570.0,
)
# fmt: on


@dataclass(frozen=True)
class _Calendar:
    letter: str
    zero_bjd: float
    starts: tuple[float, ...]
    first: int


_CALENDARS: dict[str, _Calendar] = {
    "TESS": _Calendar("S", 2457000.0, _TESS_STARTS, 1),
    "Kepler": _Calendar("Q", 2454833.0, _KEPLER_STARTS, 0),
    "K2": _Calendar("C", 2454833.0, _K2_STARTS, 0),
}

#: Longest pause inside one sector is several days (sector 8); shortest between sectors about 0.7 days.
_PAUSE_DAYS = 0.35
#: Where no calendar helps, only a long pause starts a new part: nights must stay together.
_PART_PAUSE_DAYS = 20.0
#: Sector limits are known to the day; a stretch reaching further over one than this is cut there.
_SLACK_DAYS = 2.5


@dataclass(frozen=True)
class Part:
    """Rows `start:stop` of a sorted curve and what they are called."""

    start: int
    stop: int
    label: str
    number: int | None


def split(times_bjd: FloatColumn, mission: Mission, stated: int | None = None) -> tuple[Part, ...]:
    """Cut sorted times (BJD, shape (n,), n > 0) into sectors, quarters or campaigns, else into "part 1", "part 2" …

    `stated` is the number in the file's header: it wins over the calendar unless the data are longer than one
    sector. Every row belongs to exactly one part; parts are in time order.
    """
    calendar = _CALENDARS.get(mission)
    if calendar is None:
        return _by_pauses(times_bjd)
    if stated is not None and times_bjd[-1] - times_bjd[0] <= _length_days(stated, calendar):
        return (Part(0, len(times_bjd), f"{calendar.letter}{stated}", stated),)
    numbers = _numbers(times_bjd, calendar)
    edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(times_bjd)]
    parts = []
    for start, stop in pairwise(edges):
        number = int(numbers[start])
        parts.append(Part(start, stop, f"{calendar.letter}{number}" if number >= 0 else "", max(number, -1)))
    if any(p.number == -1 for p in parts):
        return _by_pauses(times_bjd)
    return tuple(parts)


def _numbers(times_bjd: FloatColumn, calendar: _Calendar) -> IntArray:
    """Sector of each row. A stretch without a pause counts as one, by its middle, unless it is far too long."""
    times = times_bjd - calendar.zero_bjd
    numbers = np.empty(len(times), dtype=np.int32)
    edges = [0, *(np.flatnonzero(np.diff(times) > _PAUSE_DAYS) + 1).tolist(), len(times)]
    for start, stop in pairwise(edges):
        piece = times[start:stop]
        index = _index((piece[0] + piece[-1]) / 2, calendar)
        low, high = _limits(index, calendar)
        if piece[0] < low - _SLACK_DAYS or piece[-1] > high + _SLACK_DAYS:
            found = np.searchsorted(np.asarray(calendar.starts), piece, side="right") - 1
            outside = (found < 0) | (found >= len(calendar.starts) - 1)
            numbers[start:stop] = np.where(outside, -1, found + calendar.first)
        else:
            numbers[start:stop] = index + calendar.first if index >= 0 else -1
    return numbers


def _index(time: float, calendar: _Calendar) -> int:
    index = bisect_right(calendar.starts, time) - 1
    return index if 0 <= index < len(calendar.starts) - 1 else -1


def _length_days(number: int, calendar: _Calendar) -> float:
    low, high = _limits(number - calendar.first, calendar)
    return high - low + 2 * _SLACK_DAYS


def _limits(index: int, calendar: _Calendar) -> tuple[float, float]:
    if not 0 <= index < len(calendar.starts) - 1:
        return -np.inf, np.inf
    return calendar.starts[index], calendar.starts[index + 1]


def _by_pauses(times_bjd: FloatColumn) -> tuple[Part, ...]:
    edges = [0, *(np.flatnonzero(np.diff(times_bjd) > _PART_PAUSE_DAYS) + 1).tolist(), len(times_bjd)]
    return tuple(Part(start, stop, f"part {i}", None) for i, (start, stop) in enumerate(pairwise(edges), 1))
