"""What a test does on the results page, and what it reads there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

PLOT = "[data-chart=brightness] .mainplot .u-over"


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
