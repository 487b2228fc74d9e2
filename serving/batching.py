"""Questions that arrive together are answered together, one batch at a time.

While a batch is being answered the next one gathers, so batches grow with the load and a lone question never waits.
BentoML's own dispatcher was tried first: it holds back questions to gather more, by what it has learned of the waiting,
and after an overload kept single ones waiting for 2.7 s each (`larun bench serving`).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import anyio.to_thread
import numpy as np
import numpy.typing as npt
from bentoml.exceptions import ServiceUnavailable

Table = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

MOST_ROWS_TOGETHER: Final = 128
#: Who would have to wait longer than this is told so at once (503).
LONGEST_WAIT_SECONDS: Final = 10.0


class Batches:
    """Calls `answer`, (n, numbers) → (n, k), in a thread of its own. To be used from one event loop."""

    def __init__(
        self,
        answer: Callable[[Table], Floats],
        *,
        most_rows: int = MOST_ROWS_TOGETHER,
        longest_wait: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        self._answer = answer
        self._most_rows = most_rows
        self._longest_wait = longest_wait
        self._waiting: deque[tuple[Table, asyncio.Future[Floats]]] = deque()
        self._seconds_per_row = 0.0
        self._worker: asyncio.Task[None] | None = None

    async def __call__(self, table: Table) -> Floats:
        """The answer to these rows. A long table is asked in parts, between which others get their turn.

        Raises bentoml.exceptions.ServiceUnavailable when too much is waiting already, and what `answer` raises.
        """
        parts = [await self._ask(part) for part in self._parts(table)]
        return np.concatenate(parts)

    async def _ask(self, table: Table) -> Floats:
        waiting = sum(other.shape[0] for other, _ in self._waiting)
        if waiting * self._seconds_per_row > self._longest_wait:
            raise ServiceUnavailable("The service has more to do than it can; ask again in a moment.")
        answered: asyncio.Future[Floats] = asyncio.get_running_loop().create_future()
        self._waiting.append((table, answered))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await answered

    async def _work(self) -> None:
        while self._waiting:
            batch = self._next()
            if not batch:
                continue
            began = time.monotonic()
            try:
                everything = np.concatenate([table for table, _ in batch])
                found = await anyio.to_thread.run_sync(self._answer, everything)
            except Exception as error:
                for _, answered in batch:
                    if not answered.done():
                        answered.set_exception(error)
                continue
            each = (time.monotonic() - began) / everything.shape[0]
            self._seconds_per_row = each if not self._seconds_per_row else 0.8 * self._seconds_per_row + 0.2 * each
            start = 0
            for table, answered in batch:
                if not answered.done():
                    answered.set_result(found[start : start + table.shape[0]])
                start += table.shape[0]

    def _next(self) -> list[tuple[Table, asyncio.Future[Floats]]]:
        """As many of the waiting, in order, as fit into one batch; those who have given up are passed over."""
        batch: list[tuple[Table, asyncio.Future[Floats]]] = []
        rows = 0
        while self._waiting and (not batch or rows + self._waiting[0][0].shape[0] <= self._most_rows):
            table, answered = self._waiting.popleft()
            if not answered.done():
                batch.append((table, answered))
                rows += table.shape[0]
        return batch

    def _parts(self, table: Table) -> list[Table]:
        return [table[start : start + self._most_rows] for start in range(0, table.shape[0], self._most_rows)]
