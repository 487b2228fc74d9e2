"""False-positive probabilities of signals whose nature is known: systems drawn from the priors, put into real light.

The light is that of quiet stars into which nothing is put for training. A system of each kind is drawn as often as it
would be seen: with the chance of its eclipse, of its companion, and a signal to noise of 8 to 150.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from multiprocessing import get_context
from typing import Final

import numpy as np

from benchmarks.frame import Figure, at_least, at_most
from science.fitting.timing_windows import Light
from science.validation.engine import Effort, validate
from science.validation.fold import Folded, fold_signal
from science.validation.galaxy import field_stars
from science.validation.kernel import BOTH, EVEN, system_flux
from science.validation.other_causes import other_causes
from science.validation.question import FoldedCurve, HostStar, Population, Question, ValidationRefused
from science.validation.results import Validation
from science.validation.scenarios import NEARBY_VARIANTS, VARIANTS, Variant, systems_of
from serving.injected_signals import QuietLight, quiet_light
from tests.standins.realdata import MISSING_REASON, realdata_dir

#: Kind → code of the variants it is drawn from, and the scenario that is right.
KINDS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "planet": (("TP",), "planet"),
    "eb": (("EB",), "eb"),
    "eb_2p": (("EBx2P",), "eb"),
    "beb": (("BEB", "BEBx2P"), "beb"),
    "heb": (("SEB", "SEBx2P"), "heb"),
    "neb": (("NEB", "NEBx2P"), "neb"),
    "btp": (("BTP", "STP"), "btp"),
}
_STARS: Final = (
    HostStar("target", 1.00, 1.00, 5772.0, 10.5, 8.0),
    HostStar("target", 1.20, 1.35, 6250.0, 9.5, 7.0),
    HostStar("target", 0.80, 0.76, 5100.0, 11.0, 10.0),
    HostStar("target", 0.50, 0.48, 3700.0, 12.5, 20.0),
)
_LEAST_SNR, _MOST_SNR = 8.0, 150.0
_EXPOSURE_DAYS = 10.0 / 1440.0


@dataclass(frozen=True, slots=True)
class Case:
    """One simulated signal and what was made of it."""

    kind: str
    snr: float
    fpp: float
    fpp_error: float
    nfpp: float
    verdict: str
    best: str  # the most probable scenario
    true_share: float


def simulate(each: int, seed: int = 1) -> list[Case]:
    """So many signals of each kind, two processes side by side."""
    tasks = [(kind, number, seed) for number in range(each) for kind in KINDS]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        return [c for c in pool.map(_one, tasks, chunksize=4) if c is not None]


_kept: dict[str, list[QuietLight]] = {}


def quiet_lights() -> list[QuietLight]:
    """Light of quiet stars that nothing is put into for training; read once a process."""
    if "light" not in _kept:
        folder = realdata_dir() / "lightcurves"
        if not folder.is_dir():
            raise FileNotFoundError(MISSING_REASON)
        _kept["light"] = list(quiet_light(folder, held_back=True))
    return _kept["light"]


@dataclass(frozen=True, slots=True)
class Planted:
    """A system of known nature in the light of `light_of` (positive: TIC, negative: EPIC), and what a search would tell
    of it: days, BJD."""

    kind: str
    light_of: int
    light: Light
    period_days: float
    epoch_bjd: float
    duration_days: float
    snr: float
    target: HostStar
    neighbours: tuple[HostStar, ...]
    population: Population

    def folded(self) -> Folded:
        """The fold that is weighed."""
        second = _second(self.light, self.period_days, self.epoch_bjd, self.duration_days)
        return fold_signal(self.light, self.period_days, self.epoch_bjd, self.duration_days, secondary=second)

    def weighed(self, effort: Effort) -> Validation:
        """The chances of its explanations. Raises ValidationRefused."""
        folded = self.folded()
        question = Question(folded.curve, self.target, self.neighbours, self.population)
        return validate(question, effort, other_causes(folded))


def planted_signals(kind: str, number: int, seed: int, quiet: Sequence[QuietLight]) -> Iterator[Planted]:
    """Draws of one kind that would be found, one after the other; the same for the same numbers and `quiet` light."""
    rng = np.random.default_rng([seed, number, sorted(KINDS).index(kind)])
    behind = field_stars(40.0, 90.0, tmag_from=9.0)
    for _ in range(200):
        light = quiet[int(rng.integers(len(quiet)))]
        target = _STARS[int(rng.integers(len(_STARS)))]
        neighbours = tuple(
            replace(
                _STARS[int(rng.integers(len(_STARS)))], name=f"neighbour {i}", light=float(10 ** rng.uniform(-2, -0.2))
            )
            for i in range(2)
        )
        population = behind.fainter_than(target.tmag)
        planted = _planted(kind, light, target, neighbours, population, rng)
        if planted is not None:
            yield Planted(kind, light.star, *planted, target, neighbours, population)


def _one(task: tuple[str, int, int]) -> Case | None:
    kind, number, seed = task
    for planted in planted_signals(kind, number, seed, quiet_lights()):
        try:
            answer = planted.weighed(Effort(seed=number + 1, most_draws=600_000, threads=1))
        except ValidationRefused:
            continue
        return _case(kind, planted.snr, answer)
    return None


def _case(kind: str, snr: float, answer: Validation) -> Case:
    shares = {name: p.value for name, p in answer.scenarios.items()}
    best = max(shares, key=lambda name: shares[name])
    return Case(
        kind, snr, answer.fpp.value, answer.fpp.error, answer.nfpp.value, answer.verdict, best, shares[KINDS[kind][1]]
    )


def _planted(
    kind: str, quiet: QuietLight, target: HostStar, neighbours: tuple[HostStar, ...], population: Population,
    rng: np.random.Generator,
) -> tuple[Light, float, float, float, float] | None:  # fmt: skip
    codes = KINDS[kind][0]
    code = codes[int(rng.integers(len(codes)))]
    variant: Variant = next(v for v in (*VARIANTS, *NEARBY_VARIANTS) if v.code == code)
    host = neighbours[int(rng.integers(len(neighbours)))] if variant.nearby else target
    period = float(np.exp(rng.uniform(math.log(1.0), math.log(10.0))))
    question = Question(_blank(period), target, neighbours, population)
    x = rng.standard_normal((4000, variant.dimensions))
    systems, logs = systems_of(variant, x, question, host)
    share = np.exp(logs - logs.max())
    share /= share.sum()
    system = systems[int(rng.choice(share.size, p=share))]
    grid = np.linspace(-0.5 * period, 0.5 * period, 4001)
    parity = np.full(grid.size, EVEN if variant.turns == 2 else BOTH, dtype=np.int64)
    lost = 1.0 - system_flux(grid, np.full(grid.size, _EXPOSURE_DAYS), parity, system)
    if not np.isfinite(lost).all():
        return None
    near = lost[np.abs(grid) < 0.2 * period]
    depth = float(near.max())
    inside = np.abs(grid[np.abs(grid) < 0.2 * period][near > 0.02 * depth]) if depth > 0 else np.empty(0)
    if inside.size == 0:
        return None
    duration = 2.0 * float(inside.max())
    if not 0.02 < duration < 0.2 * period:
        return None
    epoch = float(quiet.time[0] + rng.uniform() * period)
    turn = np.round((quiet.time - epoch) / period).astype(np.int64)
    away = quiet.time - epoch - turn * period
    model = system_flux(
        away, np.full(away.size, _EXPOSURE_DAYS), turn % 2 if variant.turns == 2 else np.full(away.size, BOTH), system
    )
    noise = 1.4826 * float(np.median(np.abs(np.diff(quiet.flux) - np.median(np.diff(quiet.flux))))) / math.sqrt(2.0)
    light = Light(
        quiet.time, quiet.flux * model, np.full(quiet.time.size, noise), np.full(quiet.time.size, _EXPOSURE_DAYS),
        np.full(quiet.time.size, _EXPOSURE_DAYS),
    )  # fmt: skip
    snr = math.sqrt(float(np.sum(np.square((1.0 - model)[np.abs(away) < duration])))) / noise
    transits = np.unique(turn[np.abs(away) < 0.3 * duration]).size
    if not _LEAST_SNR < snr < _MOST_SNR or transits < 2:
        return None
    return light, period, epoch, duration, snr


def _second(light: Light, period: float, epoch: float, duration: float) -> tuple[float, float]:
    """Depth and error of a box half an orbit after the dip, as a search measures it."""
    away = (light.time - epoch) % period - 0.5 * period
    inside, beside = np.abs(away) < 0.5 * duration, (np.abs(away) > 0.6 * duration) & (np.abs(away) < 2.0 * duration)
    if inside.sum() < 3 or beside.sum() < 3:
        return 0.0, 1.0
    depth = float(np.mean(light.flux[beside]) - np.mean(light.flux[inside]))
    return depth, 1.3 * float(np.median(light.err)) * math.sqrt(1.0 / inside.sum() + 1.0 / beside.sum())


def _blank(period: float) -> FoldedCurve:
    time = np.linspace(-0.1, 0.1, 60)
    flux = np.where(np.abs(time) < 0.05, 0.99, 1.0)
    return FoldedCurve(time, flux, np.full(60, 1e-3), np.full(60, _EXPOSURE_DAYS), period, 0.1)


def figures(each: int) -> Iterator[Figure]:
    """The figures that a batch of `each` signals of each kind gives."""
    cases = simulate(each)
    planet = np.array([c.kind == "planet" for c in cases])
    fpp = np.array([c.fpp for c in cases])
    auc = float(np.mean([(fpp[~planet] > f).mean() + 0.5 * (fpp[~planet] == f).mean() for f in fpp[planet]]))
    yield at_least("simulated: ROC AUC of FPP", auc, f"{planet.sum()} planets, {(~planet).sum()} others", 0.97)
    right = np.mean([c.best == KINDS[c.kind][1] for c in cases])
    yield at_least("simulated: true scenario the most probable", float(right), f"of {len(cases)}", 0.80)
    for kind in KINDS:
        own = [c for c in cases if c.kind == kind]
        validated = float(np.mean([c.verdict == "validated" for c in own])) if own else math.nan
        found = float(np.mean([c.best == KINDS[kind][1] for c in own])) if own else math.nan
        yield Figure(f"simulated {kind}: true scenario the most probable", found, f"of {len(own)}")
        if kind != "planet":
            yield at_most(f"simulated {kind}: validated", validated, f"of {len(own)}", 0.01)
        else:
            yield Figure("simulated planet: validated", validated, f"of {len(own)}")
    yield at_most("simulated: calibration, largest gap of a bin", _gap(fpp, planet), "", 0.10)


def _gap(fpp: np.ndarray, planet: np.ndarray) -> float:
    """Largest difference between the mean FPP of a bin and the share of false positives in it, classes in balance."""
    weight = np.where(planet, 0.5 / max(planet.sum(), 1), 0.5 / max((~planet).sum(), 1))
    edges = np.array([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0 + 1e-9])
    gaps = []
    for low, high in pairwise(edges):
        rows = (fpp >= low) & (fpp < high)
        if rows.sum() >= 10:
            gaps.append(
                abs(np.average(fpp[rows], weights=weight[rows]) - np.average(~planet[rows], weights=weight[rows]))
            )
    return float(max(gaps, default=math.nan))


def kinds_listed() -> Iterable[str]:
    """Names of what is simulated."""
    return KINDS
