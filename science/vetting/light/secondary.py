"""A second dip at any other phase: the companion shines by itself, unless it is as faint as a hot planet."""

from __future__ import annotations

import math

import numpy as np

from science.rounding import percent
from science.vetting.light.model_shift import ModelShift
from science.vetting.light.pictures import phase_windows
from science.vetting.light.uniqueness import strength_picture
from science.vetting.light.verdict import judged, one, outcome_of, ppm
from science.vetting.light.workings import Workings
from science.vetting.results import Finding, not_run

_MS4, _MS5, _MS6 = 0.0, -1.0, -1.0
_LARGEST_RED_OVER_WHITE = 1.8
_LARGEST_EARTH_RADII = 22.0
#: h c / (lambda k) of Planck's law at 800 nm, about the middle of the bands, in kelvin.
_PLANCK_KELVIN = 14387.8 / 0.8


def secondary(w: Workings) -> Finding:
    """Model-shift secondary: significant beyond 20,000 noisy signals, and beyond the third dip or the strongest rise
    (MS4-MS6), unless a planet of this size on this orbit could reflect or glow as much."""
    m = w.shift
    if not math.isfinite(m.secondary):
        return not_run(
            "secondary", "No light was measured at other phases than the dip's; more light would let it run."
        )
    if not math.isfinite(m.red_over_white):
        return not_run("secondary", "Too little light away from the dips to tell a second dip from noise.")
    ms4 = m.secondary / m.red_over_white - m.needed_of_many
    # Noise that falls together in time is never less than the same noise shuffled: a ratio below one is an estimate
    # from few stretches, and no reason to take a dip for stronger than it is.
    strong = m.secondary / max(1.0, m.red_over_white) - m.needed_of_many > _MS4
    published_strong = ms4 > _MS4 or m.red_over_white > _LARGEST_RED_OVER_WHITE
    over_third = not math.isfinite(m.tertiary) or m.secondary - m.tertiary - m.needed_of_one > _MS5
    over_rise = not math.isfinite(m.rise) or m.secondary - m.rise - m.needed_of_one > _MS6
    seen = published_strong and (over_third or over_rise)
    reflected, glow = planet_light(w)
    share = m.secondary_depth / w.depth if w.depth > 0 else math.inf
    albedo = m.secondary_depth / reflected if reflected > 0 else math.nan
    small = share < 0.1 and w.fitted_b < 0.95
    sized = w.radius_earth < _LARGEST_EARTH_RADII
    published = bool(seen and not (small and sized and albedo < 1.0))
    could_be_planet = bool(small and sized and m.secondary_depth - 2.0 * m.secondary_err < reflected + glow)
    # In restless light the published rule stops asking for strength; then the dip must beat both rivals by itself.
    lonely = m.secondary - max(m.tertiary, m.rise) > m.needed_of_one and m.secondary > m.needed_of_many
    firm = (strong and (over_third or over_rise)) or lonely
    unknown_star = not math.isfinite(reflected) and small
    fails = bool(published and firm and not could_be_planet and not unknown_star)
    return judged(
        "secondary",
        outcome_of(fails, published or _close(m)),
        _reason(w, seen, fails, could_be_planet, firm, reflected + glow, share),
        m.secondary,
        m.needed_of_many * m.red_over_white,
        "at_most",
        "σ",
        "eclipsing_binary",
        {
            "secondary_sigma": m.secondary,
            "secondary_phase": m.secondary_phase,
            "secondary_depth_ppm": 1e6 * m.secondary_depth,
            "secondary_depth_err_ppm": 1e6 * m.secondary_err,
            "red_over_white": m.red_over_white,
            "ms4": ms4,
            "ms5": m.secondary - m.tertiary - m.needed_of_one,
            "ms6": m.secondary - m.rise - m.needed_of_one,
            "albedo": albedo,
            "largest_reflection_ppm": 1e6 * reflected,
            "largest_glow_ppm": 1e6 * glow,
            "depth_share": share,
            "depth_at_half_ppm": 1e6 * _depth_at_half(w),
        },
        published,
        strength_picture(w, "How deep a dip would be at every phase, in units of the noise.", m.secondary_phase),
        phase_windows(w, m.secondary_phase),
    )


def planet_light(w: Workings) -> tuple[float, float]:
    """The most that a planet of the fitted size on the star's orbit can reflect (albedo 1: (k / a)²) and glow by itself
    (hottest possible day side, black body at 800 nm), relative flux. nan where the star is unknown."""
    a = w.orbit_in_star_radii
    if not math.isfinite(a) or w.depth <= 0:
        return math.nan, math.nan
    k = math.sqrt(w.depth) if w.transit is None else w.transit.values["k"]
    reflected = (k / a) ** 2
    if w.star.teff_k is None:
        return reflected, 0.0
    star = w.star.teff_k.value
    day = star * math.sqrt(1.0 / a) * (2.0 / 3.0) ** 0.25
    return reflected, k**2 * math.expm1(_PLANCK_KELVIN / star) / math.expm1(_PLANCK_KELVIN / day)


def _close(m: ModelShift) -> bool:
    """Whether the second dip is within a sigma of what is needed, by all three margins."""
    margins = np.array([m.secondary / m.red_over_white - m.needed_of_many, m.secondary - m.tertiary - m.needed_of_one])
    return bool(np.all(margins > -0.5))


def _depth_at_half(w: Workings) -> float:
    rows = np.abs(np.abs(w.phase) - 0.5 * w.period) < 0.5 * w.duration
    if not np.any(rows):
        return math.nan
    return w.level - float(w.weight[rows] @ w.flux[rows] / w.weight[rows].sum())


def _reason(
    w: Workings, seen: bool, fails: bool, could_be_planet: bool, firm: bool, allowed: float, share: float
) -> str:
    m = w.shift
    where = f"The strongest other dip is {ppm(m.secondary_depth, m.secondary_err)} deep at phase "
    where += f"{one(m.secondary_phase, 2)} ({one(m.secondary)} σ; noise reaches "
    where += f"{one(m.needed_of_many * m.red_over_white)})"
    if not seen:
        return f"{where}: no second dip."
    if could_be_planet:
        return f"{where}: a planet this hot and large could shine as much ({ppm(allowed)} at most)."
    if fails:
        most = f", more than a planet could shine ({ppm(allowed)} at most)" if math.isfinite(allowed) else ""
        return f"{where}, {percent(share)} of the main dip{most}: the companion is a star."
    if not firm:
        return f"{where}: it stands out a little, but this light is too restless to be sure."
    return f"{where}; the star is too little known to say whether a planet could shine as much."
