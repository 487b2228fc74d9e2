"""The worker: `python -m jobs.worker --lane search|io` takes jobs from its lane until it is asked to stop.

Searches run in processes of their own, which load and warm the search kernels before the first job; look-ups wait for
the network and share one process as threads. Ctrl-C lets a job finish for a few seconds and then puts it back into
the queue, where it resumes after its last stored stage. Killed workers lose nothing either: see `jobs.ledger`.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from huey.consumer import Consumer, Scheduler, Worker

from data.home import SettingsError, prepare_numerics, settings

logger = logging.getLogger("larun.worker")

IO_THREADS = 4
STOP_SECONDS = 4.0  # a job may finish for so long after Ctrl-C
LONGEST_PAUSE_SECONDS = 0.5  # between looks at an empty queue: nobody notices half a second

#: "module:function" called in each search process before its first job, so that no person waits for a compiler.
WARM_UP = "jobs.warming:warm_up"


class _RoundsScheduler(Scheduler):  # type: ignore[misc]
    """Huey's scheduler, which also sweeps the ledger: it runs beside the workers, so a long search delays nothing."""

    lane = "search"

    def initialize(self) -> None:
        from jobs.housekeeping import Rounds

        _end_with_parent(self.lane)
        self._rounds = Rounds(chores=self.lane == "search")

    def loop(self, now: Any = None) -> None:
        self._rounds.go()
        super().loop(now)


class _SearchWorker(Worker):  # type: ignore[misc]
    """A process that is warm before its first job and ends when the consumer is gone."""

    def initialize(self) -> None:
        _end_with_parent("search")
        self._warm_up_or_leave()
        super().initialize()

    def _warm_up_or_leave(self) -> None:
        """Compiling cannot be interrupted; asked to stop meanwhile, this process just leaves: it holds no job yet."""
        warm = threading.Event()

        def watch() -> None:
            while not warm.wait(0.2):
                if self.stop_flag.is_set():
                    os._exit(0)

        threading.Thread(target=watch, name="warm-up-watch", daemon=True).start()
        try:
            warm_up()
        finally:
            warm.set()


class _SearchConsumer(Consumer):  # type: ignore[misc]
    worker_class = _SearchWorker
    scheduler_class = _RoundsScheduler


class _IoScheduler(_RoundsScheduler):
    lane = "io"


class _IoConsumer(Consumer):  # type: ignore[misc]
    scheduler_class = _IoScheduler


def warm_up() -> None:
    """Do what `WARM_UP` names. A worker that cannot be warmed works all the same, only slower at first."""
    if not WARM_UP:
        return
    began = time.monotonic()
    module, _, name = WARM_UP.partition(":")
    try:
        getattr(import_module(module), name)()
    except Exception:
        logger.exception("The search could not be warmed; the first run will take longer.")
    logger.info("Ready for searches after %.1f s.", time.monotonic() - began)


def _end_with_parent(lane: str) -> None:
    """A forked process must not outlive its consumer, even one that was killed: nobody would ever stop it."""
    if lane != "search":
        return  # threads end with their process
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def consumer(lane: str, workers: int) -> Consumer:
    """The Huey consumer of a lane."""
    from jobs.queue import queue

    common: dict[str, Any] = {
        "periodic": False,
        "initial_delay": 0.1,
        "max_delay": LONGEST_PAUSE_SECONDS,
        "backoff": 1.3,
        "health_check_interval": 1,
        "shutdown_timeout": STOP_SECONDS,
    }
    if lane == "search":
        return _SearchConsumer(queue(lane), workers=workers, worker_type="process", **common)
    return _IoConsumer(queue(lane), workers=IO_THREADS, worker_type="thread", **common)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a worker until SIGINT (let the job finish, then stop) or SIGTERM (stop now)."""
    parser = argparse.ArgumentParser(prog="python -m jobs.worker", description="Take jobs from the queue.")
    parser.add_argument("--lane", choices=("search", "io"), default="search")
    parser.add_argument("--workers", type=int, default=None, help="searches at the same time (default: LARUN_WORKERS)")
    arguments = parser.parse_args(argv)
    try:
        config = settings()
        config.make_folders()
    except SettingsError as error:
        print(f"larun: {error}", file=sys.stderr)
        return 2
    prepare_numerics(config)
    logging.basicConfig(format="%(asctime)s %(process)d %(name)s: %(message)s", level=logging.WARNING)
    for name in ("larun", "jobs", "data", "science"):
        logging.getLogger(name).setLevel(logging.INFO)
    Path(os.environ["NUMBA_CACHE_DIR"]).mkdir(parents=True, exist_ok=True)
    consumer(arguments.lane, arguments.workers or config.workers).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
