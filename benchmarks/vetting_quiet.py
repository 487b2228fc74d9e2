"""Quiet real stars to inject signals into, inverted and scrambled copies of their light, and the two halves of them.

The pack's curves of one star with known transits taken out (twice their length), 2-minute data averaged to 10 minutes,
long curves in pieces. A star is quiet where our own search finds nothing convincing in it, slow waves removed are
below 1 %, means of 3 hours scatter by at most three times what white noise would and by less than 0.3 %, and the
standard deviation is at most 1.5 times the robust one (no unexplained events). Stars are split by the parity of a
checksum of their names: "tuned on" and "held back".
"""

from __future__ import annotations

import json
import math
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from benchmarks.frame import ROOT
from benchmarks.vetting_catalogues import LIGHT_CURVES, dwarf
from benchmarks.vetting_stars import Target, planets
from data.formats import UnreadableFile, read_many
from data.requests import CleanChoice, SearchChoice
from jobs.cleaning import clean
from jobs.presets import longest_period_days, search_settings
from science.folding import phase_days
from science.lightcurve import DetrendedCurve, LightCurve
from science.search.find import find_signals
from science.search.results import SearchSettings
from science.search.significance import noise_at_duration
from science.stars import Star, complete, merge
from science.stitching import NothingUsable

Floats = npt.NDArray[np.float64]

KEPT = ROOT / "var" / "bench" / "vetting_quiet.json"
BIN_DAYS = 10 / 1440
LARGEST_WAVE = 0.01
LARGEST_RED = 3.0
LARGEST_NOISE = 3e-3
LARGEST_TAILS = 1.5
#: Long curves are cut into pieces of this length.
PIECE_DAYS = 200.0


@dataclass(frozen=True, slots=True)
class Quiet:
    """Light of one quiet star, as read (transits out) and as cleaned, and whether thresholds were tuned on it."""

    name: str
    curves: tuple[LightCurve, ...]
    star: Star
    settings: SearchSettings
    cleaned: DetrendedCurve
    tuned_on: bool

    @property
    def span_days(self) -> float:
        """From the first to the last usable point."""
        time = self.cleaned.curve.time_bjd[self.cleaned.use]
        return float(time[-1] - time[0])

    @property
    def observed_share(self) -> float:
        """Share of the span with data."""
        time = self.cleaned.curve.time_bjd[self.cleaned.use]
        return float(np.sum(np.minimum(np.diff(time), 0.1))) / self.span_days

    def noise_of(self, duration_days: float) -> float:
        """Scatter of means over a duration, relative flux."""
        return _noise(self.cleaned, duration_days)[0]


@cache
def quiet_stars() -> tuple[Quiet, ...]:
    """All quiet stars of the pack, read and searched once a process."""
    found: list[Quiet] = []
    for target in _targets():
        files = sorted(LIGHT_CURVES.glob(target.files))
        try:
            data = read_many(files)
        except (UnreadableFile, FileNotFoundError) as error:
            print(f"{target.name}: left out, {error}", file=sys.stderr)
            continue
        star = complete(merge(target.star, data.star))
        masked = tuple(_coarse(_without(c, target)) for c in data.curves)
        for number, piece in enumerate(_pieces(masked)):
            one = _quiet(f"{target.name} [{number + 1}]", piece, star, _half(target.name))
            if one is not None:
                found.append(one)
    return tuple(found)


#: Stars with dips so frequent or so deep that little clean light is left between them, and one that is there twice.
_UNFIT = ("pi Men S1", "TOI-216", "TOI-519", "TOI-1130", "TOI-1798", "WASP-4")


def _targets() -> Iterator[Target]:
    for target in planets():
        if target.name not in _UNFIT:
            yield target
    for number, mass in (("270501383", 1.0), ("358108509", 1.0), ("117544915", 1.2), ("126890217", 0.9)):
        yield Target(f"TIC {number}", f"tess_2min/*{number}*", (), dwarf(mass, "TESS"))
    yield Target("TIC 150361911", "tess_2min_lightkurve_export/TIC_150361911*", (), dwarf(1.0, "TESS"))
    yield Target("KIC 10002792", "kepler/kplr010002792*", (), dwarf(0.7))
    for path in sorted((LIGHT_CURVES / "k2").glob("ktwo*")):
        if "206103150" not in path.name and "211841249" not in path.name:
            yield Target(f"EPIC {path.name[4:13]}", f"k2/{path.name}", (), dwarf(0.9))
    for path in sorted((LIGHT_CURVES / "k2_c4_dave").glob("epic*.npz")):
        yield Target(f"EPIC {path.name[4:13]}", f"k2_c4_dave/{path.name}", (), dwarf(0.9))
    dwarfs = sorted({p.name.split("_")[0] for p in (LIGHT_CURVES / "tess_2min_ucd").glob("tic*.npz")})
    for name in dwarfs:
        first = sorted((LIGHT_CURVES / "tess_2min_ucd").glob(f"{name}_*.npz"))[0]
        yield Target(f"TIC {name[3:]}", f"tess_2min_ucd/{first.name}", (), dwarf(0.15, "TESS"))


def _half(name: str) -> bool:
    return zlib.crc32(name.encode()) % 2 == 0


def _without(curve: LightCurve, target: Target) -> LightCurve:
    usable = curve.usable.copy()
    for dip in target.dips:
        if dip.epoch_bjd is not None:
            # Ephemerides of stars with moving transits are off by an hour or two over the years.
            half = dip.duration_days + 0.08
            usable &= np.abs(phase_days(curve.time_bjd, dip.period_days, dip.epoch_bjd)) > half
    return replace(curve, usable=usable, flux=np.where(usable, curve.flux, np.nan))


def _coarse(curve: LightCurve) -> LightCurve:
    """Averages over ten minutes where the cadence is shorter."""
    if curve.cadence_days > 0.7 * BIN_DAYS:
        return curve
    good = curve.usable & np.isfinite(curve.flux)
    time, flux = curve.time_bjd[good], curve.flux[good]
    if time.size < 10:
        return curve
    number = np.floor((time - time[0]) / BIN_DAYS).astype(np.int64)
    starts = np.concatenate(([0], np.flatnonzero(np.diff(number)) + 1))
    count = np.diff(np.append(starts, number.size))
    n = starts.size
    return replace(
        curve,
        time_bjd=np.add.reduceat(time, starts) / count,
        flux=np.add.reduceat(flux, starts) / count,
        flux_err=np.full(n, np.nan),
        quality=np.zeros(n, dtype=np.int32),
        usable=count >= 2,
        cadence_days=BIN_DAYS,
        exposure_days=BIN_DAYS,
    )


def _pieces(curves: tuple[LightCurve, ...]) -> Iterator[tuple[LightCurve, ...]]:
    piece: list[LightCurve] = []
    for curve in curves:
        if piece and curve.time_bjd[-1] - piece[0].time_bjd[0] > PIECE_DAYS:
            yield tuple(piece)
            piece = []
        piece.append(curve)
    if piece:
        yield tuple(piece)


def _quiet(name: str, curves: tuple[LightCurve, ...], star: Star, tuned_on: bool) -> Quiet | None:
    known = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    if known.get(name) is False:
        return None
    settings = replace(
        search_settings(SearchChoice(preset="standard"), seed=1),
        fap_trials=0,
        period_max_days=min(longest_period_days(curves), 30.0),
    )
    try:
        curve = clean(curves, star, CleanChoice(), settings, ())
    except NothingUsable:
        curve = None
    if name not in known:  # answers are kept in var/bench, as the search is slow
        quiet = curve is not None and _still(curve)
        known[name] = bool(quiet and curve is not None and not find_signals(curve, star, settings, n_threads=1).signals)
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        KEPT.write_text(json.dumps(known))
    return Quiet(name, curves, star, settings, curve, tuned_on) if known[name] and curve is not None else None


def _still(curve: DetrendedCurve) -> bool:
    """Enough points, no large waves, no more red noise than a quiet star's."""
    use = curve.use
    if np.count_nonzero(use) < 500 or np.std(curve.trend[use]) > LARGEST_WAVE:
        return False
    departure = curve.flux[use] - np.median(curve.flux[use])
    if np.std(departure) > LARGEST_TAILS * 1.4826 * np.median(np.abs(departure)):
        return False
    noise, red = _noise(curve, 0.125)
    return noise < LARGEST_NOISE and red < LARGEST_RED and curve.variability_amplitude <= LARGEST_WAVE


def _noise(curve: DetrendedCurve, duration: float) -> tuple[float, float]:
    """Total noise of a mean over `duration`, and its ratio to the white part."""
    use = curve.use
    noise = noise_at_duration(curve.curve.time_bjd[use], curve.flux[use] - 1.0, curve.curve.flux_err[use], duration)
    return noise.total, noise.total / noise.white if noise.white > 0 else math.inf


def with_light(quiet: Quiet, factor: list[Floats]) -> tuple[LightCurve, ...]:
    """The star's curves multiplied by `factor` (one array a curve)."""
    return tuple(replace(c, flux=c.flux * f) for c, f in zip(quiet.curves, factor, strict=True))


def inverted(quiet: Quiet) -> DetrendedCurve:
    """The cleaned light turned upside down: dips become bumps, and bumps dips. Flares were left out before."""
    c = quiet.cleaned
    flux = np.where(c.use, 2.0 - c.flux, np.nan)
    return _as_cleaned(c, flux)


def scrambled(quiet: Quiet, random: np.random.Generator, block_days: float) -> DetrendedCurve:
    """The cleaned light cut into blocks that are put back in random order: noise stays, what repeats is broken up."""
    c = quiet.cleaned
    rows = np.flatnonzero(c.use)
    time = c.curve.time_bjd[rows]
    number = np.floor((time - time[0]) / block_days + random.uniform()).astype(np.int64)
    order = random.permutation(np.unique(number))
    source = np.concatenate([rows[number == k] for k in order])
    flux = np.full(c.flux.size, np.nan)
    flux[rows] = c.flux[source]
    err = c.curve.flux_err.copy()
    err[rows] = c.curve.flux_err[source]
    copy = _as_cleaned(c, flux)
    return replace(copy, curve=replace(copy.curve, flux_err=err))


def _as_cleaned(c: DetrendedCurve, flux: Floats) -> DetrendedCurve:
    stitched = replace(c.curve, flux=flux, usable=np.isfinite(flux))
    return replace(c, curve=stitched, flux=flux, trend=np.ones(flux.size), use=c.use & np.isfinite(flux))
