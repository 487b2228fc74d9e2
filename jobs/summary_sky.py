"""The difference image of the one-page summary: where the light goes missing, and which stars are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data.report import Report, SignalReport
from jobs.summary_light import LABEL_SIZE, labels, note, say, title
from jobs.summary_text import printable
from jobs.summary_words import pixel_words, why_no_pixels

Document = Mapping[str, Any]
_FAINTEST_DRAWN = 17.0  # without a letter: fainter stars would only be dots on dots


def best_sector(sky: Document, signal: SignalReport) -> Document | None:
    """The sector whose difference image is clearest: among those used, the highest S/N; else the first."""
    sectors: Sequence[Document] = sky.get("sectors") or ()
    told = {} if signal.pixels is None else {s.label: s.snr or 0.0 for s in signal.pixels.sectors}
    return max(
        sectors, key=lambda s: (bool(s.get("used")), s.get("measured") is not None, told.get(s["label"], 0.0)),
        default=None,
    )  # fmt: skip


def draw_sky(axes: Any, report: Report, signal: SignalReport, sky: Document | None) -> None:
    """Light lost in the dips (dark), the aperture, the star (cross), the place measured (circle), stars with letters,
    and where north and east are; without pixels the reason why there is no picture."""
    sector = None if sky is None else best_sector(sky, signal)
    if sector is None:
        title(axes, "Light lost in the dips")
        say(axes, why_no_pixels(report, signal))
        return
    rows, columns = int(sector["rows"]), int(sector["columns"])
    title(axes, f"Light lost in the dips, {sector['label']}")
    image = np.array([np.nan if v is None else v for v in sector["difference"]], dtype=float).reshape(rows, columns)
    finite = image[np.isfinite(image)]
    if not finite.size:
        say(axes, "The difference image holds no pixel with data.")
        return
    axes.set_facecolor("#EEEEEC")
    axes.imshow(
        image, origin="lower", cmap="Greys", vmin=float(np.percentile(finite, 2)), vmax=float(finite.max()),
        interpolation="nearest", aspect="equal",
    )  # fmt: skip
    if sector.get("aperture") is not None:
        _outline(axes, np.array(sector["aperture"], dtype=int).reshape(rows, columns) > 0)
    target, measured = sector["target"], sector.get("measured")
    axes.plot(target["column"], target["row"], "x", ms=6, mew=2.4, color="white")
    axes.plot(target["column"], target["row"], "x", ms=5.5, mew=1.2, color="#1F5A96")
    if measured is not None:
        axes.plot(measured["column"], measured["row"], "o", ms=8, mew=2.0, mfc="none", color="white")
        axes.plot(measured["column"], measured["row"], "o", ms=8, mew=1.0, mfc="none", color="#C2410C")
    _stars(axes, sector, rows, columns)
    _arrows(axes, np.array(sector["cd"], dtype=float), rows, columns)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(-0.5, rows - 0.5)
    axes.set(xticks=[], yticks=[])
    labels(axes, "× this star, ○ place measured")
    note(axes, *pixel_words(signal), below=17.0)


def _outline(axes: Any, inside: np.ndarray) -> None:
    """The border of the aperture, along the edges of its pixels."""
    from matplotlib.collections import LineCollection

    padded = np.pad(inside, 1)
    edges = []
    for row, column in np.argwhere(padded):
        x, y = column - 1.5, row - 1.5
        if not padded[row - 1, column]:
            edges.append([(x, y), (x + 1, y)])
        if not padded[row + 1, column]:
            edges.append([(x, y + 1), (x + 1, y + 1)])
        if not padded[row, column - 1]:
            edges.append([(x, y), (x, y + 1)])
        if not padded[row, column + 1]:
            edges.append([(x + 1, y), (x + 1, y + 1)])
    axes.add_collection(LineCollection(edges, colors="white", linewidths=2.0))
    axes.add_collection(LineCollection(edges, colors="#B7791F", linewidths=1.0, linestyles="--"))


def _stars(axes: Any, sector: Document, rows: int, columns: int) -> None:
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=1.6, foreground="white")]
    inside = [s for s in sector.get("stars", ()) if _drawn(s, sector["target"], rows, columns)]
    lettered = np.array([(s["column"], s["row"]) for s in inside if s.get("letter")], dtype=float).reshape(-1, 2)
    for star in inside:
        at = np.array([star["column"], star["row"]], dtype=float)
        size = float(np.clip(1.0 + 0.45 * (18.0 - star["tmag"]), 1.0, 5.0))
        letter = star.get("letter", "")
        axes.plot(*at, "o", ms=size, mew=0.5, mfc="#21201C" if letter else "#8D8C86", mec="white")
        if letter:
            # away from the other lettered stars close by, so that the letters do not lie on each other
            close = lettered[np.hypot(*(lettered - at).T) < 2.5]
            away = at - close.mean(axis=0)
            step = away / np.hypot(*away) if np.hypot(*away) > 1e-6 else np.array([0.7, 0.7])
            axes.annotate(
                printable(letter), at, xytext=tuple(6.5 * step), textcoords="offset points", fontsize=7, ha="center",
                va="center", fontweight="bold", color="#21201C", path_effects=halo, parse_math=False,
            )  # fmt: skip


def _drawn(star: Mapping[str, Any], target: Mapping[str, float], rows: int, columns: int) -> bool:
    column, row = float(star["column"]), float(star["row"])
    here = -0.4 < column < columns - 0.6 and -0.4 < row < rows - 0.6
    itself = bool(star.get("is_target")) or np.hypot(column - target["column"], row - target["row"]) < 0.02
    return here and not itself and (bool(star.get("letter")) or star["tmag"] < _FAINTEST_DRAWN)


def _arrows(axes: Any, cd: np.ndarray, rows: int, columns: int) -> None:
    """North and east, from the corner with the most room; `cd` maps (column, row) to degrees (east, north)."""
    from matplotlib.patheffects import withStroke

    if cd.shape != (2, 2) or abs(np.linalg.det(cd)) < 1e-12:
        return
    inverse = np.linalg.inv(cd)
    halo = [withStroke(linewidth=1.8, foreground="white")]
    length = 0.16 * min(rows, columns)
    steps = {}
    for letter, sky in (("E", (1.0, 0.0)), ("N", (0.0, 1.0))):
        step = inverse @ np.array(sky)
        steps[letter] = length * step / np.hypot(*step)
    # begin where both arrows point inwards
    both = steps["E"] + steps["N"]
    x = 0.13 * columns - 0.5 if both[0] >= 0 else 0.87 * columns - 0.5
    y = 0.13 * rows - 0.5 if both[1] >= 0 else 0.87 * rows - 0.5
    for letter, step in steps.items():
        axes.annotate(
            "", (x + step[0], y + step[1]), xytext=(x, y),
            arrowprops={"arrowstyle": "->", "lw": 0.9, "color": "#21201C", "shrinkA": 0, "shrinkB": 0,
                        "path_effects": halo},
        )  # fmt: skip
        axes.text(
            x + 1.45 * step[0], y + 1.45 * step[1], letter, fontsize=LABEL_SIZE + 0.5, ha="center", va="center",
            path_effects=halo, parse_math=False,
        )  # fmt: skip
