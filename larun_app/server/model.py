"""The model service as one of the parts of `larun up`: where it listens, and when it is not started."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from data.home import Settings, SettingsError
from larun_app.server.children import Child
from larun_app.server.environment import PROJECT, child_environment

#: Only this machine's own app asks, so it listens here whatever `LARUN_HOST` says.
HOST = "127.0.0.1"
DEFAULT_PORT = 8450
PORTS_TRIED = 20
ARTEFACTS = Path("serving/artefacts/manifest.json")


def with_address(config: Settings) -> Settings:
    """The settings with the address our own model service will have, for all parts to know.

    Raises SettingsError when a port that was asked for is in use.
    """
    return config.model_copy(update={"model_url": f"http://{HOST}:{_port(config.model_port)}"})


def why_not() -> str | None:
    """Why our own model service cannot run, as a sentence; None when it can."""
    folder = os.environ.get("LARUN_MODEL_FOLDER")
    manifest = Path(folder) / "manifest.json" if folder else PROJECT / ARTEFACTS
    if not manifest.is_file():
        return f"There is no trained classifier ({manifest} is missing), so signals are not classified."
    missing = [package for package in ("bentoml", "ai_edge_litert") if find_spec(package) is None]
    if missing:
        return f"The model service is not installed ({', '.join(missing)}), so signals are not classified."
    return None


def model_child(config: Settings, say: Callable[[str], None]) -> Child:
    """The model service at the address of `with_address`, not yet started."""
    return Child(
        "The model service",
        [sys.executable, "-m", "serving", "--host", HOST, "--port", config.model_url.rpartition(":")[2]],
        child_environment(config),
        PROJECT,
        config.logs / "model.log",
        say,
        signal.SIGTERM,
    )


def answers(url: str) -> bool:
    """True when the model service at that address says that it is ready."""
    import requests

    try:
        return requests.get(f"{url.rstrip('/')}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _port(asked: int) -> int:
    """`asked`, or a port near the default one where nothing was asked for (0)."""
    first = asked or DEFAULT_PORT
    for port in range(first, first + (1 if asked else PORTS_TRIED)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    if asked:
        raise SettingsError(f"Port {asked} for the model service is in use: set LARUN_MODEL_PORT to another.")
    raise SettingsError(f"Ports {first} to {first + PORTS_TRIED - 1} are all in use: set LARUN_MODEL_PORT.")
