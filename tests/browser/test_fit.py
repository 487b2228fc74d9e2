"""The fit page in a real browser: the journey from the overview, the charts, the states, and accessibility."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from benchmarks.web_server import serve
from data.requests import FitChoice
from data.session import dispose_engines
from jobs import fitting
from jobs.work import work_on
from larun_app import jobs_door
from larun_app.server.build import build
from tests.app.vetted_runs import vetted_home
from tests.browser.accessibility import violations
from tests.browser.watched import Opened, watched
from tests.standins.made_fit import NOT_CONVERGED, stand_in

pytestmark = pytest.mark.browser


def _fit(run: str, signal: int, converged: bool = True) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "fit_transits", stand_in(converged=converged))
        assert work_on(jobs_door.start_fit("local", run, signal, FitChoice()), may_exit=False) == "done"


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Address of the built app, without workers, over runs of which one is fitted, and those runs."""
    home = tmp_path_factory.mktemp("fit-home")
    with pytest.MonkeyPatch.context() as patch, vetted_home(home) as runs:
        patch.setenv("LARUN_HOME", str(home))
        _fit(runs["planet"], 1)
        _fit(runs["planet"], 2, converged=False)
        dispose_engines()
        build()
        with serve(home) as url:
            yield url, runs


@pytest.fixture
def opened(chromium: Browser, fitted: tuple[str, dict[str, str]]) -> Iterator[Opened]:
    """`opened(run, end, width, theme)`: a page on which every script error and refused load is a failure."""
    with watched(chromium, *fitted, "/fit", lambda end: ".fitpage" if end.startswith("/fit") else ".checksline") as go:
        yield go


def test_from_the_overview_to_the_numbers_and_their_pictures(opened: Opened) -> None:
    page = opened("planet", "")
    line = page.locator(".fitline")
    assert "Year on the planet" in line.inner_text()
    line.get_by_role("link", name="See the fit").click()
    page.wait_for_url(re.compile(r"/fit\?signal=1"))
    table = page.locator("table.prm").first
    table.wait_for()
    assert table.locator("tbody th").first.inner_text().startswith("Year on the planet")
    near = table.locator("tbody tr").first.locator(".pm").inner_text()
    page.get_by_role("button", name=re.compile("^95")).click()
    page.wait_for_function("(near) => document.querySelector('.prm .pm').innerText !== near", arg=near)
    assert "Four independent runs agree: R-hat 1.0020" in page.locator(".fitpage").inner_text()

    corner = page.locator(".cornerplot svg")
    corner.wait_for()
    box = corner.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
    page.wait_for_function("() => document.querySelector('.cornercard .readout').innerText.includes(',')")
    page.locator(".cornercard").get_by_role("button", name="All").click()
    page.wait_for_function("() => document.querySelectorAll('.cornerplot .cframe').length > 20")
    page.locator(".cornercard").get_by_role("button", name="Show as table").click()
    assert page.locator(".cornercard tbody tr").count() > 5

    assert "Trace of size ratio" in (page.locator(".traceplot svg").get_attribute("aria-label") or "")
    page.get_by_label("Which number").select_option(label="Path across the star")
    page.wait_for_function("() => document.querySelector('.traceplot svg').ariaLabel.includes('path across')")
    assert page.locator(".foldplot .fitband").count() == 1
    assert "What the model leaves over" in page.locator("[data-summary=fit-fold]").inner_text()
    for ending in (".csv", ".tex", "-chain.parquet"):
        answer = page.request.get(page.url.split("/runs/")[0] + f"/api/v1/runs/vetplanet222/download/fit-1{ending}")
        assert answer.status == 200, ending
        assert page.locator(f".fitfiles a[href$='fit-1{ending}']").count() == 1


def test_a_fit_that_has_not_settled_tells_no_number(opened: Opened) -> None:
    page = opened("planet", "/fit?signal=2")
    page.get_by_role("heading", name="The numbers have not settled").wait_for()
    assert NOT_CONVERGED in page.locator(".verdict").inner_text()
    page.locator(".traceplot svg").wait_for()
    assert page.locator(".prm, .cornerplot, .foldplot").count() == 0
    page.get_by_role("link", name=re.compile("Signal 1")).click()
    page.locator("table.prm").first.wait_for()


def test_a_fit_is_asked_for_and_stopped(opened: Opened) -> None:
    page = opened("bare", width=390)
    page.get_by_role("heading", name="How well is it known?").wait_for()
    page.get_by_text("Options").click()
    page.get_by_label(re.compile("The orbit may be stretched")).click()  # the server answers before it is ticked
    page.wait_for_function("() => document.querySelector('.fitopt input').checked")
    page.get_by_label("At most").select_option("5")
    page.get_by_role("button", name="Fit this signal").click()
    page.get_by_role("heading", name="The fit waits for its turn").wait_for()
    assert "You can leave this page" in page.locator(".fitcard").inner_text()
    address = page.url.split("/runs/")
    asked = page.request.get(f"{address[0]}/api/v1/runs/{address[1].split('/')[0]}/signals/1/fit").json()
    assert (asked["settings"]["eccentric"], asked["settings"]["budget_seconds"]) == (True, 300.0)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("heading", name="You stopped this fit").wait_for()
    page.get_by_role("button", name="Fit this signal").wait_for()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "light"), (390, "dark"), (320, "dark")])
def test_nothing_hinders_and_nothing_sticks_out(opened: Opened, width: int, theme: str) -> None:
    for run, end, ready in (
        ("planet", "/fit?signal=1", ".cornerplot svg"),
        ("planet", "/fit?signal=2", ".traceplot svg"),
        ("pair", "/fit", ".fitcard"),
    ):
        page = opened(run, end, width, theme)
        page.locator(ready).first.wait_for()
        for closed in page.locator(".fitpage details > summary").all():
            closed.click()
        page.wait_for_timeout(300)
        assert violations(page) == [], (run, end)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (run, end)
        page.close()
