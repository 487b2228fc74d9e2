"""Agreement of the search engine with TLS 2.0.4's exact back end, on injected and real planets.

120 injections into white noise (one TESS sector at 10 min, every sixth 50 d of 30-min data), planets of a Sun, periods
0.6 to 12 d, impact parameters 0 to 0.8, signal-to-noise 12 to 40; and the catalogued planets of the real light curves
(read, stitched and detrended as a run does; data of several sectors averaged to 10 min, and at most 4000 periods round
the planet, since the exact back end takes milliseconds for each). Both search the same points at the same periods;
compared are those whose detection efficiency exceeds 8 in TLS.

The same period: the two ephemerides keep within one transit duration of each other over the whole curve. Depths are
those of the two searches; mid-transit times are compared in the middle of the data, ours after the unbinned refit that
every signal gets. For the injections the errors against the truth are printed too: TLS's own mid-times scatter by more
than the bar where the signal-to-noise is below 12. `only` is "injected", "real" or the beginning of a star's name.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.curves import Array, Planet, radius_ratio_for, sector_times, transit_flux
from benchmarks.frame import Figure, at_least, at_most
from science.search import engine, reference
from science.search.grids import period_grid
from science.search.refit import measure as refit
from science.search.results import PeriodGrid, SearchSettings
from science.stars import Star

INJECTIONS = 120
LEAST_SDE = 8.0
NOISE = 5e-4
MOST_REAL_PERIODS = 4000


@dataclass(frozen=True, slots=True)
class Pair:
    """What both found on one curve: ours relative to theirs."""

    name: str
    their_sde: float
    drift_durations: float  # how far the ephemerides part over the whole curve
    sde_ratio: float
    depth_ratio: float
    refit_depth_ratio: float
    epoch_durations: float  # difference of mid-transit times in the middle of the data, in durations
    our_epoch: float
    their_epoch: float

    @property
    def same_period(self) -> bool:
        """Whether the transits overlap throughout."""
        return self.drift_durations < 1.0


def measure(only: str | None = None) -> Iterator[Figure]:
    """Shares and spreads for the injections, and a line for each real planet."""
    engine.warm_up()
    if only in (None, "injected"):
        pairs, truths = zip(*(_injected(i) for i in range(INJECTIONS)), strict=True)
        yield from _figures("injected", list(pairs), 100)
        for whose, epochs in (("ours", [p.our_epoch for p in pairs]), ("TLS", [p.their_epoch for p in pairs])):
            misses = [100 * abs(_apart(e, t, t.duration)) for e, t in zip(epochs, truths, strict=True)]
            for label, part in (("median", 0.5), ("95 % of them below", 0.95)):
                unit = "% of the duration"
                yield Figure(f"injected: mid-transit off the truth, {whose}, {label}", np.quantile(misses, part), unit)
    if only != "injected":
        pairs = list(_real(None if only == "real" else only))
        for pair in pairs:
            yield Figure(f"{pair.name}: SDE of TLS", pair.their_sde, "")
            yield Figure(
                f"{pair.name}: ephemerides part by", pair.drift_durations, "durations", "< 1", pair.same_period
            )
            yield Figure(f"{pair.name}: SDE, ours / theirs", pair.sde_ratio, "ratio")
            yield Figure(f"{pair.name}: depth, ours / theirs", pair.depth_ratio, "ratio")
            yield Figure(f"{pair.name}: mid-transit, difference", pair.epoch_durations, "durations")
        if only in (None, "real"):
            yield from _figures("real planets", pairs, 10)


def _figures(words: str, pairs: list[Pair], least: int) -> Iterator[Figure]:
    clear = [p for p in pairs if p.their_sde > LEAST_SDE]
    yield at_least(f"{words}: curves with SDE > 8 in TLS", len(clear), "curves", least)
    same = [p for p in clear if p.same_period]
    yield at_least(f"{words}: same period", 100 * len(same) / max(len(clear), 1), "% of them", 100, "TLS 2.0.4 fused")
    for what, bar, values in (
        ("SDE differs by", 7.0, [100 * abs(p.sde_ratio - 1) for p in same]),
        ("depth differs by", 10.0, [100 * abs(p.depth_ratio - 1) for p in same]),
        ("refitted depth differs by", None, [100 * abs(p.refit_depth_ratio - 1) for p in same]),
        ("mid-transit differs by", 10.0, [100 * abs(p.epoch_durations) for p in same]),
    ):
        unit = "% of the duration" if what.startswith("mid") else "%"
        yield Figure(f"{words}: {what}, median", float(np.median(values)), unit)
        high = float(np.quantile(values, 0.95))
        name = f"{words}: {what}, 95 % of them below"
        yield Figure(name, high, unit) if bar is None else at_most(name, high, unit, bar, "TLS 2.0.4 fused")
        yield Figure(f"{words}: {what}, largest", float(np.max(values)), unit)


def _injected(number: int) -> tuple[Pair, Planet]:
    random = np.random.default_rng((4, number))
    long = number % 6 == 0
    time = np.arange(0.0, 50.0, 30 / 1440) if long else sector_times(10)
    period = math.exp(random.uniform(math.log(2.0 if long else 0.6), math.log(12.0)))
    epoch, impact = random.uniform(0, period), random.uniform(0, 0.8)
    snr = math.exp(random.uniform(math.log(12), math.log(40)))
    planet = Planet(period, epoch, radius_ratio_for(time, period, epoch, impact, NOISE, snr), impact)
    flux = transit_flux(time, planet) + random.normal(0.0, NOISE, time.size)
    span = float(time[-1] - time[0])
    shortest = 1.8 if long else 0.5
    grid = period_grid(span, period_min_days=shortest, period_max_days=13.0, min_transits=2, oversampling=3)
    if number % 20 == 19:
        print(f"{number + 1} of {INJECTIONS} injections", file=sys.stderr, flush=True)
    return _compare(f"injection {number}", time, flux, np.full(time.size, NOISE), grid, Star()), planet


def _apart(epoch: float, planet: Planet, duration: float) -> float:
    """Time from the planet's nearest mid-transit, in durations."""
    return ((epoch - planet.epoch + 0.5 * planet.period) % planet.period - 0.5 * planet.period) / duration


def _real(only: str | None) -> Iterator[Pair]:
    from benchmarks.real_stars import LIGHT_CURVES, PLANETS
    from data.formats import read_many
    from data.requests import CleanChoice, SearchChoice
    from jobs.cleaning import clean
    from jobs.presets import longest_period_days, search_settings
    from science.stars import complete

    for known in PLANETS:
        if only is not None and not known.name.lower().startswith(only.lower()):
            continue
        files = sorted(LIGHT_CURVES.glob(known.files))
        if not files:
            continue
        data = read_many(files)
        star = complete(data.star)
        settings = replace(
            search_settings(SearchChoice(preset="standard"), seed=1), period_max_days=longest_period_days(data.curves)
        )
        curve = clean(data.curves, star, CleanChoice(), settings, ())
        use = curve.use
        time, flux, err = curve.curve.time_bjd[use], curve.flux[use], curve.curve.flux_err[use]
        if len(data.curves) > 1 or time[-1] - time[0] > 60.0:
            time, flux, err = _averaged(time, flux, err, 10 / 1440)
        print(f"{known.name}: {time.size} points", file=sys.stderr, flush=True)
        yield _compare(known.name, time, flux, err, _grid_round(known.periods_days[0], time), star)


def _grid_round(period: float, time: Array) -> PeriodGrid:
    """The widest stretch of periods round a planet's that holds no more than the exact back end can try."""
    span = float(time[-1] - time[0])
    width = 8.0
    while True:
        grid = period_grid(
            span,
            period_min_days=max(period / width, 0.5),
            period_max_days=period * width,
            min_transits=2,
            oversampling=3,
        )
        if len(grid.periods_days) <= MOST_REAL_PERIODS:
            return grid
        width = math.sqrt(width) if width > 1.3 else 1 + (width - 1) / 1.3


def _averaged(time: Array, flux: Array, err: Array, slot_days: float) -> tuple[Array, Array, Array]:
    slot = np.floor((time - time[0]) / slot_days)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(slot) > 0]))
    weight = 1.0 / err**2
    total = np.add.reduceat(weight, starts)
    mean_time = np.add.reduceat(weight * (time - time[0]), starts) / total + time[0]
    return mean_time, np.add.reduceat(weight * flux, starts) / total, 1.0 / np.sqrt(total)


def _compare(name: str, time: Array, flux: Array, err: Array, grid: PeriodGrid, star: Star) -> Pair:
    settings = SearchSettings()
    ours = engine.search_periods(time, flux, err, grid, star, settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of transits without data
        theirs = reference.search_periods(time, flux, err, grid, star, settings, backend="fused")
    i, j = ours.best_index, theirs.best_index
    duration = float(theirs.duration_days[j])
    fitted = refit(time, flux, err, ours.best_period_days, float(ours.epoch_bjd[i]), float(ours.duration_days[i]), star)
    span = float(time[-1] - time[0])
    middle = 0.5 * (time[0] + time[-1])
    period, their_period = fitted.period_days, theirs.best_period_days
    drift = abs(ours.best_period_days - their_period) * span / their_period / duration
    ours_middle = fitted.epoch_bjd + round((middle - fitted.epoch_bjd) / period) * period
    theirs_epoch = float(theirs.epoch_bjd[j])
    theirs_middle = theirs_epoch + round((middle - theirs_epoch) / their_period) * their_period
    difference = (ours_middle - theirs_middle + 0.5 * period) % period - 0.5 * period
    return Pair(
        name=name,
        their_sde=theirs.sde,
        drift_durations=drift,
        sde_ratio=ours.sde / theirs.sde,
        depth_ratio=float(ours.depth[i] / theirs.depth[j]),
        refit_depth_ratio=fitted.depth / float(theirs.depth[j]),
        epoch_durations=difference / duration,
        our_epoch=ours_middle,
        their_epoch=theirs_middle,
    )
