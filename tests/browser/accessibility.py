"""What axe finds on a page."""

from __future__ import annotations

from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page

#: WCAG 2.2 AA and axe's best practice; only what is wrong is reported, which takes half the time.
_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def violations(page: Page) -> list[str]:
    """axe's findings as lines that say where; what fades in is looked at when it is there."""
    page.evaluate(
        """() => Promise.allSettled(
            document.getAnimations().filter(a => a.effect.getTiming().iterations !== Infinity).map(a => a.finished)
        )"""
    )
    if page.evaluate("typeof axe") == "undefined":  # half a megabyte, once a page
        page.evaluate(Axe().axe_script)
    found = page.evaluate("(options) => axe.run(document, options)", _OPTIONS)
    return [f"{v['id']}: {node['html'][:160]}" for v in found["violations"] for node in v["nodes"]]
