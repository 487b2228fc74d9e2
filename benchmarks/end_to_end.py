"""From file to stored result: seconds and memory of one worker, for one sector and for thirteen.

Runs in a process of its own, as a worker does: warmed once on a bundled example, then timed on the real files. The
stored run (database, Parquet, report) is part of the time. Wall time counts, on whatever cores there are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.frame import Figure, at_most
from data.examples import get_example, list_examples

THIRTEEN_SECTORS = "tic142052876"

_CHILD = """
import json, resource, sys, time
from data.requests import DataChoice, RunRequest, SearchChoice
from jobs.local import run_here

def run(paths):
    started = time.perf_counter()
    data = DataChoice(kind="files", paths=tuple(paths))
    report = run_here(RunRequest(data=data, search=SearchChoice(preset="standard")))
    return time.perf_counter() - started, report

warm, paths = json.loads(sys.argv[1]), json.loads(sys.argv[2])
run(warm)
seconds, report = run(paths)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
points = sum(s.points for s in report.sectors)
print(json.dumps({"seconds": seconds, "peak_mb": peak, "points": points, "headline": report.verdict.headline}))
"""


def measure(only: str | None = None) -> Iterable[Figure]:
    """One sector and thirteen; `only` is "one" or "thirteen"."""
    warm = [str(list_examples()[-1].path)]
    if only in (None, "one"):
        yield from _case("one 2-min sector", warm, [str(get_example("wasp-4").path)], 10.0)
    if only in (None, "thirteen"):
        folder = Path(os.environ.get("LARUN_REALDATA", "../shared/realdata")) / "lightcurves" / "tess_2min_ucd"
        files = sorted(str(p) for p in folder.glob(f"{THIRTEEN_SECTORS}_*.npz"))
        if files:
            yield from _case(f"{len(files)} sectors", warm, files, 60.0)


def _case(name: str, warm: list[str], paths: list[str], limit_seconds: float) -> Iterable[Figure]:
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, json.dumps(warm), json.dumps(paths)],
            env={
                **os.environ,
                "LARUN_HOME": home,
                "LARUN_OFFLINE": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
            },
            capture_output=True,
            text=True,
            check=True,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    yield at_most(f"{name}: file to result, warm", found["seconds"], "s", limit_seconds)
    yield at_most(f"{name}: peak memory of the worker", found["peak_mb"], "MB", 1024.0)
    yield Figure(f"{name}: measurements", found["points"], "points")
