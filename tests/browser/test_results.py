"""The results pages in a real browser, over the built app: charts, links, states, keyboard, accessibility, phone."""

from __future__ import annotations

import json
import math
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import select

from benchmarks.web_server import serve
from data.home import settings
from data.session import dispose_engines, migrate, session_scope
from data.tables import Run, Upload
from larun_app.server.build import build
from tests.app.stored_runs import store_all
from tests.browser.accessibility import violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

PLOT = "[data-chart=brightness] .mainplot .u-over"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results-home")


@pytest.fixture(scope="module")
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


def open_run(page: Page, site: tuple[str, dict[str, str]], name: str, query: str = "") -> None:
    url, runs = site
    page.goto(f"{url}/runs/{runs[name]}{query}")
    page.locator(PLOT).wait_for()
    page.locator("[data-chart=periodogram] .u-over").wait_for()
    page.locator("section.verdict").wait_for()


def view_days(page: Page) -> tuple[float, float]:
    return tuple(
        float(page.get_by_label(name, exact=True).input_value()) for name in ("First day shown", "Last day shown")
    )  # type: ignore[return-value]


def query_of(page: Page) -> dict[str, str]:
    page.wait_for_timeout(400)  # the address follows a moment after the hand rests
    return dict(page.evaluate("() => Object.fromEntries(new URLSearchParams(location.search))"))


def summary(page: Page, chart: str) -> str:
    page.wait_for_timeout(250)
    return page.locator(f"[data-summary={chart}]").inner_text()


def inked(page: Page, chart: str) -> int:
    """Pixels of a chart's canvas that are not empty."""
    return int(
        page.evaluate(
            """(chart) => {
              const canvas = document.querySelector(`[data-chart=${chart}] .plotbox canvas`);
              const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
              let n = 0; for (let i = 3; i < data.length; i += 4) if (data[i]) n += 1; return n;
            }""",
            chart,
        )
    )


def drag(page: Page, selector: str, start: float, stop: float) -> None:
    box = page.locator(selector).bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + stop * box["width"], y, steps=6)
    page.mouse.up()


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


def test_choosing_a_signal_changes_everything(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")
    page.get_by_role("button", name="Signal 2").click()
    page.get_by_text("dip of signal 2").wait_for()
    assert page.get_by_label("Period in days").input_value().startswith("9.7000")
    assert "9.7000 days" in summary(page, "fold")
    assert page.locator("dl.kpis").inner_text().split("\n")[1].startswith("9.70000")
    assert query_of(page) == {"signal": "2"}
    page.locator("body").press("1")
    page.get_by_text("dip of signal 1").wait_for()
    page.locator("dl.kpis").get_by_text("4.20000").first.wait_for()
    assert query_of(page) == {}


def test_wheel_drag_buttons_fields_and_keys_move_the_window(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")
    whole = view_days(page)
    page.locator(PLOT).hover()
    for _ in range(6):
        page.mouse.wheel(0, -120)
    page.wait_for_timeout(300)
    zoomed = view_days(page)
    assert zoomed[1] - zoomed[0] < 0.5 * (whole[1] - whole[0])
    drag(page, PLOT, 0.7, 0.3)
    page.wait_for_timeout(300)
    moved = view_days(page)
    assert moved[0] > zoomed[0] + 1
    page.get_by_role("button", name="Zoom out").click()
    page.wait_for_timeout(300)
    assert view_days(page)[1] - view_days(page)[0] > moved[1] - moved[0]
    page.get_by_label("First day shown").fill("1330")
    page.get_by_label("First day shown").press("Enter")
    page.get_by_label("Last day shown").fill("1335,5")
    page.get_by_label("Last day shown").press("Enter")
    page.wait_for_timeout(300)
    assert view_days(page) == pytest.approx((1330.0, 1335.5), abs=0.05)
    page.locator("[data-chart=brightness] .plotfocus").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert view_days(page)[0] == pytest.approx(1330.55, abs=0.1)
    page.keyboard.press("0")
    page.wait_for_timeout(300)
    assert view_days(page) == pytest.approx(whole, abs=0.01)
    page.keyboard.press("n")
    page.wait_for_timeout(300)
    days = view_days(page)
    assert days[1] - days[0] < 2
    middle = (days[0] + days[1]) / 2
    assert abs((middle - 1327.0) / 4.2 - round((middle - 1327.0) / 4.2)) * 4.2 < 0.1, "a dip is in the middle"


def test_overview_window_can_be_dragged(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets", "?from=1326&to=1336")
    before = view_days(page)
    box = page.locator(".ovwin .win").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 200, box["y"] + 20, steps=5)
    page.mouse.up()
    page.wait_for_timeout(300)
    after = view_days(page)
    assert after[0] > before[0] + 5
    handle = page.locator(".ovwin .h.r").bounding_box()
    assert handle is not None
    page.mouse.move(handle["x"] + 10, handle["y"] + 20)
    page.mouse.down()
    page.mouse.move(handle["x"] + 110, handle["y"] + 20, steps=5)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert view_days(page)[1] > after[1] + 5


def test_pinch_zooms_and_one_finger_scrolls_the_page(chromium: Browser, site: tuple[str, dict[str, str]]) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    open_run(page, site, "planets")
    assert page.locator(PLOT).evaluate("(e) => getComputedStyle(e).touchAction") == "pan-y"
    before = view_days(page)
    page.locator(PLOT).scroll_into_view_if_needed()
    box = page.locator(PLOT).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = context.new_cdp_session(page)

    def fingers(kind: str, apart: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 20)
    for apart in (30, 45, 60, 80, 100):
        fingers("touchMove", apart)
    fingers("touchEnd", 0)
    page.wait_for_timeout(400)
    after = view_days(page)
    assert after[1] - after[0] < 0.5 * (before[1] - before[0])
    context.close()


def test_hide_undo_redo_and_search_again(page: Page, site: tuple[str, dict[str, str]], home: Path) -> None:
    open_run(page, site, "planets", "?from=1326&to=1336")
    page.get_by_role("button", name="Hide", exact=True).click()
    drag(page, PLOT, 0.3, 0.5)
    assert "points are hidden by you" in summary(page, "brightness")
    hidden = query_of(page)["hide"]
    start, stop = (float(v) for v in hidden.split("~"))
    assert 1328 < start < stop < 1332
    page.keyboard.press("Control+z")
    assert "hidden by you" not in summary(page, "brightness")
    assert page.get_by_role("button", name="Search again without these points").count() == 0
    page.keyboard.press("Control+Shift+z")
    assert query_of(page)["hide"] == hidden
    page.get_by_role("button", name="Search again without these points").click()
    page.wait_for_url(re.compile(r"/runs/[a-z0-9]+/progress"))
    new_id = page.url.split("/runs/")[1].split("/")[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LARUN_HOME", str(home))
        with session_scope() as session:
            run = session.exec(select(Run).where(Run.id == new_id)).one()
            ranges = run.request["clean"]["hidden"]
            assert run.parent_run_id == site[1]["planets"]
            run.state = "cancelled"  # no worker serves this test
            session.add(run)
        dispose_engines()
    assert ranges == [{"start_bjd": pytest.approx(start + 2457000), "stop_bjd": pytest.approx(stop + 2457000)}]


def test_marks_measure_and_give_a_period(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets", "?mark=1326.95~1327.05,1331.15~1331.25")
    marks = page.locator(".editlist li")
    assert marks.count() == 2
    assert "0.15" in marks.first.inner_text()
    assert "% deep" in marks.first.inner_text()
    page.get_by_role("button", name="Fold on the time between the first two").click()
    assert page.get_by_label("Period in days").input_value().startswith("4.2000")
    page.get_by_role("button", name="Remove the mark at day 1\u202f327.00").click()
    assert marks.count() == 1
    page.get_by_role("button", name="Undo").click()
    assert marks.count() == 2


def test_period_can_be_typed_halved_nudged_and_reset(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")
    field = page.get_by_label("Period in days")
    page.get_by_role("button", name="÷2, half the period").click()
    assert field.input_value().startswith("2.1000")
    assert "dips folded on 2.1000 days" in summary(page, "fold")
    assert query_of(page)["period"] == "2.1"
    field.fill("9,7")
    field.press("Enter")
    assert field.input_value().startswith("9.7000")
    page.get_by_role("button", name="Reset").click()
    assert field.input_value().startswith("4.2000")
    assert query_of(page) == {}
    page.get_by_role("button", name="A little longer").click()
    nudged = float(field.input_value())
    assert 4.2 < nudged < 4.201
    page.locator("[data-chart=fold] .plotfocus").focus()
    page.keyboard.press("]")
    assert float(field.input_value()) == pytest.approx(2 * nudged, abs=1e-4)
    slider = page.get_by_label("Fine change of the period")
    slider.focus()
    before = float(field.input_value())
    page.keyboard.press("ArrowLeft")
    assert float(field.input_value()) < before


def test_a_click_on_a_peak_folds_there(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")
    page.locator("[data-chart=periodogram] .u-over").scroll_into_view_if_needed()
    box = page.locator("[data-chart=periodogram] .u-over").bounding_box()
    assert box is not None
    low, high = math.log10(0.5) - 0.01, math.log10(20) + 0.01
    at = (math.log10(8.4) - low) / (high - low)
    page.mouse.click(box["x"] + at * box["width"] + 3, box["y"] + box["height"] / 2)
    page.wait_for_timeout(200)
    assert float(page.get_by_label("Period in days").input_value()) == pytest.approx(8.4, rel=0.002)
    page.mouse.click(box["x"] + (math.log10(9.7) - low) / (high - low) * box["width"], box["y"] + box["height"] / 2)
    page.get_by_text("dip of signal 2").wait_for()
    assert query_of(page) == {"signal": "2"}


def test_odd_even_and_leftover(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")
    page.get_by_role("button", name="Odd / even").click()
    assert "the same within the noise" in summary(page, "fold")
    page.get_by_role("button", name="Leftover").click()
    assert "Nothing is left in the dip beyond noise" in summary(page, "fold")
    open_run(page, site, "binary")
    page.get_by_role("button", name="Odd / even").click()
    assert "they differ by" in summary(page, "fold")


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


def test_a_shared_link_restores_the_view(page: Page, context: BrowserContext, site: tuple[str, dict[str, str]]) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_run(page, site, "planets")
    page.get_by_role("button", name="Signal 2").click()
    page.get_by_label("First day shown").fill("1330")
    page.get_by_label("First day shown").press("Enter")
    page.get_by_label("Last day shown").fill("1340")
    page.get_by_label("Last day shown").press("Enter")
    page.get_by_role("button", name="Odd / even").click()
    page.get_by_role("button", name="Share").click()
    page.get_by_text("Link copied").wait_for()
    link = page.evaluate("() => navigator.clipboard.readText()")
    other = context.new_page()
    other.goto(link)
    other.locator(PLOT).wait_for()
    other.locator("dl.kpis").get_by_text("9.70000").first.wait_for()
    other.wait_for_timeout(400)
    assert view_days(other) == pytest.approx((1330.0, 1340.0), abs=0.05)
    assert other.get_by_role("button", name="Odd / even").get_attribute("aria-pressed") == "true"
    assert other.get_by_label("Period in days").input_value().startswith("9.7000")


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
        for width in (1280, 768, 390, 320) if theme == "light" else (1280, 390):
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
