"""Who sends an HTTP request: the same session as the events."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from larun_app.security.sessions import Viewer, viewer_of_cookie


async def viewer_of(request: Request) -> Viewer | None:
    """The person behind a request, or None; routes answer 401 then."""
    return await asyncio.to_thread(viewer_of_cookie, request.headers.get("cookie"))
