"""The linked charts of a result in a real browser: zoom, hide, mark, fold, share."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from data.session import dispose_engines, session_scope
from data.tables import Run
from tests.browser.results.results_page import PLOT, drag, open_run, query_of, summary, view_days

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

pytestmark = pytest.mark.browser


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


def test_the_dips_at_another_period_can_be_checked(page: Page, site: tuple[str, dict[str, str]]) -> None:
    open_run(page, site, "planets")
    asked: list[dict[str, object]] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.post_data_json)
        route.fulfill(status=409, json={"error": "Not today."})

    page.route("**/rerun", refuse)
    check = page.get_by_role("button", name="Check the dips every")
    assert check.count() == 0  # the signal's own period has its checks already
    page.get_by_role("button", name="÷2, half the period").click()
    check.click()
    page.get_by_text("Not today. Nothing is lost.").wait_for()
    [body] = asked
    signal = body["signal"]
    assert isinstance(signal, dict)
    assert signal["period_days"] == pytest.approx(2.1, abs=1e-4)
    assert signal["epoch_bjd"] > 2458000
    assert signal["duration_hours"] == pytest.approx(3.0, abs=0.2)


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
