"""Start an analysis or an archive look-up for a person. Every door (page, API, command line) comes through here."""

from __future__ import annotations

from pydantic import BaseModel
from sqlmodel import Session, select

from data.report import StellarReport
from data.requests import RunRequest
from data.tables import Job, Run
from jobs.fetching import NoData, short_title
from jobs.ledger import create_run, enqueue, enqueue_lookup
from jobs.uploads import uploads_of


class FoundProduct(BaseModel):
    """One light curve that the archive holds."""

    id: str
    sector: int | None = None
    label: str
    author: str
    cadence_seconds: float
    bytes: int | None = None
    year: int | None = None
    chosen: bool


class KnownPlanetReport(BaseModel):
    """A planet or candidate already known around the star."""

    name: str
    period_days: float | None = None
    epoch_bjd: float | None = None
    duration_hours: float | None = None
    disposition: str = ""


class LookupResult(BaseModel):
    """What the archive says of a star. `state` "failed" carries the sentence."""

    state: str  # waiting | done | failed
    sentence: str = ""
    name: str = ""
    star: StellarReport | None = None
    products: tuple[FoundProduct, ...] = ()
    known_planets: tuple[KnownPlanetReport, ...] = ()
    from_cache: str = ""


def start_run(
    session: Session,
    owner_id: str,
    request: RunRequest,
    *,
    parent_run_id: str | None = None,
    priority: int = 0,
    announce: bool = True,
) -> str:
    """Store a run and its job; the worker is told after the commit. Returns the run's id.

    Raises NoData where the request names an upload or example that does not exist for this owner, PermissionError
    where the parent run is another's.
    """
    target, title, simulated = _name(session, owner_id, request)
    if parent_run_id is not None:
        parent = session.get(Run, parent_run_id)
        if parent is None or parent.owner_id != owner_id:
            raise PermissionError("no such run")
    run = create_run(
        session,
        owner_id,
        request.model_dump(mode="json"),
        target=target,
        title=request.title or title,
        simulated=simulated,
        parent_run_id=parent_run_id,
    )
    enqueue(session, run, priority=priority, announce=announce)
    return run.id


def _name(session: Session, owner_id: str, request: RunRequest) -> tuple[str, str, bool]:
    data = request.data
    if data.kind == "example":
        from data.examples import get_example

        try:
            example = get_example(data.example)
        except KeyError as missing:
            raise NoData("There is no such example.") from missing
        return example.target, short_title(example.title), example.simulated
    if data.kind == "upload":
        files = uploads_of(session, owner_id, data.upload_ids)
        if not files:
            raise NoData("Choose at least one file.")
        name = data.target or files[0].name
        return name[:200], name[:200], False
    if data.kind == "files":
        if not data.paths:
            raise NoData("Choose at least one file.")
        name = data.target or data.paths[0].rsplit("/", 1)[-1]
        return name[:200], name[:200], False
    from data.archives.targets import parse_target

    parse_target(data.target)  # a wrong number is refused before anything is stored
    return data.target, data.target, False


def rerun(session: Session, owner_id: str, run_id: str, changes: dict[str, object]) -> str:
    """The same analysis again with parts of its request replaced, e.g. {"clean": {...}}. Returns the new run's id.

    Raises PermissionError where the run is another's, pydantic's ValidationError where the changes make no request.
    """
    run = session.exec(select(Run).where(Run.id == run_id, Run.owner_id == owner_id)).one_or_none()
    if run is None:
        raise PermissionError("no such run")
    document: dict[str, object] = dict(run.request)
    for part, values in changes.items():
        kept = document.get(part)
        document[part] = {**kept, **values} if isinstance(kept, dict) and isinstance(values, dict) else values
    return start_run(session, owner_id, RunRequest.model_validate(document), parent_run_id=run_id)


def start_lookup(session: Session, owner_id: str, text: str) -> str:
    """Ask the archive about a star, in the worker. Returns the job's id. Raises NotATarget for what is no star."""
    from data.archives.targets import parse_target

    parse_target(text)
    return enqueue_lookup(session, owner_id, text).id


def lookup_result(session: Session, owner_id: str, job_id: str) -> LookupResult | None:
    """The answer so far; None where the look-up is another's or unknown."""
    job = session.exec(
        select(Job).where(Job.id == job_id, Job.owner_id == owner_id, Job.kind == "lookup")
    ).one_or_none()
    if job is None:
        return None
    if job.state == "done" and job.result is not None:
        return LookupResult.model_validate(job.result)
    if job.state in ("failed", "cancelled"):
        return LookupResult(state="failed", sentence=job.error or "The look-up was stopped.")
    return LookupResult(state="waiting")
