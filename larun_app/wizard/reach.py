"""What a search could find, before any data are fetched: an estimate from the star's brightness and size alone.

The result of a run carries the real map, from the star's own noise (`science.search.sensitivity_map`); this one only
helps to choose. Noise: a fit to the one-hour noise (CDPP) that SPOC wrote into 13 light curves of stars with TESS
magnitude 5.1 to 14.3; single stars differ from it by a factor of 1.35. Signal to noise: depth / noise · √(hours in
transit), the form used for the missions' yields (Howard et al. 2012, ApJS 201, 15); found where it exceeds 7.1 ± 1.
"""

from __future__ import annotations

import dataclasses
import math

from larun_app.wizard.draft import Watched
from science.rounding import significant
from science.search.results import NEEDED_SNR

#: log10 of the one-hour noise in ppm as a parabola in (Tmag − 10), highest power first.
_NOISE = (0.0131, 0.2133, 2.4171)
TMAG_FROM, TMAG_TO = 5.0, 14.5
EARTH_IN_SUNS = 0.009168
EARTH_TRANSIT_HOURS = 13.0  # central transit of a planet with a year of 365.25 days across the Sun
MEAN_CHORD = math.pi / 4  # mean length of a transit over all paths, in units of the central one
DUTY = 0.85  # share of a sector with usable measurements

COLUMNS, ROWS = 12, 10
RADIUS_FROM, RADIUS_TO = 0.8, 5.0
WIDTH, HEIGHT = 272, 196
LEFT, TOP, CELL_W, CELL_H = 34, 4, 18.6, 15.2
LEVELS = 10


@dataclasses.dataclass
class HeatLevel:
    """All cells of one strength as one path."""

    d: str = ""
    opacity: str = "0.06"


@dataclasses.dataclass
class HeatTick:
    """A mark on an axis of the map."""

    at: str = "0"
    words: str = ""


@dataclasses.dataclass
class Reach:
    """The map as paths, its axes and its sentence; without `levels` there is nothing to show."""

    levels: list[HeatLevel] = dataclasses.field(default_factory=list)
    x_ticks: list[HeatTick] = dataclasses.field(default_factory=list)
    y_ticks: list[HeatTick] = dataclasses.field(default_factory=list)
    sentence: str = ""


def noise_ppm(tmag: float) -> float:
    """Typical one-hour noise of a TESS light curve of this magnitude, ppm."""
    x = tmag - 10.0
    return 10.0 ** (_NOISE[0] * x * x + _NOISE[1] * x + _NOISE[2])


def share_found(
    radius_earth: float, period_days: float, tmag: float, radius_sun: float, density_sun: float, watched_days: float
) -> float:
    """Share of transiting planets of this size and period that a search would find, 0 to 1."""
    transits = DUTY * watched_days / period_days
    if transits < 1:
        return 0.0
    depth_ppm = 1e6 * (radius_earth * EARTH_IN_SUNS / radius_sun) ** 2
    hours = MEAN_CHORD * EARTH_TRANSIT_HOURS * (period_days / 365.25 / density_sun) ** (1 / 3)
    snr = depth_ppm / noise_ppm(tmag) * math.sqrt(hours * transits)
    found = 0.5 * (1 + math.erf((snr - NEEDED_SNR) / math.sqrt(2)))
    return found * min(1.0, transits - 1)  # one dip is no repeat


def reach_of(
    tmag: float | None,
    radius_sun: float | None,
    mass_sun: float | None,
    watched: Watched | None,
    limits: tuple[float, float],
) -> Reach:
    """The map for a star that TESS watched; empty where its brightness or size is unknown or out of range."""
    if tmag is None or radius_sun is None or watched is None or not TMAG_FROM <= tmag <= TMAG_TO:
        return Reach()
    density = (mass_sun or radius_sun) / radius_sun**3  # mass ≈ radius on the lower main sequence
    low, high = limits
    periods = [low * (high / low) ** ((i + 0.5) / COLUMNS) for i in range(COLUMNS)]
    radii = [RADIUS_FROM * (RADIUS_TO / RADIUS_FROM) ** ((j + 0.5) / ROWS) for j in range(ROWS)]
    strength = [[share_found(r, p, tmag, radius_sun, density, watched.watched_days) for p in periods] for r in radii]
    cells: dict[int, str] = {}
    for j, row in enumerate(strength):
        for i, value in enumerate(row):
            x, y = LEFT + i * CELL_W, TOP + (ROWS - 1 - j) * CELL_H
            level = round(value * (LEVELS - 1))
            cells[level] = (
                cells.get(level, "") + f"M{x:.1f} {y:.1f}h{CELL_W - 1:.1f}v{CELL_H - 1:.1f}h-{CELL_W - 1:.1f}z"
            )
    levels = [HeatLevel(d, f"{0.06 + 0.84 * k / (LEVELS - 1):.2f}") for k, d in sorted(cells.items())]
    x_span, y_span = math.log(high / low), math.log(RADIUS_TO / RADIUS_FROM)
    return Reach(
        levels=levels,
        x_ticks=[
            HeatTick(f"{LEFT + COLUMNS * CELL_W * math.log(days / low) / x_span:.1f}", f"{days:g}")
            for days in _period_marks(low, high)
        ],
        y_ticks=[
            HeatTick(f"{TOP + ROWS * CELL_H * (1 - math.log(r / RADIUS_FROM) / y_span):.1f}", f"{r:g}")
            for r in (1, 2, 3, 4)
        ],
        sentence=_sentence(tmag, radius_sun, density, watched, limits),
    )


def _period_marks(low: float, high: float) -> list[float]:
    marks = [d for d in (0.5, 1, 2, 5, 10, 20, 50, 100) if low * 0.99 <= d <= high * 1.01]
    return marks if len(marks) >= 2 else [low, high]


def _sentence(tmag: float, radius_sun: float, density: float, watched: Watched, limits: tuple[float, float]) -> str:
    days = min(10.0, limits[1])
    radius = 0.5
    while radius < 20 and share_found(radius, days, tmag, radius_sun, density, watched.watched_days) < 0.9:
        radius *= 1.02
    if radius >= 20:
        return "With so little light, a planet with a year this long would hardly show."
    return f"Planets over about {significant(radius, 2)} Earths with a year of up to {days:g} days should show."
