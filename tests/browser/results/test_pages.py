"""The results pages in a real browser: what they say, their states, downloads, keys, list and accessibility."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.accessibility import violations
from tests.browser.results.results_page import inked, open_run, summary

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


def test_two_planets_are_told_and_drawn(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")
    assert page.locator("h1").inner_text() == "Test star"
    assert page.locator("section.verdict h2").inner_text() == "A dip that repeats every 4.2 days"
    figures = page.locator("dl.kpis").inner_text()
    for word in ("Year on the planet", "Size", "Dip", "Signal to noise", "Odds of a fluke"):
        assert word in figures
    assert "What has not been tested" in page.locator("main").inner_text()
    for chart in ("brightness", "periodogram", "fold"):
        assert inked(page, chart) > 3000, chart
    assert summary(page, "brightness").startswith("All three sectors. Eighteen dips of signal 1 are marked")
    assert summary(page, "periodogram").startswith("Two periods stand out, 4.20 and 9.70 days")
    assert re.match(r"Eighteen dips folded on 4\.2000 days: 0\.15\d+.%.*3\.0.hours long", summary(page, "fold"))
    assert page.locator("[data-chart=fold] [role=img]").get_attribute("aria-label") == summary(page, "fold")


def test_nothing_convincing_is_a_calm_answer(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "nothing")
    assert page.locator("section.verdict h2").inner_text() == "Nothing convincing found"
    assert "would have shown" in page.locator("section.verdict").inner_text()
    assert summary(page, "periodogram").startswith("No period stands out.")
    assert "the strongest repeat" in summary(page, "brightness")
    assert "Weaker than what noise makes by itself." in page.locator("main").inner_text()
    assert "planet" not in page.locator("dl.kpis").inner_text().lower()


def test_simulated_light_says_so_on_every_page(page: Page, site: tuple[str, dict[str, str]]) -> None:
    url, runs = site
    for end in ("", "/data", "/history"):
        page.goto(f"{url}/runs/{runs['binary']}{end}")
        page.get_by_text("Simulated light.").wait_for()
    page.goto(f"{url}/results")
    page.get_by_text("Simulated light").wait_for()


@pytest.mark.parametrize("name", ["other", "unknown"])
def test_what_is_not_yours_is_not_there(page: Page, site: tuple[str, dict[str, str]], name: str) -> None:
    url, runs = site
    page.goto(f"{url}/runs/{runs.get(name, 'nosuchrun222')}")
    page.get_by_role("heading", name="There is no such result").wait_for()
    assert "Secret" not in page.content()
    assert page.locator("[data-chart]").count() == 0


@pytest.mark.parametrize("name", ["failed", "cancelled"])
def test_a_run_without_a_result_leads_to_its_progress(page: Page, site: tuple[str, dict[str, str]], name: str) -> None:
    url, runs = site
    page.goto(f"{url}/runs/{runs[name]}")
    page.wait_for_url(f"{url}/runs/{runs[name]}/progress*")


def test_every_chart_has_a_table(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")
    for chart, least in (("brightness", 100), ("periodogram", 10), ("fold", 20)):
        card = page.locator(f"[data-chart={chart}]")
        card.get_by_role("button", name="Show as table").click()
        rows = card.locator("tbody tr").count()
        assert least <= rows <= 200, chart
        with page.expect_download() as download:
            card.get_by_role("link", name=re.compile("CSV")).click()
        text = Path(download.value.path()).read_text()
        assert len(text.splitlines()) > 5000
    page.locator("[data-chart=periodogram]").get_by_role("button", name=re.compile(r"Fold on 9\.(69|70)")).click()
    page.wait_for_timeout(200)
    assert page.get_by_label("Period in days").input_value().startswith("9.7000")


def test_data_page_and_downloads(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")
    page.get_by_role("link", name="Data", exact=True).click()
    page.get_by_role("heading", name="The light that went in").wait_for()
    text = page.locator("main").inner_text()
    for word in ("S28", "SPOC", "400", "ab" * 32, "Seed", "Time stamps of early sectors", "TIC 8.2", "numpy"):
        assert word in text, word
    page.locator(".menu summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Everything in one zip")).click()
    assert download.value.suggested_filename == "Test-star-bundle.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        assert "manifest.sha256" in archive.namelist()
        assert json.loads(archive.read("report.json"))["title"] == "Test star"


def test_picture_of_a_chart(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")
    with page.expect_download() as download:
        page.locator("[data-chart=fold]").get_by_role("button", name="Save this picture").click()
    assert download.value.suggested_filename == "fold.png"
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


def test_list_searches_and_filters(page: Page, site: tuple[str, dict[str, str]]) -> None:
    url, _ = site
    page.goto(f"{url}/results")
    rows = page.locator(".rrow")
    rows.first.wait_for()
    assert rows.count() >= 5
    assert "Secret star" not in page.content()
    page.get_by_label("Find a result").fill("quiet")
    page.wait_for_function("() => document.querySelectorAll('.rrow').length === 1")
    assert "Nothing convincing found" in rows.first.inner_text()
    page.get_by_label("Find a result").fill("no such star at all")
    page.get_by_text("No result fits this.").wait_for()
    page.get_by_label("Find a result").fill("")
    page.get_by_role("button", name="Two stars").click()
    page.wait_for_function("() => document.querySelectorAll('.rrow').length === 1")
    rows.first.click()
    page.wait_for_url(re.compile("/runs/twostars2222"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_accessible_and_never_scroll_sideways(
    chromium: Browser, site: tuple[str, dict[str, str]], theme: Any
) -> None:
    context = chromium.new_context(color_scheme=theme)
    url, runs = site
    paths = [f"/runs/{runs[n]}" for n in ("planets", "nothing", "binary", "other")]
    paths += [f"/runs/{runs['planets']}/data", f"/runs/{runs['planets']}/history", "/results"]
    for path in paths:
        page = context.new_page()
        page.goto(url + path)
        page.locator("h1").wait_for()
        if path in paths[:3]:
            page.locator("[data-chart=periodogram] .u-over").wait_for()
        for width in (1280, 768, 390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            page.wait_for_timeout(300)
            assert violations(page) == [], (path, width)
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width, path
        page.close()
    context.close()


def test_text_at_200_percent_fits(chromium: Browser, site: tuple[str, dict[str, str]]) -> None:
    context = chromium.new_context(viewport={"width": 640, "height": 450}, device_scale_factor=2)
    page = context.new_page()
    open_run(page, site, "planets")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 640
    context.close()


def test_keys_are_listed_and_can_be_turned_off(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keys for the charts").wait_for()
    page.get_by_label("Use these keys").uncheck()
    page.get_by_role("button", name="Close the list of keys").click()
    page.locator("[data-chart=fold] .plotfocus").focus()
    page.keyboard.press("[")
    assert page.get_by_label("Period in days").input_value().startswith("4.2000")
    page.keyboard.press("?")
    page.get_by_label("Use these keys").check()


def test_letters_typed_into_a_field_do_nothing_else(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")
    field = page.get_by_label("Period in days")
    field.focus()
    field.press("x")
    field.press("0")
    assert page.get_by_role("button", name="Move", exact=True).get_attribute("aria-pressed") == "true"
    field.press("Escape")
    assert field.input_value().startswith("4.2000")


def test_dark_mode_redraws_the_charts(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")

    def colours() -> set[tuple[int, int, int]]:
        found = page.evaluate(
            """() => {
              const canvas = document.querySelector('[data-chart=fold] .plotbox canvas');
              const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
              const seen = new Set();
              for (let i = 0; i < d.length; i += 4) if (d[i + 3] === 255) seen.add([d[i], d[i + 1], d[i + 2]].join());
              return [...seen];
            }"""
        )
        return {tuple(int(v) for v in c.split(",")) for c in found}  # type: ignore[misc]

    light, dark = (0xC2, 0x41, 0x0C), (0xFF, 0x9A, 0x5C)  # the model line's token in both themes
    assert light in colours()
    page.get_by_role("button", name="Light or dark").first.click()
    page.wait_for_timeout(500)
    assert dark in colours()
    assert light not in colours()
