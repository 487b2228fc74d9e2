"""Warming does a whole run and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import warming, worker


@pytest.mark.slow
def test_the_made_up_star_goes_through_the_whole_pipeline(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs.context import STAGES, MemoryContext

    contexts: list[MemoryContext] = []

    class Kept(MemoryContext):
        def __init__(self) -> None:
            super().__init__()
            contexts.append(self)

    monkeypatch.setattr("jobs.context.MemoryContext", Kept)
    before = sorted(path for path in database.rglob("*") if path.is_file())
    warming.warm_up()
    assert set(contexts[0].timings) == set(STAGES)
    report = contexts[0].documents["report"]
    (signal,) = report["signals"]
    assert signal["period_days"] == pytest.approx(warming.PERIOD_DAYS, rel=1e-3)
    after = sorted(path for path in database.rglob("*") if path.is_file())
    assert [path for path in after if path.suffix not in (".db-wal", ".db-shm")] == before


def test_a_worker_that_cannot_be_warmed_works_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "WARM_UP", "jobs.nowhere:nothing")
    worker.warm_up()
