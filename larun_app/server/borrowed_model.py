"""A model service for the length of one command, where none is set up."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from data.home import settings
from jobs.model_service import URL_SETTING
from larun_app.server.model import model_child, why_not, with_address

READY_SECONDS = 30.0


class NoModelService(Exception):
    """No model service can be had; the message is a sentence for the user."""


@contextmanager
def model_service() -> Iterator[None]:
    """The service of LARUN_MODEL_URL, else one of our own that ends with the block.

    Raises NoModelService where none can be started.
    """
    config = settings()
    if config.model_url:
        yield
        return
    reason = why_not()
    if reason is not None:
        raise NoModelService(reason)
    config = with_address(config)
    child = model_child(config, lambda _: None)
    child.start()
    os.environ[URL_SETTING] = config.model_url
    try:
        _wait(config.model_url, child.process)
        yield
    finally:
        del os.environ[URL_SETTING]
        if child.process is not None and child.process.poll() is None:
            child.process.terminate()
            try:
                child.process.wait(8)
            except subprocess.TimeoutExpired:
                child.process.kill()


def _wait(url: str, process: subprocess.Popen[bytes] | None) -> None:
    import requests

    last = time.monotonic() + READY_SECONDS
    while time.monotonic() < last and process is not None and process.poll() is None:
        try:
            if requests.get(f"{url}/readyz", timeout=1.0).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise NoModelService(f"The model service does not start; {settings().logs / 'model.log'} says why.")
