"""The app object: pages, HTTP routes, and the gate around them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import reflex as rx
from reflex.app import default_error_boundary
from reflex_base import constants
from starlette.applications import Starlette
from starlette.types import ASGIApp

from larun_app.api.routes import routes as run_routes
from larun_app.classifier.chip_page import chip_page
from larun_app.classifier.chip_state import ChipState
from larun_app.dashboard.examples import examples_page
from larun_app.dashboard.page import home_page
from larun_app.dashboard.state import HomeState
from larun_app.fit.page import fit_page
from larun_app.fit.state import FitState
from larun_app.learn.not_found import not_found_page
from larun_app.learn.page import help_page, learn_page
from larun_app.progress.page import progress_page
from larun_app.progress.state import ProgressState
from larun_app.results.data_page import data_page
from larun_app.results.history_page import history_page
from larun_app.results.list_page import results_page
from larun_app.results.list_state import ResultListState
from larun_app.results.page import overview_page
from larun_app.results.state import ResultState
from larun_app.security.csp import build_hashes
from larun_app.security.gate import Gate
from larun_app.security.guard import forbid_setvar
from larun_app.ui.shell import PRODUCT
from larun_app.ui.theme import STYLESHEETS
from larun_app.uploads.route import ROUTES as upload_routes
from larun_app.validation.page import report_page
from larun_app.validation.state import ValidationState
from larun_app.wizard.page import wizard_page
from larun_app.wizard.star_events import StarEvents

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


api = Starlette(routes=[*run_routes, *upload_routes])

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


def _add(page: Callable[[], rx.Component], route: str, title: str, on_load: object = None) -> None:
    app.add_page(page, route=route, title=f"{title} · {PRODUCT}", on_load=on_load)


_add(home_page, "/", "Find a planet in real starlight", HomeState.enter)
_add(wizard_page, "/analyse", "Analyse a star", StarEvents.enter)
_add(progress_page, "/runs/[run_id]/progress", "Looking", ProgressState.enter)
_add(examples_page, "/examples", "Examples", HomeState.enter)
_add(learn_page, "/learn", "How a planet is found")
_add(chip_page, "/chip", "The classifier on a chip", ChipState.enter)
_add(help_page, "/help", "Help and glossary")
_add(not_found_page, "404", "Nothing is here")
_add(results_page, "/results", "Results", ResultListState.enter)
_add(overview_page, "/runs/[run_id]", "Result", ResultState.enter)
_add(report_page, "/runs/[run_id]/report", "Report", [ResultState.enter, ValidationState.enter])
_add(fit_page, "/runs/[run_id]/fit", "Fit", [ResultState.enter, FitState.enter])
_add(data_page, "/runs/[run_id]/data", "Data", ResultState.enter)
_add(history_page, "/runs/[run_id]/history", "History", ResultState.enter)

forbid_setvar()
