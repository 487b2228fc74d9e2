from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, special

from science.fitting.kernels import hidden_light, star_light
from science.validation import priors
from science.validation.engine import Effort, chance_of, probabilities, validate
from science.validation.importance import Sampler, log_normal
from science.validation.kernel import BOTH, EVEN, ODD, system_flux
from science.validation.question import (
    ImpossibleDepth,
    NoStellarParameters,
    Question,
    StarTooSmall,
    TooFewPoints,
    UnusableCurve,
)
from science.validation.results import Planet, Probability
from science.validation.scenarios import VARIANTS, log_weight_of
from science.validation.verdict import decide
from tests.science.validation.folded_light import SUN, planted

QUICK = Effort(seed=2, first=512, per_round=256, block=256, least_effective=30.0, most_draws=30_000)


@pytest.mark.parametrize("ratio", [0.1, 0.6, 1.0, 1.4, 5.0])
def test_the_dip_of_large_bodies_is_the_light_behind_their_disc(ratio: float) -> None:
    axis = 12.0 * max(1.0, ratio)
    system = np.array([4.0, ratio, axis, 0.3 / axis, 0.0, 0.0, 0.3, 0.2, 0.7, 0.0, 0.0, 0.0, 1.0])
    time = np.linspace(-0.2, 0.2, 51)
    flux = system_flux(time, np.zeros(51), np.full(51, BOTH), system)
    angle = 2 * math.pi * time / 4.0
    away = np.hypot(axis * np.sin(angle), 0.3 * np.cos(angle))
    slow = [1 - 0.7 * hidden_light(float(z), ratio, 0.3, 0.2) / star_light(0.3, 0.2) for z in away]
    assert np.abs(flux - slow).max() < 3e-5


def test_an_orbit_of_two_folds_shows_each_dip_at_its_parity() -> None:
    system = np.array([8.0, 0.5, 15.0, 0.0, 0.0, 0.0, 0.3, 0.2, 0.8, 0.3, 0.2, 0.2, 2.0])
    at = np.zeros(1)
    depth = {p: 1 - system_flux(at, at, np.array([p]), system)[0] for p in (EVEN, ODD, BOTH)}
    assert depth[ODD] == pytest.approx(0.2, abs=1e-6)  # all of the smaller star's light
    assert depth[BOTH] == pytest.approx(0.5 * (depth[EVEN] + depth[ODD]), abs=1e-9)


def test_companion_rate_is_the_integral_of_the_papers_density() -> None:
    def density(x: float) -> float:  # Moe & Di Stefano 2017, eq. 23 at one solar mass
        f1, f2, f3, slope, width = 0.020, 0.039, 0.078, 0.018, 0.7
        if x < 2.0:
            return f1 + (x - 1.0) * (f2 - f1 - slope * width)
        if x < 3.4:
            return f2 + slope * (x - 2.7)
        if x < 5.5:
            return f2 + slope * width + (x - 3.4) / 2.1 * (f3 - f2 - slope * width)
        return f3 * math.exp(-0.3 * (x - 5.5))

    for low, high in ((1.0, 4.2), (1.0, 7.0), (3.4, 5.0), (3.4, 8.0)):
        slow = integrate.quad(density, low, high, points=[2.0, 3.4, 5.5])[0]
        assert priors.companion_rate(1.0, low, np.array([high]))[0] == pytest.approx(slow, rel=1e-6)


def test_mass_ratios_hold_the_papers_share_of_twins() -> None:
    u = np.linspace(0.0005, 0.9995, 2000)
    q = priors.mass_ratio(u, np.ones(2000), priors.CLOSE_PAIRS)
    wide = q[q > 0.3]
    assert np.all(np.diff(q) >= 0)
    twins = np.mean(wide > priors.TWIN)
    plain = (1 - math.sqrt(0.95)) / (1 - math.sqrt(0.3))
    assert twins > 0.3
    assert twins == pytest.approx(0.30 + 0.70 * plain, abs=0.04)
    share = priors.twin_share(np.ones(1), priors.CLOSE_PAIRS)[0]
    assert share == pytest.approx(np.mean(q >= priors.TWIN), abs=2e-3)


def test_sampler_finds_a_known_integral_and_its_error() -> None:
    centre, width = np.array([2.0, -1.0, 0.5]), 0.05

    def weigh(x: np.ndarray) -> np.ndarray:
        return -0.5 * np.sum(((x - centre) / width) ** 2, axis=1)

    exact = 3 * math.log(width) + log_normal(centre[None])[0] + 1.5 * math.log(2 * math.pi)
    missed = []
    for seed in range(6):
        sampler = Sampler(weigh, 3, seed, 512, 256)
        sampler.add(512)
        found = sampler.evidence
        missed.append((found.ln_z - exact) / math.hypot(found.error, width**2))
    assert max(abs(m) for m in missed) < 4.0
    assert found.effective_size > 100


def test_learned_draws_agree_with_plain_draws_of_the_prior() -> None:
    question = Question(planted(0.05, error=2e-3), SUN)
    weigh = log_weight_of(VARIANTS[0], question, SUN)
    x = np.random.default_rng(5).standard_normal((20_000, 4))
    logs = weigh(x)
    plain = special.logsumexp(logs) - math.log(len(x))
    weights = np.exp(logs - logs.max())
    error = 1 / math.sqrt(weights.sum() ** 2 / np.square(weights).sum())
    answer = next(v for v in validate(question, QUICK).variants if v.code == "TP")
    assert answer.ln_z == pytest.approx(plain, abs=4 * math.hypot(error, answer.ln_z_err))


@pytest.fixture(scope="module")
def answer():  # type: ignore[no-untyped-def]
    return validate(Question(planted(), SUN), QUICK)


def test_probabilities_sum_to_one(answer) -> None:  # type: ignore[no-untyped-def]
    assert sum(p.value for p in answer.scenarios.values()) == pytest.approx(1.0, abs=1e-12)
    assert sum(v.probability for v in answer.variants) == pytest.approx(1.0, abs=1e-12)


def test_a_planet_is_called_one_and_a_v_shaped_deep_dip_is_not(answer) -> None:  # type: ignore[no-untyped-def]
    assert answer.scenarios["planet"].value > 0.5
    binary = validate(Question(planted(0.35, impact=0.9, error=1e-3), SUN), QUICK)
    assert binary.scenarios["planet"].value < 0.5


def test_the_same_seed_gives_the_same_answer(answer) -> None:  # type: ignore[no-untyped-def]
    assert validate(Question(planted(), SUN), QUICK).fpp == answer.fpp


def test_a_common_factor_of_all_evidences_changes_nothing() -> None:
    logs = np.array([-4000.0, -4001.0, -np.inf])
    assert probabilities(logs) == pytest.approx(probabilities(logs + 3900.0))
    assert probabilities(np.full(3, -np.inf)).sum() == 0.0


def test_error_of_a_probability_by_simulation() -> None:
    logs, errors = np.array([0.0, -1.0, -2.0]), np.array([0.05, 0.1, 0.2])
    chosen = np.array([False, True, True])
    rng = np.random.default_rng(1)
    many = [probabilities(logs + errors * rng.standard_normal(3))[chosen].sum() for _ in range(4000)]
    found = chance_of(probabilities(logs), errors, chosen)
    assert found.error == pytest.approx(np.std(many), rel=0.1)


@pytest.mark.parametrize(
    ("fpp", "nfpp", "verdict"),
    [
        ((0.001, 0.0005), (1e-5, 1e-6), "validated"),
        ((0.014, 0.002), (0.0, 0.0), "not decided"),
        ((0.2, 0.01), (0.0, 0.0), "likely planet"),
        ((0.9, 0.01), (0.02, 0.001), "likely false positive"),
        ((0.9, 0.01), (0.6, 0.01), "likely nearby false positive"),
    ],
)
def test_verdicts(fpp: tuple[float, float], nfpp: tuple[float, float], verdict: str) -> None:
    assert decide(Probability(*fpp), Probability(*nfpp))[0] == verdict


def test_nothing_larger_than_eight_earths_is_validated() -> None:
    name, reason, _ = decide(Probability(0.001, 1e-4), Probability(0.0, 0.0), Planet(11.0, 0.0))
    assert name == "likely planet"
    assert "11.0" in reason


def test_wrong_questions_are_refused_by_name() -> None:
    curve = planted()
    with pytest.raises(TooFewPoints):
        replace(curve, duration_days=0.01)
    with pytest.raises(ImpossibleDepth):
        replace(curve, flux=curve.flux - 1.5 * (np.abs(curve.time_days) < 0.1))
    with pytest.raises(UnusableCurve):
        replace(curve, flux_err=np.zeros(120))
    with pytest.raises(NoStellarParameters):
        validate(Question(curve, replace(SUN, mass_sun=math.nan)), QUICK)
    with pytest.raises(StarTooSmall):
        validate(Question(curve, replace(SUN, mass_sun=0.08)), QUICK)
