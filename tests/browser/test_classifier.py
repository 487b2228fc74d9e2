"""The classifier in a real browser: the answer on the result and in the report, and the page about the chip."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks.web_server import serve
from larun_app.server.build import build
from tests.app.vetted_runs import vetted_home
from tests.browser.accessibility import violations
from tests.standins.model_server import ModelStandIn, model_stand_in

pytestmark = pytest.mark.browser

Go = Callable[..., Page]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str], ModelStandIn]]:
    """Address of the built app, its runs, and the model service it asks."""
    home = tmp_path_factory.mktemp("classifier-home")
    with pytest.MonkeyPatch.context() as patch, vetted_home(home) as runs, model_stand_in() as service:
        patch.setenv("LARUN_HOME", str(home))
        patch.setenv("LARUN_MODEL_URL", service.url)
        build()
        with serve(home) as url:
            yield url, runs, service


@pytest.fixture
def go(chromium: Browser, installed: tuple[str, dict[str, str], ModelStandIn]) -> Iterator[Go]:
    """`go(path, width, theme)`: a page on which every script error and refused load is a failure."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def opened(path: str, width: int = 390, theme: str = "light") -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 860}, color_scheme=theme)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.goto(installed[0] + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def _clean(page: Page, width: int = 390) -> None:
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_from_a_result_to_the_chip(go: Go, installed: tuple[str, dict[str, str], ModelStandIn], theme: str) -> None:
    page = go(f"/runs/{installed[1]['planet']}", theme=theme)
    line = page.locator(".kindline")
    line.wait_for()
    assert "The dip looks like a planet’s, 93" in line.inner_text()
    card = page.locator("#kind")
    assert card.locator(".kbars li").count() == 6
    assert card.locator(".kbars li").first.inner_text().split("\n")[0] == "Planet"
    assert "The dip up close: 52 points for a planet" in card.inner_text()
    _clean(page)
    line.get_by_role("link", name="See all six and why").click()
    page.wait_for_function("() => document.querySelector('#kind').getBoundingClientRect().top < innerHeight / 2")
    card.get_by_role("link", name="Try it on the chip").click()
    page.wait_for_url("**/chip")
    page.get_by_role("link", name="Download the package").wait_for()
    told = page.locator("main").inner_text()
    assert "7.2" in told
    assert "zero wait states" in told
    _clean(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the package").click()
    assert download.value.suggested_filename == "larun-cortex-m4.zip"


def test_what_was_not_classified_says_so_on_both_pages(
    go: Go, installed: tuple[str, dict[str, str], ModelStandIn]
) -> None:
    run = installed[1]["bare"]
    page = go(f"/runs/{run}")
    page.locator(".kindline").wait_for()
    assert "Not classified. The model service could not be reached." in page.locator(".kindline").inner_text()
    assert page.locator("#kind").count() == 0
    page = go(f"/runs/{run}/report")
    page.locator("#kind").wait_for()
    assert "Not classified. The model service could not be reached." in page.locator("#kind").inner_text()
    assert page.locator("#kind .kbars").count() == 0
    _clean(page)


def test_a_service_that_is_down_has_no_chip(go: Go, installed: tuple[str, dict[str, str], ModelStandIn]) -> None:
    service = installed[2]
    service.status = 503
    try:
        page = go("/chip")
        page.get_by_text("The model service answered with error 503.").wait_for()
        assert page.get_by_role("link", name="Download the package").count() == 0
        _clean(page)
    finally:
        service.status = 200
