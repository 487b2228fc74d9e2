"""Train the classifier: `python -m serving.train [--data DIR] [--out DIR] [--rows usual|unusual] [--smoke]`.

DIR is the pack of real data (its `views`, `lightcurves` and `catalogues`). The training is a list of jobs that two
processes work off; what is done is kept in var/train, so a training that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, fields
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from serving.artefacts import COMMITTED
from serving.signals import Signals, folds, read_signals
from serving.training import SMOKE, Job, Settings, jobs, run, stages

#: Everything that is kept on the way.
CACHE: Final = Path(__file__).resolve().parent.parent / "var" / "train"
#: What the rows of the table follow from, beside the data.
_TABLE_MODULES: Final = (
    "injected_signals", "scalars", "signal_files", "signal_groups", "signal_labels", "signals", "stellar_scaling",
    "view_grids", "views",
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Train, judge and write the artefacts; 2 where the data are not there."""
    from serving.finishing import finish

    parser = argparse.ArgumentParser(prog="python -m serving.train", description="Train the classifier of signals.")
    parser.add_argument("--data", type=Path, default=_pack(), help="the pack of real data")
    parser.add_argument("--out", type=Path, default=COMMITTED, help="folder of the artefacts")
    parser.add_argument(
        "--rows", choices=("usual", "unusual"), default="usual",
        help="unusual: the second training, put beside the first one in the same folder",
    )  # fmt: skip
    parser.add_argument("--smoke", action="store_true", help="a training of seconds, on few rows, good for nothing")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where answers of finished jobs are kept")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(arguments)
    if not (asked.data / "views").is_dir():
        print(f"There is no folder {asked.data / 'views'}.", file=sys.stderr)
        return 2
    settings = SMOKE if asked.smoke else Settings()
    if asked.smoke:
        _untraced()
    unusual = asked.rows == "unusual"
    signals, cache = table_of(asked.data, settings, asked.cache, smoke=asked.smoke, unusual=unusual)
    log = train(signals, settings, cache, processes=asked.processes)
    out = cache / "artefacts" if unusual else asked.out
    finish(
        signals, settings, cache, out, log, data=data_hashes(asked.data), smoke=asked.smoke,
        catalogues=asked.data / "catalogues",
    )  # fmt: skip
    if unusual:
        from serving.second_training import take_in

        take_in(asked.out, out, signals)
    return 0


def table_of(
    data: Path, settings: Settings, parent: Path, *, smoke: bool = False, unusual: bool = False
) -> tuple[Signals, Path]:
    """The rows to train on, real and injected, and the folder where the jobs of these rows and settings are kept."""
    from serving.injected_signals import COUNTS, UNUSUAL_COUNTS, with_injected

    counts = UNUSUAL_COUNTS if unusual else COUNTS
    digest = hashlib.sha256(json.dumps([data_hashes(data), _table_code(), counts]).encode()).hexdigest()[:8]
    cache = parent / f"{'smoke-' if smoke else ''}{digest}-{settings.key}"
    cache.mkdir(parents=True, exist_ok=True)
    stored = cache / "table.npz"
    if not stored.is_file():
        signals = read_signals(data / "views")
        if (data / "lightcurves").is_dir() and not smoke:
            signals = with_injected(signals, data / "lightcurves", counts=counts, seed=settings.seed)
        if smoke:
            signals = _few(signals, settings.seed)
        save(signals, stored)
    return load(stored), cache


def _table_code() -> list[str]:
    """Hashes of the modules that make the rows: other rows are another training."""
    own = Path(__file__).parent
    return [hashlib.sha256((own / f"{name}.py").read_bytes()).hexdigest() for name in _TABLE_MODULES]


def train(
    signals: Signals, settings: Settings, cache: Path, *, processes: int = 2, only: list[Job] | None = None
) -> list[dict[str, Any]]:
    """Do all jobs that are not done yet; the log of each. One line a job is printed."""
    done: list[dict[str, Any]] = []
    listed = only if only is not None else jobs(settings)
    if processes == 1:
        fold = folds(signals, settings.folds, settings.seed)
        for stage in stages(listed):
            done += [run(job, signals, fold, settings, cache) for job in stage]
        return done
    start, count = time.time(), len(listed)
    with ProcessPoolExecutor(processes, get_context("spawn"), _quietly) as pool:
        for stage in stages(listed):
            waiting: list[Future[dict[str, Any]]] = [pool.submit(_job, job, settings, cache) for job in stage]
            for one in as_completed(waiting):
                log = one.result()
                done.append(log)
                minutes = (time.time() - start) / 60
                print(f"{len(done):3d} of {count}  {log['job']:20s} {log['cpu_seconds']:6.0f} s CPU  "
                      f"{minutes:6.1f} min since start", flush=True)  # fmt: skip
    return sorted(done, key=lambda log: str(log["job"]))


def _pack() -> Path:
    """Under LARUN_REALDATA, or beside the repository."""
    return Path(os.environ.get("LARUN_REALDATA") or CACHE.parents[2] / "shared" / "realdata")


def one_thread() -> None:
    """TensorFlow and the trees on one core each: two jobs run side by side."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def save(signals: Signals, path: Path) -> None:
    """Store a table without pickles."""
    partial = path.with_suffix(".part.npz")
    np.savez(partial, **{f.name: getattr(signals, f.name) for f in fields(Signals)})
    partial.replace(path)


def load(path: Path) -> Signals:
    """Read what `save` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        return Signals(**{f.name: stored[f.name] for f in fields(Signals)})


def data_hashes(data: Path) -> dict[str, str]:
    """SHA-256 of the files of labelled views."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted((data / "views").glob("*.*z"))}


def versions() -> dict[str, str]:
    """Of the packages a training depends on."""
    from importlib.metadata import version

    return {name: version(name) for name in ("numpy", "scikit-learn", "keras", "tensorflow-cpu", "ai-edge-litert")}


def described(settings: Settings) -> dict[str, Any]:
    """Settings for the log."""
    return asdict(settings)


def _untraced() -> None:
    """Run step by step: for a few steps, making graphs of them takes longer than the steps."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)


def _few(signals: Signals, seed: int) -> Signals:
    """300 rows, half of them planets, so that every class is there."""
    from serving.signals import rows_of

    rng = np.random.default_rng(seed)
    planets = np.flatnonzero(signals.label == 0)
    others = np.flatnonzero(signals.label != 0)
    some: npt.NDArray[np.int64] = np.concatenate(
        [rng.choice(g, min(150, g.size), replace=False) for g in (planets, others)]
    )
    return rows_of(signals, np.sort(some))


_loaded: dict[Path, tuple[Signals, npt.NDArray[np.int8]]] = {}


def _job(job: Job, settings: Settings, cache: Path) -> dict[str, Any]:
    if cache not in _loaded:
        signals = load(cache / "table.npz")
        _loaded[cache] = signals, folds(signals, settings.folds, settings.seed)
    return run(job, *_loaded[cache], settings, cache)


def _quietly() -> None:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    one_thread()


if __name__ == "__main__":
    sys.exit(main())
