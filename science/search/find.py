"""From a detrended light curve to its signals: search, refit, judge, mask, and search again."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from science.lightcurve import BoolArray, DetrendedCurve, FloatArray
from science.search import search_periods
from science.search.false_alarm import (
    SMALLEST_PROBABILITY,
    GumbelLaw,
    alarm_from,
    bin_curve,
    calibrate,
    white_noise_alarm,
)
from science.search.grids import period_grid
from science.search.harmonics import gap_aliases, period_resolution, relation, same_ephemeris
from science.search.pulsation import find_pulsation
from science.search.refit import in_transit, measure
from science.search.results import (
    DipMeasurement,
    FalseAlarm,
    PeriodGrid,
    Periodogram,
    Progress,
    SearchResult,
    SearchSettings,
    Signal,
)
from science.search.rhythm import rhythm_model
from science.search.screening import Evidence, Screening, screen
from science.stars import Star

#: Rejected peaks are masked and the search goes on this many times: a glitch may stand before a planet.
MOST_REJECTED = 2
#: Single events that make up a whole signal are set aside one by one, this many at most.
MOST_LONE_EVENTS = 3
#: Masked around a found transit, in durations: leaves room for transits that come a little early or late.
MASK_WIDTH = 2.0
#: A signal that reaches this false-alarm probability at most is convincing.
LARGEST_FALSE_ALARM = 0.01
#: Fractions of a period are tried down to here, also below the shortest period searched.
SHORTEST_PERIOD_DAYS = 0.2
#: Rows where the slow trend falls below this share of the star's usual light are not searched.
LEAST_TREND = 0.2
_PROGRESS_STEPS = 1000
#: Points closer than this share of the shortest transit tried are averaged before searching long curves.
_BIN_SHARE = 0.2
_MANY_POINTS = 60_000
_LONG_GRID = 50_000


@dataclass(frozen=True, slots=True)
class _Curve:
    """Usable rows of the detrended curve, shape (n,)."""

    time: FloatArray
    flux: FloatArray
    err: FloatArray
    raw: FloatArray
    exposure: FloatArray


@dataclass(frozen=True, slots=True)
class _Candidate:
    measurement: DipMeasurement
    screening: Screening
    sde: float
    free: BoolArray  # rows that were searched


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
    accepted: list[_Candidate] = []
    rejected: list[_Candidate] = []
    lone: list[_Candidate] = []
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
        strong = _is_strong(candidate, settings)
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
    result = _conclude(data, curve, accepted, rejected or lone[:1], lone, law, tuple(periodograms), grid, settings)
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


def _usable(curve: DetrendedCurve) -> _Curve:
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
    return _Curve(stitched.time_bjd[rows], curve.flux[rows], err[rows], stitched.flux[rows], exposure[rows])


def _grid(data: _Curve, star: Star, settings: SearchSettings) -> PeriodGrid:
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
    data: _Curve,
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
    return search_periods(t, f, e, grid, star, settings, steps.of_round(number), n_threads=n_threads)


def _without_variation(data: _Curve, flux: FloatArray, candidate: _Candidate, accepted: list[_Candidate]) -> FloatArray:
    """The curve with the star's rotation or pulsation taken out, fitted outside the dips found so far."""
    rows = np.ones(data.time.size, dtype=np.bool_)
    for earlier in accepted:
        found = earlier.measurement
        rows &= ~in_transit(data.time, found.period_days, found.epoch_bjd, found.duration_days, 1.3)
    if candidate.screening.kind == "pulsation":
        return flux - find_pulsation(data.time, flux, data.err, rows).model
    return flux - rhythm_model(data.time, flux, data.err, candidate.measurement.period_days, rows)


def _candidate(
    data: _Curve,
    flux: FloatArray,
    free: BoolArray,
    spectrum: Periodogram,
    curve: DetrendedCurve,
    star: Star,
    earlier: list[_Candidate],
) -> _Candidate | None:
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
    found = _true_period(t, f, e, exposure, first, star, spectrum)
    evidence = _evidence(data, flux, free, curve, star)
    judgement = _left_over(found, earlier, evidence) or screen(found, evidence)
    return _Candidate(found, judgement, spectrum.sde, free)


def _true_period(
    t: FloatArray,
    f: FloatArray,
    e: FloatArray,
    exposure: FloatArray,
    found: DipMeasurement,
    star: Star,
    spectrum: Periodogram,
) -> DipMeasurement:
    """The same dip at a simple multiple or fraction of its period, where that explains the data clearly better.

    Multiples: where all but every n-th dip are missing. Fractions: where equal dips lie between those found.
    """
    best = found
    for factor in (2, 3, 4):
        other = _every_nth(t, f, e, exposure, found, factor, star)
        if other is not None and other.period_days <= spectrum.periods_days[-1] * 1.001:
            best = other
            break
    if best is not found:
        return best
    for factor in (2, 3):
        period = found.period_days / factor
        if period < max(SHORTEST_PERIOD_DAYS, 3.0 * found.duration_days):
            continue
        try:
            other = measure(t, f, e, period, found.epoch_bjd, found.duration_days, star, exposure)
        except ValueError:
            continue
        gaps = other.n_transits < (factor - 0.5) * found.n_transits
        if gaps or other.depth < 0.7 * found.depth:
            continue
        if other.snr_white**2 > 1.5 * found.snr_white**2 and other.odd_even_sigma < 5.0:
            return other
    return best


def _every_nth(
    t: FloatArray,
    f: FloatArray,
    e: FloatArray,
    exposure: FloatArray,
    found: DipMeasurement,
    factor: int,
    star: Star,
) -> DipMeasurement | None:
    """A refit at `factor` times the period, if only every n-th dip is there and the others are not."""
    if found.n_transits < 2 * factor:
        return None
    number = np.round((found.transit_times_bjd - found.epoch_bjd) / found.period_days).astype(np.int64) % factor
    weight = 1.0 / np.square(found.transit_depth_errs)
    means, errors = np.full(factor, np.nan), np.full(factor, np.inf)
    for remainder in range(factor):
        rows = number == remainder
        if np.any(rows):
            means[remainder] = np.average(found.transit_depths[rows], weights=weight[rows])
            errors[remainder] = 1.0 / math.sqrt(float(weight[rows].sum()))
    if not np.all(np.isfinite(means)):
        return None
    deepest = int(np.argmax(means))
    others = np.delete(np.arange(factor), deepest)
    empty = np.all(means[others] < np.maximum(2.5 * errors[others], 0.03 * means[deepest]))
    sure = np.all(means[deepest] - means[others] > 4.0 * np.hypot(errors[deepest], errors[others]))
    if not (empty and sure):
        return None
    try:
        return measure(
            t,
            f,
            e,
            found.period_days * factor,
            found.epoch_bjd + deepest * found.period_days,
            found.duration_days,
            star,
            exposure,
        )
    except ValueError:
        return None


def _evidence(data: _Curve, flux: FloatArray, free: BoolArray, curve: DetrendedCurve, star: Star) -> Evidence:
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


def _left_over(found: DipMeasurement, earlier: list[_Candidate], evidence: Evidence) -> Screening | None:
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


def _is_strong(candidate: _Candidate, settings: SearchSettings) -> bool:
    return candidate.sde >= settings.sde_threshold and candidate.measurement.snr >= settings.snr_threshold


def _calibrated(
    data: _Curve,
    flux: FloatArray,
    kept: BoolArray,
    accepted: list[_Candidate],
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


def _conclude(
    data: _Curve,
    curve: DetrendedCurve,
    accepted: list[_Candidate],
    rejected: list[_Candidate],
    lone: list[_Candidate],
    law: GumbelLaw | None,
    periodograms: tuple[Periodogram, ...],
    grid: PeriodGrid,
    settings: SearchSettings,
) -> SearchResult:
    signals: list[Signal] = []
    refused: list[Signal] = []
    for candidate in accepted:
        alarm = white_noise_alarm(candidate.sde) if law is None else alarm_from(law, candidate.sde)
        convincing = alarm.probability <= LARGEST_FALSE_ALARM
        signal = _signal(data, curve, candidate, alarm, convincing, settings, len(signals) + 1)
        if convincing:
            signals.append(_related(signal, signals))
        else:
            refused.append(signal)
    for candidate in rejected:
        alarm = white_noise_alarm(candidate.sde) if law is None else alarm_from(law, candidate.sde)
        if candidate.screening.lone_event_bjd is not None:  # one event has no period that chance could imitate
            alarm = replace(alarm, probability=1.0, hi=1.0)
        refused.append(_signal(data, curve, candidate, alarm, False, settings, len(signals) + 1))
    best_rejected = refused[0] if refused else None  # found first: the strongest
    return SearchResult(
        signals=tuple(signals),
        best_rejected=None if best_rejected is None else replace(best_rejected, index=len(signals) + 1),
        periodograms=periodograms,
        grid=grid,
        settings=settings,
        notes=tuple(_notes(law, lone, settings)),
    )


def _notes(law: GumbelLaw | None, lone: list[_Candidate], settings: SearchSettings) -> list[str]:
    set_aside = [
        f"A single event near BJD {candidate.screening.lone_event_bjd:.3f} was set aside: it does not repeat."
        for candidate in lone
    ]
    if law is None and settings.fap_trials >= 8:
        return [
            "The star's own rhythm explains what was found, so its noise was not shuffled; the false-alarm chances are "
            "those of white noise.",
            *set_aside,
        ]
    if law is None:
        return [
            "False-alarm chances come from the published white-noise table; this star's own noise was not tested.",
            *set_aside,
        ]
    return [
        f"In {law.n_trials} shuffled copies of this curve noise reached SDE {law.threshold(0.5):.1f} half of the time; "
        f"one in a hundred would reach {law.threshold(0.01):.1f}. The inverted curve reached {law.inverted_sde:.1f}.",
        *set_aside,
    ]


def _related(signal: Signal, before: list[Signal]) -> Signal:
    for other in before:
        match = relation(signal.measurement.period_days, other.measurement.period_days, 0.005)
        if match is not None and not signal.relation:
            return replace(signal, relation=match.describe(f"the period of signal {other.index}"))
    return signal


def _signal(
    data: _Curve,
    curve: DetrendedCurve,
    candidate: _Candidate,
    alarm: FalseAlarm,
    convincing: bool,
    settings: SearchSettings,
    index: int,
) -> Signal:
    found, judgement = candidate.measurement, candidate.screening
    reasons: list[str] = []
    if candidate.sde < settings.sde_threshold:
        reasons.append(f"The peak's SDE is {candidate.sde:.1f}; {settings.sde_threshold:.1f} is asked for.")
    if found.snr < settings.snr_threshold:
        reasons.append(f"The dip's signal to noise is {found.snr:.1f}; {settings.snr_threshold:.1f} is asked for.")
    if alarm.probability > LARGEST_FALSE_ALARM:
        reasons.append(
            f"Noise like this star's gives such a peak {_chance(alarm.probability)}; one in a hundred is asked for."
        )
    reasons.extend(judgement.doubts)
    if convincing:
        reasons.append(
            f"{found.n_transits} dips with a signal to noise of {found.snr:.1f} and an SDE of {candidate.sde:.1f}; "
            f"noise alone gives such a peak {_chance(alarm.probability)}."
        )
    reasons.extend(judgement.remarks)
    cadence = float(np.median(np.diff(data.time)))
    aliases = list(gap_aliases(found.period_days, found.transit_times_bjd, found.duration_days, data.time, cadence))
    if judgement.doubled_period:
        aliases.insert(0, 2.0 * found.period_days)
    if aliases and convincing:
        reasons.append(
            "Gaps in the data leave open whether the period is "
            + ", ".join(f"{a:.4f}" for a in aliases)
            + " d instead."
        )
    kind = judgement.kind if _is_strong(candidate, settings) or judgement.kind != "dip" else "none"
    return Signal(
        index=index,
        measurement=found,
        sde=candidate.sde,
        false_alarm=alarm,
        kind=kind,
        convincing=convincing,
        reasons=tuple(reasons),
        relation=judgement.relation,
        aliases_days=tuple(aliases),
    )


def _chance(probability: float) -> str:
    if probability >= 0.01:
        return f"in {probability * 100:.0f} of 100 cases"
    if probability <= SMALLEST_PROBABILITY:
        return f"in less than 1 of {1.0 / SMALLEST_PROBABILITY:,.0f} cases"
    return f"in about 1 of {round(1.0 / probability, -1 if probability > 1e-3 else -2):,.0f} cases"
