"""Is the period found the orbit, or a multiple or a fraction of it?"""

from __future__ import annotations

import math

import numpy as np

from science.lightcurve import FloatArray
from science.search.refit import measure
from science.search.results import DipMeasurement
from science.stars import Star

#: Fractions of a period are tried down to here, also below the shortest period searched.
SHORTEST_PERIOD_DAYS = 0.2


def true_period(
    t: FloatArray,
    f: FloatArray,
    e: FloatArray,
    exposure: FloatArray,
    found: DipMeasurement,
    star: Star,
) -> DipMeasurement:
    """The same dip at a simple multiple or fraction of its period, where that explains the data clearly better.

    Multiples: where all but every n-th dip are missing, though measured; also beyond the longest period searched, since
    two dips far apart in one sector are met first at half their distance. Fractions: where equal dips lie between
    those found.
    """
    best = found
    for factor in (2, 3, 4):
        other = _every_nth(t, f, e, exposure, found, factor, star)
        if other is not None:
            best = other
            break
    if best is not found:
        return best
    for factor in (2, 3):
        period = found.period_days / factor
        if period < max(SHORTEST_PERIOD_DAYS, 3.0 * found.duration_days):
            continue
        try:
            other = measure(t, f, e, period, found.epoch_bjd, found.duration_days, star, exposure)
        except ValueError:
            continue
        gaps = other.n_transits < (factor - 0.5) * found.n_transits
        if gaps or other.depth < 0.7 * found.depth:
            continue
        if other.snr_white**2 > 1.5 * found.snr_white**2 and other.odd_even_sigma < 5.0:
            return other
    return best


def _every_nth(
    t: FloatArray,
    f: FloatArray,
    e: FloatArray,
    exposure: FloatArray,
    found: DipMeasurement,
    factor: int,
    star: Star,
) -> DipMeasurement | None:
    """A refit at `factor` times the period, if only every n-th dip is there and the others are not."""
    number = np.round((found.transit_times_bjd - found.epoch_bjd) / found.period_days).astype(np.int64) % factor
    weight = 1.0 / np.square(found.transit_depth_errs)
    means, errors = np.full(factor, np.nan), np.full(factor, np.inf)
    for remainder in range(factor):
        rows = number == remainder
        if np.any(rows):
            means[remainder] = np.average(found.transit_depths[rows], weights=weight[rows])
            errors[remainder] = 1.0 / math.sqrt(float(weight[rows].sum()))
    if not np.all(np.isfinite(means)):
        return None
    deepest = int(np.argmax(means))
    if np.count_nonzero(number == deepest) < 2:
        return None
    others = np.delete(np.arange(factor), deepest)
    empty = np.all(means[others] < np.maximum(2.5 * errors[others], 0.03 * means[deepest]))
    sure = np.all(means[deepest] - means[others] > 4.0 * np.hypot(errors[deepest], errors[others]))
    if not (empty and sure):
        return None
    try:
        return measure(
            t,
            f,
            e,
            found.period_days * factor,
            found.epoch_bjd + deepest * found.period_days,
            found.duration_days,
            star,
            exposure,
        )
    except ValueError:
        return None
