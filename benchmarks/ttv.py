"""Planets and binaries whose transits come early and late: whether the verdict stays what it is without that.

The same system in the same real quiet light, its times moved by a sine of 0, 5, 10, 20 and 30 % of its duration.
`only`: so many systems of each kind (default 12).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final

import numpy as np

from benchmarks.fpp_simulated import quiet_lights
from benchmarks.frame import Figure, at_least, at_most
from data.report import OddEven, SignalReport
from jobs.surroundings import Around
from jobs.weighing import weigh
from science.lightcurve import DetrendedCurve, Segment, StitchedCurve
from science.neighbours import FieldStar, StarField
from science.stars import Star, Value
from science.validation.engine import Effort
from science.validation.kernel import BOTH, system_flux
from science.validation.question import FoldedCurve, HostStar, Question
from science.validation.scenarios import VARIANTS, systems_of
from serving.injected_signals import QuietLight, lengthened

AMPLITUDES: Final = (0.0, 0.05, 0.1, 0.2, 0.3)
_EXPOSURE_DAYS = 10.0 / 1440.0
_STAR = Star(
    name="injected",
    ra_deg=150.0,
    dec_deg=20.0,
    tmag=10.5,
    distance_pc=120.0,
    radius_sun=Value(1.0, 0.05, "injected"),
    mass_sun=Value(1.0, 0.05, "injected"),
    teff_k=Value(5772.0, 100.0, "injected"),
)
_HOST = HostStar("injected", 1.0, 1.0, 5772.0, 10.5, 1000.0 / 120.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """Verdicts and probabilities of one system by amplitude."""

    kind: str
    verdicts: tuple[str, ...]
    folded: tuple[float, ...]
    used: tuple[float, ...]


def measure(only: str | None) -> Iterable[Figure]:
    """All figures."""
    each = int(only) if only else 12
    tasks = [(kind, number) for number in range(each) for kind in ("planet", "eb")]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        answers = [a for a in pool.map(_one, tasks) if a is not None]
    planets = [a for a in answers if a.kind == "planet"]
    binaries = [a for a in answers if a.kind == "eb"]
    yield from _planets(planets)
    for k, amplitude in enumerate(AMPLITUDES):
        share = float(np.mean([a.verdicts[k] == "validated" for a in binaries])) if binaries else math.nan
        yield at_most(f"binaries moved by {amplitude:.0%} of T14: validated", share, f"of {len(binaries)}", 0.01)


def _planets(planets: list[Answer]) -> Iterator[Figure]:
    for k, amplitude in enumerate(AMPLITUDES):
        same = [a.verdicts[k] == a.verdicts[0] for a in planets]
        plain = float(np.median([a.folded[k] for a in planets])) if planets else math.nan
        used = float(np.median([a.used[k] for a in planets])) if planets else math.nan
        name = f"planets moved by {amplitude:.0%} of T14"
        yield Figure(f"{name}: median FPP of the plain fold", plain, "", peer="a plain fold")
        yield Figure(f"{name}: median FPP", used, "")
        if k:
            share = float(np.mean(same)) if same else math.nan
            yield at_least(f"{name}: class unchanged", share, f"of {len(same)}", 0.95 if amplitude <= 0.1 else 0.9)


def _one(task: tuple[str, int]) -> Answer | None:
    kind, number = task
    rng = np.random.default_rng([7, number, kind == "eb"])
    for _ in range(100):
        lights = quiet_lights()
        quiet = lengthened(lights[int(rng.integers(len(lights)))], rng)
        made = _system(kind, quiet, rng)
        if made is None:
            continue
        system, period, epoch, duration = made
        phase = rng.uniform(0, 2 * math.pi)
        verdicts, folded, used = [], [], []
        for amplitude in AMPLITUDES:
            curve, signal = _planted(quiet, system, period, epoch, duration, amplitude * duration, phase)
            answer = weigh(curve, signal, (), _STAR, _around(), Effort(seed=1, threads=1, most_draws=600_000))
            if answer.outcome != "done" or answer.fpp is None:
                break
            plain = answer.timing.fpp_folded if answer.timing is not None else None
            verdicts.append(str(answer.verdict))
            folded.append(answer.fpp if plain is None else plain)
            used.append(answer.fpp)
        if len(verdicts) == len(AMPLITUDES):
            return Answer(kind, tuple(verdicts), tuple(folded), tuple(used))
    return None


def _around() -> Around:
    star = FieldStar(150.0, 20.0, 2020.0, 0.0, 0.0, 10.5, "TIC", tic_id=1, is_target=True)
    return Around(field=StarField(150.0, 20.0, 200.0, 2020.0, (star,), ("TIC",)))


def _system(
    kind: str, quiet: QuietLight, rng: np.random.Generator
) -> tuple[np.ndarray, float, float, float] | None:  # fmt: skip
    """A system of the kind with single dips that can be timed, its period, epoch and duration."""
    variant = next(v for v in VARIANTS if v.code == ("TP" if kind == "planet" else "EB"))
    span = float(np.ptp(quiet.time))
    period = float(np.exp(rng.uniform(math.log(2.0), math.log(max(2.5, min(12.0, span / 5.0))))))
    grid = np.linspace(-0.25 * period, 0.25 * period, 2001)
    blank = np.linspace(-0.1, 0.1, 60)
    dip = np.where(np.abs(blank) < 0.05, 0.99, 1.0)
    curve = FoldedCurve(blank, dip, np.full(60, 1e-3), np.full(60, _EXPOSURE_DAYS), period, 0.1)
    systems, logs = systems_of(variant, rng.standard_normal((2000, variant.dimensions)), Question(curve, _HOST), _HOST)
    share = np.exp(logs - logs.max())
    noise = 1.4826 * float(np.median(np.abs(np.diff(quiet.flux)))) / math.sqrt(2.0)
    for _ in range(20):
        system = systems[int(rng.choice(share.size, p=share / share.sum()))]
        lost = 1.0 - system_flux(grid, np.full(2001, _EXPOSURE_DAYS), np.full(2001, BOTH), system)
        if not np.isfinite(lost).all() or not lost.max() > 0:
            continue
        duration = 2.0 * float(np.abs(grid[lost > 0.02 * lost.max()]).max())
        if not 0.05 < duration < 0.15 * period:
            continue
        single = float(lost.max()) / noise * math.sqrt(0.7 * duration / _EXPOSURE_DAYS)
        if kind == "planet" and not 0.015 < system[1] < 0.07:
            continue
        if 5.0 < single < 60.0:
            return system, period, float(quiet.time[0] + rng.uniform(0.1, 0.9) * period), duration
    return None


def _planted(
    quiet: QuietLight, system: np.ndarray, period: float, epoch: float, duration: float, late: float, phase: float
) -> tuple[DetrendedCurve, SignalReport]:
    number = np.round((quiet.time - epoch) / period)
    moved = epoch + number * period + late * np.sin(2 * math.pi * number / 7.3 + phase)
    away = quiet.time - moved
    exposure = np.full(away.size, _EXPOSURE_DAYS)
    flux = quiet.flux * system_flux(away, exposure, np.full(away.size, BOTH), system)
    noise = 1.4826 * float(np.median(np.abs(np.diff(quiet.flux)))) / math.sqrt(2.0)
    size, zero = flux.size, np.zeros(flux.size, dtype=np.int32)
    stitched = StitchedCurve(
        target="injected",
        time_bjd=quiet.time,
        flux=flux,
        flux_err=np.full(size, noise),
        quality=zero,
        sector=zero,
        filled=np.zeros(size, dtype=np.bool_),
        labels=("light",),
        segments=(Segment(0, size, "light", _EXPOSURE_DAYS, _EXPOSURE_DAYS, noise),),
    )
    curve = DetrendedCurve(stitched, flux, np.ones(size), np.ones(size, dtype=np.bool_), 1.0, "none")
    depth = float(np.mean(1.0 - flux[np.abs(away) < 0.25 * duration]))
    signal = SignalReport(
        index=1, period_days=period, epoch_bjd=epoch, duration_hours=24 * duration, depth_ppm=1e6 * depth, sde=None,
        snr=20.0, snr_white=20.0, fap=1e-4, fap_lo=0.0, fap_hi=1e-3, fap_method="given", n_transits=5, kind="dip",
        convincing=True, radius_ratio=math.sqrt(max(depth, 1e-6)), odd_even=OddEven(),
    )  # fmt: skip
    return curve, signal
