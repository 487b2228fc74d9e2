"""Does the dip fit an orbit around this star, and a body that is a planet?"""

from __future__ import annotations

import math

import numpy as np

from science.rounding import percent
from science.vetting.light.pictures import HOURS, PPM, folded, model_line
from science.vetting.light.verdict import judged, one, outcome_of
from science.vetting.light.workings import EARTH_RADII_PER_SUN, Workings
from science.vetting.results import Finding, Picture, not_run

LEAST_FITTED_ORBIT, LEAST_ORBIT = 1.5, 2.0
LEAST_DURATION_SHARE, LARGEST_PHASE_SHARE = 0.6, 0.5
LARGEST_EARTH_RADII = 22.0


def physical_orbit(w: Workings) -> Finding:
    """The orbit must clear the star (a/R* of the fit at least 1.5, of the star's density at least 2) and the dip may
    not last much longer than a crossing on a circular orbit (expected over measured at least 0.6), nor half the orbit,
    nor leave no light to look for a second dip."""
    fitted = math.nan if w.transit is None else w.transit.values["a"]
    measured = math.nan if w.trapezoid is None else w.trapezoid.values["width"]
    density_orbit = w.orbit_in_star_radii
    expected = math.nan
    if math.isfinite(density_orbit):
        expected = math.asin(min(1.0, 1.0 / density_orbit)) / math.pi
    ratio = expected / measured if measured > 0 else math.nan
    nowhere_else = not math.isfinite(w.shift.secondary)
    too_close = fitted < LEAST_FITTED_ORBIT or density_orbit < LEAST_ORBIT
    too_long = ratio < LEAST_DURATION_SHARE or measured > LARGEST_PHASE_SHARE or nowhere_else
    published = bool(too_close or too_long)
    # The star's own error, and an orbit that may be eccentric, can make a dip look too long.
    slack = _slack(w)
    firm = bool(
        fitted < LEAST_FITTED_ORBIT
        or density_orbit * slack < LEAST_ORBIT
        or ratio * slack < LEAST_DURATION_SHARE
        or measured > LARGEST_PHASE_SHARE
        or nowhere_else
    )
    if nowhere_else:
        reason = "The dips fill the whole orbit: nothing that crosses a star does that."
    elif ratio < LEAST_DURATION_SHARE:
        reason = (
            f"The dip lasts {one(24 * measured * w.period)} hours; a circular orbit of this period around this star "
            f"would give {one(24 * expected * w.period)} at most"
        )
        reason += "." if firm else ", but the star is not known well enough to rule it out."
    elif too_close:
        closest = np.nanmin([fitted, density_orbit])
        reason = f"The orbit would be only {one(closest)} star radii wide, too close to survive."
    else:
        told = density_orbit if math.isfinite(density_orbit) else fitted
        reason = f"The orbit is {one(told)} star radii wide and the dip as long as such an orbit allows"
        reason += "." if math.isfinite(ratio) else "; the star's density is unknown, so its length was not compared."
    value = ratio if math.isfinite(ratio) else (fitted if math.isfinite(fitted) else 0.0)
    threshold = LEAST_DURATION_SHARE if math.isfinite(ratio) else LEAST_FITTED_ORBIT
    return judged(
        "physical_orbit",
        outcome_of(firm, published or ratio < 0.7),
        reason,
        value,
        threshold,
        "at_least",
        "" if math.isfinite(ratio) else "star radii",
        "eclipsing_binary" if too_close else "systematic",
        {
            "fitted_a_over_r": fitted,
            "density_a_over_r": density_orbit,
            "expected_over_measured_duration": ratio,
            "trapezoid_width_share": measured,
        },
        published,
        Picture((folded(w), *model_line(w)), HOURS, PPM, "The dip with the best planet."),
    )


def too_long(w: Workings) -> Finding:
    """The answer of physical_orbit where the dips leave no light beside them."""
    return judged(
        "physical_orbit",
        "fail",
        f"The dip lasts {percent(w.share)} of the orbit: nothing that crosses a star does that.",
        w.share,
        LARGEST_PHASE_SHARE,
        "at_most",
        "of the orbit",
        "variability",
        {"width_share": w.share},
        True,
    )


def _slack(w: Workings) -> float:
    """Factor by which a/R* may be larger than told, two sigma of the star's density."""
    density = w.star.density_gcc
    if density is None or density.value <= 0:
        return 1.0
    error = 0.3 if density.error is None else min(density.error / density.value, 1.0)
    return float((1.0 + 2.0 * error) ** (1 / 3))


def size(w: Workings) -> Finding:
    """Radius of the body, at most 22 Earth radii; needs the star's radius."""
    star = w.star.radius_sun
    if star is None:
        return not_run("size", "The star's radius is unknown, so only the ratio of the two is known.")
    if w.depth <= 0:
        return not_run("size", "The light does not dip on average, so there is no size to tell.")
    radius = w.radius_earth
    ratio_err = math.nan if w.transit is None else w.transit.errors.get("k", math.nan)
    ratio = radius / (EARTH_RADII_PER_SUN * star.value)
    relative = [ratio_err / ratio if math.isfinite(ratio_err) and ratio > 0 else 0.0]
    relative.append((star.error or 0.0) / star.value)
    err = radius * math.hypot(*relative)
    # A grazing fit can take any size: then the depth at a central crossing is the smallest size that does.
    least = EARTH_RADII_PER_SUN * math.sqrt(w.depth) * star.value
    published = radius > LARGEST_EARTH_RADII
    unsure = w.fitted_b + ratio > 1.0 and least < 0.7 * LARGEST_EARTH_RADII
    fails = published and not unsure and radius - err > LARGEST_EARTH_RADII
    reason = f"The body would be {one(radius)} ± {one(err)} times as large as Earth (at most {LARGEST_EARTH_RADII:.0f})"
    if published and not fails:
        reason += f"; it may only graze the star, and its size is then anything from {one(least)} up"
    return judged(
        "size",
        outcome_of(fails, published or radius > 18.0),
        reason + ".",
        radius,
        LARGEST_EARTH_RADII,
        "at_most",
        "Earth radii",
        "too_large",
        {"radius_earth": radius, "radius_err_earth": err, "least_radius_earth": least},
        published,
    )
