"""Words for numbers that only pages show: time left, when something happened, sizes of files.

Measured values are written by `science.rounding`, for page, file and paper alike.
"""

from __future__ import annotations

from datetime import datetime

from science.rounding import THIN, number

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def about(seconds: float) -> str:
    """A rough length of time: "about 25 s", "about 4 min", "about 2 h". Rounded so that it does not flicker."""
    if seconds < 4:
        return f"about {max(1, round(seconds))}{THIN}s"
    if seconds < 90:
        return f"about {5 * max(1, round(seconds / 5))}{THIN}s"
    if seconds < 90 * 60:
        return f"about {max(2, round(seconds / 60))}{THIN}min"
    return f"about {round(seconds / 3600)}{THIN}h"


def took(seconds: float) -> str:
    """How long something took: "0.4 s", "6 s", "2 min"."""
    if seconds < 0.95:
        return f"{max(0.1, round(seconds, 1)):.1f}{THIN}s"
    if seconds < 99.5:
        return f"{round(seconds)}{THIN}s"
    return f"{round(seconds / 60)}{THIN}min"


def when(moment: datetime, now: datetime) -> str:
    """When something happened, as one says it: "Today, 09:12", "Yesterday", "18 Nov", "18 Nov 2024".

    Both times with a zone; the words are those of `now`'s zone.
    """
    local = moment.astimezone(now.tzinfo)
    days = (now.date() - local.date()).days
    if days == 0:
        return f"Today, {local:%H:%M}"
    if days == 1:
        return "Yesterday"
    text = f"{local.day} {_MONTHS[local.month - 1]}"
    return text if local.year == now.year else f"{text} {local.year}"


def bytes_words(count: int) -> str:
    """A file size: "140 kB", "2.1 MB"."""
    if count < 1000:
        return f"{count}{THIN}bytes"
    if count < 999_500:
        return f"{round(count / 1000)}{THIN}kB"
    return f"{count / 1e6:.1f}{THIN}MB"


def cadence_words(seconds: float) -> str:
    """The step between two measurements: "20 s", "2 min", "30 min"."""
    if seconds < 90:
        return f"{round(seconds)}{THIN}s"
    minutes = seconds / 60
    return f"{minutes:.0f}{THIN}min" if abs(minutes - round(minutes)) < 0.2 else f"{minutes:.1f}{THIN}min"


def count(n: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 sector", "5 sectors", "73 518 points"."""
    return f"{number(n)} {one if n == 1 else (many or one + 's')}"
