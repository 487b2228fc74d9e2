"""The sky around a star: north up, east left, the pixels turned as they lay, the stars by magnitude.

Drawn in the browser (`charts/sky_view.jsx`) from the report and from the run's pictures of its pixels; here is what is
said beside it and how wide the circle is where there are no pixels.
"""

from __future__ import annotations

import re

from larun_app.ui.charts import sky_view
from science.pixels import PIXEL_ARCSEC

__all__ = ["circle_arcsec", "pixel_arcsec", "sky_view"]

_CIRCLE = re.compile(r"circle of ([0-9]+(?:\.[0-9]+)?) pixels?")


def pixel_arcsec(missions: list[str]) -> float:
    """Edge of a pixel of the first mission named, arcsec."""
    return PIXEL_ARCSEC.get(missions[0] if missions else "other", PIXEL_ARCSEC["other"])


def circle_arcsec(aperture: str, pixel: float) -> float:
    """Radius of the circle that stands for the aperture, arcsec; 0 where the words name none."""
    found = _CIRCLE.search(aperture)
    return round(float(found.group(1)) * pixel, 2) if found else 0.0
