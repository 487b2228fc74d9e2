"""Trial periods, spaced so that neighbouring ones shift a transit by a fixed part of its duration."""

from __future__ import annotations

import math

import numpy as np

from science.search.results import PeriodGrid

SECONDS_PER_DAY = 86400.0
SUN_GM_M3_S2 = 1.32712440018e20
SUN_RADIUS_M = 6.957e8

#: More trial periods than this are refused: hours of work and gigabytes that nobody asked for on purpose.
MOST_PERIODS = 5_000_000


def period_grid(
    span_days: float,
    *,
    period_min_days: float,
    period_max_days: float | None,
    min_transits: int,
    oversampling: int,
    radius_sun: float = 1.0,
    mass_sun: float = 1.0,
) -> PeriodGrid:
    """Trial periods (days, ascending) after Ofir (2014, A&A 561, A138, eqs 5-7), cubic in index.

    The step in frequency grows as f**(2/3), as the transit duty cycle of a central transit does, so that over the whole
    span neighbouring trials move a transit of the given star by 1/`oversampling` of its duration. Ofir's grid ends
    where the orbit reaches three stellar radii (0.6 d for the Sun); this one goes on to `period_min_days`, because
    ultra-short periods exist. The longest period is the shorter of `period_max_days` and span / `min_transits`.

    Nothing falls back silently: whatever limit was changed is said in `notes`.

    Raises ValueError where no period is left, or where the grid would be absurdly large.
    """
    if not (math.isfinite(span_days) and span_days > 0):
        raise ValueError(f"The time span must be a positive number of days, not {span_days}.")
    if not (math.isfinite(period_min_days) and period_min_days > 0):
        raise ValueError(f"The shortest period must be a positive number of days, not {period_min_days}.")
    if min_transits < 1 or oversampling < 1:
        raise ValueError("At least one transit and an oversampling of at least 1 are needed.")
    if not (radius_sun > 0 and mass_sun > 0):
        raise ValueError("The star's radius and mass must be positive.")

    notes: list[str] = []
    longest = span_days / min_transits
    period_max = longest
    if period_max_days is not None:
        if period_max_days > longest * (1 + 1e-9):
            notes.append(
                f"Periods beyond {longest:.2f} d were left out: the data span {span_days:.2f} d, "
                f"which must hold at least {min_transits} transits."
            )
        period_max = min(period_max_days, longest)
    if period_min_days >= period_max:
        raise ValueError(
            f"No period is left to search: the shortest asked for is {period_min_days:.3f} d, "
            f"the longest possible {period_max:.3f} d."
        )

    span_s = span_days * SECONDS_PER_DAY
    radius_m = radius_sun * SUN_RADIUS_M
    gm = mass_sun * SUN_GM_M3_S2
    # f**(1/3) advances by `step` (A/3 of eq. 6) from the lowest frequency to the highest.
    step = (2 * math.pi) ** (2 / 3) / math.pi * radius_m / gm ** (1 / 3) / (span_s * oversampling) / 3
    root_min = (SECONDS_PER_DAY * period_max) ** (-1 / 3)
    root_max = (SECONDS_PER_DAY * period_min_days) ** (-1 / 3)
    n = math.ceil((root_max - root_min) / step) + 1
    if n > MOST_PERIODS:
        raise ValueError(
            f"This search would try {n:,} periods. Raise the shortest period or lower the oversampling to stay "
            f"below {MOST_PERIODS:,}."
        )
    root = root_min + step * np.arange(n - 1, -1, -1, dtype=np.float64)
    root[0] = min(root[0], root_max)
    periods = root**-3 / SECONDS_PER_DAY
    periods[0] = period_min_days
    periods[-1] = period_max
    if len(periods) > 1 and periods[1] <= periods[0]:
        periods = periods[1:]
        periods[0] = period_min_days
    three_radii = _period_at_three_radii_days(radius_sun, mass_sun)
    if period_min_days < three_radii:
        notes.append(
            f"Periods below {three_radii:.2f} d, where a planet circles within three stellar radii, are searched too."
        )
    return PeriodGrid(
        periods_days=periods,
        period_min_days=float(periods[0]),
        period_max_days=float(periods[-1]),
        oversampling=oversampling,
        notes=tuple(notes),
    )


def _period_at_three_radii_days(radius_sun: float, mass_sun: float) -> float:
    """Orbital period at a = 3 R* by Kepler's third law, days."""
    a = 3 * radius_sun * SUN_RADIUS_M
    return 2 * math.pi * math.sqrt(a**3 / (mass_sun * SUN_GM_M3_S2)) / SECONDS_PER_DAY
