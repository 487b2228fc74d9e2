"""Text set by its measured width: lines that end where their column ends, on a page drawn by matplotlib.

Lengths are inches, from the upper left corner of the page; sizes are points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

INK, INK2, INK3 = "#21201C", "#55544F", "#696861"
_POINTS_AN_INCH = 72.0
_SLACK = 1.015  # screens draw letters on whole dots, a little wider than they are
_LEADING = 1.32  # distance of base lines in font sizes


@dataclass(frozen=True, slots=True)
class Style:
    """How a piece of text looks."""

    size: float = 6.0
    weight: str = "normal"
    colour: str = INK
    family: str = "DejaVu Sans"

    @property
    def leading(self) -> float:
        """Height of a line, inches."""
        return self.size * _LEADING / _POINTS_AN_INCH


def width_of(text: str, style: Style) -> float:
    """Width of one line of `text`, inches, with a little to spare."""
    words = printable(text).split(" ")
    space = _width_of_word(" ", style.weight, style.family)
    width = sum(_width_of_word(word, style.weight, style.family) for word in words) + space * (len(words) - 1)
    return _SLACK * width * style.size / _POINTS_AN_INCH


@lru_cache(maxsize=50_000)
def _width_of_word(word: str, weight: str, family: str) -> float:
    """In font sizes. Word by word, so that laying the same sentence out again costs next to nothing."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    if not word:
        return 0.0
    font = FontProperties(family=family, weight=weight, size=10)
    width, _, _ = TextToPath().get_text_width_height_descent(word, font, ismath=False)
    return float(width) / 10


@cache
def _drawable() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def printable(text: str) -> str:
    """The text on one line, with "?" for every character that the font does not have."""
    known = _drawable()
    return "".join(c if ord(c) in known else "?" for c in " ".join(_plain_spaces(text)))


def _plain_spaces(text: str) -> list[str]:
    # str.split() would also cut at the narrow no-break spaces inside numbers
    return [w for w in "".join(" " if c in "\t\n\r\v\f " else c for c in text).split(" ") if w]


def wrap(text: str, width: float, style: Style, most: int = 0) -> list[str]:
    """The text in lines no wider than `width`; the last of at most `most` lines (0: any number) ends with "…" where
    something is left out. Words wider than a line are cut."""
    lines: list[str] = []
    line = ""
    for word in _plain_spaces(text):
        for piece in _pieces(word, width, style):
            longer = f"{line} {piece}" if line else piece
            if line and width_of(longer, style) > width:
                lines.append(line)
                line = piece
            else:
                line = longer
    if line:
        lines.append(line)
    if most and len(lines) > most:
        lines = [*lines[: most - 1], fit(" ".join(lines[most - 1 :]), width, style)]
    return lines


def _pieces(word: str, width: float, style: Style) -> list[str]:
    pieces = []
    while len(word) > 1 and width_of(word, style) > width:
        n = _longest(word, width, style, "")
        pieces.append(word[:n])
        word = word[n:]
    return [*pieces, word]


def fit(text: str, width: float, style: Style) -> str:
    """The text on one line no wider than `width`, ending with "…" where it is cut."""
    text = " ".join(_plain_spaces(text))
    if width_of(text, style) <= width:
        return text
    return text[: _longest(text, width, style, "…")].rstrip(" ,;:.") + "…"


def _longest(text: str, width: float, style: Style, tail: str) -> int:
    lo, hi = 1, len(text)
    while lo < hi:
        middle = (lo + hi + 1) // 2
        if width_of(text[:middle] + tail, style) <= width:
            lo = middle
        else:
            hi = middle - 1
    return lo


class Column:
    """A column of text that is filled from its top; `y` is where the next line begins."""

    def __init__(self, figure: Any, left: float, top: float, width: float) -> None:
        self._figure = figure
        self.left, self.y, self.width = left, top, width

    def line(self, text: str, style: Style, *, most: int = 1) -> None:
        """The text in at most `most` lines (0: as many as it needs)."""
        for piece in wrap(text, self.width, style, most):
            self.put(piece, self.left, style)
            self.y += style.leading

    def row(self, cells: list[tuple[str, float, str]], style: Style) -> None:
        """One line of cells (text, place, "left" or "right"): the place is where a cell begins or ends, inches from the
        column's left edge."""
        for text, place, side in cells:
            if text:
                self.put(text, self.left + place, style, side)
        self.y += style.leading

    def put(self, text: str, x: float, style: Style, side: str = "left") -> None:
        """Text on the present line, without going on to the next."""
        put(self._figure, text, x, self.y, style, side)

    def rule(self, colour: str = "#CFCECA") -> None:
        """A thin line across the column."""
        rule(self._figure, self.left, self.y + 0.02, self.width, colour)
        self.y += 0.05

    def gap(self, height: float) -> None:
        """Leave room."""
        self.y += height


def put(figure: Any, text: str, x: float, y: float, style: Style, side: str = "left") -> None:
    """Text whose line begins at the height `y`."""
    page_width, page_height = figure.get_size_inches()
    figure.text(
        x / page_width,
        1 - (y + style.size / _POINTS_AN_INCH) / page_height,  # y is the top of the line, text stands on its base line
        printable(text),
        size=style.size,
        weight=style.weight,
        color=style.colour,
        family=style.family,
        ha=side,
        va="baseline",
        parse_math=False,
    )


def rule(figure: Any, left: float, y: float, width: float, colour: str = "#CFCECA") -> None:
    """A thin horizontal line."""
    from matplotlib.lines import Line2D

    page_width, page_height = figure.get_size_inches()
    height = 1 - y / page_height
    figure.add_artist(Line2D([left / page_width, (left + width) / page_width], [height, height], lw=0.5, color=colour))
