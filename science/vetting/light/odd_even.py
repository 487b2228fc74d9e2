"""Two stars of unequal brightness make every other eclipse deeper, or off the beat."""

from __future__ import annotations

import math

import numpy as np

from science.lightcurve import FloatArray
from science.rounding import percent
from science.vetting.light.dip_fits import DipFit
from science.vetting.light.pictures import HOURS, PPM, event_windows, folded
from science.vetting.light.verdict import judged, one, outcome_of, ppm
from science.vetting.light.workings import Workings
from science.vetting.results import Finding, Picture, not_run

DEPTH_SIGMA = 3.0
TIME_SIGMA = 10.0
#: A difference smaller than this share of the depth is no sign of two stars, however precise the light: spots, drifts
#: and the detrending change depths by as much.
_LEAST_SHARE = 0.05
#: And a shift in time smaller than this share of a dip's length.
_LEAST_SHIFT = 0.03


def odd_even_depth(w: Workings) -> Finding:
    """Mean depth of odd and even transits, and fitted depths, must agree within 3 σ (box, and trapezoid or transit)."""
    missing = _missing(w)
    if missing:
        return not_run("odd_even_depth", missing)
    depth, err = zip(*(_box(w, which) for which in (0, 1)), strict=True)
    box = _sigma(depth[0], depth[1], err[0], err[1])
    trapezoid = _fit_sigma(w, "trapezoid", "depth")
    transit = _fit_sigma(w, "transit", "k")
    published = box > DEPTH_SIGMA and (trapezoid > DEPTH_SIGMA or transit > DEPTH_SIGMA)
    share = abs(depth[0] - depth[1]) / max(abs(w.depth), 1e-12)
    scattered = _scatter_sigma(w)
    fails = published and share > _LEAST_SHARE and scattered > DEPTH_SIGMA
    even, odd = ppm(depth[0], err[0]), ppm(depth[1], err[1])
    reason = f"Odd {odd}, even {even}: they differ by {one(box)} σ"
    if published and not fails:
        why = (
            f"that is only {percent(share)} of the depth"
            if share <= _LEAST_SHARE
            else f"single dips scatter as much ({one(scattered)} σ of their scatter)"
        )
        reason += f", but {why}, no sign of two stars"
    rows = w.events_seen[w.events_seen % 2 == (0 if depth[0] > depth[1] else 1)]
    return judged(
        "odd_even_depth",
        outcome_of(fails, published or box > 2.0),
        reason + ".",
        box,
        DEPTH_SIGMA,
        "at_most",
        "σ",
        "eclipsing_binary",
        {
            "odd_depth_ppm": 1e6 * depth[1],
            "odd_depth_err_ppm": 1e6 * err[1],
            "even_depth_ppm": 1e6 * depth[0],
            "even_depth_err_ppm": 1e6 * err[0],
            "box_sigma": box,
            "trapezoid_sigma": trapezoid,
            "transit_sigma": transit,
            "scatter_sigma": scattered,
            "difference_share": share,
        },
        published,
        _picture(w),
        event_windows(w, rows),
    )


def odd_even_time(w: Workings) -> Finding:
    """Mid-times of odd and even transits from the fits must agree within 10 σ."""
    missing = _missing(w)
    if missing:
        return not_run("odd_even_time", missing)
    sigmas = {model: _fit_sigma(w, model, "shift") for model in ("trapezoid", "transit")}
    known = {model: sigma for model, sigma in sigmas.items() if math.isfinite(sigma)}
    if not known:
        return not_run("odd_even_time", "The times of odd and even dips could not be fitted.")
    model = max(known, key=lambda name: known[name])
    value = known[model]
    even, odd = w.parity_fits(model)
    assert even is not None
    assert odd is not None
    minutes = 1440.0 * (odd.values["shift"] - even.values["shift"])
    published = value > TIME_SIGMA
    fails = published and abs(minutes) / 1440.0 > _LEAST_SHIFT * w.duration
    reason = f"Odd and even dips are {one(abs(minutes))} minutes off the common beat, {one(value)} σ"
    if published and not fails:
        reason += ", a small share of a dip's length and no sign of two stars"
    return judged(
        "odd_even_time",
        outcome_of(fails, value > 5.0),
        reason + ".",
        value,
        TIME_SIGMA,
        "at_most",
        "σ",
        "eclipsing_binary",
        {
            "shift_minutes": minutes,
            "trapezoid_sigma": sigmas["trapezoid"],
            "transit_sigma": sigmas["transit"],
        },
        published,
        _picture(w),
        event_windows(w, w.events_seen[w.events_seen % 2 == 1]),
    )


def _missing(w: Workings) -> str:
    odd = np.count_nonzero(w.events_seen % 2 == 1)
    if odd == 0 or odd == w.events_seen.size:
        return "Only odd or only even dips have data; both are needed to compare them."
    if min(np.count_nonzero(w.inside & (w.parity == which)) for which in (0, 1)) < 3:
        return "Fewer than three measurements lie in the odd or in the even dips."
    return ""


def _box(w: Workings, which: int) -> tuple[float, float]:
    rows = w.inside & (w.parity == which)
    weight = w.weight[rows]
    depth = w.level - float(weight @ w.flux[rows] / weight.sum())
    events = int(np.count_nonzero(w.events_seen % 2 == which))
    return depth, w.pink_error(int(np.count_nonzero(rows)), events)


def _sigma(a: float, b: float, a_err: float, b_err: float) -> float:
    both = math.hypot(a_err, b_err)
    return abs(a - b) / both if both > 0 else float("nan")


def _fit_sigma(w: Workings, model: str, key: str) -> float:
    fits = w.parity_fits(model)
    if fits[0] is None or fits[1] is None:
        return float("nan")
    even: DipFit = fits[0]
    odd: DipFit = fits[1]
    return _sigma(even.values[key], odd.values[key], even.errors[key], odd.errors[key])


def _scatter_sigma(w: Workings) -> float:
    """Difference of the mean depths over the error that the scatter of single dips gives them; the box's own where
    there are too few to scatter."""
    e = w.events
    means, variances = [], []
    for which in (0, 1):
        rows = (e.number % 2 == which) & (e.observed > 0.5)
        if np.count_nonzero(rows) < 2:
            depth, err = _box(w, which)
            means.append(depth)
            variances.append(err**2)
            continue
        weight: FloatArray = 1.0 / np.square(e.err[rows])
        mean = float(np.average(e.depth[rows], weights=weight))
        reduced = float(weight @ np.square(e.depth[rows] - mean)) / (np.count_nonzero(rows) - 1)
        means.append(mean)
        variances.append(max(1.0, reduced) / float(weight.sum()))
    return abs(means[0] - means[1]) / math.sqrt(sum(variances))


def _picture(w: Workings) -> Picture:
    odd = folded(w, w.parity == 1, style="odd", label="odd dips", n_bins=31)
    even = folded(w, w.parity == 0, style="even", label="even dips", n_bins=31)
    return Picture((odd, even), HOURS, PPM, "Odd and even dips laid on top of each other.")
