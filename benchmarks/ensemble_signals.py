"""Simulated signals of known nature with every opinion on each: chances, tests of the light, views for the classifier.

The systems are those of `benchmarks.fpp_simulated`, three planets for one signal of each kind of false positive. A
signal is kept in a file of its own under var/ensemble, so that a run goes on where an earlier one stopped. The
classifier is asked anew each time, which takes a second: after a training of it nothing else has to be made again.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks import fpp_simulated
from benchmarks.fpp_simulated import KINDS, Planted, planted_signals
from benchmarks.frame import ROOT
from science.lightcurve import DetrendedCurve, Segment, StitchedCurve
from science.search.remeasure import measure_all
from science.search.results import DipMeasurement
from science.stars import Star, Value, complete
from science.validation.engine import Effort
from science.validation.ensemble import Opinions, log_odds
from science.validation.question import HostStar, ValidationRefused
from science.vetting.evidence import evidence
from science.vetting.light.table import vet_light
from serving.artefacts import COMMITTED
from serving.classes import PLANET
from serving.classifier import WIDTHS, Classifier
from serving.injected_signals import QuietLight
from serving.views import UnusableSignal, views_of

FOLDER: Final = ROOT / "var" / "ensemble"
#: Planets for each signal of another kind.
PLANETS: Final = 3
SEED: Final = 1
#: A gap longer than this parts two stretches of light.
_GAP_DAYS: Final = 0.3
#: Tests whose failure means two stars, or something too large; the others are of noise, the camera, the star.
_TWO_STARS: Final = {"odd_even_depth", "odd_even_time", "secondary", "v_shape", "size", "physical_orbit"}
_VIEWS: Final = {"global": "global_view", "local": "local_view", "secondary": "secondary_view", "scalars": "scalars"}
#: Files whose change makes the chances of kept signals old, or their tests and views.
_CHANCES: Final = ("science/validation", "benchmarks/fpp_simulated.py")
_LIGHT: Final = ("science/vetting/light", "serving/views.py", "serving/view_grids.py", "serving/scalars.py")


@dataclass(frozen=True, slots=True)
class Simulated:
    """One signal. `views` has the rows of `serving.classifier.WIDTHS` side by side, None where none could be made;
    `failed` and `warned` name tests of the light, None where none could be made. `chances_by` and `light_by` tell the
    code that worked out the chances, and the tests and views."""

    kind: str
    light_of: int
    snr: float
    fpp: float
    fpp_err: float
    verdict: str
    failed: tuple[str, ...] | None
    warned: tuple[str, ...] | None
    views: np.ndarray | None
    chances_by: str
    light_by: str

    @property
    def is_planet(self) -> bool:
        return self.kind == "planet"

    def opinions(self, classifier_planet: float | None) -> Opinions:
        """What the methods say; tests count as in `jobs.ensemble`."""
        counts: tuple[int | None, ...] = (None, None, None)
        if self.failed is not None and self.warned is not None:
            stars = [name in _TWO_STARS for name in self.failed]
            counts = (sum(stars), sum(name in _TWO_STARS for name in self.warned), len(stars) - sum(stars))
        return Opinions(log_odds(self.fpp), classifier_planet, *counts)


def signals(each: int, *, anew: bool = False, refresh: bool = False, processes: int = 2) -> list[Simulated]:
    """`each` signals of every kind of false positive and three times as many planets: kept ones, and the rest made.

    `anew` makes all of them again; `refresh` makes tests and views of kept ones again where their code has changed.
    """
    tasks = [
        (kind, number)
        for block in range(each)
        for kind in KINDS
        for number in (range(PLANETS * block, PLANETS * (block + 1)) if kind == "planet" else (block,))
    ]
    missing = [task for task in tasks if anew or not _path(*task).is_file()]
    _side_by_side(_make, missing, "made", processes)
    if refresh and not anew:
        kept = [task for task in tasks if _path(*task).is_file()]
        old = [task for task in kept if _read(_path(*task)).light_by != light_by()]
        _side_by_side(_refresh, old, "looked at again", processes)
    return [_read(_path(*task)) for task in tasks if _path(*task).is_file()]


def _side_by_side(
    function: Callable[[tuple[str, int]], None], tasks: Sequence[tuple[str, int]], words: str, processes: int
) -> None:
    if not tasks:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    _light()  # read once, kept for the others
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for done, _ in enumerate(pool.map(function, tasks), 1):
            if done % 20 == 0 or done == len(tasks):
                print(f"{done} of {len(tasks)} signals {words}", file=sys.stderr, flush=True)


def classified(table: Sequence[Simulated], folder: Path = COMMITTED) -> list[float | None]:
    """The classifier's probability of a planet for each signal; None where there are no views."""
    rows = [k for k, one in enumerate(table) if one.views is not None]
    answer: list[float | None] = [None] * len(table)
    if rows:
        every = np.stack([one.views for one in table if one.views is not None])
        parts = np.split(every, np.cumsum(list(WIDTHS.values()))[:-1], axis=1)
        found = Classifier.load(folder).classify(dict(zip(WIDTHS, parts, strict=True)))
        for k, row in zip(rows, found, strict=True):
            answer[k] = float(row[PLANET])
    return answer


def chances_by() -> str:
    """Digest of the code that draws the systems and weighs them."""
    return _digest(_CHANCES)


def light_by() -> str:
    """Digest of the code that tests their light and makes their views."""
    return _digest(_LIGHT)


@cache
def _digest(places: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for place in places:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if not file.name.startswith("ensemble"):
                digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _path(kind: str, number: int) -> Path:
    return FOLDER / f"{kind}-{number}-seed{SEED}.npz"


@cache
def _light() -> tuple[QuietLight, ...]:
    """Quiet light, kept on disk because every process needs it."""
    path = FOLDER / "quiet-light.npz"
    if not path.is_file():
        lights = fpp_simulated.quiet_lights()
        arrays = {f"time{k}": one.time for k, one in enumerate(lights)}
        arrays |= {f"flux{k}": one.flux for k, one in enumerate(lights)}
        _write(path, star=np.array([one.star for one in lights]), **arrays)
    with np.load(path, allow_pickle=False) as kept:
        return tuple(QuietLight(int(s), kept[f"time{k}"], kept[f"flux{k}"]) for k, s in enumerate(kept["star"]))


def _make(task: tuple[str, int]) -> None:
    kind, number = task
    for planted in planted_signals(kind, number, SEED, _light()):
        effort = Effort(
            seed=number + 1, most_draws=300_000, threads=1, first=1024, per_round=512, block=1024, least_effective=100.0
        )
        try:
            answer = planted.weighed(effort)
        except ValidationRefused:
            continue
        _write(
            _path(kind, number), kind=np.str_(kind), light_of=np.int64(planted.light_of), snr=np.float64(planted.snr),
            fpp=np.float64(answer.fpp.value), fpp_err=np.float64(answer.fpp.error), verdict=np.str_(answer.verdict),
            chances_by=np.str_(chances_by()), **_looked_at(planted),
        )  # fmt: skip
        return


def _refresh(task: tuple[str, int]) -> None:
    """Tests and views of a kept signal by the code of now; its chances stay."""
    path = _path(*task)
    with np.load(path, allow_pickle=False) as kept:
        chances = {
            k: kept[k] for k in ("kind", "light_of", "snr", "fpp", "fpp_err", "verdict", "chances_by") if k in kept
        }
    for planted in planted_signals(*task, SEED, _light()):
        if planted.snr == float(chances["snr"]):  # earlier draws of it were refused by the engine
            _write(path, **chances, **_looked_at(planted))
            return
    path.unlink()  # the draws have changed: it has to be made again


def _looked_at(planted: Planted) -> dict[str, Any]:
    """Arrays of what tests and views say."""
    curve, star = _curve(planted), _star(planted.target)
    dip = measure_all(curve, star, [(planted.period_days, planted.epoch_bjd, planted.duration_days)])[0]
    failed, warned = _tested(curve, dip, star)
    views = _views(planted, dip, star)
    found: dict[str, Any] = {"light_by": np.str_(light_by())}
    if views is not None:
        found["views"] = views
    if failed is not None and warned is not None:
        found |= {"failed": np.array(failed, dtype=np.str_), "warned": np.array(warned, dtype=np.str_)}
    return found


def _write(path: Path, **arrays: Any) -> None:
    partial = path.with_suffix(".part.npz")
    np.savez_compressed(partial, **arrays)
    partial.replace(path)


def _read(path: Path) -> Simulated:
    with np.load(path, allow_pickle=False) as kept:

        def names(key: str) -> tuple[str, ...] | None:
            return tuple(str(name) for name in kept[key]) if key in kept else None

        return Simulated(
            kind=str(kept["kind"]), light_of=int(kept["light_of"]), snr=float(kept["snr"]), fpp=float(kept["fpp"]),
            fpp_err=float(kept["fpp_err"]), verdict=str(kept["verdict"]), failed=names("failed"),
            warned=names("warned"),
            views=kept.get("views"), chances_by=str(kept.get("chances_by", "")),
            light_by=str(kept.get("light_by", "")),
        )  # fmt: skip


def _tested(
    curve: DetrendedCurve, dip: DipMeasurement | None, star: Star
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Names of the tests that fail and of those that ask for a look; None where no test could be made."""
    if dip is None:
        return None, None
    try:
        found = vet_light(evidence(curve, dip, star))
    except ValueError:
        return None, None
    if all(f.outcome == "not_run" for f in found):
        return None, None
    return _with(found, "fail"), _with(found, "warn")


def _with(found: Iterable[Any], outcome: str) -> tuple[str, ...]:
    return tuple(f.name for f in found if f.outcome == outcome)


def _views(planted: Planted, dip: DipMeasurement | None, star: Star) -> np.ndarray | None:
    found = (planted.period_days, planted.epoch_bjd, planted.duration_days)
    if dip is not None:
        found = (dip.period_days, dip.epoch_bjd, dip.duration_days)
    try:
        views = views_of(planted.light.time, planted.light.flux, *found, star=star)
    except UnusableSignal:
        return None
    return np.concatenate([getattr(views, column) for column in _VIEWS.values()])


def _star(host: HostStar) -> Star:
    return complete(
        Star(
            name=host.name,
            tmag=host.tmag,
            radius_sun=Value(host.radius_sun, 0.05 * host.radius_sun, "drawn"),
            mass_sun=Value(host.mass_sun, 0.05 * host.mass_sun, "drawn"),
            teff_k=Value(host.teff_k, 100.0, "drawn"),
        )
    )


def _curve(planted: Planted) -> DetrendedCurve:
    """The light as the tests read it: flat already, in stretches between its gaps."""
    light = planted.light
    n = light.time.size
    edges = [0, *(np.flatnonzero(np.diff(light.time) > _GAP_DAYS) + 1).tolist(), n]
    step = float(np.median(np.diff(light.time)))
    segments = tuple(
        Segment(a, b, "light", step, float(light.exposure[a]), float(light.err[a])) for a, b in pairwise(edges)
    )
    zeros = np.zeros(n, dtype=np.int32)
    everything = np.ones(n, dtype=np.bool_)
    level = light.flux / float(np.median(light.flux))
    curve = StitchedCurve(
        planted.kind, light.time, level, light.err, zeros, zeros, ~everything, ("light",), segments, usable=everything
    )
    return DetrendedCurve(curve, level, np.ones(n), everything, math.inf, "flat")
