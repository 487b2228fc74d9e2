"""A page under watch: every script error, refused load or console error on it fails the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page

Opened = Callable[..., Page]


@contextmanager
def watched(
    chromium: Browser, url: str, runs: dict[str, str], end: str, ready: Callable[[str], str]
) -> Iterator[Opened]:
    """`opened(run, end, width, theme)` goes to a page of a run and waits for what `ready(end)` selects.

    Without an end of its own it goes to the `end` that is given here.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []
    usual = end

    def go(run: str, end: str = usual, width: int = 1280, theme: str = "light") -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 860}, color_scheme=theme)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.goto(f"{url}/runs/{runs.get(run, run)}{end}")
        page.locator(ready(end)).first.wait_for()
        return page

    yield go
    for context in contexts:
        context.close()
    assert problems == []
