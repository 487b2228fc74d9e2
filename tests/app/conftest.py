"""What the tests of stored runs share: a home folder full of them, and a browser of the person they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from larun_app.api.routes import routes
from larun_app.security.sessions import COOKIE_NAME, start_local_session
from tests.app.vetted_runs import vetted_home


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A home folder with every kind of run, searched and vetted, and the runs' ids by name."""
    home = tmp_path_factory.mktemp("stored")
    with vetted_home(home) as runs:
        yield home, runs


@pytest.fixture
def runs(stored: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Ids by name, with that home as this test's own. Tests that change runs make theirs themselves."""
    monkeypatch.setenv("LARUN_HOME", str(stored[0]))
    return stored[1]


@pytest.fixture
def client(runs: dict[str, str]) -> TestClient:
    """A browser of the person whose runs these are, at the routes about runs."""
    browser = TestClient(Starlette(routes=routes))
    browser.cookies.set(COOKIE_NAME, start_local_session())
    return browser
