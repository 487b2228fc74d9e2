"""A real worker whose fits stop in the middle for as long as the file `hold` exists. Run as a program by
`test_fit_kill`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from data.home import settings
from jobs import fit_checkpoints, fitting, worker
from tests.standins.made_fit import stand_in


def _pause(block: int) -> None:
    _note(f"block {block}")
    while block == 3 and (settings().home / "hold").exists():
        time.sleep(0.05)


def _note(what: str) -> None:
    with Path(settings().home / "notes.txt").open("a") as notes:
        notes.write(f"{what}\n")


if __name__ == "__main__":
    fit_checkpoints.Checkpoints.__init__.__kwdefaults__["every_seconds"] = 0.0
    fitting.fit_transits = stand_in(blocks=5, pause=_pause)
    fitting.times_of = lambda *_: {}  # compiling takes longer than the test
    worker.WARM_UP = ""
    sys.exit(worker.main(sys.argv[1:]))
