"""Real worker processes for the kill tests: started in their own group, and gone when the test is over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEASE_SECONDS = "2.5"


@contextmanager
def worker_process(
    home: Path, lane: str = "search", script: str = "slow_worker.py"
) -> Iterator[subprocess.Popen[bytes]]:
    """The real worker with the slow work of `script`, in its own process group."""
    with (home / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/jobs" / script), "--lane", lane],
            env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests/jobs'}", "LARUN_LEASE_SECONDS": LEASE_SECONDS},
            cwd=home,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a worker and all that it started, at once."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def wait_until(condition: Callable[[], bool], home: Path, seconds: float = 60.0) -> None:
    """Wait for `condition`; a failure shows what the worker said last."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("Waited too long. The worker said:\n" + (home / "worker.log").read_text()[-4000:])
        time.sleep(0.05)


def notes(home: Path) -> list[str]:
    """What the slow work wrote down so far."""
    file = home / "notes.txt"
    return file.read_text().split("\n")[:-1] if file.exists() else []
