"""CPU time of the search engine against astropy's BLS, TLS 2.0.4 and cuperiod, on the same periods.

Seven cases from one sector at 10 min to four years of Kepler. The periods are those of transitleastsquares' own grid;
BLS tries ten logarithmic durations from 0.04 to 0.45 d at an oversampling of ten, TLS and cuperiod run as they come.
One thread each; the smallest of three CPU times taken in turns (cuperiod: in its own process right after).

The signal-to-noise recovered is that of a limb-darkened template at the period, mid-transit time and duration that a
program reports, against the injected transits, over the largest possible. For it the noise is 50 times lower and the
injected period is among those tried, so that templates and phase grids decide and not the luck of one noise curve.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.curves import Array, Planet, kepler_times, radius_ratio_for, sector_times, transit_flux
from benchmarks.frame import PEERS_PYTHON, Figure, at_least, at_most, cpu_seconds, in_peers_environment
from science.search import reference
from science.search.engine import search_periods, warm_up
from science.search.results import PeriodGrid, SearchSettings
from science.search.templates import transit_shape

NOISE = {"2 min": 1.0e-3, "10 min": 4.5e-4, "kepler": 1.0e-4}
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A light curve and a stretch of periods."""

    name: str
    time: Array
    noise: float
    period: float
    period_min: float
    period_max: float
    snr: float


def cases() -> list[Case]:
    """The seven cases: one and six TESS sectors, four years of Kepler; short and long periods."""
    one_10, one_2 = sector_times(10), sector_times(2)
    six, kepler = sector_times(2, 6), kepler_times()
    return [
        Case("1 sector 10-min", one_10, NOISE["10 min"], 4.3117, 0.6, 13.7, 15),
        Case("1 sector 2-min", one_2, NOISE["2 min"], 4.3117, 0.6, 13.7, 15),
        Case("6 sectors 2-min, P 0.65 d", six, NOISE["2 min"], 0.6513, 0.62, 0.68, 20),
        Case("6 sectors 2-min, P 22 d", six, NOISE["2 min"], 21.917, 20.0, 24.5, 20),
        Case("Kepler 4 yr, P 0.62 d", kepler, NOISE["kepler"], 0.6237, 0.62, 0.63, 20),
        Case("Kepler 4 yr, P 9.3 d", kepler, NOISE["kepler"], 9.331, 9.0, 9.6, 20),
        Case("Kepler 4 yr, P 72 d", kepler, NOISE["kepler"], 71.331, 70.0, 75.0, 20),
    ]


def measure(only: str | None = None) -> Iterator[Figure]:
    """Ratios of CPU time per case; `only` picks the cases whose name contains it."""
    warm_up()
    for number, case in enumerate(cases()):
        if only is None or only in case.name:
            yield from _measure(case, seed=100 + number)


@dataclass(frozen=True, slots=True)
class _Curve:
    """What each program is given."""

    time: Array
    flux: Array
    err: Array
    periods: Array


#: Period, mid-transit time and duration of a program's best signal, days.
_Ephemeris = tuple[float, float, float]


def _ours(curve: _Curve) -> _Ephemeris:
    periods = curve.periods
    grid = PeriodGrid(periods, float(periods[0]), float(periods[-1]), 3)
    got = search_periods(curve.time, curve.flux, curve.err, grid, None, SearchSettings())
    best = got.best_index
    return got.best_period_days, float(got.epoch_bjd[best]), float(got.duration_days[best])


def _bls(curve: _Curve) -> _Ephemeris:
    from astropy.timeseries import BoxLeastSquares

    box = BoxLeastSquares(curve.time, curve.flux, curve.err)
    got = box.power(curve.periods, np.geomspace(0.04, 0.45, 10), method="fast", oversample=10)
    best = int(np.argmax(got.power))
    return float(curve.periods[best]), float(got.transit_time[best]), float(got.duration[best])


def _tls(curve: _Curve, period_min: float, period_max: float) -> _Ephemeris:
    from transitleastsquares import transitleastsquares

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = transitleastsquares(curve.time, curve.flux, curve.err, verbose=False)
        got = model.power(
            period_min=period_min, period_max=period_max, use_threads=1, show_progress_bar=False, verbose=False
        )
    return float(got.period), float(got.T0), float(got.duration)


def _tls_at(curve: _Curve) -> _Ephemeris:
    periods = curve.periods
    grid = PeriodGrid(periods, float(periods[0]), float(periods[-1]), 3)
    got = reference.search_periods(curve.time, curve.flux, curve.err, grid, None, SearchSettings())
    best = got.best_index
    return got.best_period_days, float(got.epoch_bjd[best]), float(got.duration_days[best])


def _cuperiod(curve: _Curve, repeats: int) -> tuple[float, _Ephemeris]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "curve.npz"
        np.savez(path, time=curve.time, flux=curve.flux, err=curve.err, periods=curve.periods)
        script = Path(__file__).parent / "peers" / "cuperiod_tls.py"
        got = in_peers_environment(script, str(path), str(repeats))
    return got["cpu_seconds"], (got["period"], float(curve.time[0]) + got["epoch"], got["duration"])


def _measure(case: Case, seed: int) -> Iterator[Figure]:
    from transitleastsquares.grid import period_grid

    epoch = float(case.time[0] + 0.37 * case.period)
    ratio = radius_ratio_for(case.time, case.period, epoch, 0.3, case.noise, case.snr)
    signal = transit_flux(case.time, Planet(case.period, epoch, ratio))
    noise = np.random.default_rng(seed).normal(0.0, case.noise, case.time.size)
    span = float(case.time[-1] - case.time[0])

    def periods(period_min: float, period_max: float) -> Array:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of small grids
            return np.sort(period_grid(1, 1, span, period_min=period_min, period_max=period_max, oversampling_factor=3))

    curve = _Curve(
        case.time, signal + noise, np.full(case.time.size, case.noise), periods(case.period_min, case.period_max)
    )
    near = case.period * (1 + 0.1 * case.period / span * np.linspace(-1, 1, 101))
    clean = _Curve(case.time, signal + noise / 50, np.full(case.time.size, case.noise / 50), near)
    found = {"engine": _ours(clean), "astropy BLS": _bls(clean), "TLS": _tls_at(clean)}
    _tls(curve, case.period_min, case.period_min * 1.01)  # compiled before the clock runs
    cpu = cpu_seconds(
        {
            "engine": lambda: _ours(curve),
            "astropy BLS": lambda: _bls(curve),
            "TLS": lambda: _tls(curve, case.period_min, case.period_max),
        },
        REPEATS,
    )
    if PEERS_PYTHON.exists():
        cpu["cuperiod"], _ = _cuperiod(curve, REPEATS)
        _, found["cuperiod"] = _cuperiod(clean, 1)
    for name, seconds in cpu.items():
        yield Figure(f"{case.name}: {name}", 1e6 * seconds / len(curve.periods), "µs per period")
    ours = cpu["engine"]
    yield at_most(f"{case.name}: engine / BLS", ours / cpu["astropy BLS"], "ratio of CPU time", 1.0, "astropy BLS")
    yield at_least(f"{case.name}: TLS / engine", cpu["TLS"] / ours, "ratio of CPU time", 3.0, "TLS 2.0.4")
    recovered = {name: _recovered(case.time, 1.0 - signal, *ephemeris) for name, ephemeris in found.items()}
    for name, part in recovered.items():
        if name != "engine":
            yield Figure(f"{case.name}: S/N recovered, {name}", part, "of the injected")
    if "cuperiod" in cpu:
        yield at_most(f"{case.name}: engine / cuperiod", ours / cpu["cuperiod"], "ratio of CPU time", 1.0, "cuperiod")
        least = recovered["cuperiod"]
        yield at_least(f"{case.name}: S/N recovered, engine", recovered["engine"], "of the injected", least, "cuperiod")
    else:
        yield Figure(f"{case.name}: S/N recovered, engine", recovered["engine"], "of the injected")


def _recovered(time: Array, signal: Array, period: float, epoch: float, duration: float) -> float:
    """Correlation of a template with that ephemeris and the injected dips."""
    x = ((time - epoch + 0.5 * period) % period - 0.5 * period) / duration
    template = transit_shape(0.36, 0.22).value(x)
    norm = float(np.sqrt(np.sum(template**2) * np.sum(signal**2)))
    return float(np.sum(template * signal)) / norm if norm > 0 else 0.0
