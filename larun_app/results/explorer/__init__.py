"""The linked charts of a result: React components whose modules lie beside this file.

Light curves travel as binary series over HTTP (`larun_app.api.series`) and are folded, averaged and thinned in the
browser; no array ever enters a state.
"""

from __future__ import annotations

from pathlib import Path

import reflex as rx
from reflex_base.event import passthrough_event_spec

from larun_app.ui.published import published

_ENTRY = ("results_explorer.jsx", "result_actions.jsx")

_MODULES = published(Path(__file__).parent)


class ResultsExplorer(rx.Component):
    """Light curve, periodogram and fold of the run in the page's address."""

    library = _MODULES["results_explorer.jsx"]
    tag = "ResultsExplorer"
    lib_dependencies: list[str] = ["uplot@1.6.32"]  # noqa: RUF012 (a prop, declared as Reflex reads it)

    signal: rx.Var[int]
    can_rerun: rx.Var[bool]

    on_signal: rx.EventHandler[passthrough_event_spec(int)]


class ResultActions(rx.Component):
    """Share and Download."""

    library = _MODULES["result_actions.jsx"]
    tag = "ResultActions"

    has_result: rx.Var[bool]


results_explorer = ResultsExplorer.create
result_actions = ResultActions.create
