"""Where a command is asked to write: looked at before the work, so that no result is lost for a wrong path."""

from __future__ import annotations

import os
from pathlib import Path

from larun_app.commands.failures import WrongUse

STANDARD_OUTPUT = "-"


def check_file(name: str | None) -> None:
    """Raises WrongUse where a file of this name cannot be written. None and "-" always can."""
    if name is None or name == STANDARD_OUTPUT:
        return
    path = Path(name)
    if path.is_dir():
        raise WrongUse(f"{name} is a folder; name a file to write.")
    if not path.parent.is_dir():
        raise WrongUse(f"There is no folder {path.parent} to write {path.name} into.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise WrongUse(f"{name} cannot be written: permission denied.")


def check_folder(name: str | None) -> None:
    """Raises WrongUse where a folder of this name can be neither used nor made."""
    if name is None:
        return
    path = Path(name).absolute()
    nearest = next(p for p in (path, *path.parents) if p.exists())
    if not nearest.is_dir():
        raise WrongUse(f"{nearest} is a file; name a folder to write into.")
    if not os.access(nearest, os.W_OK):
        raise WrongUse(f"{name} cannot be written: permission denied.")


def write_text(name: str, text: str) -> None:
    """Write `text` and a line end into the file, or print it where the name is "-"."""
    if name == STANDARD_OUTPUT:
        print(text)
    else:
        Path(name).write_text(text + "\n", encoding="utf-8")
