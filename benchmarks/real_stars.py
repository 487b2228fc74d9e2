"""Real stars: known planets found first, and nothing else taken for a planet.

Every star goes the whole way of a standard run: read, stitch, detrend, search with 40 shuffled copies, judge. Part of
the stars were looked at while thresholds were chosen; their figures are marked "seen", all others "held back".
`only` is a part (planets, variables, binaries, quiet, ambiguous) or the beginning of a star's name.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.frame import ROOT, Figure, at_least, at_most
from data.formats import UnreadableFile, read_many
from data.requests import CleanChoice, SearchChoice
from jobs.cleaning import clean
from jobs.presets import longest_period_days, search_settings
from science.search.find import find_signals
from science.search.harmonics import relation
from science.search.results import SearchResult, Signal
from science.stars import complete
from science.stitching import NothingUsable

REALDATA = Path(os.environ.get("LARUN_REALDATA", ROOT.parent / "shared" / "realdata"))
LIGHT_CURVES = REALDATA / "lightcurves"
SAME_PERIOD = 0.002


@dataclass(frozen=True, slots=True)
class Known:
    """A star, its files and its transiting planets' periods (days); one of them must be found first."""

    name: str
    files: str
    periods_days: tuple[float, ...] = ()
    seen: bool = False
    max_signals: int = 3
    least_found: int = 1


PLANETS = (
    Known("pi Men", "multisector/pimen*.npz", (6.26791,)),
    Known("TOI-1798", "multisector/toi1798*.npz", (8.02154, 0.43781), seen=True),
    Known("TOI-540", "multisector/toi540*.npz", (1.23914,), seen=True),
    Known("WASP-4", "tess_2min/*402026209*", (1.33823,)),
    Known("WASP-121", "tess_2min/*22529346*", (1.27493,)),
    Known("GJ 357", "tess_2min/*413248763*", (3.93072,)),
    Known("TOI-2015", "multisector/tic368287008*", (3.34896,)),
    Known("TOI-247", "tess_2min/*160148385*", (3.42518,)),
    Known("WASP-47", "k2/ktwo206103150*", (4.15914, 9.03077, 0.78959)),
    Known("K2-3", "k2/hlsp_k2sff*201367065*", (10.05449, 24.64658, 44.556)),
    Known(
        "Kepler-11",
        "kepler/kplr006541920*",
        (31.9996, 22.6845, 13.0241, 46.6888, 10.3039, 118.3807),
        max_signals=6,
        least_found=4,
    ),
    Known("HD 219134", "tess_2min_lightkurve_export/TIC_283722336*", (3.09293, 6.7646)),
    Known("TOI-1130", "tess_ffi/hlsp_qlp*", (8.35019, 4.06649), seen=True),
    Known("TOI-519", "tess_ffi/hlsp_tglc*", (1.26523,), seen=True),
)

#: Stars whose own light varies, and what must never be called a planet's period there (days).
ROTATORS = (
    Known("AU Mic", "multisector/aumic*", (4.863,), seen=True),
    Known("TOI-540", "multisector/toi540*", (0.7265,), True),
)


def measure(only: str | None = None) -> Iterable[Figure]:
    """All parts, or one part, or the stars whose name begins with `only`."""
    if not LIGHT_CURVES.is_dir():
        raise FileNotFoundError(f"The real light curves are not at {LIGHT_CURVES}; set LARUN_REALDATA.")
    parts = {
        "planets": _planets,
        "variables": _variables,
        "binaries": _binaries,
        "ambiguous": _ambiguous,
        "quiet": _quiet,
    }
    for name, part in parts.items():
        if only is None or only == name:
            yield from part(None)
        elif only not in parts:
            yield from part(only)


def _planets(only: str | None) -> Iterator[Figure]:
    for star in PLANETS:
        if only is not None and not star.name.lower().startswith(only.lower()):
            continue
        result, seconds = _run(star)
        if result is None:
            continue
        tag = _tag(star.seen)
        first = result.signals[0] if result.signals else None
        match = None if first is None else _catalogued(first, star.periods_days)
        period = float("nan") if first is None else first.measurement.period_days
        yield Figure(
            f"{star.name}: first period ({tag})",
            round(period, 5),
            "d",
            "catalogue " + ", ".join(f"{p:g}" for p in star.periods_days),
            match is not None,
        )
        found = {p for s in result.signals for p in star.periods_days if _is_same(s.measurement.period_days, p)}
        foreign = [s for s in result.signals if _catalogued(s, star.periods_days) is None]
        if len(star.periods_days) > 1 or star.least_found > 1:
            yield at_least(f"{star.name}: catalogued planets found ({tag})", len(found), "planets", star.least_found)
        yield at_most(f"{star.name}: convincing signals not in the catalogue ({tag})", len(foreign), "signals", 0)
        yield Figure(f"{star.name}: search time", round(seconds, 1), "s")


def _variables(only: str | None) -> Iterator[Figure]:
    for star in ROTATORS:
        if only is not None and not star.name.lower().startswith(only.lower()):
            continue
        result, _ = _run(star)
        if result is None:
            continue
        wrong = [s for s in result.signals if relation(s.measurement.period_days, star.periods_days[0], 0.01, 2)]
        yield at_most(f"{star.name}: rotation called a planet ({_tag(star.seen)})", len(wrong), "signals", 0)
    if only is None:
        yield from _none_convincing("delta Scuti", sorted((LIGHT_CURVES / "kepler_variable").glob("*.npz")))


def _binaries(only: str | None) -> Iterator[Figure]:
    if only is None:
        yield from _none_convincing("Kepler eclipsing binary", sorted((LIGHT_CURVES / "kepler_eb").glob("eb*.npz")))


def _ambiguous(only: str | None) -> Iterator[Figure]:
    """Stars on which a naive search finds something and the honest answer is "nothing convincing"."""
    for name, files, seen in (
        ("TIC 358108509", "tess_2min/*358108509*", True),
        ("TOI-222", "tess_2min/*144440290-0121*", False),
        ("TOI-216", "tess_2min/*55652896*", True),
    ):
        if only is not None and not name.lower().startswith(only.lower()):
            continue
        result, _ = _run(Known(name, files))
        if result is not None:
            yield at_most(f"{name}: convincing signals ({_tag(seen)})", len(result.signals), "signals", 0)


def _quiet(only: str | None) -> Iterator[Figure]:
    """The ultracool dwarfs, curve by curve. Seen: the stars among every fourth file; held back: all other stars."""
    if only is not None:
        return
    files = sorted((LIGHT_CURVES / "tess_2min_ucd").glob("*.npz"))
    # One more star gave rise to a rule (a single event is no false alarm) and so counts as seen.
    seen_stars = {path.name.split("_")[0] for path in files[::4]} | {"tic284678097"}
    for tag, chosen in (
        ("seen", [p for p in files if p.name.split("_")[0] in seen_stars]),
        ("held back", [p for p in files if p.name.split("_")[0] not in seen_stars]),
    ):
        low = convincing = searched = varying = 0
        for path in chosen:
            result, _ = _run(Known(path.stem, str(path.relative_to(LIGHT_CURVES))))
            if result is None:
                continue
            searched += 1
            convincing += bool(result.signals)
            signals = [*result.signals, *([result.best_rejected] if result.best_rejected else [])]
            # A star that turns or pulsates is not quiet: its rhythm is real and rightly no false alarm.
            if any(s.kind in ("rotation", "pulsation", "binary") for s in signals):
                varying += 1
                continue
            if any(s.false_alarm.probability < 0.01 for s in signals):
                low += 1
                _say(f"{path.stem}: FAP below 1 %: {[_line(s) for s in signals]}")
        quiet = max(1, searched - varying)
        yield Figure(f"ultracool dwarfs searched ({tag})", searched, "curves")
        yield Figure(f"ultracool dwarfs that turn or pulsate ({tag})", varying, "curves")
        yield at_most(f"quiet ultracool dwarfs with FAP < 1 % ({tag})", 100.0 * low / quiet, "%", 2.0)
        yield at_most(
            f"ultracool dwarfs with a convincing signal ({tag})", 100.0 * convincing / max(1, searched), "%", 2.0
        )


def _none_convincing(name: str, files: list[Path]) -> Iterator[Figure]:
    """Seen: positions 0 and 3 of every four; held back: 1 and 2."""
    for tag, wanted in (("seen", (0, 3)), ("held back", (1, 2))):
        chosen = [p for i, p in enumerate(files) if i % 4 in wanted]
        wrong = searched = 0
        for path in chosen:
            result, _ = _run(Known(path.stem, str(path.relative_to(LIGHT_CURVES))))
            if result is not None:
                searched += 1
                wrong += bool(result.signals)
        yield at_most(f"{name} called a planet, of {searched} ({tag})", wrong, "stars", 0)


def _run(star: Known) -> tuple[SearchResult | None, float]:
    files = sorted(LIGHT_CURVES.glob(star.files))
    if not files:
        _say(f"{star.name}: no file {star.files}, left out")
        return None, 0.0
    try:
        data = read_many(files)
        host = complete(data.star)
        settings = replace(
            search_settings(SearchChoice(preset="standard"), seed=1),
            max_signals=star.max_signals,
            period_max_days=longest_period_days(data.curves),
        )
        curve = clean(data.curves, host, CleanChoice(), settings, ())
    except (UnreadableFile, NothingUsable) as error:
        _say(f"{star.name}: {error}")
        return None, 0.0
    start = time.perf_counter()
    result = find_signals(curve, host, settings)
    seconds = time.perf_counter() - start
    for signal in [*result.signals, *([result.best_rejected] if result.best_rejected else [])]:
        _say(f"{star.name}: {_line(signal)}")
    return result, seconds


def _line(signal: Signal) -> str:
    m = signal.measurement
    return (
        f"{'convincing' if signal.convincing else 'not convincing'} {signal.kind} P={m.period_days:.5f} d "
        f"T14={m.duration_days * 24:.2f} h depth={m.depth * 1e6:.0f} ppm S/N={m.snr:.1f} SDE={signal.sde:.1f} "
        f"FAP={signal.false_alarm.probability:.2g} n={m.n_transits} {signal.reasons[0] if signal.reasons else ''}"
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _catalogued(signal: Signal, periods: tuple[float, ...]) -> float | None:
    """The catalogue period that a signal has, or has a simple named ratio to."""
    for period in periods:
        if relation(signal.measurement.period_days, period, SAME_PERIOD, 3) is not None:
            return period
    return None


def _is_same(period: float, other: float) -> bool:
    return abs(period / other - 1.0) < SAME_PERIOD


def _tag(seen: bool) -> str:
    return "seen" if seen else "held back"
