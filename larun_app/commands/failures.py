"""Exit codes of foreseen failures."""

from __future__ import annotations

EXIT_CODES = {"input": 2, "service": 3}


class WrongUse(Exception):
    """The command was used in a way that cannot work. The message is one sentence."""


def explain(error: Exception) -> tuple[int, str] | None:
    """Exit code and sentence, or None for a bug."""
    if isinstance(error, WrongUse):
        return EXIT_CODES["input"], str(error)
    from jobs import failures

    known = failures.explain(error)
    return None if known is None else (EXIT_CODES[known[0]], known[1])
