"""The jobs a training is made of: one network, forest or student each, on all folds but one or on everything.

A job reads the table, trains and stores its answers; one that is stored already is not done again, so a training that
was stopped goes on where it was. `fold` −1 stands for the models that are kept: they see all rows but the test split
of Yu et al. and whatever shares a star or an ephemeris with it.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from serving import distillation, networks, trees
from serving.augmentation import VIEWS, augmented, without_some_scalars
from serving.classes import PLANET
from serving.inputs import INPUT_SHAPES, network_inputs
from serving.scalars import OF_THE_STAR, SCALARS
from serving.signal_files import Floats
from serving.signals import Signals
from serving.targets import allowed, blend

FINAL: Final = -1
BRANCHES: Final = ("global", "local", "secondary", "scalars")
TABLE: Final = (*VIEWS, "scalars")
_STAR: Final = [SCALARS.index(n) for n in OF_THE_STAR if n != "tmag"]
#: Teachers beyond the first learn so many times as long: what a fold's student waits for is made quickly, what only
#: adds to the blend is made well.
_LONGER: Final = 2
#: Versions of the rows of a fold that every model answers: as they are; with one branch blank; without the star's
#: numbers; without any scalar.
VERSIONS: Final = ("plain", *(f"no_{b}" for b in BRANCHES), "no_star")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a training follows from, beside the data."""

    folds: int = 10
    teachers: int = 1
    width: int = 24
    epochs: int = 11
    batch: int = 256
    rate: float = 2e-3
    iterations: int = 300
    student_folds: int = 3
    student_epochs: int = 12
    final_student_epochs: int = 24
    representative: int = 512
    planet_weight: float = 2.0
    scalar_free_folds: int = 1
    seed: int = 20265

    @property
    def key(self) -> str:
        """Short name of these settings for the cache; how many teachers and folds of students are asked
        for makes more jobs, not other ones."""
        more = ("teachers", "student_folds", "scalar_free_folds", "representative")
        known = {k: v for k, v in asdict(self).items() if k not in more}
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:10]


SMOKE: Final = Settings(folds=2, teachers=1, width=8, epochs=2, batch=64, iterations=10, student_epochs=2,
                        student_folds=1, final_student_epochs=2, representative=16, scalar_free_folds=0)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """One model: "teacher", "trees", "student", or "free" (a teacher and trees that never see a scalar)."""

    kind: str
    fold: int
    number: int = 0

    @property
    def name(self) -> str:
        """Of its file in the cache, without ending."""
        return f"{self.kind}-{self.number}-{'final' if self.fold == FINAL else self.fold}"


def jobs(settings: Settings) -> list[Job]:
    """All of a training, those first that others need."""
    every = [*range(settings.folds), FINAL]
    found = [Job("trees", k) for k in every]
    found += [Job("teacher", k, n) for n in range(settings.teachers) for k in every]
    found += [Job("free", k) for k in range(settings.scalar_free_folds)]
    return [*found, *(Job("student", k) for k in (*range(settings.student_folds), FINAL))]


def stages(listed: list[Job]) -> list[list[Job]]:
    """Jobs in groups, each of which needs only what the groups before it made."""
    found: list[list[Job]] = [[], [], []]
    for job in listed:
        first = job.kind == "trees" or (job.kind == "teacher" and job.number == 0)
        found[0 if first else 2 if job == Job("student", FINAL) else 1].append(job)
    return [[*sorted(group, key=lambda j: j.kind != "student")] for group in found]


def training_rows(signals: Signals, fold: npt.NDArray[np.int8], k: int) -> npt.NDArray[np.bool_]:
    """Rows that the models of fold k may see. The test split of Yu et al. is in none of them."""
    test = signals.yu_split == "test"
    if k == FINAL:
        return (signals.weight > 0) & ~np.isin(signals.group, signals.group[test])
    return (signals.weight > 0) & ~test & (fold != k)


def run(job: Job, signals: Signals, fold: npt.NDArray[np.int8], settings: Settings, cache: Path) -> dict[str, Any]:
    """Train, store answers (`<name>.npz`) and, of models that are kept, the model; what goes to the log. The file of
    answers comes last."""
    log_path = cache / f"{job.name}.json"
    if (cache / f"{job.name}.npz").is_file() and log_path.is_file():
        return dict(json.loads(log_path.read_text(encoding="utf-8")))
    start, cpu = time.time(), time.process_time()
    table = {name: getattr(signals, name) for name in TABLE}
    rows = training_rows(signals, fold, job.fold)
    asked = np.flatnonzero(fold == job.fold) if job.fold != FINAL else np.flatnonzero(~rows)
    versions = {name: version(table, asked, name) for name in VERSIONS}
    weights = (signals.weight * np.where(signals.label == PLANET, settings.planet_weight, 1.0)).astype(np.float32)
    made = _MAKERS[job.kind](job, table, signals.label, rows, weights, versions, settings, cache)
    answers, log = made
    log |= {
        "job": job.name, "rows": int(rows.sum()), "wall_seconds": round(time.time() - start, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
    }  # fmt: skip
    log_path.write_text(json.dumps(log), encoding="utf-8")
    partial = cache / f"{job.name}.part.npz"
    np.savez_compressed(partial, asked=asked, **answers)
    partial.replace(cache / f"{job.name}.npz")
    return log


def version(table: Mapping[str, npt.NDArray[np.float32]], rows: npt.NDArray, name: str) -> dict[str, npt.NDArray]:
    """Rows of the table as one of VERSIONS."""
    taken = {key: np.array(values[rows]) for key, values in table.items()}
    if name == "no_star":
        taken["scalars"][:, _STAR] = np.nan
    elif name == "no_scalars":
        taken["scalars"][:] = np.nan
    elif name != "plain":
        branch = name.removeprefix("no_")
        taken[f"{branch}_view"][:] = np.nan if branch == "secondary" else 0.0
    return taken


def inputs_of(table: Mapping[str, npt.NDArray[np.float32]]) -> dict[str, npt.NDArray[np.float32]]:
    """What the networks take of the rows of a table."""
    return network_inputs(*(table[name] for name in TABLE))


_Made = tuple[dict[str, npt.NDArray], dict[str, Any]]


def _teacher(job: Job, table: Any, label: Any, rows: Any, weights: Any, versions: Any, settings: Settings,
             cache: Path, *, scalars: bool = True) -> _Made:  # fmt: skip
    seed = settings.seed + 100 * job.number + job.fold + 1
    model = networks.build_teacher(INPUT_SHAPES, width=settings.width, seed=seed)

    def batch(taken: dict[str, npt.NDArray], rng: np.random.Generator) -> dict[str, npt.NDArray]:
        changed = augmented(taken, rng)
        if not scalars:
            changed["scalars"][:] = np.nan
        return inputs_of(changed)

    known = {name: values[rows] for name, values in table.items()}
    losses = networks.train(
        model, known, allowed(label[rows]), weights[rows], seed=seed, batch=settings.batch, rate=settings.rate,
        epochs=settings.epochs * (_LONGER if job.number else 1), augment=batch,
    )  # fmt: skip
    answers = {name: networks.predict(model, inputs_of(taken)) for name, taken in versions.items()}
    if scalars and job.fold != FINAL:
        # what it says of its own rows teaches the student of this fold
        answers["own"] = networks.predict(model, inputs_of(known), reflect=False)
    if job.fold == FINAL:
        model.save_weights(cache / f"{job.name}.weights.h5")
    return _small(answers), {"losses": _rounded(losses), "parameters": int(model.count_params())}


def _trees(job: Job, table: Any, label: Any, rows: Any, weights: Any, versions: Any, settings: Settings,
           cache: Path, *, scalars: bool = True) -> _Made:  # fmt: skip
    rng = np.random.default_rng([settings.seed, job.fold + 1])
    known = {name: values[rows] for name, values in table.items()}
    # every row twice: as it is, and changed, without what others may not know of the star
    changed = augmented(known, rng)
    changed["scalars"] = without_some_scalars(known["scalars"], rng, no_star=0.6)
    both = np.concatenate([trees.features(*(t[name] for name in TABLE)) for t in (known, changed)])
    if not scalars:
        both[:, -len(SCALARS) :] = np.nan
    model = trees.fit(
        both, np.tile(label[rows], 2), np.tile(weights[rows], 2), tuple(table[v].shape[1] for v in VIEWS),
        seed=settings.seed + job.fold, iterations=settings.iterations,
    )  # fmt: skip
    answers = {name: trees.predict(model, trees.features(*(t[v] for v in TABLE))) for name, t in versions.items()}
    if job.fold == FINAL:
        from serving import packed_trees

        packed_trees.save(model, cache / packed_trees.FILE)
    return _small(answers), {"iterations": settings.iterations}


def _free(job: Job, table: Any, label: Any, rows: Any, weights: Any, versions: Any, settings: Settings,
          cache: Path) -> _Made:  # fmt: skip
    only = {"no_scalars": versions["no_scalars"]}
    network, log = _teacher(job, table, label, rows, weights, only, settings, cache, scalars=False)
    forest, _ = _trees(job, table, label, rows, weights, only, settings, cache, scalars=False)
    return {"teacher": network["no_scalars"], "trees": forest["no_scalars"]}, log


def _student(job: Job, table: Any, label: Any, rows: Any, weights: Any, versions: Any, settings: Settings,
             cache: Path) -> _Made:  # fmt: skip
    from serving.quantization import to_tflite
    from serving.student import build_student

    seed = settings.seed + 5000 + job.fold
    known = {name: values[rows] for name, values in table.items()}
    soft = _soft(job, rows, settings, cache)
    model = build_student(INPUT_SHAPES, seed=seed)
    losses = distillation.distil(
        model, known, soft, label[rows], weights[rows], seed=seed,
        epochs=settings.final_student_epochs if job.fold == FINAL else settings.student_epochs,
        augment=lambda taken, chance: inputs_of(augmented(taken, chance)),
    )  # fmt: skip
    count = int(rows.sum())
    sample = np.random.default_rng(seed).choice(count, min(settings.representative, count), replace=False)
    small = inputs_of({name: values[sample] for name, values in known.items()})
    content = to_tflite(model, int8=True, representative=small)
    path = cache / f"{job.name}.tflite"
    path.write_bytes(content)
    taken = inputs_of(versions["plain"])
    from serving.litert import Network

    answers = {
        "plain": Network(path).predict(taken),
        "float": networks.predict(model, taken, reflect=False),
    }
    if job.fold == FINAL:
        model.save_weights(cache / f"{job.name}.weights.h5")
    return _small(answers), {
        "losses": _rounded(losses), "parameters": int(model.count_params()), "bytes": len(content),
    }  # fmt: skip


def _soft(job: Job, rows: npt.NDArray[np.bool_], settings: Settings, cache: Path) -> Floats:
    """Soft labels of the rows a student learns from. Of one fold: what the first network of that fold says of its own
    rows, so that nothing of the fold left out gets in. Of the one that is kept: the out-of-fold answers."""
    if job.fold != FINAL:
        with np.load(cache / f"{Job('teacher', job.fold).name}.npz") as stored:
            return np.asarray(stored["own"], dtype=float)
    answers = out_of_fold(settings, cache, rows.size)
    names = list(answers)
    return blend([answers[n][rows] for n in names], [1.0 / settings.teachers if n != "trees" else 1.0 for n in names])


def out_of_fold(
    settings: Settings, cache: Path, count: int, version_name: str = "plain"
) -> dict[str, npt.NDArray[np.float64]]:
    """(count, 6) by "teacher-0", ... and "trees": what models say of rows they were not trained on."""
    kinds = [Job("teacher", 0, n) for n in range(settings.teachers)] + [Job("trees", 0)]
    return {
        (f"teacher-{j.number}" if j.kind == "teacher" else "trees"): gathered(
            cache, [Job(j.kind, k, j.number) for k in range(settings.folds)], count, version_name
        )
        for j in kinds
    }


def gathered(cache: Path, of: list[Job], count: int, version_name: str) -> npt.NDArray[np.float64]:
    """Answers of several jobs in one table (count, 6); NaN where none of them was asked."""
    table = np.full((count, 6), np.nan)
    for job in of:
        with np.load(cache / f"{job.name}.npz") as stored:
            table[stored["asked"]] = stored[version_name]
    return table


def _small(answers: Mapping[str, npt.NDArray]) -> dict[str, npt.NDArray]:
    return {name: np.asarray(values, dtype=np.float32) for name, values in answers.items()}


def _rounded(numbers: list[float]) -> list[float]:
    return [round(float(x), 5) for x in numbers]


_MAKERS: Final = {"teacher": _teacher, "trees": _trees, "student": _student, "free": _free}
