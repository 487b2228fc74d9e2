"""What a running analysis needs from its surroundings: to report, to store, to be stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, Protocol

import numpy as np

StageName = Literal["fetch", "clean", "search", "test", "measure", "conclude"]
STAGES: tuple[StageName, ...] = ("fetch", "clean", "search", "test", "measure", "conclude")

Columns = Mapping[str, np.ndarray]
JsonObject = dict[str, object]


class ResultStore(Protocol):
    """Where a piece of work keeps what it made, and finds what an earlier attempt made."""

    def save_columns(self, kind: str, columns: Columns, meta: JsonObject, *, transient: bool = False) -> None:
        """Keep arrays of equal length under a name; saving the same name again replaces it. `transient`: needed only
        until the work is done, and written often."""

    def load_columns(self, kind: str) -> tuple[dict[str, np.ndarray], JsonObject] | None:
        """What was kept under that name by an earlier stage or an earlier attempt."""

    def save_document(self, kind: str, document: JsonObject, *, transient: bool = False) -> None:
        """Keep a JSON document under a name."""

    def load_document(self, kind: str) -> JsonObject | None:
        """A document kept before, or None."""

    def remove(self, name: str) -> None:
        """Forget what was kept under this name and under those that begin with it and a dash; none is no error."""


class RunContext(ResultStore, Protocol):
    """The pipeline's only way to the outside. Implemented by a database run and by an in-memory one."""

    run_id: str
    timings: dict[str, float]

    def begin(self, stage: StageName) -> None:
        """A stage starts."""

    def progress(self, fraction: float, fact: str, eta_seconds: float | None = None) -> None:
        """How far the running stage is, with one line of fact. Raises when the run was cancelled."""

    def done(self, stage: StageName, fact: str) -> None:
        """A stage has ended well."""


@contextmanager
def timed(context: RunContext, stage: StageName) -> Iterator[None]:
    """Measure how long a stage took, for the provenance and for estimates."""
    start = time.perf_counter()
    context.begin(stage)
    yield
    context.timings[stage] = round(context.timings.get(stage, 0.0) + time.perf_counter() - start, 3)


class MemoryContext:
    """A run that lives in memory: for the benchmarks and for programs that want a report and no database."""

    def __init__(self, run_id: str = "in-memory") -> None:
        self.run_id = run_id
        self.timings: dict[str, float] = {}
        self.columns: dict[str, tuple[dict[str, np.ndarray], JsonObject]] = {}
        self.documents: dict[str, JsonObject] = {}
        self.facts: dict[str, str] = {}

    def begin(self, stage: StageName) -> None:
        self.facts.setdefault(stage, "")

    def progress(self, fraction: float, fact: str, eta_seconds: float | None = None) -> None:
        return None

    def done(self, stage: StageName, fact: str) -> None:
        self.facts[stage] = fact

    def save_columns(self, kind: str, columns: Columns, meta: JsonObject, *, transient: bool = False) -> None:
        self.columns[kind] = (dict(columns), meta)

    def load_columns(self, kind: str) -> tuple[dict[str, np.ndarray], JsonObject] | None:
        return self.columns.get(kind)

    def save_document(self, kind: str, document: JsonObject, *, transient: bool = False) -> None:
        self.documents[kind] = document

    def load_document(self, kind: str) -> JsonObject | None:
        return self.documents.get(kind)

    def remove(self, name: str) -> None:
        for kept in (self.columns, self.documents):
            for kind in [k for k in kept if k == name or k.startswith(f"{name}-")]:
                del kept[kind]  # type: ignore[attr-defined]
