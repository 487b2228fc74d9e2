"""GET /api/v1/runs, GET /api/v1/runs/{run_id}, POST /api/v1/runs/{run_id}/rerun."""

from __future__ import annotations

import asyncio
import gzip
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlmodel import Session, col, func, or_, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data.requests import GivenSignal, HiddenRange, VetChoice
from data.session import read_scope, session_scope
from data.stored_report import read_text
from data.tables import Run
from larun_app.api.run_files import NO_SUCH_RUN, SIGN_IN, owned_run
from larun_app.api.series import accepts_gzip, cache_headers
from larun_app.security.requests import viewer_of

MOST_HIDDEN = 200
PAGE = 50


class RunLine(BaseModel):
    """One run in a list."""

    id: str
    title: str
    target: str
    state: str
    created_at: str
    finished_at: str | None
    headline: str
    verdict_kind: str
    tone: str
    period_days: float | None
    depth_ppm: float | None
    snr: float | None
    simulated: bool
    error: str

    @classmethod
    def of(cls, run: Run) -> RunLine:
        """From the table's row."""
        return cls(
            created_at=run.created_at.isoformat(),
            finished_at=None if run.finished_at is None else run.finished_at.isoformat(),
            **{name: getattr(run, name) for name in cls.model_fields if name not in ("created_at", "finished_at")},
        )


class ListQuery(BaseModel):
    """What may be asked of the list."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, Field(max_length=200)] = ""
    state: Annotated[str, Field(max_length=16)] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = PAGE
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class CannotRerun(Exception):
    """The search cannot be repeated; the message is one sentence for the person."""


class RerunRequest(BaseModel):
    """The same analysis again: with these stretches of time left out as well, of this signal only (nothing is searched
    then), or with these archives asked for the tests. At least one of them."""

    model_config = ConfigDict(extra="forbid")

    hidden: Annotated[tuple[HiddenRange, ...], Field(max_length=MOST_HIDDEN)] = ()
    signal: GivenSignal | None = None
    vet: VetChoice | None = None

    @model_validator(mode="after")
    def _something(self) -> RerunRequest:
        if not self.hidden and self.signal is None and self.vet is None:
            raise ValueError("Say what is to be different: hidden, signal or vet.")
        return self


def list_runs(session: Session, owner_id: str, query: ListQuery) -> tuple[list[RunLine], int]:
    """One page of a person's runs, the newest first, and how many there are in all."""
    wanted = [Run.owner_id == owner_id]
    if query.q:
        like = "%" + query.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        wanted.append(or_(col(Run.title).ilike(like, escape="\\"), col(Run.target).ilike(like, escape="\\")))  # type: ignore[arg-type]
    if query.state:
        wanted.append(Run.state == query.state)
    total = session.exec(select(func.count()).select_from(Run).where(*wanted)).one()
    rows = session.exec(
        select(Run).where(*wanted).order_by(col(Run.created_at).desc(), Run.id).offset(query.offset).limit(query.limit)
    ).all()
    return [RunLine.of(run) for run in rows], total


def joined(ranges: list[HiddenRange]) -> list[HiddenRange]:
    """Ranges in order, overlapping ones made one."""
    result: list[HiddenRange] = []
    for item in sorted(ranges, key=lambda r: (r.start_bjd, r.stop_bjd)):
        if result and item.start_bjd <= result[-1].stop_bjd:
            last = result[-1]
            result[-1] = HiddenRange(start_bjd=last.start_bjd, stop_bjd=max(last.stop_bjd, item.stop_bjd))
        else:
            result.append(item)
    return result


def rerun_changed(owner_id: str, run_id: str, asked: RerunRequest) -> str | None:
    """Start the same analysis with what is `asked` changed; the new run's id, None where the run is not theirs.

    Raises CannotRerun with a sentence when there would be too many ranges or the data are gone.
    """
    from jobs.fetching import NoData
    from jobs.start import rerun

    with session_scope() as session:
        run = owned_run(session, owner_id, run_id)
        if run is None:
            return None
        before = [HiddenRange.model_validate(r) for r in run.request.get("clean", {}).get("hidden", ())]
        together = joined([*before, *asked.hidden])
        if len(together) > MOST_HIDDEN:
            raise CannotRerun(f"At most {MOST_HIDDEN} stretches can be hidden.")
        try:
            changes: dict[str, object] = {"clean": {"hidden": [r.model_dump() for r in together]}}
            if asked.signal is not None:
                changes["signal"] = asked.signal.model_dump()
            if asked.vet is not None:
                changes["vet"] = asked.vet.model_dump()
            return rerun(session, owner_id, run_id, changes)
        except NoData as gone:
            raise CannotRerun(str(gone)) from gone


def _problem(status: int, sentence: str, **more: Any) -> JSONResponse:
    return JSONResponse({"error": sentence, **more}, status_code=status)


async def list_of_runs(request: Request) -> Response:
    """{"runs": [RunLine], "total": n}; parameters q, state, limit, offset."""
    viewer = await viewer_of(request)
    if viewer is None:
        return _problem(401, SIGN_IN)
    try:
        query = ListQuery.model_validate(dict(request.query_params))
    except ValidationError as wrong:
        return _problem(422, f"{wrong.errors()[0]['loc'][0]}: {wrong.errors()[0]['msg']}")

    def read() -> tuple[list[RunLine], int]:
        with read_scope() as session:
            return list_runs(session, viewer.user_id, query)

    lines, total = await asyncio.to_thread(read)
    return JSONResponse({"runs": [line.model_dump() for line in lines], "total": total})


async def one_run(request: Request) -> Response:
    """The report of a finished run; 409 with its state where it has none."""
    viewer = await viewer_of(request)
    if viewer is None:
        return _problem(401, SIGN_IN)
    run_id = request.path_params["run_id"]

    def read() -> tuple[str, str, str, str] | None:
        with read_scope() as session:
            run = owned_run(session, viewer.user_id, run_id)
            if run is None:
                return None
            kept = read_text(session, run_id, viewer.user_id) if run.state == "done" else None
        if kept is None:
            return run.state, run.error, "", ""
        return run.state, "", kept.content, kept.text

    found = await asyncio.to_thread(read)
    if found is None:
        return _problem(404, NO_SUCH_RUN)
    state, error, content, text = found
    if not text:
        return _problem(409, error or "This run has not finished.", state=state)
    etag = f'"{content}"'
    headers = cache_headers(etag, final=False)  # a fit may be added to a finished run
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = text.encode()
    if accepts_gzip(request):
        body = gzip.compress(body, 3, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/json")


async def rerun_run(request: Request) -> Response:
    """Start the analysis again with the changes of the body. 201: {"run_id", "page"}."""
    viewer = await viewer_of(request)
    if viewer is None:
        return _problem(401, SIGN_IN)
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        return _problem(415, "Send JSON.")
    try:
        asked = RerunRequest.model_validate_json(await request.body())
    except ValidationError as wrong:
        return _problem(422, str(wrong.errors()[0]["msg"]).removeprefix("Value error, "))
    try:
        new_id = await asyncio.to_thread(rerun_changed, viewer.user_id, request.path_params["run_id"], asked)
    except CannotRerun as reason:
        return _problem(422, str(reason))
    if new_id is None:
        return _problem(404, NO_SUCH_RUN)
    return JSONResponse({"run_id": new_id, "page": f"/runs/{new_id}/progress"}, status_code=201)


routes = [
    Route("/api/v1/runs", list_of_runs, methods=["GET"]),
    Route("/api/v1/runs/{run_id}", one_run, methods=["GET"]),
    Route("/api/v1/runs/{run_id}/rerun", rerun_run, methods=["POST"]),
]
