"""Light curves for tests: white noise around a slow drift, two half-sectors a sector, with dips whose truth is known.

Seeded: equal arguments give equal bytes.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache

import numpy as np

from science.lightcurve import DetrendedCurve, Segment, StitchedCurve

BJD_OFFSET = 2457000.0
NOISE_PPM = 400.0


@dataclass(frozen=True)
class Planet:
    """A box-shaped dip. `even_depth_ppm` differs from the odd one for a binary."""

    period_days: float
    epoch_btjd: float
    duration_hours: float
    depth_ppm: float
    even_depth_ppm: float | None = None

    def flux_ppm(self, t: np.ndarray) -> np.ndarray:
        """Brightness change in ppm at times t (BTJD)."""
        number = np.round((t - self.epoch_btjd) / self.period_days)
        hours = (t - self.epoch_btjd - number * self.period_days) * 24
        even = self.depth_ppm if self.even_depth_ppm is None else self.even_depth_ppm
        return np.where(np.abs(hours) < self.duration_hours / 2, -np.where(number % 2 == 0, even, self.depth_ppm), 0.0)


#: Sectors as (label, first day); two of them neighbours, one two years later: the axis has a break.
SECTORS = (("S1", 1325.3), ("S2", 1354.1), ("S28", 2061.8))
INNER = Planet(4.2, 1327.0, 3.0, 1500.0)
OUTER = Planet(9.7, 1330.5, 4.0, 900.0)


@cache
def made_light(
    planets: tuple[Planet, ...] = (INNER, OUTER),
    sectors: tuple[tuple[str, float], ...] = SECTORS,
    cadence_days: float = 10 / 1440,
    noise_ppm: float = NOISE_PPM,
    seed: int = 1,
) -> DetrendedCurve:
    """A cleaned light curve with the planets' dips in it."""
    rng = np.random.default_rng(seed)
    times, index = [], []
    for number, (_, start) in enumerate(sectors):
        for half in (0.0, 13.6):
            t = np.arange(start + half, start + half + 12.4, cadence_days)
            times.append(t)
            index.append(np.full(len(t), number))
    t = np.concatenate(times)
    sector = np.concatenate(index).astype(np.int32)
    signal = sum((p.flux_ppm(t) for p in planets), np.zeros_like(t))
    flat = 1 + (signal + rng.normal(0, noise_ppm, len(t))) / 1e6
    trend = 1 + 2e-3 * np.sin(t / 3.1)
    use = np.ones(len(t), dtype=bool)
    bad = rng.choice(len(t), 40, replace=False)
    quality = np.zeros(len(t), dtype=np.int32)
    quality[bad[:20]] = 128
    flat[bad[20:]] += 8e-3  # flares, left out by the search
    use[bad] = False
    labels = tuple(label for label, _ in sectors)
    curve = StitchedCurve(
        target="TIC 1",
        time_bjd=t + BJD_OFFSET,
        flux=flat * trend,
        flux_err=np.full(len(t), noise_ppm / 1e6),
        quality=quality,
        sector=sector,
        filled=np.zeros(len(t), dtype=bool),
        labels=labels,
        segments=tuple(
            Segment(int(a), int(b), labels[sector[a]], cadence_days, cadence_days, noise_ppm / 1e6)
            for a, b in _stretches(t)
        ),
    )
    return DetrendedCurve(curve, flat, trend, use, window_days=1.0, method="biweight")


def _stretches(t: np.ndarray) -> list[tuple[int, int]]:
    cuts = [0, *(np.flatnonzero(np.diff(t) > 0.5) + 1).tolist(), len(t)]
    return list(itertools.pairwise(cuts))


def periodogram(peaks: tuple[tuple[float, float], ...], seed: int = 3) -> dict[str, np.ndarray]:
    """Strength over 0.5 to 20 days: noise, and a peak with its half and double at each (period, height)."""
    rng = np.random.default_rng(seed)
    period = np.geomspace(0.5, 20, 6000)
    power = np.abs(rng.normal(0, 1.1, len(period))) + 0.8
    for at, height in peaks:
        for factor, share in ((1.0, 1.0), (0.5, 0.6), (2.0, 0.45)):
            width = 0.0012
            power = np.maximum(power, height * share * np.exp(-(((period / (at * factor) - 1) / width) ** 2)))
    return {"period": period, "power": power.astype(np.float32)}
