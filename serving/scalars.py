"""The numbers beside the views: what each means, and the scale on which the networks take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

#: name: (centre, width, meaning). A standardised number is (value − centre) / width, cut at ±4; NaN stays NaN.
SCALES: Final[dict[str, tuple[float, float, str]]] = {
    "log_period": (0.5, 0.5, "log10 of the period in days"),
    "log_duration": (0.4, 0.35, "log10 of the duration from first to fourth contact in hours"),
    "log_duty": (-1.2, 0.5, "log10 of duration over period"),
    "log_depth": (3.5, 0.9, "log10 of the depth in parts per million"),
    "log_snr": (1.4, 0.5, "log10 of the signal to noise of the dip"),
    "tmag": (10.5, 1.8, "brightness of the star, TESS magnitude"),
    "other_dip": (0.25, 0.25, "depth of the deepest other dip of the global view, in units of the dip"),
    "log_scatter": (-1.0, 0.45, "log10 of the scatter of the global view outside the dip, in units of the dip"),
    "log_star_radius": (0.05, 0.25, "log10 of the star's radius in solar radii"),
    "star_teff": (5800.0, 1200.0, "temperature of the star in kelvin"),
    "log_companion_radius": (0.9, 0.6, "log10 of star radius times square root of depth, in Earth radii"),
    "log_duration_ratio": (0.0, 0.3, "log10 of the duration over that of a central transit on a circular orbit"),
}
SCALARS: Final[tuple[str, ...]] = tuple(SCALES)
#: Numbers that need the star; NaN where it is unknown.
OF_THE_STAR: Final = ("tmag", "log_star_radius", "star_teff", "log_companion_radius", "log_duration_ratio")

_EARTH_RADII_IN_SUN = 109.076  # IAU 2015 nominal values (Prša et al. 2016, AJ 152, 41)
#: Duration (h) of a central transit of a point across the Sun on a circular orbit of one year: 13 h, from
#: T = (P / π) (R★ / a) with the Sun's density; it grows as (P / ρ★)^(1/3) (Seager & Mallén-Ornelas 2003, eq. 3).
_SOLAR_YEAR_TRANSIT_HOURS = 12.98
_YEAR_DAYS = 365.25


def numbers(
    *,
    period_days: npt.ArrayLike,
    duration_days: npt.ArrayLike,
    depth: npt.ArrayLike,
    snr: npt.ArrayLike,
    tmag: npt.ArrayLike,
    other_dip: npt.ArrayLike,
    scatter: npt.ArrayLike,
    radius_sun: npt.ArrayLike,
    mass_sun: npt.ArrayLike,
    teff_k: npt.ArrayLike,
) -> npt.NDArray[np.float32]:
    """Standardised scalars (n, 12) in the order of SCALARS from physical numbers, each (n,), NaN where unknown.

    `depth` is relative. Depths beyond [1e-6, 1], signal to noise ≤ 0 and stars outside 0.05 to 200 solar radii count
    as unknown. A mass that is unknown is taken as the radius, at most 1.2 (solar units): the duration goes with its
    cube root only.
    """
    p, t, d, s, r, m = (
        _inside(x, low, high)
        for x, low, high in (
            (period_days, 1e-3, 1e5),
            (duration_days, 1e-4, 1e3),
            (depth, 1e-6, 1.0),
            (snr, 1e-3, 1e7),
            (radius_sun, 0.05, 200.0),
            (mass_sun, 0.05, 100.0),
        )
    )
    mass = np.where(np.isfinite(m), m, np.minimum(r, 1.2))
    hours = _SOLAR_YEAR_TRANSIT_HOURS * np.cbrt(p / _YEAR_DAYS * r**3 / mass)
    hours = hours * (1 + np.sqrt(np.nan_to_num(d, nan=0.0)))
    values = {
        "log_period": np.log10(p),
        "log_duration": np.log10(24 * t),
        "log_duty": np.log10(np.minimum(t / p, 1.0)),
        "log_depth": np.log10(1e6 * d),
        "log_snr": np.log10(s),
        "tmag": _inside(tmag, -2.0, 22.0),
        "other_dip": np.asarray(other_dip, float),
        "log_scatter": np.log10(np.maximum(np.asarray(scatter, float), 1e-3)),
        "log_star_radius": np.log10(r),
        "star_teff": _inside(teff_k, 1500.0, 60000.0),
        "log_companion_radius": np.log10(_EARTH_RADII_IN_SUN * r * np.sqrt(d)),
        "log_duration_ratio": np.log10(24 * t / hours),
    }
    return standardised(values)


def standardised(values: Mapping[str, npt.ArrayLike]) -> npt.NDArray[np.float32]:
    """(n, 12) standardised and cut at ±4 from columns by name, each (n,). A column that is left out is NaN.

    Raises ValueError for a name that is not one of SCALARS.
    """
    strange = sorted(set(values) - set(SCALARS))
    if strange:
        raise ValueError(f"Unknown numbers: {', '.join(strange)}. Known are {', '.join(SCALARS)}.")
    size = max((np.size(v) for v in values.values()), default=1)
    table = np.full((size, len(SCALARS)), np.nan)
    for column, (name, (centre, width, _)) in enumerate(SCALES.items()):
        if name in values:
            table[:, column] = (np.asarray(values[name], float) - centre) / width
    table[~np.isfinite(table)] = np.nan
    return np.clip(table, -4.0, 4.0).astype(np.float32)


def _inside(x: npt.ArrayLike, low: float, high: float) -> npt.NDArray[np.float64]:
    values = np.atleast_1d(np.asarray(x, dtype=float))
    with np.errstate(invalid="ignore"):
        return np.where((values >= low) & (values <= high), values, np.nan)
