"""The policy made from the build holds in a real browser, and bites."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_pages_run_under_the_policy(open_page: Callable[..., Page], site: Site) -> None:
    """`open_page` fails on any violation: here the whole shell is used once under it."""
    page = open_page("/")
    page.wait_for_load_state("networkidle")
    for name in ("Examples", "Learn", "Help and glossary", "Results", "Analyse a star", "Home"):
        page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name=name, exact=True).click()
        page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Light or dark").first.click()


def test_an_injected_script_does_not_run(site: Site, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(site.url + "/learn")
    page.wait_for_load_state("networkidle")
    tried = page.evaluate(
        """() => new Promise(resolve => {
            document.addEventListener('securitypolicyviolation', e => resolve(e.effectiveDirective), { once: true });
            const s = document.createElement('script');
            s.textContent = 'window.broken = true';
            document.body.append(s);
            setTimeout(() => resolve('nothing happened'), 2000);
        })"""
    )
    assert tried.startswith("script-src")
    assert page.evaluate("window.broken") is None
    assert page.evaluate("document.cookie") == ""  # the session is not for scripts
    context.close()


def test_a_foreign_page_cannot_open_the_socket(site: Site, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto("data:text/html,<p>another site</p>")
    closed = page.evaluate(
        """url => new Promise(resolve => {
            const socket = new WebSocket(url);
            socket.onopen = () => resolve('opened');
            socket.onerror = () => resolve('refused');
        })""",
        site.url.replace("http", "ws") + "/_event/?EIO=4&transport=websocket",
    )
    assert closed == "refused"
    context.close()
