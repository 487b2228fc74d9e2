"""What a fit leaves in the lake beside its report: the thinned chain, the traces, the band, and the fold under it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobs.context import Columns, JsonObject
from jobs.fit_lines import of_planet
from science.fitting.orbit import scaled_axis_of_duration
from science.fitting.propagation import derive
from science.fitting.results import Band, Fit
from science.folding import phase_days
from science.lightcurve import DetrendedCurve, FloatArray
from science.stars import Star

#: Draws kept: more say no more, and are slow to fetch.
MOST_DRAWS = 20_000
MOST_TRACE_ROWS = 400  # of each ensemble
FOLD_BINS = 160
#: How far the picture of the fold reaches, in transit lengths to either side of mid-transit.
FOLD_REACH = 1.5


@dataclass(frozen=True, slots=True)
class Draws:
    """Draws of one planet's parameters in step, shape (n,) each, with the units of those that follow from them."""

    values: dict[str, FloatArray]
    units: dict[str, str]
    sampled: tuple[str, ...]
    log_probability: FloatArray
    ensemble: np.ndarray
    step: np.ndarray
    walker: np.ndarray


def thinned_draws(fit: Fit, planet: int, star: Star) -> Draws:
    """At most MOST_DRAWS draws of one planet, evenly along every walker, with all that follows from them."""
    kept = fit.chain.kept
    ensembles, steps, walkers, _ = kept.shape
    stride = max(1, math.ceil(ensembles * steps * walkers / MOST_DRAWS))
    at = np.arange(steps)[::-stride][::-1]  # the last step stays in
    chosen = kept[:, at]
    theta = chosen.reshape(-1, len(fit.chain.names))
    sampled = sampled_draws(fit, planet, theta)
    units = of_planet({p.name: p.unit for p in fit.parameters}, planet, len(fit.guesses))
    values = sampled | {name: v for name, v in derived_draws(fit, planet, theta, star).items() if name not in sampled}
    grid = np.indices((ensembles, len(at), walkers), dtype=np.int32)
    return Draws(
        values=values,
        units=units,
        sampled=tuple(sampled),
        log_probability=fit.chain.log_probability[:, fit.chain.discarded :][:, at].ravel(),
        ensemble=grid[0].ravel(),
        step=(at[grid[1]] + fit.chain.discarded).astype(np.int32).ravel(),
        walker=grid[2].ravel(),
    )


def sampled_draws(fit: Fit, planet: int, theta: FloatArray) -> dict[str, FloatArray]:
    """Columns of `theta` (n, d) that belong to one planet, and those that all share, by name."""
    named = {name: np.ascontiguousarray(theta[:, i]) for i, name in enumerate(fit.chain.names)}
    return of_planet(named, planet, len(fit.guesses))


def derived_draws(fit: Fit, planet: int, theta: FloatArray, star: Star) -> dict[str, FloatArray]:
    """What follows for one planet from sampled parameters `theta` (n, d), in step with them: the orbit, limb darkening,
    and all that `derive` knows."""
    given = sampled_draws(fit, planet, theta)
    # a period is held, not sampled, where one transit was seen
    period = given.get("period_days", np.full(len(theta), fit.guesses[planet].period_days))
    ratio, impact, duration = np.exp(given["ln_radius_ratio"]), given["impact_parameter"], np.exp(given["ln_duration"])
    follows: dict[str, FloatArray] = {}
    draws = {"period_days": period, "radius_ratio": ratio, "impact_parameter": impact}
    if "sqrt_e_cos_omega" in given:
        cosine, sine = given["sqrt_e_cos_omega"], given["sqrt_e_sin_omega"]
        e, omega = np.square(cosine) + np.square(sine), np.arctan2(sine, cosine)
        draws |= {"eccentricity": e, "omega_rad": omega}
        follows |= {"eccentricity": e, "omega_deg": np.degrees(omega) % 360.0}
        # T14 is that at the speed of mid-transit (Winn 2010, eq. 16): back to the circular orbit of the same a/R★
        duration = duration * (1.0 + e * np.sin(omega)) / np.sqrt(1.0 - np.square(e))
    draws["scaled_axis"] = scaled_axis_of_duration(period, duration, ratio, impact)
    root = np.sqrt(np.maximum(given["q1"], 0.0))
    limb = {"u1": 2.0 * root * given["q2"], "u2": root * (1.0 - 2.0 * given["q2"])}
    known = derive(draws | limb, star, np.random.default_rng([fit.settings.seed, 77]))
    return {"period_days": period, **limb, **follows, **{name: values for name, (values, _) in known.items()}}


def chain_columns(draws: Draws, converged: bool) -> tuple[Columns, JsonObject]:
    """The chain as columns, and the meta that says which column is which parameter in which unit."""
    names = {column_name(name): name for name in draws.values}
    columns: dict[str, np.ndarray] = {
        "ensemble": draws.ensemble.astype(np.int16),
        "step": draws.step,
        "walker": draws.walker.astype(np.int16),
        "log_probability": draws.log_probability,
    }
    columns |= {column: np.ascontiguousarray(draws.values[name]) for column, name in names.items()}
    meta: JsonObject = {
        "converged": converged,
        "columns": {
            column: {"parameter": name, "unit": draws.units.get(name, ""), "sampled": name in draws.sampled}
            for column, name in names.items()
        },
    }
    return columns, meta


def trace_columns(fit: Fit, planet: int) -> tuple[Columns, JsonObject]:
    """How each ensemble went, burn-in included: median of its walkers for every sampled parameter, and the middle 68 %
    (columns `<parameter>_lo68`, `_hi68`). `discarded` in the meta: steps that are not part of the posterior."""
    samples = fit.chain.samples
    ensembles, steps = samples.shape[:2]
    at = np.unique(np.linspace(0, steps - 1, min(steps, MOST_TRACE_ROWS)).astype(int))
    chosen = samples[:, at]
    lo, median, hi = np.quantile(chosen, (0.16, 0.5, 0.84), axis=2)  # (ensembles, rows, parameters)
    places = of_planet({name: i for i, name in enumerate(fit.chain.names)}, planet, len(fit.guesses))
    columns: dict[str, np.ndarray] = {
        "ensemble": np.repeat(np.arange(ensembles, dtype=np.int16), len(at)),
        "step": np.tile(at.astype(np.int32), ensembles),
    }
    for name, i in places.items():
        column = column_name(name)
        columns[column] = np.ascontiguousarray(median[..., i]).ravel()
        columns[f"{column}_lo68"] = np.ascontiguousarray(lo[..., i]).ravel()
        columns[f"{column}_hi68"] = np.ascontiguousarray(hi[..., i]).ravel()
    meta: JsonObject = {
        "discarded": fit.chain.discarded,
        "converged": fit.convergence.converged,
        "columns": {column_name(name): name for name in places},
    }
    return columns, meta


def band_columns(band: Band) -> Columns:
    """Median and 68 % of the posterior's prediction over the fold, in ppm."""
    return {
        "hours": np.asarray(band.hours, dtype=np.float64),
        "median_ppm": 1e6 * (np.asarray(band.median) - 1.0),
        "lo68_ppm": 1e6 * (np.asarray(band.lo68) - 1.0),
        "hi68_ppm": 1e6 * (np.asarray(band.hi68) - 1.0),
    }


def fold_columns(
    curve: DetrendedCurve,
    band: Band,
    period_days: float,
    epoch_bjd: float,
    duration_days: float,
    masked: Sequence[tuple[float, float, float]] = (),
) -> Columns | None:
    """Averages of the cleaned light over the fold and what the model leaves of them, in ppm; None without points.

    `masked`: transits of others (period, epoch, length in days), whose points are left out.
    """
    t, flux = curve.curve.time_bjd, curve.flux
    phase = phase_days(t, period_days, epoch_bjd)
    half = min(FOLD_REACH * duration_days, period_days / 2)
    near = curve.use & np.isfinite(flux) & (np.abs(phase) < half)
    for other_period, other_epoch, length in masked:
        near &= np.abs(phase_days(t, other_period, other_epoch)) > 0.6 * length
    if np.count_nonzero(near) < 3:
        return None
    hours, ppm = 24.0 * phase[near], 1e6 * (flux[near] - 1.0)
    edges = np.linspace(-24 * half, 24 * half, FOLD_BINS + 1)
    index = np.clip(np.digitize(hours, edges) - 1, 0, FOLD_BINS - 1)
    model = 1e6 * (np.interp(hours, band.hours, band.median, left=1.0, right=1.0) - 1.0)
    outside = np.abs(hours) > 12.0 * duration_days
    level = float(np.median((ppm - model)[outside if outside.any() else slice(None)]))
    count = np.bincount(index, minlength=FOLD_BINS)
    kept = count > 0
    left = ppm - level - model
    error = 1.4826 * float(np.median(np.abs(left - np.median(left)))) / np.sqrt(count[kept])

    def mean(values: FloatArray) -> FloatArray:
        return np.bincount(index, values, minlength=FOLD_BINS)[kept] / count[kept]

    return {
        "hours": mean(hours),
        "mean_ppm": mean(ppm - level),
        "err_ppm": error,
        "residual_ppm": mean(left),
        "points": count[kept].astype(np.int32),
    }


def column_name(parameter: str) -> str:
    """A parameter's name as that of a column: "noise_ppm:S16" is "noise_ppm_s16"."""
    plain = re.sub(r"[^a-z0-9]+", "_", parameter.lower()).strip("_")
    return (plain if plain[:1].isalpha() else f"p_{plain}")[:50]
