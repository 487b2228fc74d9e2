"""How strong a dip is against white and correlated noise, and what its SDE means on white noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from science.lightcurve import BoolArray, FloatArray
from science.search.results import SMALLEST_TABLED_FAP

#: SDE and false-alarm probability of the TLS statistic on white noise, from 10,000 searches of curves without
#: planets (Hippke & Heller 2019, A&A 623, A39, and the table that their package publishes).
WHITE_NOISE_SDE = (5.652, 5.869, 6.066, 6.285, 6.45, 6.651, 6.876, 7.08, 7.298, 7.532, 7.674, 7.907, 8.098, 8.34, 8.7)
WHITE_NOISE_FAP = (
    0.1,
    0.07003,
    0.04898,
    0.03425,
    0.02393,
    0.01673,
    0.01168,
    0.008163,
    0.005682,
    0.003922,
    0.002721,
    0.001841,
    0.001281,
    0.00088,
    0.00032,
)


def white_noise_false_alarm(sde: float) -> float:
    """False-alarm probability of an SDE on white noise: monotonic interpolation of log FAP, in (0, 1].

    Below the table (SDE < 5.65) the law is continued with the slope of its end up to 1; above it down to the
    smallest probability that 10,000 trials can support, 1e-4. In correlated noise this is too optimistic.
    """
    if not math.isfinite(sde):
        return 1.0
    x = np.asarray(WHITE_NOISE_SDE)
    y = np.log(np.asarray(WHITE_NOISE_FAP))
    if sde <= x[0]:
        slope = (y[1] - y[0]) / (x[1] - x[0])
        return float(min(1.0, math.exp(y[0] + slope * (sde - x[0]))))
    if sde >= x[-1]:
        slope = (y[-1] - y[-4]) / (x[-1] - x[-4])
        return float(max(SMALLEST_TABLED_FAP, math.exp(y[-1] + slope * (sde - x[-1]))))
    return float(math.exp(float(PchipInterpolator(x, y)(sde))))


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise of one star at one duration: `white` the scatter of a mean over `duration_days` expected from the
    errors, `red` the extra scatter that correlated noise adds to such a mean (0 where none is seen), `n_blocks` how
    many stretches were averaged to find out."""

    duration_days: float
    white: float
    red: float
    n_blocks: int

    @property
    def total(self) -> float:
        """Scatter of a mean over one duration: what one transit's depth is uncertain by."""
        return math.hypot(self.white, self.red)


def noise_at_duration(
    time: FloatArray, residual: FloatArray, err: FloatArray, duration: float, keep: BoolArray | None = None
) -> Noise:
    """White and red noise of averages over `duration` days (Pont et al. 2006; block form of Hartman & Bakos 2016).

    `residual` is flux minus model (mean about 0), `keep` leaves out dips. The curve is cut into stretches of one
    duration, twice with the cuts shifted by half; stretches less than half full are left out. The variance of
    their weighted means less the variance expected from `err` is the red part, floored at 0. Single wild
    stretches (beyond 4.5 robust sigma) do not count. With fewer than 8 stretches the red part is 0: unknown.
    """
    rows = np.isfinite(residual) & np.isfinite(err) & (err > 0)
    if keep is not None:
        rows &= keep
    t, x, w = time[rows], residual[rows], 1.0 / np.square(err[rows])
    if t.size < 10 or duration <= 0:
        return Noise(duration, float("nan"), 0.0, 0)
    means: list[FloatArray] = []
    variances: list[FloatArray] = []
    for shift in (0.0, 0.5):
        block = np.floor((t - t[0]) / duration + shift).astype(np.int64)
        starts = np.concatenate(([0], np.flatnonzero(np.diff(block)) + 1))
        weight = np.add.reduceat(w, starts)
        mean = np.add.reduceat(w * x, starts) / weight
        full = weight >= 0.5 * np.median(weight)
        means.append(mean[full])
        variances.append(1.0 / weight[full])
    mean_all = np.concatenate(means)
    expected = float(np.mean(np.concatenate(variances)))
    centre = float(np.median(mean_all))
    robust = 1.4826 * float(np.median(np.abs(mean_all - centre)))
    tame = np.abs(mean_all - centre) <= 4.5 * robust if robust > 0 else np.ones(mean_all.size, dtype=np.bool_)
    n_blocks = int(np.count_nonzero(tame))
    if n_blocks < 8:
        return Noise(duration, math.sqrt(expected), 0.0, n_blocks)
    red_variance = max(0.0, float(np.var(mean_all[tame])) - expected)
    return Noise(duration, math.sqrt(expected), math.sqrt(red_variance), n_blocks)


def pink_snr(depth: float, depth_err_white: float, red: float, effective_transits: float) -> float:
    """Signal to noise with correlated noise: depth / sqrt(white^2 + red^2 / N_transits) (Pont et al. 2006)."""
    if not (depth_err_white > 0 and effective_transits > 0):
        return 0.0
    return depth / math.sqrt(depth_err_white**2 + red**2 / effective_transits)
