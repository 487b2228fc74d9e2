"""Compile and bundle the pages, then say which of our modules they were made from. Run by `build` as a program."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def own_modules(root: Path) -> list[str]:
    """Source files below `root` that this process has imported, relative to it; installed packages excluded."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    paths = {Path(file).resolve() for file in files if file}
    inside = (path.relative_to(root).as_posix() for path in paths if path.is_relative_to(root))
    return sorted(name for name in inside if not name.startswith("."))


def main() -> int:
    """`python -m larun_app.server.export FILE`: builds into `.web`, writes the list of modules to FILE."""
    from reflex.reflex import cli

    answer = Path(sys.argv[1])
    cli(["export", "--frontend-only", "--no-zip"], standalone_mode=False)
    answer.write_text(json.dumps(own_modules(Path.cwd().resolve())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
