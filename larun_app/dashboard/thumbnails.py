"""Small pictures of light as SVG paths: dots only, drawn in the page's colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

#: Box of a fold thumbnail in a list.
FOLD_WIDTH, FOLD_HEIGHT = 92, 44
_MARGIN = 3


def dots(x: Sequence[float], y: Sequence[float | None], width: float, height: float, margin: float = _MARGIN) -> str:
    """Path of one dot per finite point, y upwards, filling the box; "" where nothing can be drawn."""
    points = _without_spikes(
        [(a, b) for a, b in zip(x, y, strict=True) if b is not None and math.isfinite(b) and math.isfinite(a)]
    )
    if len(points) < 2:
        return ""
    x_low, x_high = min(a for a, _ in points), max(a for a, _ in points)
    y_low, y_high = min(b for _, b in points), max(b for _, b in points)
    x_scale = (width - 2 * margin) / (x_high - x_low or 1.0)
    y_scale = (height - 2 * margin) / (y_high - y_low or 1.0)
    return "".join(
        f"M{margin + (a - x_low) * x_scale:.1f} {height - margin - (b - y_low) * y_scale:.1f}h0" for a, b in points
    )


def _without_spikes(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Leave out the few points far above the rest: one flare would press everything else flat. Dips stay."""
    if len(points) < 20:
        return points
    ordered = sorted(b for _, b in points)
    middle, high = ordered[len(ordered) // 2], ordered[int(0.95 * len(ordered))]
    ceiling = middle + 3 * (high - middle)
    return [point for point in points if point[1] <= ceiling]


def fold_dots(values: Sequence[float | None] | None) -> str:
    """Path of a folded curve given as equally spaced values."""
    if not values:
        return ""
    return dots(range(len(values)), values, FOLD_WIDTH, FOLD_HEIGHT)
