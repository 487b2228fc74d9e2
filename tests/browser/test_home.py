"""Home: first visit, one click to a result, and coming back."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.web_server import serve
from tests.browser.conftest import Site, hold_scripts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def nothing_searched_yet(database: Path) -> Iterator[str]:
    """Address of an installation on its first day."""
    with serve(database) as url:
        yield url


def test_first_visit_says_what_this_is(open_page: Callable[..., Page], nothing_searched_yet: str) -> None:
    page = open_page("/", at=nothing_searched_yet)
    expect(page.get_by_role("heading", level=1)).to_have_text("Find a planet in real starlight")
    cards = page.locator(".ex-grid button")
    expect(cards).to_have_count(3)
    expect(page.locator(".ex-grid")).to_contain_text("Simulated")
    for dots in page.locator(".ex-grid path.thumbdots").all():
        assert (dots.get_attribute("d") or "").count("M") > 40  # real light, not an ornament


def test_no_dead_links(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.wait_for_load_state("networkidle")
    targets = {a.get_attribute("href") for a in page.locator("a").all()}
    for target in sorted(t for t in targets if t and t.startswith("/")):
        answer = page.request.get(page.url.rstrip("/") + target)
        assert answer.status == 200, target
    assert "#" not in targets


def test_an_address_that_leads_nowhere(open_page: Callable[..., Page]) -> None:
    page = open_page("/no/such/page")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is here")
    page.get_by_role("link", name="Go home").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_page_works_from_the_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("/")
    box = page.get_by_role("textbox", name="Star name, TIC number or coordinates")
    expect(box).to_be_focused()
    page.keyboard.type("TIC 12345678901234")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("at most ten digits")
    expect(box).to_be_focused()


def test_keys_can_be_turned_off(open_page: Callable[..., Page]) -> None:
    page = open_page("/help")
    switch = page.get_by_role("checkbox", name="Single keys act")
    expect(switch).to_be_checked()
    switch.click()
    expect(switch).not_to_be_checked()
    page.wait_for_function("localStorage.getItem('larun-keys') === 'off'")
    page.goto(page.url.replace("/help", "/"))
    page.wait_for_load_state("networkidle")
    page.locator("main").focus()
    page.keyboard.press("/")
    expect(page.get_by_role("textbox")).not_to_be_focused()


def test_light_and_dark(open_page: Callable[..., Page]) -> None:
    page = open_page("/", dark=True)
    page.wait_for_function("document.documentElement.classList.contains('dark')")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 18, 17)"
    page.get_by_role("button", name="Light or dark").first.click()
    page.wait_for_function("document.documentElement.classList.contains('light')")
    page.reload()
    page.wait_for_function("document.documentElement.classList.contains('light')")


def test_one_click_leads_to_a_result(open_page: Callable[..., Page], finished_run: str) -> None:
    page = open_page(f"/runs/{finished_run}")
    expect(page.locator("main")).to_contain_text("1.34 days")


def test_coming_back_shows_the_result(open_page: Callable[..., Page], finished_run: str) -> None:
    page = open_page("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your stars")
    row = page.locator(f"a[href='/runs/{finished_run}']")
    expect(row).to_contain_text("A dip repeats")
    assert (row.locator("path").first.get_attribute("d") or "").count("M") > 20
    row.click()
    page.wait_for_url(f"**/runs/{finished_run}")


def test_words_typed_into_the_greeting_move_to_the_list(
    open_page: Callable[..., Page], site: Site, finished_run: str
) -> None:
    page = open_page("/learn")  # of a visitor whose browser does not know yet that there are results
    answer = hold_scripts(page)
    page.goto(site.url + "/", wait_until="commit")
    box = page.get_by_role("textbox", name="Star name, TIC number or coordinates")
    box.fill("Not A Star At All")
    answer()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your stars", timeout=45_000)
    expect(box).to_have_value("Not A Star At All")
    expect(box).to_be_focused()


def test_a_finished_run_needs_no_progress_page(open_page: Callable[..., Page], finished_run: str) -> None:
    page = open_page(f"/runs/{finished_run}/progress")
    page.wait_for_url(f"**/runs/{finished_run}")


def test_an_unknown_run_says_so(open_page: Callable[..., Page]) -> None:
    page = open_page("/runs/aaaaaaaaaaaa/progress")
    expect(page.get_by_role("heading", level=1)).to_have_text("No such search")


def test_stopping_keeps_what_was_done(open_page: Callable[..., Page]) -> None:
    page = open_page("/examples")
    page.get_by_role("button", name="A flaring dwarf").click()
    page.wait_for_url("**/progress")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="You stopped this search")).to_be_visible(timeout=60_000)
    page.reload()
    expect(page.get_by_role("heading", name="You stopped this search")).to_be_visible()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    page.get_by_role("link", name="Change the choices").click()
    page.wait_for_url("**/analyse**")


def test_a_lost_session_says_so_and_comes_back(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page("/examples")
    page.wait_for_load_state("networkidle")
    (cookie,) = [c for c in page.context.cookies() if c["name"] == "larun_sid"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    digest = hashlib.sha256(cookie["value"].encode()).hexdigest()
    with sqlite3.connect(site.home / "larun.db") as db:
        changed = db.execute("UPDATE web_session SET revoked = 1 WHERE token_hash = ?", (digest,)).rowcount
    assert changed == 1
    page.get_by_role("button", name="WASP-4").click()  # the socket is still open, the session is not
    expect(page.get_by_text("This page has lost its session.")).to_be_visible()
    assert "/examples" in page.url
    page.get_by_role("link", name="Reload the page").click()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("This page has lost its session.")).to_have_count(0)
    (fresh,) = [c for c in page.context.cookies() if c["name"] == "larun_sid"]
    assert fresh["value"] != cookie["value"]
