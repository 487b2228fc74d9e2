"""The wizard: a newcomer who types no number, on the desktop and on the phone; files; going back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from data.examples import list_examples
from tests.browser.conftest import RUN_SECONDS, Site, hold_scripts, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def step_on(page: Page, button: str, step: int) -> None:
    page.get_by_role("button", name=button).click()
    page.wait_for_url(f"**step={step}")


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=["desktop", "phone"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    return request.param  # type: ignore[no-any-return]


def test_a_star_without_typing_a_number(open_page: Callable[..., Page], size: tuple[int, int]) -> None:
    page = open_page("/", width=size[0], height=size[1])
    page.wait_for_load_state("networkidle")
    page.goto(page.url + "analyse?star=WASP-4")
    expect(page.get_by_text("Found", exact=True)).to_be_visible(timeout=90_000)
    expect(page.locator("main")).to_contain_text("TIC 402026209")
    step_on(page, "Next: choose the data", 2)
    expect(page.get_by_role("group", name="Stretches of time").get_by_role("button").first).to_have_attribute(
        "aria-pressed", "true"
    )
    step_on(page, "Next: clean the light", 3)
    expect(page.get_by_role("radio", name="Leave out the spoilt ones")).to_be_checked()
    step_on(page, "Next: the search", 4)
    expect(page.get_by_role("radio", name="Standard")).to_be_checked()
    page.get_by_role("radio", name="Quick").click()
    expect(page.get_by_role("radio", name="Quick")).to_be_checked()
    step_on(page, "Next: check and run", 5)
    expect(page.locator("main")).to_contain_text("Quick")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Start the search").click()
    page.wait_for_url("**/progress")
    page.wait_for_url(lambda url: not url.endswith("/progress"), timeout=RUN_SECONDS * 1000)
    expect(page.locator("main")).to_contain_text("1.34")


def test_back_keeps_everything_and_so_does_a_closed_browser(open_page: Callable[..., Page]) -> None:
    page = open_page("/analyse?star=WASP-4")
    expect(page.get_by_text("Found", exact=True)).to_be_visible(timeout=90_000)
    step_on(page, "Next: choose the data", 2)
    step_on(page, "Next: clean the light", 3)
    page.get_by_role("radio", name="Leave out everything marked").click()
    expect(page.get_by_role("radio", name="Leave out everything marked")).to_be_checked()
    step_on(page, "Next: the search", 4)
    field = page.get_by_label("Longest, days")
    field.fill("8")
    field.press("Enter")
    expect(page.get_by_text("Back to what fits the data")).to_be_visible()
    page.get_by_role("link", name="Back", exact=True).last.click()
    page.wait_for_url("**step=3")
    expect(page.get_by_role("radio", name="Leave out everything marked")).to_be_checked()
    page.go_back()
    page.wait_for_url("**step=4")
    expect(page.get_by_label("Longest, days")).to_have_value("8")
    again = open_page("/analyse?step=4", context=page.context)
    expect(again.get_by_label("Longest, days")).to_have_value("8")


def test_wrong_limits_are_said_and_nothing_is_lost(open_page: Callable[..., Page]) -> None:
    page = open_page("/analyse?star=WASP-4")
    expect(page.get_by_text("Found", exact=True)).to_be_visible(timeout=90_000)
    page.goto(page.url.split("?")[0] + "?step=4")
    field = page.get_by_label("Shortest, days")
    expect(field).to_have_value("0.5")
    field.fill("999")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("longer than the shortest")
    expect(page.get_by_label("Longest, days")).not_to_have_value("999")


def test_a_name_that_is_no_star(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page("/analyse?way=name")
    box = page.get_by_role("textbox", name="Star name or number")
    box.fill("Not A Star At All")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible(timeout=90_000)
    page.get_by_role("button", name="Next: choose the data").click(force=True)  # marked as not yet available
    expect(page.get_by_role("heading", level=1)).to_have_text("Which star?")


def test_what_is_typed_before_the_page_is_ready_is_kept(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page("/analyse?star=WASP-4")  # something else is remembered
    expect(page.get_by_text("Found", exact=True)).to_be_visible(timeout=90_000)
    answer = hold_scripts(page)
    page.goto(site.url + "/analyse", wait_until="commit")
    box = page.get_by_role("textbox", name="Star name or number")
    box.fill("Not A Star At All")
    answer()
    settled(page)
    expect(page.get_by_text("Found", exact=True)).to_be_visible(timeout=45_000)
    expect(box).to_have_value("Not A Star At All")


def test_enter_before_the_page_is_ready_is_an_answer_too(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page("/learn")
    answer = hold_scripts(page)
    page.goto(site.url + "/", wait_until="commit")
    box = page.get_by_role("textbox", name="Star name, TIC number or coordinates").first
    box.fill("Not A Star At All")
    box.press("Enter", no_wait_after=True)
    page.wait_for_url(lambda url: "/analyse" in url, wait_until="commit")
    answer()
    expect(page.get_by_role("alert")).to_be_visible(timeout=90_000)
    assert "/analyse" in page.url


def test_a_file_is_read_shown_and_searched(open_page: Callable[..., Page], tmp_path: Path) -> None:
    example = list_examples()[0]
    page = open_page("/analyse?way=file")
    expect(page.get_by_text("Drop light curves here, or choose files")).to_be_visible()
    wrong = tmp_path / "holiday.fits"
    wrong.write_bytes(b"GIF89a, not a light curve at all")
    page.locator("input[type=file]").set_input_files([str(wrong), str(example.path)])
    expect(page.locator(".ferr").filter(has_text="holiday.fits")).to_be_visible(timeout=90_000)
    expect(page.get_by_role("region", name="Files")).to_contain_text(example.path.name)
    step_on(page, "Next: choose the data", 2)
    read = page.locator("dl.revw")
    expect(read).to_contain_text("BTJD")
    expect(read).to_contain_text("Left out")
    for button, step in (("Next: clean the light", 3), ("Next: the search", 4), ("Next: check and run", 5)):
        step_on(page, button, step)
    page.get_by_role("button", name="Start the search").click()
    page.wait_for_url("**/progress")


def test_a_file_can_be_taken_out_again(open_page: Callable[..., Page]) -> None:
    example = list_examples()[1]
    page = open_page("/analyse?way=file")
    page.locator("input[type=file]").set_input_files(str(example.path))
    row = page.get_by_role("listitem").filter(has_text=example.path.name)
    expect(row).to_be_visible(timeout=90_000)
    row.get_by_role("button").click()
    expect(row).to_have_count(0)
