"""Questions asked at the same time are answered in one batch, each with its own rows."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest
from bentoml.exceptions import ServiceUnavailable

from serving.batching import Batches
from tests.standins import own_loop


def rows(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)[:, None]


def test_what_gathers_meanwhile_is_answered_together() -> None:
    sizes: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def answer(table: np.ndarray) -> np.ndarray:
        sizes.append(table.shape[0])
        begun.set()
        assert go_on.wait(10)
        return 2.0 * table

    async def ask() -> list[np.ndarray]:
        batches = Batches(answer, most_rows=4)
        first = asyncio.create_task(batches(rows(1)))
        await asyncio.to_thread(begun.wait, 10)
        others = [asyncio.create_task(batches(rows(*values))) for values in ([2, 3], [4], [5, 6, 7, 8, 9])]
        await asyncio.sleep(0)
        go_on.set()
        return [*await asyncio.gather(first, *others)]

    found = own_loop.run(ask())
    assert [list(f[:, 0]) for f in found] == [[2], [4, 6], [8], [10, 12, 14, 16, 18]]
    assert sizes == [1, 3, 4, 1]


def test_a_failure_reaches_those_who_asked_and_nobody_after() -> None:
    def answer(table: np.ndarray) -> np.ndarray:
        if table[0, 0] < 0:
            raise RuntimeError("broken")
        return table

    async def ask() -> np.ndarray:
        batches = Batches(answer)
        with pytest.raises(RuntimeError, match="broken"):
            await batches(rows(-1))
        return await batches(rows(3))

    assert own_loop.run(ask())[0, 0] == 3


def test_who_would_wait_too_long_is_told_and_later_ones_are_served() -> None:
    go_on = threading.Event()

    def answer(table: np.ndarray) -> np.ndarray:
        go_on.wait(0.05)
        return table

    async def ask() -> int:
        batches = Batches(answer, most_rows=1, longest_wait=0.12)
        await batches(rows(1))  # now it knows that a row takes 0.05 s
        asked = await asyncio.gather(*(batches(rows(k)) for k in range(20)), return_exceptions=True)
        refused = [a for a in asked if isinstance(a, ServiceUnavailable)]
        assert all(isinstance(a, ServiceUnavailable | np.ndarray) for a in asked)
        assert (await batches(rows(7)))[0, 0] == 7
        return len(refused)

    assert 10 <= own_loop.run(ask()) < 20


def test_who_has_given_up_is_passed_over() -> None:
    seen: list[float] = []
    begun, go_on = threading.Event(), threading.Event()

    def answer(table: np.ndarray) -> np.ndarray:
        seen.extend(table[:, 0])
        begun.set()
        assert go_on.wait(10)
        return table

    async def ask() -> None:
        batches = Batches(answer)
        first = asyncio.create_task(batches(rows(1)))
        await asyncio.to_thread(begun.wait, 10)
        impatient = asyncio.create_task(batches(rows(2)))
        last = asyncio.create_task(batches(rows(3)))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(first, last)

    own_loop.run(ask())
    assert seen == [1, 3]
