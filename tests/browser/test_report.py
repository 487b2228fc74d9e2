"""The validation report in a real browser: the journey, the sky, the phone, and accessibility."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.web_server import serve
from data.session import dispose_engines, session_scope
from data.tables import Upload
from larun_app.server.build import build
from tests.app.vetted_runs import vetted_home
from tests.browser.accessibility import violations
from tests.browser.watched import Opened, watched

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def vetted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Address of the built app over runs with checks, and those runs."""
    home = tmp_path_factory.mktemp("report-home")
    with pytest.MonkeyPatch.context() as patch, vetted_home(home) as runs:
        patch.setenv("LARUN_HOME", str(home))
        with session_scope() as session:
            session.add(Upload(id="u1", owner_id="local", name="S1.csv", path="u1", bytes=1, sha256="0" * 64))
        dispose_engines()
        build()
        with serve(home) as url:
            yield url, runs


@pytest.fixture
def opened(chromium: Browser, vetted: tuple[str, dict[str, str]]) -> Iterator[Opened]:
    """`opened(run, end, width, theme)`: a page on which every script error and refused load is a failure."""
    with watched(chromium, *vetted, "/report", lambda end: ".trows" if end.startswith("/report") else "h1") as go:
        yield go


def test_from_the_overview_to_the_report_and_to_the_points(opened: Opened) -> None:
    page = opened("planet", "")
    assert "9 pass, 1 to look at" in page.locator(".checksline", has_text="Checks").inner_text()
    page.get_by_role("link", name="Read the report").click()
    page.wait_for_url(re.compile(r"/report\?signal=1"))
    rows = page.locator(".trow")
    rows.first.wait_for()
    assert page.locator("section.verdict h2").inner_text().startswith("Nothing speaks against a planet")
    assert rows.locator("h3").all_inner_texts()[:2] == ["No second dip half-way", "Strong enough"]
    for words in ("Dips come from this star?", "Light from neighbours", "Size, undiluted", "of 10 pass"):
        assert words in page.locator("dl.kpis").inner_text()
    assert page.get_by_role("link", name="Summary as PDF").get_attribute("href") == (
        "/api/v1/runs/vetplanet222/summary-1.pdf"
    )
    assert "No chance has been worked out" in page.locator("main").inner_text()

    row = page.locator("#check-odd_even_depth")
    button = row.get_by_role("button", name=re.compile("Show picture"))
    button.focus()
    page.keyboard.press("Enter")
    picture = row.locator(".picplot svg")
    picture.wait_for()
    assert picture.get_attribute("aria-label") == "Odd and even dips laid over each other: they have one depth."
    assert picture.locator("path.c-odd").count() == 1
    assert "hours from the middle of the dip" in (picture.text_content() or "")
    assert row.locator(".tasked").inner_text() == "Is every other dip deeper, as when two stars take turns?"
    assert row.locator(".legend").inner_text().split("\n") == ["odd dips", "even dips", "model"]
    row.get_by_role("button", name="Show as table").click()
    assert 20 < row.locator("tbody tr").count() <= 60

    row.get_by_role("link", name="See these points in the light curve").click()
    page.wait_for_url(re.compile("test=odd_even_depth"))
    page.locator("[data-chart=brightness] .mainplot .u-over").wait_for()
    band = page.locator(".checkband")
    assert "Odd and even dips match" in band.inner_text()
    summary = page.locator("[data-summary=brightness]").inner_text()
    assert "Shaded: nine stretches whose points the check" in summary
    assert "Points inside a dip are amber" not in summary
    band.get_by_role("button", name="Clear").click()
    band.wait_for(state="detached")
    page.wait_for_function("() => !location.search.includes('test=')")


def test_a_signal_of_the_address_and_a_check_that_is_not_there(opened: Opened) -> None:
    page = opened("planet", "/report?signal=2")
    assert page.locator("section.verdict h2").inner_text() == "All checks passed"
    page.get_by_role("link", name=re.compile("Signal 1")).click()
    page.get_by_role("heading", name=re.compile("Nothing speaks against")).wait_for()
    page.goto(page.url.split("/runs/")[0] + "/runs/vetplanet222?test=no_such_check")
    page.locator("[data-chart=brightness] .mainplot .u-over").wait_for()
    assert page.locator(".checkband").count() == 0


def test_the_sky_of_a_blend(opened: Opened) -> None:
    page = opened("blend")
    assert page.locator(".trow").first.inner_text().startswith("Fail")
    sky = page.locator(".skycard")
    sky.locator(".skyplot svg").wait_for()
    said = sky.locator("[data-summary=sky]").inner_text
    assert re.match(r"Sector 1: the bluer a pixel, .* The cross marks .*: 33\.5″ .* of Vetted blend", said())
    assert sky.locator(".skycell").count() == 121
    assert sky.locator(".apline").count() == 1
    assert {"A", "B"} <= set(sky.locator(".skyplot text").all_text_contents())
    # the cross lies on star B, wherever the pixels are turned to
    for label in ("S1", "S2", "S28"):
        sky.get_by_label("Which sector").select_option(label)
        page.wait_for_function(
            "(label) => document.querySelector('[data-summary=sky]').innerText.length > 0", arg=label
        )
        assert _gap(page) < 9, label
    assert "This sector was not used: too few frames inside the dips." in said()
    sky.get_by_role("button", name="Average image").click()
    assert "more light fell on it beside the dips" in said()
    assert sky.locator(".skycell").count() == 120, "the pixel without data is left out"
    sky.get_by_role("button", name="Stars only").click()
    assert sky.locator(".skycell").count() == 0
    assert "all sectors together" in said()
    sky.get_by_role("button", name="Show as table").click()
    assert "B, TIC 100102" in sky.locator("tbody").inner_text()

    table = page.locator(".ntable")
    assert table.locator("tbody tr").count() == 12
    assert "Likely the source" in table.locator("tbody tr").first.inner_text()
    page.get_by_role("button", name="Show all 40").click()
    page.wait_for_function("() => document.querySelectorAll('.ntable tbody tr').length === 40")


def _gap(page: Page) -> float:
    """Pixels between the cross and the dot of star B."""
    return float(
        page.evaluate(
            """() => {
              const ring = document.querySelector('.skyplot .crossline').getBoundingClientRect();
              const dots = [...document.querySelectorAll('.skyplot .skyable')].map(d => d.getBoundingClientRect());
              const centre = r => [r.x + r.width / 2, r.y + r.height / 2];
              const [x, y] = centre(ring);
              return Math.min(...dots.map(centre).map(([a, b]) => Math.hypot(a - x, b - y)));
            }"""
        )
    )


def test_what_was_not_run_says_so_and_can_be_run(opened: Opened) -> None:
    page = opened("bare", width=390)
    first = page.locator(".trow").first
    assert re.match(r"Not run\s+Dips come from this star\s+Pixels were not asked for in this run\.", first.inner_text())
    assert "The archive did not answer" in page.locator(".skycard").inner_text()
    assert page.locator(".skyplot").count() == 0
    small = page.evaluate(
        """() => [...document.querySelectorAll('.trow button, .siglinks a, .skyhead select')]
                   .map(e => e.getBoundingClientRect().height).filter(h => h < 44)"""
    )
    assert small == []
    first.get_by_role("button", name=re.compile("Fetch the pixels")).click()
    page.wait_for_url(re.compile(r"/runs/(?!vetbare)[a-z0-9]+/progress"))


def test_neighbours_are_cards_on_the_phone(opened: Opened) -> None:
    page = opened("planet", width=390)
    row = page.locator(".ntable tbody tr").first
    assert row.inner_text().split("\n")[0] == "A, TIC 100105"
    assert page.locator(".ntable thead").is_hidden()
    assert row.locator("td").first.evaluate("e => getComputedStyle(e, '::before').content") == '"Distance"'
    box = row.bounding_box()
    assert box is not None
    assert box["height"] < 190


def test_what_is_not_yours_has_no_report(chromium: Browser, vetted: tuple[str, dict[str, str]]) -> None:
    url, runs = vetted
    page = chromium.new_page()
    page.goto(f"{url}/runs/{runs['other']}/report")
    page.get_by_role("heading", name="There is no such result").wait_for()
    assert page.locator(".trows").count() == 0
    page.goto(f"{url}/runs/{runs['nothing']}/report")
    page.get_by_role("heading", name="These dips have not been checked").wait_for()
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_report_is_accessible_and_never_scrolls_sideways(opened: Opened, theme: str) -> None:
    for run in ("blend", "bare"):
        page = opened(run, theme=theme)
        page.locator("#check-odd_even_depth .tpic").click()
        page.locator(".picplot svg").wait_for()
        if run == "blend":
            page.locator(".skyplot svg").wait_for()
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 860})
            page.wait_for_timeout(250)
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width, (run, width)
            assert width == 320 or violations(page) == [], (run, width)
    page = opened("planet", "?signal=1&test=odd_even_depth", width=390, theme=theme)
    page.locator(".checkband").wait_for()
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
