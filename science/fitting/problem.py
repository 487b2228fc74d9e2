"""From a cleaned light curve and first guesses to a posterior that can be sampled, and where to start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from science import rounding
from science.fitting.ensembles import walkers_for
from science.fitting.likelihood import Posterior, posterior_of
from science.fitting.parameters import Layout, layout_of
from science.fitting.priors import priors_of
from science.fitting.residuals import residual_noise
from science.fitting.results import FitSettings, Guess, ResidualNoise
from science.fitting.start import Best, best_of, climb, first_theta, profile, spread_starts
from science.fitting.transit import transit_flux_many
from science.fitting.windows import (
    MASK_DURATIONS,
    MOST_UNFOLDED,
    NothingToFit,
    Prepared,
    average,
    bin_width_days,
    check_guess,
    select,
    usable_rows,
)
from science.folding import cycle_numbers, phase_days, shift_epoch
from science.lightcurve import BoolArray, DetrendedCurve, FloatArray
from science.stars import Star

#: The first look at the light uses at most so many points; more are averaged for it.
MOST_FIRST_POINTS = 12_000
#: The model must gain this much chi2 on straight lines (a signal to noise of 4.5), else there is no dip to
#: fit: noise alone, searched for the best time and length, gains up to 17.
LEAST_GAIN = 20.0
#: Below this signal to noise the shape of a transit is mostly that of the priors.
WEAK_SNR = 7.0
#: Averaging is worth it when it leaves at most this share of the points.
WORTHWHILE_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Problem:
    """All that a sampler needs, and what its answer is described with. `points` is the posterior of the unaveraged
    light; `starts` has shape (ensembles, walkers, d); `refined` are the guesses after least squares."""

    layout: Layout
    posterior: Posterior
    points: Posterior
    prepared: Prepared
    point_labels: tuple[str, ...]
    best: Best
    starts: FloatArray
    residuals: ResidualNoise
    refined: tuple[Guess, ...]
    snr: float
    notes: tuple[str, ...]


def pose(
    curve: DetrendedCurve, star: Star, guesses: Sequence[Guess], settings: FitSettings, others: Sequence[Guess] = ()
) -> Problem:
    """Select the light, find the best model, measure the noise, average, and lay out the starts.

    Raises NothingToFit, with a sentence for the user, where the light or the guess cannot be fitted.
    """
    if not guesses:
        raise NothingToFit("No planet was given to fit.")
    for guess in guesses:
        check_guess(guess)
    _check_settings(settings)
    notes: list[str] = []
    centred = tuple(_centred(curve, guess) for guess in guesses)
    first = select(curve, centred, others, slack_days=0.25 * min(g.duration_days for g in centred))
    held = tuple(_held_period(first, guess, notes, len(guesses) > 1) for guess in centred)
    layout = layout_of(centred, star, settings, centred[0].epoch_bjd, held)
    half_cycles = [_half_cycles(first, guess) for guess in centred]
    priors = priors_of(layout, centred, star, settings, half_cycles)
    small = _thinned(first, centred, layout)
    rough = posterior_of(layout, priors, small)
    best = best_of(rough, first_theta(layout, centred, rough))
    _check_dip(rough, best)
    refined, slack = _refined(layout, best, centred)
    prepared = select(curve, refined, others, slack_days=slack)
    points = posterior_of(layout, priors, prepared)
    best = climb(points if prepared.data.n_raw <= MOST_FIRST_POINTS else rough, best.theta)
    refined, slack = _refined(layout, best, centred)
    noise = _noise(curve, layout, best, refined, others)
    factor = 1.0 if settings.gaussian_process else noise.red_factor
    gain = _gain(points, best)
    snr = math.sqrt(max(gain, 0.0)) / factor
    used = _averaged(prepared, points, best, refined, settings, snr, slack)
    posterior = posterior_of(layout, priors, used, factor)
    best = climb(posterior, best.theta)
    profiles = [profile(posterior, best, j) for j in range(layout.n_planets)]
    top = max((b for p in profiles for b in p), key=lambda b: b.height)
    best = best if best.height >= top.height else climb(posterior, top.theta)
    walkers = settings.n_walkers or walkers_for(len(layout.names))
    starts = spread_starts(posterior, best, profiles, settings.n_ensembles, walkers, settings.seed)
    if snr < WEAK_SNR:
        notes.append(
            f"The dip stands out by only {rounding.number(snr, 1)} times its noise: what is told of its shape is "
            "mostly what was assumed before."
        )
    if factor > 1.05:
        notes.append(
            f"Over the length of a transit the light scatters {rounding.number(factor, 2)} times as much as "
            "independent points would; all errors are that much larger."
        )
    return Problem(
        layout=layout,
        posterior=posterior,
        points=points,
        prepared=used,
        point_labels=prepared.labels,
        best=best,
        starts=starts,
        residuals=noise,
        refined=refined,
        snr=snr,
        notes=(*notes, *used.data.notes),
    )


def _check_settings(settings: FitSettings) -> None:
    if not 0.0 <= settings.dilution < 0.95:
        raise NothingToFit("The share of foreign light must lie between 0 and 0.95.")
    if not (settings.dilution_err >= 0.0 and math.isfinite(settings.dilution_err)):
        raise NothingToFit("The error of the share of foreign light must be zero or a positive number.")


def _centred(curve: DetrendedCurve, guess: Guess) -> Guess:
    """The guess with its epoch at the mean of the transits that have data: there it is independent of the period."""
    time = curve.curve.time_bjd[usable_rows(curve)]
    if time.size == 0:
        raise NothingToFit("The light curve has no usable measurement.")
    near = np.abs(phase_days(time, guess.period_days, guess.epoch_bjd)) < 0.5 * guess.duration_days
    middle = float(np.mean(time[near])) if np.any(near) else 0.5 * float(time[0] + time[-1])
    return replace(guess, epoch_bjd=shift_epoch(guess.epoch_bjd, guess.period_days, middle))


def _cycles(prepared: Prepared, guess: Guess) -> FloatArray:
    time = prepared.data.time_bjd
    inside = np.abs(phase_days(time, guess.period_days, guess.epoch_bjd)) < 0.6 * guess.duration_days
    cycles = np.unique(cycle_numbers(time[inside], guess.period_days, guess.epoch_bjd))
    return np.asarray(cycles, dtype=np.float64)


def _half_cycles(prepared: Prepared, guess: Guess) -> float:
    cycles = _cycles(prepared, guess)
    return float(np.max(np.abs(cycles), initial=1.0))


def _held_period(prepared: Prepared, guess: Guess, notes: list[str], several: bool) -> float | None:
    if _cycles(prepared, guess).size >= 2:
        return None
    which = f" of the planet with {rounding.significant(guess.period_days)} days" if several else ""
    notes.append(
        f"Only one transit{which} is in the data: the period is held at {rounding.significant(guess.period_days, 6)} "
        "days, and all that rests on it holds only for that period."
    )
    return guess.period_days


def _thinned(prepared: Prepared, guesses: Sequence[Guess], layout: Layout) -> Prepared:
    """The same light with fewer points for the first look: averages over a thirtieth of the transit."""
    if prepared.data.n_raw <= MOST_FIRST_POINTS:
        return prepared
    width = min(g.duration_days for g in guesses) / 30.0
    # A year of planets that transit every day is folded, else even its averages were too many.
    fold = len(guesses) == 1 and int(prepared.data.event[-1]) >= MOST_UNFOLDED
    few = average(prepared, prepared.data.flux - 1.0, guesses, _fine(prepared, guesses, 0.75), width, fold)
    return replace(few, data=replace(few.data, flux=few.data.flux + 1.0))


def _fine(prepared: Prepared, guesses: Sequence[Guess], reach: float, extra_days: float = 0.0) -> BoolArray:
    """Points within `reach` durations and `extra_days` of a mid-transit of any of the planets, shape (n,)."""
    time = prepared.data.time_bjd
    fine = np.zeros(time.size, dtype=np.bool_)
    for guess in guesses:
        phase = np.abs(phase_days(time, guess.period_days, guess.epoch_bjd))
        fine |= phase < reach * guess.duration_days + extra_days + 0.5 * prepared.data.exposure_days
    return fine


def _gain(posterior: Posterior, best: Best) -> float:
    """chi2 that the best model gains on levels and slopes alone, in units of the noise."""
    values = best.values[None]
    flat = posterior.white_chi2(np.zeros(1), np.ones((1, posterior.time.size)))[0]
    fitted = posterior.white_chi2(posterior.layout.dilutions(values), posterior.model(values))[0]
    return float(np.sum(posterior.freedom * (flat / fitted - 1.0)))


def _check_dip(posterior: Posterior, best: Best) -> None:
    gain = _gain(posterior, best)
    if not (math.isfinite(gain) and math.isfinite(best.height)) or gain < LEAST_GAIN:
        raise NothingToFit(
            "There is no dip at this period and time that stands out of the noise (less than 4.5 sigma): "
            "nothing to fit."
        )


def _refined(layout: Layout, best: Best, guesses: Sequence[Guess]) -> tuple[tuple[Guess, ...], float]:
    """Guesses from the best fit, and three sigma of the least known ephemeris at the farthest transit, in days."""
    answers, slack = [], 0.0
    for guess, row, places in zip(guesses, layout.planets(best.values[None])[0], layout.columns, strict=True):
        epoch = places[1]
        duration = float(np.exp(best.values[places[4]]))
        answers.append(
            Guess(
                period_days=float(row[0]),
                epoch_bjd=float(row[1]) + layout.reference_bjd,
                duration_days=duration,
                radius_ratio=float(row[2]),
                impact_parameter=float(row[4]),
            )
        )
        error = math.sqrt(best.covariance[epoch, epoch])
        slack = max(slack, min(3.0 * error, 0.25 * guess.duration_days))
    return tuple(answers), slack


def _noise(
    curve: DetrendedCurve, layout: Layout, best: Best, refined: Sequence[Guess], others: Sequence[Guess]
) -> ResidualNoise:
    """Residual noise over the length of the transit where it is the largest of all planets'."""
    c = curve.curve
    use = usable_rows(curve)
    for other in others:
        reach = 0.5 * MASK_DURATIONS * other.duration_days
        use &= np.abs(phase_days(c.time_bjd, other.period_days, other.epoch_bjd)) > reach
    exposure = np.zeros(c.time_bjd.size)
    for segment in c.segments:
        exposure[segment.start : segment.stop] = segment.exposure_days
    values = best.values[None]
    model = transit_flux_many(
        c.time_bjd[use] - layout.reference_bjd, exposure[use], layout.planets(values), layout.limb(values)
    )[0]
    residual = np.full(c.time_bjd.size, np.nan)
    keep = 1.0 - float(layout.dilutions(values)[0])
    residual[use] = curve.flux[use] - 1.0 - keep * (model - 1.0)
    return max((residual_noise(curve, residual, guess) for guess in refined), key=lambda r: r.red_factor)


def _averaged(
    prepared: Prepared,
    points: Posterior,
    best: Best,
    refined: Sequence[Guess],
    settings: FitSettings,
    snr: float,
    slack: float,
) -> Prepared:
    """The light that is sampled: averages where they are asked for or save much and lose nothing, else all points.

    Correlated noise is never folded: it belongs to one event.
    """
    if settings.data_mode == "windowed":
        return prepared
    data = prepared.data
    exposure = float(np.median(data.exposure_days))
    widths, extra = [], slack
    for guess, places in zip(refined, points.layout.columns, strict=True):
        k, b = guess.radius_ratio, guess.impact_parameter
        full = math.sqrt(max((1 - k) ** 2 - b * b, 0.0) / max((1 + k) ** 2 - b * b, 1e-6))
        ingress = 0.5 * guess.duration_days * (1.0 - full)
        widths.append(bin_width_days(guess.duration_days, ingress, snr, exposure))
        length_error = guess.duration_days * math.sqrt(best.covariance[places[4], places[4]])
        extra = max(extra, min(2.0 * length_error, 0.5 * guess.duration_days) + slack)
    # The posterior's longest transits still lie in the fine bins.
    fine = _fine(prepared, refined, 0.55, extra + min(widths))
    fold = len(refined) == 1 and int(data.event[-1]) >= MOST_UNFOLDED and not settings.gaussian_process
    keep = 1.0 - float(points.layout.dilutions(best.values[None])[0])
    residual = data.flux - 1.0 - keep * (points.model(best.values[None])[0] - 1.0)
    bins = average(prepared, residual, refined, fine, min(widths), fold)
    if settings.data_mode == "auto" and bins.data.time_bjd.size > WORTHWHILE_SHARE * data.n_raw:
        return prepared
    time = np.ascontiguousarray(bins.data.time_bjd - points.layout.reference_bjd)
    planets, limb = points.layout.planets(best.values[None]), points.layout.limb(best.values[None])
    model = transit_flux_many(time, np.ascontiguousarray(bins.data.exposure_days), planets, limb)[0]
    width = min(widths)
    each = f"{rounding.number(width * 1440, 1)} minutes" if width > exposure else "single points"
    note = (
        f"{rounding.number(data.n_raw)} points near the transits were averaged into "
        f"{rounding.number(bins.data.time_bjd.size)}: {each} in transit and coarse bins beside it, "
        "over which the model is averaged as well; their scatter still sets the noise."
    )
    averaged = replace(bins.data, flux=bins.data.flux + 1.0 + keep * (model - 1.0), notes=(*bins.data.notes, note))
    return replace(bins, data=averaged)
