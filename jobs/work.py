"""What a worker does with one job: take it, run it, and record how it ended."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from importlib import import_module

from jobs.handle import Cancelled, JobHandle, LeaseLost, RunProblem, work_name
from jobs.identity import worker_name
from jobs.ledger import claim

logger = logging.getLogger(__name__)

Runner = Callable[[str, JobHandle], None]

#: Kind of job → "module:function" that does it, called with (run_id, handle). Imported when first needed: the
#: science takes seconds to load.
RUNNERS: dict[str, str] = {
    "analysis": "jobs.running:run_analysis",
    "lookup": "jobs.lookup:run_lookup",
    "fit": "jobs.fit_run:run_fit",
}

UNEXPECTED = "Something went wrong inside the program, and the {work} was stopped. The log has the details ({name})."


def work_on(job_id: str, *, may_exit: bool = True) -> str:
    """Do one job to its end. Returns "done", "failed", "cancelled", "retry", "lost" or "refused" (not ours to take).

    `may_exit`: this process does nothing else, so it may be ended when a cancelled run does not stop by itself.
    """
    handle = claim(job_id, worker_name())
    if handle is None:
        return "refused"
    if may_exit:
        handle.when_stuck = _leave
    logger.info("Job %s: attempt %d begins.", job_id, handle.attempt)
    with handle:
        try:
            _runner(handle.kind)(handle.run_id, handle)
        except Cancelled:
            handle.cancelled()
            return "cancelled"
        except (KeyboardInterrupt, SystemExit):
            handle.release()
            raise
        except LeaseLost:
            logger.warning("Job %s: another worker has taken over; this one stops.", job_id)
            return "lost"
        except RunProblem as problem:
            logger.info("Job %s: %s", job_id, problem)
            return handle.fail(str(problem), retry_after_seconds=problem.retry_after_seconds)
        except Exception as error:
            logger.exception("Job %s failed.", job_id)
            return handle.fail(UNEXPECTED.format(work=work_name(handle.kind), name=type(error).__name__))
        if not handle.ended:
            return handle.fail(UNEXPECTED.format(work=work_name(handle.kind), name="no result"))
    return "done"


def _runner(kind: str) -> Runner:
    module, _, function = RUNNERS[kind].partition(":")
    runner: Runner = getattr(import_module(module), function)
    return runner


def _leave() -> None:
    logger.warning("A cancelled run did not stop by itself: this worker ends and another takes its place.")
    os._exit(75)
