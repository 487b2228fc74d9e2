"""Addresses of the model service that are not JSON in and JSON out: the page, what the model is, binary, the export."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import numpy as np
from bentoml.exceptions import BentoMLException
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from serving import gate, scalars
from serving.api import MOST_POINTS, MOST_ROWS, MOST_SIGNALS
from serving.artefacts import STUDENT
from serving.asked_signals import Refused, table_from_npy
from serving.classes import CLASSES, LABELS
from serving.classifier import NUMBERS, WIDTHS, Classifier
from serving.page import HEADERS, page

if TYPE_CHECKING:
    from serving.service import LarunClassifier

VERSION_HEADER = "X-Model-Version"


async def _page(request: Request) -> Response:
    return HTMLResponse(page(_service(request).classifier.manifest), headers=HEADERS)


async def _model(request: Request) -> Response:
    return JSONResponse(description(_service(request).classifier))


async def _binary(request: Request) -> Response:
    service = _service(request)
    wanted = request.headers.get(VERSION_HEADER)
    try:
        service.check_version(wanted)
        body = await request.body()
        short = len(body) < gate.SHORT_BYTES  # quicker than changing threads
        table = table_from_npy(body) if short else await anyio.to_thread.run_sync(table_from_npy, body)
        answer = await service.probabilities(table)
    except Refused as refused:
        return told(refused)
    except BentoMLException as error:
        return JSONResponse({"detail": str(error)}, status_code=error.error_code.value)
    written = io.BytesIO()
    np.save(written, answer.astype(np.float32))
    version = service.classifier.manifest.version
    return Response(written.getvalue(), media_type="application/octet-stream", headers={VERSION_HEADER: version})


async def _export(request: Request) -> Response:
    classifier = _service(request).classifier
    try:
        body = await anyio.to_thread.run_sync(exported, classifier)
    except Refused as refused:
        return told(refused)
    name = f"larun-cortex-m4-{classifier.manifest.version}.zip"
    return Response(
        body, media_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def told(refused: Refused) -> Response:
    """The answer to a request that is refused."""
    return JSONResponse({"detail": refused.sentence}, status_code=refused.status)


def exported(classifier: Classifier) -> bytes:
    """The zip for the microcontroller. Raises Refused (501) where there is none for the student of these artefacts."""
    from serving.export import package

    student = classifier.manifest.files.get(STUDENT)
    if student is None or not package.STORED.is_file():
        raise Refused(501, "This model comes without a package for the microcontroller.")
    try:
        return package.stored_package(student.sha256, package.STORED)
    except package.NotPackaged as problem:
        raise Refused(501, str(problem)) from problem


def microcontroller(classifier: Classifier) -> dict[str, Any] | None:
    """Sizes and modelled cycles of the student on a Cortex-M4; None where there is no package of it."""
    from serving.export import package

    try:
        exported(classifier)
        made = package.stored_manifest(package.STORED)
        kept = ("flash_bytes", "ram_bytes", "modelled_cycles", "clock_hz", "modelled_milliseconds", "how_modelled",
                "compiler")  # fmt: skip
        network = made["network"]
        return {"network_bytes": network["bytes"], "sha256": network["sha256"], **{name: made[name] for name in kept}}
    except (Refused, package.NotPackaged, KeyError):
        return None


def description(classifier: Classifier) -> dict[str, Any]:
    """What `/model` says."""
    manifest = classifier.manifest
    layout, first = [], 0
    for name, width in WIDTHS.items():
        layout.append({"name": name, "first": first, "numbers": width})
        first += width
    return {
        "version": manifest.version,
        "created": manifest.created,
        "smoke": manifest.smoke,
        "classes": [{"name": name, "label": LABELS[name]} for name in CLASSES],
        "scalars": [
            {"name": name, "meaning": meaning, "of_the_star": name in scalars.OF_THE_STAR}
            for name, (_, _, meaning) in scalars.SCALES.items()
        ],
        "binary": {
            "numbers": NUMBERS,
            "dtype": "float32",
            "layout": layout,
            "missing": "NaN: a secondary view that is absent, a scalar that is unknown",
            "answer": "float32, n × 6, in the order of classes",
        },
        "views": "median 0, deepest point −1",
        "ensemble": {name: classifier.weight(name) for name in classifier.parts},
        "student": classifier.has_student,
        "combination": classifier.combination.columns if classifier.combination else None,
        "microcontroller": microcontroller(classifier),
        "metrics": manifest.metrics,
        "files": {name: {"bytes": f.bytes, "sha256": f.sha256} for name, f in manifest.files.items()},
        "limits": {
            "body_bytes": gate.MOST_BYTES,
            "signals": MOST_SIGNALS,
            "points_of_a_light_curve": MOST_POINTS,
            "rows_of_a_binary_body": MOST_ROWS,
            "requests_together": gate.MOST_REQUESTS,
        },
    }


def _service(request: Request) -> LarunClassifier:
    service: LarunClassifier = request.app.state.service
    return service


def plain_routes() -> Starlette:
    """The application with these addresses; its `state.service` must be set before the first request."""
    return Starlette(
        routes=[
            Route("/", _page, methods=["GET"]),
            Route("/model", _model, methods=["GET"]),
            Route("/classify/binary", _binary, methods=["POST"]),
            Route("/export/cortex-m4", _export, methods=["GET", "POST"]),
        ]
    )
