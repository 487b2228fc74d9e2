"""A run of the ledger: the pipeline with the job row, the stage rows and the lake around it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from data import lake
from data.report import Report
from data.requests import RunRequest
from data.session import read_scope
from data.tables import Run
from jobs import failures
from jobs.context import Columns, JsonObject, StageName
from jobs.fetching import SourceFile
from jobs.handle import JobHandle, RunProblem, RunSummary
from jobs.pipeline import analyse
from jobs.uploads import uploads_of
from science.folding import phase_days

#: An archive that does not answer is asked again after this time, while the job has attempts left.
RETRY_SECONDS = 120.0
THUMBNAIL_BINS = 64


class Watcher(Protocol):
    """Someone who wants to see the progress in this process (the command line)."""

    def __call__(self, stage: str, fraction: float, fact: str) -> None: ...


class LedgerStore:
    """Results of a job go to the lake, under the run that it works for."""

    def __init__(self, handle: JobHandle, stage: StageName) -> None:
        self.run_id = handle.files_of
        self._handle = handle
        self._stage: StageName = stage

    def save_columns(self, kind: str, columns: Columns, meta: JsonObject, *, transient: bool = False) -> None:
        self._handle.check_cancelled()
        self._handle.store(kind, lake.write_columns(kind, dict(columns), meta), self._stage, transient=transient)

    def load_columns(self, kind: str) -> tuple[dict[str, np.ndarray], JsonObject] | None:
        stored = self._handle.stored_files().get(kind)
        if stored is None:
            return None
        return lake.read_columns(stored.path), dict(stored.meta)

    def save_document(self, kind: str, document: JsonObject, *, transient: bool = False) -> None:
        self._handle.check_cancelled()
        self._handle.store(kind, lake.write_document(kind, document), self._stage, transient=transient)

    def load_document(self, kind: str) -> JsonObject | None:
        stored = self._handle.stored_files().get(kind)
        return None if stored is None else json.loads(lake.read_document(stored.path))

    def remove(self, name: str) -> None:
        self._handle.forget(name)


class LedgerContext(LedgerStore):
    """The pipeline's surroundings in a database run: progress to the stage rows, results to the lake."""

    def __init__(self, handle: JobHandle, watcher: Watcher | None = None) -> None:
        super().__init__(handle, "fetch")
        self.timings: dict[str, float] = {}
        self._watcher = watcher

    def begin(self, stage: StageName) -> None:
        self._stage = stage
        self._handle.stage_started(stage)

    def progress(self, fraction: float, fact: str, eta_seconds: float | None = None) -> None:
        self._handle.progress(self._stage, fraction, fact, eta_seconds)
        if self._watcher is not None:
            self._watcher(self._stage, fraction, fact)

    def done(self, stage: StageName, fact: str) -> None:
        self._handle.stage_done(stage, fact)
        if self._watcher is not None:
            self._watcher(stage, 1.0, fact)

    def describe(self, target: str, title: str, simulated: bool) -> None:
        self._handle.describe(target=target[:200], title=title[:200], simulated=simulated)


def run_analysis(run_id: str, handle: JobHandle, watcher: Watcher | None = None) -> None:
    """Work of one job of kind "analysis": the whole pipeline, then the summary for the lists.

    Raises RunProblem with a sentence for every foreseen failure; an archive that is down is tried again later.
    """
    with read_scope() as session:
        run = session.get(Run, run_id)
        if run is None:
            raise RunProblem("This run does not exist any more.")
        request = RunRequest.model_validate(run.request)
        owner_id = run.owner_id
    context = LedgerContext(handle, watcher)

    def find_uploads(ids: Sequence[str]) -> tuple[SourceFile, ...]:
        with read_scope() as session:
            return uploads_of(session, owner_id, ids)

    try:
        report = analyse(request, context, find_uploads)
    except Exception as error:
        known = failures.explain(error)
        if known is None:
            raise
        fault, sentence = known
        retry = RETRY_SECONDS if fault == "service" else None
        raise RunProblem(sentence, retry_after_seconds=retry) from error
    handle.finish(summarise(report, context))


def summarise(report: Report, context: LedgerContext) -> RunSummary:
    """What the lists show of a finished run."""
    signal = report.signals[0] if report.signals else report.best_rejected
    return RunSummary(
        headline=report.verdict.headline,
        verdict_kind=report.verdict.kind,
        tone=report.verdict.tone,
        period_days=signal.period_days if signal else None,
        depth_ppm=signal.depth_ppm if signal else None,
        snr=signal.snr if signal else None,
        simulated=report.simulated,
        thumbnail=thumbnail(report, context),
        title=report.title,
    )


def thumbnail(report: Report, context: LedgerContext) -> tuple[float, ...]:
    """The fold around the dip (or, without one, the whole curve) as at most THUMBNAIL_BINS medians in ppm."""
    kept = context.load_columns("lightcurve")
    if kept is None:
        return ()
    columns, meta = kept
    used = (columns["flags"] & 1) != 0
    t, flux = columns["t"][used], columns["flux"][used].astype(float)
    if len(t) == 0:
        return ()
    signal = report.signals[0] if report.signals else report.best_rejected
    if signal is not None:
        offset = float(meta.get("time_offset_bjd", 0.0))  # type: ignore[arg-type]
        x = phase_days(t, signal.period_days, signal.epoch_bjd - offset)
        half = min(2.0 * signal.duration_hours / 24, signal.period_days / 2)
        lo, hi = -half, half
    else:
        x, lo, hi = t, float(t[0]), float(t[-1])
    edges = np.linspace(lo, hi, THUMBNAIL_BINS + 1)
    index = np.digitize(x, edges) - 1
    points = [float(np.median(flux[index == i])) for i in range(THUMBNAIL_BINS) if np.any(index == i)]
    return tuple(points)
