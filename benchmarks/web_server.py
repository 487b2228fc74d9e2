"""The built pages on a free port over a home folder of one's own, and the browser that looks at them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from data.home import Settings
from larun_app.server.environment import PROJECT, web_environment
from larun_app.server.supervise import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser

READY_SECONDS = 120.0


@contextmanager
def serve(home: Path) -> Iterator[str]:
    """Serve the built pages with `home` as the home folder; gives the address without a slash at its end.

    Raises RuntimeError with the server's last words when it does not answer.
    """
    config = Settings(home=home)
    config = config.model_copy(update={"port": free_port("127.0.0.1", 8700 + os.getpid() % 300, fixed=False)})
    config.make_folders()
    log = config.logs / "web.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "larun_app.larun_app:app"),
                *("--host", config.host, "--port", str(config.port), "--workers", "1", "--ws"),
            ],
            cwd=PROJECT,
            env=web_environment(config),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{config.port}"
    try:
        _wait(url, process, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/ping", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("The web server does not answer:\n" + log.read_text(errors="replace")[-3000:])


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium: the system's where there is one, else Playwright's own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        try:
            yield browser
        finally:
            browser.close()
