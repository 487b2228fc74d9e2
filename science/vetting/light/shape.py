"""The form of the dip: flat or pointed, even on both sides."""

from __future__ import annotations

import math

import numpy as np

from science.limb_darkening import limb_darkening_of
from science.rounding import THIN, percent
from science.vetting.light.companions import how_common, stellar_ratio
from science.vetting.light.impact_scan import ImpactScan, impact_scan
from science.vetting.light.pictures import HOURS, PPM, event_windows, folded, model_line
from science.vetting.light.verdict import judged, one, outcome_of
from science.vetting.light.workings import Workings
from science.vetting.results import Finding, Picture, Series, not_run

LARGEST_B_PLUS_K = 1.5
LARGEST_ASYMMETRY_SIGMA = 8.0
#: Radius ratio above which a body is taken for a star where the host's radius is unknown.
_STELLAR_RATIO = 0.25
#: A body that is star-sized with a greater chance than this is taken for a star: six to one, which a factor of two in
#: how common planets and stars are does not turn around.
_SURE = 0.85
#: A difference of the two sides below this share of the width is no sign of anything.
_LEAST_LOPSIDED = 0.15


def v_shape(w: Workings) -> Finding:
    """b + k of the best transit fit, at most 1.5; and from a scan over b and k, the chance of a grazing or star-sized
    body (larger than 22 Earth radii or than half the star), weighed by how common planets and stars are there."""
    if w.transit is None:
        return not_run("v_shape", "No planet's transit could be fitted, so the shape tells nothing.")
    b, k = w.transit.values["b"], w.transit.values["k"]
    value = b + k
    published = value > LARGEST_B_PLUS_K
    scan = scan_of(w)
    radius = w.star.radius_sun
    limit = _STELLAR_RATIO if radius is None else stellar_ratio(radius.value)
    by_shape, grazing = scan.chance_ratio_above(limit), scan.chance_grazing
    # A planet that only grazes and a star that only grazes look alike: then it counts how common either is.
    large = by_shape if radius is None else _weighed(scan, limit, radius.value)
    low, high = scan.credible(scan.b, 0.16), scan.credible(scan.b, 0.84)
    k_low, k_high = scan.credible(scan.ratio, 0.16), scan.credible(scan.ratio, 0.84)
    fails = large > _SURE or (published and large > 0.5)
    near = published or max(large, by_shape) > 0.5 or grazing > 0.5
    form = "flat enough for a planet"
    if published or grazing > 0.5:
        form = "pointed like a V"
    elif large > 0.5:
        form = "as deep as only a star makes it"
    where = one(low, 2) if one(low, 2) == one(high, 2) else f"between {one(low, 2)} and {one(high, 2)}"
    reason = (
        f"The dip is {form}: it crosses {where} star radii from the middle, "
        f"with {_share(grazing)} chance of only grazing the star and {_share(large)} of being star-sized"
    )
    if published and not fails:
        reason += ", but a planet fits it as well"
    return judged(
        "v_shape",
        outcome_of(fails, near),
        reason + ".",
        value,
        LARGEST_B_PLUS_K,
        "at_most",
        "b + k",
        "eclipsing_binary",
        {
            "impact_parameter": b,
            "radius_ratio": k,
            "chance_grazing": grazing,
            "chance_star_sized": large,
            "chance_star_sized_by_shape": by_shape,
            "impact_parameter_16": low,
            "impact_parameter_84": high,
            "radius_ratio_16": k_low,
            "radius_ratio_84": k_high,
            "scan_reduced_chi2": scan.best_reduced_chi2,
        },
        published,
        Picture((folded(w), *model_line(w)), HOURS, PPM, "The dip with the best planet."),
    )


def _weighed(scan: ImpactScan, limit: float, star_radius_sun: float) -> float:
    """Chance of a ratio above `limit`, every entry of the scan counted as often as stars have such a companion."""
    weight = scan.weight * how_common(scan.ratio, star_radius_sun)
    return float(weight[scan.ratio > limit].sum() / weight.sum())


def _share(chance: float) -> str:
    """A chance in percent, without digits that a scan cannot have."""
    if chance < 0.01:
        return f"under 1{THIN}%"
    return f"over 99{THIN}%" if chance > 0.99 else percent(chance)


def scan_of(w: Workings) -> ImpactScan:
    """The scan over b and k of these workings, on the dip folded onto one side in 60 steps."""
    fit = w.transit
    shift = 0.0 if fit is None else fit.values["shift"]
    reach = min(2.0 * w.duration, 0.5 * w.period)
    apart = np.abs(w.phase - shift)
    rows = apart < reach
    index = np.minimum((apart[rows] / reach * 60).astype(np.int64), 59)
    total = np.bincount(index, weights=w.weight[rows], minlength=60)
    has = total > 0
    phase = np.bincount(index, weights=w.weight[rows] * apart[rows], minlength=60)[has] / total[has]
    flux = np.bincount(index, weights=w.weight[rows] * w.flux[rows], minlength=60)[has] / total[has]
    density = w.star.density_gcc
    known = None if density is None else (density.value, density.error or 0.3 * density.value)
    exposure = float(np.average(w.evidence.exposure_days[rows], weights=w.weight[rows]))
    return impact_scan(
        phase,
        flux / w.level,
        1.0 / np.sqrt(total[has]) / w.level,
        w.period,
        w.duration,
        w.evidence.dip.depth if w.evidence.dip.depth > 0 else w.depth,
        limb_darkening_of(w.star),
        exposure,
        known,
    )


def symmetry(w: Workings) -> Finding:
    """Widths of trapezoids fitted to the falling and to the rising side must agree within 8 σ (ASYM)."""
    (left, left_err), (right, right_err) = w.halves
    err = math.hypot(left_err, right_err)
    if not (math.isfinite(err) and err > 0):
        return not_run("symmetry", "The two sides of the dip could not be measured apart.")
    value = abs(left - right) / err
    published = value > LARGEST_ASYMMETRY_SIGMA
    share = abs(left - right) / max(left + right, 1e-12) * 2
    fails = published and share > _LEAST_LOPSIDED
    hours = 24.0 * w.period
    reason = (
        f"The falling side asks for a dip of {one(hours * left, 2)} hours, the rising side of {one(hours * right, 2)}: "
        f"{one(value)} σ apart (at most {one(LARGEST_ASYMMETRY_SIGMA, 0)})"
    )
    if published and not fails:
        reason += f", yet only {percent(share)} of its length"
    half = min(2.0 * w.duration, 0.5 * w.period)
    measured = folded(w, half_width_days=half)
    mirror = Series("even", -measured.x[::-1], measured.y[::-1], None, "mirrored")
    return judged(
        "symmetry",
        outcome_of(fails, value > 5.0 and share > 0.5 * _LEAST_LOPSIDED),
        reason + ".",
        value,
        LARGEST_ASYMMETRY_SIGMA,
        "at_most",
        "σ",
        "systematic",
        {
            "left_hours": hours * left,
            "left_err_hours": hours * left_err,
            "right_hours": hours * right,
            "right_err_hours": hours * right_err,
            "difference_share": share,
        },
        published,
        Picture((measured, mirror), HOURS, PPM, "The dip and its mirror image."),
        event_windows(w, w.events_seen),
    )
