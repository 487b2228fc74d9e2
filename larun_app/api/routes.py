"""All HTTP routes about runs."""

from __future__ import annotations

from starlette.routing import BaseRoute

from larun_app.api import downloads, runs, series

routes: list[BaseRoute] = [*runs.routes, *series.routes, *downloads.routes]
