"""GET /api/v1/chip/larun-cortex-m4.zip: the classifier for a microcontroller, from the model service."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from jobs.model_chip import NoChip, package
from larun_app.api.downloads import disposition
from larun_app.api.run_files import SIGN_IN
from larun_app.security.requests import viewer_of

PATH = "/api/v1/chip/larun-cortex-m4.zip"
_at_once = asyncio.Semaphore(4)  # each holds the package in memory


async def download(request: Request) -> Response:
    """The zip, or 503 with the reason."""
    if await viewer_of(request) is None:
        return JSONResponse({"detail": SIGN_IN}, status_code=401)
    async with _at_once:
        try:
            content = await asyncio.to_thread(package)
        except NoChip as reason:
            return JSONResponse({"detail": str(reason)}, status_code=503)
    return Response(
        content, media_type="application/zip", headers={"Content-Disposition": disposition("larun-cortex-m4.zip")}
    )


routes = [Route(PATH, download, methods=["GET"])]
