"""The early look: the cleaned light as a small picture, drawn as soon as it is stored."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from sqlmodel import select

from data import lake
from data.session import read_scope
from data.tables import StoredFile
from larun_app.ui.numbers import count
from science.rounding import number, significant

WIDTH, HEIGHT = 520, 238
LEFT, RIGHT, TOP, BOTTOM = 58, 10, 12, 38
MAX_DOTS = 700
USED = 1  # bit 0 of the flags column: used in the search


@dataclasses.dataclass
class Tick:
    """A mark on an axis: place in the picture and words."""

    at: str = "0"
    words: str = ""


@dataclasses.dataclass
class EarlyLook:
    """The picture as a path, its axes, and the sentence that says what it shows."""

    path: str = ""
    x_ticks: list[Tick] = dataclasses.field(default_factory=list)
    y_ticks: list[Tick] = dataclasses.field(default_factory=list)
    sentence: str = ""
    legend: str = ""


def early_look(owner_id: str, run_id: str) -> EarlyLook | None:
    """The picture of a run's light; None before the light is stored, or where the run is another's. Blocking."""
    with read_scope() as session:
        stored = session.exec(
            select(StoredFile).where(
                StoredFile.run_id == run_id, StoredFile.owner_id == owner_id, StoredFile.kind == "lightcurve"
            )
        ).one_or_none()
    if stored is None:
        return None
    columns = lake.read_columns(stored.path, ("t", "flux", "flags"))
    used = (columns["flags"] & USED) > 0
    return draw(np.asarray(columns["t"])[used], np.asarray(columns["flux"], dtype=float)[used])


def draw(t_days: np.ndarray, flux_ppm: np.ndarray) -> EarlyLook | None:
    """Picture of brightness (ppm around 0) against time (BTJD): medians of equal stretches, gaps closed up."""
    good = np.isfinite(t_days) & np.isfinite(flux_ppm)
    t, flux = t_days[good], flux_ppm[good]
    if t.size < 10:
        return None
    # the longest uninterrupted stretch is shown: with years between sectors, nothing could be seen otherwise
    breaks = np.flatnonzero(np.diff(t) > 20.0)
    starts, stops = np.r_[0, breaks + 1], np.r_[breaks + 1, t.size]
    longest = int(np.argmax(stops - starts))
    part_t, part_f = t[starts[longest] : stops[longest]], flux[starts[longest] : stops[longest]]
    span = float(part_t[-1] - part_t[0])
    width = max(span / MAX_DOTS, 1e-3)
    bins = np.floor((part_t - part_t[0]) / width).astype(int)
    edges = np.flatnonzero(np.r_[True, np.diff(bins) > 0])
    x = np.array([float(np.mean(group)) for group in np.split(part_t, edges[1:])])
    y = np.array([float(np.median(group)) for group in np.split(part_f, edges[1:])])
    low, high = float(np.min(y)), float(np.percentile(y, 99.8))
    pad = 0.08 * ((high - low) or 1.0)
    low, high = low - pad, high + pad
    x_low, x_high = float(part_t[0]), float(part_t[-1])

    def to_x(value: float) -> float:
        return LEFT + (value - x_low) / ((x_high - x_low) or 1.0) * (WIDTH - LEFT - RIGHT)

    def to_y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    path = "".join(f"M{to_x(a):.1f} {to_y(b):.1f}h0" for a, b in zip(x, y, strict=True) if low <= b <= high)
    scatter = 1.4826 * float(np.median(np.abs(np.diff(y)))) / math.sqrt(2)
    shown = "" if breaks.size == 0 else " The longest of them is shown."
    pieces = count(breaks.size + 1, "stretch", "stretches")
    minutes = width * 1440
    return EarlyLook(
        path=path,
        x_ticks=[Tick(f"{to_x(v):.1f}", number(v)) for v in _ticks(x_low, x_high, 6)],
        y_ticks=[Tick(f"{to_y(v):.1f}", number(v)) for v in _ticks(low, high, 4)],
        sentence=(
            f"{count(int(t.size), 'measurement')} in {pieces}.{shown} From one dot to the next the light wavers by "
            f"about {significant(scatter, 2)} ppm; the search will tell whether any dip is more than that."
        ),
        legend=f"{significant(minutes, 2)}-minute median",
    )


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Round values between low and high, at most about `most`."""
    raw = (high - low) / most or 1.0
    power = 10 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw)
    first = math.ceil(low / step)
    return [step * i for i in range(first, math.floor(high / step) + 1)]
