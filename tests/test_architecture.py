"""The floor plan holds: who may import whom, what the web process never loads, and what the repository never says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

#: Each takes seconds to import, and only workers need them.
SLOW = ("lightkurve", "astroquery", "transitleastsquares", "wotan", "matplotlib", "pandas", "keras", "tensorflow")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "lint-imports"), "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=200
    )


def test_nobody_imports_against_the_arrows() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b[1-9]\d* kept, 0 broken", done.stdout), done.stdout


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("science/strange.py", "import data.tables"),
        ("science/strange.py", "import duckdb"),
        ("data/strange.py", "from jobs import ledger"),
        ("jobs/strange.py", "def f():\n    import larun_app.cli"),
    ],
)
def test_the_check_notices_an_arrow_that_is_turned_round(tmp_path: Path, module: str, statement: str) -> None:
    for folder in ("science", "data", "jobs", "larun_app", "benchmarks"):
        shutil.copytree(
            ROOT / folder,
            tmp_path / folder,
            ignore=lambda _, names: [name for name in names if "." in name and not name.endswith(".py")],
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / module).write_text(statement + "\n")
    done = lint_imports(tmp_path)
    assert done.returncode != 0, done.stdout
    assert re.search(r"[1-9] broken", done.stdout), done.stdout + done.stderr


def loaded_after(statement: str) -> set[str]:
    """Top-level packages in a fresh process after `statement`."""
    program = f"{statement}\nimport json, sys\nprint(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def web_modules() -> list[str]:
    files = (path.relative_to(ROOT) for path in (ROOT / "larun_app").rglob("*.py"))
    names = (".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files)
    return sorted(name for name in names if not name.startswith(("larun_app.server.export",)))


def test_the_web_process_loads_nothing_slow() -> None:
    """All modules of the web app and the command line, at import; workers import the rest inside functions."""
    loaded = loaded_after("\n".join(f"import {name}" for name in ("rxconfig", *web_modules())))
    assert "reflex" in loaded, "the app was not imported at all"
    assert not loaded & set(SLOW)


def test_starting_a_run_from_the_web_loads_no_science() -> None:
    """The pages import this at the first click, inside the web process: it must not freeze everybody for seconds."""
    loaded = loaded_after("import jobs.start, jobs.ledger, jobs.housekeeping, data.archives.targets")
    assert not loaded & {*SLOW, "numba", "astropy", "scipy"}


def test_the_worker_that_waits_for_jobs_has_loaded_no_science() -> None:
    loaded = loaded_after("import jobs.worker, jobs.queue, jobs.work, jobs.housekeeping")
    assert not loaded & {*SLOW, "numba", "astropy", "reflex"}


def requirements(name: str) -> dict[str, list[str]]:
    """Pinned requirement → its hashes."""
    pinned: dict[str, list[str]] = {}
    for line in (ROOT / name).read_text().splitlines():
        if line and not line.startswith((" ", "#")):
            pinned[line.rstrip(" \\")] = []
        elif "--hash=sha256:" in line:
            pinned[next(reversed(pinned))].append(line)
    return pinned


LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-bootstrap.lock", "requirements-peers.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_and_hashed(name: str) -> None:
    pinned = requirements(name)
    assert pinned
    for requirement, hashes in pinned.items():
        assert re.match(r"[A-Za-z0-9._-]+==[^ ]+( ;.*)?$", requirement), requirement
        assert hashes, f"{requirement} has no hash"


def test_tests_run_on_the_versions_that_people_run() -> None:
    missing = set(requirements("requirements.lock")) - set(requirements("requirements-test.lock"))
    assert not missing


def test_the_lock_has_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["web"], *extras["archives"], *extras["plots"], *extras["postgres"]]
    names = {re.split(r"[\[<>=~! ]", line)[0].lower() for line in asked}
    locked = {re.split("==", line)[0].lower() for line in requirements("requirements.lock")}
    assert names <= locked


def test_the_front_end_lock_names_no_address() -> None:
    lock = json.loads((ROOT / "reflex.lock/package-lock.json").read_text())
    assert len(lock["packages"]) > 50
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name and not entry.get("link"))


#: Put together here, so that this file does not name them either.
REGISTRIES = ("pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "npm" + "mirror.com", "deb." + "debian.org")


def test_no_file_names_a_package_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("This is not a git work tree.")
    guilty = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 5_000_000:
            text = path.read_bytes().decode(errors="ignore").lower()
            guilty += [f"{name}: {host}" for host in REGISTRIES if host in text]
    assert guilty == []
