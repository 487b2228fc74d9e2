"""Time of the whole vetting of a six-sector target: light, pixels, neighbours and star, archives cached.

pi Mensae (TIC 261136679), six TESS sectors in two-minute steps, its planet c given. The archives are stand-ins on this
machine; a first run fills the cache, a second one is measured. Its pixels are drawn around the real light (the pack of
real data has no target pixel files of this star).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from benchmarks.frame import Figure, at_most
from data.report import Report
from data.requests import DataChoice, GivenSignal, RunRequest
from jobs.context import MemoryContext
from jobs.pipeline import analyse

BAR_SECONDS = 20.0
PI_MEN_C = GivenSignal(period_days=6.267846, epoch_bjd=2458325.50400, duration_hours=2.96)


def measure(only: str | None = None) -> Iterable[Figure]:
    """Seconds of the testing stage, and of the whole run, of one process on at most two cores."""
    with _archives():
        _run()
        report = _run()
    [signal] = report.signals
    made = sum(t.outcome != "not_run" for t in signal.vetting.values())
    sectors = len(report.field.pixels) if report.field else 0
    yield at_most("six-sector vetting", report.provenance.timings["test"], "s", BAR_SECONDS)
    yield Figure("whole run", sum(report.provenance.timings.values()), "s")
    yield Figure("sectors with pixels", float(sectors), "")
    yield Figure("checks made", float(made), f"of {len(signal.vetting)}")
    yield Figure("checks failed", float(sum(t.outcome == "fail" for t in signal.vetting.values())), "", "≤ 0")


def _run() -> Report:
    request = RunRequest(data=DataChoice(kind="archive", target="TIC 261136679"), signal=PI_MEN_C)
    return analyse(request, MemoryContext())


@contextmanager
def _archives() -> Iterator[None]:
    """Stand-ins of the archives and an empty home, for as long as the benchmark takes."""
    from tests.standins.mast_server import MastStandIn

    kept = dict(os.environ)
    with MastStandIn() as mast, tempfile.TemporaryDirectory(prefix="larun-bench-") as home:
        os.environ.pop("LARUN_OFFLINE", None)
        os.environ |= {"LARUN_HOME": home, **mast.env}
        try:
            yield
        finally:
            os.environ.clear()
            os.environ |= kept
