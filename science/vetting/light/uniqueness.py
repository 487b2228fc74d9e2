"""Is the dip the only one of its kind, at other phases and in the light around each event?"""

from __future__ import annotations

import math

import numpy as np

from science.vetting.light.pictures import event_windows, level_line, phase_windows, thinned
from science.vetting.light.verdict import judged, one, outcome_of
from science.vetting.light.workings import Workings
from science.vetting.results import Finding, Picture, Series, not_run

_MS1, _MS2, _MS3 = 0.2, 0.8, 0.8
LEAST_CHASES = 0.78
#: Between this and the published limit a planet in restless light may lie (one in ten of those injected in light that
#: was not tuned on did): a look.
CLEARLY_NOT_ALONE = 0.6
#: A dip that misses a limit by less than this many sigma asks for a look: the noise that sets the limit is itself
#: known no better.
NEAR_MISS_SIGMA = 0.5
LARGEST_SHAPE = 0.6


def unique_in_phase(w: Workings) -> Finding:
    """Model-shift uniqueness: the dip must beat what 20,000 noisy signals reach by 0.2, and the third-strongest dip and
    the strongest rise at other phases by 0.8 beyond what chance adds (MS1-MS3, Coughlin et al. 2016)."""
    m = w.shift
    ms1 = m.primary / m.red_over_white - m.needed_of_many - _MS1
    ms2 = m.primary - m.tertiary - m.needed_of_one - _MS2
    ms3 = m.primary - m.rise - m.needed_of_one - _MS3
    margins = {"noise": ms1, "third": ms2, "rise": ms3}
    known = {name: margin for name, margin in margins.items() if math.isfinite(margin)}
    if not known:
        return not_run(
            "unique_in_phase",
            "Away from the dips there is no light to compare with: the dips fill the whole orbit, or it was not seen.",
        )
    # a real event elsewhere explains a failure better than noise does, also where both fail
    events = [name for name in ("third", "rise") if known.get(name, 0.0) < 0]
    worst = min(events or known, key=lambda name: known[name])
    margin = known[worst]
    other = {
        "noise": f"noise like this star's reaches {one(m.needed_of_many * m.red_over_white)}",
        "third": f"the strongest unrelated dip at another phase reaches {one(m.tertiary)}",
        "rise": f"the strongest brightening at another phase reaches {one(m.rise)}",
    }[worst]
    phase = {"noise": None, "third": m.tertiary_phase, "rise": m.rise_phase}[worst]
    return judged(
        "unique_in_phase",
        outcome_of(margin < -NEAR_MISS_SIGMA, margin < 0.5),
        f"The dip is {one(m.primary)} times the noise; {other}.",
        margin,
        0.0,
        "at_least",
        "σ spare",
        "noise",
        {
            "primary_sigma": m.primary,
            "secondary_sigma": m.secondary,
            "tertiary_sigma": m.tertiary,
            "rise_sigma": m.rise,
            "red_over_white": m.red_over_white,
            "needed_of_many_sigma": m.needed_of_many,
            "needed_of_one_sigma": m.needed_of_one,
            "ms1": ms1 + _MS1,
            "ms2": ms2 + _MS2,
            "ms3": ms3 + _MS3,
        },
        any(margin < 0 for margin in known.values()),
        strength_picture(w, "How deep a dip would be at every phase, in units of the noise."),
        None if phase is None or not math.isfinite(phase) else phase_windows(w, phase),
    )


def unique_locally(w: Workings) -> Finding:
    """CHASES: up to five transits, none may have an event 0.7 times as strong near it (mean distance at least 0.78 of a
    tenth of the period; Thompson et al. 2018)."""
    e = w.events
    mean = float(np.mean(e.rival))
    counts = w.n_transits <= 5
    published = counts and mean < LEAST_CHASES
    has_rival = e.rival < 1.0
    if published:
        reason = (
            f"{np.count_nonzero(has_rival)} of {e.number.size} dips have a similar event close by "
            f"(mean distance {one(mean, 2)} of the range searched, {LEAST_CHASES} is needed)."
        )
    elif not counts:
        reason = f"With {w.n_transits} dips no single one decides, so events near them are not held against it."
    else:
        reason = f"Near the dips there is no similar event (mean distance {one(mean, 2)}, {LEAST_CHASES} is needed)."
    return judged(
        "unique_locally",
        outcome_of(counts and mean < CLEARLY_NOT_ALONE, counts and mean < 0.9),
        reason,
        mean,
        LEAST_CHASES,
        "at_least",
        "",
        "noise",
        {"mean_chases": mean, "median_chases": float(np.median(e.rival)), "n_transits": float(w.n_transits)},
        published,
        _local_picture(w),
        event_windows(w, e.number[has_rival], 4.0) if counts else None,
    )


def shape_sign(w: Workings) -> Finding:
    """SHP: the largest rise over the whole range of depths at all phases, at most 0.6 (0 is only dips, 1 only
    rises)."""
    depth = w.series.depth
    low, high = float(np.min(-depth)), float(np.max(-depth))
    value = high / (high - low) if high > low else 1.0
    return judged(
        "shape_sign",
        outcome_of(value > LARGEST_SHAPE, value > 0.5),
        f"The strongest brightening is {one(1e6 * high, 0)} ppm and the deepest dip {one(max(0.0, -1e6 * low), 0)} ppm "
        f"(share {one(value, 2)}, at most {LARGEST_SHAPE}).",
        value,
        LARGEST_SHAPE,
        "at_most",
        "",
        "systematic",
        {"shp": value, "largest_rise_ppm": 1e6 * high, "deepest_dip_ppm": -1e6 * low},
        value > LARGEST_SHAPE,
        strength_picture(w, "How deep a dip would be at every phase, in units of the noise."),
    )


def strength_picture(w: Workings, summary: str, mark: float = math.nan) -> Picture:
    """Strength of a dip at every phase: the strongest of 60 stretches of the fold, and the noise level."""
    phase = np.mod(w.phase / w.period + 0.25, 1.0) - 0.25
    index = np.minimum(((phase + 0.25) * 60).astype(np.int64), 59)
    best = np.full(60, -np.inf)
    np.maximum.at(best, index, w.series.snr)
    has = np.isfinite(best)
    x = ((np.arange(60) + 0.5) / 60 - 0.25)[has]
    needed = w.shift.needed_of_many * w.shift.red_over_white
    series = [Series("line", x, best[has], None, "strength")]
    if math.isfinite(needed):
        series.append(level_line(x, needed, "what noise can reach"))
    if math.isfinite(mark):
        at = (mark + 0.25) % 1.0 - 0.25
        series.append(Series("mark", np.array([at]), np.array([w.shift.secondary]), None, "strongest other dip"))
    return Picture(tuple(series), "phase (share of the orbit)", "strength (times the noise)", summary)


def _local_picture(w: Workings) -> Picture:
    """Distance of the nearest rival of each dip."""
    e = w.events
    rows = thinned(np.arange(e.number.size, dtype=np.float64)).astype(np.int64)
    x = e.number[rows].astype(np.float64)
    series = (Series("dots", x, e.rival[rows], None, "nearest rival"), level_line(x, LEAST_CHASES, "needed on average"))
    return Picture(
        series, "number of the dip", "distance (1 = none near)", "How far away the nearest similar event is."
    )
