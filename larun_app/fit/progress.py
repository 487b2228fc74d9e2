"""A fit on its way, in words and a small line of how R-hat fell. Plain Python."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from data.fit_report import FitProgress
from science.rounding import number

if TYPE_CHECKING:
    from jobs.fit_start import FitNow

#: Box of the small line, and R-hat at its top: what lies above is drawn there.
WIDTH, HEIGHT = 220.0, 44.0
_TOP_RHAT, _WANTED = 2.0, 1.01
_MOST_POINTS = 80
LEAVE = "You can leave this page; it goes on without you, and the numbers will wait here."


@dataclasses.dataclass
class Running:
    """What the card of a waiting or running fit says."""

    headline: str = ""
    words: str = ""
    spoken: str = ""  # announced: only when it begins to wait or to run, never at every look
    stopping: bool = False
    percent: int = 0
    width: str = "0%"
    steps: str = "–"
    rhat: str = "–"
    ess: str = "–"
    doing: str = ""
    path: str = ""
    wanted_y: str = ""
    line_words: str = ""


def running(now: FitNow, ahead: int = 0) -> Running:
    """For a fit that waits or runs; empty for all others."""
    if now.state == "queued":
        return Running(headline="The fit waits for its turn", words=f"{_queue(ahead)} {LEAVE}", spoken="Waiting.")
    if now.state != "running":
        return Running()
    p = now.progress or FitProgress()
    percent = round(100 * min(max(p.fraction, 0.0), 1.0))
    told = Running(
        headline="Stopping the fit" if now.stopping else "Fitting",
        words=LEAVE,
        spoken="Fitting.",
        stopping=now.stopping,
        percent=percent,
        width=f"{percent}%",
        doing="" if p.steps else capital(p.words or "choosing the light near the dips"),
    )
    if p.steps:
        told.steps = number(p.steps)
        told.rhat = "–" if p.rhat is None else number(p.rhat, 3 if p.rhat < 10 else 0)
        told.ess = "–" if p.ess is None else number(max(0, int(p.ess)))
        told.path = rhat_path(p)
        told.wanted_y = f"{_height(_WANTED):.1f}"
        if told.path:
            told.line_words = f"R-hat so far, now {told.rhat}; the dashed line is the {_WANTED} it has to reach."
    return told


def capital(words: str) -> str:
    """With a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def _queue(ahead: int) -> str:
    if ahead == 0:
        return "It is next in line."
    return "One piece of work is before it." if ahead == 1 else f"{ahead} pieces of work are before it."


def _height(rhat: float) -> float:
    """Logarithm of R-hat − 1, since that is how it falls; 1.003 at the bottom."""
    low, high = math.log10(0.003), math.log10(_TOP_RHAT - 1)
    share = (math.log10(min(max(rhat - 1, 0.003), _TOP_RHAT - 1)) - low) / (high - low)
    return 2 + (1 - share) * (HEIGHT - 4)


def rhat_path(progress: FitProgress) -> str:
    """SVG path of R-hat over steps in a box of WIDTH by HEIGHT; "" with fewer than two looks."""
    looks = [(steps, rhat) for steps, rhat, _ in progress.history if rhat is not None and math.isfinite(rhat)]
    step = max(1, math.ceil(len(looks) / _MOST_POINTS))
    looks = looks[::-1][::step][::-1]  # the newest stays
    if len(looks) < 2 or not looks[-1][0] > looks[0][0]:
        return ""
    first, last = looks[0][0], looks[-1][0]
    points = [f"{2 + (s - first) / (last - first) * (WIDTH - 4):.1f} {_height(r):.1f}" for s, r in looks]
    return "M" + "L".join(points)
