"""Work of one job of kind "fit": the posterior of a signal of a finished run, on the light that the run stored."""

from __future__ import annotations

from pydantic import ValidationError

from data.fit_report import FitProgress
from data.lake import LakeError
from data.report import Report
from data.report_star import star_of
from data.requests import FitChoice, RunRequest
from data.session import read_scope
from data.stored_report import read_report
from data.tables import Run
from jobs import cleaning, failures, fitting
from jobs.fit_start import DAMAGED, NO_LIGHT
from jobs.handle import RUN_GONE, JobHandle, RunProblem
from jobs.running import LedgerStore
from jobs.summary_pdf import NoSuchSignal, chosen_signal


def run_fit(_run_id: str, handle: JobHandle) -> None:
    """Sample, store the fit beside the run's files, and answer with how it ended. The run itself is not touched.

    Raises RunProblem with a sentence for every foreseen failure. A fit that does not converge is no failure.
    """
    choice = FitChoice.model_validate(handle.payload["settings"])
    report, seed = _report_of(handle)
    try:
        signal = chosen_signal(report, int(handle.payload["signal"]))
    except NoSuchSignal as reason:
        raise RunProblem(str(reason)) from reason
    store = LedgerStore(handle, "measure")
    try:
        curve = cleaning.restore(store)
    except LakeError as damaged:
        raise RunProblem(NO_LIGHT) from damaged
    if curve is None:
        raise RunProblem(NO_LIGHT)
    handle.note(
        {"progress": FitProgress(words="choosing the light near the transits").model_dump(mode="json")}, now=True
    )

    def tell(_index: int, progress: FitProgress) -> None:
        handle.note({"progress": progress.model_dump(mode="json")})

    signals = report.signals or (signal,)
    try:
        fits = fitting.fit_signals(
            curve,
            star_of(report),
            signals,
            (signal.index,),
            choice,
            seed,
            store,
            tell,
            again=handle.attempt == 1,
        )
    except Exception as error:
        known = failures.explain(error)
        if known is None:
            raise
        raise RunProblem(known[1]) from error
    fit = fits[signal.index]
    handle.answer({"converged": fit.converged, "reason": fit.reason, "signals": sorted(fits)})


def _report_of(handle: JobHandle) -> tuple[Report, int]:
    try:
        with read_scope() as session:
            run = session.get(Run, handle.files_of)
            if run is None or run.owner_id != handle.owner_id:
                raise RunProblem(RUN_GONE)
            report = read_report(session, run.id)
            seed = RunRequest.model_validate(run.request).seed
    except (LakeError, ValidationError) as damaged:
        raise RunProblem(DAMAGED) from damaged
    if report is None:
        raise RunProblem(RUN_GONE)
    return report, seed
