"""Two stars of unequal brightness make every other eclipse deeper, or off the beat."""

from __future__ import annotations

import math

import numpy as np

from science.lightcurve import FloatArray, IntArray
from science.rounding import percent
from science.vetting.light.dip_fits import DipFit, transit, trapezoid
from science.vetting.light.pictures import HOURS, PPM, event_windows, folded
from science.vetting.light.verdict import judged, one, outcome_of, ppm
from science.vetting.light.workings import Workings
from science.vetting.results import Finding, Picture, not_run

DEPTH_SIGMA = 3.0
TIME_SIGMA = 10.0
#: A difference smaller than this share of the depth is no sign of two stars, however precise the light: spots, drifts
#: and the detrending change depths by as much.
_LEAST_SHARE = 0.05
#: Unless the dips are deeper than a giant planet makes them across a star like the Sun, and enough of either kind show
#: by their own scatter how much all that changes this star's depths: then a smaller difference counts if it stands out
#: of the scatter clearly.
_DEEP, _LEAST_MEASURED_SHARE, _MEASURED_SIGMA, _DIPS_TO_MEASURE = 0.02, 0.005, 5.0, 3
#: And a shift in time smaller than this share of a dip's length.
_LEAST_SHIFT = 0.03


def odd_even_depth(w: Workings) -> Finding:
    """Mean depth of odd and even transits, and fitted depths, must agree within 3 σ (box, and trapezoid or transit)."""
    missing = _missing(w)
    if missing:
        return not_run("odd_even_depth", missing)
    depth, err = zip(*(_box(w, which) for which in (0, 1)), strict=True)
    box = _sigma(depth[0], depth[1], err[0], err[1])
    by_trapezoid = _fit_sigma(w, "trapezoid", "depth")
    by_transit = _fit_sigma(w, "transit", "k")
    published = box > DEPTH_SIGMA and (by_trapezoid > DEPTH_SIGMA or by_transit > DEPTH_SIGMA)
    share = abs(depth[0] - depth[1]) / max(abs(w.depth), 1e-12)
    scattered, apart, measured = _scatter(w)
    precise = w.depth > _DEEP and measured and scattered > _MEASURED_SIGMA
    telling = share > _LEAST_SHARE or (precise and apart > _LEAST_MEASURED_SHARE)
    fails = published and telling and scattered > DEPTH_SIGMA
    even, odd = ppm(depth[0], err[0]), ppm(depth[1], err[1])
    reason = f"Odd {odd}, even {even}: they differ by {one(box)} σ"
    if published and not fails:
        why = (
            f"that is only {percent(share)} of the depth"
            if not telling
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
            "trapezoid_sigma": by_trapezoid,
            "transit_sigma": by_transit,
            "scatter_sigma": scattered,
            "difference_share": share,
            "amplitude_difference_share": apart,
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


def _scatter(w: Workings) -> tuple[float, float, bool]:
    """Difference of odd and even dips by the amplitude of each: over the error that the scatter of the single dips
    gives, as a share of the depth, and whether there are enough of either for their scatter to be known.

    With fewer than two of a kind the box's depth and error stand in for it."""
    number, amplitude, err = _amplitudes(w)
    means, variances, counts = [], [], []
    for which in (0, 1):
        rows = number % 2 == which
        counts.append(int(np.count_nonzero(rows)))
        if counts[-1] < 2:
            depth, error = _box(w, which)
            means.append(depth / w.depth)
            variances.append((error / w.depth) ** 2)
            continue
        weight: FloatArray = 1.0 / np.square(err[rows])
        mean = float(np.average(amplitude[rows], weights=weight))
        reduced = float(weight @ np.square(amplitude[rows] - mean)) / (counts[-1] - 1)
        means.append(mean)
        variances.append(max(1.0, reduced) / float(weight.sum()))
    apart = abs(means[0] - means[1])
    return apart / math.sqrt(sum(variances)), apart, min(counts) >= _DIPS_TO_MEASURE


def _amplitudes(w: Workings) -> tuple[IntArray, FloatArray, FloatArray]:
    """Number, amplitude and error of every dip of which half was seen, the dip fitted to all being 1.

    Where a dip lasts a few exposures, a mean of the light inside changes with how they fall on it; the amplitude of a
    fitted shape does not."""
    e = w.events
    best, model = (w.transit, transit) if w.transit is not None else (w.trapezoid, trapezoid)
    if best is None:
        rows = (e.observed > 0.5) & np.isfinite(e.depth)
        return e.number[rows], e.depth[rows] / w.depth, e.err[rows] / abs(w.depth)
    shape = best.values["level"] - model(best.values, w.window)
    slot = np.searchsorted(e.number, w.cycle[w.around])
    inside = (slot < e.number.size) & (e.number[np.minimum(slot, e.number.size - 1)] == w.cycle[w.around])
    shape, slot = shape[inside], slot[inside]
    missing = best.values["level"] - w.window.flux[inside]

    def total(values: FloatArray) -> FloatArray:
        return np.bincount(slot, weights=values, minlength=e.number.size).astype(np.float64)

    power = total(np.square(shape))
    rows = (power > 0) & (e.observed > 0.5)
    power = power[rows]
    amplitude = total(shape * missing)[rows] / power
    variance = w.series.white**2 / power + np.square(w.series.red * total(shape)[rows] / power)
    return e.number[rows], amplitude, np.sqrt(variance)


def _picture(w: Workings) -> Picture:
    odd = folded(w, w.parity == 1, style="odd", label="odd dips", n_bins=31)
    even = folded(w, w.parity == 0, style="even", label="even dips", n_bins=31)
    return Picture((odd, even), HOURS, PPM, "Odd and even dips laid on top of each other.")
