"""GET /api/v1/runs/{run_id}/series/{name}: a light curve, periodogram, or part of a fit as a binary series (`lrn1`).

Encoded once per stored file and kept gzipped in the cache folder under the file's own content name.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data import lake
from data.home import settings
from data.session import read_scope
from data.tables import StoredFile
from larun_app.api import lrn1
from larun_app.api.run_files import NO_SUCH_RUN, SIGN_IN, owned_run, stored_file
from larun_app.security.requests import viewer_of

_FIT = r"fit-(0|[1-9]\d?)-(chain|trace|band|fold)"
_NAME = re.compile(rf"lightcurve|periodogram-[1-9]\d?|{_FIT}")
_VERSION = "1"  # of the encoding: part of the cache's file names
_GZIP_LEVEL = 3  # five megabytes in a tenth of a second; a higher level saves little on measured light


@dataclass(frozen=True, slots=True)
class Series:
    """A gzipped series and what its response needs."""

    packed: bytes
    etag: str
    final: bool  # the run has ended, so this address will never give anything else (but another fit may be made)


def find_series(owner_id: str, run_id: str, name: str) -> Series | None:
    """The series of one's own run; None without one. Blocking."""
    if not _NAME.fullmatch(name):
        return None
    with read_scope() as session:
        run = owned_run(session, owner_id, run_id)
        row = stored_file(session, owner_id, run_id, name) if run is not None else None
        if run is None or row is None:
            return None
        final = run.state == "done" and not name.startswith("fit-")
    return Series(_packed(row), f'"{row.sha256}-{_VERSION}"', final)


def _packed(row: StoredFile) -> bytes:
    folder = settings().cache / "series"
    kept = folder / f"{row.sha256}-{_VERSION}.lrn1.gz"
    try:
        return kept.read_bytes()
    except FileNotFoundError:
        packed = gzip.compress(lrn1.encode(lake.read_columns(row.path), row.meta), _GZIP_LEVEL, mtime=0)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=folder, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(packed)
        Path(part).replace(kept)
    finally:
        Path(part).unlink(missing_ok=True)
    return packed


def cache_headers(etag: str, final: bool) -> dict[str, str]:
    """A finished run's files never change; `Vary: Cookie` keeps one person's copy from another's session."""
    keep = "private, max-age=31536000, immutable" if final else "private, no-cache"
    return {"etag": etag, "cache-control": keep, "vary": "Cookie, Accept-Encoding"}


def accepts_gzip(request: Request) -> bool:
    """Whether the client can unpack gzip."""
    for part in request.headers.get("accept-encoding", "").lower().split(","):
        coding, _, weight = part.strip().partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


async def series(request: Request) -> Response:
    """Answer with the series, 304 where the browser has it, 404 where it is not this person's."""
    viewer = await viewer_of(request)
    if viewer is None:
        return JSONResponse({"error": SIGN_IN}, status_code=401)
    params = request.path_params
    found = await asyncio.to_thread(find_series, viewer.user_id, params["run_id"], params["name"])
    if found is None:
        return JSONResponse({"error": NO_SUCH_RUN}, status_code=404)
    headers = cache_headers(found.etag, found.final)
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    media = "application/octet-stream"
    if accepts_gzip(request):
        return Response(found.packed, headers={**headers, "content-encoding": "gzip"}, media_type=media)
    plain = await asyncio.to_thread(gzip.decompress, found.packed)
    return Response(plain, headers=headers, media_type=media)


routes = [Route("/api/v1/runs/{run_id}/series/{name}", series, methods=["GET"])]
