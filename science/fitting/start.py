"""Where the sampler starts: the best fits at several impact parameters, and walkers spread widely around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.fitting.likelihood import Posterior
from science.fitting.parameters import Layout, kipping_of
from science.fitting.results import Guess
from science.lightcurve import BoolArray, FloatArray

#: Impact parameters, over 1 + k, at which everything else is fitted.
IMPACTS = (0.05, 0.25, 0.4, 0.55, 0.7, 0.8, 0.88, 0.94)
#: Impact parameters whose best fit is worse than the best by more than this in ln posterior start no ensemble.
START_LOSS = 5.0
#: Walkers start this many times as far apart as the posterior is wide.
OVERDISPERSION = 2.0
_ITERATIONS = 30
_STEP = 1e-3


@dataclass(frozen=True, slots=True)
class Best:
    """A local maximum of the density of told values. `theta` are the sampler's coordinates (d,), `values` the told ones
    (d,), `covariance` (d, d) that of `theta`, 0 for what was held; `height` the ln posterior density of `values`."""

    theta: FloatArray
    values: FloatArray
    covariance: FloatArray
    height: float


def first_theta(layout: Layout, guesses: Sequence[Guess], posterior: Posterior) -> FloatArray:
    """The guesses in the sampler's coordinates (d,), inside the priors."""
    priors = posterior.priors
    values = 0.5 * (priors.lower + priors.upper)
    for places, guess in zip(layout.columns, guesses, strict=True):
        period, epoch, ln_k, impact, ln_t, cosine, sine = places
        if period >= 0:
            values[period] = guess.period_days
        values[epoch] = guess.epoch_bjd - layout.reference_bjd
        values[ln_k] = np.log(np.clip(guess.radius_ratio, 2e-4, 0.5))
        values[impact] = np.clip(guess.impact_parameter, 0.02, 0.95)
        values[ln_t] = np.log(guess.duration_days)
        if cosine >= 0:
            values[[cosine, sine]] = 0.05
    values[layout.at("q1")], values[layout.at("q2")] = kipping_of(*priors.limb_theory)
    if layout.at("dilution") >= 0:
        values[layout.at("dilution")] = np.clip(layout.dilution, 0.001, 0.9)
    if layout.at("ln_gp_amplitude") >= 0:
        values[layout.at("ln_gp_amplitude")] = np.log(0.1 / np.sqrt(np.median(posterior.weight)))
        values[layout.at("ln_gp_timescale")] = np.log(min(g.duration_days for g in guesses))
    return np.asarray(layout.theta(values[None])[0])


def climb(posterior: Posterior, theta: FloatArray, held: Sequence[int] = ()) -> Best:
    """Levenberg-Marquardt to the nearest maximum of the posterior, parameters in `held` kept where they are.

    Residuals are whitened with each block's noise of the moment, levels and slopes of the events taken off residuals
    and derivatives alike (variable projection, Golub & Pereyra 1973), Gaussian priors are further residuals. A step
    counts when the posterior density itself, Student's law and all, rises. Eccentricity and correlated noise stay held:
    the first is barely in the light, the second is not in the residuals.
    """
    layout = posterior.layout
    free = np.ones(theta.size, dtype=np.bool_)
    free[[i for i in (*held, layout.at("ln_gp_amplitude"), layout.at("ln_gp_timescale")) if i >= 0]] = False
    for places in layout.columns:
        free[[i for i in places[5:] if i >= 0]] = False
    theta = theta.copy()
    value = _height(posterior, theta)
    damping = 1e-3
    gradient, curvature = _normal_equations(posterior, theta, free)
    for _ in range(_ITERATIONS):
        trial = theta.copy()
        trial[free] += np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), gradient)
        for places in layout.columns:  # beyond these the logit has no more to say than that b is 0, or 1 + k
            trial[places[3]] = np.clip(trial[places[3]], -6.0, 6.0)
        new = _height(posterior, trial)
        if new > value:
            gain = new - value
            theta, value = trial, new
            damping = max(damping / 5.0, 1e-9)
            gradient, curvature = _normal_equations(posterior, theta, free)
            if gain < 1e-3:
                break
        else:
            damping *= 8.0
            if damping > 1e8:
                break
    covariance = np.zeros((theta.size, theta.size))
    # What the light leaves open the box still holds: a uniform prior has the variance width² / 12.
    covariance[np.ix_(free, free)] = np.linalg.inv(curvature + np.diag(12.0 / np.square(_widths(posterior)[free])))
    return Best(theta, layout.values(theta[None])[0], covariance, value)


def _height(posterior: Posterior, theta: FloatArray) -> float:
    return float(posterior.of_values(posterior.layout.values(theta[None]))[0])


def _widths(posterior: Posterior) -> FloatArray:
    """How far each of the sampler's coordinates can go, shape (d,)."""
    widths = posterior.priors.upper - posterior.priors.lower
    for places in posterior.layout.columns:
        widths[places[3]] = 6.0
    return widths


def _normal_equations(posterior: Posterior, theta: FloatArray, free: BoolArray) -> tuple[FloatArray, FloatArray]:
    layout, priors = posterior.layout, posterior.priors
    places = np.flatnonzero(free)
    n = places.size
    steps = _STEP * _widths(posterior)[places]
    rows = np.repeat(theta[None], 2 * n + 1, axis=0)
    rows[1 : n + 1, places] += np.diag(steps)
    rows[n + 1 :, places] -= np.diag(steps)
    values = layout.values(rows)
    planets, limb = layout.planets(values), layout.limb(values)
    keep = 1.0 - layout.dilutions(values)[:, None]
    model = 1.0 + keep * (posterior.model(values) - 1.0)
    pulls = priors.pulls(values, planets, limb)
    noise = np.sqrt(posterior.chi2(values[:1])[0] / posterior.freedom)
    which = posterior.event_block[np.repeat(np.arange(posterior.event_block.size), np.diff(posterior.starts))]
    root = np.sqrt(posterior.weight) / noise[which] / posterior.red_factor
    change = (model[1 : n + 1] - model[n + 1 :]) / (2.0 * steps[:, None])
    slopes = without_lines(posterior, np.nan_to_num(change)) * root
    residual = without_lines(posterior, (posterior.flux - model[0])[None])[0] * root
    pull_slopes = np.nan_to_num((pulls[1 : n + 1] - pulls[n + 1 :]) / (2.0 * steps[:, None]))
    gradient = slopes @ residual - pull_slopes @ np.nan_to_num(pulls[0])
    curvature = slopes @ slopes.T + pull_slopes @ pull_slopes.T
    # A parameter that the light does not feel at all would leave the matrix singular.
    curvature[np.diag_indices_from(curvature)] += 1e-3 / np.square(_widths(posterior)[places])
    return gradient, curvature


def lines(posterior: Posterior, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Level and slope of each event in `values` (m, n), as the likelihood takes them off, both (m, events); and the
    levels' errors for unit noise scale, (events,)."""
    first = posterior.starts[:-1]
    w, x = posterior.weight, posterior.x

    def total(v: FloatArray) -> FloatArray:
        return np.add.reduceat(w * v, first, axis=-1)

    s0, s1 = total(np.ones_like(x)), total(x)
    s2 = total(x * x) + posterior.slope_precision
    y0, y1 = total(values), total(values * x)
    determinant = s0 * s2 - s1 * s1
    return (s2 * y0 - s1 * y1) / determinant, (s0 * y1 - s1 * y0) / determinant, np.sqrt(s2 / determinant)


def without_lines(posterior: Posterior, values: FloatArray) -> FloatArray:
    """`values` (m, n) less level and slope of each event."""
    lengths = np.diff(posterior.starts)
    level, slope, _ = lines(posterior, values)
    return np.asarray(values - np.repeat(level, lengths, axis=-1) - np.repeat(slope, lengths, axis=-1) * posterior.x)


def _logit(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


def best_of(posterior: Posterior, theta: FloatArray, impacts: Sequence[float] = (0.1, 0.4, 0.7, 0.88)) -> Best:
    """The highest maximum reached from several impact parameters (over 1 + k) of all planets, everything free."""
    found = []
    for impact in impacts:
        start = theta.copy()
        for places in posterior.layout.columns:
            start[places[3]] = _logit(impact)
        found.append(climb(posterior, start))
    return max(found, key=lambda b: b.height)


def profile(posterior: Posterior, best: Best, planet: int) -> list[Best]:
    """Best fits with the impact parameter of one planet held at each of `IMPACTS` (times 1 + k), ascending."""
    column = posterior.layout.columns[planet][3]
    goals = np.array([_logit(i) for i in IMPACTS])
    done: dict[int, Best] = {}
    # From the best impact parameter outwards, each fit starts at its neighbour's answer.
    for index in np.argsort(np.abs(goals - best.theta[column])):
        nearest = min(done, key=lambda i: abs(i - int(index)), default=None)
        start = (best if nearest is None else done[nearest]).theta.copy()
        start[column] = goals[index]
        done[int(index)] = climb(posterior, start, held=(column,))
    return [done[i] for i in sorted(done)]


def spread_starts(
    posterior: Posterior, best: Best, profiles: Sequence[Sequence[Best]], n_ensembles: int, n_walkers: int, seed: int
) -> FloatArray:
    """Starting points in the sampler's coordinates, shape (ensembles, walkers, d), all inside the priors.

    Impact parameters whose best fit lies within `START_LOSS` of the best are dealt out: each ensemble gets its own part
    of that range (in another order for every planet), so that ensembles agree only after each has crossed to the
    others; around the best fit at its impact parameter a walker is thrown `OVERDISPERSION` times as wide as the
    posterior. R-hat between ensembles then means that all found the same answer.
    """
    layout = posterior.layout
    rng = np.random.default_rng([seed, 4021])
    d = best.theta.size
    starts = np.empty((n_ensembles, n_walkers, d))
    orders = [rng.permutation(n_ensembles) for _ in profiles]
    several = len(profiles) > 1
    for e in range(n_ensembles):
        filled, tries, width = 0, 0, OVERDISPERSION
        while filled < n_walkers:
            theta, covariance = best.theta.copy(), best.covariance
            for planet, members in enumerate(profiles):
                column = layout.columns[planet][3]
                part, around = _at_impact(column, members, orders[planet][e], n_ensembles, best.height, rng)
                own = [i for i in layout.columns[planet] if i >= 0] if several else list(range(d))
                theta[own] = part[own]
                covariance = best.covariance if several else around
            theta = theta + width * rng.multivariate_normal(np.zeros(d), covariance, check_valid="ignore")
            theta = _with_unfitted(layout, theta, rng)
            tries += 1
            if tries % 20 == 0:
                width *= 0.7  # a narrow corner of the priors: stay nearer to what is possible
            if np.isfinite(posterior(theta)[0]):
                starts[e, filled] = theta
                filled += 1
                tries = 0
            elif tries > 400:
                raise ValueError("No starting point inside the priors was found.")
    return starts


def _at_impact(
    column: int, members: Sequence[Best], part: int, parts: int, height: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """A best fit at an impact parameter of one part of the allowed range, between those that were fitted."""
    top = max(m.height for m in members)
    # A narrow posterior may fall between two of the impact parameters tried: then the best of these are the start.
    good = [m for m in members if m.height > min(top, height) - START_LOSS] or list(members)
    # Positions along the list of good fits, so that every part holds about as many of them.
    place = (part + rng.uniform()) / parts * (len(good) - 1)
    low = min(int(place), max(len(good) - 2, 0))
    high = min(low + 1, len(good) - 1)
    share = place - low
    return (1 - share) * good[low].theta + share * good[high].theta, good[low if share < 0.5 else high].covariance


def _with_unfitted(layout: Layout, theta: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Parameters that least squares leaves alone, drawn from a wide part of their priors."""
    for places in layout.columns:
        if places[5] >= 0:
            theta[[places[5], places[6]]] = rng.normal(0.0, 0.25, 2)
    for name, width in (("ln_gp_amplitude", 1.0), ("ln_gp_timescale", 0.7)):
        if layout.at(name) >= 0:
            theta[layout.at(name)] += rng.normal(0.0, width)
    return theta
