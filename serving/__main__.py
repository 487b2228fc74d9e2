"""`python -m serving`: the model service in one process, without what BentoML would write to the home folder."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped; 1 with one line where the artefacts cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m serving", description="Classifies transit signals over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=int(os.environ.get("LARUN_MODEL_PORT") or 8450))
    parser.add_argument("--folder", type=Path, help="artefacts other than the committed ones")
    asked = parser.parse_args(arguments)
    if asked.folder is not None:
        os.environ["LARUN_MODEL_FOLDER"] = str(asked.folder)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with tempfile.TemporaryDirectory(prefix="larun-model-") as folder:
        os.environ.setdefault("BENTOML_HOME", folder)
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        return _serve(asked.host, asked.port)


def _serve(host: str, port: int) -> int:
    from serving.artefacts import COMMITTED, DamagedArtefact, load_manifest

    try:
        load_manifest(Path(os.environ.get("LARUN_MODEL_FOLDER") or COMMITTED))
    except DamagedArtefact as error:
        print(f"larun: {error}", file=sys.stderr)
        return 1
    import uvicorn

    from serving.service import LarunClassifier

    server = uvicorn.Server(
        uvicorn.Config(
            LarunClassifier.to_asgi(),
            host=host,
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=5,
            ws="none",
        )
    )
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
