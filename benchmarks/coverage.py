"""Whether 68 and 95 % intervals of fitted planets hold the truth: injections into real quiet light.

Planets are put into the raw light of the pack's quiet stars (as in `vetting-injected`: known transits taken out, known
variables left out), cleaned as every run cleans them, measured, and fitted. Truths are drawn from what the fit
believes beforehand, as the statement "68 %" means nothing else: impact parameter evenly in (0, 1 + k), limb darkening
from the Gaussian around theory, duration evenly in its logarithm within a factor two of the star's own, size evenly in
its logarithm, kept where the signal to noise is 8 to 50. A fit that does not converge tells no interval; their
share is printed. `--only N` draws N instead of 400 (a share of 68 % of 400 scatters by 2.3 %).
"""

from __future__ import annotations

import math
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.frame import Figure
from benchmarks.vetting_quiet import Quiet, quiet_stars, with_light
from data.requests import CleanChoice
from jobs.cleaning import clean
from science.fitting.fit import fit_transits
from science.fitting.orbit import density_of, duration_of, scaled_axis_of_duration
from science.fitting.priors import LARGEST_RATIO, SMALLEST_RATIO
from science.fitting.results import Fit, FitSettings, Guess
from science.fitting.transit import transit_flux
from science.fitting.windows import NothingToFit
from science.limb_darkening import limb_darkening_of
from science.search.remeasure import masks_of, measure_all

Floats = npt.NDArray[np.float64]

DRAWS = 400
SNR = (8.0, 50.0)
SEED = 20261125
#: Names of the report, and whether the parameter is told on a straight or a circular scale.
TOLD = ("period_days", "epoch_bjd", "radius_ratio", "impact_parameter", "duration_hours", "density_transit_gcc")
BAR_68, BAR_95 = 4.0, 2.5


@dataclass(frozen=True, slots=True)
class Truth:
    """An injected planet: the numbers its fit has to hold, and where it went."""

    star: str
    snr: float
    planet: tuple[float, ...]  # in the order of the transit model's columns
    limb: tuple[float, float]
    told: dict[str, float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the fit said of each parameter of one injection."""

    truth: Truth
    converged: bool
    reason: str
    seconds: float
    inside68: dict[str, bool]
    inside95: dict[str, bool]
    z: dict[str, float]


def measure(only: str | None = None) -> Iterable[Figure]:
    """Share of injections whose interval holds the truth, for each parameter."""
    wanted = int(only) if only else DRAWS
    outcomes = list(_outcomes(wanted))
    told = [o for o in outcomes if o.converged]
    yield Figure("too weak to be measured again or fitted", float(wanted - len(outcomes)), f"of {wanted}")
    yield Figure("injections", float(len(outcomes)), "")
    yield Figure("stars", float(len({o.truth.star for o in outcomes})), "")
    yield Figure("converged", _percent(o.converged for o in outcomes), "%")
    yield Figure("median fit", float(np.median([o.seconds for o in outcomes])), "s of one core")
    for name in TOLD:
        share = _percent(o.inside68[name] for o in told if name in o.inside68)
        yield Figure(f"{name} in 68 %", share, "%", f"68 ± {BAR_68:g}", abs(share - 68.27) <= BAR_68)
        share = _percent(o.inside95[name] for o in told if name in o.inside95)
        yield Figure(f"{name} in 95 %", share, "%", f"95 ± {BAR_95:g}", abs(share - 95.0) <= BAR_95)
    for name in TOLD:
        yield Figure(f"{name} median pull", float(np.median([o.z[name] for o in told if name in o.z])), "errors")


def _percent(flags: Iterable[bool]) -> float:
    values = list(flags)
    return 100.0 * sum(values) / len(values) if values else math.nan


def _outcomes(wanted: int) -> Iterator[Outcome]:
    """Fits in two processes of one thread each; the draws do not depend on how they are shared out."""
    stars = [q for q in quiet_stars() if q.span_days > 5.0]  # read and cleaned here once, not in every process
    tasks = ((number, stars[number % len(stars)]) for number in range(wanted))
    context = multiprocessing.get_context("spawn")  # threads of the compiled code do not survive a fork
    with context.Pool(min(2, os.cpu_count() or 1)) as pool:
        for done, outcome in enumerate(pool.imap_unordered(_one, tasks), start=1):
            if outcome is not None:
                print(f"{done} of {wanted}: {_line(outcome)}", file=sys.stderr, flush=True)
                yield outcome


def _line(outcome: Outcome) -> str:
    said = "" if outcome.converged else outcome.reason
    marks = {n: "" if outcome.inside68[n] else "*" if outcome.inside95[n] else "**" for n in outcome.z}
    pulls = ", ".join(f"{name} {z:+.1f}{marks[name]}" for name, z in outcome.z.items())
    return f"{outcome.truth.star}, S/N {outcome.truth.snr:.0f}, {outcome.seconds:.0f} s: {pulls} {said}"


def _one(task: tuple[int, Quiet]) -> Outcome | None:
    number, quiet = task
    random = np.random.default_rng((SEED, number))
    for _ in range(50):
        truth = _draw(quiet, random)
        if truth is not None:
            return _fit(quiet, truth, number)
    return None


def _draw(quiet: Quiet, random: np.random.Generator) -> Truth | None:
    """A planet of the prior with the wanted signal to noise in this star, or None where there is none."""
    period = math.exp(random.uniform(math.log(0.8), math.log(max(0.9, min(quiet.span_days / 3.0, 20.0)))))
    density = quiet.star.density_gcc.value if quiet.star.density_gcc is not None else 1.41
    central = (period / math.pi) * (3 * math.pi / (6.674e-8 * density * (period * 86400.0) ** 2)) ** (1 / 3)
    duration = central * math.exp(random.uniform(math.log(0.5), math.log(2.0)))
    exposure = quiet.curves[0].exposure_days
    if not 4 * exposure < duration < 0.15 * period:
        return None
    share = random.uniform()
    limb = _limb(quiet, random)
    epoch = float(quiet.cleaned.curve.time_bjd[quiet.cleaned.use][0]) + random.uniform(0.0, period)
    for _ in range(200):  # sizes of the prior, until one gives a signal to noise that is asked for
        ratio = math.exp(random.uniform(math.log(SMALLEST_RATIO), math.log(LARGEST_RATIO)))
        planet = _planet(period, epoch, ratio, duration, share * (1 + ratio))
        if not planet[3] > 1.5:
            continue
        snr = _snr(quiet, planet, limb, duration)
        if SNR[0] <= snr <= SNR[1]:
            break
    else:
        return None
    told = {
        "period_days": period,
        "epoch_bjd": epoch,
        "radius_ratio": ratio,
        "impact_parameter": planet[4],
        "duration_hours": 24.0 * float(duration_of(period, planet[3], ratio, planet[4], 0.0, 0.0)[0]),
        "density_transit_gcc": float(density_of(period, planet[3])),
    }
    return Truth(quiet.name, snr, planet, limb, told)


def _planet(period: float, epoch: float, ratio: float, duration: float, impact: float) -> tuple[float, ...]:
    axis = float(scaled_axis_of_duration(period, duration, ratio, impact))
    return (period, epoch, ratio, axis, impact, 0.0, 0.0)


def _limb(quiet: Quiet, random: np.random.Generator) -> tuple[float, float]:
    u1, u2 = limb_darkening_of(quiet.star)
    while True:
        a, b = u1 + 0.1 * random.standard_normal(), u2 + 0.1 * random.standard_normal()
        if a + b < 1 and a > 0 and a + 2 * b > 0:
            return a, b


def _model(time_bjd: Floats, exposure_days: float, planet: tuple[float, ...], limb: tuple[float, float]) -> Floats:
    return transit_flux(time_bjd, np.full(time_bjd.size, exposure_days), np.array([planet]), *limb)


def _snr(quiet: Quiet, planet: tuple[float, ...], limb: tuple[float, float], duration: float) -> float:
    """Mean depth of the points within the transit over the noise of means of that length, times √(transits seen)."""
    time = quiet.cleaned.curve.time_bjd[quiet.cleaned.use]
    loss = 1.0 - _model(time, quiet.curves[0].exposure_days, planet, limb)
    inside = np.abs((time - planet[1] + 0.5 * planet[0]) % planet[0] - 0.5 * planet[0]) < 0.5 * duration
    if np.count_nonzero(inside) < 3:
        return 0.0
    transits = np.unique(np.round((time[inside] - planet[1]) / planet[0])).size
    return float(np.mean(loss[inside]) / quiet.noise_of(duration) * math.sqrt(transits))


def _fit(quiet: Quiet, truth: Truth, number: int) -> Outcome | None:
    light = [_model(c.time_bjd, c.exposure_days, truth.planet, truth.limb) for c in quiet.curves]
    given = (truth.planet[0], truth.planet[1], truth.told["duration_hours"] / 24)
    curve = clean(with_light(quiet, light), quiet.star, CleanChoice(), quiet.settings, masks_of([given]))
    [dip] = measure_all(curve, quiet.star, [given])
    if dip is None or not dip.snr > 5.0:
        return None
    guess = Guess(dip.period_days, dip.epoch_bjd, dip.duration_days, dip.radius_ratio)
    start = time.process_time()
    settings = FitSettings(seed=number + 1, threads=1, budget_seconds=120.0)
    try:  # time of the processor, so that a busy machine does not decide what converges
        fit = fit_transits(curve, quiet.star, (guess,), settings, clock=time.process_time)
    except NothingToFit:
        return None
    return _judge(fit, truth, time.process_time() - start)


def _judge(fit: Fit, truth: Truth, seconds: float) -> Outcome:
    inside68, inside95, z = {}, {}, {}
    for parameter in fit.parameters:
        if parameter.name not in truth.told:
            continue
        expected, i = truth.told[parameter.name], parameter.interval
        if parameter.name == "epoch_bjd":  # the fit tells the transit nearest the middle of the data
            expected += truth.planet[0] * round((i.median - expected) / truth.planet[0])
        inside68[parameter.name] = i.lo68 <= expected <= i.hi68
        inside95[parameter.name] = i.lo95 <= expected <= i.hi95
        z[parameter.name] = (expected - i.median) / (0.5 * (i.hi68 - i.lo68))
    told = fit.convergence.converged
    return Outcome(truth, told, fit.convergence.reason, seconds, inside68, inside95, z)
