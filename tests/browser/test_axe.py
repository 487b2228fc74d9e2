"""axe on every page, in light and dark, on four widths; no page scrolls sideways; text may be twice as large."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PAGES = ["/", "/examples", "/learn", "/help", "/analyse", "/analyse?way=file", "/results", "/no/such/page"]
SIZES = [(1280, 800), (768, 1024), (390, 844), (320, 568)]


def check(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    expect(page.locator("h1")).to_be_visible(timeout=30_000)  # an idle network is no drawn page on a busy machine
    page.wait_for_timeout(150)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_page(open_page: Callable[..., Page], path: str, dark: bool) -> None:
    page = open_page(path, dark=dark)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        check(page)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_wizard_steps(open_page: Callable[..., Page], dark: bool) -> None:
    page = open_page("/analyse?star=WASP-4", dark=dark)
    expect(page.get_by_text("Found", exact=True)).to_be_visible(timeout=90_000)
    for step in range(1, 6):
        page.goto(page.url.split("?")[0] + f"?step={step}")
        expect(page.locator("[aria-current=step]")).to_contain_text(str(step))
        for details in page.locator("details").all():
            details.evaluate("d => { d.open = true }")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            check(page)
        page.set_viewport_size({"width": 1280, "height": 800})


def test_progress_page(open_page: Callable[..., Page]) -> None:
    page = open_page("/examples")
    page.get_by_role("button", name="TOI-247").click()
    page.wait_for_url("**/progress")
    expect(page.get_by_role("region", name="Stages")).to_be_visible()
    result = violations(page)
    page.get_by_role("button", name="Stop").click()
    assert result == []


def test_a_term_explains_itself(open_page: Callable[..., Page]) -> None:
    page = open_page("/learn")
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="odds of a fluke").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("noise alone")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("path", PAGES)
def test_text_twice_as_large(open_page: Callable[..., Page], path: str) -> None:
    """A 1280-pixel window zoomed to 200 % is 640 CSS pixels wide."""
    page = open_page(path, width=640, height=400)
    check(page)


def test_targets_on_the_phone_are_large_enough(open_page: Callable[..., Page]) -> None:
    page = open_page("/analyse", width=390, height=844)
    page.wait_for_load_state("networkidle")
    for control in page.locator("main button:visible, header button:visible, nav.tab a:visible").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 40, control.inner_text()
