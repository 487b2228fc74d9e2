"""Gives the JavaScript modules that lie beside a Python package to the front end."""

from __future__ import annotations

from pathlib import Path

import reflex as rx


def published(folder: Path) -> dict[str, str]:
    """Publish every module in `folder`, which must be that of the calling module; name → path to import it by."""
    paths = {}
    for name in sorted(p.name for p in folder.iterdir() if p.suffix in (".js", ".jsx")):
        # two frames up stands the caller, whose place tells Reflex where the file is
        paths[name] = rx.asset(name, shared=True, _stack_level=2).importable_path
    return paths
