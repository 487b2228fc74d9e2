"""From a detrended light curve to its signals: search, refit, judge, mask, and search again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from science.lightcurve import BoolArray, DetrendedCurve, FloatArray
from science.search import search_periods
from science.search.candidates import Candidate, SearchedCurve
from science.search.conclusion import conclude
from science.search.false_alarm import (
    GumbelLaw,
    bin_curve,
    calibrate,
)
from science.search.grids import period_grid
from science.search.harmonics import period_resolution, relation, same_ephemeris
from science.search.pulsation import find_pulsation
from science.search.refit import in_transit, measure
from science.search.results import (
    DipMeasurement,
    PeriodGrid,
    Periodogram,
    Progress,
    SearchResult,
    SearchSettings,
)
from science.search.rhythm import rhythm_model
from science.search.screening import Evidence, Screening, screen
from science.search.true_period import true_period
from science.stars import Star

#: Rejected peaks are masked and the search goes on this many times: a glitch may stand before a planet.
MOST_REJECTED = 2
#: Single events that make up a whole signal are set aside one by one, this many at most.
MOST_LONE_EVENTS = 3
#: Masked around a found transit, in durations: leaves room for transits that come a little early or late.
MASK_WIDTH = 2.0
#: Rows where the slow trend falls below this share of the star's usual light are not searched.
LEAST_TREND = 0.2
_PROGRESS_STEPS = 1000
#: Points closer than this share of the shortest transit tried are averaged before searching long curves.
_BIN_SHARE = 0.2
_MANY_POINTS = 60_000
_LONG_GRID = 50_000


def find_signals(
    curve: DetrendedCurve,
    star: Star,
    settings: SearchSettings,
    progress: Progress | None = None,
    *,
    n_threads: int = 2,
) -> SearchResult:
    """Find repeating dips in the rows of `curve` that may be used, strongest first.

    Each round searches all periods, refits the highest peak on unbinned data, tries its harmonics, and judges it.
    Whatever it was, its dips are masked and the next round begins, until `settings.max_signals` dips are found, or a
    star's own variation is all that is left, or nothing passes the thresholds. With `settings.fap_trials` >= 8 the
    false-alarm probabilities come from shuffled copies of the curve without the dips; otherwise from the white-noise
    table. `progress` is called with (steps done, all steps), never going back; raising from it cancels.

    Raises ValueError where fewer than 10 usable points remain or no period is left to search.
    """
    data = _usable(curve)
    grid = _grid(data, star, settings)
    steps = _Steps(progress, settings)
    kept = np.ones(data.time.size, dtype=np.bool_)  # without single events; free: also without the dips found
    free = kept
    accepted: list[Candidate] = []
    rejected: list[Candidate] = []
    lone: list[Candidate] = []
    periodograms: list[Periodogram] = []
    flux = data.flux
    cleaned = False
    while len(accepted) < settings.max_signals and len(rejected) <= MOST_REJECTED:
        if np.count_nonzero(free) < 100 and periodograms:
            break
        spectrum = _search(data, flux, free, grid, star, settings, steps, len(periodograms), n_threads)
        periodograms.append(spectrum)
        candidate = _candidate(data, flux, free, spectrum, curve, star, accepted + rejected)
        if candidate is None:
            break
        strong = candidate.is_strong(settings)
        if strong and candidate.screening.passed:
            accepted.append(candidate)
        elif candidate.screening.lone_event_bjd is not None and len(lone) < MOST_LONE_EVENTS:
            lone.append(candidate)
            width = max(0.5 * MASK_WIDTH * candidate.measurement.duration_days, float(np.max(data.exposure)))
            kept = kept & (np.abs(data.time - candidate.screening.lone_event_bjd) > width)
            free = free & kept
            continue
        else:
            rejected.append(candidate)
            kind = candidate.screening.kind
            if kind in ("rotation", "pulsation") and not cleaned:
                flux = _without_variation(data, flux, candidate, accepted)
                cleaned = True
                continue
            if not strong or kind in ("rotation", "pulsation", "binary"):
                break
        found = candidate.measurement
        free = free & ~in_transit(data.time, found.period_days, found.epoch_bjd, found.duration_days, MASK_WIDTH)
    own_light = all(c.screening.kind in ("rotation", "pulsation", "binary") for c in rejected)
    # What a star does itself is no question of chance: long shuffling would answer nothing.
    wanted = bool(accepted) or not (rejected and own_light and grid.periods_days.size > _LONG_GRID)
    law = _calibrated(data, flux, kept, accepted, grid, star, settings, steps, n_threads) if wanted else None
    result = conclude(data, curve, accepted, rejected or lone[:1], lone, law, tuple(periodograms), grid, settings)
    steps.finish()
    return result


class _Steps:
    """Progress over rounds whose number is not known beforehand: each round takes a fixed share of what is left."""

    def __init__(self, progress: Progress | None, settings: SearchSettings) -> None:
        self._progress = progress
        self._done = 0
        self._shuffles = 0.4 if settings.fap_trials >= 8 else 0.0

    def of_round(self, number: int) -> Callable[[int, int], None]:
        """Progress callback of one search round."""
        start = 1.0 - 0.55**number
        stop = 1.0 - 0.55 ** (number + 1)
        return lambda done, total: self._tell((start + (stop - start) * done / max(total, 1)) * (1 - self._shuffles))

    def of_shuffles(self) -> Callable[[int, int], None]:
        """Progress callback of the false-alarm trials."""
        start = 1.0 - self._shuffles
        return lambda done, total: self._tell(start + self._shuffles * done / max(total, 1))

    def finish(self) -> None:
        self._tell(1.0)

    def _tell(self, share: float) -> None:
        self._done = max(self._done, int(_PROGRESS_STEPS * min(share, 1.0)))
        if self._progress is not None:
            self._progress(self._done, _PROGRESS_STEPS)


def _usable(curve: DetrendedCurve) -> SearchedCurve:
    stitched = curve.curve
    err = stitched.flux_err
    rows = curve.use & np.isfinite(curve.flux) & np.isfinite(err) & (err > 0) & ~stitched.filled
    # Where the trend nears zero (bad background in faint stars) the division has blown noise up beyond meaning.
    rows &= (curve.trend > LEAST_TREND) & (curve.flux > -5.0 * err)  # nor is there light below nothing
    if np.count_nonzero(rows) < 10:
        raise ValueError("A search needs at least ten usable points.")
    exposure = np.zeros(stitched.time_bjd.size)
    for segment in stitched.segments:
        exposure[segment.start : segment.stop] = segment.exposure_days
    return SearchedCurve(stitched.time_bjd[rows], curve.flux[rows], err[rows], stitched.flux[rows], exposure[rows])


def _grid(data: SearchedCurve, star: Star, settings: SearchSettings) -> PeriodGrid:
    known = star.radius_sun is not None and star.mass_sun is not None and settings.use_stellar_density
    return period_grid(
        float(data.time[-1] - data.time[0]),
        period_min_days=settings.period_min_days,
        period_max_days=settings.period_max_days,
        min_transits=settings.min_transits,
        oversampling=settings.oversampling,
        radius_sun=star.radius_sun.value if known and star.radius_sun is not None else 1.0,
        mass_sun=star.mass_sun.value if known and star.mass_sun is not None else 1.0,
    )


def _search(
    data: SearchedCurve,
    flux: FloatArray,
    free: BoolArray,
    grid: PeriodGrid,
    star: Star,
    settings: SearchSettings,
    steps: _Steps,
    number: int,
    n_threads: int,
) -> Periodogram:
    t, f, e = data.time[free], flux[free], data.err[free]
    if t.size > _MANY_POINTS:
        shortest = 0.03 * grid.period_min_days + 0.02
        t, f, e = bin_curve(t, f, e, _BIN_SHARE * shortest)
    # The reference engine reports progress from within its own process only.
    threads = 1 if settings.engine == "reference" else n_threads
    return search_periods(t, f, e, grid, star, settings, steps.of_round(number), n_threads=threads)


def _without_variation(
    data: SearchedCurve, flux: FloatArray, candidate: Candidate, accepted: list[Candidate]
) -> FloatArray:
    """The curve with the star's rotation or pulsation taken out, fitted outside the dips found so far."""
    rows = np.ones(data.time.size, dtype=np.bool_)
    for earlier in accepted:
        found = earlier.measurement
        rows &= ~in_transit(data.time, found.period_days, found.epoch_bjd, found.duration_days, 1.3)
    if candidate.screening.kind == "pulsation":
        return flux - find_pulsation(data.time, flux, data.err, rows).model
    return flux - rhythm_model(data.time, flux, data.err, candidate.measurement.period_days, rows)


def _candidate(
    data: SearchedCurve,
    flux: FloatArray,
    free: BoolArray,
    spectrum: Periodogram,
    curve: DetrendedCurve,
    star: Star,
    earlier: list[Candidate],
) -> Candidate | None:
    best = spectrum.best_index
    if spectrum.sde <= 0.0 or not spectrum.duration_days[best] > 0:
        return None
    t, f, e, exposure = data.time[free], flux[free], data.err[free], data.exposure[free]
    try:
        first = measure(
            t,
            f,
            e,
            float(spectrum.periods_days[best]),
            float(spectrum.epoch_bjd[best]),
            float(spectrum.duration_days[best]),
            star,
            exposure,
        )
    except ValueError:
        return None
    found = true_period(t, f, e, exposure, first, star)
    evidence = _evidence(data, flux, free, curve, star)
    judgement = _left_over(found, earlier, evidence) or screen(found, evidence)
    return Candidate(found, judgement, spectrum.sde)


def _evidence(data: SearchedCurve, flux: FloatArray, free: BoolArray, curve: DetrendedCurve, star: Star) -> Evidence:
    stitched = curve.curve
    edges = []
    for segment in stitched.segments:
        rows = np.flatnonzero(curve.use[segment.start : segment.stop]) + segment.start
        if rows.size:
            edges.extend([stitched.time_bjd[rows[0]], stitched.time_bjd[rows[-1]]])
    bright = (
        ~curve.use
        & np.isfinite(curve.flux)
        & ~stitched.filled
        & (curve.flux > 1.0 + 4.0 * np.where(np.isfinite(stitched.flux_err), stitched.flux_err, np.inf))
    )
    return Evidence(
        time=data.time[free],
        flux=flux[free],
        err=data.err[free],
        raw=data.raw[free],
        edges=np.sort(np.asarray(edges, dtype=np.float64)),
        brightenings=stitched.time_bjd[bright],
        star=star,
        cadence_days=float(np.median(np.diff(data.time))),
        variability_period_days=curve.variability_period_days,
        variability_amplitude=curve.variability_amplitude,
    )


def _left_over(found: DipMeasurement, earlier: list[Candidate], evidence: Evidence) -> Screening | None:
    """What remains beside the mask of an earlier signal: same or related period, coinciding times."""
    span = float(evidence.time[-1] - evidence.time[0])
    for number, candidate in enumerate(earlier, start=1):
        before = candidate.measurement
        tolerance = 2.0 * period_resolution(found.period_days, span, before.duration_days + found.duration_days)
        match = relation(found.period_days, before.period_days, min(tolerance, 0.02))
        if match is None:
            continue
        together = same_ephemeris(
            found.period_days,
            found.epoch_bjd,
            before.period_days,
            before.epoch_bjd,
            1.5 * (before.duration_days + found.duration_days),
        )
        if together or candidate.screening.kind in ("binary", "rotation", "pulsation"):
            words = match.describe(f"the period of signal {number}")
            kind = candidate.screening.kind if candidate.screening.kind != "dip" else "systematic"
            return Screening(kind, (f"The period is {words}: a remainder of it, not another body.",), (), words)
    return None


def _calibrated(
    data: SearchedCurve,
    flux: FloatArray,
    kept: BoolArray,
    accepted: list[Candidate],
    grid: PeriodGrid,
    star: Star,
    settings: SearchSettings,
    steps: _Steps,
    n_threads: int,
) -> GumbelLaw | None:
    """The noise law of the curve without the accepted dips; None where no copies were asked for."""
    if settings.fap_trials < 8:
        return None
    free = kept
    for candidate in accepted:
        found = candidate.measurement
        free = free & ~in_transit(data.time, found.period_days, found.epoch_bjd, found.duration_days, 1.3)
    if np.count_nonzero(free) < 100:
        return None
    return calibrate(
        data.time[free],
        flux[free],
        data.err[free],
        grid,
        star,
        settings,
        steps.of_shuffles(),
        n_threads=n_threads,
    )
