"""All HTTP routes about runs, and the classifier's package."""

from __future__ import annotations

from starlette.routing import BaseRoute

from larun_app.api import chip, downloads, fits, runs, series, sky, summary

routes: list[BaseRoute] = [
    *runs.routes,
    *series.routes,
    *sky.routes,
    *downloads.routes,
    *summary.routes,
    *fits.routes,
    *chip.routes,
]
