"""What the results of a search say of themselves."""

from __future__ import annotations

import pytest

from science.search.results import WHITE_NOISE_TABLE, smallest_told, told_chance

SHUFFLED = "shuffled n=40 + inverted"


@pytest.mark.parametrize("method", [WHITE_NOISE_TABLE, SHUFFLED])
def test_the_smallest_chance_a_method_sees_is_a_bound(method: str) -> None:
    floor = smallest_told(method)
    assert told_chance(floor, floor, method) == (floor, True)
    assert told_chance(0.01, 0.012, method) == (0.01, False)


def test_a_wide_band_is_told_by_its_upper_end() -> None:
    assert told_chance(1e-3, 3e-3, SHUFFLED) == (3e-3, True)
    assert told_chance(1e-3, 1.9e-3, SHUFFLED) == (1e-3, False)
