"""How often this star's own noise gives a peak this high: searches of shuffled and inverted copies.

The curve is cut into blocks longer than the longest transit tried, within each segment, and the blocks change places:
white and correlated noise stay as they are, anything periodic is lost. A Gumbel law, the limit law of maxima of
light-tailed quantities, is fitted to the highest SDE of each copy; its 90 % band comes from refitting drawn samples.

To stay affordable the copies are searched on binned data and, where the grid is long, on every m-th independent
period from a random start. With m such independent parts the law of the whole grid is the law of a part moved by
beta ln m, which is what max-stability of the Gumbel law means (Coles 2001, An Introduction to Statistical Modeling
of Extreme Values, ch. 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from science.folding import cycle_numbers, phase_days
from science.lightcurve import BoolArray, FloatArray
from science.search import search_periods
from science.search.results import (
    SMALLEST_PROBABILITY,
    SMALLEST_TABLED_FAP,
    WHITE_NOISE_TABLE,
    FalseAlarm,
    PeriodGrid,
    Periodogram,
    SearchSettings,
)
from science.search.significance import white_noise_false_alarm
from science.search.single_event import lone_event
from science.stars import Star

EULER_GAMMA = 0.5772156649015329
_REFINED_PEAKS = 3
_REFINE_STEPS = 4  # finer periods on each side of a coarse peak
_MOST_LONE_EVENTS = 3
_BAND_DRAWS = 400
_PERIODS_PER_TRIAL = 2500


@dataclass(frozen=True, slots=True)
class GumbelLaw:
    """Law of the highest SDE of noise: P(max > x) = 1 - exp(-exp(-(x - location)/scale)), with drawn refits."""

    location: float
    scale: float
    drawn_locations: FloatArray
    drawn_scales: FloatArray
    inverted_sde: float
    n_trials: int

    def probability(self, sde: float) -> float:
        """Chance of a peak above `sde` by noise alone, in [1e-5, 1]."""
        return float(np.clip(_tail(sde, self.location, self.scale), SMALLEST_PROBABILITY, 1.0))

    def band(self, sde: float) -> tuple[float, float]:
        """5th and 95th percentile of that chance over the refits of drawn samples."""
        tails = _tail(sde, self.drawn_locations, self.drawn_scales)
        low, high = np.clip(np.quantile(tails, [0.05, 0.95]), SMALLEST_PROBABILITY, 1.0)
        return float(low), float(high)

    def threshold(self, probability: float) -> float:
        """SDE that noise exceeds with this probability."""
        return self.location - self.scale * math.log(-math.log1p(-probability))


def white_noise_alarm(sde: float) -> FalseAlarm:
    """False alarm by the published white-noise table; the band is the counting error of its 10,000 searches."""
    value = white_noise_false_alarm(sde)
    error = 1.645 * math.sqrt(value * (1.0 - value) / 10_000)
    return FalseAlarm(value, max(SMALLEST_TABLED_FAP, value - error), min(1.0, value + error), WHITE_NOISE_TABLE, 0)


def alarm_from(law: GumbelLaw, sde: float) -> FalseAlarm:
    """False alarm of `sde` under a star's own law. Where the inverted curve alone peaks as high, no less than one in
    the number of copies: its rhythm is real, unshuffled noise."""
    probability = law.probability(sde)
    low, high = law.band(sde)
    if law.inverted_sde >= sde:
        probability = max(probability, 1.0 / (law.n_trials + 1))
        high = max(high, probability)
    low, high = min(low, probability), max(high, probability)
    return FalseAlarm(probability, low, high, f"shuffled n={law.n_trials} + inverted", law.n_trials)


def fit_gumbel(maxima: FloatArray, seed: int, inverted_sde: float = 0.0) -> GumbelLaw:
    """Maximum-likelihood Gumbel law of `maxima` (shape (n,), n >= 8) and refits of drawn samples for its band.

    Raises ValueError for fewer than 8 maxima.
    """
    values = np.asarray(maxima, dtype=np.float64)
    if values.size < 8:
        raise ValueError("At least 8 searched copies are needed to fit a law of maxima.")
    location, scale = _maximum_likelihood(values)
    rng = np.random.default_rng([seed, 77])
    uniform = rng.random((_BAND_DRAWS, values.size))
    drawn = location - scale * np.log(-np.log(uniform))
    refits = np.array([_maximum_likelihood(sample) for sample in drawn])
    return GumbelLaw(location, scale, refits[:, 0], refits[:, 1], inverted_sde, int(values.size))


def shuffled_blocks(time: FloatArray, values: FloatArray, block_days: float, rng: np.random.Generator) -> FloatArray:
    """`values` with blocks of `block_days` permuted; time stamps and gaps stay. Shape (n,).

    Blocks are runs of equal numbers of points, so the permutation never leaves a hole; the whole sequence is also
    rotated by a random amount, so that block borders differ between copies. Points next to each other in a block
    stay neighbours, hence correlated noise up to the block's length is kept. A third of the copies' blocks run
    backwards in time, which keeps the correlations and makes more different copies of short curves.
    """
    n = values.size
    cadence = float(np.median(np.diff(time))) if n > 1 else block_days
    size = int(np.clip(round(block_days / max(cadence, 1e-9)), 1, max(1, n // 8)))
    rolled = np.roll(values, int(rng.integers(n)))
    pieces = [rolled[i : i + size] for i in range(0, n, size)]
    order = rng.permutation(len(pieces))
    backwards = rng.random(len(pieces)) < 1.0 / 3.0
    return np.concatenate([pieces[k][::-1] if backwards[k] else pieces[k] for k in order])


def calibrate(
    time: FloatArray,
    flux: FloatArray,
    err: FloatArray,
    grid: PeriodGrid,
    star: Star | None,
    settings: SearchSettings,
    progress: Callable[[int, int], None] | None = None,
    *,
    n_threads: int = 1,
) -> GumbelLaw:
    """The law of this star's noise peaks from `settings.fap_trials` shuffled copies and one inverted one.

    `time`, `flux` (around 1), `err`: usable rows without the dips found, shape (n,). `progress(done, total)` counts
    copies. The result is the same for the same `settings.seed`. Raises ValueError for fewer than 8 trials.
    """
    bin_days = _bin_days(time, grid.period_min_days)
    t, f, e = bin_curve(time, flux, err, bin_days)
    coarse, parts = _coarse_periods(grid)
    thin = SearchSettings(
        engine="bls" if settings.engine == "bls" else "larun",  # the reference engine would take hours
        duration_step=max(settings.duration_step, 1.2),
        use_stellar_density=settings.use_stellar_density,
        oversampling=1,
    )
    block = 2.0 * _longest_duration(grid)
    total = settings.fap_trials + 1
    maxima = np.empty(settings.fap_trials)
    residual, relative = f - 1.0, e
    for trial in range(settings.fap_trials):
        rng = np.random.default_rng([settings.seed, trial])
        index = shuffled_blocks(t, np.arange(t.size, dtype=np.float64), block, rng).astype(np.int64)
        periods = coarse[int(rng.integers(parts)) :: parts]
        maxima[trial] = _highest(t, 1.0 + residual[index], relative[index], periods, grid, star, thin, n_threads)
        if progress is not None:
            progress(trial + 1, total)
    inverted = _highest(t, 1.0 - residual, relative, coarse[::parts], grid, star, thin, n_threads)
    if progress is not None:
        progress(total, total)
    law = fit_gumbel(maxima, settings.seed, inverted)
    move = math.log(parts)
    return GumbelLaw(
        law.location + law.scale * move,
        law.scale,
        law.drawn_locations + law.drawn_scales * move,
        law.drawn_scales,
        inverted,
        law.n_trials,
    )


def bin_curve(
    time: FloatArray, flux: FloatArray, err: FloatArray, bin_days: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weighted means in bins of `bin_days` counted from the first point; empty bins are left out. Shapes (m,)."""
    if bin_days <= 0 or time.size == 0:
        return time, flux, err
    number = np.floor((time - time[0]) / bin_days).astype(np.int64)
    starts = np.concatenate(([0], np.flatnonzero(np.diff(number)) + 1))
    weight = 1.0 / np.square(err)
    total = np.add.reduceat(weight, starts)
    return (
        np.add.reduceat(weight * time, starts) / total,
        np.add.reduceat(weight * flux, starts) / total,
        1.0 / np.sqrt(total),
    )


def _tail(sde: float, location: FloatArray | float, scale: FloatArray | float) -> FloatArray:
    return np.asarray(-np.expm1(-np.exp(-(sde - np.asarray(location)) / np.asarray(scale))))


def _maximum_likelihood(values: FloatArray) -> tuple[float, float]:
    """Fixed point of the likelihood equation for the scale, started from the moments."""
    scale = max(float(np.std(values)) * math.sqrt(6.0) / math.pi, 1e-6)
    mean, lowest = float(values.mean()), float(values.min())
    for _ in range(200):
        weight = np.exp(-(values - lowest) / scale)
        new = max(mean - float((values * weight).sum() / weight.sum()), 1e-6)
        if abs(new - scale) < 1e-7 * scale:
            scale = new
            break
        scale = 0.5 * (scale + new)
    location = lowest - scale * math.log(float(np.exp(-(values - lowest) / scale).mean()))
    return location, scale


def _highest(
    t: FloatArray,
    f: FloatArray,
    e: FloatArray,
    periods: FloatArray,
    grid: PeriodGrid,
    star: Star | None,
    settings: SearchSettings,
    n_threads: int,
) -> float:
    """Highest SDE on a coarse set of periods, its strongest peaks refined to what the full grid would have seen.

    A peak made by one single event is treated as in a real search: the event is taken out and the search repeated.
    """
    rows = np.ones(t.size, dtype=np.bool_)
    coarse = PeriodGrid(periods, grid.period_min_days, grid.period_max_days, 1)
    found = search_periods(t, f, e, coarse, star, settings, n_threads=n_threads)
    for _ in range(_MOST_LONE_EVENTS):
        event = _lone_rows(found, t, f, e, rows)
        if event is None:
            break
        rows &= ~event
        if np.count_nonzero(rows) < 50:
            break
        found = search_periods(t[rows], f[rows], e[rows], coarse, star, settings, n_threads=n_threads)
    if found.sde <= 0.0:
        return 0.0
    fine = PeriodGrid(_finer(found, periods, float(t[-1] - t[0])), grid.period_min_days, grid.period_max_days, 1)
    near = search_periods(t[rows], f[rows], e[rows], fine, star, settings, n_threads=n_threads)
    return found.sde * _sde_gain(found, near)


def _lone_rows(found: Periodogram, t: FloatArray, f: FloatArray, e: FloatArray, rows: BoolArray) -> BoolArray | None:
    """Rows of the one event that makes up the highest peak, None where several events do."""
    best = found.best_index
    duration = float(found.duration_days[best])
    if found.sde <= 0.0 or duration <= 0.0:
        return None
    period, epoch = float(found.periods_days[best]), float(found.epoch_bjd[best])
    phase = phase_days(t, period, epoch)
    inside = rows & (np.abs(phase) < 0.5 * duration)
    if not np.any(inside):
        return None
    cycles, index = np.unique(cycle_numbers(t[inside], period, epoch), return_inverse=True)
    weight = 1.0 / np.square(e[inside])
    information = np.bincount(index, weights=weight)
    depths = np.bincount(index, weights=weight * (1.0 - f[inside])) / information
    covered = information > 0.2 * information.max()
    lone = lone_event(depths[covered], 1.0 / np.sqrt(information[covered]))
    if lone is None:
        return None
    moment = epoch + float(cycles[covered][lone[0]]) * period
    return np.abs(t - moment) < duration


def _sde_gain(coarse: Periodogram, fine: Periodogram) -> float:
    """What the finer periods add to the SDE: how far the improvement in chi-square stands out of its mean, to which
    SDE is proportional while the improvement is a small part of chi-square. Never below 1."""
    mean = float(np.mean(coarse.delta_chi2))
    contrast = float(coarse.delta_chi2[coarse.best_index]) - mean
    return max(1.0, (float(np.max(fine.delta_chi2)) - mean) / contrast) if contrast > 0 else 1.0


def _finer(found: Periodogram, periods: FloatArray, span: float) -> FloatArray:
    power = found.power
    peaks = np.argsort(power)[::-1][:_REFINED_PEAKS]
    chosen: list[FloatArray] = []
    for index in peaks:
        frequency = 1.0 / periods[index]
        duration = max(float(found.duration_days[index]), 1e-3)
        # Half an independent step: the outermost transits move by half a duration.
        reach = 0.5 * duration / max(span, 1e-9) * frequency
        offsets = np.linspace(-1.0, 1.0, 2 * _REFINE_STEPS + 1) * reach
        chosen.append(1.0 / (frequency + offsets))
    return np.unique(np.concatenate(chosen))


def _coarse_periods(grid: PeriodGrid) -> tuple[FloatArray, int]:
    """Independent periods (oversampling 1) and into how many interleaved parts they are cut."""
    coarse = grid.periods_days[:: max(1, grid.oversampling)]
    parts = max(1, math.ceil(coarse.size / _PERIODS_PER_TRIAL))
    return coarse, parts


def _longest_duration(grid: PeriodGrid) -> float:
    return min(0.12 * grid.period_max_days, 0.6)


def _bin_days(time: FloatArray, shortest_period: float) -> float:
    """A quarter of a typical short transit, at least the cadence: 10 to 30 minutes."""
    span = float(time[-1] - time[0])
    wanted = np.clip(0.012 * shortest_period * 1.2, 10.0 / 1440.0, 30.0 / 1440.0)
    if span > 120.0:
        wanted = max(wanted, 20.0 / 1440.0)
    return float(wanted)
