"""Time systems told from words and numbers, and sectors told from dates."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.formats import observing_periods, time_system
from data.formats.errors import FoldedCurve, NoTimes, WrongTimes

TESS_2_MIN = np.arange(2000) / 720
TESS_FFI = np.arange(1200) / 48
KEPLER = np.arange(1500) * 29.4244 / 1440
ODD = np.arange(500) * 0.0137


@pytest.mark.parametrize(
    ("times", "label", "name", "offset", "sure"),
    [
        (1325.3 + TESS_2_MIN, "time", "BTJD", 2457000.0, True),
        (1325.3 + KEPLER, "time", "BKJD", 2454833.0, True),  # the same numbers, told by the sampling
        (2000.0 + TESS_FFI, "time", "BTJD", 2457000.0, True),
        (2000.0 + KEPLER, "time", "BKJD", 2454833.0, True),
        (131.5 + KEPLER, "time", "BKJD", 2454833.0, True),
        (2000.0 + ODD, "time", "BTJD", 2457000.0, False),  # both fit and the sampling is no mission's
        (2000.0 + ODD, "BKJD", "BKJD", 2454833.0, True),
        (2000.0 + ODD, "time [BJD - 2454833]", "BKJD", 2454833.0, True),
        (2000.0 + ODD, "BJD−2457000 (days)", "BTJD", 2457000.0, True),
        (2458325.3 + ODD, "time", "BJD", 0.0, True),
        (2458325.3 + ODD, "JD", "JD", 0.0, True),
        (2458325.3 + ODD, "HJD", "HJD", 0.0, True),
        (58325.3 + ODD, "MJD", "MJD", 2400000.5, True),
        (58325.3 + ODD, "BMJD_TDB", "MJD", 2400000.5, True),
        (58325.3 + ODD, "time", "BJD − 2400000", 2400000.0, False),
        (54120.53 + KEPLER, "time", "BJD − 2400833", 2400833.0, False),  # before Kepler flew, unless the zero is odd
        (54953.53 + KEPLER, "time", "BJD − 2400000", 2400000.0, False),
        (7991.4 + ODD, "time", "BJD − 2450000", 2450000.0, False),
        (7991.4 + ODD, "2450000+", "BJD − 2450000", 2450000.0, True),
        (25.3 + ODD, "BJD - 2458300.5", "BJD − 2458300.5", 2458300.5, True),
        (np.arange(1000) / 48, "time", "days", 2457000.0, False),
    ],
)
def test_systems(times: np.ndarray, label: str, name: str, offset: float, sure: bool) -> None:
    found = time_system.recognise(times, label, None)
    assert (found.name, found.offset_days, found.sure) == (name, offset, sure)
    assert sure or found.warnings


@pytest.mark.parametrize(
    ("chosen", "start", "offset"),
    [
        ("BTJD", 2000.0, 2457000.0),
        ("BKJD", 2000.0, 2454833.0),
        ("BJD", 2458000.0, 0.0),
        ("BJD", 58000.0, 2400000.0),  # people call reduced dates BJD too
        ("BJD", 8000.0, 2450000.0),
        ("MJD", 58000.0, 2400000.5),
    ],
)
def test_the_users_word_wins(chosen: str, start: float, offset: float) -> None:
    assert time_system.recognise(start + ODD, "BJD - 2450000", chosen).offset_days == offset


def test_impossible_dates_are_refused() -> None:
    with pytest.raises(WrongTimes, match="1880"):
        time_system.recognise(2000.0 + ODD, "time", "BJD")
    with pytest.raises(WrongTimes):
        time_system.recognise(9e6 + ODD, "time", None)
    with pytest.raises(NoTimes):
        time_system.recognise(-3e5 + ODD, "time", None)


@pytest.mark.parametrize("times", [np.linspace(-0.5, 0.5, 200), np.linspace(0, 1, 200), np.linspace(-12, 12, 200)])
def test_phases_and_hours_from_transit_are_no_dates(times: np.ndarray) -> None:
    with pytest.raises(FoldedCurve, match="folded"):
        time_system.recognise(times, "time", None)


#: First and last times of sectors, BTJD, as seen in real files.
SECTORS = [
    (1, 1325.295, 1353.181), (2, 1354.109, 1381.519), (3, 1385.948, 1406.220), (4, 1410.902, 1436.856),
    (5, 1437.991, 1464.293), (6, 1468.271, 1490.050), (7, 1491.631, 1516.092), (8, 1517.346, 1542.005),
    (9, 1543.221, 1568.480), (10, 1569.436, 1595.686), (11, 1596.776, 1623.897), (12, 1624.954, 1652.896),
    (13, 1653.920, 1682.362), (16, 1738.649, 1763.3), (24, 1955.79, 1982.28), (34, 2228.76, 2254.06),
]  # fmt: skip


def test_sectors_by_date() -> None:
    times = np.concatenate([np.arange(start, stop, 1 / 48) for _, start, stop in SECTORS]) + 2457000
    parts = observing_periods.split(times, "TESS")
    assert [p.label for p in parts] == [f"S{n}" for n, _, _ in SECTORS]
    assert [p.start for p in parts[1:]] == [p.stop for p in parts[:-1]]
    for part, (_, start, _) in zip(parts, SECTORS, strict=True):
        assert times[part.start] == pytest.approx(start + 2457000)


@pytest.mark.parametrize(("number", "start", "stop"), SECTORS)
def test_the_halves_of_a_sector_stay_together(number: int, start: float, stop: float) -> None:
    middle = (start + stop) / 2
    times = np.concatenate([np.arange(start, middle - 0.6, 0.02), np.arange(middle + 0.6, stop, 0.02)]) + 2457000
    assert [p.number for p in observing_periods.split(times, "TESS")] == [number]


def test_a_header_wins_over_the_calendar_within_one_sector_only() -> None:
    times = 2457000 + np.arange(1354.1, 1381.5, 0.02)
    assert observing_periods.split(times, "TESS", stated=77)[0].label == "S77"
    both = 2457000 + np.concatenate([np.arange(1325.3, 1353.1, 0.02), np.arange(1354.1, 1381.5, 0.02)])
    assert [p.label for p in observing_periods.split(both, "TESS", stated=2)] == ["S1", "S2"]


def test_data_without_pauses_are_cut_at_the_limits() -> None:
    parts = observing_periods.split(2457000 + np.arange(1330, 1400, 0.1), "TESS")
    assert [p.label for p in parts] == ["S1", "S2", "S3"]


def test_other_data_are_cut_at_long_pauses_only() -> None:
    nights = np.concatenate([2459000 + night + np.arange(0.2, 0.5, 0.01) for night in (0, 1, 2, 40, 41, 90)])
    assert [p.label for p in observing_periods.split(nights, "other")] == ["part 1", "part 2", "part 3"]
    future = 2459000 + 30000 + np.arange(0, 20, 0.02)
    assert [p.label for p in observing_periods.split(future, "TESS")] == ["part 1"]


@settings(deadline=None)
@given(
    starts=st.lists(st.floats(2455000, 2463000), min_size=1, max_size=12),
    mission=st.sampled_from(["TESS", "Kepler", "K2", "other"]),
    stated=st.none() | st.integers(-5, 300),
)
def test_every_row_belongs_to_exactly_one_part(starts: list[float], mission: str, stated: int | None) -> None:
    times = np.unique(np.concatenate([s + np.arange(30) * 0.3 for s in starts]))
    parts = observing_periods.split(times, mission, stated)  # type: ignore[arg-type]
    assert parts[0].start == 0
    assert parts[-1].stop == len(times)
    assert all(a.stop == b.start and a.start < a.stop for a, b in pairwise(parts))
