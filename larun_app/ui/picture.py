"""What a check looked at: a thumbnail of short SVG paths, and the chart that opens under its row.

The thumbnail is made here and travels in the page's state, at most a kilobyte a row. The chart reads the picture from
the report over HTTP when it is opened (`charts/picture_chart.jsx`), so that no array ever enters a state.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence

from data.vetting_report import PictureSeries, TestPicture
from larun_app.ui.charts import picture_chart

__all__ = ["HEIGHT", "MOST_CHARACTERS", "WIDTH", "Thumbnail", "picture_chart", "thumbnail"]

#: Box of a thumbnail, CSS pixels.
WIDTH, HEIGHT = 110.0, 38.0
MOST_CHARACTERS = 1000
_MARGIN = 3.0
_DOT_HALF = 1.6
_MOST_BARS = 24


@dataclasses.dataclass
class Thumbnail:
    """SVG paths in a box of WIDTH by HEIGHT, by style; "" where the picture has none of it."""

    dots: str = ""
    bars: str = ""
    odd: str = ""
    even: str = ""
    line: str = ""
    level: str = ""
    mark: str = ""

    @property
    def size(self) -> int:
        """Characters in all paths together."""
        return sum(len(path) for path in dataclasses.astuple(self))


def _finite(values: Iterable[float]) -> list[float]:
    return [v for v in values if math.isfinite(v)]


def _ranges(series: Sequence[PictureSeries]) -> tuple[float, float, float, float] | None:
    drawn = [s for s in series if s.style != "mark"]
    xs = _finite(x for s in drawn for x in s.x)
    ys = _finite(y + e for s in drawn for y, e in _ends(s))
    if not xs or not ys:
        return None
    return min(xs), max(xs), min(ys), max(ys)


def _ends(layer: PictureSeries) -> list[tuple[float, float]]:
    """Values with what their error bars reach beyond them, where those are drawn."""
    if layer.style != "dots" or layer.err is None or len(layer.x) > _MOST_BARS:
        return [(y, 0.0) for y in layer.y]
    return [
        (y, sign * e if math.isfinite(e) else 0.0) for y, e in zip(layer.y, layer.err, strict=True) for sign in (-1, 1)
    ]


def _thinned(points: list[tuple[float, float, float]], most: int) -> list[tuple[float, float, float]]:
    step = max(1, math.ceil(len(points) / most))
    kept = points[::step]
    return kept if not points or kept[-1] == points[-1] else [*kept, points[-1]]


def thumbnail(picture: TestPicture) -> Thumbnail:
    """The picture as short paths: thinned until all of them fit into MOST_CHARACTERS; empty where nothing is finite."""
    box = _ranges(picture.series)
    if box is None:
        return Thumbnail()
    most = 64
    while True:
        made = _drawn(picture.series, box, most)
        if made.size <= MOST_CHARACTERS or most <= 4:
            return made
        most = most * 3 // 4


def _drawn(series: Sequence[PictureSeries], box: tuple[float, float, float, float], most: int) -> Thumbnail:
    x_low, x_high, y_low, y_high = box
    x_scale = (WIDTH - 2 * _MARGIN) / (x_high - x_low or 1.0)
    y_scale = (HEIGHT - 2 * _MARGIN) / (y_high - y_low or 1.0)

    def place(x: float, y: float) -> tuple[float, float]:
        across = _MARGIN + (x - x_low) * x_scale if x_high > x_low else WIDTH / 2
        up = HEIGHT - _MARGIN - (y - y_low) * y_scale if y_high > y_low else HEIGHT / 2
        return across, min(HEIGHT - 1, max(1.0, up))

    paths = {field.name: "" for field in dataclasses.fields(Thumbnail)}
    for layer in series:
        errors = layer.err or (math.nan,) * len(layer.x)
        points = [p for p in zip(layer.x, layer.y, errors, strict=True) if math.isfinite(p[0]) and math.isfinite(p[1])]
        points = _thinned(points, most)
        placed = [place(x, y) for x, y, _ in points]
        if layer.style in ("dots", "odd"):
            paths[layer.style] += "".join(f"M{a:.1f} {b:.1f}h0" for a, b in placed)
        elif layer.style == "even":
            half = _DOT_HALF
            paths["even"] += "".join(
                f"M{a - half:.1f} {b - half:.1f}h{2 * half:g}v{2 * half:g}h-{2 * half:g}z" for a, b in placed
            )
        elif layer.style in ("line", "level"):
            paths[layer.style] += "".join(f"{'L' if k else 'M'}{a:.1f} {b:.1f}" for k, (a, b) in enumerate(placed))
        else:
            paths["mark"] += "".join(
                f"M{place(x, 0)[0] - 2.5:.1f} {HEIGHT - 1:g}h5l-2.5-4z" for x, _, _ in points if x_low <= x <= x_high
            )
        if layer.style == "dots" and len(layer.x) <= _MOST_BARS:
            # an error bar may leave the box: it is cut at its edge
            paths["bars"] += "".join(
                f"M{place(x, y)[0]:.1f} {place(x, y - e)[1]:.1f}V{place(x, y + e)[1]:.1f}"
                for x, y, e in points
                if math.isfinite(e)
            )
    return Thumbnail(**paths)
