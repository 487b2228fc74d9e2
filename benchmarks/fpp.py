"""False-positive probabilities against TRICERATOPS 1.1.0: evidences at equal inputs, seeds, and CPU at equal error.

Parts: `golden` (ln Z of every explanation against stored runs), `seeds` (verdicts and errors over ten seeds), `cpu` (at
equal scatter of the probability), `published` (TOI-1798.01 with its image), `neighbours` (fifty stars around one),
`simulated` (systems of known nature in real light; `simulated:200` so many of each kind, else 20).
"""

from __future__ import annotations

import csv
import gzip
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.frame import Figure, at_least, at_most
from science.validation.engine import Effort, validate
from science.validation.question import ContrastCurve, FoldedCurve, HostStar, Population, Question
from science.validation.results import Validation
from tests.standins.realdata import MISSING_REASON, realdata_dir

SIGNALS = (
    "small_planet_low_snr",
    "hot_jupiter_grazing",
    "eb_with_secondary",
    "eb_twice_period",
    "background_eb",
    "hierarchical_eb",
    "nearby_eb",
    "pi_men_c",
    "toi1798_01",
)
#: A stored evidence that scatters more than this over the seeds is a lower bound only.
LARGEST_SCATTER = 1.0
_SUN_GM, _SUN_CM = 1.32712440e26, 6.957e10


def folder() -> Path:
    """Where the stored runs lie. Raises FileNotFoundError where they are not."""
    path = realdata_dir() / "peers" / "triceratops_golden"
    if not path.is_dir():
        raise FileNotFoundError(MISSING_REASON)
    return path


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def population() -> Population:
    """The stored field of stars."""
    with gzip.open(folder() / "population.csv.gz", "rt") as file:
        table = np.array([[float(v) for v in row.values()] for row in csv.DictReader(file)])
    mass, logg = table[:, 0], table[:, 1]
    radius = np.sqrt(_SUN_GM * mass / 10**logg) / _SUN_CM
    return Population(table[:, 7], mass, radius, 10 ** table[:, 2], logg, 0.1)


def question(name: str, peer: bool) -> Question:
    """One stored signal as a question; `peer` in the conventions of the stored runs."""
    with np.load(folder() / "inputs" / f"{name}.npz") as data:
        flux_err = np.full(data["time"].size, float(data["flux_err_0"]))
        curve = FoldedCurve(
            data["time"],
            data["flux"],
            flux_err,
            np.full(data["time"].size, float(data["exptime"])),
            float(data["period"]),
            float(data["t14"]),
            secondary_error=None if peer else float(data["flux_err_0"]),
        )
        uses_contrast = bool(int(data["use_contrast"]))
    stars = rows(folder() / "inputs" / f"{name}_stars.csv")
    told: dict[int, dict[str, str]] = {}
    for row in rows(folder() / "results" / f"{name}.csv"):
        told.setdefault(int(row["star_row"]), row)

    def host(number: int) -> HostStar:
        star, seen = stars[number], told[number]

        def value(key: str, unknown: float) -> float:
            return float(star[key]) if star[key] else unknown

        return HostStar(
            name=str(number),
            mass_sun=value("mass", 1.0),
            radius_sun=value("rad", 1.0),
            teff_k=value("Teff", 5777.0),
            tmag=value("Tmag", math.nan),
            parallax_mas=value("plx", math.nan),
            light=float(seen["star_fluxratio"]) / float(told[0]["star_fluxratio"]),
            limb_darkening=(float(seen["u1"]), float(seen["u2"])),
            assumed=not star["mass"],
        )

    contrast = None
    if uses_contrast:
        table = np.loadtxt(folder() / "contrast.csv", delimiter=",")
        contrast = ContrastCurve(table[:, 0], table[:, 1])
    target = host(0)
    neighbours = tuple(host(n) for n in sorted(told) if n)
    return Question(curve, target, neighbours, population().fainter_than(target.tmag), contrast, peer)


def compare(name: str, answer: Validation) -> Iterator[tuple[str, float, float, float]]:
    """(explanation, our ln Z less theirs, combined error, their scatter over the seeds) for each."""
    stored = {(r["star_row"], r["scenario"]): r for r in rows(folder() / "scatter.csv") if r["name"] == name}
    for result in answer.variants:
        row = stored.get((result.star, result.code))
        if row is None or not math.isfinite(float(row["lnZ_pooled"])):
            continue
        scatter = float(row["lnZ_sd"] or "inf")
        error = math.hypot(result.ln_z_err, scatter / math.sqrt(int(row["n_seeds"])))
        yield f"{result.star} {result.code}", result.ln_z - float(row["lnZ_pooled"]), error, scatter


def _golden() -> Iterator[Figure]:
    agreeing = judged = 0
    for name in SIGNALS:
        answer = validate(question(name, peer=True), Effort(seed=1))
        for label, difference, error, scatter in compare(name, answer):
            if scatter < LARGEST_SCATTER:
                judged += 1
                agreeing += abs(difference) <= 3.0 * error
                yield Figure(f"{name}: {label}, ln Z less theirs", difference, f"± {error:.2f}")
        theirs = [float(r["FPP"]) for r in rows(folder() / "runs.csv") if r["name"] == name]
        peer = f"{np.mean(theirs):.4f} ± {np.std(theirs, ddof=1):.4f}"
        yield Figure(f"{name}: FPP in their conventions", answer.fpp.value, f"± {answer.fpp.error:.2g}", peer=peer)
    yield at_least("explanations within 3 combined errors", agreeing / max(judged, 1), f"of {judged}", 0.95)


def _seeds() -> Iterator[Figure]:
    ratios = []
    one = 0
    for name in SIGNALS:
        answers = [validate(question(name, peer=False), Effort(seed=seed)) for seed in range(1, 11)]
        verdicts = {a.verdict for a in answers}
        one += len(verdicts) == 1
        logs = np.array([a.fpp.value for a in answers])
        spread, claimed = float(np.std(logs, ddof=1)), float(np.mean([a.fpp.error for a in answers]))
        yield at_most(f"{name}: verdicts over ten seeds", len(verdicts), ", ".join(sorted(verdicts)), 1)
        told = f"FPP {np.mean(logs):.3g}, scatter {spread:.2g}, claimed {claimed:.2g}"
        yield Figure(f"{name}: claimed error of FPP over the scatter seen", claimed / max(spread, 1e-300), told)
        if 1e-6 < np.mean(logs) < 1 - 1e-6:
            ratios.append(claimed / max(spread, 1e-300))
    yield at_least("signals with one verdict over ten seeds", one / len(SIGNALS), f"of {len(SIGNALS)}", 1.0)
    yield at_most("claimed over seen scatter, median of the signals, or its inverse", _away(ratios), "", 1.5)


def _away(ratios: list[float]) -> float:
    middle = float(np.median(ratios))
    return max(middle, 1.0 / middle)


def _cpu() -> Iterator[Figure]:
    """Ours with as many draws as give their scatter, one thread; theirs as stored (same kind of machine)."""
    runs = rows(folder() / "runs.csv")
    faster = []
    validate(question(SIGNALS[0], peer=True), Effort(seed=1, threads=1))  # compiles what is not compiled
    for name in SIGNALS:
        theirs = [r for r in runs if r["name"] == name]
        values = np.array([float(r["FPP"]) for r in theirs])
        scatter, middle = float(np.std(values, ddof=1)), float(np.mean(values))
        seconds = float(np.mean([float(r["cpu_s"]) for r in theirs]))
        asked = question(name, peer=True)
        precision = min(1.0, max(scatter / max(middle, 1e-3), 0.01))
        start = time.process_time()
        answer = validate(asked, Effort(seed=1, precision=precision, threads=1))
        used = time.process_time() - start
        reached = f"error {answer.fpp.error:.2g}"
        yield Figure(
            f"{name}: CPU of one validation, {reached}", used, "s", peer=f"{seconds:.0f} s, scatter {scatter:.2g}"
        )
        if answer.fpp.error <= 1.1 * scatter:
            faster.append(seconds / used)
            yield Figure(f"{name}: CPU of theirs over ours at equal error or less", seconds / used, "")
    yield at_least(
        "CPU of theirs over ours, median of the signals", float(np.median(faster)), f"of {len(faster)}", 10.0
    )


def _published() -> Iterator[Figure]:
    """TOI-1798.01 with the contrast curve that SHERLOCK's run of TRICERATOPS used."""
    path = realdata_dir() / "peers" / "sherlock_toi1798"
    with gzip.open(next(path.glob("validation0_cc_*")), "rt") as file:
        table = np.loadtxt(file, delimiter=",")
    asked = question("toi1798_01", peer=False)
    keep = np.concatenate([[True], np.diff(np.maximum.accumulate(table[:, 1])) > 0])
    asked = replace(asked, contrast=ContrastCurve(table[keep, 0], table[keep, 1]))
    answer = validate(asked, Effort(seed=1))
    yield at_most("TOI-1798.01 with its image: FPP", answer.fpp.value, f"± {answer.fpp.error:.2g}", 0.015, "0.0068")
    yield at_most("TOI-1798.01 with its image: NFPP", answer.nfpp.value, "", 0.001, "1.1e-06")
    agrees = float(answer.verdict == "validated")
    yield at_least("TOI-1798.01: same class as published", agrees, answer.verdict, 1.0)


def _neighbours() -> Iterator[Figure]:
    asked = question("small_planet_low_snr", peer=False)
    rng = np.random.default_rng(3)
    stars = tuple(
        replace(asked.target, name=f"star {i}", light=float(10 ** rng.uniform(-3.0, -0.5))) for i in range(50)
    )
    start, cpu = time.time(), time.process_time()
    answer = validate(replace(asked, neighbours=stars), Effort(seed=1, most_draws=4_000_000))
    told = f"{time.process_time() - cpu:.0f} s of CPU, {answer.draws} draws"
    yield at_most("one target with 50 neighbours: wall time", time.time() - start, told, 60.0)


def measure(only: str | None) -> Iterable[Figure]:
    """The parts named in the docstring; without `only` all of them."""
    from benchmarks import fpp_simulated

    name, _, number = (only or "").partition(":")
    parts = {
        "golden": _golden,
        "seeds": _seeds,
        "cpu": _cpu,
        "published": _published,
        "neighbours": _neighbours,
        "simulated": partial(fpp_simulated.figures, int(number) if number else 20),
    }
    for part, run in parts.items():
        if name in ("", part):
            yield from run()
