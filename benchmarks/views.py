"""Views made from light curves against the views that Yu et al. and Nigraha made of the same signals."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from benchmarks.frame import Figure, at_least, at_most, cpu_seconds
from benchmarks.view_pairs import Pair, agreement, pairs
from serving.signals import Signals, read_signals
from serving.views import views_of
from tests.standins.realdata import has_realdata, realdata_dir

VIEWS = {"global": "global_view", "local": "local_view", "secondary": "secondary_view"}
#: Signals that both see: the median is taken over these; weaker ones are listed one by one without a bar.
SEEN_SNR = 15.0


def measure(only: str | None) -> Iterable[Figure]:
    """Parts: `speed`, `pairs`, `sets`. The last two need the data pack."""
    if only in (None, "speed"):
        yield from _speed()
    if not has_realdata():
        return
    if only in (None, "pairs"):
        yield from _pairs()
    if only in (None, "sets"):
        yield from _sets(read_signals(realdata_dir() / "views"))


def _speed() -> Iterable[Figure]:
    rng = np.random.default_rng(1)
    for cadences, bar in ((1_250, 5.0), (18_000, 5.0), (108_000, 40.0)):
        t = np.linspace(0.0, 27.0 if cadences < 20_000 else 162.0, cadences)
        f = 1 + rng.normal(0, 1e-3, t.size) - 0.01 * (np.abs((t - 1 + 1.65) % 3.3 - 1.65) < 0.06)
        seconds = cpu_seconds({"views": lambda t=t, f=f: views_of(t, f, 3.3, 1.0, 0.12)}, repeats=15)["views"]
        yield at_most(f"views_of_{cadences}_points", 1e3 * seconds, "ms", bar)


def _pairs() -> Iterable[Figure]:
    found = list(pairs(realdata_dir()))
    yield Figure("pairs", float(len(found)), "signals")
    for source in ("yu2019", "nigraha", "xmatch"):
        some = [p for p in found if p.source == source]
        yield Figure(f"pairs_{source}", float(len(some)), "signals")
    seen = [p for p in found if p.snr >= SEEN_SNR and p.is_planet]
    yield Figure("planet_pairs", float(len(seen)), "signals")
    for view, bars in (("global", (0.80, 0.10)), ("local", (0.95, 0.15))):
        values = np.array([agreement(*_both(p, view)) for p in seen])
        yield at_least(f"planets_{view}_correlation_median", float(np.median(values[:, 0])), "", bars[0])
        yield at_most(f"planets_{view}_rms_median", float(np.median(values[:, 1])), "depths", bars[1])
    depth = np.array([0.9 * (p.made.scalars[3] - p.stored.scalars[3]) for p in seen])
    snr = np.array([0.5 * (p.made.scalars[4] - p.stored.scalars[4]) for p in seen])
    yield at_most("planets_depth_difference_median", abs(float(np.nanmedian(depth))), "dex", 0.1)
    yield at_most("planets_snr_difference_median", abs(float(np.nanmedian(snr))), "dex", 0.2)
    for pair in found:
        for view in VIEWS:
            correlation, rms = agreement(*_both(pair, view))
            yield Figure(f"{pair.name}_{view}_correlation", correlation, f"S/N {pair.snr:.0f}, {pair.points} points")
            yield Figure(f"{pair.name}_{view}_rms", rms, "depths")


def _both(pair: Pair, view: str) -> tuple[np.ndarray, np.ndarray]:
    return getattr(pair.stored, VIEWS[view]), getattr(pair.made, VIEWS[view])


def _sets(signals: Signals) -> Iterable[Figure]:
    """Planets of the three sets on one grid: their median local views should lie on each other."""
    strong = signals.toi_matched & (signals.snr > 15)
    middle = {
        source: np.median(signals.local_view[strong & (signals.source == source)], axis=0)
        for source in ("yu2019", "nigraha", "xmatch")
        if (strong & (signals.source == source)).any()
    }
    names = list(middle)
    for k, a in enumerate(names):
        for b in names[k + 1 :]:
            rms = float(np.sqrt(np.mean((middle[a] - middle[b]) ** 2)))
            yield at_most(f"median_planet_local_view_{a}_{b}", rms, "depths", 0.08)
