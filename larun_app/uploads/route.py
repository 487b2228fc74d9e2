"""POST /api/v1/uploads?name=FILE with the file's bytes as body; DELETE /api/v1/uploads/{id}."""

from __future__ import annotations

import asyncio
import logging

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from larun_app.security.requests import viewer_of
from larun_app.uploads import store
from larun_app.uploads.reader import read_apart

log = logging.getLogger(__name__)

SIGN_IN = "Reload the page: this browser has no session here."
_MANY_AT_ONCE = asyncio.Semaphore(4)


def _problem(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status_code=status)


async def upload(request: Request) -> Response:
    """Take one file, read it, and say what was found. What is no light curve is not kept.

    201: {id, name, bytes, sha256, inspection | null, error}. `error` with an id means that naming columns may help.
    """
    viewer = await viewer_of(request)
    if viewer is None:
        return _problem(401, SIGN_IN)
    name = store.shown_name(request.query_params.get("name", ""))
    try:
        await asyncio.to_thread(store.check_room, viewer.user_id)
        async with _MANY_AT_ONCE:
            received = await store.receive(request.stream())
    except store.UploadRefused as reason:
        return _problem(413, str(reason))
    except ClientDisconnect:
        return _problem(400, "The upload broke off. Nothing was kept.")
    try:
        reading = await read_apart([(received.path, name)])
        if reading.inspection is None and not reading.mendable:
            await asyncio.to_thread(store.discard, received)
            return _problem(422, reading.error)
        found = (
            reading.inspection.model_dump(mode="json")
            if reading.inspection is not None
            else {"error": reading.error, "kind": reading.kind}
        )
        row = await asyncio.to_thread(store.register, viewer.user_id, received, name, found)
    except BaseException:
        await asyncio.to_thread(store.discard, received)
        raise
    return JSONResponse(
        {
            "id": row.id,
            "name": row.name,
            "bytes": row.bytes,
            "sha256": row.sha256,
            "inspection": found if reading.inspection is not None else None,
            "error": reading.error,
        },
        status_code=201,
    )


async def delete(request: Request) -> Response:
    """Remove an upload that no run uses."""
    viewer = await viewer_of(request)
    if viewer is None:
        return _problem(401, SIGN_IN)
    done = await asyncio.to_thread(store.remove, viewer.user_id, request.path_params["upload_id"])
    return Response(status_code=204) if done else _problem(404, "There is no such upload, or a run still needs it.")


ROUTES = [
    Route("/api/v1/uploads", upload, methods=["POST"]),
    Route("/api/v1/uploads/{upload_id}", delete, methods=["DELETE"]),
]
