"""Answers about a piece of sky: from the cache while fresh, else live behind the circuit breaker, else old."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .answers import AnswerStore, age_in_words
from .circuit import Circuit, ServiceName
from .errors import ArchiveUnavailable, HostNotAllowed
from .settings import ArchiveSettings

EMPTY_FRESH_SECONDS = 900.0


def labelled(name: str, age_seconds: float | None) -> str:
    """A catalogue's name with the age of the answer where it comes from the cache."""
    return name if age_seconds is None else f"{name}, from the cache, {age_in_words(age_seconds)} old"


def remembered(
    settings: ArchiveSettings, service: ServiceName, kind: str, key: str, ask: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], float | None, str]:
    """The answer to a question about the sky, its age (None: live) and a note where an old one had to do.

    The service is asked inside its circuit breaker. Raises what `ask` raises where nothing is stored.
    """
    url = getattr(settings, f"{service}_url")
    store = AnswerStore(settings.cache_dir / "answers" / re.sub(r"[^A-Za-z0-9.]+", "-", url))
    stored = store.get(kind, key)
    if stored is not None and not (isinstance(stored.value, dict) and "columns" in stored.value):
        stored = None
    if stored is not None and stored.age_seconds < _fresh_seconds(stored.value["columns"], settings):
        return stored.value, stored.age_seconds, ""
    try:
        with Circuit(settings, service).guard():
            answer = ask()
    except (ArchiveUnavailable, HostNotAllowed) as error:  # a hotel's network gives private addresses for all names
        if stored is None:
            raise
        return stored.value, stored.age_seconds, error.sentence
    store.put(kind, key, answer)
    return answer, None, ""


def _fresh_seconds(columns: dict[str, list[Any]], settings: ArchiveSettings) -> float:
    """How long an answer is used without asking. No stars at all is believed for a short time only."""
    if any(columns.values()):
        return settings.field_fresh_seconds
    return min(settings.field_fresh_seconds, EMPTY_FRESH_SECONDS)
