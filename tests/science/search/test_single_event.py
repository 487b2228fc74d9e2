"""One event is not a period."""

from __future__ import annotations

import numpy as np
import pytest

from science.search.single_event import lone_event


@pytest.mark.parametrize(
    ("depths", "errs", "index"),
    [
        ([10.0], [1.0], 0),  # the only one
        ([1.0, 12.0, 1.5], [1.0, 1.0, 1.0], 1),  # one carries the signal
        ([0.5, 6.0], [1.0, 1.0], 1),  # nothing without it
    ],
)
def test_lone_events_are_named(depths: list[float], errs: list[float], index: int) -> None:
    found = lone_event(np.array(depths), np.array(errs))
    assert found is not None
    assert found[0] == index
    assert found[1].endswith(".")


@pytest.mark.parametrize(
    ("depths", "errs"),
    [
        ([5.0, 5.2], [1.0, 1.0]),
        ([3.0, 2.8, 3.2, 2.9], [1.0, 1.0, 1.0, 1.0]),
        ([5.0, 5.0, 5.0], [0.1, 1.0, 1.0]),  # one measured much better, not deeper
    ],
)
def test_alike_dips_are_not(depths: list[float], errs: list[float]) -> None:
    assert lone_event(np.array(depths), np.array(errs)) is None


def test_no_events_are_refused() -> None:
    with pytest.raises(ValueError, match="event"):
        lone_event(np.empty(0), np.empty(0))
