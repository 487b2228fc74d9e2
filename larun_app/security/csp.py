"""Content security policy made from the build: the hashes of the inline scripts that the exported pages contain.

Reflex's pages carry a few inline scripts that are constant per build. Allowing exactly those by hash means that no
injected script runs, without `unsafe-inline` and without `unsafe-eval`. Styles stay `unsafe-inline`: Radix sets them.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path


class _InlineScripts(HTMLParser):
    """Collects the text of every script element without a src."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self._inside = not any(name == "src" for name, _ in attrs)
            if self._inside:
                self.found.append("")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False


def script_hash(text: str) -> str:
    """The CSP source expression that allows this inline script."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def inline_script_hashes(html: str) -> set[str]:
    """Hashes of all inline scripts of one page."""
    parser = _InlineScripts()
    parser.feed(html)
    parser.close()
    return {script_hash(text) for text in parser.found if text.strip()}


def build_hashes(static_dir: Path) -> tuple[str, ...]:
    """Hashes of the inline scripts of every exported page below `static_dir`, sorted; empty without a build."""
    found: set[str] = set()
    for page in static_dir.rglob("*.html"):
        found |= inline_script_hashes(page.read_text(encoding="utf-8"))
    return tuple(sorted(found))


def policy(hashes: Iterable[str], host: str) -> str:
    """The header's value. `host` is our own, already checked Host, for the event socket."""
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *hashes)),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            f"connect-src 'self' ws://{host} wss://{host}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        )
    )
