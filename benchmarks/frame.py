"""What all benchmarks share: figures with bars, interleaved CPU timing, the table and the JSON file.

A benchmark is a module of this package with a function `measure(only: str | None) -> Iterable[Figure]`; its name is the
module's with dashes, its first docstring line says what it measures. `only` names a part of it, where it has parts. One
that can measure on data of the caller's own takes `views: Path | None` as well.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import math
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
_NOT_BENCHMARKS = {"__init__", "frame"}
_PACKAGES = ("numpy", "scipy", "numba", "astropy", "transitleastsquares", "wotan")


class ReadsNoViews(ValueError):
    """Views were given to a benchmark that measures something else."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; `bar` says what it has to be ("≤ 1.0"), `met` whether it is (None: published only)."""

    name: str
    value: float
    unit: str
    bar: str = ""
    met: bool | None = None
    peer: str = ""


def at_most(name: str, value: float, unit: str, bar: float, peer: str = "") -> Figure:
    """A figure that must not exceed `bar`. NaN does not meet it."""
    return Figure(name, value, unit, f"≤ {bar:g}", bool(value <= bar), peer)


def at_least(name: str, value: float, unit: str, bar: float, peer: str = "") -> Figure:
    """A figure that must reach `bar`. NaN does not meet it."""
    return Figure(name, value, unit, f"≥ {bar:g}", bool(value >= bar), peer)


def cpu_seconds(calls: Mapping[str, Callable[[], object]], repeats: int = 3) -> dict[str, float]:
    """CPU seconds of this process for each call: the smallest of `repeats`, taken in turns.

    In turns, because a busy machine slows neighbours in time alike; CPU, because it is the cost that another program
    on the same core does not add to.
    """
    best = dict.fromkeys(calls, math.inf)
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.process_time()
            call()
            best[name] = min(best[name], time.process_time() - start)
    return best


def names() -> dict[str, str]:
    """All benchmarks and the first line of their descriptions; nothing is imported for it."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem in _NOT_BENCHMARKS:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.FunctionDef) and node.name == "measure" for node in tree.body):
            found[path.stem.replace("_", "-")] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return found


def run(
    name: str,
    json_path: str | os.PathLike[str] | None = None,
    only: str | None = None,
    views: Path | None = None,
) -> list[Figure]:
    """Run one benchmark, print its table and one line of JSON, and write that to `json_path` too.

    With `json_path` "-" the line is all that is printed. `views`: a folder to measure on instead of the usual data.

    Raises KeyError for an unknown name, ReadsNoViews for `views` given to a benchmark without use for them.
    """
    if name not in names():
        raise KeyError(name)
    module = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
    given: dict[str, Path] = {} if views is None else {"views": views}
    if given and "views" not in inspect.signature(module.measure).parameters:
        raise ReadsNoViews(f"The benchmark {name} does not read views.")
    start = time.perf_counter()
    load = os.getloadavg()[0]
    figures: list[Figure] = list(module.measure(only, **given))
    provenance = _provenance() | {
        "wall_seconds": round(time.perf_counter() - start, 1),
        "load_at_start": round(load, 2),
    }
    if only is not None:
        provenance["only"] = only
    if views is not None:
        provenance["views"] = views.name
    report = {"bench": name, "figures": [asdict(f) for f in figures], "provenance": provenance}
    line = json.dumps(report, ensure_ascii=False, allow_nan=True)
    if json_path != "-":
        print(table(figures))
    print(line)
    if json_path not in (None, "-"):
        Path(json_path).write_text(line + "\n", encoding="utf-8")
    return figures


def table(figures: Iterable[Figure]) -> str:
    """The figures as aligned text."""
    rows = [("figure", "value", "unit", "bar", "met", "peer")]
    for f in figures:
        met = {True: "yes", False: "NO", None: ""}[f.met]
        rows.append((f.name, f"{f.value:.4g}", f.unit, f.bar, met, f.peer))
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def in_peers_environment(script: Path, *arguments: str, threads: int = 1) -> dict[str, float]:
    """Run `script` in `.venv-peers` (made by `make peers`), on one thread; its last line of output is JSON.

    Raises FileNotFoundError where that environment has not been made.
    """
    if not PEERS_PYTHON.exists():
        raise FileNotFoundError("The peers' environment is missing; make it with: make peers")
    environment = os.environ | {"NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [str(PEERS_PYTHON), str(script), *arguments], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{script.name} failed in the peers' environment:\n{done.stderr}")
    answer: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def _provenance() -> dict[str, object]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "versions": versions,
        "machine": _processor(),
        "cores": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": _commit(),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip()
