"""GET /api/v1/runs/{run_id}/sky/{signal}: the pictures of the pixels around the star, one signal’s dips in them."""

from __future__ import annotations

import asyncio
import gzip
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data import lake
from data.session import read_scope
from larun_app.api.run_files import NO_SUCH_RUN, SIGN_IN, owned_run, stored_file
from larun_app.api.series import accepts_gzip, cache_headers
from larun_app.security.requests import viewer_of

NO_PIXELS = "No pixels were looked at for this signal."
DAMAGED = "The stored pictures cannot be read. Nothing was changed."
_SIGNAL = re.compile(r"0|[1-9]\d?")


def find_sky(owner_id: str, run_id: str, signal: str) -> tuple[str, str] | str:
    """(SHA-256, JSON text) of one's own run's document `sky-<signal>`, or the sentence that says why there is none.

    Raises data.lake.LakeError when the file is damaged. Blocking.
    """
    with read_scope() as session:
        run = owned_run(session, owner_id, run_id)
        if run is None or run.state != "done":
            return NO_SUCH_RUN
        row = stored_file(session, owner_id, run_id, f"sky-{signal}") if _SIGNAL.fullmatch(signal) else None
        if row is None:
            return NO_PIXELS
        return row.sha256, lake.read_document(row.path)


async def sky(request: Request) -> Response:
    """Answer with the document, 304 where the browser has it, 404 where there is none of this person's."""
    viewer = await viewer_of(request)
    if viewer is None:
        return JSONResponse({"error": SIGN_IN}, status_code=401)
    params = request.path_params
    try:
        found = await asyncio.to_thread(find_sky, viewer.user_id, params["run_id"], params["signal"])
    except lake.LakeError:
        return JSONResponse({"error": DAMAGED}, status_code=500)
    if isinstance(found, str):
        return JSONResponse({"error": found}, status_code=404)
    sha256, text = found
    etag = f'"{sha256}"'
    headers = cache_headers(etag, final=True)
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = text.encode()
    if accepts_gzip(request):
        body = gzip.compress(body, 3, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/json")


routes = [Route("/api/v1/runs/{run_id}/sky/{signal}", sky, methods=["GET"])]
