"""Transit least squares by its own authors' package, on this product's grid: the engine "reference"."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from science.lightcurve import FloatArray
from science.limb_darkening import limb_darkening_of
from science.search.durations import DENSITY_LONG_FACTOR, DENSITY_SHORT_FACTOR, SUN_DENSITY_GCC, star_density_gcc
from science.search.engine import checked
from science.search.results import PeriodGrid, Periodogram, Progress, SearchSettings
from science.search.spectrum import detection_efficiency, signal_residue
from science.search.templates import TEMPLATE_IMPACT_PARAMETER
from science.stars import Star

#: The package's kernels cost about this much per point and period; its progress calls are spaced by it.
_SECONDS_PER_POINT_FOLD = 15e-9


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
    backend: str | None = None,
) -> Periodogram:
    """Search by `transitleastsquares` (Hippke & Heller 2019, A&A 623, A39; release 2.0.4) at the periods of `grid`.

    `backend` names one of the package's own ("fused" is exact, None its default). Durations step by 1.1, as the
    package is meant to be used. It finds the mid-transit time of the best period only: `epoch_bjd` is NaN elsewhere.

    Raises ValueError where the arrays do not fit together, hold NaN, or fewer than ten points, or the flux is negative.
    """
    from transitleastsquares import transitleastsquares
    from transitleastsquares.backends import get_backend
    from transitleastsquares.grid import duration_grid as package_duration_grid
    from transitleastsquares.warmup import ensure_compiled

    time, dip, weight = checked(time_bjd, flux, flux_err)
    reference = float(time[0])
    periods = np.ascontiguousarray(grid.periods_days, dtype=np.float64)

    class OnGivenGrid(transitleastsquares):  # type: ignore[misc]
        """The package's model with our periods, keeping what it finds at each of them."""

        def _grids(self) -> tuple[FloatArray, Any]:
            durations = package_duration_grid(
                periods,
                shortest=0.0,
                log_step=self.duration_grid_step,
                R_star_min=self.R_star_min,
                R_star_max=self.R_star_max,
                M_star_min=self.M_star_min,
                M_star_max=self.M_star_max,
            )
            return periods[::-1], durations

        def _results(self, found: Any, durations: Any, overview: Any, lc_arr: Any, used_backend: Any) -> Any:
            self.found, self.trial_durations = found, overview["duration"]
            return super()._results(found, durations, overview, lc_arr, used_backend)

    engine = get_backend(backend)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own tiny warm-up search warns about its tiny grid
        ensure_compiled(backend, verbose=False)
    done = 0
    if progress is not None:
        engine.block = max(8, int(0.2 / (_SECONDS_PER_POINT_FOLD * time.size)))
        plain_search = engine.search_many
        tell = progress
        tell(0, len(periods))

        def count(n_more: int) -> None:
            nonlocal done
            done += n_more
            tell(min(done, len(periods)), len(periods))

        def search_and_tell(tasks: Any, use_threads: int = 1, progress: Any = None, defer_join: bool = False) -> Any:
            return plain_search(tasks, use_threads=use_threads, progress=count, defer_join=defer_join)

        engine.search_many = search_and_tell

    model = OnGivenGrid(time - reference, 1.0 - dip, 1.0 / np.sqrt(weight), verbose=False)
    result = model.power(
        u=list(limb_darkening_of(star)),
        b=TEMPLATE_IMPACT_PARAMETER,
        oversampling_factor=grid.oversampling,
        use_threads=n_threads,
        show_progress_bar=False,
        verbose=False,
        backend=engine,
        **_stellar_limits(star if settings.use_stellar_density else None),
    )

    found = model.found
    chi2 = np.asarray(found.chi2, dtype=np.float64)
    # The package scales errors to mean 1; undo that, so that chi-square means what it says.
    scale = float(np.mean(1.0 / np.sqrt(weight))) ** -2
    chi2_constant = float(np.sum(weight * dip**2))
    delta_chi2 = np.maximum(chi2_constant - chi2 * scale, 0.0)
    sr = signal_residue(delta_chi2, chi2_constant)
    power, sde = detection_efficiency(sr, grid.oversampling)
    best = int(np.argmax(power))
    depth = np.where(found.depths > 0, 1.0 - np.asarray(found.depths, dtype=np.float64), 0.0)
    epoch = np.full(len(periods), np.nan)
    notes = ["Found by transitleastsquares; mid-transit times exist for the best period only."]
    if sde > 0 and math.isfinite(float(result.T0)):
        epoch[best] = reference + float(result.T0)
    else:
        notes.append("No dip was found at any period.")
    return Periodogram(
        engine="reference",
        periods_days=periods,
        sr=sr,
        power=power,
        duration_days=np.asarray(model.trial_durations)[found.rows] * periods,
        epoch_bjd=epoch,
        depth=depth,
        delta_chi2=delta_chi2,
        sde=sde,
        best_index=best,
        notes=tuple(notes),
    )


def _stellar_limits(star: Star | None) -> dict[str, float]:
    """The duration limits of `science.search.durations` in the package's words: a range of radii at one mass."""
    density = star_density_gcc(star)
    if density is None:
        return {}
    value, error = density
    spread = (1 + 2 * max(error / value, 0.1)) ** (1 / 3)
    radius = (value / SUN_DENSITY_GCC) ** (-1 / 3)  # of one solar mass: durations depend on the density alone
    return {
        "R_star": radius,
        "M_star": 1.0,
        "R_star_min": radius * DENSITY_SHORT_FACTOR / spread,
        "R_star_max": radius * DENSITY_LONG_FACTOR * spread,
        "M_star_min": 1.0,
        "M_star_max": 1.0,
    }
