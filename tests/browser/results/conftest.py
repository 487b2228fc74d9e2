"""The built app over stored runs, and a page that tolerates no script error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.web_server import serve
from data.home import settings
from data.session import dispose_engines, migrate, session_scope
from data.tables import Upload
from larun_app.server.build import build
from tests.app.stored_runs import store_all

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results-home")


@pytest.fixture(scope="package")
def site(home: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Address of the built app, and the runs it holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LARUN_HOME", str(home))
        settings().make_folders()
        build()
        migrate()
        with session_scope() as session:
            session.add(Upload(id="u1", owner_id="local", name="S1.csv", path="u1", bytes=1, sha256="0" * 64))
            runs = store_all(session)
        dispose_engines()
        with serve(home) as url:
            yield url, runs


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 1280, "height": 900})
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which every script error, refused load and breach of the security policy is a failure."""
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield opened
    assert not [p for p in problems if "status of 404" not in p and "status of 409" not in p], problems
