"""Unbinned least-squares refit of one repeating dip: when, how long, how deep, and how sure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from science.folding import cycle_numbers, phase_days, shift_epoch
from science.lightcurve import BoolArray, FloatArray, IntArray
from science.limb_darkening import limb_darkening_of
from science.search.occultation import DipShape, blocked_light, dip_shape, radius_ratio_for_depth
from science.search.results import DipMeasurement
from science.search.significance import Noise, noise_at_duration, pink_snr
from science.stars import Star

#: Trial impact parameters. Between them a search-level fit cannot tell; a sampler does that later.
IMPACT_PARAMETERS = (0.0, 0.4, 0.65, 0.8, 0.9)
#: Points within this many durations of a mid-transit take part in the fit.
WINDOW_DURATIONS = 1.5
_ITERATIONS = 12
_BAND_CHI2 = 1.0  # a larger impact parameter must improve the fit by this much to be preferred


@dataclass(frozen=True, slots=True)
class _Fit:
    epoch: float
    period: float
    duration: float
    level: float
    depth: float
    chi2: float
    shape: DipShape
    covariance: FloatArray  # of (level, depth, epoch, period, duration)


def measure(
    time: FloatArray,
    flux: FloatArray,
    err: FloatArray,
    period: float,
    epoch: float,
    duration: float,
    star: Star,
    exposure_days: FloatArray | float = 0.0,
    held: bool = False,
) -> DipMeasurement:
    """Refit epoch, period, duration, depth and impact parameter of a dip on unbinned data.

    `time` BJD (n,), `flux` relative around 1 (n,), `err` (n,); only finite rows with a positive error are used. The
    model is a limb-darkened crossing at constant speed, blurred by each point's own `exposure_days` (scalar or
    (n,)). Period and epoch are fitted with the epoch in the middle of the data, where they hardly correlate. Errors
    come from the covariance, widened by the ratio of pink to white noise at this duration. With fewer than two
    transits in the data the period is held and its error is infinite. With `held` epoch, period and duration stay as
    they are given, and only level, depth and impact parameter are fitted: for dips too weak to say when they are.

    Raises ValueError for a period or duration that is not positive, or where no point lies in any transit.
    """
    if not (period > 0 and duration > 0 and math.isfinite(period) and math.isfinite(duration)):
        raise ValueError("Period and duration must be positive numbers of days.")
    rows = np.isfinite(time) & np.isfinite(flux) & np.isfinite(err) & (np.asarray(err) > 0)
    t, f, e = time[rows], flux[rows], err[rows]
    exposure = np.broadcast_to(np.asarray(exposure_days, dtype=np.float64), time.shape)[rows]
    if t.size < 10:
        raise ValueError("Too few points with a time, a brightness and an error to fit a dip.")
    duration = min(duration, 0.5 * period)
    epoch = shift_epoch(epoch, period, _middle(t, e, period, epoch, duration))
    window = np.abs(phase_days(t, period, epoch)) < _window(period, duration, exposure)
    if np.count_nonzero(np.abs(phase_days(t, period, epoch)) < 0.5 * duration) < 3:
        raise ValueError("Fewer than three points lie in the dip.")
    law = limb_darkening_of(star)
    fit = _best_fit(t[window], f[window], e[window], exposure[window], period, epoch, duration, law, held)
    return _describe(t, f, e, exposure, fit, law)


def in_transit(time: FloatArray, period: float, epoch: float, duration: float, widths: float = 1.0) -> BoolArray:
    """True within `widths` / 2 durations of a mid-transit. Shape (n,). `widths` = 1 is first to fourth contact."""
    return np.abs(phase_days(time, period, epoch)) < 0.5 * widths * duration


def event_depths(
    phase: FloatArray, number: IntArray, flux: FloatArray, err: FloatArray, shape_value: FloatArray, level: float
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Depth of every single transit with the shape held: cycle numbers, depths, white errors, each shape (k,).

    A transit counts when its data carry at least a fifth of what the best-covered transit carries. All arrays in
    shape (n,), restricted to the fit window.
    """
    weight = np.square(shape_value) / np.square(err)
    cycles, index = np.unique(number, return_inverse=True)
    information = np.bincount(index, weights=weight, minlength=cycles.size)
    signal = np.bincount(index, weights=shape_value * (level - flux) / np.square(err), minlength=cycles.size)
    covered = information > 0.2 * np.max(information, initial=0.0)
    return (
        cycles[covered].astype(np.int32),
        signal[covered] / information[covered],
        1.0 / np.sqrt(information[covered]),
    )


def _middle(t: FloatArray, e: FloatArray, period: float, epoch: float, duration: float) -> float:
    inside = in_transit(t, period, epoch, duration)
    if not np.any(inside):
        return float(0.5 * (t[0] + t[-1]))
    return float(np.average(t[inside], weights=1.0 / np.square(e[inside])))


def _window(period: float, duration: float, exposure: FloatArray) -> FloatArray:
    return np.minimum(WINDOW_DURATIONS * duration + exposure, 0.5 * period)


def _shapes_by_exposure(
    exposure: FloatArray, radius_ratio: float, impact: float, law: tuple[float, float], duration: float
) -> list[tuple[BoolArray, DipShape]]:
    """One table per distinct exposure time (20 s, 2 min, 30 min … are few)."""
    rounded = np.round(exposure * 1440.0, 1)
    shapes = []
    for minutes in np.unique(rounded):
        shape = dip_shape(radius_ratio, impact, law, float(minutes) / 1440.0 / duration)
        shapes.append((rounded == minutes, shape))
    return shapes


def _evaluate(shapes: list[tuple[BoolArray, DipShape]], phase: FloatArray, duration: float) -> FloatArray:
    if len(shapes) == 1:
        return shapes[0][1].at(phase, duration)
    out = np.zeros_like(phase)
    for rows, shape in shapes:
        out[rows] = shape.at(phase[rows], duration)
    return out


def _best_fit(
    t: FloatArray,
    f: FloatArray,
    e: FloatArray,
    exposure: FloatArray,
    period: float,
    epoch: float,
    duration: float,
    law: tuple[float, float],
    held: bool,
) -> _Fit:
    number = cycle_numbers(t, period, epoch).astype(np.float64)
    from_middle = np.abs(t - epoch - number * period)
    inside = from_middle < 0.3 * duration
    if not inside.any():  # a gap hides the middle of every dip
        inside = from_middle < 0.5 * duration
    rough_depth = max(1e-6, float(1.0 - np.median(f[inside])))
    best: _Fit | None = None
    for impact in IMPACT_PARAMETERS:
        ratio = min(radius_ratio_for_depth(rough_depth, min(impact, 0.9), law), 0.5)
        fit = _solve(t, f, e, exposure, number, period, epoch, duration, max(ratio, 1e-3), impact, law, held)
        if fit.depth > 0:  # once more with the radius that the depth asks for
            ratio = min(radius_ratio_for_depth(fit.depth, min(impact, 0.9), law), 0.5)
            fit = _solve(
                t, f, e, exposure, number, fit.period, fit.epoch, fit.duration, max(ratio, 1e-3), impact, law, held
            )
        if best is None or fit.chi2 < best.chi2 - _BAND_CHI2:
            best = fit
        if fit.depth > 0 and fit.depth**2 < 100.0 * fit.covariance[1, 1] and impact >= 0.4:
            break  # below ten sigma the shape says nothing about a grazing crossing
    assert best is not None
    return best


def _solve(
    t: FloatArray,
    f: FloatArray,
    e: FloatArray,
    exposure: FloatArray,
    number: FloatArray,
    period: float,
    epoch: float,
    duration: float,
    ratio: float,
    impact: float,
    law: tuple[float, float],
    held: bool,
) -> _Fit:
    """Damped Gauss-Newton in (level, depth, epoch, period, duration); the first two are linear."""
    weight = 1.0 / np.square(e)
    cycles = np.unique(number[np.abs(t - epoch - number * period) < 0.5 * duration])
    fit_period = cycles.size >= 2
    reach = max(1.0, float(np.max(np.abs(cycles), initial=1.0)))
    cadence = float(np.median(exposure))
    shortest, longest = max(0.3 * duration, 0.5 * cadence), min(3.0 * duration, 0.9 * period)
    start_epoch, start_period = epoch, period
    shapes = _shapes_by_exposure(exposure, ratio, impact, law, duration)

    def linear(at_epoch: float, at_period: float, at_duration: float) -> tuple[float, float, float, FloatArray]:
        value = _evaluate(shapes, t - at_epoch - number * at_period, at_duration)
        sw, sv, svv = float(weight.sum()), float(weight @ value), float((weight * value) @ value)
        sf, sfv = float(weight @ f), float((weight * f) @ value)
        determinant = sw * svv - sv * sv
        if determinant <= 1e-12 * sw * max(svv, 1e-300):
            level, depth = sf / sw, 0.0
        else:
            level = (sf * svv - sfv * sv) / determinant
            depth = -(sfv * sw - sf * sv) / determinant
        residual = f - level + depth * value
        return float((weight * residual) @ residual), level, depth, value

    def jacobian(depth: float, value: FloatArray, ep: float, pe: float, du: float) -> FloatArray:
        step = 0.02 * du
        phase = t - ep - number * pe
        slope = (_evaluate(shapes, phase + step, du) - _evaluate(shapes, phase - step, du)) / (2 * step)
        widen = (_evaluate(shapes, phase, du * 1.02) - _evaluate(shapes, phase, du * 0.98)) / (0.04 * du)
        columns = [np.ones_like(t), -value, depth * slope, depth * slope * number, -depth * widen]
        return np.stack(columns, axis=1)

    chi2, level, depth, value = linear(epoch, period, duration)
    damping = 1e-3
    for _ in range(0 if held else _ITERATIONS):
        matrix = jacobian(depth, value, epoch, period, duration)
        if not fit_period:
            matrix[:, 3] = 0.0
        residual = f - level + depth * value
        normal = matrix.T @ (matrix * weight[:, None])
        right = matrix.T @ (weight * residual)
        improved = False
        for _ in range(5):
            damped = normal + np.diag(damping * np.diag(normal) + 1e-30)
            try:
                step = np.linalg.solve(damped, right)
            except np.linalg.LinAlgError:
                step = np.zeros(5)
            new_epoch = float(np.clip(epoch + step[2], start_epoch - 0.5 * duration, start_epoch + 0.5 * duration))
            limit = 0.5 * duration / reach
            new_period = float(np.clip(period + step[3], start_period - limit, start_period + limit))
            if not fit_period:
                new_period = period
            new_duration = float(np.clip(duration + step[4], shortest, longest))
            trial = linear(new_epoch, new_period, new_duration)
            if trial[0] < chi2 and trial[2] > 0:
                improved = chi2 - trial[0] > 1e-4
                epoch, period, duration = new_epoch, new_period, new_duration
                chi2, level, depth, value = trial
                damping = max(damping * 0.2, 1e-7)
                break
            damping *= 5.0
        if not improved:
            break
    matrix = jacobian(depth, value, epoch, period, duration)
    free = [0, 1, 2, 3, 4] if fit_period else [0, 1, 2, 4]
    normal = (matrix.T @ (matrix * weight[:, None]))[np.ix_(free, free)]
    covariance = np.full((5, 5), np.inf)
    covariance[np.ix_(free, free)] = np.linalg.pinv(normal, hermitian=True, rcond=1e-18) if depth > 0 else np.inf
    return _Fit(epoch, period, duration, level, depth, chi2, shapes[0][1], covariance)


def _describe(
    t: FloatArray,
    f: FloatArray,
    e: FloatArray,
    exposure: FloatArray,
    fit: _Fit,
    law: tuple[float, float],
) -> DipMeasurement:
    """Noise, single transits, odd and even, and the secondary, all with the fitted shape held."""
    epoch = shift_epoch(fit.epoch, fit.period, float(0.5 * (t[0] + t[-1])))
    phase = phase_days(t, fit.period, epoch)
    window = np.abs(phase) < _window(fit.period, fit.duration, exposure)
    shapes = _shapes_by_exposure(
        exposure[window], max(fit.shape.radius_ratio, 1e-3), fit.shape.impact_parameter, law, fit.duration
    )
    value = _evaluate(shapes, phase[window], fit.duration)
    number = cycle_numbers(t[window], fit.period, epoch)
    noise = noise_at_duration(
        t, f - 1.0, e, fit.duration, keep=~in_transit(t, fit.period, epoch, fit.duration, widths=1.4)
    )
    cycles, depths, errs = event_depths(phase[window], number, f[window], e[window], value, fit.level)
    events = np.maximum(np.hypot(errs, noise.red), 1e-12)
    information = 1.0 / np.square(errs)
    effective = float(information.sum() ** 2 / np.square(information).sum()) if cycles.size else 1.0
    white = math.sqrt(fit.covariance[1, 1]) if math.isfinite(fit.covariance[1, 1]) else float("inf")
    shape_only = 1.0 / math.sqrt(float(information.sum())) if cycles.size else float("inf")
    snr_white = fit.depth / shape_only if cycles.size else 0.0
    snr = pink_snr(fit.depth, shape_only, noise.red, effective)
    widen = max(1.0, snr_white / snr) if snr > 0 else 1.0
    odd, odd_err = _mean_depth(depths[cycles % 2 != 0], events[cycles % 2 != 0])
    even, even_err = _mean_depth(depths[cycles % 2 == 0], events[cycles % 2 == 0])
    both = math.hypot(odd_err, even_err)
    secondary, secondary_err = _secondary(t, f, e, exposure, fit, epoch, law, noise)
    ratio = radius_ratio_for_depth(fit.depth, min(fit.shape.impact_parameter, 0.9), law) if fit.depth > 0 else 0.0
    shift = (epoch - fit.epoch) / fit.period
    cov = fit.covariance
    single = cycles.size < 2 or not math.isfinite(cov[3, 3])
    epoch_var = cov[2, 2] if single else cov[2, 2] + 2 * shift * cov[2, 3] + shift**2 * cov[3, 3]
    return DipMeasurement(
        period_days=fit.period,
        period_err_days=float("inf") if single else widen * math.sqrt(cov[3, 3]),
        epoch_bjd=epoch,
        epoch_err_days=widen * math.sqrt(max(epoch_var, 0.0)),
        duration_days=fit.duration,
        duration_err_days=widen * math.sqrt(max(cov[4, 4], 0.0)),
        depth=fit.depth,
        depth_err=widen * white,
        radius_ratio=ratio,
        impact_parameter=fit.shape.impact_parameter,
        snr=snr,
        snr_white=snr_white,
        n_transits=int(cycles.size),
        n_points_in_transit=int(np.count_nonzero(np.abs(phase) < 0.5 * fit.duration)),
        odd_depth=odd,
        odd_depth_err=odd_err,
        even_depth=even,
        even_depth_err=even_err,
        odd_even_sigma=abs(odd - even) / both if math.isfinite(both) and both > 0 else 0.0,
        secondary_depth=secondary,
        secondary_depth_err=secondary_err,
        transit_times_bjd=epoch + cycles.astype(np.float64) * fit.period,
        transit_depths=depths,
        transit_depth_errs=events,
    )


def _mean_depth(depths: FloatArray, errs: FloatArray) -> tuple[float, float]:
    """Weighted mean; its error is widened where the single depths scatter by more than their errors say."""
    if depths.size == 0:
        return float("nan"), float("inf")
    weight = 1.0 / np.square(errs)
    mean = float(np.average(depths, weights=weight))
    err = 1.0 / math.sqrt(float(weight.sum()))
    if depths.size >= 3:
        reduced = float((np.square(depths - mean) * weight).sum()) / (depths.size - 1)
        err *= math.sqrt(max(1.0, reduced))
    return mean, err


def _secondary(
    t: FloatArray,
    f: FloatArray,
    e: FloatArray,
    exposure: FloatArray,
    fit: _Fit,
    epoch: float,
    law: tuple[float, float],
    noise: Noise,
) -> tuple[float, float]:
    """Depth at phase 0.5 of a flat-bottomed dip of the same duration, against its own surroundings."""
    phase = phase_days(t, fit.period, epoch + 0.5 * fit.period)
    window = np.abs(phase) < np.minimum(_window(fit.period, fit.duration, exposure), 0.4 * fit.period)
    inside = np.abs(phase) < 0.4 * fit.duration
    around = window & (np.abs(phase) > 0.6 * fit.duration)
    if np.count_nonzero(inside) < 3 or np.count_nonzero(around) < 3:
        return float("nan"), float("inf")
    w_in, w_out = 1.0 / np.square(e[inside]), 1.0 / np.square(e[around])
    depth = float(np.average(f[around], weights=w_out) - np.average(f[inside], weights=w_in))
    events = max(1, np.unique(cycle_numbers(t[inside], fit.period, epoch + 0.5 * fit.period)).size)
    return depth, math.sqrt(1.0 / float(w_in.sum()) + 1.0 / float(w_out.sum()) + noise.red**2 / events)


def model_flux(measurement: DipMeasurement, time: FloatArray, star: Star, exposure_days: float = 0.0) -> FloatArray:
    """The fitted dip as relative flux around 1 at `time`, shape (n,): what a chart draws over the data."""
    law = limb_darkening_of(star)
    impact = measurement.impact_parameter
    ratio = max(measurement.radius_ratio, 1e-3)
    shape = dip_shape(min(ratio, 0.5), impact, law, exposure_days / measurement.duration_days)
    phase = phase_days(time, measurement.period_days, measurement.epoch_bjd)
    return 1.0 - measurement.depth * shape.at(phase, measurement.duration_days)


__all__ = ["blocked_light", "event_depths", "in_transit", "measure", "model_flux"]
