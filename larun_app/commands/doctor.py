"""`larun doctor`: what is installed, reachable and configured."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from larun_app.commands.outputs import STANDARD_OUTPUT, check_file, write_text


def doctor(arguments: argparse.Namespace) -> int:
    """Print one line a finding. Ends with 0 also when a service is down: that is a finding, not a failure."""
    check_file(arguments.json)
    findings = examine()
    if arguments.json != STANDARD_OUTPUT:
        for finding in findings:
            mark = "ok " if finding["ok"] else "NO "
            print(f"{mark} {finding['what']:24s} {finding['words']}")
    if arguments.json:
        write_text(arguments.json, json.dumps(findings, indent=1))
    return 0


def examine() -> list[dict[str, object]]:
    """All findings: {what, ok, words}."""
    return [*_programs(), *_places(), _model(), *_services()]


def _finding(what: str, ok: bool, words: str) -> dict[str, object]:
    return {"what": what, "ok": ok, "words": words}


def _programs() -> list[dict[str, object]]:
    found = [_finding("Python", sys.version_info >= (3, 11), sys.version.split()[0])]
    for package in ("reflex", "granian", "numba", "wotan", "transitleastsquares", "lightkurve", "astroquery", "duckdb"):
        installed = find_spec(package) is not None
        found.append(_finding(package, installed, metadata.version(package) if installed else "not installed"))
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    found.append(_finding("Node", node is not None, node or "needed to build the pages, not to serve them"))
    return found


def _places() -> list[dict[str, object]]:
    from data.home import settings
    from data.session import database_url, migrate

    config = settings()
    free_gb = shutil.disk_usage(config.home if config.home.exists() else Path.cwd()).free / 1e9
    found = [
        _finding("home folder", free_gb > 1, f"{config.home}, {free_gb:.0f} GB free"),
        _finding("queue", True, "Redis" if config.queue_url else f"SQLite, {config.queue_file}"),
    ]
    try:
        migrate()
        kind = database_url().split(":", 1)[0]
        found.append(_finding("database", True, kind))
    except Exception as error:
        found.append(_finding("database", False, str(error).splitlines()[0]))
    return found


def _model() -> dict[str, object]:
    from data.home import settings
    from larun_app.server.model import answers, why_not

    url = settings().model_url
    if url:
        return _finding("model service", answers(url), url)
    reason = why_not()
    return _finding("model service", reason is None, reason or "started by larun up")


def _services() -> list[dict[str, object]]:
    from data.archives import doctor as ask_archives

    return [_finding(s.name, s.ok, f"{s.address}: {s.sentence}") for s in ask_archives()]
