"""All HTTP routes about runs."""

from __future__ import annotations

from starlette.routing import BaseRoute

from larun_app.api import downloads, fits, runs, series, sky, summary

routes: list[BaseRoute] = [*runs.routes, *series.routes, *sky.routes, *downloads.routes, *summary.routes, *fits.routes]
