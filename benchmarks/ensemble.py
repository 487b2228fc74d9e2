"""Chances, classifier and tests of the light together: AUC, Brier score and calibration, alone and combined.

Simulated signals of known nature in real light (`benchmarks.ensemble_signals`), planets and false positives in
balance; every figure is of stars that the model did not see. `--only N`: N signals of each kind of false positive and
three times as many planets (default 20). Signals made once are kept under var/ensemble, some five seconds of CPU each.

`make ensemble`, or `python -m benchmarks.ensemble --write [--each N] [--anew] [--classifier FOLDER]`, trains the models
anew and writes them to science/validation/ensemble_weights.py. After a training of the classifier that is all there is
to do: it takes a minute, and some more where the code of tests or views has changed too. `--anew` makes all signals
again, for a change of the chances.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks import ensemble_signals
from benchmarks.ensemble_signals import PLANETS, Simulated, classified
from benchmarks.ensemble_training import (
    SUBSETS,
    Floats,
    Subset,
    Table,
    auc_error,
    fit_all,
    left_out,
    scores,
    table_of,
    write_module,
)
from benchmarks.frame import ROOT, Figure, at_least, at_most, table
from science.validation.ensemble import OPINIONS, agreement, planet_probability
from serving.artefacts import COMMITTED, load_manifest

EACH: Final = 20
#: Signals of each kind behind the stored weights.
EACH_STORED: Final = 40
MODULE: Final = ROOT / "science" / "validation" / "ensemble_weights.py"
LARGEST_CALIBRATION_ERROR: Final = 0.05
_EDGES: Final = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


def measure(only: str | None) -> Iterable[Figure]:
    """The figures of so many signals of each kind. Raises FileNotFoundError without the pack of real data."""
    found = ensemble_signals.signals(int(only) if only else EACH)
    return figures(found, table_of(found, classified(found)))


def figures(found: Sequence[Simulated], judged: Table) -> Iterator[Figure]:
    """AUC, Brier score and calibration of each set of opinions, and what the combination says of each kind."""
    said = {subset: left_out(judged, subset) for subset in SUBSETS}
    every = SUBSETS[-1]
    for subset in SUBSETS:
        name, s = _name(subset), scores(judged, said[subset])
        unit = f"± {auc_error(judged, said[subset]):.3f}, {s.signals} signals"
        yield Figure(f"{name}: AUC", s.auc, unit)
        yield Figure(f"{name}: Brier score", s.brier, "")
        if subset == every:
            yield at_most(f"{name}: expected calibration error", s.calibration, "", LARGEST_CALIBRATION_ERROR)
        else:
            yield Figure(f"{name}: expected calibration error", s.calibration, "")
    single = {subset: scores(judged, said[subset]).auc for subset in SUBSETS if len(subset) == 1}
    best = max(single, key=lambda subset: single[subset])
    gain = scores(judged, said[every]).auc - single[best]
    error = auc_error(judged, said[every], said[best])
    yield at_least(f"all together: AUC less that of {_name(best)}, the best", gain, f"± {error:.3f}", 0.0)
    for subset in (*((name,) for name in OPINIONS), every):
        yield from _reliability(_name(subset), judged, said[subset])
    yield from _kinds(found, said[every])
    yield from _agreement(judged, said[every])
    yield from _stored(found, judged)


def _name(subset: Subset) -> str:
    if len(subset) == 1:
        return f"{subset[0]} alone"
    missing = [name for name in OPINIONS if name not in subset]
    return f"without {missing[0]}" if missing else "all together"


def _reliability(name: str, judged: Table, said: Floats) -> Iterator[Figure]:
    for low, high in pairwise(_EDGES):
        rows = (said >= low) & ((said < high) | (high == 1.0))
        if rows.sum() >= 5:
            weight = judged.weight[rows]
            happened = float(np.average(judged.planet[rows], weights=weight))
            told = f"mean said {np.average(said[rows], weights=weight):.3f}, {rows.sum()} signals"
            yield Figure(f"{name}: planets where {100 * low:g}–{100 * high:g} % was said", happened, told)


def _kinds(found: Sequence[Simulated], said: Floats) -> Iterator[Figure]:
    kinds = np.array([one.kind for one in found])
    for kind in dict.fromkeys(kinds.tolist()):
        own = said[(kinds == kind) & np.isfinite(said)]
        if own.size:
            wrong = (own < 0.5) if kind == "planet" else (own >= 0.5)
            yield Figure(
                f"{kind}: mean probability of a planet", float(own.mean()), f"{wrong.sum()} of {own.size} wrong"
            )


def _agreement(judged: Table, said: Floats) -> Iterator[Figure]:
    """Agreement is worth something if the combination is right more often where it is high."""
    agreed = np.array([np.nan if (a := agreement(o)) is None else a for o in judged.opinions])
    right = (said >= 0.5) == judged.planet
    for low, high in ((0.0, 0.5), (0.5, 0.8), (0.8, 1.0)):
        rows = np.isfinite(said) & (agreed >= low) & ((agreed < high) | (high == 1.0))
        if rows.any():
            share = float(np.average(right[rows], weights=judged.weight[rows]))
            yield Figure(f"right where the agreement is {low:g}–{high:g}", share, f"of {rows.sum()}")


def _stored(found: Sequence[Simulated], judged: Table) -> Iterator[Figure]:
    old = sum(one.chances_by != ensemble_signals.chances_by() for one in found)
    yield Figure("signals with chances by older code", float(old), f"of {len(found)}; made again with --anew")
    old = sum(one.light_by != ensemble_signals.light_by() for one in found)
    yield Figure("signals with tests and views by older code", float(old), "made again with --write")
    trained, every = fit_all(judged), SUBSETS[-1]
    numbers = judged.numbers(every)
    rows = np.flatnonzero(np.isfinite(numbers).all(axis=1))
    now = trained[every].planet(numbers[rows])
    stored = np.array([planet_probability(judged.opinions[k]) for k in rows], dtype=float)
    yield Figure(
        "stored weights: largest difference from those trained on these", float(np.abs(now - stored).max()), ""
    )


def write(each: int = EACH_STORED, *, anew: bool = False, classifier: Path = COMMITTED, path: Path = MODULE) -> Table:
    """Train on `each` signals of every kind and write the module of weights. Returns what it was trained on."""
    found = ensemble_signals.signals(each, anew=anew, refresh=True)
    judged = table_of(found, classified(found, classifier))
    held = {subset: scores(judged, left_out(judged, subset)) for subset in SUBSETS}
    planets = sum(one.is_planet for one in found)
    made: dict[str, object] = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "planets": planets,
        "false positives": len(found) - planets,
        "stars lending their light": int(np.unique(judged.light_of).size),
        "classifier": load_manifest(classifier, check=False).version,
        "command": f"python -m benchmarks.ensemble --write --each {each}",
    }
    write_module(path, fit_all(judged), held, made)
    return judged


def _main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ensemble", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "--write", action="store_true", help="train anew and write science/validation/ensemble_weights.py"
    )
    parser.add_argument("--each", type=int, help=f"signals of each kind, planets {PLANETS} times as many")
    parser.add_argument("--anew", action="store_true", help="make all signals again, chances too")
    parser.add_argument("--classifier", type=Path, default=COMMITTED, help="folder of the trained classifier")
    given = parser.parse_args()
    each = given.each or (EACH_STORED if given.write else EACH)
    if given.write:
        write(each, anew=given.anew, classifier=given.classifier)
        from science.validation import ensemble_weights

        importlib.reload(ensemble_weights)
        print(f"Written: {MODULE.relative_to(ROOT)}")
    found = ensemble_signals.signals(each, anew=given.anew and not given.write)
    print(table(figures(found, table_of(found, classified(found, given.classifier)))))


if __name__ == "__main__":
    _main()
