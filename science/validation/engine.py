"""All explanations of one signal in one posterior."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from scipy import special

from science.lightcurve import BoolArray, FloatArray
from science.validation.coordinates import Coordinates
from science.validation.importance import CORNER, Evidence, Sampler
from science.validation.kernel import SYSTEM_COLUMNS
from science.validation.mixture import Mixture
from science.validation.priors import EARTH_IN_SUN
from science.validation.question import HostStar, Question
from science.validation.results import Planet, Probability, Validation, VariantResult
from science.validation.scenarios import NEARBY_VARIANTS, SCENARIOS, VARIANTS, Variant, log_weight_of, systems_of
from science.validation.verdict import decide


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to draw. Draws are added where they help most, until the verdict stands or `most_draws` are used."""

    seed: int = 1
    first: int = 2048  # draws of the prior for each explanation
    per_round: int = 1024  # draws for each step of learning
    block: int = 2048  # added at a time
    least_effective: float = 200.0  # for every explanation that has more than a thousandth of the probability
    precision: float = 0.1  # of the false-positive probability, where that is above a thousandth
    most_draws: int = 2_000_000
    threads: int = 2

    @property
    def most_of_one(self) -> int:
        """Draws of one explanation."""
        return self.most_draws // 5


_SHAPE = ("radius_ratio", "scaled_axis", "cos_inclination", "eccentricity", "omega_rad")

_T = TypeVar("_T")
_R = TypeVar("_R")

#: An explanation is negligible where ln Z is this far below the largest.
_NEGLIGIBLE = 12.0
#: Fewer effective draws than this are no estimate: the largest weight that was met stands for what may be missed.
_NO_ESTIMATE = 20.0
#: Below this nobody asks for two digits of a false-positive probability.
_SMALL_FPP = 1e-3


@dataclass(slots=True)
class _Case:
    variant: Variant
    host: HostStar
    sampler: Sampler
    now: Evidence


def validate(
    question: Question,
    effort: Effort | None = None,
    others: dict[str, Evidence] | None = None,
) -> Validation:
    """The probability of each explanation of the signal, drawn until the verdict is decided.

    `others` are evidences that have a likelihood of their own ("artifact", "variability"), in the same constant.

    Raises a ValidationRefused where the question cannot be answered.
    """
    effort = effort or Effort()
    question.target.check()
    cases = _first(question, effort)
    planet_on_it = _planet(cases[0], question)
    outside = dict(others or {})
    while True:
        logs, errors, labels = _table(cases, outside)
        share = probabilities(logs)
        planet = np.array([label == "planet" for label in labels])
        nearby = np.array([label == "neb" for label in labels])
        fpp, nfpp = chance_of(share, errors, ~planet), chance_of(share, errors, nearby)
        used = sum(c.now.draws for c in cases)
        verdict, reason, decided = decide(fpp, nfpp, planet_on_it)
        thin = _thin(cases, logs, share, effort)
        precise = fpp.error <= effort.precision * max(fpp.value, _SMALL_FPP)
        if (decided and precise and not thin) or used >= effort.most_draws:
            break
        worth = share[: len(cases)] * np.abs(~planet[: len(cases)] - fpp.value) * errors[: len(cases)]
        open_ = [i for i, c in enumerate(cases) if c.now.draws < effort.most_of_one and not c.sampler.given_up]
        chosen = [i for i in thin if i in open_][:2] or sorted(open_, key=lambda i: -worth[i])[:2]
        if not chosen or (not thin and worth[chosen[0]] <= 0.0):
            break
        _more([cases[i] for i in chosen], effort)
    if thin and verdict != "not decided":
        verdict = "not decided"
        reason = f"{reason} Too few draws fit one explanation that may matter to say how likely it is."
    spread = [chance_of(share, errors, np.arange(share.size) == i) for i in range(share.size)]
    names = [c.host.name for c in cases]
    return Validation(
        fpp=fpp,
        nfpp=nfpp,
        verdict=verdict,
        reason=reason,
        scenarios={s: chance_of(share, errors, np.array([label == s for label in labels])) for s in SCENARIOS},
        variants=tuple(
            VariantResult(
                c.variant.code,
                c.variant.scenario,
                c.host.name,
                c.now.ln_z,
                c.now.error,
                c.now.effective_size,
                c.now.draws,
                spread[i].value,
                spread[i].error,
            )
            for i, c in enumerate(cases)
        ),
        neighbours={
            star.name: chance_of(
                share, errors, np.array([n == star.name for n in names] + [False] * len(outside)) & nearby
            )
            for star in question.neighbours
        },
        draws=used,
        seed=effort.seed,
        planet=planet_on_it,
    )


def _planet(case: _Case, question: Question) -> Planet | None:
    """What the first case, the planet on the target, is like."""
    x, share = case.sampler.latest()
    if share.size == 0 or case.now.effective_size < _NO_ESTIMATE:
        return None
    systems, _ = systems_of(case.variant, x, question, case.host)
    ratio, axis, cos_i, e, omega = (systems[:, SYSTEM_COLUMNS.index(n)] for n in _SHAPE)
    impact = axis * cos_i * (1.0 - e**2) / (1.0 + e * np.sin(omega))
    order = np.argsort(ratio)
    middle = ratio[order][np.searchsorted(np.cumsum(share[order]), 0.5).clip(0, ratio.size - 1)]
    return Planet(float(middle * case.host.radius_sun / EARTH_IN_SUN), float(share[impact > 1.0 - ratio].sum()))


def _first(question: Question, effort: Effort) -> list[_Case]:
    """Every explanation with its proposal learnt, those of the target alone first: they say what is negligible."""
    rows: list[tuple[Variant, HostStar]] = []
    for variant in VARIANTS:
        if variant.unresolved == "background" and (question.population is None or question.population.tmag.size == 0):
            continue
        rows.append((variant, question.target))
    rows += [(variant, star) for star in question.neighbours for variant in NEARBY_VARIANTS]

    alike: dict[tuple[str, int], Mixture] = {}

    def made(row: tuple[Variant, HostStar], floor: float) -> _Case:
        variant, host = row
        # background stars are a list, whose neighbours in brightness differ in size: no coordinates follow that
        plain = variant.unresolved == "background" and variant.on_it
        space = None if plain else Coordinates(variant, question, host)
        weigh = log_weight_of(variant, question, host)
        start, first = alike.get((variant.body, variant.turns)), effort.first
        if start is None:
            first *= 4
        else:
            start = None if plain else start.moved(variant.dimensions, -0.5 * math.log(host.light))
        sampler = Sampler(weigh, variant.dimensions, effort.seed, first, effort.per_round, space, floor, start)
        sampler.add(effort.block)
        return _Case(variant, host, sampler, sampler.evidence)

    cases: list[_Case] = []
    floor = -math.inf
    for alone in (True, False):
        some = [row for row in rows if (row[0].unresolved == "none" and not row[0].nearby) == alone]
        cases += _each(partial(made, floor=floor), some, effort.threads)
        known = [c.now.ln_z for c in cases if c.now.effective_size > _NO_ESTIMATE]
        floor = max(known, default=-math.inf) - _NEGLIGIBLE
        # a second star in the light changes little of what an orbit has to be
        alike |= {(c.variant.body, c.variant.turns): p for c in cases if (p := c.sampler.proposal) is not None}
    order = {(variant.code, star.name): i for i, (variant, star) in enumerate(rows)}
    return sorted(cases, key=lambda c: order[c.variant.code, c.host.name])


def _each(step: Callable[[_T], _R], some: Sequence[_T], threads: int) -> list[_R]:
    if threads == 1:
        return [step(one) for one in some]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(step, some))


def _more(cases: Sequence[_Case], effort: Effort) -> None:
    def step(case: _Case) -> None:
        enough = case.now.effective_size >= _NO_ESTIMATE
        if enough:
            case.sampler.add(effort.block)
        else:
            case.sampler.improve(4 * effort.block)
        case.now = case.sampler.evidence

    _each(step, cases, effort.threads)


def _thin(cases: Sequence[_Case], logs: FloatArray, share: FloatArray, effort: Effort) -> list[int]:
    """Cases of weight with too few effective draws, the one that matters most first. Where there is no estimate, the
    weight is what it would be with the largest draw all over a hundredth of the prior."""
    top = float(logs.max()) if np.isfinite(logs).any() else 0.0
    found = []
    for i, case in enumerate(cases):
        size = case.now.effective_size
        if case.sampler.given_up or size >= effort.least_effective:
            continue
        weight = float(share[i])
        if size < _NO_ESTIMATE:
            weight = max(weight, math.exp(min(case.sampler.largest - top - CORNER, 0.0)))
        if weight > 1e-3:
            found.append((weight, i))
    return [i for _, i in sorted(found, reverse=True)]


def _table(cases: Sequence[_Case], others: dict[str, Evidence]) -> tuple[FloatArray, FloatArray, list[str]]:
    every = [c.now for c in cases] + list(others.values())
    labels = [str(c.variant.scenario) for c in cases] + list(others)
    return np.array([e.ln_z for e in every]), np.array([e.error for e in every]), labels


def probabilities(logs: FloatArray) -> FloatArray:
    """Shares of the whole evidence; zeros where no explanation is possible at all."""
    if not np.isfinite(logs).any():
        return np.zeros(logs.size)
    return np.asarray(np.exp(logs - special.logsumexp(logs)))


def chance_of(share: FloatArray, errors: FloatArray, chosen: BoolArray) -> Probability:
    """Probability of the chosen explanations with its error, errors of ln Z being independent (first order)."""
    value = float(share[chosen].sum())
    slope = share * (chosen.astype(np.float64) - value)
    return Probability(value, float(math.sqrt(np.sum(np.square(slope * errors)))))
