"""Charts of the fit page: React components whose modules lie beside this file.

They read histograms, traces, the fold and the transit times over HTTP; no array ever enters a state. `stamp` changes
with the stored fit, so that a new one is read anew.
"""

from __future__ import annotations

from pathlib import Path

import reflex as rx

# their modules are imported by ours: they must be published, too
import larun_app.results.explorer
import larun_app.ui.charts  # noqa: F401
from larun_app.ui.published import published

_MODULES = published(Path(__file__).parent)


class PosteriorShape(rx.Component):
    """The small histogram of one parameter."""

    library = _MODULES["posterior_shape.jsx"]
    tag = "PosteriorShape"

    signal: rx.Var[int]
    stamp: rx.Var[str]
    parameter: rx.Var[str]
    wide: rx.Var[bool]
    side: rx.Var[str]


class CornerChart(rx.Component):
    """How the parameters depend on each other."""

    library = _MODULES["corner_chart.jsx"]
    tag = "CornerChart"

    signal: rx.Var[int]
    stamp: rx.Var[str]
    run: rx.Var[str]


class TraceChart(rx.Component):
    """How each ensemble went."""

    library = _MODULES["trace_chart.jsx"]
    tag = "TraceChart"

    signal: rx.Var[int]
    stamp: rx.Var[str]


class FoldChart(rx.Component):
    """Model against data, and what is left over."""

    library = _MODULES["fold_chart.jsx"]
    tag = "FoldChart"

    signal: rx.Var[int]
    stamp: rx.Var[str]
    run: rx.Var[str]
    left_over: rx.Var[str]


class TimesChart(rx.Component):
    """Transit times against an even beat."""

    library = _MODULES["times_chart.jsx"]
    tag = "TimesChart"

    signal: rx.Var[int]
    stamp: rx.Var[str]


posterior_shape = PosteriorShape.create
corner_chart = CornerChart.create
trace_chart = TraceChart.create
fold_chart = FoldChart.create
times_chart = TimesChart.create
