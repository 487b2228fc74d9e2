"""Where a running fit stands, in the lake: what another worker needs to go on exactly there.

The chain only grows, so each write holds the steps since the last one (`fit-<n>-checkpoint-<part>`), and a small
document, `fit-<n>-checkpoint`, says which parts belong together and how the generators stand. The document is written
last: whatever a crash leaves behind it is not looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.lake import LakeError
from jobs.context import JsonObject, ResultStore
from science.fitting.results import EnsembleState
from science.lightcurve import FloatArray

#: Work that a killed worker may cost.
EVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Resumed:
    """What an earlier attempt left: the states, and how long it had sampled."""

    states: tuple[EnsembleState, ...]
    seconds: float


class Checkpoints:
    """Writes and reads the checkpoints of one fit. `fingerprint` names light, start and settings: others' checkpoints
    under the same name are not taken up."""

    def __init__(
        self,
        store: ResultStore,
        signal: int,
        fingerprint: str,
        *,
        every_seconds: float = EVERY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._head = f"fit-{signal}-checkpoint"
        self._fingerprint = fingerprint
        self._every = every_seconds
        self._clock = clock
        self._began = self._written = clock()
        self._spent = 0.0
        self._parts = 0
        self._rows = 0
        self._last: tuple[EnsembleState, ...] = ()

    def load(self) -> Resumed | None:
        """Where an earlier attempt stopped, and go on counting from there; None (and a clean start) without."""
        head, parts = self._read()
        if head is None or not parts:
            self.clear()
            return None
        samples = np.concatenate([p[0] for p in parts], axis=1)
        probability = np.concatenate([p[1] for p in parts], axis=1)
        states = tuple(
            EnsembleState(
                samples=np.ascontiguousarray(samples[i]),
                log_probability=np.ascontiguousarray(probability[i]),
                accepted=np.array(numbers.pop("accepted"), dtype=np.int32),
                generator=tuple(numbers.pop("generator")),
                **numbers,
            )
            for i, numbers in enumerate(head["states"])
        )
        self._parts, self._rows, self._last = len(parts), samples.shape[1], states
        self._spent = float(head["seconds"])
        return Resumed(states, self._spent)

    def save(self, states: tuple[EnsembleState, ...]) -> None:
        """Keep the states, at most every few seconds."""
        if self._clock() - self._written < self._every:
            return
        if not self._grew_from_last(states):
            self._parts = self._rows = 0
        rows = states[0].samples.shape[0]
        if rows > self._rows:
            self._parts += 1
            self._write_part(states, self._rows, rows)
        document: JsonObject = {
            "fingerprint": self._fingerprint,
            "parts": self._parts,
            "rows": rows,
            "seconds": self._spent + self._clock() - self._began,
            "states": [_numbers(state) for state in states],
        }
        self._store.save_document(self._head, document, transient=True)
        self._rows, self._last = rows, states
        self._written = self._clock()

    def clear(self) -> None:
        """Remove all checkpoints of this signal."""
        self._store.remove(self._head)
        self._parts, self._rows, self._last = 0, 0, ()

    def _grew_from_last(self, states: tuple[EnsembleState, ...]) -> bool:
        """Whether the parts written so far are the beginning of these states: a chain that was thinned is another."""
        if not self._rows or len(states) != len(self._last):
            return False
        at = [0, self._rows // 2, self._rows - 1]
        return all(
            new.samples.shape[0] >= self._rows
            and new.samples.shape[1:] == old.samples.shape[1:]
            and _numbers(new).get("thin_by") == _numbers(old).get("thin_by")
            and np.array_equal(new.samples[at], old.samples[at])
            for new, old in zip(states, self._last, strict=True)
        )

    def _write_part(self, states: tuple[EnsembleState, ...], start: int, stop: int) -> None:
        samples = np.stack([s.samples[start:stop] for s in states])
        columns = {f"p{i}": np.ascontiguousarray(samples[..., i]).ravel() for i in range(samples.shape[-1])}
        columns["log_probability"] = np.stack([s.log_probability[start:stop] for s in states]).ravel()
        meta: JsonObject = {"fingerprint": self._fingerprint, "start": start, "shape": list(samples.shape)}
        self._store.save_columns(f"{self._head}-{self._parts}", columns, meta, transient=True)

    def _read(self) -> tuple[Any, list[tuple[FloatArray, FloatArray]]]:
        try:
            head: Any = self._store.load_document(self._head)
            if head is None or head["fingerprint"] != self._fingerprint:
                return None, []
            parts: list[tuple[FloatArray, FloatArray]] = []
            rows = 0
            for number in range(1, int(head["parts"]) + 1):
                kept = self._store.load_columns(f"{self._head}-{number}")
                if kept is None or kept[1]["fingerprint"] != self._fingerprint:
                    return None, []
                columns, meta = kept
                if meta["start"] != rows:  # of another writing than the document
                    return None, []
                shape: tuple[int, ...] = tuple(meta["shape"])  # type: ignore[arg-type]
                samples = np.stack([columns[f"p{i}"].reshape(shape[:-1]) for i in range(shape[-1])], axis=-1)
                parts.append((samples, columns["log_probability"].reshape(shape[:-1])))
                rows += shape[1]
            if rows != head["rows"]:
                return None, []
        except (LakeError, KeyError):  # damaged: sampling anew costs a minute, a wrong chain would cost the result
            return None, []
        return head, parts


def _numbers(state: EnsembleState) -> dict[str, Any]:
    """All of a state but the chain."""
    return {
        name: [int(v) for v in value] if name in ("accepted", "generator") else int(value)
        for name in state.__dataclass_fields__
        if name not in ("samples", "log_probability")
        for value in [getattr(state, name)]
    }
