"""GET /api/v1/runs/{run_id}/summary-{signal}.pdf: the one-page summary of a signal of one's own run.

Drawn in a child process, so that the web server never loads what draws, one at a time; kept in the cache folder under
the content names of what it shows.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data import lake
from data.home import settings
from data.report import Report
from data.session import read_scope
from larun_app.api.downloads import disposition, slug
from larun_app.api.run_files import NO_SUCH_RUN, SIGN_IN, owned_run, report_of, stored_file
from larun_app.api.series import cache_headers
from larun_app.security.requests import viewer_of

logger = logging.getLogger(__name__)

NOT_FINISHED = "This run has not finished."
TOO_SLOW = "The page took too long to draw, the computer may be busy. Nothing is lost; try again in a minute."
NOT_DRAWN = "The page could not be drawn. The report itself is not touched."
DAMAGED = "The stored report cannot be read. Nothing was changed."
TIME_OUT_SECONDS = 90.0
_MOST_KEPT = 200  # summaries in the cache folder; older ones are drawn again when wanted
_SIGNAL = re.compile(r"0|[1-9]\d?")
_PROJECT = Path(__file__).parents[2]
_one_drawing = threading.Lock()
_one_request = asyncio.Semaphore(1)  # whoever waits for the drawing must not hold a thread meanwhile


class NotDrawn(Exception):
    """The summary cannot be had now; `status` is that of the answer, the message a sentence for the user."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Wanted:
    """A summary that can be drawn: of which signal, under which content name it is kept, and its name for people."""

    run_id: str
    signal: int
    content: str
    file_name: str

    @property
    def kept(self) -> Path:
        """Its place in the cache folder."""
        return settings().cache / "summaries" / f"{self.content}.pdf"


def find(owner_id: str, run_id: str, signal: str) -> Wanted:
    """The summary of a signal of one's own finished run; 0 is the strongest repeat where nothing was found.

    Raises NotDrawn (404, 409, 500). Blocking.
    """
    with read_scope() as session:
        run = owned_run(session, owner_id, run_id)
        if run is None:
            raise NotDrawn(NO_SUCH_RUN, 404)
        if run.state != "done":
            raise NotDrawn(NOT_FINISHED, 409)
        try:
            report = report_of(session, owner_id, run_id)
        except lake.LakeError as error:
            raise NotDrawn(DAMAGED, 500) from error
        if report is None:
            raise NotDrawn(NO_SUCH_RUN, 404)
        if not _SIGNAL.fullmatch(signal):
            raise NotDrawn("A signal is a number.", 404)
        return wanted(session, owner_id, report, int(signal))


def wanted(session: Session, owner_id: str, report: Report, signal: int) -> Wanted:
    """The summary of a signal of this report. Raises NotDrawn (404) where the report has none of that number."""
    from jobs.summary_pdf import LAYOUT_VERSION, NoSuchSignal, chosen_signal

    try:
        index = chosen_signal(report, signal).index
    except NoSuchSignal as reason:
        raise NotDrawn(str(reason), 404) from reason
    parts = [LAYOUT_VERSION, report.run_id, str(index)]
    for kind in ("report", "lightcurve", f"sky-{index}"):
        row = stored_file(session, owner_id, report.run_id, kind)
        parts.append("" if row is None else row.sha256)
    content = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return Wanted(report.run_id, index, content, wanted_name(report, index))


def wanted_name(report: Report, index: int) -> str:
    """Name of the file for people: "pi-Men-signal-1.pdf"."""
    which = f"signal-{index}" if report.signals else "strongest-repeat"
    return f"{slug(report.title or report.target)}-{which}.pdf"


def drawn(summary: Wanted, seconds: float = TIME_OUT_SECONDS) -> bytes:
    """The PDF, from the cache folder or drawn now. Raises NotDrawn (503 when it takes too long, 500). Blocking."""
    kept = summary.kept
    try:
        return kept.read_bytes()
    except FileNotFoundError:
        pass
    if not _one_drawing.acquire(timeout=seconds):
        raise NotDrawn(TOO_SLOW, 503)
    try:
        if kept.exists():  # somebody else wanted the same
            return kept.read_bytes()
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _draw(summary, seconds)
        _keep_few(kept.parent)
        return kept.read_bytes()
    finally:
        _one_drawing.release()


def _draw(summary: Wanted, seconds: float) -> None:
    config = settings()
    handle, part = tempfile.mkstemp(dir=summary.kept.parent, suffix=".tmp")
    os.close(handle)
    command = [sys.executable, "-m", "jobs.summary_pdf", summary.run_id, str(summary.signal), part]
    environment = {
        **os.environ,
        "MPLCONFIGDIR": str(config.cache / "matplotlib"),
        "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    try:
        done = subprocess.run(
            command, cwd=_PROJECT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds,
            check=False,
        )  # fmt: skip
        if done.returncode != 0:
            told = done.stderr.decode(errors="replace")[-2000:]
            logger.error("The summary of %s was not drawn: %s", summary.run_id, told)
            raise NotDrawn(NOT_DRAWN, 500)
        Path(part).replace(summary.kept)
    except subprocess.TimeoutExpired as error:
        raise NotDrawn(TOO_SLOW, 503) from error
    finally:
        Path(part).unlink(missing_ok=True)


def _keep_few(folder: Path) -> None:
    files = sorted(folder.glob("*.pdf"), key=lambda f: f.stat().st_mtime, reverse=True)
    for old in files[_MOST_KEPT:]:
        old.unlink(missing_ok=True)


async def summary(request: Request) -> Response:
    """Answer with the PDF, 304 where the browser has it, else the sentence that says why there is none."""
    viewer = await viewer_of(request)
    if viewer is None:
        return JSONResponse({"error": SIGN_IN}, status_code=401)
    params = request.path_params
    try:
        found = await asyncio.to_thread(find, viewer.user_id, params["run_id"], params["signal"])
        etag = f'"{found.content}"'
        # not immutable: a later version of the page may show more of the same run
        headers = cache_headers(etag, final=False)
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        raw = await _waited_for(found)
    except NotDrawn as reason:
        headers = {"retry-after": "60"} if reason.status == 503 else {}
        return JSONResponse({"error": str(reason)}, status_code=reason.status, headers=headers)
    headers["content-disposition"] = disposition(found.file_name)
    return Response(raw, headers=headers, media_type="application/pdf")


async def _waited_for(found: Wanted) -> bytes:
    if await asyncio.to_thread(found.kept.exists):
        return await asyncio.to_thread(drawn, found)
    try:
        async with asyncio.timeout(TIME_OUT_SECONDS):
            await _one_request.acquire()
    except TimeoutError as error:
        raise NotDrawn(TOO_SLOW, 503) from error
    try:
        return await asyncio.to_thread(drawn, found)
    finally:
        _one_request.release()


routes = [Route("/api/v1/runs/{run_id}/summary-{signal}.pdf", summary, methods=["GET"])]
