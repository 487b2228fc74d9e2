"""The built app with its workers and a stand-in archive on free ports, and a Chromium that reports every violation."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route

from benchmarks import web_server
from data.home import Settings
from tests.standins.mast_server import MastStandIn

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180.0
#: A search on a loaded machine, the compiling of its kernels included.
RUN_SECONDS = 240.0


@dataclass
class Site:
    """A running installation."""

    url: str
    home: Path
    archive: MastStandIn
    logs: list[Path] = field(default_factory=list)

    def tail(self) -> str:
        """What the parts said last."""
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-1500:]}" for log in self.logs)


def free_port() -> int:
    """A port nobody uses now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process(name: str, command: list[str], environment: dict[str, str], home: Path) -> Iterator[Path]:
    log = home / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield log
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _wait_for(port: int, logs: list[Path]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection, suppress(OSError):
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.5)
    raise AssertionError("the web server did not start\n" + "\n".join(log.read_text()[-2000:] for log in logs))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Web server, both workers and the archive. Built once, and only when the sources changed."""
    from larun_app.server.build import build
    from larun_app.server.environment import child_environment, web_environment

    home, port = tmp_path_factory.mktemp("site"), free_port()
    config = Settings(home=home, port=port)
    config.make_folders()
    build(config, ROOT)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / "var" / "cache" / "numba"))  # compiled once, not per test run
    with MastStandIn() as archive:
        environment = child_environment(config) | archive.env
        subprocess.run(
            [sys.executable, "-c", "from data.session import migrate; migrate()"], env=environment, cwd=ROOT, check=True
        )
        web = [
            *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "larun_app.larun_app:app"),
            *("--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--ws", "--log-level", "warning"),
        ]
        search = [sys.executable, "-m", "jobs.worker", "--lane", "search"]
        lookups = [sys.executable, "-m", "jobs.worker", "--lane", "io"]
        with (
            _process("web", web, environment | web_environment(config), home) as web_log,
            _process("search", search, environment, home) as search_log,
            _process("lookups", lookups, environment, home) as lookup_log,
        ):
            _wait_for(port, [web_log])
            yield Site(f"http://127.0.0.1:{port}", home, archive, [web_log, search_log, lookup_log])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests: Playwright runs once per thread."""
    with web_server.chromium() as browser:
        yield browser


@dataclass
class Watched:
    """Pages opened in one test, and what their browsers complained about."""

    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


@pytest.fixture
def open_page(site: Site, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page(path, width=1280, height=800, dark=False)`: a page of a new visitor (or of `context`).

    `at` is the address of another installation.

    The test fails when any page violates the content security policy, throws an error, or asks another origin.
    """
    watched = Watched()
    contexts: list[BrowserContext] = []

    def opened(
        path: str = "/",
        *,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        context: BrowserContext | None = None,
        at: str = site.url,
    ) -> Page:
        if context is None:
            context = chromium.new_context(
                viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
            )
            contexts.append(context)
        context.set_default_timeout(45_000)
        page = context.new_page()

        def heard(text: str) -> None:
            if "Content Security Policy" in text or "violates" in text:
                watched.complaints.append(text)

        page.on("console", lambda message: heard(message.text))
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((at, "data:", "blob:")) else watched.foreign.append(request.url)
            ),
        )
        page.goto(at + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert watched.complaints == []
    assert watched.foreign == []


def hold_scripts(page: Page) -> Callable[[], None]:
    """From now on no script of `page` arrives, as on a slow line; the returned function lets them all in."""
    held: list[Route] = []
    page.route("**/assets/*.js", lambda route: held.append(route))

    def answer() -> None:
        page.unroute("**/assets/*.js")
        for route in held:
            with suppress(Error):  # of a page that has been left
                route.continue_()

    return answer


def settled(page: Page) -> None:
    """Wait until the page has its state from the server."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(
        "document.documentElement.classList.contains('light') || document.documentElement.classList.contains('dark')"
    )


@pytest.fixture(scope="session")
def finished_run(site: Site, chromium: Browser) -> str:
    """Id of a finished run of the first example, started by one click on Home."""
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.set_default_timeout(45_000)
        page.goto(site.url + "/examples")
        page.get_by_role("button", name="WASP-4").click()
        page.wait_for_url("**/progress", timeout=45_000)
        run_id = page.url.split("/")[-2]
        page.wait_for_url(f"**/runs/{run_id}", timeout=RUN_SECONDS * 1000)
        return run_id
    except Exception as error:
        raise AssertionError(f"the example did not finish: {error}\n{site.tail()}") from error
    finally:
        context.close()
