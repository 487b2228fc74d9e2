"""Answers of the archives kept on disk, with their age, for speed and for the time when an archive is down."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored answer (JSON value) and how long ago it was given, in seconds."""

    value: Any
    age_seconds: float


class AnswerStore:
    """A folder of JSON files, one an answer. Safe for several processes: files are replaced in one step.

    A damaged or foreign file counts as absent.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self._clock = clock

    def get(self, kind: str, key: str) -> Answer | None:
        """The answer to `key` ("resolve", "tic 261136679"), or None."""
        path = self._path(kind, key)
        try:
            stored = json.loads(path.read_text("utf-8"))
            if stored["format"] != _FORMAT or stored["key"] != key:
                return None
            return Answer(stored["value"], max(0.0, self._clock() - float(stored["stored_at"])))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, kind: str, key: str, value: Any) -> None:
        """Store `value` (JSON). A full or read-only disk is no reason to fail: then nothing is stored."""
        path = self._path(kind, key)
        document = {"format": _FORMAT, "key": key, "stored_at": self._clock(), "value": value}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".answer-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(document, file)
                os.replace(name, path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError:
            return

    def _path(self, kind: str, key: str) -> Path:
        return self.folder / kind / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def age_in_words(seconds: float) -> str:
    """ "3 minutes", "5 hours", "2 days": the age of an answer for a sentence."""
    for size, word in ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return "less than a minute"
