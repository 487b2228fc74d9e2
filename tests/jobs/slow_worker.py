"""A real worker whose runs take their time: for the test that kills it. Run as a program by `test_kill`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from data import lake
from jobs import work, worker
from jobs.handle import JobHandle, RunSummary


def slow_run(run_id: str, job: JobHandle) -> None:
    """Two stages with a file each; the second takes as long as the file `hold` exists in the home folder."""
    from data.home import settings

    hold = settings().home / "hold"
    if "fetch" not in job.stages_done():
        job.stage_started("fetch")
        job.store("lightcurve", lake.write_columns("lightcurve", {"t": np.arange(5.0)}), "fetch")
        _note("fetched", job)
        job.stage_done("fetch", "5 points")
    job.stage_started("search")
    _note("searching", job)
    while hold.exists():
        job.progress("search", 0.4, "held")
        time.sleep(0.05)
    job.store("report", lake.write_document("report", {"answer": 42}), "search")
    job.stage_done("search", "1 dip")
    job.finish(RunSummary("A dip repeats.", "signal", "pass", period_days=3.5))
    _note("finished", job)


def _note(what: str, job: JobHandle) -> None:
    from data.home import settings

    with Path(settings().home / "notes.txt").open("a") as notes:
        notes.write(f"{what} {job.attempt}\n")


if __name__ == "__main__":
    work.RUNNERS["analysis"] = "slow_worker:slow_run"
    worker.WARM_UP = ""
    sys.exit(worker.main(sys.argv[1:]))
