"""Small planets found at equal false-alarm rate: the search engine against boxes of several kinds.

Two blind searches on white noise, both from 0.5 d up: one TESS sector at 10 min (planets of 1 to 12 d) and 210 d at
60 min (planets of 12 to 100 d). Every arm searches the same curves on the same periods and is read by the same
statistic, TLS's signal detection efficiency with its running median. The threshold of an arm is what 1 % of 1000 curves
of pure noise exceed in it; recovered means the highest peak is above it and within 1 % of the injected period. Planets
circle a Sun, impact parameters 0 to 0.8, periods and total signal-to-noise (6 to 9) uniform in their logarithms, as
they are for radii uniform in theirs; the transit model is the reference package's, averaged over the exposure.

Arms: the engine without and with the star's density; BLS with the engine's durations at each period ("matched"), with
lightkurve's six default durations at every period, and classical BLS in 300 phase bins with all widths that the same
durations allow.
The boxes are searched by our own copy of astropy's fast method, which is checked against astropy first.

Intervals (90 %) resample noise curves and planets. Results are kept in var/bench as they come; a run that was stopped
goes on. `only` is "short", "long", or either with a number of noise curves ("long:200").
"""

from __future__ import annotations

import math
import os
import sys
import time as clock
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.box_kernels import box_search, classical_search
from benchmarks.curves import Array, Planet, radius_ratio_for, sector_times, transit_flux
from benchmarks.frame import ROOT, Figure, at_least, at_most
from science.search.durations import duration_grid
from science.search.engine import search_periods, typical_cadence_days, warm_up
from science.search.grids import period_grid
from science.search.results import PeriodGrid, SearchSettings
from science.search.spectrum import detection_efficiency, signal_residue
from science.stars import Star, Value

NOISE_CURVES = 1000
PLANETS = 300
FALSE_ALARM_RATE = 0.01
BOOTSTRAPS = 2000
LIGHTKURVE_DURATIONS = np.array([0.05, 0.10, 0.15, 0.20, 0.25, 0.33])
CLASSICAL_BINS = 300
BOX_OVERSAMPLING = {"matched BLS": 5, "lightkurve BLS": 10}
NOISE = 5e-4
SNR = (6.0, 9.0)
SUN = Star(name="Sun", radius_sun=Value(1.0, 0.05, "assumed"), mass_sun=Value(1.0, 0.08, "assumed"))
ARMS = ("engine", "engine + star", "matched BLS", "matched BLS + star", "lightkurve BLS", "300-bin BLS")


@dataclass(frozen=True, slots=True)
class Setup:
    """A kind of light curve, the blind search made on it and the planets put into it."""

    name: str
    words: str
    time: Array
    grid: PeriodGrid
    periods: tuple[float, float]
    exposure: float


def setups() -> dict[str, Setup]:
    """The short and the long one."""
    sector = sector_times(10)
    long = np.arange(0.0, 210.0, 60 / 1440)
    long = long[long % 30.0 < 29.0]
    return {
        "short": Setup(
            "short",
            "1 sector 10-min, P 1-12 d",
            sector,
            period_grid(27.4, period_min_days=0.5, period_max_days=None, min_transits=2, oversampling=3),
            (1.0, 12.0),
            10 / 1440,
        ),
        "long": Setup(
            "long",
            "210 d 60-min, P 12-100 d",
            long,
            period_grid(210.0, period_min_days=0.5, period_max_days=None, min_transits=2, oversampling=2),
            (12.0, 100.0),
            60 / 1440,
        ),
    }


def measure(only: str | None = None) -> Iterator[Figure]:
    """Recovery of every arm, gains of the engine over the boxes with intervals, for both set-ups."""
    warm_up()
    name, _, number = (only or "").partition(":")
    yield at_most("own boxes against astropy", _box_error(), "largest relative difference", 1e-6, "astropy BLS")
    for setup in setups().values():
        if name in ("", setup.name):
            noise, planets, truth = _search_all(setup, int(number) if number else NOISE_CURVES)
            yield from _figures(setup, noise, planets, truth)


def _figures(setup: Setup, noise: Array, planets: Array, truth: Array) -> Iterator[Figure]:
    """noise: (curves, arms) highest SDE; planets: (curves, arms, 2) highest SDE and its period; truth: (curves, 2)."""
    right = np.abs(planets[:, :, 1] / truth[:, :1] - 1) < 0.01
    yield Figure(f"{setup.words}: noise curves", len(noise), "")
    yield Figure(f"{setup.words}: planets", len(planets), "")
    recovered = _recovered(noise, planets[:, :, 0], right)
    thresholds = np.quantile(noise, 1 - FALSE_ALARM_RATE, axis=0)
    random = np.random.default_rng(7)
    draws = np.empty((BOOTSTRAPS, len(ARMS)))
    halves = np.empty((2, BOOTSTRAPS, len(ARMS)))
    weak = truth[:, 1] < np.median(truth[:, 1])
    for b in range(BOOTSTRAPS):
        again = noise[random.integers(0, len(noise), len(noise))]
        which = random.integers(0, len(planets), len(planets))
        draws[b] = _recovered(again, planets[which, :, 0], right[which])
        for h, half in enumerate((weak, ~weak)):
            part = which[half[which]]
            halves[h, b] = _recovered(again, planets[part, :, 0], right[part])
    for i, arm in enumerate(ARMS):
        low, high = 100 * np.quantile(draws[:, i], (0.05, 0.95))
        yield Figure(f"{setup.words}: {arm}, SDE at 1 % false alarms", thresholds[i], "SDE")
        yield Figure(f"{setup.words}: {arm}, recovered", 100 * recovered[i], f"% ({low:.1f} to {high:.1f})")
    parts = [
        (_recovered(noise, planets[half, :, 0], right[half]), halves[h], label)
        for h, (half, label) in enumerate(((weak, "weaker half"), (~weak, "stronger half")))
    ]
    for ours in ("engine", "engine + star"):
        same = "matched BLS" if ours == "engine" else "matched BLS + star"
        # Equal within the error counts as not below: the interval must reach zero.
        yield _gain(setup, recovered, draws, ours, same, "", 0.0)
        for values, sample, label in parts:
            yield _gain(setup, values, sample, ours, same, f", {label}", 0.0)
        bar = 15.0 if setup.name == "long" else None
        yield _gain(setup, recovered, draws, ours, "lightkurve BLS", "", bar)
        yield _gain(setup, recovered, draws, ours, "300-bin BLS", "", bar)
    yield _gain(setup, recovered, draws, "engine + star", "matched BLS", "", None)


def _gain(setup: Setup, recovered: Array, draws: Array, ours: str, other: str, label: str, bar: float | None) -> Figure:
    i, j = ARMS.index(ours), ARMS.index(other)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = 100 * (recovered[i] / recovered[j] - 1)
        low, high = 100 * (np.nanquantile(draws[:, i] / draws[:, j], (0.05, 0.95)) - 1)
    name = f"{setup.words}{label}: {ours} over {other}"
    unit = f"% more planets ({low:+.1f} to {high:+.1f})"
    if bar is None:
        return Figure(name, gain, unit, peer=other)
    if bar == 0.0:
        return Figure(name, gain, unit, "≥ 0 within the interval", bool(high >= 0.0), other)
    return at_least(name, gain, unit, bar, other)


def _recovered(noise: Array, sde: Array, right: Array) -> Array:
    """Share of planets found by each arm at the threshold that the noise curves set."""
    threshold = np.quantile(noise, 1 - FALSE_ALARM_RATE, axis=0)
    return np.asarray(((sde > threshold) & right).mean(axis=0), dtype=np.float64)


def _search_all(setup: Setup, n_noise: int) -> tuple[Array, Array, Array]:
    """Search noise and planets by all arms on all cores, keeping what is done every half minute."""
    keep = ROOT / "var" / "bench" / f"sensitivity-{setup.name}-{_fingerprint()}.npz"
    keep.parent.mkdir(parents=True, exist_ok=True)
    noise = np.full((n_noise, len(ARMS)), np.nan)
    planets = np.full((PLANETS, len(ARMS), 2), np.nan)
    truth = np.full((PLANETS, 2), np.nan)
    if keep.exists():
        with np.load(keep) as old:
            n = min(len(old["noise"]), n_noise)
            noise[:n] = old["noise"][:n]
            planets[:], truth[:] = old["planets"], old["truth"]

    def one(job: tuple[str, int]) -> None:
        kind, number = job
        if kind == "noise":
            random = np.random.default_rng((1, number))
            noise[number] = _search_one(setup, random.normal(0.0, 1.0, setup.time.size))[:, 0]
        else:
            random = np.random.default_rng((2, number))
            period = math.exp(random.uniform(*np.log(setup.periods)))
            epoch, impact, snr = (
                random.uniform(0, period),
                random.uniform(0, 0.8),
                math.exp(random.uniform(*np.log(SNR))),
            )
            # The signal-to-noise is that of the transits that are in the data, at least two of them.
            while _transits_seen(setup.time, period, epoch) < 2:
                epoch = random.uniform(0, period)
            ratio = radius_ratio_for(setup.time, period, epoch, impact, NOISE, snr, setup.exposure)
            dips = (1.0 - transit_flux(setup.time, Planet(period, epoch, ratio, impact), setup.exposure)) / NOISE
            planets[number] = _search_one(setup, random.normal(0.0, 1.0, setup.time.size) - dips)
            truth[number] = period, snr

    jobs = [("planet", i) for i in range(PLANETS) if np.isnan(truth[i, 0])]
    jobs += [("noise", i) for i in range(n_noise) if np.isnan(noise[i, 0])]
    workers = int(os.environ.get("LARUN_BENCH_WORKERS", 0)) or os.cpu_count() or 1
    saved = clock.monotonic()
    with ThreadPoolExecutor(workers) as pool:
        for done, _ in enumerate(pool.map(one, jobs), 1):
            if clock.monotonic() - saved > 30 or done == len(jobs):
                saved = clock.monotonic()
                _save(keep, noise=noise, planets=planets, truth=truth)
                print(f"{setup.name}: {done} of {len(jobs)} curves", file=sys.stderr, flush=True)
    return noise, planets, truth


def _search_one(setup: Setup, deviations: Array) -> Array:
    """Highest SDE and its period of every arm, shape (arms, 2), on a curve given in units of the noise."""
    time, grid = setup.time, setup.grid
    flux = 1.0 + NOISE * deviations
    err = np.full(time.size, NOISE)
    out = np.empty((len(ARMS), 2))
    for i, arm in enumerate(ARMS):
        star = SUN if arm.endswith("+ star") else None
        if arm.startswith("engine"):
            found = search_periods(time, flux, err, grid, star, SearchSettings())
            out[i] = found.sde, found.best_period_days
            continue
        gained = np.zeros(len(grid.periods_days))
        if arm == "300-bin BLS":
            _classical(time, flux, grid.periods_days, gained)
        elif arm == "lightkurve BLS":
            _boxes(time, flux, grid.periods_days, LIGHTKURVE_DURATIONS, BOX_OVERSAMPLING[arm], gained)
        else:
            _matched(time, flux, grid.periods_days, star, gained)
        weight = 1.0 / NOISE**2
        power, sde = detection_efficiency(
            signal_residue(gained, float(np.sum(weight * (flux - flux.mean()) ** 2))), grid.oversampling
        )
        out[i] = sde, grid.periods_days[int(np.argmax(power))]
    return out


def _boxes(time: Array, flux: Array, periods: Array, durations: Array, oversample: int, gained: Array) -> None:
    weight = np.full(time.size, 1.0 / NOISE**2)
    box_search(time - time[0], flux, weight, periods, durations, oversample, gained)


def _matched(time: Array, flux: Array, periods: Array, star: Star | None, gained: Array) -> None:
    """Boxes with the engine's durations: those of each stretch of periods that shares them."""
    step = SearchSettings().duration_step
    grid = duration_grid(periods, star, step, cadence_days=typical_cadence_days(time))
    edges = np.flatnonzero(np.diff(grid.first) | np.diff(grid.stop)) + 1
    for lo, hi in zip([0, *edges], [*edges, len(periods)], strict=True):
        trial = grid.durations_days[grid.first[lo] : grid.stop[lo]]
        _boxes(time, flux, periods[lo:hi], trial, BOX_OVERSAMPLING["matched BLS"], gained[lo:hi])


def _classical(time: Array, flux: Array, periods: Array, gained: Array) -> None:
    grid = duration_grid(periods, None, SearchSettings().duration_step)
    shortest = np.maximum(np.floor(grid.durations_days[grid.first] / periods * CLASSICAL_BINS), 1).astype(np.int64)
    longest = np.ceil(grid.durations_days[grid.stop - 1] / periods * CLASSICAL_BINS).astype(np.int64)
    weight = np.full(time.size, 1.0 / NOISE**2)
    classical_search(time - time[0], flux, weight, periods, CLASSICAL_BINS, shortest, longest, gained)


def _box_error() -> float:
    """Largest relative difference between our box search and astropy's over two curves.

    The times are moved by up to a minute: on an even raster some points lie on the very border of two phase bins, and
    which of them they fall into is decided by the last digit, in astropy as here.
    """
    from astropy.timeseries import BoxLeastSquares

    worst = 0.0
    for setup in setups().values():
        random = np.random.default_rng(3)
        flux = 1.0 + NOISE * random.normal(0.0, 1.0, setup.time.size)
        time = setup.time + random.uniform(0.0, 1 / 1440, setup.time.size)
        periods = np.ascontiguousarray(setup.grid.periods_days[::50])
        gained = np.zeros(len(periods))
        _boxes(time, flux, periods, LIGHTKURVE_DURATIONS, 10, gained)
        model = BoxLeastSquares(time, flux, np.full(time.size, NOISE))
        theirs = model.power(periods, LIGHTKURVE_DURATIONS, objective="likelihood", method="fast", oversample=10)
        worst = max(worst, float(np.max(np.abs(gained / (2 * theirs.power) - 1))))
    return worst


def _transits_seen(time: Array, period: float, epoch: float) -> int:
    centres = np.arange(epoch, time[-1], period)
    nearest = np.abs(time[np.clip(np.searchsorted(time, centres), 0, len(time) - 1)] - centres)
    return int(np.sum(nearest < 0.05))


def _fingerprint() -> str:
    """Changes with the code of the search or of this benchmark, so that old results are not mixed with new ones."""
    import hashlib

    digest = hashlib.sha256()
    folder = ROOT / "science" / "search"
    for path in [folder / f"{n}.py" for n in ("engine", "kernels", "durations", "grids", "spectrum", "templates")] + [
        Path(__file__),
        Path(__file__).with_name("box_kernels.py"),
    ]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _save(path: Path, **arrays: Array) -> None:
    partial = path.with_suffix(".part.npz")
    np.savez(partial, **arrays)
    partial.replace(path)
