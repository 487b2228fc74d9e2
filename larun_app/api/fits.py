"""POST, GET and DELETE /api/v1/runs/{run_id}/signals/{signal}/fit: ask for a signal's posterior, watch it, stop it.

And GET …/fit/corner: the histograms of the corner picture. Signal 0 is the strongest repeat of a search that found
nothing.
"""

from __future__ import annotations

import asyncio
import gzip
import re

from pydantic import ValidationError
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data import lake
from data.requests import FitChoice
from data.session import read_scope, session_scope
from larun_app.api.run_files import NO_SUCH_RUN, SIGN_IN, owned_run, stored_file
from larun_app.api.series import accepts_gzip, cache_headers
from larun_app.security.requests import viewer_of
from larun_app.security.sessions import Viewer

NO_FIT = "This signal has not been fitted."
DAMAGED = "The stored fit cannot be read. Nothing was changed; fit the signal again."
NOTHING_TO_STOP = "No fit of this signal waits or runs."
_SIGNAL = re.compile(r"0|[1-9]\d?")


def _problem(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status_code=status)


def _signal(request: Request) -> int | None:
    given = request.path_params["signal"]
    return int(given) if _SIGNAL.fullmatch(given) else None


async def _asked(request: Request) -> tuple[Viewer, int] | JSONResponse:
    """Who asks and for which signal, or the answer to a request that says neither."""
    viewer = await viewer_of(request)
    if viewer is None:
        return _problem(401, SIGN_IN)
    signal = _signal(request)
    return _problem(404, "A signal is a number.") if signal is None else (viewer, signal)


async def start(request: Request) -> Response:
    """Ask for a fit; the body is a FitChoice, or empty for the usual one.

    202: {"job_id", "state", "existing", "settings", "status"}. While a fit of this signal waits or runs, that one is
    answered, with its own settings and "existing" true.
    """
    asked = await _asked(request)
    if isinstance(asked, Response):
        return asked
    viewer, signal = asked
    body = await request.body()
    if body and not request.headers.get("content-type", "").lower().startswith("application/json"):
        return _problem(415, "Send JSON.")
    try:
        choice = FitChoice.model_validate_json(body) if body else FitChoice()
    except ValidationError as wrong:
        from jobs.failures import first_sentence

        return _problem(422, first_sentence(wrong))
    from jobs.fit_start import CannotStart, start_fit

    run_id = request.path_params["run_id"]

    def ask() -> dict[str, object]:
        with session_scope() as session:
            before = _newest(session, run_id)
            job = start_fit(session, viewer.user_id, run_id, signal, choice)
            return {
                "job_id": job.id,
                "state": job.state,
                "existing": job.id in before,
                "settings": job.payload["settings"],
                "status": f"/api/v1/runs/{run_id}/signals/{signal}/fit",
            }

    try:
        told = await asyncio.to_thread(ask)
    except CannotStart as reason:
        return _problem(reason.status, str(reason))
    return JSONResponse(told, status_code=202, headers={"location": str(told["status"])})


def _newest(session: Session, run_id: str) -> set[str]:
    from jobs.ledger import fit_jobs

    return {job.id for job in fit_jobs(session, run_id)}


async def state(request: Request) -> Response:
    """How the fit stands: {"state", "job_id", "stopping", "error", "settings", "progress", "fit", …}."""
    asked = await _asked(request)
    if isinstance(asked, Response):
        return asked
    viewer, signal = asked
    from jobs.fit_start import CannotStart, fit_now

    def read() -> dict[str, object]:
        with read_scope() as session:
            return fit_now(session, viewer.user_id, request.path_params["run_id"], signal).model_dump(mode="json")

    try:
        return JSONResponse(await asyncio.to_thread(read), headers={"cache-control": "private, no-store"})
    except CannotStart as reason:
        return _problem(reason.status, str(reason))


async def stop(request: Request) -> Response:
    """Stop a fit that waits or runs. 202: it stops at its next check; 409: there is nothing to stop."""
    asked = await _asked(request)
    if isinstance(asked, Response):
        return asked
    viewer, signal = asked
    from jobs.fit_start import CannotStart, stop_fit

    try:
        stopped = await asyncio.to_thread(stop_fit, viewer.user_id, request.path_params["run_id"], signal)
    except CannotStart as reason:
        return _problem(reason.status, str(reason))
    return JSONResponse({"stopping": True}, status_code=202) if stopped else _problem(409, NOTHING_TO_STOP)


def find_corner(owner_id: str, run_id: str, signal: int) -> tuple[str, str] | str:
    """(SHA-256, JSON text) of the corner picture of one's own run, or the sentence that says why there is none.

    Raises data.lake.LakeError when the file is damaged. Blocking.
    """
    with read_scope() as session:
        run = owned_run(session, owner_id, run_id)
        if run is None:
            return NO_SUCH_RUN
        row = stored_file(session, owner_id, run_id, f"fit-{signal}-corner")
        return NO_FIT if row is None else (row.sha256, lake.read_document(row.path))


async def corner(request: Request) -> Response:
    """The document of `jobs.fit_corner`, 304 where the browser has it, 404 where there is none of this person's."""
    asked = await _asked(request)
    if isinstance(asked, Response):
        return asked
    viewer, signal = asked
    try:
        found = await asyncio.to_thread(find_corner, viewer.user_id, request.path_params["run_id"], signal)
    except lake.LakeError:
        return _problem(500, DAMAGED)
    if isinstance(found, str):
        return _problem(404, found)
    sha256, text = found
    etag = f'"{sha256}"'
    headers = cache_headers(etag, final=False)  # another fit may take its place
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = text.encode()
    if accepts_gzip(request):
        body = gzip.compress(body, 3, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/json")


_PATH = "/api/v1/runs/{run_id}/signals/{signal}/fit"
routes = [
    Route(_PATH, start, methods=["POST"]),
    Route(_PATH, state, methods=["GET"]),
    Route(_PATH, stop, methods=["DELETE"]),
    Route(f"{_PATH}/corner", corner, methods=["GET"]),
]
