"""How likely each explanation is, in a real browser: the report's section, the overview's line, and accessibility."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page

from benchmarks.web_server import serve
from larun_app.server.build import build
from tests.app.validated_runs import REFUSED, validated_home
from tests.browser.accessibility import violations
from tests.browser.watched import Opened, watched

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Address of the built app over runs with chances, and those runs."""
    home = tmp_path_factory.mktemp("chances-home")
    with pytest.MonkeyPatch.context() as patch, validated_home(home) as runs:
        patch.setenv("LARUN_HOME", str(home))
        build()
        with serve(home) as url:
            yield url, runs


@pytest.fixture
def opened(chromium: Browser, validated: tuple[str, dict[str, str]]) -> Iterator[Opened]:
    """`opened(run, end, width, theme)`: a page on which every script error and refused load is a failure."""
    with watched(chromium, *validated, "/report", lambda end: "#chances" if end else ".checksline") as go:
        yield go


def _clean(page: Page, width: int) -> None:
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert violations(page) == []


def _said(part: Locator) -> str:
    return re.sub(r"\s+", " ", part.inner_text())


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_a_planet_from_the_overview_to_its_chances(opened: Opened, width: int, theme: str) -> None:
    page = opened("valid", "", width, theme)
    line = page.locator(".chanceline")
    assert "0.442 % ± 0.021 %. Statistically validated on this platform: no mass has been measured here." in _said(line)
    line.get_by_role("link", name="See all eight explanations").click()
    page.wait_for_url(re.compile(r"/report\?signal=1"))
    part = page.locator("#chances")
    part.wait_for()
    assert part.locator(".kwords").inner_text() == (
        "Statistically validated on this platform: no mass has been measured here"
    )
    bars = part.locator(".lbars li")
    assert bars.count() == 8
    assert _said(bars.first) == "A planet around this star 99.558 % ± 0.021 %"
    assert _said(bars.last).endswith("under 0.01 %")
    assert part.get_by_role("img", name=re.compile("Chance not a planet: 0.442 percent")).count() == 1
    assert part.locator(".chstars").first.locator("tbody tr").count() == 5
    _clean(page, width)

    bars.first.get_by_role("button").click()
    page.get_by_text("A planet crosses the star we look at.").wait_for()
    page.keyboard.press("Escape")
    for fold in part.locator("summary").all():
        fold.click()
    assert part.get_by_text("Kipping 2013").is_visible()
    assert part.get_by_text("no draw makes such a dip").is_visible()
    assert "seed 20261122" in _said(part)
    assert part.locator(".chstars").last.locator("tbody tr").count() == 2
    _clean(page, width)
    together = page.locator("#together")
    assert "Worth a proper look" in together.inner_text()

    page.get_by_role("link", name=re.compile("Signal 2")).click()
    page.get_by_text(f"Not worked out. {REFUSED}").wait_for()
    assert page.locator("#chances .lbars").count() == page.locator("#together").count() == 0


def test_two_stars_and_a_neighbour_are_no_planets(opened: Opened) -> None:
    page = opened("pair", width=390)
    part = page.locator("#chances")
    assert "Likely not a planet" in _said(part)
    assert _said(part.locator(".lbars li").first).startswith("A companion star eclipsing this one 97.12 %")
    assert part.locator(".ltr.good").count() == 0
    assert part.locator(".chstars").count() == 0, "no neighbour, no table"
    _clean(page, 390)
    page = opened("neighbour", width=390, theme="dark")
    part = page.locator("#chances")
    assert part.locator(".chip").inner_text() == "Likely a neighbour’s"
    assert _said(part.locator(".chstars tbody tr").first).startswith("TIC 200100")
    _clean(page, 390)


def test_what_is_not_decided_asks_for_a_look(opened: Opened) -> None:
    page = opened("undecided", width=1280, theme="dark")
    part = page.locator("#chances")
    assert part.locator(".kwords").inner_text() == "Not decided"
    assert "Look at their times by eye" in part.locator(".chwarn").inner_text()
    assert "2.31 % ± 0.19 %" in _said(part.locator(".chfacts"))
    assert "Where they differ" in page.locator("#together").inner_text()
    _clean(page, 1280)


def test_what_was_refused_is_one_sentence(opened: Opened) -> None:
    page = opened("refused", width=320)
    part = page.locator("#chances")
    assert _said(part) == f"How likely is each explanation? Not worked out. {REFUSED}"
    _clean(page, 320)
    page = opened("refused", "", 320)
    assert f"Not worked out. {REFUSED}" in page.locator(".chanceline").inner_text()
    assert page.locator(".chanceline a").count() == 0
    _clean(page, 320)


def test_the_words_stand_in_the_glossary(opened: Opened, validated: tuple[str, dict[str, str]]) -> None:
    page = opened("valid", "", 390)
    page.goto(validated[0] + "/help#glossary")
    page.get_by_text("nearby false-positive probability, NFPP").wait_for()
    assert page.get_by_text("hierarchical eclipsing binary, HEB").count() == 1
