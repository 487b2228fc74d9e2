"""The contrast curve of a high-resolution image, as a text file of two columns."""

from __future__ import annotations

import re
from pathlib import Path

from larun_app.commands.failures import WrongUse

_MOST_BYTES = 1_000_000


def read_contrast(path: str | None) -> tuple[tuple[float, float], ...]:
    """Pairs of separation (arcsec) and magnitude difference from a file of two columns, parted by commas or spaces;
    lines that begin with # and one line of names are passed over. Nothing without a file.

    Raises WrongUse, with one sentence, where the file cannot be read as that.
    """
    if path is None:
        return ()
    try:
        if Path(path).stat().st_size > _MOST_BYTES:
            raise WrongUse(f"{path} is too large for a contrast curve.")
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(
            f"The contrast curve {path} cannot be read: {getattr(error, 'strerror', None) or error}."
        ) from None
    found: list[tuple[float, float]] = []
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for number, line in enumerate(lines):
        try:
            separation, difference = (float(part) for part in re.split(r"[,;\s]+", line)[:2])
        except ValueError:
            if number == 0:
                continue  # names of the columns
            raise WrongUse(f"{path}: {line[:60]!r} is not a separation and a magnitude difference.") from None
        found.append((separation, difference))
    if len(found) < 2:
        raise WrongUse(f"{path} holds fewer than two lines of separation and magnitude difference.")
    return tuple(found)
