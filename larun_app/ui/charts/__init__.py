"""Charts of the validation report: React components whose modules lie beside this file.

They read the run's report, and the pictures of its pixels, over HTTP; no array ever enters a state.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import reflex as rx

# its modules are imported by ours: they must be published, too
import larun_app.results.explorer  # noqa: F401
from larun_app.ui.published import published

_MODULES = published(Path(__file__).parent)


class PictureChart(rx.Component):
    """The thumbnail of a check as a button, and the chart that it opens below. Two elements side by side."""

    library = _MODULES["picture_chart.jsx"]
    tag = "PictureChart"

    signal: rx.Var[int]
    check: rx.Var[str]
    title: rx.Var[str]
    question: rx.Var[str]
    thumb: rx.Var[Any]  # a `picture.Thumbnail`
    points_href: rx.Var[str]


class SkyView(rx.Component):
    """The stars and pixels around the target, and where the dips come from."""

    library = _MODULES["sky_view.jsx"]
    tag = "SkyView"

    signal: rx.Var[int]
    summary: rx.Var[str]
    pixel_arcsec: rx.Var[float]
    circle_arcsec: rx.Var[float]
    empty: rx.Var[str]


picture_chart = PictureChart.create
sky_view = SkyView.create
