"""The app object: pages, HTTP routes, and the gate around them."""

from __future__ import annotations

import logging
from pathlib import Path

import reflex as rx
from reflex.app import default_error_boundary
from reflex_base import constants
from starlette.applications import Starlette
from starlette.types import ASGIApp

from larun_app.dashboard.page import home_page
from larun_app.dashboard.state import HomeState
from larun_app.security.csp import build_hashes
from larun_app.security.gate import Gate
from larun_app.ui.theme import STYLESHEETS

log = logging.getLogger(__name__)


def _log_frontend(exception: Exception) -> None:
    log.error("in the browser: %s", exception)


def _log_backend(exception: Exception) -> None:
    # No event is returned: Reflex's own answer is a toast, which needs eval.
    log.error("event failed", exc_info=exception)


def static_dir() -> Path:
    """Folder of the built pages."""
    return Path.cwd() / constants.Dirs.WEB / constants.Dirs.STATIC


def _gate(inner: ASGIApp) -> ASGIApp:
    return Gate(inner, hashes=lambda: build_hashes(static_dir()))


api = Starlette(routes=[])

app = rx.App(
    html_lang="en",
    stylesheets=STYLESHEETS,
    head_components=[
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.meta(name="color-scheme", content="light dark"),
        rx.el.script(src="/early.js"),
        rx.el.script(src="/keys.js", defer=True),
    ],
    # the error boundary stays; Reflex's own connection toast gives way to the band of `ui.notices`
    app_wraps={(55, "ErrorBoundary"): lambda stateful: default_error_boundary()},
    toaster=None,
    frontend_exception_handler=_log_frontend,
    backend_exception_handler=_log_backend,
    api_transformer=[api, _gate],
)

app.add_page(home_page, route="/", title="Find a planet in real starlight · LARUN.SPACE", on_load=HomeState.enter)
