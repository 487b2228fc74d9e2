"""Posteriors: agreement with published ones, CPU of the likelihood beside emcee with batman, seconds to convergence.

Parts: `published` (fits of the same light with the priors that the authors chose, as far as they can be set: limb
darkening free, the star's density where they used it), `speed` (32 walkers × 5000 steps, one sector of pi Men, windowed
and averaged; the peer runs its own sampling on the same numbers on one core), `time` (one sector and six sectors, from
the cleaned light to the converged answer on two cores).
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.fit_published import PI_MEN, PUBLISHED, Published, fit_of, guess_of, light_of, table
from benchmarks.frame import Figure, at_most, in_peers_environment
from data.requests import CleanChoice
from science.fitting.fit import fit_transits
from science.fitting.problem import Problem, pose
from science.fitting.results import FitSettings

WALKERS, STEPS = 32, 5000
_TIMED_STEPS = 1000
PEER = Path(__file__).parent / "peers" / "emcee_batman.py"
ONE_SECTOR = ("tess_2min/tess2018206045859-s0001-0000000261136679*",)
SIX_SECTORS = ("multisector/pimen_tess_2min_s1_4_8_11_12_13.npz",)
DIP = (6.267846, 2458325.504, 2.96 / 24)


def measure(only: str | None = None) -> Iterable[Figure]:
    """The parts one after another, or the one named."""
    parts = {"published": _published, "speed": _speed, "time": _time}
    for name in [only] if only else list(parts):
        yield from parts[name]()


def _published() -> Iterable[Figure]:
    for case in PUBLISHED:
        print(f"fitting {case.name}", file=sys.stderr)
        yield from _compared(case)


def _compared(case: Published) -> Iterable[Figure]:
    fit = fit_of(case)
    c = fit.convergence
    yield Figure(f"{case.name}: converged", float(c.converged), "", "≥ 1", c.converged, c.reason)
    rows, ours = table(case.tables), {p.name: p.interval for p in fit.parameters}
    for name, label in case.shared:
        if label not in rows or name not in ours:
            continue
        theirs, below, above = rows[label]
        i = ours[name]
        if name == "epoch_bjd":
            period = ours["period_days"].median
            theirs += period * round((i.median - theirs) / period)
        lower, upper = i.median - i.lo68, i.hi68 - i.median
        mine, peer = (lower, above) if theirs < i.median else (upper, below)
        told = f"{i.median:.10g} +{upper:.2g} -{lower:.2g} / {theirs:.10g} +{above:.2g} -{below:.2g}"
        yield at_most(f"{case.name}: {name}", abs(i.median - theirs) / math.hypot(mine, peer), "σ", 1.0, told)
        ratio = (lower + upper) / (above + below)
        yield Figure(f"{case.name}: width of {name}", ratio, "of the peer's", "0.7 to 1.3", 0.7 <= ratio <= 1.3)


def _speed() -> Iterable[Figure]:
    curve, star = light_of(ONE_SECTOR, (DIP,), PI_MEN, CleanChoice())
    guess = guess_of(curve, star, DIP)
    for mode, bar in (("binned", 10.0), ("windowed", 30.0)):
        settings = FitSettings(data_mode=mode, n_walkers=WALKERS, n_ensembles=4)  # type: ignore[arg-type]
        problem = pose(curve, star, (guess,), settings)
        seconds = _likelihoods(problem)
        data = problem.prepared.data
        yield at_most(f"{mode}: 32 × 5000 likelihoods", seconds, "CPU s", bar, f"{data.time_bjd.size} points")
        peer = _peer(problem)
        yield Figure(f"{mode}: batman's, same points", peer["likelihoods"], "CPU s")
        yield Figure(f"{mode}: emcee + batman, whole sampling", peer["sampling"], "CPU s")
        yield Figure(f"{mode}: ours / emcee + batman's likelihoods", seconds / peer["likelihoods"], "")


def _likelihoods(problem: Problem) -> float:
    """CPU seconds of all likelihoods of the sampling, from a fifth of it, with vectors as the walkers have them."""
    walkers = problem.starts[0][:WALKERS]
    problem.posterior(walkers)
    best = math.inf
    for _ in range(3):
        start = time.process_time()
        for _ in range(_TIMED_STEPS):
            problem.posterior(walkers)
        best = min(best, time.process_time() - start)
    return best * STEPS / _TIMED_STEPS


def _peer(problem: Problem) -> dict[str, float]:
    data, guess = problem.prepared.data, problem.refined[0]
    u1, u2 = problem.layout.limb_theory
    start = (guess.epoch_bjd, guess.period_days, math.log(guess.radius_ratio), guess.impact_parameter)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "light.npz"
        np.savez(
            path,
            time=data.time_bjd,
            flux=data.flux,
            flux_err=data.flux_err,
            exposure=float(np.median(data.exposure_days)),
            supersample=1 if np.median(data.exposure_days) < 3 / 1440 else 7,
            start=np.array([*start, math.log(guess.duration_days)]),
            limb=np.array([u1, u2]),
            walkers=WALKERS,
            steps=STEPS,
        )
        return in_peers_environment(PEER, str(path))


def _time() -> Iterable[Figure]:
    for name, files, bar in (("one 2-min sector", ONE_SECTOR, 60.0), ("six 2-min sectors", SIX_SECTORS, 120.0)):
        curve, star = light_of(files, (DIP,), PI_MEN, CleanChoice())
        guess = guess_of(curve, star, DIP)
        settings = FitSettings(budget_seconds=600.0)
        fit_transits(curve, star, (guess,), replace(settings, budget_seconds=0.1), clock=time.perf_counter)  # compiled
        start, cpu = time.perf_counter(), time.process_time()
        fit = fit_transits(curve, star, (guess,), settings, clock=time.perf_counter)
        c = fit.convergence
        wall = time.perf_counter() - start if c.converged else math.nan
        yield at_most(f"{name}: converged fit", wall, "s", bar, c.reason)
        yield Figure(f"{name}: its CPU", time.process_time() - cpu, "s")
        yield Figure(f"{name}: R-hat", c.rhat, "", "≤ 1.01", c.rhat <= 1.01)
        yield Figure(f"{name}: ESS", c.ess, "", "≥ 400", c.ess >= 400)
        yield Figure(f"{name}: steps / longest τ", c.steps / c.tau_steps, "", "≥ 50", c.steps >= 50 * c.tau_steps)
        yield Figure(f"{name}: points fitted", float(fit.data.time_bjd.size), f"of {fit.data.n_raw}")
