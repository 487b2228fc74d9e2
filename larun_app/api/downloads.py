"""GET /api/v1/runs/{run_id}/download/{what}: the files of a finished run, and all of them in one zip.

`lightcurve.fits`, `lightcurve.csv`, `report.json`, `settings.json`, `periodogram.csv` (parameter `round`), the files of
fits (see `fit_files`), and `bundle.zip` with everything, the SHA-256 of each file and a line on how to repeat the
search. The same run (and fits) gives the same bytes every time.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data import lake
from data.report import Report
from data.report_star import star_of
from data.session import read_scope
from larun_app.api.fit_files import FIT_FILE, fit_file, fit_members, media_type
from larun_app.api.run_files import NO_SUCH_RUN, SIGN_IN, owned_run, report_of, stored_file
from larun_app.security.requests import viewer_of

if TYPE_CHECKING:
    from science.lightcurve import DetrendedCurve

_KINDS = {
    "lightcurve.fits": "application/fits",
    "lightcurve.csv": "text/csv; charset=utf-8",
    "report.json": "application/json",
    "settings.json": "application/json",
    "periodogram.csv": "text/csv; charset=utf-8",
    "bundle.zip": "application/zip",
}
_EPOCH = (2020, 1, 1, 0, 0, 0)  # date of every member, so that equal content gives an equal zip
_AT_ONCE = asyncio.Semaphore(2)  # each holds a whole light curve in memory

README = """{title}: results of LARUN.SPACE, run {run_id}

report.json       every number of the result, one documented schema
settings.json     the request, exactly: the same request on the same data gives the same numbers
lightcurve.fits   the light curve that was searched (opens in Lightkurve, Astropy, TOPCAT)
lightcurve.csv    the same as text
periodogram-N.csv period and strength of search round N
{fits}manifest.sha256   checksums; verify with: sha256sum -c manifest.sha256

Times are BJD_TDB in days, brightness is relative to 1, depths are in ppm, durations in hours.
A dip that repeats is not yet a planet: report.json says under "not_done" what has not been tested.
"""


README_FITS = """fit-N.csv, .tex   parameters of signal N: median, 68 and 95 %, convergence; and as a table for a paper
fit-N-times.csv   when each transit happened, and how late it was
fit-N-chain.parquet  draws of the posterior (thinned), sampled and derived parameters
fit-N-corner, -fold, -trace, -times: figures, PNG and PDF
"""


@dataclass(frozen=True, slots=True)
class Export:
    """A file ready to be sent or written."""

    file_name: str
    content: bytes
    media_type: str


class _Stored:
    """What a pipeline stage needs to read its earlier results: the stored files of one run."""

    def __init__(self, session: Session, owner_id: str, run_id: str) -> None:
        self._session, self._owner_id, self.run_id = session, owner_id, run_id

    def load_columns(self, kind: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """Arrays and meta kept under a name."""
        row = stored_file(self._session, self._owner_id, self.run_id, kind)
        return None if row is None else (lake.read_columns(row.path), dict(row.meta))


def make_export(run_id: str, owner_id: str, what: str, round_number: int = 0) -> Export | None:
    """One file of a person's finished run; None where there is no such run, file or round. Blocking.

    `round_number` picks one periodogram (0: all of them in one table).
    """
    if what not in _KINDS and not FIT_FILE.fullmatch(what):
        return None
    with read_scope() as session:
        run = owned_run(session, owner_id, run_id)
        report = report_of(session, owner_id, run_id) if run is not None and run.state == "done" else None
        if run is None or report is None:
            return None
        content = _content(session, owner_id, report, dict(run.request), what, round_number)
    if content is None:
        return None
    return Export(f"{slug(report.title or report.target)}-{what}", content, _KINDS.get(what) or media_type(what))


def _content(
    session: Session, owner_id: str, report: Report, request: Mapping[str, Any], what: str, round_number: int
) -> bytes | None:
    stored = _Stored(session, owner_id, report.run_id)
    if what == "report.json":
        return _json(report.model_dump(mode="json"))
    if what == "settings.json":
        return _json(settings_document(report, request))
    if what == "periodogram.csv":
        wanted = [p.round for p in report.periodograms if round_number in (0, p.round)]
        return periodogram_csv(stored, wanted) if wanted else None
    if what == "bundle.zip":
        return _bundle(stored, report, request, fit_members(session, owner_id, report))
    if FIT_FILE.fullmatch(what):
        return fit_file(session, owner_id, report, what)
    curve = _curve(stored)
    return None if curve is None else _light(curve, report, what)


def settings_document(report: Report, request: Mapping[str, Any]) -> dict[str, Any]:
    """The request and everything else that decides the numbers."""
    return {
        "request": dict(request),
        "used": report.provenance.settings,
        "seed": report.provenance.seed,
        "versions": report.provenance.versions,
        "inputs": [i.model_dump(mode="json") for i in report.provenance.inputs],
    }


def periodogram_csv(stored: _Stored, rounds: list[int]) -> bytes:
    """Columns round, period_days, sde of the stored (thinned) periodograms."""
    out = io.StringIO()
    out.write("round,period_days,sde\n")
    for number in rounds:
        kept = stored.load_columns(f"periodogram-{number}")
        if kept is None:
            continue
        columns = kept[0]
        for period, power in zip(columns["period"].tolist(), columns["power"].tolist(), strict=True):
            out.write(f"{number},{period:.10g},{power:.6g}\n" if power == power else f"{number},{period:.10g},\n")
    return out.getvalue().encode()


def _curve(stored: _Stored) -> DetrendedCurve | None:
    from jobs.cleaning import restore

    return restore(stored)  # type: ignore[arg-type]


def _light(curve: DetrendedCurve, report: Report, what: str) -> bytes:
    from data.formats.writing import write_csv, write_fits

    write = write_fits if what.endswith(".fits") else write_csv
    with tempfile.TemporaryDirectory(prefix="larun-export-") as folder:
        path = Path(folder) / what
        write(path, curve, star_of(report), _provenance(report))
        return path.read_bytes()


def _provenance(report: Report) -> dict[str, str]:
    told = {"run": report.run_id, "made by": f"larun {report.provenance.versions.get('larun', '')}".strip()}
    if report.simulated:
        told["simulated"] = "this light is simulated, not observed"
    for number, item in enumerate(report.provenance.inputs, start=1):
        told[f"input {number}"] = f"{item.name} sha256 {item.sha256}"
    return told


def _bundle(stored: _Stored, report: Report, request: Mapping[str, Any], fits: Mapping[str, bytes]) -> bytes:
    told = README.format(title=report.title, run_id=report.run_id, fits=README_FITS if fits else "")
    members: dict[str, bytes] = {
        **fits,
        "README.txt": told.encode(),
        "report.json": _json(report.model_dump(mode="json")),
        "settings.json": _json(settings_document(report, request)),
    }
    curve = _curve(stored)
    if curve is not None:
        members["lightcurve.fits"] = _light(curve, report, "lightcurve.fits")
        members["lightcurve.csv"] = _light(curve, report, "lightcurve.csv")
    for line in report.periodograms:
        members[f"periodogram-{line.round}.csv"] = periodogram_csv(stored, [line.round])
    manifest = "".join(f"{hashlib.sha256(raw).hexdigest()}  {name}\n" for name, raw in sorted(members.items()))
    members["manifest.sha256"] = manifest.encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name in sorted(members):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), members[name], zipfile.ZIP_DEFLATED, 4)
    return out.getvalue()


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def slug(title: str) -> str:
    """A title as the beginning of a file name: letters, digits, dashes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:60] or "result"


def disposition(file_name: str) -> str:
    """Content-Disposition that saves under this name whatever characters it has."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


async def download(request: Request) -> Response:
    """Send one file, or 404."""
    viewer = await viewer_of(request)
    if viewer is None:
        return JSONResponse({"error": SIGN_IN}, status_code=401)
    given = request.query_params.get("round", "0")
    if not given.isdigit() or len(given) > 2:
        return JSONResponse({"error": "The round is a number."}, status_code=422)
    params = request.path_params
    async with _AT_ONCE:
        made = await asyncio.to_thread(make_export, params["run_id"], viewer.user_id, params["what"], int(given))
    if made is None:
        return JSONResponse({"error": NO_SUCH_RUN}, status_code=404)
    return Response(
        made.content,
        media_type=made.media_type,
        headers={"content-disposition": disposition(made.file_name), "cache-control": "private, no-cache"},
    )


routes = [Route("/api/v1/runs/{run_id}/download/{what}", download, methods=["GET"])]
