"""Box least squares as astropy computes it, in the shape of this product's periodograms: the engine "bls"."""

from __future__ import annotations

import numpy as np

from science.lightcurve import FloatArray
from science.search.durations import duration_grid
from science.search.engine import checked, typical_cadence_days
from science.search.results import PeriodGrid, Periodogram, Progress, SearchSettings
from science.search.spectrum import detection_efficiency, signal_residue
from science.stars import Star

#: Phase bins per shortest duration inside astropy.
PHASE_OVERSAMPLING = 10
_POINT_FOLDS_PER_CHUNK = 2e7


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
    """Box search (Kovács, Zucker & Mazeh 2002, A&A 391, 369) by `astropy.timeseries.BoxLeastSquares`.

    Same periods, durations per period, statistic (chi-square gained) and SDE as the template engine, so that the two
    differ in the shape alone. Arrays (n,), relative flux, no NaN. astropy's loop holds the interpreter lock:
    `n_threads` changes nothing.

    Raises ValueError where the arrays do not fit together, hold NaN, or fewer than ten points.
    """
    from astropy.timeseries import BoxLeastSquares

    time, dip, weight = checked(time_bjd, flux, flux_err)
    periods = np.ascontiguousarray(grid.periods_days, dtype=np.float64)
    cadence = typical_cadence_days(time)
    known_star = star if settings.use_stellar_density else None
    durations = duration_grid(periods, known_star, settings.duration_step, cadence_days=cadence)
    reference = float(time[0])
    model = BoxLeastSquares(time - reference, 1.0 - dip, 1.0 / np.sqrt(weight))

    n = len(periods)
    delta_chi2 = np.zeros(n)
    duration = np.zeros(n)
    centre = np.zeros(n)
    depth = np.zeros(n)
    edges = np.flatnonzero(np.diff(durations.first) | np.diff(durations.stop)) + 1
    if progress is not None:
        progress(0, n)
    for start, stop in zip([0, *edges], [*edges, n], strict=True):
        trial = durations.durations_days[int(durations.first[start]) : int(durations.stop[start])]
        trial = trial[trial < 0.5 * periods[start]]
        if trial.size == 0:
            continue
        cells = PHASE_OVERSAMPLING * float(periods[stop - 1]) / float(trial[0]) * trial.size
        size = max(1, int(_POINT_FOLDS_PER_CHUNK / (time.size + cells)))
        for lo in range(int(start), int(stop), size):
            hi = min(lo + size, int(stop))
            got = model.power(
                periods[lo:hi], trial, objective="likelihood", method="fast", oversample=PHASE_OVERSAMPLING
            )
            # astropy's likelihood is half the chi-square gained over a constant; brightenings do not count.
            gained = np.asarray(got.power, dtype=np.float64)
            is_dip = np.isfinite(gained) & (np.asarray(got.depth) > 0)
            delta_chi2[lo:hi] = np.where(is_dip, 2.0 * gained, 0.0)
            duration[lo:hi] = got.duration
            centre[lo:hi] = got.transit_time
            depth[lo:hi] = np.where(is_dip, got.depth, 0.0)
            if progress is not None:
                progress(hi, n)

    # The box is compared with a constant at its own best level, as astropy's likelihood is.
    level = float(np.sum(weight * dip) / np.sum(weight))
    sr = signal_residue(delta_chi2, float(np.sum(weight * (dip - level) ** 2)))
    power, sde = detection_efficiency(sr, grid.oversampling)
    notes = list(durations.notes)
    if sde == 0.0:
        notes.append("No dip was found at any period.")
    return Periodogram(
        engine="bls",
        periods_days=periods,
        sr=sr,
        power=power,
        duration_days=duration,
        epoch_bjd=reference + centre,
        depth=depth,
        delta_chi2=delta_chi2,
        sde=sde,
        best_index=int(np.argmax(power)),
        notes=tuple(notes),
    )
