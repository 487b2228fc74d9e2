"""Search for repeating dips: period grids, template search, box search, significance."""

from __future__ import annotations

from science.lightcurve import FloatArray
from science.search.results import PeriodGrid, Periodogram, Progress, SearchSettings
from science.stars import Star


def search_periods(
    time_bjd: FloatArray,
    flux: FloatArray,
    flux_err: FloatArray,
    grid: PeriodGrid,
    star: Star | None,
    settings: SearchSettings,
    progress: Progress | None = None,
    *,
    n_threads: int = 1,
) -> Periodogram:
    """Search with the engine that `settings` names: "larun" (templates), "bls" (boxes) or "reference" (TLS).

    Arrays (n,): days of BJD_TDB, relative flux (median 1), its errors; no NaN. See the engine's own function.
    """
    # Imported when asked for: the reference engine alone costs seconds.
    if settings.engine == "larun":
        from science.search.engine import search_periods as search
    elif settings.engine == "bls":
        from science.search.box import search_periods as search
    else:
        from science.search.reference import search_periods as search
    return search(time_bjd, flux, flux_err, grid, star, settings, progress, n_threads=n_threads)
