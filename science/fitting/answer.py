"""From the chain to what is told: every parameter, sampled or derived, with its interval and its own convergence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from science import rounding
from science.fitting.bands import predictive_band
from science.fitting.diagnostics import diagnose
from science.fitting.intervals import interval
from science.fitting.likelihood import Posterior
from science.fitting.parameters import UNITS, Layout
from science.fitting.priors import LARGEST_ECCENTRICITY
from science.fitting.problem import Problem
from science.fitting.propagation import derive, notes_on_star
from science.fitting.results import (
    LARGEST_RHAT,
    Band,
    Chain,
    Convergence,
    Fit,
    FitSettings,
    Guess,
    Parameter,
    ParameterDiagnostics,
)
from science.fitting.start import lines
from science.fitting.windows import half_window_days
from science.lightcurve import FloatArray
from science.stars import Star

#: Rows of draws that derived parameters are computed for: many more than are independent.
MOST_DERIVED = 24_000
#: Draws for which the level and noise of each block are drawn.
CONDITIONAL_DRAWS = 400
#: A transit is told as grazing when more than this share of the posterior has b > 1 - k.
GRAZING_SHARE = 0.05

_LIMITS: dict[str, tuple[float | None, float | None]] = {
    "impact_parameter": (0.0, None),
    "q1": (0.0, 1.0),
    "q2": (0.0, 1.0),
    "dilution": (0.0, None),
    "eccentricity": (0.0, LARGEST_ECCENTRICITY),
    "full_duration_hours": (0.0, None),
    "inclination_deg": (None, 90.0),
}


def describe(
    problem: Problem,
    chain: Chain,
    convergence: Convergence,
    guesses: tuple[Guess, ...],
    star: Star,
    settings: FitSettings,
    seconds: float,
) -> Fit:
    """The answer of a fit. The chain's epochs become dates; derived parameters get R-hat and ESS of their own, and a
    posterior whose derived parameters disagree between ensembles is not told as converged either."""
    layout = problem.layout
    heights = chain.log_probability - _jacobians(chain, layout)
    chain = _told(chain, layout)
    kept = chain.kept
    stride = max(1, math.ceil(kept.shape[1] * kept.shape[0] * kept.shape[2] / MOST_DERIVED))
    rows = kept[:, ::-1][:, ::stride][:, ::-1]
    sampled = _sampled(rows, stride * chain.thin_by, layout)
    rng = np.random.default_rng([settings.seed, 77])
    derived: list[Parameter] = []
    for planet in range(layout.n_planets):
        derived += _derived(rows, stride * chain.thin_by, layout, planet, star, rng)
    derived += _shared(rows, stride * chain.thin_by, layout)
    values = rows.reshape(-1, rows.shape[-1])
    derived += _of_blocks(problem, values, rng)
    convergence = replace(_judged(convergence, [*sampled, *derived]), parameters=tuple(p.diagnostics for p in sampled))
    best_row = np.unravel_index(int(np.argmax(heights)), heights.shape)
    dated = _dated(chain, layout)
    best = dict(zip(chain.names, (float(v) for v in dated.samples[best_row]), strict=True))
    notes = (*problem.notes, *_grazing(values, layout), *notes_on_star(star))
    exposure = float(np.median(problem.points.exposure))
    bands: list[Band] = []
    for planet, guess in enumerate(problem.refined):
        bands.append(predictive_band(layout, values, planet, half_window_days(guess, exposure), exposure))
    return Fit(
        guesses=guesses,
        settings=settings,
        data=problem.prepared.data,
        chain=dated,
        convergence=convergence,
        parameters=(*sampled, *derived),
        best=best,
        residuals=problem.residuals,
        bands=tuple(bands),
        seconds=seconds,
        notes=tuple(dict.fromkeys(notes)),
    )


def _dated(chain: Chain, layout: Layout) -> Chain:
    """The chain with mid-transit times as BJD instead of days from the reference."""
    samples = chain.samples.copy()
    for places in layout.columns:
        samples[..., places[1]] += layout.reference_bjd
    return replace(chain, samples=samples)


def _base(name: str) -> str:
    return name.partition(":")[0]


def _jacobians(chain: Chain, layout: Layout) -> FloatArray:
    """What the sampler's coordinates add to ln p of each draw: the most probable values are those without it."""
    flat = layout.ln_jacobian(chain.samples.reshape(-1, len(chain.names)))
    return flat.reshape(chain.log_probability.shape)


def _told(chain: Chain, layout: Layout) -> Chain:
    """The chain in told values instead of the sampler's coordinates."""
    values = layout.values(chain.samples.reshape(-1, len(chain.names)))
    return replace(chain, samples=values.reshape(chain.samples.shape))


def _sampled(rows: FloatArray, steps_per_row: int, layout: Layout) -> list[Parameter]:
    values = rows.copy()
    for places in layout.columns:
        values[..., places[1]] += layout.reference_bjd
    judged = diagnose(rows, layout.names, steps_per_row=steps_per_row)
    return [
        Parameter(
            name,
            UNITS.get(_base(name), ""),
            interval(values[..., i].ravel(), _LIMITS.get(_base(name))),
            judged[i],
            True,
        )
        for i, name in enumerate(layout.names)
    ]


def _unjudged(name: str) -> ParameterDiagnostics:
    return ParameterDiagnostics(name, math.nan, math.nan, math.nan, math.nan)


def _derived(
    rows: FloatArray, steps_per_row: int, layout: Layout, planet: int, star: Star, rng: np.random.Generator
) -> list[Parameter]:
    values = rows.reshape(-1, rows.shape[-1])
    table, limb = layout.planets(values)[:, planet], layout.limb(values)
    draws = {
        "period_days": table[:, 0],
        "radius_ratio": table[:, 2],
        "scaled_axis": table[:, 3],
        "impact_parameter": table[:, 4],
        "u1": limb[:, 0],
        "u2": limb[:, 1],
    }
    if layout.eccentric:
        draws |= {"eccentricity": table[:, 5], "omega_rad": table[:, 6]}
    told = dict(derive(draws, star, rng))
    if layout.eccentric:
        told["eccentricity"] = (table[:, 5], "")
        told["omega_deg"] = (np.degrees(table[:, 6]) % 360.0, "°")
    suffixed = {name + layout.suffix(planet): value for name, value in told.items()}
    return _parameters(suffixed, rows.shape[:3], steps_per_row)


def _shared(rows: FloatArray, steps_per_row: int, layout: Layout) -> list[Parameter]:
    values = rows.reshape(-1, rows.shape[-1])
    limb = layout.limb(values)
    return _parameters({"u1": (limb[:, 0], ""), "u2": (limb[:, 1], "")}, rows.shape[:3], steps_per_row)


def _parameters(
    values: Mapping[str, tuple[FloatArray, str]], shape: tuple[int, ...], steps_per_row: int
) -> list[Parameter]:
    names = tuple(values)
    table = np.stack([values[n][0].reshape(shape) for n in names], axis=-1)
    judged = diagnose(table, names, steps_per_row=steps_per_row)
    return [
        Parameter(name, values[name][1], interval(values[name][0], _LIMITS.get(_base(name))), found, False)
        for name, found in zip(names, judged, strict=True)
    ]


def _of_blocks(problem: Problem, values: FloatArray, rng: np.random.Generator) -> list[Parameter]:
    """Noise of a point and mean level of each block, drawn given the sampled parameters (they were integrated out)."""
    chosen = values[np.linspace(0, len(values) - 1, min(CONDITIONAL_DRAWS, len(values))).astype(np.int64)]
    points = problem.points
    scales = np.sqrt(points.chi2(chosen) / rng.chisquare(points.freedom, size=(len(chosen), points.freedom.size)))
    levels = _levels(points, chosen, scales, rng)
    answers = []
    for block, label in enumerate(problem.point_labels):
        rows = points.event_block[np.repeat(np.arange(points.event_block.size), np.diff(points.starts))] == block
        typical = float(np.median(1.0 / np.sqrt(points.weight[rows])))
        for name, draws in (
            (f"noise_ppm:{label}", 1e6 * typical * scales[:, block]),
            (f"baseline_ppm:{label}", 1e6 * levels[:, block]),
        ):
            answers.append(Parameter(name, "ppm", interval(draws), _unjudged(name), False))
    return answers


def _levels(points: Posterior, values: FloatArray, scales: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Mean level of each block's events relative to 1, weighted by their light, shape (draws, blocks)."""
    keep = 1.0 - points.layout.dilutions(values)[:, None]
    level, _, error = lines(points, points.flux - 1.0 - keep * (points.model(values) - 1.0))
    drawn = level + error * scales[:, points.event_block] * points.red_factor * rng.standard_normal(level.shape)
    answer = np.empty((len(values), points.scatter.size))
    for block in range(points.scatter.size):
        members = points.event_block == block
        answer[:, block] = np.average(drawn[:, members], axis=1, weights=1.0 / np.square(error[members]))
    return answer


def _judged(convergence: Convergence, derived: list[Parameter]) -> Convergence:
    """A fit whose derived parameters disagree between ensembles has not converged, whatever the sampled ones say."""
    worst = max((p.diagnostics for p in derived if p.diagnostics.rhat > 0), key=lambda d: d.rhat, default=None)
    if not convergence.converged or worst is None or worst.rhat <= LARGEST_RHAT:
        return convergence
    name = worst.name.replace("_", " ")
    reason = f"The independent ensembles do not agree yet on {name} (R-hat {worst.rhat:.3f}, needed {LARGEST_RHAT})."
    return replace(convergence, converged=False, reason=reason)


def _grazing(values: FloatArray, layout: Layout) -> list[str]:
    notes = []
    for planet in range(layout.n_planets):
        row = layout.planets(values)[:, planet]
        share = float(np.mean(row[:, 4] > 1.0 - row[:, 2]))
        if share > GRAZING_SHARE:
            which = f" of planet {layout.suffix(planet)[1:]}" if layout.n_planets > 1 else ""
            notes.append(
                f"The transit{which} may be grazing ({rounding.percent(share)} of the posterior): radius and impact "
                "parameter then grow together, and the upper end of the radius is that of the assumed range."
            )
    return notes
